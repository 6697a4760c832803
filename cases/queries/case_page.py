"""One case on one page: header, why, stages, tasks, plan, data, people, and what comes next."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.cmmn.lifecycle import State
from cases.cmmn.metamodel import UserEventListener
from cases.errors import NotFound
from cases.persistence.clocks import SlaClockRow
from cases.persistence.people import FamilyRow
from cases.persistence.tasks import NO_DUE_DATE, HumanTaskRow, QueueRow, TaskRowState
from cases.policy.access import Actor, Permission
from cases.queries import (
    case_options,
    deadline,
    hindrances,
    plan_doings,
    plan_picture,
    relatives,
    sight,
    sign_off,
    timeline,
    why,
)
from cases.queries.case_options import Options
from cases.queries.deadline import Deadline, RungLine
from cases.queries.hindrances import Hindrance
from cases.queries.plan_focus import Upcoming
from cases.queries.plan_nodes import Doing
from cases.queries.plan_picture import Milepost, Picture
from cases.queries.sight import Sight
from cases.queries.sign_off import Approvals
from cases.queries.timeline import Entry, Kind
from cases.queries.why import Reason

_UPCOMING = 4
_NORMAL = 3
_OPEN = (TaskRowState.OPEN, TaskRowState.PAUSED)

Draw = Callable[[Sight, Mapping[int, Doing]], Picture]
"""How the plan is drawn: folded to what lives, or whole."""


@dataclass(frozen=True, slots=True)
class CaseTask:
    """A task of the case that is open or paused."""

    id: int
    name: str
    definition: str
    plan_item: int
    state: str
    assignee_id: int | None
    assignee: str
    roles: tuple[str, ...]
    due_at: datetime | None
    warn_at: datetime | None
    created_at: datetime
    priority: int
    has_draft: bool
    approvals: Approvals | None
    hindrance: Hindrance | None


@dataclass(frozen=True, slots=True)
class Start:
    """Something that a person may start or raise now; `item` is the instance."""

    item: int
    id: str
    name: str
    has_form: bool
    number: int = 0


@dataclass(frozen=True, slots=True)
class Fact:
    """A declared value of the case, by its title."""

    title: str
    value: object


@dataclass(frozen=True, slots=True)
class Branch:
    """One root item of the case file. `is_answer`: a plan item wrote it, and it is called as that is."""

    name: str
    title: str
    is_answer: bool
    value: object


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who has to do with the case, and through what."""

    id: int
    name: str
    tasks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Clock:
    """What must be done by when: a clock of a service level, or the task that is due first."""

    name: str
    due_at: datetime
    started_at: datetime
    state: str
    warn_at: datetime | None = None
    deadline: Deadline | None = None


@dataclass(frozen=True, slots=True)
class CasePage:
    """The page."""

    key: str
    title: str
    state: str
    family: str
    family_title: str
    opened_at: datetime
    closed_at: datetime | None
    version: int
    zone: str
    reasons: tuple[Reason, ...]
    steps: tuple[Milepost, ...]
    tasks: tuple[CaseTask, ...]
    starts: tuple[Start, ...]
    events: tuple[Start, ...]
    facts: tuple[Fact, ...]
    data: tuple[Branch, ...]
    people: tuple[Person, ...]
    clock: Clock | None
    upcoming: tuple[Upcoming, ...]
    waiting: tuple[Upcoming, ...]
    is_by_message: bool
    owner: Person | None
    priority: int
    picture: Picture
    entries: tuple[Entry, ...]
    options: Options

    @property
    def rung(self) -> RungLine | None:
        """The rung that comes next on the ladder of what is due first."""
        rungs = self.clock.deadline.rungs if self.clock and self.clock.deadline else ()
        return next((rung for rung in rungs if rung.state == "next"), None)


def load(session: Session, key: str, actor: Actor, now: datetime) -> CasePage:
    """The case with its plan folded to what lives. Raises NotFound."""
    return _page(session, sight.of_key(session, key, actor), plan_picture.focused, now)


def load_expanded(session: Session, key: str, actor: Actor, now: datetime) -> CasePage:
    """The case with every stage of its plan open. Raises NotFound."""
    return _page(session, sight.of_key(session, key, actor), plan_picture.whole, now)


def raisable(session: Session, key: str, item: int, actor: Actor) -> tuple[Sight, Start]:
    """An event that this person may raise, or an item that they may start. Raises NotFound."""
    seen = sight.of_key(session, key, actor)
    for one in (*events_of(seen), *starts_of(seen)):
        if one.item == item:
            return seen, one
    raise NotFound("This is not offered now.")


def starts_of(seen: Sight) -> tuple[Start, ...]:
    """What waits for somebody to start it by hand."""
    if not seen.may(Permission.ACT_ON_CASE):
        return ()
    found = []
    for state in seen.case.items():
        item = seen.case.plan_item(state.iid)
        if state.state is State.ENABLED and seen.sees_item(item):
            found.append(
                Start(state.iid, item.id, seen.name_of(state.iid), has_form=False, number=item.number)
            )
    return tuple(found)


def events_of(seen: Sight) -> tuple[Start, ...]:
    """The events that this person may raise now."""
    if not seen.may(Permission.ACT_ON_CASE) or seen.state is not State.ACTIVE:
        return ()
    found = []
    for state in seen.case.items():
        item = seen.case.plan_item(state.iid)
        listener = item.definition
        if state.state is not State.AVAILABLE or not isinstance(listener, UserEventListener):
            continue
        if seen.sees_item(item) and _is_offered(seen, listener):
            found.append(
                Start(state.iid, item.id, seen.name_of(state.iid), has_form=listener.form is not None)
            )
    return tuple(found)


def _is_offered(seen: Sight, listener: UserEventListener) -> bool:
    """Whether it is for this person; that its condition holds is said by its state."""
    roles = {role.name for role in seen.case.program.definition.roles if role.id in listener.roles}
    roles |= set(listener.roles)
    return not listener.roles or bool(roles & seen.roles)


def _page(session: Session, seen: Sight, draw: Draw, now: datetime) -> CasePage:
    rows = task_rows(session, seen)
    entries = timeline.entries(session, seen)
    calls = relatives.calls_of(session, seen)
    picture = draw(seen, plan_doings.of(session, seen, rows, entries, calls))
    tasks = tuple(_open_tasks(session, seen, rows))
    family = session.execute(select(FamilyRow.title).where(FamilyRow.key == seen.family)).scalar_one_or_none()
    return CasePage(
        key=seen.key,
        title=seen.title,
        state=seen.state.name.lower(),
        family=seen.family,
        family_title=family or seen.app.title,
        opened_at=seen.opened_at,
        closed_at=seen.closed_at,
        version=seen.version,
        zone=seen.app.zone,
        reasons=why.reasons(session, seen, now),
        steps=picture.way,
        tasks=tasks,
        starts=starts_of(seen),
        events=events_of(seen),
        facts=facts_of(seen),
        data=branches_of(seen),
        people=_people(session, rows),
        clock=_clock(session, seen, rows),
        upcoming=picture.upcoming[:_UPCOMING],
        waiting=tuple(one for one in picture.upcoming if one.node.kind == "human_task"),
        is_by_message=bool(entries) and entries[-1].kind is Kind.CASE and entries[-1].via == "message",
        owner=_owner(tasks),
        priority=min((task.priority for task in tasks), default=_NORMAL),
        picture=picture,
        entries=entries,
        options=case_options.of(session, seen, calls, now),
    )


def task_rows(session: Session, seen: Sight) -> list[tuple[HumanTaskRow, str | None]]:
    """The tasks of the case that this person may see, each with the key of its queue."""
    rows = session.execute(
        select(HumanTaskRow, QueueRow.key)
        .outerjoin(QueueRow, QueueRow.id == HumanTaskRow.queue_id)
        .where(HumanTaskRow.case_id == seen.id)
        .order_by(HumanTaskRow.due_at, HumanTaskRow.priority, HumanTaskRow.id)
    ).all()
    return [(row, key) for row, key in rows if seen.sees_item(seen.case.plan_item(row.plan_item))]


def _open_tasks(
    session: Session, seen: Sight, rows: Iterable[tuple[HumanTaskRow, str | None]]
) -> Iterable[CaseTask]:
    everything = [row for row, _ in rows]
    open_rows = [(row, key) for row, key in rows if row.state in _OPEN]
    users = {user for row in everything for user in (row.assignee_id, row.completed_by) if user is not None}
    names = sight.names_of(session, users)
    for row, key in open_rows:
        yield CaseTask(
            id=row.id,
            name=row.name,
            definition=row.definition,
            plan_item=row.plan_item,
            state="suspended" if row.state == TaskRowState.PAUSED else "active",
            assignee_id=row.assignee_id,
            assignee=names.get(row.assignee_id, "") if row.assignee_id is not None else "",
            roles=tuple(seen.role_title(role) for role in why.roles_of(key)),
            due_at=None if row.due_at >= NO_DUE_DATE else row.due_at,
            warn_at=row.warn_at,
            created_at=row.created_at,
            priority=row.priority,
            has_draft=row.draft is not None,
            approvals=sign_off.among(seen, row, everything, names),
            hindrance=hindrances.of_task(session, seen, row, key),
        )


def branches_of(seen: Sight) -> tuple[Branch, ...]:
    """The case file, as far as this person may see it: what the case is about first, then answers."""
    definition = seen.case.program.definition
    writers = {item.answer_to: item.name for item in reversed(definition.items)}
    found = [
        Branch(name, writers.get(name, name), name in writers, value) for name, value in seen.file().items()
    ]
    return tuple(sorted(found, key=lambda branch: branch.is_answer))


def facts_of(seen: Sight) -> tuple[Fact, ...]:
    """The declared values of the case, as far as this person may see what they are made of."""
    found = []
    for field in seen.app.search.values():
        if not seen.sees_expression(field.value):
            continue
        value = field.value.evaluate(seen.case.file())
        if isinstance(value, list):
            value = [one for one in value if one is not None]
        if value is not None and value != []:
            found.append(Fact(field.title or field.name, value))
    return tuple(found)


def _people(session: Session, rows: Iterable[tuple[HumanTaskRow, str | None]]) -> tuple[Person, ...]:
    tasks: dict[int, dict[str, None]] = {}
    for row, _ in rows:
        for user in (row.assignee_id, row.completed_by):
            if user is not None:
                tasks.setdefault(user, {})[row.name] = None
    names = sight.names_of(session, set(tasks))
    return tuple(Person(user, names[user], tuple(done)) for user, done in tasks.items() if user in names)


def _owner(tasks: Iterable[CaseTask]) -> Person | None:
    """Whoever has the task that is due first."""
    for task in tasks:
        if task.assignee_id is not None:
            return Person(task.assignee_id, task.assignee, (task.name,))
    return None


def _clock(session: Session, seen: Sight, rows: Iterable[tuple[HumanTaskRow, str | None]]) -> Clock | None:
    row = session.execute(
        select(SlaClockRow)
        .where(SlaClockRow.case_id == seen.id, SlaClockRow.state.in_(("running", "paused")))
        .where(SlaClockRow.due_at.is_not(None))
        .order_by(SlaClockRow.due_at, SlaClockRow.sla)
        .limit(1)
    ).scalar_one_or_none()
    if row is not None and row.due_at is not None:
        spec = seen.app.sla.get(row.sla)
        return Clock(spec.title if spec else row.sla, row.due_at, row.started_at, row.state)
    first = next((task for task, _ in rows if task.state in _OPEN and task.due_at < NO_DUE_DATE), None)
    if first is None:
        return None
    state = "paused" if first.state == TaskRowState.PAUSED else "running"
    told = deadline.of_task(seen, first)
    return Clock(first.name, first.due_at, first.created_at, state, first.warn_at, told)
