"""Lists of open tasks: mine, a queue's, a colleague's; by tab and filter, with counts, paged by key.

Every list is a merge of index ranges, one a queue and one a person, of which no more is read than a page
shows, however many tasks there are. A filter looks through the most urgent `COUNTED_TO` tasks at a time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, ScalarSelect, Subquery, false, func, select, tuple_, union_all
from sqlalchemy.orm import Session

from cases import catalogue
from cases.persistence import rights
from cases.persistence.instances import CaseInstanceRow
from cases.persistence.people import UserRow
from cases.persistence.tasks import NO_DUE_DATE, HumanTaskRow
from cases.policy.access import Actor, Permission, condition
from cases.queries import paging, task_filters
from cases.queries import queues as places
from cases.queries.queues import Arm, Place, Reach
from cases.queries.task_filters import ANYTHING, Day, Filter, Kind, Tab, Urgency

PAGE = 50
COUNTED_TO = 1001


@dataclass(frozen=True, slots=True)
class TaskLine:
    """One row of a list of tasks.

    `zone` is where the app of its case lives, `key` its place in the order, for the page that follows it.
    """

    id: int
    name: str
    definition: str
    stage: str
    case_key: str
    case_title: str
    family: str
    due_at: datetime | None
    warn_at: datetime | None
    created_at: datetime
    priority: int
    assignee_id: int | None
    assignee: str
    zone: str
    key: str


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; `next` is the key of the page after it, None at the end.

    With `is_partial` a filter has looked only so far: what it finds further on is on the next page.
    """

    lines: tuple[TaskLine, ...]
    next: str | None
    is_partial: bool = False


@dataclass(frozen=True, slots=True)
class Count:
    """How many, up to a cap; `is_least` where a filter looked only so far, and may find more."""

    number: int
    is_least: bool = False

    def __str__(self) -> str:
        if self.number >= COUNTED_TO:
            return f"{COUNTED_TO - 1:,}+"
        return f"{self.number}+" if self.is_least else str(self.number)

    def __bool__(self) -> bool:
        return self.number > 0


@dataclass(frozen=True, slots=True)
class Queue:
    """The tasks offered to one role of a family, whoever has them now; `is_own` where one has the role."""

    key: str
    title: str
    family_title: str
    family: str
    role: str
    open: Count
    is_own: bool


@dataclass(frozen=True, slots=True)
class View:
    """A list as somebody looks at it: whose tasks, which tab, what they look for, when."""

    reach: Reach
    day: Day
    tab: Tab = Tab.OPEN
    wanted: Filter = ANYTHING
    kinds: tuple[Kind, ...] = ()
    me: int = 0

    def tabbed(self) -> Reach:
        """Whose tasks the tab shows."""
        if self.tab is Tab.MINE:
            return self.reach.held_by(self.me)
        return self.reach.waiting() if self.tab is Tab.UNASSIGNED else self.reach

    def ranges(self) -> list[ColumnElement[bool]]:
        """The due dates that the tab shows."""
        return task_filters.in_tab(self.tab, self.day)

    def narrowing(self) -> list[ColumnElement[bool]]:
        """What is asked of each task."""
        return task_filters.narrowing(self.tab, self.wanted, self.kinds, self.day)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many tasks each tab of a list would show, and how many each group of this one has."""

    tabs: Mapping[Tab, Count]
    groups: Mapping[Urgency, Count]


def inbox(actor: Actor) -> Reach:
    """The tasks that this person has."""
    return Reach(None, (actor.user_id,), waits=False)


def queue(session: Session, actor: Actor, key: str) -> tuple[Place, Reach]:
    """The queue of a role with all that is open in it. Raises NotFound, also where one may not see it."""
    place = places.find(session, actor, key)
    return place, places.reach(session, [place])[0]


def desk(actor: Actor, person: int) -> Reach:
    """The tasks that somebody has, in the families whose work this actor hands out."""
    allowed = rights.visible(condition(actor, Permission.ASSIGN_TASK), {"family": HumanTaskRow.family})
    return Reach(None, (person,), waits=False, only=allowed)


def mine(session: Session, actor: Actor, after: str | None = None) -> Page:
    """The tasks that this person has, the most urgent first."""
    return _page(session, inbox(actor), [], [], after)


def mine_count(session: Session, actor: Actor) -> Count:
    """How many tasks this person has."""
    return totals(session, [inbox(actor)])[0]


def of_person(session: Session, actor: Actor, person: int, after: str | None = None) -> Page:
    """The tasks that somebody has, in the families whose work this actor hands out."""
    return _page(session, desk(actor, person), [], [], after)


def queues(session: Session, actor: Actor) -> tuple[Queue, ...]:
    """The queues of the roles that this person works in, or whose work they hand out, with counts."""
    found = places.of_menu(session, actor)
    counted = totals(session, places.reach(session, found))
    return tuple(
        Queue(
            key=place.key,
            title=place.title,
            family_title=place.family_title,
            family=place.family,
            role=place.role,
            open=count,
            is_own=actor.holds(place.family, place.role),
        )
        for place, count in zip(found, counted, strict=True)
    )


def may_take(session: Session, actor: Actor) -> Count:
    """How many tasks this person could take now, over all their roles."""
    numbers = {number for place in places.of_actor(session, actor) for number in place.numbers}
    return totals(session, [Reach(tuple(sorted(numbers)), ())])[0]


def look(session: Session, view: View, after: str | None = None) -> Page:
    """A page of a list."""
    return _page(session, view.tabbed(), view.ranges(), view.narrowing(), after)


def is_held(session: Session, actor: Actor, task: int) -> bool:
    """Whether this person still has a task before them."""
    own = inbox(actor).parts()
    found = select(HumanTaskRow.id).where(HumanTaskRow.id == task, *own)
    return session.execute(found).scalar_one_or_none() is not None


def following(session: Session, view: View, past: str) -> TaskLine | None:
    """The next task of a list that one may go on with: behind a place in it, or else the first."""
    for after in (past, None):
        for line in look(session, view, after).lines:
            if line.assignee_id in (None, view.me):
                return line
    return None


def all_of(session: Session, view: View) -> list[tuple[int, int | None]]:
    """The tasks of a list with who has each, at most `COUNTED_TO - 1`."""
    keys = _keys(view.tabbed(), view.ranges(), None, COUNTED_TO - 1)
    rows = session.execute(
        select(HumanTaskRow.id, HumanTaskRow.assignee_id)
        .join(keys, keys.c.id == HumanTaskRow.id)
        .join(CaseInstanceRow, CaseInstanceRow.id == HumanTaskRow.case_id)
        .where(*view.narrowing())
        .order_by(*_ORDER)
    )
    return [(row.id, row.assignee_id) for row in rows]


def totals(session: Session, reaches: Sequence[Reach]) -> list[Count]:
    """How much is open in each of these lists."""
    return _numbers(session, [_counted(reach, [], []) for reach in reaches])


def sizes(session: Session, views: Sequence[View]) -> list[Count]:
    """How many tasks each of these lists has, in one statement."""
    asked = [_counted(view.tabbed(), view.ranges(), view.narrowing()) for view in views]
    return _numbers(session, asked)


def counts(session: Session, view: View, tabs: Sequence[Tab]) -> Counts:
    """What stands on the tabs and on the heads of the groups, in one statement."""
    asked = [_tab_count(view, tab) for tab in tabs]
    asked += [
        _counted(view.tabbed(), [*view.ranges(), *task_filters.in_group(group, view.day)], view.narrowing())
        for group in Urgency
    ]
    found = _numbers(session, asked)
    return Counts(dict(zip(tabs, found, strict=False)), dict(zip(Urgency, found[len(tabs) :], strict=True)))


_ORDER = (HumanTaskRow.due_at, HumanTaskRow.priority, HumanTaskRow.id)
_SHOWN = (
    *_ORDER,
    HumanTaskRow.name,
    HumanTaskRow.definition,
    HumanTaskRow.family,
    HumanTaskRow.warn_at,
    HumanTaskRow.created_at,
    HumanTaskRow.assignee_id,
)

_Asked = tuple[ScalarSelect[int], ScalarSelect[int] | None]
"""A count, and how many tasks a filter looks through for it."""


def _tab_count(view: View, tab: Tab) -> _Asked:
    there = replace(view, tab=tab)
    return _counted(there.tabbed(), there.ranges(), there.narrowing())


def _counted(
    reach: Reach, ranges: Sequence[ColumnElement[bool]], narrowing: Sequence[ColumnElement[bool]]
) -> _Asked:
    """Count up to the cap in each part: no count reads more, however long a list is."""
    parts = reach.parts() or [false()]
    read = [select(HumanTaskRow.id).where(part, *ranges).limit(COUNTED_TO).subquery() for part in parts]
    if not narrowing:
        return _number([select(one.c.id) for one in read]), None
    found = [
        select(HumanTaskRow.id)
        .join(one, one.c.id == HumanTaskRow.id)
        .join(CaseInstanceRow, CaseInstanceRow.id == HumanTaskRow.case_id)
        .where(*narrowing)
        for one in read
    ]
    return _number(found), _number([select(one.c.id) for one in read])


def _number(parts: Sequence[Any]) -> ScalarSelect[int]:
    """`Any`: selects of ids, whatever they are joined with."""
    some = union_all(*parts).limit(COUNTED_TO).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


def _numbers(session: Session, asked: Sequence[_Asked]) -> list[Count]:
    if not asked:
        return []
    columns = [column for pair in asked for column in pair if column is not None]
    row = iter(session.execute(select(*(one.label(f"n{at}") for at, one in enumerate(columns)))).one())
    return [Count(next(row), looked is not None and next(row) >= COUNTED_TO) for _, looked in asked]


def _keys(
    reach: Reach, ranges: Sequence[ColumnElement[bool]], start: tuple[Any, ...] | None, depth: int
) -> Subquery:
    """The first keys behind a place, merged from the ranges. `Any`: a moment and two numbers."""
    limited = []
    behind = [] if start is None else [tuple_(*_ORDER) > start]
    arms: Sequence[Arm] = reach.arms() or [false()]
    for arm in arms:
        inner = select(*_ORDER).where(arm, *ranges, *behind).order_by(*_ORDER).limit(depth).subquery()
        limited.append(select(inner))
    keys = union_all(*limited).subquery()
    return select(keys).order_by(keys.c.due_at, keys.c.priority, keys.c.id).limit(depth).subquery()


def _page(
    session: Session,
    reach: Reach,
    ranges: Sequence[ColumnElement[bool]],
    narrowing: Sequence[ColumnElement[bool]],
    after: str | None,
) -> Page:
    keys = _keys(reach, ranges, paging.read(after, 2), COUNTED_TO if narrowing else PAGE + 1)
    rows = session.execute(
        select(
            *_SHOWN,
            CaseInstanceRow.business_key,
            CaseInstanceRow.title,
            CaseInstanceRow.deployment_id,
            CaseInstanceRow.definition.label("case_definition"),
            UserRow.display,
        )
        .join(keys, keys.c.id == HumanTaskRow.id)
        .join(CaseInstanceRow, CaseInstanceRow.id == HumanTaskRow.case_id)
        .outerjoin(UserRow, UserRow.id == HumanTaskRow.assignee_id)
        .where(*narrowing)
        .order_by(*_ORDER)
        .limit(PAGE + 1)
    ).all()
    lines = tuple(_line(session, row) for row in rows[:PAGE])
    if len(rows) > PAGE:
        return Page(lines, lines[-1].key)
    last = _last_of(session, keys) if narrowing else None
    return Page(lines, last, is_partial=last is not None)


def _last_of(session: Session, keys: Subquery) -> str | None:
    """How far a filter looked, where it did not look through everything."""
    row = session.execute(
        select(keys).order_by(keys.c.due_at, keys.c.priority, keys.c.id).offset(COUNTED_TO - 1).limit(1)
    ).one_or_none()
    return None if row is None else paging.write(row.due_at, row.priority, row.id)


def _line(session: Session, row: Row[*tuple[Any, ...]]) -> TaskLine:
    """`Any`: a row of columns of several types, read by their names."""
    app = catalogue.case_app(session, row.deployment_id)
    definition = app.cases.get(row.case_definition)
    return TaskLine(
        id=row.id,
        name=row.name,
        definition=row.definition,
        stage="" if definition is None else task_filters.stage_of(definition, row.definition),
        case_key=row.business_key,
        case_title=row.title,
        family=row.family,
        due_at=None if row.due_at >= NO_DUE_DATE else row.due_at,
        warn_at=row.warn_at,
        created_at=row.created_at,
        priority=row.priority,
        assignee_id=row.assignee_id,
        assignee=row.display or "",
        zone=app.zone,
        key=paging.write(row.due_at, row.priority, row.id),
    )
