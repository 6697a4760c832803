"""The supervisor's board: who has how much, and what waits in which queue."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case, func, select
from sqlalchemy.orm import Session

from cases.persistence import rights
from cases.persistence.people import MembershipRow, RoleRow, UserRow
from cases.persistence.tasks import HumanTaskRow, QueueMemberRow, TaskRowState
from cases.policy.access import Actor, Grant, Permission, condition


@dataclass(frozen=True, slots=True)
class Load:
    """What one person, or one queue, has before it. `key` is the person's id or the queue's."""

    key: str
    name: str
    open: int
    overdue: int
    oldest_due: datetime | None


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody to whom a task may be given."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Board:
    """The page; `most` is the largest load, for the bars."""

    people: tuple[Load, ...]
    queues: tuple[Load, ...]
    most: int


def load(session: Session, actor: Actor, now: datetime) -> Board:
    """Everybody who works in the families that this actor supervises, and the queues of their roles.

    A task that is offered to several roles waits in the queue of each.
    """
    found = {int(row.person): row for row in session.execute(_by_person(actor, now))}
    people = [Load(str(one.id), one.name, *_numbers(found.get(one.id))) for one in colleagues(session, actor)]
    queues = [
        Load(f"{row.family}:{row.role}", row.title or row.role, *_numbers(row))
        for row in session.execute(_by_role(actor, now))
    ]
    most = max((one.open for one in (*people, *queues)), default=0)
    return Board(tuple(sorted(people, key=_urgency)), tuple(sorted(queues, key=_urgency)), most)


def colleagues(session: Session, actor: Actor, family: str | None = None) -> list[Colleague]:
    """Those who may work in the families whose work this actor hands out, or in one of these, by name."""
    families = {grant.family for grant in actor.grants if _hands_out(grant)}
    if family is not None:
        families &= {family}
    rows = session.execute(
        select(UserRow.id, UserRow.display)
        .join(MembershipRow, MembershipRow.user_id == UserRow.id)
        .join(RoleRow, (RoleRow.family == MembershipRow.family) & (RoleRow.name == MembershipRow.role))
        .where(MembershipRow.family.in_(sorted(families)), UserRow.state == "active")
        .where(RoleRow.read_only.is_(False), RoleRow.external.is_(False))
        .distinct()
        .order_by(UserRow.display, UserRow.id)
    )
    return [Colleague(row.id, row.display) for row in rows]


def _hands_out(grant: Grant) -> bool:
    return grant.supervisor and not grant.read_only and not grant.external


def _by_person(actor: Actor, now: datetime) -> Select[*tuple[Any, ...]]:
    """`Any`: columns of several types, read by their names."""
    person = HumanTaskRow.assignee_id
    return (
        select(person.label("person"), *_counts(now))
        .where(_OPEN, person.is_not(None), _handed_out_by(actor))
        .group_by(person)
        .order_by(person)
    )


def _by_role(actor: Actor, now: datetime) -> Select[*tuple[Any, ...]]:
    family, role, title = QueueMemberRow.family, QueueMemberRow.role, RoleRow.title
    return (
        select(family.label("family"), role.label("role"), title.label("title"), *_counts(now))
        .select_from(HumanTaskRow)
        .join(QueueMemberRow, QueueMemberRow.queue_id == HumanTaskRow.queue_id)
        .outerjoin(RoleRow, (RoleRow.family == family) & (RoleRow.name == role))
        .where(_OPEN, HumanTaskRow.assignee_id.is_(None), _handed_out_by(actor))
        .group_by(family, role, title)
        .order_by(family, role)
    )


_OPEN = HumanTaskRow.state == TaskRowState.OPEN


def _handed_out_by(actor: Actor) -> ColumnElement[bool]:
    return rights.visible(condition(actor, Permission.ASSIGN_TASK), {"family": HumanTaskRow.family})


def _counts(now: datetime) -> tuple[ColumnElement[Any], ...]:
    late = case((HumanTaskRow.due_at < now, 1), else_=0)
    oldest = func.min(HumanTaskRow.due_at)
    return func.count().label("open"), func.sum(late).label("overdue"), oldest.label("oldest")


def _numbers(row: Row[Any] | None) -> tuple[int, int, datetime | None]:
    if row is None:
        return 0, 0, None
    return int(row.open), int(row.overdue), row.oldest


def _urgency(one: Load) -> tuple[int, int, str]:
    return -one.overdue, -one.open, one.name
