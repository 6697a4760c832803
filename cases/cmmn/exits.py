"""Exit criteria carried out: who may be ended by them, and how (cmmn-semantics 3.6, 4.7)."""

from cases.cmmn import completion, repetition, sentries, suspension, transitions
from cases.cmmn.agenda import Leave, Run
from cases.cmmn.commands import E_STATE, Refused
from cases.cmmn.controlmodel import Criterion, ExitEvent, ExitType
from cases.cmmn.events import ExitRefused
from cases.cmmn.instance import CASE, ItemState
from cases.cmmn.lifecycle import FINAL, State, Transition
from cases.cmmn.metamodel import Stage
from cases.cmmn.transitions import Why
from cases.cmmn.workmodel import Ending

_REACHED = {
    ExitType.DEFAULT: frozenset(State),
    ExitType.ACTIVE: frozenset({State.ACTIVE}),
    ExitType.ACTIVE_AND_ENABLED: frozenset({State.ACTIVE, State.ENABLED}),
}
"""The states in which an exit criterion ends its owner; the others are spared (4.7)."""


def leave(run: Run, operation: Leave) -> None:
    """The owner is ended by its exit criteria, in the way of the first of them that reaches it.

    A criterion that spares the owner in its present state is used up all the same (4.7, exitType).
    """
    item = run.item(operation.item)
    if not may_exit(run, item):
        return
    criteria = [run.definition.criteria[number] for number in operation.criteria]
    reaching = [one for one in criteria if item.state in _REACHED[one.exit_type]]
    if not reaching:
        for criterion in criteria:
            sentries.consume(run, item.iid, criterion, item.memory.get(criterion.number), declined=True)
        return
    transitions.consume(run, item, operation.criteria)
    criterion = reaching[0]
    if criterion.exit_event is ExitEvent.EXIT or not _can_complete(run, item):
        _exit(run, item, criterion)
    elif criterion.exit_event is ExitEvent.FORCE_COMPLETE or completion.may_complete_by_hand(run, item.iid):
        _complete(run, item, criterion)
    else:
        _refuse(run, item, criterion)


def loses_to_entry(run: Run, item: ItemState) -> bool:
    """Whether an item that could leave begins instead: its entry criterion is satisfied, too."""
    if not run.definition.profile.enters_first or item.state is not State.AVAILABLE:
        return False
    return any(
        (item.iid, one.number) in run.dirty and sentries.is_satisfied(run, one, item)
        for one in run.definition.items[item.number].entry
    )


def lose(run: Run, item: ItemState) -> None:
    """The item begins: where that wins over its exit criteria, those that are satisfied are used up."""
    if not run.definition.profile.enters_first:
        return
    for criterion in run.definition.items[item.number].exit:
        if sentries.is_satisfied(run, criterion, item):
            memory = run.item(item.iid).memory.get(criterion.number)
            sentries.consume(run, item.iid, criterion, memory, declined=True)


def _can_complete(run: Run, item: ItemState) -> bool:
    """Only what holds other items can be completed by an exit criterion, and only while Active."""
    return item.state is State.ACTIVE and isinstance(run.definition.items[item.number].definition, Stage)


def _exit(run: Run, item: ItemState, criterion: Criterion) -> None:
    if item.iid == CASE:
        transitions.move_case(run, Transition.TERMINATE, criterion.id, Ending.EXITED)
        transitions.end_children(run, CASE, transitions.PARENT_TERMINATED)
        return
    transitions.leave(run, item.iid, criterion.id, "")
    if criterion.exit_type is not ExitType.DEFAULT:
        repetition.again(run, run.item(item.iid))
    else:
        repetition.after_end(run, run.item(item.iid), Transition.EXIT)


def _complete(run: Run, item: ItemState, criterion: Criterion) -> None:
    """Completed, and what still lives inside ends with it; nothing repeats after an exit (2.2)."""
    if item.iid == CASE:
        transitions.move_case(run, Transition.COMPLETE, criterion.id)
    else:
        transitions.move(run, item.iid, Transition.COMPLETE, Why(criterion.id))
    transitions.end_children(run, item.iid, transitions.PARENT_COMPLETED)


def _refuse(run: Run, item: ItemState, criterion: Criterion) -> None:
    """What still holds work cannot be completed. Raises Refused where that refuses the command."""
    plan_item = run.definition.items[item.number]
    if run.definition.profile.refuses_early_complete:
        raise Refused(E_STATE, f"{plan_item.name} still holds work that must be done", item.state)
    run.record(ExitRefused(run.seq(), run.wave, item.iid, plan_item.id, criterion.id))


def may_exit(run: Run, item: ItemState) -> bool:
    """Whether exit criteria of this owner are looked at in its present state (3.6)."""
    if item.state is State.ACTIVE:
        return True
    profile = run.definition.profile
    if item.iid == CASE or profile.strict_exit or item.state in FINAL:
        return False
    if item.state is State.DISABLED and not profile.exits_disabled:
        return False
    return not suspension.is_suspended(run, item)
