"""What waits in a turn is carried out: one operation after the other (cmmn-semantics 3.5).

Everything checks again that it may still happen: an earlier operation of the same wave may have ended the
item or what is around it, and then nothing happens (R-3.5a).
"""

from typing import assert_never

from cases.cmmn import (
    activation,
    arming,
    behaviors,
    exits,
    listeners,
    repetition,
    rules,
    sentries,
    transitions,
)
from cases.cmmn.agenda import (
    Activate,
    Arm,
    Begin,
    Deliver,
    Finish,
    Leave,
    Occur,
    Offer,
    Operation,
    Remove,
    Repeat,
    Run,
)
from cases.cmmn.instance import ItemState
from cases.cmmn.lifecycle import State, Transition
from cases.cmmn.transitions import Why
from cases.cmmn.workmodel import CaseTask, Ending, ProcessTask, Then


def perform(run: Run, operation: Operation) -> None:
    """Carries the operation out, if it still may be."""
    match operation:
        case Begin():
            _begin(run, operation)
        case Leave():
            exits.leave(run, operation)
        case Repeat():
            _repeat(run, operation)
        case Activate():
            activation.activate(run, operation)
        case Finish():
            transitions.finish(run, operation.item, operation.answer, operation.cause)
        case Deliver():
            _deliver(run, operation)
        case Arm() | Offer() | Occur() | Remove():
            _listen(run, operation)
        case _:
            assert_never(operation)


def _listen(run: Run, operation: Arm | Offer | Occur | Remove) -> None:
    match operation:
        case Arm():
            _arm(run, operation)
        case Offer():
            _offer(run, operation)
        case Occur():
            transitions.occur(run, operation.item, None, operation.cause)
        case Remove():
            _remove(run, operation)


def _begin(run: Run, operation: Begin) -> None:
    item = run.item(operation.item)
    if item.state is not State.AVAILABLE:
        return
    if item.number in run.wiring.spreading:
        _spread(run, item, operation.criteria)
        return
    if operation.criteria and _is_held_back(run, item):
        for number in operation.criteria:
            criterion = run.definition.criteria[number]
            if criterion.sentry.on_parts:
                sentries.consume(run, item.iid, criterion, item.memory.get(number), declined=True)
        return
    exits.lose(run, item)
    cause = transitions.consume(run, item, operation.criteria)
    transitions.enter(run, item.iid, cause)
    sentries.wake(run, item.number, item.parent)


def _is_held_back(run: Run, item: ItemState) -> bool:
    """Whether a repetition rule that is false holds the first instance back (D8 turned off)."""
    is_gated = run.definition.profile.gates_first and run.wiring.repeats_by_event[item.number]
    return is_gated and not rules.repeats(run, item, item.parent)


def _spread(run: Run, carrier: ItemState, criteria: tuple[int, ...]) -> None:
    """One instance for each element of the collection, as it is at this moment (4.7).

    Where events make it happen the carrier waits for the next one, else its work is done.
    """
    waits_for_events = run.wiring.spreading[carrier.number]
    elements = rules.elements(run, carrier)
    if elements is None and not waits_for_events:
        return
    cause = transitions.consume(run, carrier, criteria)
    for iid in repetition.spread(run, carrier, elements or []):
        transitions.enter(run, iid, cause)
    if not waits_for_events:
        transitions.leave(run, carrier.iid, None, "spread")


def _repeat(run: Run, operation: Repeat) -> None:
    seed = run.seed(operation.number, operation.parent)
    if seed is None or run.item(operation.parent).state is not State.ACTIVE:
        return
    is_declined = not rules.repeats(run, seed, seed.parent)
    for number in operation.criteria:
        criterion = run.definition.criteria[number]
        memory = seed.memory.get(number)
        sentries.consume(run, seed.parent, criterion, memory, declined=is_declined)
    if not is_declined:
        item = repetition.grow(run, run.seed(operation.number, operation.parent) or seed)
        transitions.enter(run, item.iid, run.definition.criteria[operation.criteria[0]].id)
        sentries.wake(run, operation.number, operation.parent)


def _deliver(run: Run, operation: Deliver) -> None:
    """The task ends as what it had called (7.1, 7.2), if it still waits for that."""
    iid = operation.item
    definition = run.plan_item(iid).definition
    if run.item(iid).state is not State.ACTIVE or not isinstance(definition, CaseTask | ProcessTask):
        return
    match operation.outcome:
        case Ending.COMPLETED:
            transitions.finish(run, iid, operation.outputs, "childCompleted")
        case Ending.FAILED:
            transitions.fault(run, iid, operation.code, operation.message)
        case Ending.EXITED if run.definition.profile.maps_exited:
            transitions.leave_with(run, iid, operation.outputs, transitions.CHILD_TERMINATED)
        case Ending.TERMINATED | Ending.EXITED if definition.child_terminated is Then.COMPLETE:
            transitions.finish(run, iid, operation.outputs, transitions.CHILD_TERMINATED)
        case Ending.TERMINATED | Ending.EXITED if definition.child_terminated is Then.FAULT:
            transitions.fault(
                run, iid, transitions.CHILD_TERMINATED, f"what {definition.name} called was ended from inside"
            )
        case Ending.TERMINATED | Ending.EXITED:
            transitions.leave(run, iid, None, transitions.CHILD_TERMINATED)
        case _:
            transitions.finish(run, iid, None, "childStarted")


def _arm(run: Run, operation: Arm) -> None:
    """A paused timer is set too: it waits with its new instant until it is resumed."""
    item = run.item(operation.item)
    if item.state in (State.AVAILABLE, State.SUSPENDED):
        arming.arm(run, item)


def _offer(run: Run, operation: Offer) -> None:
    """A listener becomes available, or unavailable again, as its condition says (4.7)."""
    item = run.item(operation.item)
    if item.state not in (State.AVAILABLE, State.UNAVAILABLE):
        return
    is_there = rules.is_available(run, item)
    if is_there and item.state is State.UNAVAILABLE:
        transitions.move(run, item.iid, Transition.INITIATE)
        listeners.initiate(run, run.item(item.iid))
    elif not is_there and item.state is State.AVAILABLE:
        listeners.dismiss(run, item)
        transitions.move(run, item.iid, Transition.DISMISS)


def _remove(run: Run, operation: Remove) -> None:
    behaviors.end(run, run.item(operation.item), completed=False, reason="orphaned")
    transitions.move(run, operation.item, Transition.TERMINATE, Why(cause="orphaned"))
