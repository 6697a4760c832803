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
    BigInteger,
    ColumnElement,
    Row,
    ScalarSelect,
    Select,
    case,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import Session

from cases.errors import NotFound
from cases.persistence.people import MembershipRow, RoleRow, UserRow
from cases.persistence.tasks import NO_DUE_DATE, HumanTaskRow, QueueMemberRow, QueueRow, TaskRowState
from cases.policy.access import Actor, Grant
from cases.queries import board_lines, task_filters
from cases.queries.board_lines import Page, due_of
from cases.queries.task_filters import Day

COUNTED_TO = 1001
PEOPLE = 25
_DIGIT = 10_000
"""What a count is multiplied by to stand beside others in one number: more than any of them can be."""


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
    """How many, up to a cap, beyond which there are only more; `is_least` where no more was looked at."""

    count: int
    is_least: bool = False

    def __str__(self) -> str:
        if self.count >= COUNTED_TO:
            return f"{COUNTED_TO - 1:,}+"
        return f"{self.count}+" if self.is_least else str(self.count)

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
class Board:
    """The numbers of the page. `most` is the largest load of a person shown, `more` whether others follow."""

    figures: Mapping[Show, Number]
    people: tuple[Load, ...]
    more: bool
    queues: tuple[Load, ...]
    most: int


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
    return board_lines.page(session, _arms(session, supervised(actor), show, day), after)


def of_person(
    session: Session, actor: Actor, person: int, show: Show, day: Day, after: str | None = None
) -> Page:
    """A page of the tasks that somebody has in the families whose work this actor hands out."""
    return board_lines.page(session, [_of_person(supervised(actor), person, show, day)], after)


def person_load(session: Session, actor: Actor, person: int, day: Day) -> Load:
    """What somebody has. Raises NotFound for who is not, and has nothing, in the families of this actor."""
    families = supervised(actor)
    row = session.execute(_people(families, day, 1, only=person)).one_or_none()
    if row is None:
        raise NotFound("There is nobody of this number in your families.")
    return _person(row)


def all_late(session: Session, actor: Actor, show: Show, day: Day) -> list[tuple[int, int | None]]:
    """Every task of a list with who has it, as many as are counted."""
    return board_lines.every(session, _arms(session, supervised(actor), show, day))


def all_of_person(
    session: Session, actor: Actor, person: int, show: Show, day: Day
) -> list[tuple[int, int | None]]:
    """Every task of a person's list."""
    return board_lines.every(session, [_of_person(supervised(actor), person, show, day)])


def loads(session: Session, actor: Actor, people: Sequence[int], day: Day) -> dict[int, Load]:
    """What each of these people has, counted as on the board."""
    shown = _shown(supervised(actor)).where(UserRow.id.in_(people))
    return {row.id: _person(row) for row in session.execute(_numbers(shown, supervised(actor), day))}


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


def _counted(condition: ColumnElement[bool]) -> ScalarSelect[Any]:
    """Count up to the cap. `Any`: a number."""
    some = select(literal(1)).select_from(HumanTaskRow).where(condition).limit(COUNTED_TO).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


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
    """With all numbers of a person in one: four would read the same part of the index four times."""
    found = shown.subquery()
    its = _of_person(families, found.c.id, Show.OPEN, day)
    read = select(_due, _warn).where(its).order_by(_due).limit(COUNTED_TO).correlate(found).subquery()
    due, warn = read.c.due_at, read.c.warn_at
    kinds = (
        due < day.now,
        (due >= day.now) & warn.is_not(None) & (warn <= day.now),
        (due >= day.now) & (due < day.ends),
    )
    one: ColumnElement[Any] = literal(1, BigInteger)
    for at, kind in enumerate(kinds, start=1):
        one = one + case((kind, literal(_DIGIT**at, BigInteger)), else_=literal(0, BigInteger))
    packed = select(func.coalesce(func.sum(one), 0)).select_from(read).correlate(found).scalar_subquery()
    return select(found, packed.label("packed")).order_by(
        found.c.oldest.is_(None), found.c.oldest, found.c.display, found.c.id
    )


def _person(row: Row[*tuple[Any, ...]]) -> Load:
    """`Any`: columns of several types, read by their names."""
    number, counts = int(row.packed), []
    for _ in range(4):
        number, count = divmod(number, _DIGIT)
        counts.append(count)
    # In the order of their due dates no more than these were read: what is late comes first and is whole.
    is_least = counts[0] >= COUNTED_TO
    return Load(
        key=str(row.id),
        name=row.display,
        open=Number(counts[0]),
        overdue=Number(counts[1]),
        at_risk=Number(counts[2], is_least),
        today=Number(counts[3], is_least),
        oldest_due=due_of(row.oldest),
        is_here=bool(row.is_here),
    )


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
        oldest_due=due_of(oldest),
    )
