"""Who belongs to the team of a case, and with which of its roles."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from cases.cmmn.commands import AssignRole, RemoveRole
from cases.errors import NotAllowed, NotFound
from cases.policy.access import Actor, Permission, may
from cases.services import execution
from cases.services.execution import By, Locked, Turn

VIA = "team"


def team_of(session: Session, case_id: int, actor: Actor) -> Mapping[str, frozenset[str]] | None:
    """The members with their case roles; None where the case has no team. Raises NotFound."""
    locked = execution.look(session, case_id)
    _must_see(locked, actor)
    team = locked.case.state.team
    return None if team is None else {user: frozenset(roles) for user, roles in team.items()}


def assign(session: Session, case_id: int, user: str, role: str, actor: Actor, now: datetime) -> Turn:
    """Give somebody a case role; who was no member becomes one. Raises NotFound, NotAllowed, Conflict."""
    return _change(session, case_id, AssignRole(user, role), actor, now)


def remove(session: Session, case_id: int, user: str, role: str, actor: Actor, now: datetime) -> Turn:
    """Take a case role from a member, who stays one. Raises NotFound, NotAllowed, Conflict."""
    return _change(session, case_id, RemoveRole(user, role), actor, now)


def _change(
    session: Session, case_id: int, command: AssignRole | RemoveRole, actor: Actor, now: datetime
) -> Turn:
    locked = execution.lock(session, case_id)
    _must_see(locked, actor)
    if not may(actor, Permission.STEER_CASE, {"family": locked.family}):
        raise NotAllowed("You may not say who works on this case.")
    return execution.carry_out(session, locked, command, By(actor, VIA, now))


def _must_see(locked: Locked, actor: Actor) -> None:
    if not may(actor, Permission.VIEW_CASE, {"family": locked.family}):
        raise NotFound("There is no such case.")
