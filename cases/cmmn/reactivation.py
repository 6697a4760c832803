"""An ended case goes on (SPEC Table 8.6; cmmn-semantics 4.9): what comes back, and what does not."""

from cases.cmmn import behaviors, births, evaluation, returns, transitions
from cases.cmmn.agenda import Run
from cases.cmmn.commands import E_ARGUMENT, E_STATE, E_SUSPENDED, E_UNKNOWN, ReactivateCase, Refused
from cases.cmmn.evaluation import NotComputed
from cases.cmmn.instance import CASE
from cases.cmmn.lifecycle import State, Transition
from cases.cmmn.metamodel import PlanItem, Return
from cases.cmmn.readership import available_condition

_ENDED = frozenset({State.COMPLETED, State.TERMINATED, State.FAILED})


def reactivate(run: Run, command: ReactivateCase) -> None:
    """The case is Active again; root items that are named, or say so themselves, get a new instance.

    Old instances stay as they were, what was planned meanwhile is made, and whether the case is complete is
    not asked before the next command. Raises Refused.
    """
    state = run.item(CASE).state
    if state not in _ENDED:
        code = E_SUSPENDED if state is State.SUSPENDED else E_STATE
        raise Refused(code, f"not while the case is {state.word}", state)
    listener = returns.listener_of(run)
    is_by_name = bool(command.activate or command.default)
    if listener is None and not is_by_name and run.definition.profile.reactivates_by_listener:
        raise Refused(E_STATE, "no listener of the model says how it comes back", state)
    if listener is not None and not is_by_name:
        _must_be_allowed(run, listener, state)
    run.is_reopening = True
    transitions.move_case(run, Transition.REACTIVATE, command.reason or "command")
    if listener is not None and not is_by_name:
        _by_listener(run, listener)
    else:
        _by_name(run, command)
    behaviors.take_up(run, CASE)


def _by_name(run: Run, command: ReactivateCase) -> None:
    ways = {item.number: item.reactivation for item in run.definition.items if item.stage == CASE}
    ways |= {_root(run, id_).number: Return.DEFAULT for id_ in command.default}
    ways |= {_root(run, id_).number: Return.ACTIVATE for id_ in command.activate}
    for number, way in sorted(ways.items()):
        behaviors.renew(run, number, CASE, way)


def _by_listener(run: Run, listener: PlanItem) -> None:
    """The listener occurs, heard by all that wait for it; rules say what else comes back (4.7)."""
    heard = {ear.owner for ear in run.wiring.audience.get(listener.number, ()) if ear.is_entry}
    occurring = births.create(run, listener.number, CASE, run.next_index(listener.number, CASE))
    for item in run.definition.items:
        if item.stage == CASE and not item.is_discretionary:
            way = Return.DEFAULT
            if item.number not in heard:
                way = returns.way_of(run, item, listener, run.item(CASE))
            behaviors.renew(run, item.number, CASE, way)
    transitions.occur(run, occurring.iid, None, "command")


def _must_be_allowed(run: Run, listener: PlanItem, state: State) -> None:
    condition = available_condition(listener)
    if condition is None:
        return
    try:
        if evaluation.truth(run, condition, evaluation.names_at(run, run.item(CASE))):
            return
    except NotComputed as error:
        raise Refused(E_STATE, f"{listener.id}: {error.message}", state) from None
    raise Refused(E_STATE, f"{listener.name} is not available", state)


def _root(run: Run, id_: str) -> PlanItem:
    number = run.wiring.by_place.get((CASE, id_))
    if number is None:
        raise Refused(E_UNKNOWN, f"the plan has no item {id_}")
    item = run.definition.items[number]
    if item.is_discretionary:
        raise Refused(E_ARGUMENT, f"{id_} is planned, not reactivated")
    return item
