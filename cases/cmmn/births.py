"""How an instance comes into being: its variables, its name, what listens to that (2.2, 4.7)."""

from collections.abc import Collection, Mapping

from cases.cmmn import actions, evaluation, variables
from cases.cmmn.agenda import Run
from cases.cmmn.effects import Subscribed, Unsubscribed
from cases.cmmn.evaluation import NotComputed
from cases.cmmn.instance import ItemState
from cases.cmmn.lifecycle import State
from cases.cmmn.metamodel import EventListener, PlanItem

NO_LOCALS: Mapping[str, object] = {}
LONGEST_NAME = 1_000
"""What is longer is cut: nobody reads on, and every list holds it."""
_OTHERWISE = "get or else("
"""What an expression says where something may be missing."""
_SUBSCRIBING = frozenset({"signal", "variable", "message"})


def create(  # noqa: PLR0913 - an instance is all this
    run: Run,
    number: int,
    parent: int,
    index: int,
    state: State = State.AVAILABLE,
    *,
    required: bool = False,
    local: Mapping[str, object] = NO_LOCALS,
) -> ItemState:
    """A new instance with these variables of its own. Raises Refused when the turn does not end."""
    item = run.create(number, parent, index, state, required=required)
    counter = run.wiring.counters.get(number)
    if counter is not None:
        local = {counter: index + 1, **local}
    if local:
        variables.set_local(run, item, local)
    plan_item = run.definition.items[number]
    if plan_item.title is not None:
        name(run, item.iid, _missing(plan_item, local))
    if plan_item.listeners:
        actions.on_transition(run, run.item(item.iid), plan_item.listeners, None, state)
    return run.item(item.iid)


def name(run: Run, iid: int, missing: Collection[str] = ()) -> None:
    """Computes what the instance is called; what cannot be computed leaves the name that it has (3.8).

    Where names are `missing` that it speaks of, only what says what stands in their place is computed.
    """
    item = run.item(iid)
    plan_item = run.definition.items[item.number]
    if plan_item.title is None or plan_item.title.expression is None:
        return
    if missing and _OTHERWISE not in plan_item.title.expression.text:
        return
    own = {**evaluation.names_at(run, item), **dict.fromkeys(missing)}
    try:
        found = evaluation.evaluate(run, plan_item.title.expression, own)
    except NotComputed as error:
        run.incident(iid, "name", f"{plan_item.id}: {error.message}")
        return
    text = "" if found is None else str(found)[:LONGEST_NAME]
    if text and text != (item.name or plan_item.name):
        run.name(iid, text)


def _missing(plan_item: PlanItem, local: Mapping[str, object]) -> list[str]:
    """Names of the element of a collection that the title speaks of, where there is none for the instance."""
    rule, title = plan_item.repetition, plan_item.title
    if rule is None or rule.collection is None or title is None or title.expression is None:
        return []
    roots = {path if isinstance(path, str) else path[0] for path in title.expression.names}
    return [one for one in (rule.element, rule.element_index) if one in roots and one not in local]


def subscribe(run: Run, item: ItemState) -> None:
    """A listener waits: for its signal, or for changes of its variable."""
    definition = run.definition.items[item.number].definition
    if isinstance(definition, EventListener) and definition.kind in _SUBSCRIBING:
        subject = subject_of(run, item, definition)
        run.effects.append(Subscribed(item.iid, definition.kind, subject))


def unsubscribe(run: Run, item: ItemState) -> None:
    """A listener waits no longer."""
    definition = run.definition.items[item.number].definition
    if isinstance(definition, EventListener) and definition.kind in _SUBSCRIBING:
        run.effects.append(Unsubscribed(item.iid))


def subject_of(run: Run, item: ItemState, definition: EventListener) -> str:
    """The signal, or the variable, that a listener waits for; empty where that cannot be computed."""
    if definition.subject is None:
        return ""
    try:
        found = evaluation.value_of(run, definition.subject, evaluation.names_at(run, item))
    except NotComputed as error:
        run.incident(item.iid, "subject", f"{definition.id}: {error.message}")
        return ""
    return "" if found is None else str(found)
