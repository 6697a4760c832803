"""The supervisor's board: who has how much, and what waits in which queue."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, SQLColumnExpression, case, func, select
from sqlalchemy.orm import Session

from cases.persistence import rights
from cases.persistence.people import MembershipRow, RoleRow, UserRow
from cases.persistence.tasks import HumanTaskRow, QueueRow, TaskRowState
from cases.policy.access import Actor, Grant, Permission, condition


@dataclass(frozen=True, slots=True)
class Load:
    """What one person, or one queue, has before it. `key` is the person's id or the queue's roles."""

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
    """Everybody who works in the families that this actor supervises, and the queues of those families."""
    held = _loads(session, actor, now, HumanTaskRow.assignee_id, HumanTaskRow.assignee_id.is_not(None))
    found = {int(row.key): row for row in held}
    people = [Load(str(one.id), one.name, *_numbers(found.get(one.id))) for one in colleagues(session, actor)]
    waiting = _loads(session, actor, now, QueueRow.key, HumanTaskRow.assignee_id.is_(None))
    queues = [Load(row.key, _roles(session, row.key), *_numbers(row)) for row in waiting]
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


def _loads(
    session: Session, actor: Actor, now: datetime, key: SQLColumnExpression[Any], whose: ColumnElement[bool]
) -> Iterable[Row[Any]]:
    """Counts by a column (`Any`: of a person or a queue) over the open tasks that this actor hands out."""
    late = case((HumanTaskRow.due_at < now, 1), else_=0)
    query: Select[Any] = (
        select(
            key.label("key"),
            func.count().label("open"),
            func.sum(late).label("overdue"),
            func.min(HumanTaskRow.due_at).label("oldest"),
        )
        .select_from(HumanTaskRow)
        .outerjoin(QueueRow, QueueRow.id == HumanTaskRow.queue_id)
        .where(HumanTaskRow.state == TaskRowState.OPEN, whose)
        .where(rights.visible(condition(actor, Permission.ASSIGN_TASK), {"family": HumanTaskRow.family}))
        .group_by(key)
        .order_by(key)
    )
    return session.execute(query).all()


def _numbers(row: Row[Any] | None) -> tuple[int, int, datetime | None]:
    if row is None:
        return 0, 0, None
    return int(row.open), int(row.overdue), row.oldest


def _roles(session: Session, key: str | None) -> str:
    pairs = [part.rpartition(":")[::2] for part in (key or "").split("|") if part]
    titles = [
        session.scalar(select(RoleRow.title).where(RoleRow.family == family, RoleRow.name == role)) or role
        for family, role in pairs
    ]
    return ", ".join(titles)


def _urgency(one: Load) -> tuple[int, int, str]:
    return -one.overdue, -one.open, one.name
