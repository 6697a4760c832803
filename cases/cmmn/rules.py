"""The rules of a plan item, evaluated: manual activation, required, repetition, completion (4.1 to 4.7).

Each has a safe value for what cannot be computed, and an incident that says so.
"""

from cases.cmmn import evaluation
from cases.cmmn.agenda import Run
from cases.cmmn.controlmodel import RepetitionRule, Rule
from cases.cmmn.evaluation import NotComputed
from cases.cmmn.instance import ItemState, Seed
from cases.cmmn.metamodel import EventListener, Stage
from cases.cmmn.readership import available_condition

REACTIVATING = "reactivate"
"""The kind of listener that occurs when an ended case goes on."""


def starts_by_hand(run: Run, item: ItemState) -> bool:
    """Whether somebody must start the item. An absent rule: what the profile says (D7); an error: yes."""
    rule = run.definition.items[item.number].manual
    if rule is None:
        return run.definition.profile.absent_manual_rule
    return _holds(run, rule, item, safe=True, where=item.iid)


def is_required(run: Run, number: int, parent: int, index: int) -> bool:
    """What the required rule says for an instance that is being made; an error means yes."""
    return _required(run, number, Seed(number, parent, index), parent)


def is_required_now(run: Run, item: ItemState) -> bool:
    """What the required rule says at enable and reenable: once true, always true (Table 8.8)."""
    return item.required or _required(run, item.number, item, item.iid)


def repeats(run: Run, candidate: ItemState | Seed, parent: int) -> bool:
    """Whether a further instance is made, after this one or from this seed; an error means no."""
    rule = run.definition.items[candidate.number].repetition
    if rule is None:
        return False
    if rule.max_instances is not None:
        own = candidate.iid if isinstance(candidate, ItemState) else None
        live = [
            iid
            for iid in run.live.get(candidate.number, ())
            if iid != own and run.state.items[iid].parent == parent
        ]
        if len(live) >= rule.max_instances:
            return False
    return _holds(run, rule, candidate, safe=False, where=parent)


def elements(run: Run, item: ItemState) -> list[object] | None:
    """What an item repeats over, as it is now; None where there is no collection (yet), or no list (4.7)."""
    rule = run.definition.items[item.number].repetition
    if rule is None or rule.collection is None:
        return None
    try:
        found = evaluation.evaluate(run, rule.collection, evaluation.names_at(run, item))
        if found is None or isinstance(found, list):
            return found
        raise NotComputed(f"{found!r} is no list")
    except NotComputed as error:
        run.incident(item.iid, "collection", f"{rule.id}: {error.message}")
        return None


def must_be_done(run: Run, item: ItemState) -> bool:
    """Whether the item is required: as it was decided, or as its rule says now where that is asked again."""
    if not run.definition.profile.asks_required_again:
        return item.required
    return _required(run, item.number, item, item.iid)


def is_neutral(run: Run, item: ItemState) -> bool:
    """Whether an Available instance does not hold its container open; an error means that it does (4.7)."""
    rule = run.definition.items[item.number].neutral
    return rule is not None and _holds(run, rule, item, safe=False, where=item.iid)


def completes_automatically(run: Run, stage: Stage, item: ItemState) -> bool:
    """Whether the stage completes as soon as its work is done; an error means no (4.7)."""
    if stage.auto_complete_condition is None:
        return stage.auto_complete
    try:
        return evaluation.truth(run, stage.auto_complete_condition, evaluation.names_at(run, item))
    except NotComputed as error:
        run.incident(item.iid, "autoComplete", f"{stage.id}: {error.message}")
        return False


def applies(run: Run, rule: Rule, holder: ItemState) -> bool:
    """Whether an applicability rule of the table of this instance holds; an error means no."""
    return _holds(run, rule, holder, safe=False, where=holder.iid)


def is_available(run: Run, item: ItemState | Seed) -> bool:
    """Whether a listener's condition lets it be raised; an error means no.

    One that brings an ended case back never does while the case runs (4.7).
    """
    plan_item = run.definition.items[item.number]
    if isinstance(plan_item.definition, EventListener) and plan_item.definition.kind == REACTIVATING:
        return False
    condition = available_condition(plan_item)
    if condition is None:
        return True
    try:
        return evaluation.truth(run, condition, evaluation.names_at(run, item))
    except NotComputed as error:
        where = item.iid if isinstance(item, ItemState) else item.parent
        run.incident(where, "availableCondition", f"{plan_item.definition.id}: {error.message}")
        return False


def _required(run: Run, number: int, about: ItemState | Seed, where: int) -> bool:
    rule = run.definition.items[number].required
    return rule is not None and _holds(run, rule, about, safe=True, where=where)


def _holds(run: Run, rule: Rule | RepetitionRule, about: ItemState | Seed, *, safe: bool, where: int) -> bool:
    if rule.condition is None:
        return True
    names = evaluation.with_context(evaluation.names_at(run, about), rule.context)
    try:
        return evaluation.truth(run, rule.condition, names)
    except NotComputed as error:
        run.incident(where, "rule", f"{rule.id}: {error.message}")
        return safe
