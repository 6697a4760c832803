"""The inbox: my tasks, the tasks offered to a role, capped counts, paged by key.

Every page reads index ranges of one length, however many tasks there are: one for the person, one for each
queue, merged. Queues are those that the person's roles look into: no list shows more than rights allow.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, Subquery, false, func, literal, select, tuple_, union_all
from sqlalchemy.orm import Session

from cases import catalogue
from cases.errors import NotFound
from cases.persistence import rights
from cases.persistence.instances import CaseInstanceRow
from cases.persistence.people import FamilyRow, RoleRow, UserRow
from cases.persistence.tasks import NO_DUE_DATE, HumanTaskRow, QueueMemberRow, QueueRow, TaskRowState
from cases.policy.access import Actor, Grant, Permission, condition
from cases.queries import paging

PAGE = 50
COUNTED_TO = 100
MOST_QUEUES = 500
"""More arms than this are not asked at once: SQLite joins no more in one statement."""


@dataclass(frozen=True, slots=True)
class TaskLine:
    """One row of a list of tasks; `zone` is where the app of its case lives."""

    id: int
    name: str
    definition: str
    case_key: str
    case_title: str
    family: str
    due_at: datetime | None
    created_at: datetime
    priority: int
    assignee_id: int | None
    assignee: str
    zone: str


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; `next` is the key of the page after it, None at the end."""

    lines: tuple[TaskLine, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Count:
    """How many, up to a cap: beyond it only that there are more."""

    number: int

    def __str__(self) -> str:
        return f"{COUNTED_TO - 1}+" if self.number >= COUNTED_TO else str(self.number)

    def __bool__(self) -> bool:
        return self.number > 0


@dataclass(frozen=True, slots=True)
class Queue:
    """The tasks offered to one role of a family: what the person sees as a team's queue."""

    key: str
    title: str
    family_title: str
    family: str
    role: str
    open: Count


def mine(session: Session, actor: Actor, after: str | None = None) -> Page:
    """The tasks that this person has."""
    return _page(session, [_mine(actor)], after)


def mine_count(session: Session, actor: Actor) -> Count:
    """How many tasks this person has."""
    return _counted(session, [_mine(actor)])


def queue(session: Session, actor: Actor, key: str, after: str | None = None) -> tuple[Queue, Page]:
    """The tasks offered to a role and taken by nobody.

    `key` is `<family>:<role>`, or the role alone where the person has it in one family only. Raises NotFound
    for a queue that is none, or not this person's to see.
    """
    grant = _grant_of(session, actor, key)
    found = _queue(session, grant)
    arms = [_waiting(number) for number in _numbers(session, [grant])]
    return found, _page(session, arms, after)


def queues(session: Session, actor: Actor) -> tuple[Queue, ...]:
    """The queues of the roles that this person works in, with their counts."""
    grants = sorted(_working(actor), key=lambda grant: (grant.family, grant.role))
    return tuple(_queue(session, grant) for grant in grants)


def of_person(session: Session, actor: Actor, person: int, after: str | None = None) -> Page:
    """The tasks that somebody has, in the families whose work this actor hands out."""
    condition_ = condition(actor, Permission.ASSIGN_TASK)
    allowed = rights.visible(condition_, {"family": HumanTaskRow.family})
    has = HumanTaskRow.assignee_id.is_not(None) & (HumanTaskRow.assignee_id == person)
    return _page(session, [_OPEN & has & allowed], after)


def may_take(session: Session, actor: Actor) -> Count:
    """How many tasks this person could take now, over all their roles."""
    return _counted(session, [_waiting(number) for number in _numbers(session, _working(actor))])


def _queue(session: Session, grant: Grant) -> Queue:
    title = session.execute(
        select(RoleRow.title).where(RoleRow.family == grant.family, RoleRow.name == grant.role)
    ).scalar_one_or_none()
    family = session.execute(
        select(FamilyRow.title).where(FamilyRow.key == grant.family)
    ).scalar_one_or_none()
    arms = [_waiting(number) for number in _numbers(session, [grant])]
    return Queue(
        key=f"{grant.family}:{grant.role}",
        title=title or grant.role,
        family_title=family or grant.family,
        family=grant.family,
        role=grant.role,
        open=_counted(session, arms),
    )


def _grant_of(session: Session, actor: Actor, key: str) -> Grant:
    """The right to see a queue: one's own role, or any role of a family that one oversees or audits."""
    family, colon, role = key.rpartition(":")
    seen = [grant for grant in actor.grants if not grant.external]
    own = [grant for grant in seen if grant.role == role and (not colon or grant.family == family)]
    if len(own) == 1:
        return own[0]
    over = {grant.family for grant in seen if grant.supervisor or grant.read_only}
    if own or not colon or family not in over:
        raise NotFound("There is no such queue.")
    if session.get(RoleRow, (family, role)) is None:
        raise NotFound("There is no such queue.")
    return Grant(family=family, role=role)


def _working(actor: Actor) -> list[Grant]:
    return [grant for grant in actor.grants if not grant.external and not grant.read_only]


def _numbers(session: Session, grants: Iterable[Grant]) -> Sequence[int]:
    """The queues that these roles look into."""
    pairs = [(grant.family, grant.role) for grant in grants]
    if not pairs:
        return []
    query = (
        select(QueueMemberRow.queue_id)
        .where(tuple_(QueueMemberRow.family, QueueMemberRow.role).in_(pairs))
        .join(QueueRow, QueueRow.id == QueueMemberRow.queue_id)
        .distinct()
        .order_by(QueueMemberRow.queue_id)
        .limit(MOST_QUEUES)
    )
    return session.execute(query).scalars().all()


# Written as the partial indexes are, with the state as a literal: a bound parameter would hide from the
# planner that they match.
_OPEN = HumanTaskRow.state == literal(TaskRowState.OPEN.value, literal_execute=True)
_ORDER = (HumanTaskRow.due_at, HumanTaskRow.priority, HumanTaskRow.id)


def _mine(actor: Actor) -> ColumnElement[bool]:
    return _OPEN & HumanTaskRow.assignee_id.is_not(None) & (HumanTaskRow.assignee_id == actor.user_id)


def _waiting(number: int) -> ColumnElement[bool]:
    return _OPEN & HumanTaskRow.assignee_id.is_(None) & (HumanTaskRow.queue_id == number)


def _page(session: Session, arms: Sequence[ColumnElement[bool]], after: str | None) -> Page:
    start = paging.read(after, 2)
    limited: list[Select[tuple[datetime, int, int]]] = []
    for arm in arms or [false()]:
        query = select(*_ORDER).where(arm)
        if start is not None:
            query = query.where(tuple_(*_ORDER) > start)
        inner: Subquery = query.order_by(*_ORDER).limit(PAGE + 1).subquery()
        limited.append(select(inner))
    keys = union_all(*limited).subquery()
    ordered = select(keys).order_by(keys.c.due_at, keys.c.priority, keys.c.id).limit(PAGE + 1).subquery()
    rows = session.execute(
        select(
            HumanTaskRow.id,
            HumanTaskRow.name,
            HumanTaskRow.definition,
            HumanTaskRow.family,
            HumanTaskRow.due_at,
            HumanTaskRow.created_at,
            HumanTaskRow.priority,
            HumanTaskRow.assignee_id,
            CaseInstanceRow.business_key,
            CaseInstanceRow.title,
            CaseInstanceRow.deployment_id,
            UserRow.display,
        )
        .join(ordered, ordered.c.id == HumanTaskRow.id)
        .join(CaseInstanceRow, CaseInstanceRow.id == HumanTaskRow.case_id)
        .outerjoin(UserRow, UserRow.id == HumanTaskRow.assignee_id)
        .order_by(*_ORDER)
    ).all()
    lines = tuple(
        TaskLine(
            id=row.id,
            name=row.name,
            definition=row.definition,
            case_key=row.business_key,
            case_title=row.title,
            family=row.family,
            due_at=None if row.due_at >= NO_DUE_DATE else row.due_at,
            created_at=row.created_at,
            priority=row.priority,
            assignee_id=row.assignee_id,
            assignee=row.display or "",
            zone=catalogue.case_app(session, row.deployment_id).zone,
        )
        for row in rows[:PAGE]
    )
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return Page(lines, None if last is None else paging.write(last.due_at, last.priority, last.id))


def _counted(session: Session, arms: Sequence[ColumnElement[bool]]) -> Count:
    """Count up to the cap in each arm: no count reads more than the cap, however long a queue is."""
    if not arms:
        return Count(0)
    limited = [select(select(HumanTaskRow.id).where(arm).limit(COUNTED_TO).subquery()) for arm in arms]
    some = union_all(*limited).limit(COUNTED_TO).subquery()
    return Count(session.execute(select(func.count()).select_from(some)).scalar_one())
