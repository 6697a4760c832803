"""What waits in a turn is carried out: one operation after the other (cmmn-semantics 3.5).

Everything checks again that it may still happen: an earlier operation of the same wave may have ended the
item or what is around it, and then nothing happens (R-3.5a).
"""

from typing import assert_never

from cases.cmmn import activation, behaviors, exits, repetition, rules, sentries, transitions
from cases.cmmn.agenda import (
    Activate,
    Arm,
    Begin,
    Deliver,
    Finish,
    Leave,
    Offer,
    Operation,
    Remove,
    Repeat,
    Run,
)
from cases.cmmn.lifecycle import State, Transition
from cases.cmmn.metamodel import UserEventListener
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
        case Arm():
            _arm(run, operation)
        case Offer():
            _offer(run, operation)
        case Remove():
            _remove(run, operation)
        case _:
            assert_never(operation)


def _begin(run: Run, operation: Begin) -> None:
    item = run.item(operation.item)
    if item.state is not State.AVAILABLE:
        return
    cause = transitions.consume(run, item, operation.criteria)
    transitions.enter(run, item.iid, cause)


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
        case Ending.TERMINATED if definition.child_terminated is Then.COMPLETE:
            transitions.finish(run, iid, operation.outputs, transitions.CHILD_TERMINATED)
        case Ending.TERMINATED if definition.child_terminated is Then.FAULT:
            transitions.fault(
                run, iid, transitions.CHILD_TERMINATED, f"what {definition.name} called was ended from inside"
            )
        case Ending.TERMINATED:
            transitions.leave(run, iid, None, transitions.CHILD_TERMINATED)
        case _:
            transitions.finish(run, iid, None, "childStarted")


def _arm(run: Run, operation: Arm) -> None:
    """A paused timer is set too: it waits with its new instant until it is resumed."""
    item = run.item(operation.item)
    if item.state in (State.AVAILABLE, State.SUSPENDED):
        behaviors.arm(run, item)


def _offer(run: Run, operation: Offer) -> None:
    item = run.item(operation.item)
    definition = run.plan_item(operation.item).definition
    if not isinstance(definition, UserEventListener):
        return
    is_offered = rules.is_available(run, definition, item)
    if is_offered and item.state is State.UNAVAILABLE:
        transitions.move(run, item.iid, Transition.INITIATE)
    elif not is_offered and item.state is State.AVAILABLE:
        transitions.move(run, item.iid, Transition.DISMISS)


def _remove(run: Run, operation: Remove) -> None:
    behaviors.end(run, run.item(operation.item), completed=False, reason="orphaned")
    transitions.move(run, operation.item, Transition.TERMINATE, Why(cause="orphaned"))
