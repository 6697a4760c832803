"""The supervisors' board: what is late and at risk, who has how much, what waits in which queue.

Every number is a count up to `COUNTED_TO` over an index range, every list a merge of index ranges of one
page: neither grows with the number of open tasks. A number and the list behind it ask the same condition.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    ScalarSelect,
    Select,
    Subquery,
    false,
    func,
    literal,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Session

from cases import catalogue
from cases.errors import NotFound
from cases.persistence.instances import CaseInstanceRow
from cases.persistence.notifications import NotificationRow
from cases.persistence.people import MembershipRow, RoleRow, UserRow
from cases.persistence.tasks import NO_DUE_DATE, HumanTaskRow, QueueMemberRow, QueueRow, TaskRowState
from cases.policy.access import Actor, Grant
from cases.queries import paging, task_filters
from cases.queries.task_filters import Day

COUNTED_TO = 1001
PAGE = 50
PEOPLE = 25
_TOLD = ("warn", "overdue", "escalated")


class Show(StrEnum):
    """Which tasks a list shows, as addresses name them. `LATE` is what is overdue or at risk."""

    LATE = "late"
    OVERDUE = "overdue"
    AT_RISK = "at_risk"
    TODAY = "today"
    UNASSIGNED = "unassigned"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Number:
    """How many, up to a cap: beyond it only that there are more."""

    count: int

    def __str__(self) -> str:
        return f"{COUNTED_TO - 1:,}+" if self.count >= COUNTED_TO else str(self.count)

    def __bool__(self) -> bool:
        return self.count > 0


@dataclass(frozen=True, slots=True)
class Load:
    """What one person, or one queue, has before it. `key` is the person's id or the queue's.

    `at_risk` is of people only. Who is not `is_here` may not sign in any more, or lost the role.
    """

    key: str
    name: str
    open: Number
    overdue: Number
    at_risk: Number
    today: Number
    oldest_due: datetime | None
    is_here: bool = True


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody to whom a task may be given."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Board:
    """The numbers of the page. `most` is the largest load of a person shown, `more` whether others follow."""

    figures: Mapping[Show, Number]
    people: tuple[Load, ...]
    more: bool
    queues: tuple[Load, ...]
    most: int


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


def load(session: Session, actor: Actor, day: Day, people_page: int = 1) -> Board:
    """The numbers: of all families that this actor supervises, of everybody at work in them, of each queue.

    People come by their oldest due date. A task that is offered to several roles waits in the queue of each.
    """
    families = supervised(actor)
    people = [_person(row) for row in session.execute(_people(families, day, people_page))]
    members = _members(session, families)
    figures, queues = _figures_and_queues(session, families, members, day)
    shown = tuple(people[:PEOPLE])
    most = max((one.open.count for one in shown), default=0)
    return Board(figures, shown, len(people) > PEOPLE, queues, most)


def late(session: Session, actor: Actor, show: Show, day: Day, after: str | None = None) -> Page:
    """A page of the tasks of all people, by their due dates: the most overdue first."""
    return _page(session, _arms(session, supervised(actor), show, day), after)


def of_person(
    session: Session, actor: Actor, person: int, show: Show, day: Day, after: str | None = None
) -> Page:
    """A page of the tasks that somebody has in the families whose work this actor hands out."""
    return _page(session, [_of_person(supervised(actor), person, show, day)], after)


def person_load(session: Session, actor: Actor, person: int, day: Day) -> Load:
    """What somebody has. Raises NotFound for who is not, and has nothing, in the families of this actor."""
    families = supervised(actor)
    row = session.execute(_people(families, day, 1, only=person)).one_or_none()
    if row is None:
        raise NotFound("There is nobody of this number in your families.")
    return _person(row)


def all_late(session: Session, actor: Actor, show: Show, day: Day) -> list[tuple[int, int | None]]:
    """Every task of a list with who has it, as many as are counted."""
    return _all(session, _arms(session, supervised(actor), show, day))


def all_of_person(
    session: Session, actor: Actor, person: int, show: Show, day: Day
) -> list[tuple[int, int | None]]:
    """Every task of a person's list."""
    return _all(session, [_of_person(supervised(actor), person, show, day)])


def loads(session: Session, actor: Actor, people: Sequence[int], day: Day) -> dict[int, Load]:
    """What each of these people has, counted as on the board."""
    shown = _shown(supervised(actor)).where(UserRow.id.in_(people))
    return {row.id: _person(row) for row in session.execute(_numbers(shown, supervised(actor), day))}


def colleagues(session: Session, actor: Actor, family: str | None = None) -> list[Colleague]:
    """Those who may work in the families whose work this actor hands out, or in one of these, by name."""
    families = set(supervised(actor))
    if family is not None:
        families &= {family}
    rows = session.execute(
        select(UserRow.id, UserRow.display)
        .where(UserRow.id.in_(_at_work(sorted(families))), UserRow.state == "active")
        .order_by(UserRow.display, UserRow.id)
    )
    return [Colleague(row.id, row.display) for row in rows]


def zone_of(session: Session, actor: Actor) -> str:
    """Where the first family that this actor supervises lives: its day is the board's."""
    return task_filters.known(session, supervised(actor)).zone


def supervised(actor: Actor) -> list[str]:
    """The families whose work this actor hands out."""
    return sorted({grant.family for grant in actor.grants if _hands_out(grant)})


def _hands_out(grant: Grant) -> bool:
    return grant.supervisor and not grant.read_only and not grant.external


# Written as the partial indexes are, with the state as a literal: a bound parameter would hide from the
# planner that they match.
_OPEN = HumanTaskRow.state == literal(TaskRowState.OPEN.value, literal_execute=True)
_due, _warn = HumanTaskRow.due_at, HumanTaskRow.warn_at
_ORDER = (HumanTaskRow.due_at, HumanTaskRow.priority, HumanTaskRow.id)


# --- conditions: of a number and of its list


def _range(show: Show, day: Day) -> ColumnElement[bool]:
    match show:
        case Show.OVERDUE:
            return _due < day.now
        case Show.AT_RISK:
            return (_due >= day.now) & _warn.is_not(None) & (_warn <= day.now)
        case Show.TODAY:
            return (_due >= day.now) & (_due < day.ends)
        case Show.LATE:
            return or_(_due < day.now, _warn <= day.now)
        case _:
            return _due <= NO_DUE_DATE


def _of_family(family: str, show: Show, day: Day) -> ColumnElement[bool]:
    return _OPEN & (HumanTaskRow.family == family) & _range(show, day)


def _of_person(families: Sequence[str], person: object, show: Show, day: Day) -> ColumnElement[bool]:
    """`person` is a number, or a column of the statement around."""
    has = HumanTaskRow.assignee_id.is_not(None) & (HumanTaskRow.assignee_id == person)
    return _OPEN & has & HumanTaskRow.family.in_(families) & _range(show, day)


def _waiting(queues: Iterable[int]) -> ColumnElement[bool]:
    return _OPEN & HumanTaskRow.assignee_id.is_(None) & HumanTaskRow.queue_id.in_(sorted(queues))


def _arms(session: Session, families: Sequence[str], show: Show, day: Day) -> list[ColumnElement[bool]]:
    """One index range each: merged by their order, they are the list."""
    if show is Show.UNASSIGNED:
        numbers = session.scalars(select(QueueRow.id).where(QueueRow.family.in_(families)))
        return [_waiting([number]) for number in numbers]
    kinds = (Show.OVERDUE, Show.AT_RISK) if show is Show.LATE else (show,)
    return [_of_family(family, kind, day) for family in families for kind in kinds]


def _counted(condition: ColumnElement[bool], *outer: Subquery) -> ScalarSelect[Any]:
    """Count up to the cap, with `outer` for each of its rows. `Any`: a number."""
    some = select(literal(1)).select_from(HumanTaskRow).where(condition).limit(COUNTED_TO)
    if outer:
        some = some.correlate(*outer)
    counted = select(func.count()).select_from(some.subquery())
    return (counted.correlate(*outer) if outer else counted).scalar_subquery()


# --- people


def _at_work(families: Sequence[str]) -> Select[*tuple[Any, ...]]:
    """The numbers of those with a role by which one may act. `Any`: one column of numbers."""
    is_role = (RoleRow.family == MembershipRow.family) & (RoleRow.name == MembershipRow.role)
    return (
        select(MembershipRow.user_id)
        .join(RoleRow, is_role)
        .where(MembershipRow.family.in_(families))
        .where(RoleRow.read_only.is_(False), RoleRow.external.is_(False))
    )


def _shown(families: Sequence[str]) -> Select[*tuple[Any, ...]]:
    """Everybody at work here, and whoever has work though they are not. `Any`: columns of several types."""
    has = HumanTaskRow.assignee_id.is_not(None) & (HumanTaskRow.assignee_id == UserRow.id)
    its = _OPEN & has & HumanTaskRow.family.in_(families)
    oldest = select(_due).where(its).order_by(_due).limit(1).correlate(UserRow).scalar_subquery()
    is_here = (UserRow.state == "active") & UserRow.id.in_(_at_work(families))
    return select(UserRow.id, UserRow.display, oldest.label("oldest"), is_here.label("is_here")).where(
        or_(is_here, oldest.is_not(None))
    )


def _people(
    families: Sequence[str], day: Day, page: int, only: int | None = None
) -> Select[*tuple[Any, ...]]:
    """A page of people, by their oldest due date, and one more."""
    shown = _shown(families) if only is None else _shown(families).where(UserRow.id == only)
    found = shown.subquery()
    paged = select(found).order_by(found.c.oldest.is_(None), found.c.oldest, found.c.display, found.c.id)
    return _numbers(paged.limit(PEOPLE + 1).offset((page - 1) * PEOPLE), families, day)


def _numbers(shown: Select[*tuple[Any, ...]], families: Sequence[str], day: Day) -> Select[*tuple[Any, ...]]:
    found = shown.subquery()
    kinds = (Show.OPEN, Show.OVERDUE, Show.AT_RISK, Show.TODAY)
    counts = [
        _counted(_of_person(families, found.c.id, kind, day), found).label(kind.value) for kind in kinds
    ]
    return select(found, *counts).order_by(
        found.c.oldest.is_(None), found.c.oldest, found.c.display, found.c.id
    )


def _person(row: Row[*tuple[Any, ...]]) -> Load:
    """`Any`: columns of several types, read by their names."""
    return Load(
        key=str(row.id),
        name=row.display,
        open=Number(row.open),
        overdue=Number(row.overdue),
        at_risk=Number(row.at_risk),
        today=Number(row.today),
        oldest_due=_due_of(row.oldest),
        is_here=bool(row.is_here),
    )


def _due_of(moment: datetime | None) -> datetime | None:
    return None if moment is None or moment >= NO_DUE_DATE else moment


# --- queues


def _members(session: Session, families: Sequence[str]) -> dict[tuple[str, str, str], list[int]]:
    """Of each role that looks into queues, with its title: their numbers."""
    member = QueueMemberRow
    rows = session.execute(
        select(member.family, member.role, RoleRow.title, member.queue_id)
        .outerjoin(RoleRow, (RoleRow.family == member.family) & (RoleRow.name == member.role))
        .where(member.family.in_(families))
        .order_by(member.family, member.role, member.queue_id)
    )
    found: dict[tuple[str, str, str], list[int]] = {}
    for family, role, title, number in rows:
        found.setdefault((family, role, title or role), []).append(number)
    return found


def _figures_and_queues(
    session: Session,
    families: Sequence[str],
    members: Mapping[tuple[str, str, str], Sequence[int]],
    day: Day,
) -> tuple[dict[Show, Number], tuple[Load, ...]]:
    """All numbers that are of no person, in one statement."""
    kinds = (Show.OVERDUE, Show.AT_RISK, Show.TODAY)
    every = {number for numbers in members.values() for number in numbers}
    columns: list[Any] = [
        _sum(_counted(_of_family(family, kind, day)) for family in families) for kind in kinds
    ]
    columns.append(_counted(_waiting(every)))
    for numbers in members.values():
        waits = _waiting(numbers)
        oldest = select(_due).where(waits).order_by(_due).limit(1).scalar_subquery()
        late, today = (_counted(waits & _range(kind, day)) for kind in (Show.OVERDUE, Show.TODAY))
        columns += [_counted(waits), late, today, oldest]
    row = list(session.execute(select(*(one.label(f"n{at}") for at, one in enumerate(columns)))).one())
    figures = {kind: Number(row[at]) for at, kind in enumerate((*kinds, Show.UNASSIGNED))}
    queues = [_queue(key, row[4 + at * 4 : 8 + at * 4]) for at, key in enumerate(members)]
    waiting = [one for one in queues if one.open]
    return figures, tuple(sorted(waiting, key=lambda one: (one.oldest_due is None, one.oldest_due, one.name)))


def _sum(counts: Iterable[ScalarSelect[Any]]) -> ColumnElement[Any]:
    found = list(counts)
    total: ColumnElement[Any] = literal(0)
    for one in found:
        total = total + one
    return total


def _queue(key: tuple[str, str, str], numbers: Sequence[Any]) -> Load:
    """`Any`: three counts and a moment."""
    family, role, title = key
    waits, overdue, today, oldest = numbers
    return Load(
        key=f"{family}:{role}",
        name=title,
        open=Number(waits),
        overdue=Number(overdue),
        at_risk=Number(0),
        today=Number(today),
        oldest_due=_due_of(oldest),
    )


# --- lists


def _keys(arms: Sequence[ColumnElement[bool]], start: tuple[Any, ...] | None, depth: int) -> Any:  # noqa: ANN401
    """The first keys behind a place, merged from the ranges. `Any`: a moment and two numbers; a subquery."""
    behind = [] if start is None else [tuple_(*_ORDER) > start]
    limited = [
        select(select(*_ORDER).where(arm, *behind).order_by(*_ORDER).limit(depth).subquery())
        for arm in arms or [false()]
    ]
    keys = union_all(*limited).subquery()
    return select(keys).order_by(keys.c.due_at, keys.c.priority, keys.c.id).limit(depth).subquery()


def _all(session: Session, arms: Sequence[ColumnElement[bool]]) -> list[tuple[int, int | None]]:
    keys = _keys(arms, None, COUNTED_TO - 1)
    rows = session.execute(
        select(HumanTaskRow.id, HumanTaskRow.assignee_id)
        .join(keys, keys.c.id == HumanTaskRow.id)
        .order_by(*_ORDER)
    )
    return [(row.id, row.assignee_id) for row in rows]


def _page(session: Session, arms: Sequence[ColumnElement[bool]], after: str | None) -> Page:
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
        due_at=_due_of(row.due_at),
        warn_at=row.warn_at,
        created_at=row.created_at,
        priority=row.priority,
        assignee_id=row.assignee_id,
        assignee=row.display or "",
        queue=", ".join(titles),
        zone=app.zone,
        told=told,
    )
