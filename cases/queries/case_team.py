"""The team of a case: its members with their case roles, and whom it may be given to."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from cases.cmmn.lifecycle import State
from cases.persistence.people import MembershipRow, UserRow
from cases.policy.access import Permission
from cases.queries.sight import Sight


@dataclass(frozen=True, slots=True)
class Role:
    """A role of the case, and what people call it."""

    name: str
    title: str


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of the team; `id` is None for whoever is nobody here."""

    user: str
    name: str
    id: int | None
    roles: tuple[Role, ...]


@dataclass(frozen=True, slots=True)
class Team:
    """Members, the roles there are, and the people (name and display) who might have one."""

    members: tuple[Member, ...]
    roles: tuple[Role, ...]
    people: tuple[tuple[str, str], ...]
    may_change: bool


def of(session: Session, seen: Sight, now: datetime) -> Team | None:
    """The team; None where the case has none, and everybody of the family works on it."""
    team = seen.case.state.team
    if team is None:
        return None
    may_change = seen.may(Permission.STEER_CASE) and seen.state is not State.CLOSED
    known = {
        row.name: (row.id, row.display)
        for row in session.execute(
            select(UserRow.id, UserRow.name, UserRow.display).where(UserRow.name.in_(sorted(team)))
        )
    }
    members = [
        Member(
            user,
            known[user][1] if user in known else user,
            known[user][0] if user in known else None,
            tuple(Role(role, seen.role_title(role)) for role in sorted(roles)),
        )
        for user, roles in team.items()
    ]
    return Team(
        members=tuple(sorted(members, key=lambda member: member.name.lower())),
        roles=roles_of(seen),
        people=_people(session, seen, now) if may_change else (),
        may_change=may_change,
    )


def roles_of(seen: Sight) -> tuple[Role, ...]:
    """The roles that the model of the case declares."""
    return tuple(Role(role.name, seen.role_title(role.name)) for role in seen.case.program.definition.roles)


def _people(session: Session, seen: Sight, now: datetime) -> tuple[tuple[str, str], ...]:
    """Everybody who holds a role of the family now, by name."""
    held = or_(MembershipRow.until.is_(None), MembershipRow.until > now)
    rows = session.execute(
        select(UserRow.name, UserRow.display)
        .join(MembershipRow, MembershipRow.user_id == UserRow.id)
        .where(MembershipRow.family == seen.family, UserRow.state == "active", held)
        .distinct()
    ).all()
    return tuple(sorted(((row.name, row.display) for row in rows), key=lambda one: one[1].lower()))
