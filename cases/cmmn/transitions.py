"""One transition, by the table of its kind: what becomes of the children, the work that begins or ends."""

import msgspec

from cases.cmmn import (
    actions,
    aggregation,
    arming,
    behaviors,
    births,
    evaluation,
    file_operations,
    human_tasks,
    listeners,
    parameters,
    repetition,
    rules,
    sentries,
    status,
    suspension,
    variables,
)
from cases.cmmn.agenda import Deliver, Run
from cases.cmmn.commands import E_SUSPENDED, Refused
from cases.cmmn.controlmodel import Criterion
from cases.cmmn.effects import CaseEnded
from cases.cmmn.evaluation import NotComputed
from cases.cmmn.events import CaseTransitioned, ItemTransitioned
from cases.cmmn.filemodel import WriteMode
from cases.cmmn.instance import CASE, ItemState
from cases.cmmn.lifecycle import CASE_EDGES, FINAL, MOMENT_EDGES, State, Transition, reached
from cases.cmmn.metamodel import (
    EventListener,
    Milestone,
    PlanItemDefinition,
    Stage,
    TimerEventListener,
    UserEventListener,
)
from cases.cmmn.workmodel import DecisionTask, Ending, ExpressionTask, HumanTask

PARENT_COMPLETED = "parentCompleted"
PARENT_TERMINATED = "parentTerminated"
BY_HAND = "byHand"
CLOSED = "closed"
DELETED = "deleted"
CHILD_TERMINATED = "childTerminated"
REACHED = True
"""What the variable of a milestone holds once it is reached."""
_ENDINGS = {
    State.COMPLETED: Ending.COMPLETED,
    State.TERMINATED: Ending.TERMINATED,
    State.FAILED: Ending.FAILED,
    State.CLOSED: Ending.TERMINATED,
}
_BACK = frozenset({Transition.RESUME, Transition.PARENT_RESUME})
_SETTLED = frozenset({State.DISABLED, State.FAILED})
_FAILED = frozenset({State.FAILED})
_WAITING = frozenset({State.AVAILABLE})


class Why(msgspec.Struct, frozen=True, gc=False):
    """Why a transition happens: by a criterion or another cause, and with which failure."""

    criterion: str | None = None
    cause: str = ""
    code: str = ""
    message: str = ""


NO_REASON = Why()
BY_COMMAND = Why(cause="command")


def move(
    run: Run, iid: int, transition: Transition, why: Why = NO_REASON, *, required: bool | None = None
) -> bool:
    """One transition of one instance, if the table has it; whether it had."""
    item = run.item(iid)
    is_moment = run.wiring.is_moment[item.number]
    edges = MOMENT_EDGES if is_moment else run.wiring.work_edges
    before = item.state
    if transition in _BACK and before is State.SUSPENDED:
        after: State | None = item.before
    else:
        after = reached(edges, transition, before)
    if after is None:
        return False
    run.record(
        ItemTransitioned(
            run.seq(),
            run.wave,
            iid,
            run.definition.items[item.number].id,
            transition,
            before,
            after,
            why.criterion,
            why.cause,
            item.parent,
            item.index,
            why.code,
            why.message,
            item.required if required is None else required,
        )
    )
    run.containers.add(item.parent)
    plan_item = run.definition.items[item.number]
    if plan_item.listeners and why.cause != DELETED:
        actions.on_transition(run, item, plan_item.listeners, before, after)
    if after in FINAL:
        run.ended[item.number] = None
        sentries.wake(run, item.number, item.parent)
        definition = plan_item.definition
        if isinstance(definition, Stage):
            # With it go the seeds inside, and what it might still have begun.
            run.ended.update(dict.fromkeys(definition.items))
    elif before is State.AVAILABLE and run.definition.profile.orphaned_by_start:
        run.ended[item.number] = None
    return True


def move_case(run: Run, transition: Transition, cause: str = "", ending: Ending | None = None) -> None:
    """One transition of the case, if the table has it; the caller is told of its end."""
    before = run.item(CASE).state
    after = reached(CASE_EDGES, transition, before)
    if after is not None:
        run.record(CaseTransitioned(run.seq(), run.wave, transition, before, after, cause))
        if run.definition.listeners and cause != DELETED:
            actions.on_transition(run, run.item(CASE), run.definition.listeners, before, after)
        if (
            run.state.caller
            and after in _ENDINGS
            and (after is not State.CLOSED or before is State.SUSPENDED)
        ):
            told = CaseEnded(CASE, run.state.caller, ending or _ENDINGS[after], parameters.of_case(run))
            run.effects.append(told)


def start(run: Run, iid: int, transition: Transition, why: Why) -> None:
    """A stage or task becomes Active, and its work begins: at once, or when its job runs (4.7)."""
    if not move(run, iid, transition, why):
        return
    plan_item = run.plan_item(iid)
    if plan_item.title is not None:
        births.name(run, iid)
    if plan_item.is_async:
        behaviors.hold(run, run.item(iid), behaviors.STARTING)
    else:
        work(run, iid)


def proceed(run: Run, iid: int) -> None:
    """The job of an item runs that begins or leaves asynchronously; without one it stays as it is.

    Raises Refused where it is suspended: it is given a job again when it is resumed.
    """
    item = run.item(iid)
    phase = item.held
    if behaviors.is_held(item) and item.state is State.SUSPENDED:
        raise Refused(E_SUSPENDED, f"{item.name or run.plan_item(iid).name} is suspended", item.state)
    if item.state is not State.ACTIVE or not behaviors.is_held(item):
        return
    behaviors.release(run, item)
    if phase == behaviors.STARTING:
        work(run, iid)
    else:
        _completed(run, iid, "async")


def work(run: Run, iid: int, *, again: bool = False) -> None:
    """The work of an Active item begins, or begins again; inputs that cannot be computed are a fault."""
    try:
        behaviors.perform(run, run.item(iid), again=again)
    except NotComputed as error:
        run.incident(iid, "work", f"{run.plan_item(iid).id}: {error.message}")
        fault(run, iid, "mapping", error.message)


def fault(run: Run, iid: int, code: str, message: str) -> None:
    """The work has failed; nothing spreads from here (SPEC Table 8.9)."""
    behaviors.fail(run, run.item(iid))
    move(run, iid, Transition.FAULT, Why(None, "fault", code, message))


def finish(run: Run, iid: int, answer: object, cause: str) -> None:
    """An item completes: outputs first, then the transition, then perhaps its repetition (6.4, 4.2)."""
    if iid == CASE:
        if run.item(CASE).state is State.ACTIVE:
            move_case(run, Transition.COMPLETE, cause)
            end_children(run, CASE, PARENT_COMPLETED)
        return
    if run.item(iid).state is not State.ACTIVE:
        return
    if behaviors.is_held(run.item(iid)):
        return
    plan_item = run.plan_item(iid)
    if not isinstance(plan_item.definition, Stage) and not _write(run, iid, plan_item.definition, answer):
        return
    if plan_item.leaves_async:
        behaviors.end(run, run.item(iid), completed=True, reason="completed")
        behaviors.hold(run, run.item(iid), behaviors.LEAVING)
    else:
        _complete(run, iid, cause)


def _write(run: Run, iid: int, definition: PlanItemDefinition, answer: object) -> bool:
    """What a task writes when it completes, and whether it could; otherwise the task has failed (6.4)."""
    item = run.item(iid)
    try:
        if isinstance(definition, HumanTask) and behaviors.does_wait(item, definition):
            human_tasks.complete(run, item, definition)
        if isinstance(definition, DecisionTask) and answer is None:
            parameters.write_no_hit(run, item)
        elif not isinstance(definition, Stage | ExpressionTask):
            parameters.write_answer(run, item, definition.work, answer)
    except NotComputed as error:
        run.incident(iid, "mapping", f"{run.plan_item(iid).id}: {error.message}")
        fault(run, iid, "mapping", error.message)
        return False
    return True


def _complete(run: Run, iid: int, cause: str) -> None:
    """What was opened outside goes; then the transition."""
    if not isinstance(run.plan_item(iid).definition, Stage):
        behaviors.end(run, run.item(iid), completed=True, reason="completed")
    _completed(run, iid, cause)


def _completed(run: Run, iid: int, cause: str) -> None:
    """The transition itself, then what lives inside, then perhaps the next repetition (4.2)."""
    item = run.item(iid)
    if item.number in run.wiring.gathering:
        aggregation.gather(run, item)
    move(run, iid, Transition.COMPLETE, Why(cause=cause))
    if isinstance(run.plan_item(iid).definition, Stage):
        end_children(run, iid, PARENT_COMPLETED)
    repetition.after_end(run, run.item(iid), Transition.COMPLETE)


def occur(run: Run, iid: int, answer: object, cause: str, criterion: str | None = None) -> None:
    """A milestone is reached, an event listener is raised: what it writes, then the transition (2.3)."""
    item = run.item(iid)
    if item.state is not State.AVAILABLE:
        return
    plan_item = run.plan_item(iid)
    definition = plan_item.definition
    if isinstance(definition, Milestone | TimerEventListener | UserEventListener | EventListener):
        _write_moment(run, item, definition, answer)
    if plan_item.title is not None:
        births.name(run, iid)
    timer = run.item(iid).timer
    if isinstance(definition, EventListener):
        births.unsubscribe(run, item)
    move(run, iid, Transition.OCCUR, Why(criterion, cause))
    arming.next_fire(run, run.item(iid), timer)
    listeners.succeed(run, run.item(iid))


def _write_moment(
    run: Run,
    item: ItemState,
    definition: Milestone | TimerEventListener | UserEventListener | EventListener,
    answer: object,
) -> None:
    """What a milestone or listener writes when it occurs; nothing keeps it from occurring."""
    try:
        is_milestone = isinstance(definition, Milestone)
        if not (is_milestone and definition.work.answer_to == ""):
            parameters.write_answer(run, item, definition.work, answer)
        if isinstance(definition, Milestone):
            _reach(run, item, definition)
    except NotComputed as error:
        run.incident(item.iid, "mapping", f"{run.plan_item(item.iid).id}: {error.message}")
        if answer is not None and definition.work.answer_to != "":
            root = (run.plan_item(item.iid).answer_to,)
            file_operations.put(run, root, answer, WriteMode.REPLACE)


def _reach(run: Run, item: ItemState, milestone: Milestone) -> None:
    """A milestone is reached: its variable is true, the business of the case stands there (4.7)."""
    own = evaluation.names_at(run, item)
    kept = evaluation.named(run, milestone.variable, own)
    if kept:
        variables.set_nearest(run, item, kept, REACHED)
    status.move_to(run, item, milestone.business_status)


def leave_with(run: Run, iid: int, answer: object, cause: str) -> None:
    """An item exits, but what it has to give is written first."""
    if _write(run, iid, run.plan_item(iid).definition, answer):
        leave(run, iid, None, cause)


def terminate(run: Run, iid: int, cause: str) -> None:
    """An item is ended by hand: its children exit, and it may repeat (2.2)."""
    behaviors.end(run, run.item(iid), completed=False, reason=cause)
    move(run, iid, Transition.TERMINATE, Why(cause=cause))
    end_children(run, iid, BY_HAND)
    repetition.after_end(run, run.item(iid), Transition.TERMINATE)


def leave(run: Run, iid: int, criterion: str | None, cause: str) -> None:
    """An item exits: no outputs, no repetition, and its children go with it (2.2)."""
    behaviors.end(run, run.item(iid), completed=False, reason=cause or "exit")
    move(run, iid, Transition.EXIT, Why(criterion, cause))
    end_children(run, iid, PARENT_TERMINATED)


def end_children(run: Run, iid: int, cause: str) -> None:
    """All that lives inside an ended container ends, parents first, in model order (SPEC Table 8.9).

    When the container completed, what is Disabled or Failed stays as it is.
    """
    spared = _spared(run, cause)
    if cause == BY_HAND:
        cause = PARENT_TERMINATED
    waiting = run.children(iid)[::-1]
    if iid == CASE and run.definition.profile.leaves_waiting_children:
        waiting = _all_live(run)[::-1]
    while waiting:
        child = waiting.pop()
        item = run.item(child)
        if item.state in spared or item.state in FINAL:
            continue
        behaviors.end(run, item, completed=False, reason=cause)
        is_moment = run.wiring.is_moment[item.number]
        inside = run.children(child)
        move(run, child, Transition.PARENT_TERMINATE if is_moment else Transition.EXIT, Why(cause=cause))
        waiting += inside[::-1]


def _spared(run: Run, cause: str) -> frozenset[State]:
    """The states in which children of an ended container stay as they are."""
    profile = run.definition.profile
    if cause == PARENT_COMPLETED:
        return _FAILED if profile.ends_disabled else _SETTLED
    return _WAITING if cause == BY_HAND and profile.leaves_waiting_children else frozenset()


def _all_live(run: Run) -> list[int]:
    """Every live instance: some of them may have been left in a container that has ended."""
    return sorted(iid for iids in run.live.values() for iid in iids if iid != CASE)


def delete_case(run: Run) -> None:
    """The case is taken out of the way with all that lives in it; nothing hears that (4.7)."""
    if run.item(CASE).state is State.SUSPENDED:
        move_case(run, Transition.REACTIVATE, DELETED)
    move_case(run, Transition.TERMINATE, DELETED)
    end_children(run, CASE, DELETED)


def enable(run: Run, iid: int, why: Why) -> None:
    """An Available item may be started by hand; its required rule is asked once more (Table 8.8)."""
    move(run, iid, Transition.ENABLE, why, required=rules.is_required_now(run, run.item(iid)))


def reenable(run: Run, iid: int, cause: str) -> None:
    """A Disabled item may be started again; its required rule is asked once more (Table 8.8)."""
    move(run, iid, Transition.REENABLE, Why(cause=cause), required=rules.is_required_now(run, run.item(iid)))


def reactivate(run: Run, iid: int, cause: str) -> None:
    """A Failed item tries again; under a suspended stage it goes straight on to wait (Table 8.9, note 1)."""
    item = run.item(iid)
    is_paused = suspension.is_suspended(run, run.item(item.parent))
    if move(run, iid, Transition.REACTIVATE, Why(cause=cause)):
        was_held = behaviors.is_held(item)
        if was_held:
            behaviors.release(run, run.item(iid))
        work(run, iid, again=not was_held)
        if is_paused and run.item(iid).state is State.ACTIVE:
            _pause(run, iid, Transition.PARENT_SUSPEND, suspension.PARENT)


def suspend(run: Run, iid: int, cause: str) -> None:
    """An item, or the case, and all that it reaches wait (2.4)."""
    reach = suspension.reached_by_suspend(run, iid)
    if iid == CASE:
        move_case(run, Transition.SUSPEND, cause)
    else:
        _pause(run, iid, Transition.SUSPEND, cause)
    for child, transition in reach:
        _pause(run, child, transition, suspension.PARENT)


def resume(run: Run, iid: int, cause: str) -> None:
    """An item, or the case, goes on, and all that was suspended with it (2.4)."""
    reach = suspension.reached_by_resume(run, iid)
    if iid == CASE:
        move_case(run, Transition.REACTIVATE, cause)
    else:
        _resume(run, iid, Transition.RESUME, cause)
    for child, transition in reach:
        _resume(run, child, transition, suspension.PARENT)
    if run.state.planned:
        for container in (iid, *(child for child, _ in reach)):
            if run.item(container).state is State.ACTIVE:
                behaviors.take_up(run, container)


def _pause(run: Run, iid: int, transition: Transition, cause: str) -> None:
    was_active = run.item(iid).state is State.ACTIVE or run.wiring.is_moment[run.item(iid).number]
    move(run, iid, transition, Why(cause=cause))
    if was_active:
        behaviors.pause(run, run.item(iid), paused=True)


def _resume(run: Run, iid: int, transition: Transition, cause: str) -> None:
    back = run.state.returned.get(iid)
    move(run, iid, transition, Why(cause=cause))
    item = run.item(iid)
    if back is not None:
        run.queue(Deliver(iid, back.outcome, back.outputs, back.code, back.message))
    if item.state is State.ACTIVE or run.wiring.is_moment[item.number]:
        behaviors.pause(run, item, paused=False)


def enter(run: Run, iid: int, criterion: str | None) -> None:
    """Available no longer: a milestone occurs, a stage or task is enabled or started (4.1)."""
    item = run.item(iid)
    if run.wiring.is_moment[item.number]:
        occur(run, iid, {"at": run.text_of_now}, "", criterion)
        return
    if rules.starts_by_hand(run, item):
        enable(run, iid, Why(criterion))
    else:
        start(run, iid, Transition.START, Why(criterion))


def consume(run: Run, item: ItemState, criteria: tuple[int, ...]) -> str | None:
    """Uses the criteria up; the first of them, in model order, is the cause."""
    used: list[Criterion] = [run.definition.criteria[number] for number in criteria]
    for criterion in used:
        sentries.consume(run, item.iid, criterion, run.item(item.iid).memory.get(criterion.number))
    return used[0].id if used else None
