"""Why a case stands where it stands: whom, what or which hour it waits for, from rows that are true now.

Reasons are data; doors put them into words.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from cases.caseapp.document import INSIDE
from cases.cmmn.controlmodel import Criterion, FileOnPart, PlanItemOnPart
from cases.cmmn.instance import ItemState
from cases.cmmn.lifecycle import FINAL, State
from cases.cmmn.metamodel import PlanItem, TimerEventListener, UserEventListener
from cases.cmmn.workmodel import ServiceTask
from cases.persistence.jobs import IncidentRow, JobRow
from cases.persistence.limits import BreakerRow
from cases.persistence.messages import InboxRow
from cases.persistence.tasks import NO_DUE_DATE, HumanTaskRow, QueueRow, TaskRowState
from cases.queries import conditions
from cases.queries.conditions import Said
from cases.queries.sight import Sight, names_of

TIMER, STEP, MESSAGE = "timer", "step", "message"
"""Kinds of jobs."""


class Waits(StrEnum):
    """What a case waits for, the most pressing first."""

    PAUSED = "paused"
    FAILED = "failed"  # a step gave up: an incident waits for somebody
    PERSON = "person"  # somebody has the task
    OFFER = "offer"  # somebody of a role must take it
    MESSAGE = "message"  # something came in and is not applied yet
    CALLING = "calling"  # a service is being asked this moment, or is about to be
    RETRY = "retry"  # a service failed, and is asked again at a known time
    HELD = "held"  # a service is not asked while it is down
    REPLY = "reply"  # a service took the order, and will answer
    START = "start"  # somebody may start it
    TIMER = "timer"
    EVENT = "event"  # only an event that a person raises would move it
    HIDDEN = "hidden"  # something is at work that this person may not see
    ENDED = "ended"
    NOTHING = "nothing"  # it stands, and no row says why: a fault of ours


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that a case waits for."""

    kind: Waits
    name: str = ""
    item: int = -1
    definition: str = ""
    person: str = ""
    roles: tuple[str, ...] = ()
    service: str = ""
    at: datetime | None = None
    attempt: int = 0
    attempts: int = 0
    detail: str = ""
    task_id: int | None = None
    incident_id: int | None = None
    state: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One on-part in words: what must happen to what. `event` is the standard's word."""

    name: str
    event: str


@dataclass(frozen=True, slots=True)
class Cause:
    """A criterion as it can be told. `condition` is None where it is hidden, empty where there is none.

    `said` is the condition by the titles of what it reads.
    """

    criterion: str
    is_entry: bool
    parts: tuple[Part, ...]
    condition: str | None
    said: Said | None = None


def reasons(session: Session, sight: Sight, now: datetime) -> tuple[Reason, ...]:
    """All that the case waits for, never nothing: the first is the one to be told first."""
    if sight.state in FINAL:
        return (Reason(Waits.ENDED, state=sight.state.name.lower(), at=sight.closed_at or sight.changed_at),)
    found: list[Reason] = []
    if sight.state is State.SUSPENDED:
        found.append(Reason(Waits.PAUSED, at=sight.changed_at))
    found += _incidents(session, sight)
    found += _tasks(session, sight)
    found += _messages(session, sight)
    found += _jobs(session, sight, now)
    found += _starts(sight)
    if not found:
        at_work = (sight.case.plan_item(state.iid) for state in sight.case.items() if _is_at_work(state))
        hidden = any(not sight.sees_item(item) for item in at_work)
        found += [Reason(Waits.HIDDEN)] if hidden else _events(sight) or [Reason(Waits.NOTHING)]
    order = list(Waits)
    return tuple(sorted(found, key=lambda reason: (order.index(reason.kind), reason.at or now, reason.item)))


def cause(sight: Sight, criterion: Criterion) -> Cause:
    """A criterion in words, as this person may see it."""
    items = sight.case.program.definition.items
    parts = []
    for part in criterion.sentry.on_parts:
        if isinstance(part, PlanItemOnPart):
            source = items[part.source]
            name = source.name if sight.sees_item(source) else ""
        else:
            name = _file_name(sight, part)
        parts.append(Part(name, str(part.event)))
    return Cause(
        criterion.id,
        criterion.is_entry,
        tuple(parts),
        sight.condition_of(criterion),
        _said(sight, criterion),
    )


def _said(sight: Sight, criterion: Criterion) -> Said | None:
    """The condition in words, with the values of now; None where there is none, or it is hidden."""
    if criterion.sentry.if_part is None or not sight.sees_expression(criterion.sentry.if_part.condition):
        return None
    return conditions.tell(criterion.sentry.if_part.condition, sight.glossary, sight.case.file())


def _file_name(sight: Sight, part: FileOnPart) -> str:
    return " / ".join(conditions.humanised(name) for name in part.path) if sight.sees(*part.path) else ""


def _incidents(session: Session, sight: Sight) -> Iterable[Reason]:
    rows = session.execute(
        select(IncidentRow)
        .where(IncidentRow.case_id == sight.id, IncidentRow.state == "open")
        .order_by(IncidentRow.opened_at, IncidentRow.id)
    ).scalars()
    for row in rows:
        item = _item(sight, row.plan_item)
        if item is not None and not sight.sees_item(item):
            continue
        operators = tuple(
            spec.title or name
            for name, spec in sight.app.roles.items()
            if spec.operator and not spec.read_only
        )
        yield Reason(
            Waits.FAILED,
            name=item.name if item else row.kind,
            item=row.plan_item if row.plan_item is not None else -1,
            definition=row.definition or "",
            service=_service(sight, row.connection),
            roles=operators,
            at=row.opened_at,
            detail=row.code,
            incident_id=row.id,
        )


def _tasks(session: Session, sight: Sight) -> Iterable[Reason]:
    rows = session.execute(
        select(HumanTaskRow, QueueRow.key)
        .outerjoin(QueueRow, QueueRow.id == HumanTaskRow.queue_id)
        .where(HumanTaskRow.case_id == sight.id, HumanTaskRow.state == TaskRowState.OPEN)
        .order_by(HumanTaskRow.due_at, HumanTaskRow.priority, HumanTaskRow.id)
    ).all()
    names = names_of(session, {row.assignee_id for row, _ in rows if row.assignee_id is not None})
    for row, key in rows:
        item = _item(sight, row.plan_item)
        if item is None or not sight.sees_item(item):
            continue
        has = row.assignee_id is not None
        yield Reason(
            Waits.PERSON if has else Waits.OFFER,
            name=row.name,
            item=row.plan_item,
            definition=row.definition,
            person=names.get(row.assignee_id, "") if row.assignee_id is not None else "",
            roles=tuple(sight.role_title(role) for role in roles_of(key)),
            at=None if row.due_at >= NO_DUE_DATE else row.due_at,
            task_id=row.id,
        )


def roles_of(queue_key: str | None) -> tuple[str, ...]:
    """The roles of a queue, from its key."""
    parts = (queue_key or "").split("|")
    return tuple(part.rpartition(":")[2] for part in parts if part)


def _messages(session: Session, sight: Sight) -> Iterable[Reason]:
    rows = session.execute(
        select(InboxRow.received_at)
        .where(InboxRow.case_id == sight.id, InboxRow.state.in_(("new", "parked")))
        .order_by(InboxRow.received_at, InboxRow.id)
    ).scalars()
    return [Reason(Waits.MESSAGE, at=received_at) for received_at in rows]


def _jobs(session: Session, sight: Sight, now: datetime) -> Iterable[Reason]:
    rows = session.execute(
        select(JobRow, BreakerRow)
        .outerjoin(BreakerRow, BreakerRow.connector == JobRow.connection)
        .where(
            JobRow.case_id == sight.id, JobRow.state != "dead", or_(JobRow.kind == TIMER, JobRow.kind == STEP)
        )
        .order_by(JobRow.run_at, JobRow.id)
    ).all()
    for job, breaker in rows:
        item = _item(sight, job.plan_item)
        if item is None or not sight.sees_item(item):
            continue
        if isinstance(item.definition, TimerEventListener):
            yield Reason(
                Waits.TIMER, name=item.name, item=job.plan_item or -1, definition=item.id, at=job.run_at
            )
        else:
            yield _step(sight, item, job, breaker, now)


def _step(sight: Sight, item: PlanItem, job: JobRow, breaker: BreakerRow | None, now: datetime) -> Reason:
    kind = Waits.CALLING
    if job.state == "waiting":
        kind = Waits.REPLY
    elif job.state == "ready" and breaker is not None and breaker.state == "open":
        kind = Waits.HELD
    elif job.state == "ready" and job.run_at > now:
        kind = Waits.RETRY
    return Reason(
        kind,
        name=item.name,
        item=job.plan_item if job.plan_item is not None else -1,
        definition=item.id,
        service=_service(sight, job.connection or _connection(item)),
        at=job.run_at if kind in (Waits.RETRY, Waits.HELD) else None,
        attempt=job.attempts,
        attempts=job.max_attempts,
        detail=job.last_error or "",
    )


def _starts(sight: Sight) -> Iterable[Reason]:
    for state in sight.case.items():
        if state.state is not State.ENABLED:
            continue
        item = sight.case.plan_item(state.iid)
        if sight.sees_item(item):
            yield Reason(Waits.START, name=sight.name_of(state.iid), item=state.iid, definition=item.id)


def _events(sight: Sight) -> list[Reason]:
    found = []
    for state in sight.case.items():
        item = sight.case.plan_item(state.iid)
        is_waiting = state.state is State.AVAILABLE and isinstance(item.definition, UserEventListener)
        if is_waiting and sight.sees_item(item):
            found.append(
                Reason(Waits.EVENT, name=sight.name_of(state.iid), item=state.iid, definition=item.id)
            )
    return found


def _is_at_work(state: ItemState) -> bool:
    return state.state in (State.ACTIVE, State.ENABLED, State.FAILED)


def _item(sight: Sight, iid: int | None) -> PlanItem | None:
    if iid is None or iid < 0:
        return None
    try:
        return sight.case.plan_item(iid)
    except IndexError:
        return None


def _connection(item: PlanItem) -> str:
    return item.definition.connection if isinstance(item.definition, ServiceTask) else ""


def _service(sight: Sight, connection: str | None) -> str:
    if connection == INSIDE:
        return "Casewright"
    spec = sight.app.connections.get(connection or "")
    return (spec.title or spec.name) if spec else (connection or "")
