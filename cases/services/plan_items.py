"""One plan item by hand: start, disable, enable, occur, complete, fail, retry, give up, end, suspend, resume.

`item` is the small number of the instance within its case (outside `<case>.<n>`).
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from cases.cmmn.commands import (
    AnyCommand,
    Complete,
    Disable,
    ExitFailed,
    Fail,
    ManualStart,
    OccurListener,
    OccurUser,
    Reactivate,
    Reenable,
    Resume,
    Suspend,
    Terminate,
)
from cases.cmmn.metamodel import PlanItemDefinition, UserEventListener
from cases.cmmn.workmodel import HumanTask
from cases.errors import Conflict, NotAllowed, NotFound
from cases.policy.access import Actor, Permission, may
from cases.services import answers as answers_gate
from cases.services import execution
from cases.services.answers import Asked
from cases.services.execution import By, Locked, Turn
from forms.errors import InvalidAnswers

VIA = "hand"


def start(session: Session, case_id: int, item: int, actor: Actor, now: datetime) -> Turn:
    """Start an item that waits to be started by hand. Raises NotFound, NotAllowed, Conflict."""
    return _act(session, case_id, ManualStart(item), actor, now)


def disable(session: Session, case_id: int, item: int, actor: Actor, now: datetime) -> Turn:
    """Say that an item that could be started is not wanted. Raises NotFound, NotAllowed, Conflict."""
    return _act(session, case_id, Disable(item), actor, now)


def reenable(session: Session, case_id: int, item: int, actor: Actor, now: datetime) -> Turn:
    """Offer a disabled item again. Raises NotFound, NotAllowed, Conflict."""
    return _act(session, case_id, Reenable(item), actor, now)


def occur(
    session: Session, case_id: int, item: int, answers: Mapping[str, object], actor: Actor, now: datetime
) -> Turn:
    """Raise a user event, with answers to its form. Raises NotFound, NotAllowed, Conflict, InvalidAnswers."""
    locked = _seen(session, case_id, actor)
    _must(actor, Permission.ACT_ON_CASE, locked)
    definition = _definition(locked, item)
    if not isinstance(definition, UserEventListener):
        if answers and actor.kind != "system":
            raise InvalidAnswers({name: ["Nothing is asked here."] for name in answers})
        return _carry_out(session, locked, OccurListener(item, answers or None), actor, now)
    if definition.roles and actor.kind != "system" and not actor.roles(locked.family) & {*definition.roles}:
        raise NotAllowed("This event is for another role.", "role")
    answer = answers_gate.accepted(Asked(locked.app, locked.case, actor, now), definition.form, answers)
    return _carry_out(session, locked, OccurUser(item, answer or None), actor, now)


def complete(
    session: Session,
    case_id: int,
    item: int,
    answer: Mapping[str, object] | None,
    actor: Actor,
    now: datetime,
) -> Turn:
    """Complete a stage, or a task that is no person's. Raises NotFound, NotAllowed, Conflict, Invalid.

    A human task is completed by `tasks.complete`: rights, four eyes and its form stand there.
    """
    locked = _seen(session, case_id, actor)
    _must(actor, Permission.STEER_CASE, locked)
    if isinstance(_definition(locked, item), HumanTask):
        raise Conflict("A person's task is completed by its form.", "task")
    return _carry_out(session, locked, Complete(item, answer), actor, now)


def fail(session: Session, case_id: int, failure: Fail, actor: Actor, now: datetime) -> Turn:
    """Say that an active task has failed, and by what. Raises NotFound, NotAllowed, Conflict."""
    return _steer(session, case_id, failure, actor, now)


def reactivate(session: Session, case_id: int, item: int, actor: Actor, now: datetime) -> Turn:
    """Try a failed item again. Raises NotFound, NotAllowed, Conflict."""
    return _steer(session, case_id, Reactivate(item), actor, now)


def give_up(session: Session, case_id: int, item: int, reason: str, actor: Actor, now: datetime) -> Turn:
    """Leave a failed item for good. Raises NotFound, NotAllowed, Conflict."""
    return _steer(session, case_id, ExitFailed(item, reason), actor, now)


def terminate(session: Session, case_id: int, item: int, reason: str, actor: Actor, now: datetime) -> Turn:
    """End one item. Raises NotFound, NotAllowed, Conflict."""
    return _steer(session, case_id, Terminate(item, reason), actor, now)


def suspend(session: Session, case_id: int, item: int, actor: Actor, now: datetime) -> Turn:
    """Pause one item. Raises NotFound, NotAllowed, Conflict."""
    return _steer(session, case_id, Suspend(item), actor, now)


def resume(session: Session, case_id: int, item: int, actor: Actor, now: datetime) -> Turn:
    """Go on with an item that was paused by hand. Raises NotFound, NotAllowed, Conflict."""
    return _steer(session, case_id, Resume(item), actor, now)


def _act(session: Session, case_id: int, command: AnyCommand, actor: Actor, now: datetime) -> Turn:
    locked = _seen(session, case_id, actor)
    _must(actor, Permission.ACT_ON_CASE, locked)
    return _carry_out(session, locked, command, actor, now)


def _steer(session: Session, case_id: int, command: AnyCommand, actor: Actor, now: datetime) -> Turn:
    locked = _seen(session, case_id, actor)
    _must(actor, Permission.STEER_CASE, locked)
    return _carry_out(session, locked, command, actor, now)


def _seen(session: Session, case_id: int, actor: Actor) -> Locked:
    locked = execution.lock(session, case_id)
    if not may(actor, Permission.VIEW_CASE, {"family": locked.family}):
        raise NotFound("There is no such case.")
    return locked


def _must(actor: Actor, permission: Permission, locked: Locked) -> None:
    if not may(actor, permission, {"family": locked.family}):
        raise NotAllowed("You may look at this case, but not do this.")


def _definition(locked: Locked, item: int) -> PlanItemDefinition:
    if not 0 <= item < len(locked.case.state.items):
        raise NotFound("There is no such plan item.")
    return locked.case.plan_item(item).definition


def _carry_out(session: Session, locked: Locked, command: AnyCommand, actor: Actor, now: datetime) -> Turn:
    return execution.carry_out(session, locked, command, By(actor, VIA, now))
