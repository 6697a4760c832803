"""What becomes of a plan item in a case that goes on after its end: begun, made to wait, left out (4.9)."""

from cases.cmmn import evaluation
from cases.cmmn.agenda import Run
from cases.cmmn.controlmodel import ReactivationRule
from cases.cmmn.evaluation import NotComputed
from cases.cmmn.instance import CASE, ItemState
from cases.cmmn.metamodel import EventListener, PlanItem, Return
from cases.cmmn.rules import REACTIVATING
from cases.feel import Expression


def listener_of(run: Run) -> PlanItem | None:
    """The listener of the plan model that occurs when its ended case goes on."""
    for item in run.definition.items:
        if (
            item.stage == CASE
            and isinstance(item.definition, EventListener)
            and item.definition.kind == REACTIVATING
        ):
            return item
    return None


def way_of(run: Run, item: PlanItem, listener: PlanItem, container: ItemState) -> Return:
    """What the item's own rule says, else the listener's; where neither says anything it is made anew."""
    fallback = listener.definition.reactivation if isinstance(listener.definition, EventListener) else None
    for rule in (item.reactivation_rule, fallback):
        found = None if rule is None else _said(run, rule, item, container)
        if found is not None:
            return found
    return Return.DEFAULT


def _said(run: Run, rule: ReactivationRule, item: PlanItem, container: ItemState) -> Return | None:
    """The first condition that holds; a default condition that does not hold leaves the item out."""
    if _holds(run, rule.activate, item, container):
        return Return.ACTIVATE
    if _holds(run, rule.ignore, item, container):
        return Return.IGNORE
    if rule.default is None:
        return None
    return Return.DEFAULT if _holds(run, rule.default, item, container) else Return.IGNORE


def _holds(run: Run, condition: Expression | None, item: PlanItem, container: ItemState) -> bool:
    if condition is None:
        return False
    try:
        return evaluation.truth(run, condition, evaluation.names_at(run, container))
    except NotComputed as error:
        run.incident(container.iid, "reactivation", f"{item.id}: {error.message}")
        return False
