"""An ended case goes on (SPEC Table 8.6; cmmn-semantics 4.9): what comes back, and what does not."""

from cases.cmmn import behaviors, transitions
from cases.cmmn.agenda import Begin, Run
from cases.cmmn.commands import E_ARGUMENT, E_STATE, E_SUSPENDED, E_UNKNOWN, ReactivateCase, Refused
from cases.cmmn.instance import CASE
from cases.cmmn.lifecycle import State, Transition
from cases.cmmn.metamodel import PlanItem, Return

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
    ways = {item.number: item.reactivation for item in run.definition.items if item.stage == CASE}
    ways |= {_root(run, id_).number: Return.DEFAULT for id_ in command.default}
    ways |= {_root(run, id_).number: Return.ACTIVATE for id_ in command.activate}
    run.is_reopening = True
    transitions.move_case(run, Transition.REACTIVATE, command.reason or "command")
    for number, way in sorted(ways.items()):
        if way is not Return.IGNORE:
            _renew(run, run.definition.items[number], way)
    behaviors.take_up(run, CASE)


def _renew(run: Run, item: PlanItem, way: Return) -> None:
    iid = len(run.state.items)
    behaviors.bring(run, item.number, CASE, run.next_index(item.number, CASE))
    if way is Return.ACTIVATE and item.entry:
        run.queue(Begin(iid))


def _root(run: Run, id_: str) -> PlanItem:
    number = run.wiring.by_place.get((CASE, id_))
    if number is None:
        raise Refused(E_UNKNOWN, f"the plan has no item {id_}")
    item = run.definition.items[number]
    if item.is_discretionary:
        raise Refused(E_ARGUMENT, f"{id_} is planned, not reactivated")
    return item
