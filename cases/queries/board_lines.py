"""The lines of the supervisors' board: a merge of index ranges, paged by key, with what each line says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Subquery, false, select, tuple_, union_all
from sqlalchemy.orm import Session

from cases import catalogue
from cases.persistence.instances import CaseInstanceRow
from cases.persistence.notifications import NotificationRow
from cases.persistence.people import UserRow
from cases.persistence.tasks import NO_DUE_DATE, HumanTaskRow, QueueRow
from cases.queries import paging

PAGE = 50
MOST = 1_000
_TOLD = ("warn", "overdue", "escalated")
_ORDER = (HumanTaskRow.due_at, HumanTaskRow.priority, HumanTaskRow.id)


@dataclass(frozen=True, slots=True)
class Told:
    """Who was told of a task last, and of what."""

    name: str
    kind: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """One task on the board; `queue` names the roles that it is offered to."""

    id: int
    name: str
    definition: str
    case_key: str
    case_title: str
    due_at: datetime | None
    warn_at: datetime | None
    created_at: datetime
    priority: int
    assignee_id: int | None
    assignee: str
    queue: str
    zone: str
    told: Told | None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; `next` is the key of the page after it, None at the end."""

    lines: tuple[Line, ...]
    next: str | None


def page(session: Session, arms: Sequence[ColumnElement[bool]], after: str | None) -> Page:
    """One page of what lies in these ranges."""
    keys = _keys(arms, paging.read(after, 2), PAGE + 1)
    rows = session.execute(
        select(
            *_ORDER,
            HumanTaskRow.name,
            HumanTaskRow.definition,
            HumanTaskRow.case_id,
            HumanTaskRow.warn_at,
            HumanTaskRow.created_at,
            HumanTaskRow.assignee_id,
            CaseInstanceRow.business_key,
            CaseInstanceRow.title,
            CaseInstanceRow.deployment_id,
            UserRow.display,
            QueueRow.key.label("queue"),
        )
        .join(keys, keys.c.id == HumanTaskRow.id)
        .join(CaseInstanceRow, CaseInstanceRow.id == HumanTaskRow.case_id)
        .outerjoin(UserRow, UserRow.id == HumanTaskRow.assignee_id)
        .outerjoin(QueueRow, QueueRow.id == HumanTaskRow.queue_id)
        .order_by(*_ORDER)
    ).all()
    told = _told(session, rows[:PAGE])
    lines = tuple(_line(session, row, told.get(row.id)) for row in rows[:PAGE])
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return Page(lines, None if last is None else paging.write(last.due_at, last.priority, last.id))


def every(session: Session, arms: Sequence[ColumnElement[bool]]) -> list[tuple[int, int | None]]:
    """Every task of these ranges with who has it, as many as are picked at once."""
    keys = _keys(arms, None, MOST)
    rows = session.execute(
        select(HumanTaskRow.id, HumanTaskRow.assignee_id)
        .join(keys, keys.c.id == HumanTaskRow.id)
        .order_by(*_ORDER)
    )
    return [(row.id, row.assignee_id) for row in rows]


def due_of(moment: datetime | None) -> datetime | None:
    """When something is due; None for never."""
    return None if moment is None or moment >= NO_DUE_DATE else moment


def _keys(arms: Sequence[ColumnElement[bool]], start: tuple[Any, ...] | None, depth: int) -> Subquery:
    """The first keys behind a place, merged from the ranges. `Any`: a moment and two numbers."""
    behind = [] if start is None else [tuple_(*_ORDER) > start]
    limited = [
        select(select(*_ORDER).where(arm, *behind).order_by(*_ORDER).limit(depth).subquery())
        for arm in arms or [false()]
    ]
    keys = union_all(*limited).subquery()
    return select(keys).order_by(keys.c.due_at, keys.c.priority, keys.c.id).limit(depth).subquery()


def _told(session: Session, rows: Sequence[Row[*tuple[Any, ...]]]) -> dict[int, Told]:
    """Who was told last of each of these tasks that it is late, or will be. `Any`: lines of a list."""
    notice = NotificationRow
    found = session.execute(
        select(notice.task_id, notice.kind, notice.created_at, UserRow.display)
        .join(UserRow, UserRow.id == notice.user_id)
        .where(notice.case_id.in_(sorted({row.case_id for row in rows})), notice.kind.in_(_TOLD))
        .order_by(notice.id)
    )
    return {row.task_id: Told(row.display, row.kind, row.created_at) for row in found if row.task_id}


def _line(session: Session, row: Row[*tuple[Any, ...]], told: Told | None) -> Line:
    """`Any`: columns of several types, read by their names."""
    app = catalogue.case_app(session, row.deployment_id)
    roles = [role for role in (row.queue or "").rpartition(":")[2].split("|") if role]
    titles = [app.roles[role].title or role if role in app.roles else role for role in roles]
    return Line(
        id=row.id,
        name=row.name,
        definition=row.definition,
        case_key=row.business_key,
        case_title=row.title,
        due_at=due_of(row.due_at),
        warn_at=row.warn_at,
        created_at=row.created_at,
        priority=row.priority,
        assignee_id=row.assignee_id,
        assignee=row.display or "",
        queue=", ".join(titles),
        zone=app.zone,
        told=told,
    )
