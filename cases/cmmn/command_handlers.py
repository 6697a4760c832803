"""One function a command: its guard, and what it begins with (2.8, 3.10). Each may raise Refused."""

from collections.abc import Mapping
from typing import assert_never

from msgspec import UNSET

from cases.cmmn import (
    actions,
    arming,
    behaviors,
    calls,
    completion,
    evaluation,
    file_operations,
    parameters,
    planning,
    reactivation,
    status,
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
    E_UNKNOWN,
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
from cases.cmmn.evaluation import NotComputed
from cases.cmmn.events import CaseCalled, CaseTransitioned, ItemPlanned, Noted, TeamChanged
from cases.cmmn.instance import CASE, ItemState, instant_of
from cases.cmmn.lifecycle import FINAL, State, Transition
from cases.cmmn.metamodel import EventListener, Stage, TimerEventListener, UserEventListener
from cases.cmmn.workmodel import CaseTask, DecisionTask, HumanTask, ProcessTask, ServiceTask, Task

COMMAND = "command"
TAKEN = frozenset({"claimed", "assigned"})
"""Notes that give a task to somebody."""
_WORKED = (HumanTask, ServiceTask, DecisionTask, CaseTask, ProcessTask, Task)


def begin(run: Run, command: AnyCommand) -> None:
    """The first operations of the command, or its refusal."""
    if isinstance(command, StartCase):
        _start_case(run, command)
        return
    _must_be_open(run, command)
    _must_be_admitted(run, command)
    variables.see(run, command)
    match command:
        case SuspendCase() | ResumeCase() | CompleteCase() | TerminateCase() | CloseCase() | DeleteCase():
            _case(run, command)
        case ReactivateCase():
            reactivation.reactivate(run, command)
        case WriteFile() | SetVariables() | Note():
            _data(run, command)
        case Describe():
            _describe(run, command)
        case AssignRole() | RemoveRole():
            _assign(run, command)
        case Plan():
            _plan(run, command)
        case _:
            _begin_with_item(run, command)


def _begin_with_item(run: Run, command: ItemCommand) -> None:
    match command:
        case Complete() | ForceComplete():
            _complete(run, command)
        case ManualStart() | Enable() | Disable() | Reenable():
            _enabled(run, command)
        case Proceed():
            transitions.proceed(run, _item(run, command.item).iid)
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
            calls.take(run, _item(run, command.item), command)
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


def _must_hold(run: Run, command: AnyCommand, wanted: frozenset[str], item: ItemState) -> None:
    held = planning.roles_held(run, command)
    if wanted and held is not None and held.isdisjoint(wanted):
        raise Refused(E_FORBIDDEN, f"{_name(run, item)} is not for these roles", item.state)


def _start_case(run: Run, command: StartCase) -> None:
    """The values that come with the case are there before any rule is asked; root items hear them (6.4)."""
    if run.state.items:
        raise Refused(E_STATE, "the case has been started", run.item(CASE).state)
    run.record(CaseTransitioned(run.seq(), run.wave, Transition.CREATE, None, State.ACTIVE, COMMAND))
    if command.caller or command.depth:
        run.record(CaseCalled(run.seq(), run.wave, command.caller, command.depth, command.tells_all))
    if command.team is not None:
        _gather(run, command.team, is_called=bool(command.depth))
    variables.see(run, command)
    if run.definition.initiator:
        variables.write(run, {run.definition.initiator: run.user})
    parameters.open_case(run, {name: _data_of(value) for name, value in command.parameters.items()})
    for name, value in command.inputs.items():
        file_operations.create(run, (name,), _data_of(value))
    status.describe(run, command.name, command.business_key, command.business_status)
    actions.on_transition(run, run.item(CASE), run.definition.listeners, None, State.ACTIVE)
    behaviors.perform(run, run.item(CASE))


def _gather(run: Run, team: Mapping[str, frozenset[str]], *, is_called: bool) -> None:
    """The case team, member by member. Raises Refused for a role that the case does not declare.

    A case that was called has the team of its caller, whose other roles mean nothing to it (7.1).
    """
    declared = {one.name for one in run.definition.roles}
    if not team:
        raise Refused(E_ARGUMENT, "a case team has a member")
    for user in sorted(team):
        roles = team[user] & declared if is_called else team[user]
        for role in roles:
            _must_be_declared(run, role)
        run.record(TeamChanged(run.seq(), run.wave, user, sorted(roles)))


def _assign(run: Run, command: AssignRole | RemoveRole) -> None:
    """A role given or taken; what may be planned by whom has changed, and so perhaps what is complete."""
    _must_be_declared(run, command.role)
    if run.state.team is None:
        raise Refused(E_STATE, "the case has no team", run.item(CASE).state)
    if isinstance(command, RemoveRole) and command.user not in run.state.team:
        raise Refused(E_UNKNOWN, f"{command.user} is no member of the case team")
    known = set(run.state.team.get(command.user, ()))
    roles = known | {command.role} if isinstance(command, AssignRole) else known - {command.role}
    if roles != known or command.user not in run.state.team:
        run.record(TeamChanged(run.seq(), run.wave, command.user, sorted(roles)))
        for number in run.wiring.tables:
            run.containers.update(run.live.get(number, ()))


def _must_be_declared(run: Run, role: str) -> None:
    if role not in {one.name for one in run.definition.roles}:
        raise Refused(E_UNKNOWN, f"the case knows no role {role}")


def _plan(run: Run, command: Plan) -> None:
    """What is offered becomes a plan item like any other, now or when its container is Active (4.6)."""
    holder = run.item(CASE) if command.item == CASE else _item(run, command.item)
    offer = run.wiring.offers.get((holder.number, command.discretionary))
    if offer is None:
        raise Refused(E_UNKNOWN, f"{_name(run, holder)} offers no {command.discretionary}")
    if not planning.is_for(offer, planning.roles_held(run, command)):
        raise Refused(E_FORBIDDEN, f"{offer.name} is not for these roles", holder.state)
    if not planning.takes_plans(run, holder):
        raise Refused(
            E_STATE, f"{_name(run, holder)} is {holder.state.word}: it takes no plans", holder.state
        )
    if not planning.applies(run, offer, holder):
        raise Refused(E_STATE, f"{offer.name} is not offered now", holder.state)
    container = run.container_of(holder.iid)
    is_deferred = run.item(container).state is not State.ACTIVE
    name = run.definition.items[holder.number].id
    run.record(
        ItemPlanned(run.seq(), run.wave, holder.iid, name, offer.id, command.actor, deferred=is_deferred)
    )
    if not is_deferred:
        for number in offer.items:
            behaviors.bring(run, number, container, run.next_index(number, container))


def _case(
    run: Run, command: SuspendCase | ResumeCase | CompleteCase | TerminateCase | CloseCase | DeleteCase
) -> None:
    state = run.item(CASE).state
    match command:
        case SuspendCase() if state is State.ACTIVE:
            transitions.suspend(run, CASE, COMMAND)
        case ResumeCase() if state is State.SUSPENDED:
            transitions.resume(run, CASE, COMMAND)
        case CompleteCase() if completion.may_complete_by_hand(run, CASE):
            transitions.finish(run, CASE, None, COMMAND)
        case TerminateCase() if state is State.ACTIVE:
            transitions.move_case(run, Transition.TERMINATE, command.reason or COMMAND)
            transitions.end_children(run, CASE, transitions.PARENT_TERMINATED)
        case DeleteCase() if state is State.ACTIVE or state is State.SUSPENDED:
            transitions.delete_case(run, command.reason)
        case CloseCase() if state in (State.COMPLETED, State.TERMINATED, State.FAILED, State.SUSPENDED):
            transitions.end_children(run, CASE, transitions.CLOSED)
            transitions.move_case(run, Transition.CLOSE, COMMAND)
        case _:
            code = E_SUSPENDED if state is State.SUSPENDED else E_STATE
            raise Refused(code, f"not while the case is {state.word}", state)


def _data(run: Run, command: WriteFile | SetVariables | Note) -> None:
    state = run.item(CASE).state
    is_remark = isinstance(command, Note) and not command.writes
    if state in FINAL and run.definition.profile.forgets_ended and not is_remark:
        raise Refused(E_UNKNOWN, "the case has ended, and takes no data", state)
    match command:
        case WriteFile():
            _write_file(run, command)
        case SetVariables():
            _set_variables(run, command)
        case Note():
            _note(run, command)


def _write_file(run: Run, command: WriteFile) -> None:
    path, value = command.path, _data_of(command.value)
    match command.mode:
        case "create":
            file_operations.create(run, path, value)
        case "replace":
            file_operations.replace(run, path, value)
        case "update":
            file_operations.update(run, path, value)
        case "append":
            file_operations.append(run, path, value)
        case "delete":
            file_operations.delete(run, path)
        case "addReference" | "removeReference" if isinstance(value, list):
            change = (
                file_operations.add_reference
                if command.mode == "addReference"
                else file_operations.remove_reference
            )
            change(run, path, tuple(str(step) for step in value))
        case _:
            raise Refused(E_ARGUMENT, f"{command.mode!r} is no way to write with this value")


def _note(run: Run, command: Note) -> None:
    """Somebody who takes a task, or is given one, is heard by the task's own listeners (4.7)."""
    run.record(Noted(run.seq(), run.wave, command.kind, dict(command.data)))
    iid = command.data.get("item")
    if command.kind in TAKEN and isinstance(iid, int) and 0 < iid < len(run.state.items):
        task = run.plan_item(iid).definition
        if isinstance(task, HumanTask) and task.listeners:
            actions.on_task(run, run.item(iid), task, actions.ASSIGNED)
    for name, value in command.writes.items():
        file_operations.set_variable(run, (name,), _data_of(value))


def _set_variables(run: Run, command: SetVariables) -> None:
    if not (command.values or command.removed):
        raise Refused(E_ARGUMENT, "nothing is to be set")
    variables.write(run, _object_of(command.values))
    for name in command.removed:
        file_operations.delete(run, (name,))


def _set_local(run: Run, command: SetLocal) -> None:
    item = run.item(CASE) if command.item == CASE else _item(run, command.item)
    if not (command.values or command.removed or command.nearest):
        raise Refused(E_ARGUMENT, "nothing is to be set")
    if item.state in FINAL:
        raise Refused(E_STATE, f"{_name(run, item)} is {item.state.word}", item.state)
    variables.set_local(run, item, _object_of(command.values), command.removed)
    for name, value in command.nearest.items():
        variables.set_nearest(run, item, name, _data_of(value))


def _describe(run: Run, command: Describe) -> None:
    """What is not said stays as it is."""
    state = run.state
    status.describe(
        run,
        state.name if command.name is UNSET else command.name,
        state.given_key if command.business_key is UNSET else command.business_key,
        state.business_status if command.business_status is UNSET else command.business_status,
    )


def _enabled(run: Run, command: ManualStart | Enable | Disable | Reenable) -> None:
    item = _item(run, command.item)
    if isinstance(command, Enable):
        _enable(run, item, command)
        return
    wanted = State.DISABLED if isinstance(command, Reenable) else State.ENABLED
    _must_be(run, item, wanted)
    match command:
        case ManualStart():
            run.child_vars[item.iid] = _object_of(command.child_vars)
            transitions.start(run, item.iid, Transition.MANUAL_START, transitions.BY_COMMAND)
        case Disable():
            transitions.move(run, item.iid, Transition.DISABLE, transitions.BY_COMMAND)
        case Reenable():
            _must_be_contained(run, item)
            transitions.reenable(run, item.iid, COMMAND)


def _enable(run: Run, item: ItemState, command: Enable) -> None:
    """An Available item is enabled whatever its criteria say; its manual rule is not asked (4.7)."""
    if run.wiring.is_moment[item.number]:
        raise Refused(E_STATE, f"{_name(run, item)} cannot be enabled", item.state)
    if item.state is not State.DISABLED:
        _must_be(run, item, State.AVAILABLE)
    if command.local:
        variables.set_local(run, item, _object_of(command.local), ())
    if item.state is State.DISABLED:
        transitions.reenable(run, item.iid, COMMAND)
    else:
        transitions.enable(run, item.iid, transitions.BY_COMMAND)


def _failure(run: Run, command: Fail | Reactivate | ExitFailed) -> None:
    item = _item(run, command.item)
    match command:
        case Fail():
            if not isinstance(run.plan_item(item.iid).definition, _WORKED):
                raise Refused(E_STATE, f"{_name(run, item)} is no task", item.state)
            _must_be(run, item, State.ACTIVE)
            transitions.fault(run, item.iid, command.code, command.message)
        case Reactivate():
            _must_have_failed(run, item)
            _must_be_contained(run, item)
            transitions.reactivate(run, item.iid, COMMAND)
        case ExitFailed():
            _must_have_failed(run, item)
            transitions.leave(run, item.iid, None, "abandoned")


def _complete(run: Run, command: Complete | ForceComplete) -> None:
    item = _item(run, command.item)
    definition = run.plan_item(item.iid).definition
    if isinstance(command, ForceComplete):
        if not isinstance(definition, Stage):
            raise Refused(E_STATE, f"{_name(run, item)} is no stage", item.state)
        if _is_complete_already(run, item):
            return
        _must_be(run, item, State.ACTIVE)
        transitions.finish(run, item.iid, None, COMMAND)
        return
    if isinstance(definition, HumanTask) and definition.performer:
        _must_hold(run, command, frozenset({definition.performer}), item)
    if _is_complete_already(run, item):
        return
    _must_be(run, item, State.ACTIVE)
    if isinstance(definition, CaseTask) and not definition.may_complete_early:
        raise Refused(E_STATE, f"{_name(run, item)} is completed by the case that it called", item.state)
    if isinstance(definition, Stage) and not completion.may_complete_by_hand(run, item.iid):
        raise Refused(E_STATE, f"{_name(run, item)} still holds work that must be done", item.state)
    transitions.finish(run, item.iid, _data_of(command.answer), COMMAND)


def _is_complete_already(run: Run, item: ItemState) -> bool:
    """Whether a stage that has completed may be completed once more, and nothing happens."""
    is_stage = isinstance(run.plan_item(item.iid).definition, Stage)
    return is_stage and item.state is State.COMPLETED and run.definition.profile.completes_twice


def _interrupt(run: Run, command: Terminate | Suspend | Resume) -> None:
    item = _item(run, command.item)
    if isinstance(command, Resume):
        _must_be_resumable(run, item)
        transitions.resume(run, item.iid, COMMAND)
        return
    is_moment = run.wiring.is_moment[item.number]
    may_be_early = isinstance(command, Terminate) and run.definition.profile.terminates_early
    if not (is_moment and item.state is State.UNAVAILABLE) and not (may_be_early and item.state not in FINAL):
        _must_be(run, item, State.AVAILABLE if is_moment else State.ACTIVE)
    if isinstance(command, Terminate):
        transitions.terminate(run, item.iid, command.reason or COMMAND)
    else:
        transitions.suspend(run, item.iid, COMMAND)


def _occur(run: Run, command: OccurUser | OccurListener) -> None:
    item = _item(run, command.item)
    definition = run.plan_item(item.iid).definition
    if isinstance(command, OccurUser):
        if not isinstance(definition, UserEventListener):
            raise Refused(E_STATE, f"{_name(run, item)} is not raised by people", item.state)
        _must_be_for(run, command, definition, item)
        answer = command.answer
    else:
        if not isinstance(definition, EventListener):
            raise Refused(E_STATE, f"{_name(run, item)} does not wait for an event", item.state)
        answer = command.payload
    _must_be(run, item, State.AVAILABLE)
    transitions.occur(run, item.iid, _data_of(answer), COMMAND)


def _must_be_for(run: Run, command: OccurUser, listener: UserEventListener, item: ItemState) -> None:
    """The roles that count are those of the team; where there is none, those that the command brings."""
    if run.state.team is not None:
        _must_hold(run, command, frozenset(listener.roles), item)
    elif listener.roles and command.roles is not None and command.roles.isdisjoint(listener.roles):
        raise Refused(E_FORBIDDEN, f"{_name(run, item)} is not for these roles", item.state)


def _timer(run: Run, command: FireTimer | RescheduleTimer) -> None:
    """A fire that is stale, or comes while the timer waits for a resume, is ignored (5.4)."""
    item = _item(run, command.item)
    if not isinstance(run.plan_item(item.iid).definition, TimerEventListener):
        raise Refused(E_STATE, f"{_name(run, item)} is no timer", item.state)
    if isinstance(command, RescheduleTimer):
        _reschedule(run, item, command)
        return
    if item.state is not State.AVAILABLE:
        return
    timer = item.timer
    if timer is None or not timer.due or timer.fire_no != command.fire_no:
        return
    if instant_of(timer.due) > run.now:
        raise Refused(E_STATE, f"{_name(run, item)} is due at {timer.due}", item.state)
    transitions.occur(run, item.iid, None, "timer")


def _reschedule(run: Run, item: ItemState, command: RescheduleTimer) -> None:
    """Without an instant a timer that waits is armed anew; with one it must be armed (5.1)."""
    is_waiting = item.state in (State.AVAILABLE, State.SUSPENDED)
    if command.due is None:
        if is_waiting:
            arming.arm(run, item)
    elif not is_waiting or item.timer is None or not item.timer.due:
        raise Refused(E_STATE, f"{_name(run, item)} is not armed", item.state)
    else:
        arming.move(run, item, command.due)


def _data_of(value: object) -> object:
    """What comes in, as JSON data: exact numbers, and text for dates."""
    try:
        return evaluation.json_of(value)
    except NotComputed as error:
        raise Refused(E_ARGUMENT, error.message) from None


def _object_of(values: Mapping[str, object]) -> dict[str, object]:
    return {name: _data_of(value) for name, value in values.items()}


def _item(run: Run, iid: int) -> ItemState:
    if not 0 < iid < len(run.state.items):
        raise Refused(E_UNKNOWN, f"there is no item {iid}")
    return run.item(iid)


def _name(run: Run, item: ItemState) -> str:
    return item.name or run.definition.items[item.number].name


def _must_be(run: Run, item: ItemState, wanted: State) -> None:
    if item.state is wanted:
        return
    suspended = item.state not in FINAL and suspension.is_suspended(run, item)
    raise Refused(
        E_SUSPENDED if suspended else E_STATE,
        f"{_name(run, item)} is {item.state.word}, not {wanted.word}",
        item.state,
    )


def _must_be_contained(run: Run, item: ItemState) -> None:
    """What was Disabled or had failed when its container completed does not live on without it (I-03)."""
    container = run.item(item.parent)
    if container.state in FINAL:
        raise Refused(E_STATE, f"{_name(run, container)} around {_name(run, item)} has ended", item.state)


def _must_have_failed(run: Run, item: ItemState) -> None:
    if item.state is not State.FAILED:
        raise Refused(E_STATE, f"{_name(run, item)} has not failed", item.state)


def _must_be_resumable(run: Run, item: ItemState) -> None:
    if item.state is not State.SUSPENDED:
        raise Refused(E_STATE, f"{_name(run, item)} is not suspended", item.state)
    if not item.directly or suspension.is_suspended(run, run.item(item.parent)):
        raise Refused(E_SUSPENDED, f"what is around {_name(run, item)} is suspended", item.state)
