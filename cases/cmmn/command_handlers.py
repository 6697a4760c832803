"""One function a command: its guard, and what it begins with (2.8, 3.10). Each may raise Refused."""

from typing import assert_never

from cases.cmmn import (
    arming,
    behaviors,
    calls,
    case_handlers,
    completion,
    guards,
    reactivation,
    suspension,
    transitions,
    variables,
)
from cases.cmmn.agenda import Run
from cases.cmmn.commands import (
    E_ARGUMENT,
    E_FORBIDDEN,
    E_STATE,
    E_SUSPENDED,
    AddAdHoc,
    AnyCommand,
    AssignRole,
    ChildEnded,
    ChildStarted,
    CloseCase,
    Complete,
    CompleteCase,
    DeleteCase,
    Describe,
    Disable,
    Enable,
    ExitFailed,
    Fail,
    FireTimer,
    ForceComplete,
    ItemCommand,
    ManualStart,
    Note,
    OccurListener,
    OccurUser,
    Plan,
    Proceed,
    Reactivate,
    ReactivateCase,
    Reenable,
    Refused,
    RemoveRole,
    RescheduleTimer,
    Resume,
    ResumeCase,
    SetLocal,
    SetVariables,
    StartCase,
    Suspend,
    SuspendCase,
    Terminate,
    TerminateCase,
    WriteFile,
)
from cases.cmmn.instance import CASE, ItemState, instant_of
from cases.cmmn.lifecycle import FINAL, State, Transition
from cases.cmmn.metamodel import EventListener, Stage, TimerEventListener, UserEventListener
from cases.cmmn.workmodel import CaseTask, DecisionTask, HumanTask, ProcessTask, ServiceTask, Task

COMMAND = "command"
_WORKED = (HumanTask, ServiceTask, DecisionTask, CaseTask, ProcessTask, Task)


def begin(run: Run, command: AnyCommand) -> None:
    """The first operations of the command, or its refusal."""
    if isinstance(command, StartCase):
        case_handlers.start(run, command)
        return
    _must_be_open(run, command)
    _must_be_admitted(run, command)
    variables.see(run, command)
    match command:
        case SuspendCase() | ResumeCase() | CompleteCase() | TerminateCase() | CloseCase() | DeleteCase():
            case_handlers.change(run, command)
        case ReactivateCase():
            reactivation.reactivate(run, command)
        case WriteFile() | SetVariables() | Note():
            case_handlers.write(run, command)
        case Describe():
            case_handlers.describe(run, command)
        case AssignRole() | RemoveRole():
            case_handlers.assign(run, command)
        case Plan():
            case_handlers.plan(run, command)
        case AddAdHoc():
            case_handlers.add(run, command)
        case _:
            _begin_with_item(run, command)


def _begin_with_item(run: Run, command: ItemCommand) -> None:
    match command:
        case Complete() | ForceComplete():
            _complete(run, command)
        case ManualStart() | Enable() | Disable() | Reenable():
            _enabled(run, command)
        case Proceed():
            transitions.proceed(run, guards.item_of(run, command.item).iid)
        case SetLocal():
            _set_local(run, command)
        case Fail() | Reactivate() | ExitFailed():
            _failure(run, command)
        case Terminate() | Suspend() | Resume():
            _interrupt(run, command)
        case OccurUser() | OccurListener():
            _occur(run, command)
        case FireTimer() | RescheduleTimer():
            _timer(run, command)
        case ChildStarted() | ChildEnded():
            calls.take(run, guards.item_of(run, command.item), command)
        case _:
            assert_never(command)


def _must_be_open(run: Run, command: AnyCommand) -> None:
    if not run.state.items:
        raise Refused(E_STATE, "the case has not been started", State.UNAVAILABLE)
    is_remark = isinstance(command, Note) and not command.writes
    if run.item(CASE).state is State.CLOSED and not is_remark:
        raise Refused(E_STATE, "the case is closed", State.CLOSED)


def _must_be_admitted(run: Run, command: AnyCommand) -> None:
    """Where the case has a team, only its members may ask anything (4.6, 7.4)."""
    team = run.state.team
    if team is not None and command.roles is not None and command.actor not in team:
        raise Refused(E_FORBIDDEN, f"{command.actor} is no member of the case team", run.item(CASE).state)


def _set_local(run: Run, command: SetLocal) -> None:
    item = run.item(CASE) if command.item == CASE else guards.item_of(run, command.item)
    if not (command.values or command.removed or command.nearest):
        raise Refused(E_ARGUMENT, "nothing is to be set")
    if item.state in FINAL:
        raise Refused(E_STATE, f"{guards.name_of(run, item)} is {item.state.word}", item.state)
    variables.set_local(run, item, guards.object_of(command.values), command.removed)
    for name, value in command.nearest.items():
        variables.set_nearest(run, item, name, guards.data_of(value))


def _enabled(run: Run, command: ManualStart | Enable | Disable | Reenable) -> None:
    item = guards.item_of(run, command.item)
    if isinstance(command, Enable):
        _enable(run, item, command)
        return
    wanted = State.DISABLED if isinstance(command, Reenable) else State.ENABLED
    guards.must_be(run, item, wanted)
    match command:
        case ManualStart():
            run.child_vars[item.iid] = guards.object_of(command.child_vars)
            transitions.start(run, item.iid, Transition.MANUAL_START, transitions.BY_COMMAND)
        case Disable():
            transitions.move(run, item.iid, Transition.DISABLE, transitions.BY_COMMAND)
        case Reenable():
            _must_be_contained(run, item)
            transitions.reenable(run, item.iid, COMMAND)


def _enable(run: Run, item: ItemState, command: Enable) -> None:
    """An Available item is enabled whatever its criteria say; its manual rule is not asked (4.7)."""
    if run.wiring.is_moment[item.number]:
        raise Refused(E_STATE, f"{guards.name_of(run, item)} cannot be enabled", item.state)
    if item.state is not State.DISABLED:
        guards.must_be(run, item, State.AVAILABLE)
    if command.local:
        variables.set_local(run, item, guards.object_of(command.local), ())
    if item.state is State.DISABLED:
        _must_be_contained(run, item)
        transitions.reenable(run, item.iid, COMMAND)
    else:
        transitions.enable(run, item.iid, transitions.BY_COMMAND)


def _failure(run: Run, command: Fail | Reactivate | ExitFailed) -> None:
    item = guards.item_of(run, command.item)
    match command:
        case Fail():
            if not isinstance(run.plan_item(item.iid).definition, _WORKED):
                raise Refused(E_STATE, f"{guards.name_of(run, item)} is no task", item.state)
            guards.must_be(run, item, State.ACTIVE)
            transitions.fault(run, item.iid, command.code, command.message)
        case Reactivate():
            _must_have_failed(run, item)
            _must_be_contained(run, item)
            transitions.reactivate(run, item.iid, COMMAND)
        case ExitFailed():
            _must_have_failed(run, item)
            transitions.leave(run, item.iid, None, "abandoned")


def _complete(run: Run, command: Complete | ForceComplete) -> None:
    item = guards.item_of(run, command.item)
    definition = run.plan_item(item.iid).definition
    if isinstance(command, ForceComplete):
        if not isinstance(definition, Stage):
            raise Refused(E_STATE, f"{guards.name_of(run, item)} is no stage", item.state)
        if _is_complete_already(run, item):
            return
        guards.must_be(run, item, State.ACTIVE)
        _must_not_be_held(run, item)
        transitions.finish(run, item.iid, None, COMMAND)
        return
    if isinstance(definition, HumanTask) and definition.performer:
        guards.must_hold(run, command, frozenset({definition.performer}), item)
    if _is_complete_already(run, item):
        return
    guards.must_be(run, item, State.ACTIVE)
    _must_not_be_held(run, item)
    if isinstance(definition, CaseTask) and not definition.may_complete_early:
        raise Refused(
            E_STATE, f"{guards.name_of(run, item)} is completed by the case that it called", item.state
        )
    if isinstance(definition, Stage) and not completion.may_complete_by_hand(run, item.iid):
        raise Refused(E_STATE, f"{guards.name_of(run, item)} still holds work that must be done", item.state)
    transitions.finish(run, item.iid, guards.data_of(command.answer), COMMAND)


def _must_not_be_held(run: Run, item: ItemState) -> None:
    if behaviors.is_held(item):
        raise Refused(E_STATE, f"{guards.name_of(run, item)} waits for its job", item.state)


def _is_complete_already(run: Run, item: ItemState) -> bool:
    """Whether a stage that has completed may be completed once more, and nothing happens."""
    is_stage = isinstance(run.plan_item(item.iid).definition, Stage)
    return is_stage and item.state is State.COMPLETED and run.definition.profile.completes_twice


def _interrupt(run: Run, command: Terminate | Suspend | Resume) -> None:
    item = guards.item_of(run, command.item)
    if isinstance(command, Resume):
        _must_be_resumable(run, item)
        transitions.resume(run, item.iid, COMMAND)
        return
    is_moment = run.wiring.is_moment[item.number]
    may_be_early = isinstance(command, Terminate) and run.definition.profile.terminates_early
    if not (is_moment and item.state is State.UNAVAILABLE) and not (may_be_early and item.state not in FINAL):
        guards.must_be(run, item, State.AVAILABLE if is_moment else State.ACTIVE)
    if isinstance(command, Terminate):
        transitions.terminate(run, item.iid, command.reason or COMMAND)
    else:
        transitions.suspend(run, item.iid, COMMAND)


def _occur(run: Run, command: OccurUser | OccurListener) -> None:
    item = guards.item_of(run, command.item)
    definition = run.plan_item(item.iid).definition
    if isinstance(command, OccurUser):
        if not isinstance(definition, UserEventListener):
            raise Refused(E_STATE, f"{guards.name_of(run, item)} is not raised by people", item.state)
        _must_be_for(run, command, definition, item)
        answer = command.answer
    else:
        if not isinstance(definition, EventListener):
            raise Refused(E_STATE, f"{guards.name_of(run, item)} does not wait for an event", item.state)
        answer = command.payload
    guards.must_be(run, item, State.AVAILABLE)
    transitions.occur(run, item.iid, guards.data_of(answer), COMMAND)


def _must_be_for(run: Run, command: OccurUser, listener: UserEventListener, item: ItemState) -> None:
    """The roles that count are those of the team; where there is none, those that the command brings."""
    if run.state.team is not None:
        guards.must_hold(run, command, frozenset(listener.roles), item)
    elif listener.roles and command.roles is not None and command.roles.isdisjoint(listener.roles):
        raise Refused(E_FORBIDDEN, f"{guards.name_of(run, item)} is not for these roles", item.state)


def _timer(run: Run, command: FireTimer | RescheduleTimer) -> None:
    """A fire that is stale, or comes while the timer waits for a resume, is ignored (5.4)."""
    item = guards.item_of(run, command.item)
    if not isinstance(run.plan_item(item.iid).definition, TimerEventListener):
        raise Refused(E_STATE, f"{guards.name_of(run, item)} is no timer", item.state)
    if isinstance(command, RescheduleTimer):
        _reschedule(run, item, command)
        return
    if item.state is not State.AVAILABLE:
        return
    timer = item.timer
    if timer is None or not timer.due or timer.fire_no != command.fire_no:
        return
    if instant_of(timer.due) > run.now:
        raise Refused(E_STATE, f"{guards.name_of(run, item)} is due at {timer.due}", item.state)
    transitions.occur(run, item.iid, None, "timer")


def _reschedule(run: Run, item: ItemState, command: RescheduleTimer) -> None:
    """Without an instant a timer that waits is armed anew; with one it must be armed (5.1)."""
    is_waiting = item.state in (State.AVAILABLE, State.SUSPENDED)
    if command.due is None:
        if is_waiting:
            arming.arm(run, item)
    elif command.due.tzinfo is None:
        raise Refused(E_ARGUMENT, f"{command.due.isoformat()} says no time zone")
    elif not is_waiting or item.timer is None or not item.timer.due:
        raise Refused(E_STATE, f"{guards.name_of(run, item)} is not armed", item.state)
    else:
        arming.move(run, item, command.due)


def _must_be_contained(run: Run, item: ItemState) -> None:
    """What was Disabled or had failed when its container completed does not live on without it (I-03)."""
    container = run.item(item.parent)
    if container.state in FINAL:
        raise Refused(
            E_STATE,
            f"{guards.name_of(run, container)} around {guards.name_of(run, item)} has ended",
            item.state,
        )


def _must_have_failed(run: Run, item: ItemState) -> None:
    if item.state is not State.FAILED:
        raise Refused(E_STATE, f"{guards.name_of(run, item)} has not failed", item.state)


def _must_be_resumable(run: Run, item: ItemState) -> None:
    if item.state is not State.SUSPENDED:
        raise Refused(E_STATE, f"{guards.name_of(run, item)} is not suspended", item.state)
    if not item.directly or suspension.is_suspended(run, run.item(item.parent)):
        raise Refused(E_SUSPENDED, f"what is around {guards.name_of(run, item)} is suspended", item.state)
