"""What is asked of a case as a whole: its start, its team, its plan, its data, its end (2.8, 3.10)."""

from collections.abc import Mapping

from msgspec import UNSET

from cases.cmmn import (
    actions,
    adhoc,
    behaviors,
    completion,
    file_operations,
    guards,
    parameters,
    planning,
    status,
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
    AddAdHoc,
    AssignRole,
    CloseCase,
    CompleteCase,
    DeleteCase,
    Describe,
    Note,
    Plan,
    Refused,
    RemoveRole,
    ResumeCase,
    SetVariables,
    StartCase,
    SuspendCase,
    TerminateCase,
    WriteFile,
)
from cases.cmmn.events import AdHoc, AdHocAdded, CaseCalled, CaseTransitioned, ItemPlanned, Noted, TeamChanged
from cases.cmmn.instance import CASE
from cases.cmmn.lifecycle import FINAL, State, Transition
from cases.cmmn.metamodel import Stage
from cases.cmmn.workmodel import HumanTask

COMMAND = "command"
TAKEN = frozenset({"claimed", "assigned"})
"""Notes that give a task to somebody."""


def start(run: Run, command: StartCase) -> None:
    """The values that come with the case are there before any rule is asked; root items hear them (6.4)."""
    if run.state.items:
        raise Refused(E_STATE, "the case has been started", run.item(CASE).state)
    run.record(CaseTransitioned(run.seq(), run.wave, Transition.CREATE, None, State.ACTIVE, COMMAND))
    if command.caller or command.depth:
        run.record(CaseCalled(run.seq(), run.wave, command.caller, command.depth, command.tells_all))
    if command.team is not None:
        _gather(run, command.team, is_called=bool(command.caller or command.depth))
    variables.see(run, command)
    parameters.open_case(run, {name: guards.data_of(value) for name, value in command.parameters.items()})
    for name, value in command.inputs.items():
        file_operations.create(run, (name,), guards.data_of(value))
    initiator = run.definition.initiator
    if initiator and initiator not in run.state.file.values:
        variables.write(run, {initiator: run.user})
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


def assign(run: Run, command: AssignRole | RemoveRole) -> None:
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


def plan(run: Run, command: Plan) -> None:
    """What is offered becomes a plan item like any other, now or when its container is Active (4.6)."""
    holder = run.item(CASE) if command.item == CASE else guards.item_of(run, command.item)
    offer = run.wiring.offers.get((holder.number, command.discretionary))
    if offer is None:
        raise Refused(E_UNKNOWN, f"{guards.name_of(run, holder)} offers no {command.discretionary}")
    if not planning.is_for(offer, planning.roles_held(run, command)):
        raise Refused(E_FORBIDDEN, f"{offer.name} is not for these roles", holder.state)
    if not planning.takes_plans(run, holder):
        raise Refused(
            E_STATE, f"{guards.name_of(run, holder)} is {holder.state.word}: it takes no plans", holder.state
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


def add(run: Run, command: AddAdHoc) -> None:
    """The item is told with all that there is to know of it, so that replay needs no model for it (4.6)."""
    container = run.item(CASE) if command.item == CASE else guards.item_of(run, command.item)
    if command.kind not in adhoc.KINDS or not command.name:
        raise Refused(E_ARGUMENT, f"{command.kind!r} of the name {command.name!r} is nothing to be added")
    if command.kind == adhoc.CASE_TASK and not command.case:
        raise Refused(E_ARGUMENT, "a case task names the case that it calls")
    if command.performer is not None:
        _must_be_declared(run, command.performer)
    if not isinstance(run.plan_item(container.iid).definition, Stage):
        raise Refused(E_STATE, f"{guards.name_of(run, container)} is no stage", container.state)
    guards.must_be(run, container, State.ACTIVE)
    added = AdHoc(
        f"adhoc:{len(run.state.adhoc) + 1}",
        command.kind,
        command.name,
        container.number,
        command.performer,
        command.form,
        command.case,
        command.description,
    )
    run.record(
        AdHocAdded(run.seq(), run.wave, container.iid, run.plan_item(container.iid).id, added, command.actor)
    )
    behaviors.bring(run, len(run.definition.items) - 1, container.iid, 0)


def change(
    run: Run, command: SuspendCase | ResumeCase | CompleteCase | TerminateCase | CloseCase | DeleteCase
) -> None:
    """One transition of the case itself, where its state allows it."""
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
            transitions.delete_case(run)
        case CloseCase() if state in (State.COMPLETED, State.TERMINATED, State.FAILED, State.SUSPENDED):
            transitions.end_children(run, CASE, transitions.CLOSED)
            transitions.move_case(run, Transition.CLOSE, COMMAND)
        case _:
            code = E_SUSPENDED if state is State.SUSPENDED else E_STATE
            raise Refused(code, f"not while the case is {state.word}", state)


def write(run: Run, command: WriteFile | SetVariables | Note) -> None:
    """Data are written, or something is noted."""
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


def _set_variables(run: Run, command: SetVariables) -> None:
    if not (command.values or command.removed):
        raise Refused(E_ARGUMENT, "nothing is to be set")
    variables.write(run, guards.object_of(command.values))
    for name in command.removed:
        file_operations.delete(run, (name,))


def _write_file(run: Run, command: WriteFile) -> None:
    path, value = command.path, guards.data_of(command.value)
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
        file_operations.set_variable(run, (name,), guards.data_of(value))


def describe(run: Run, command: Describe) -> None:
    """What is not said stays as it is."""
    state = run.state
    status.describe(
        run,
        state.name if command.name is UNSET else command.name,
        state.given_key if command.business_key is UNSET else command.business_key,
        state.business_status if command.business_status is UNSET else command.business_status,
    )
