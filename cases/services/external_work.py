"""Work that programs outside come and take: taken by topic under a lock, done, failed, or given back.

A lock that has run out is none: the work is free again without anybody doing anything. What a program reports
is written down at once, and its task goes on in a turn of its own.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select, true
from sqlalchemy.orm import Session

from cases.cmmn.commands import Complete, Terminate
from cases.cmmn.instance import CaseState
from cases.cmmn.lifecycle import State
from cases.errors import Conflict, Invalid, NotFound, Problem
from cases.persistence import codec, job_queue, rights
from cases.persistence.base import storable
from cases.persistence.instances import CaseInstanceRow
from cases.persistence.job_queue import Lease
from cases.persistence.jobs import JobRow
from cases.policy import access
from cases.policy.access import SYSTEM, Actor, Permission
from cases.services import execution, work_rows
from cases.services.execution import By

VIA = "external"
LONGEST_LOCK = timedelta(days=1)
MOST_AT_ONCE = 1_000

COMPLETED = "completed"
TERMINATED = "terminated"

FAILED = "EXTERNAL_FAILED"
"""The incident of work that a program has failed at, with no retries left."""

_LONGEST_ERROR = 1_000
_LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Work:
    """Work in the hands of a program: what it is given, until when, and how often it may still fail."""

    job_id: int
    case_id: int
    item: int
    definition: str
    topic: str
    inputs: Mapping[str, object]
    owner: str | None
    locked_until: datetime | None
    retries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a program asks for."""

    topic: str
    worker: str
    most: int
    lock: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What a program failed at; with no `retries` left the work waits for a person."""

    job_id: int
    worker: str
    message: str
    details: str = ""
    retries: int = 0
    retry_after: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of the work: `outcome` is `completed` or `terminated`, `values` are those it brought."""

    job_id: int
    worker: str
    outcome: str = COMPLETED
    values: Mapping[str, object] = field(default_factory=dict)


def open_work(session: Session, actor: Actor, topic: str | None = None) -> list[Work]:
    """Work that is not done yet, taken or free, the oldest first: what this actor may do."""
    found = select(JobRow).join(CaseInstanceRow, CaseInstanceRow.id == JobRow.case_id)
    found = found.where(*_waiting(), _may_take(actor))
    if topic is not None:
        found = found.where(JobRow.topic == topic)
    return [_work(row) for row in session.scalars(found.order_by(JobRow.id))]


def acquire(session: Session, wanted: Wanted, actor: Actor, now: datetime) -> list[Work]:
    """Take free work of a topic for so long. Raises Invalid for a request that makes no sense.

    Work of a case, or of a task, that is paused waits with it.
    """
    _must_make_sense(wanted)
    taken: list[JobRow] = []
    paused: set[int] = set()
    while len(taken) < wanted.most:
        seen = paused.union(row.id for row in taken)
        rows = session.scalars(_free(wanted, seen, actor, now).limit(wanted.most - len(taken))).all()
        if not rows:
            break
        resting = _resting(session, rows)
        paused |= resting
        taken += (row for row in rows if row.id not in resting)
    for row in taken:
        row.owner, row.lease_until, row.token = wanted.worker, now + wanted.lock, row.token + 1
    session.flush()
    return [_work(row) for row in taken]


def report(session: Session, told: Report, actor: Actor, now: datetime) -> None:
    """Write down what came of work that one holds; its task goes on by itself. Raises NotFound, Conflict."""
    job = _held(session, told.job_id, told.worker, actor, now)
    payload = codec.unpack(job.payload or b"")
    payload["report"] = {"outcome": told.outcome, "values": told.values, "worker": told.worker}
    job.payload = codec.pack(payload)
    job.state, job.mode, job.run_at = "ready", "tx", now
    job.owner, job.lease_until, job.attempts = None, None, 0
    session.flush()


def fail(session: Session, failure: Failure, actor: Actor, now: datetime) -> Lease | None:
    """Give back what could not be done; with no retries left it is dead, and its incident is to be opened.

    Raises NotFound, Conflict for who does not hold it, Invalid.
    """
    if failure.retries < 0 or failure.retry_after < timedelta(0):
        raise Invalid([Problem("RETRIES", "Neither retries nor the time until then are negative.")])
    job = _held(session, failure.job_id, failure.worker, actor, now)
    job.owner, job.lease_until = None, now + failure.retry_after if failure.retry_after else None
    job.attempts, job.max_attempts = 0, failure.retries
    job.last_error = storable("\n".join(filter(None, (failure.message, failure.details))))[:_LONGEST_ERROR]
    if failure.retries:
        job.run_at = now + failure.retry_after
    else:
        job.state = "dead"
    session.flush()
    return None if failure.retries else job_queue.lease_of(job)


def extend(
    session: Session, job_id: int, worker: str, lock: timedelta, actor: Actor, now: datetime
) -> datetime:
    """Hold it for so long from now. Raises NotFound, Conflict, Invalid."""
    _must_make_sense(Wanted(topic="-", worker=worker, most=1, lock=lock))
    job = _held(session, job_id, worker, actor, now)
    job.lease_until = now + lock
    session.flush()
    return job.lease_until


def release(session: Session, worker: str, actor: Actor, job_ids: Collection[int] | None = None) -> int:
    """Give back what a program holds, or some of it; how much that was."""
    found = select(JobRow).join(CaseInstanceRow, CaseInstanceRow.id == JobRow.case_id)
    found = found.where(*_waiting(), _may_take(actor), JobRow.owner == worker)
    if job_ids is not None:
        found = found.where(JobRow.id.in_(list(job_ids)))
    rows = session.scalars(found.with_for_update(of=JobRow)).all()
    for row in rows:
        row.owner, row.lease_until = None, None
    session.flush()
    return len(rows)


def settle(session: Session, job_id: int, now: datetime) -> bool:
    """Let the task of work that was reported go on, in this transaction. Raises as `execution` does."""
    case_id = session.scalar(select(JobRow.case_id).where(JobRow.id == job_id))
    if case_id is None:
        return False
    locked = execution.lock(session, case_id)
    job = job_queue.take(session, job_id, now)
    if job is None or job.plan_item is None:
        return False
    told = codec.unpack(job.payload or b"")["report"]
    item, values = job.plan_item, told["values"]
    session.delete(job)
    session.flush()
    command: Complete | Terminate = Complete(item, values)
    if told["outcome"] == TERMINATED:
        command = Terminate(item, told["worker"], vars=values)
    execution.carry_out(session, locked, command, By(SYSTEM, VIA, now))
    return True


def _must_make_sense(wanted: Wanted) -> None:
    faults = [
        Problem(code, message, where)
        for is_wrong, code, message, where in (
            (not wanted.topic.strip() or "\0" in wanted.topic, "TOPIC", "Say of which topic.", "topic"),
            (
                not _is_name(wanted.worker),
                "WORKER",
                f"Say who takes it, in {_LONGEST_NAME} characters.",
                "worker",
            ),
            (not 0 < wanted.most <= MOST_AT_ONCE, "MOST", f"One to {MOST_AT_ONCE} at once.", "max"),
            (
                not timedelta(0) < wanted.lock <= LONGEST_LOCK,
                "LOCK",
                f"A lock lasts up to {LONGEST_LOCK.days} day.",
                "lock",
            ),
        )
        if is_wrong
    ]
    if faults:
        raise Invalid(faults)


def _is_name(worker: str) -> bool:
    return bool(worker.strip()) and len(worker) <= _LONGEST_NAME and "\0" not in worker


def _waiting() -> tuple[ColumnElement[bool], ...]:
    return (JobRow.kind == work_rows.EXTERNAL, JobRow.state == "waiting", JobRow.topic.is_not(None))


def _may_take(actor: Actor) -> ColumnElement[bool]:
    return rights.cases(access.condition(actor, Permission.STEER_CASE))


def _is_free(now: datetime) -> ColumnElement[bool]:
    return or_(JobRow.lease_until.is_(None), JobRow.lease_until <= now)


def _free(wanted: Wanted, seen: Collection[int], actor: Actor, now: datetime) -> Select[JobRow]:
    """Work of the topic that nobody has, in the order in which it is given out."""
    return (
        select(JobRow)
        .join(CaseInstanceRow, CaseInstanceRow.id == JobRow.case_id)
        .where(*_waiting(), _may_take(actor), CaseInstanceRow.suspended.is_(False))
        .where(JobRow.topic == wanted.topic, JobRow.run_at <= now, _is_free(now))
        .where(JobRow.id.not_in(sorted(seen)) if seen else true())
        .order_by(JobRow.prio, JobRow.id)
        .with_for_update(of=JobRow, skip_locked=True)
    )


def _resting(session: Session, rows: Collection[JobRow]) -> set[int]:
    """The work among this whose task is paused. What a task is like stands in its case alone."""
    found: set[int] = set()
    states: dict[int, CaseState] = {}
    for row in rows:
        if row.case_id is None or row.plan_item is None:
            continue
        if row.case_id not in states:
            states[row.case_id] = execution.look(session, row.case_id).case.state
        if states[row.case_id].items[row.plan_item].state is State.SUSPENDED:
            found.add(row.id)
    return found


def _held(session: Session, job_id: int, worker: str, actor: Actor, now: datetime) -> JobRow:
    """Work that this program holds now, locked. Raises NotFound, Conflict (`not_held`)."""
    job = session.scalars(
        select(JobRow)
        .join(CaseInstanceRow, CaseInstanceRow.id == JobRow.case_id)
        .where(JobRow.id == job_id, *_waiting(), _may_take(actor))
        .with_for_update(of=JobRow)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if job is None:
        raise NotFound("There is no such work, or it is done.")
    if job.owner != worker or job.lease_until is None or job.lease_until <= now:
        raise Conflict(f"{worker} does not hold this work.", "not_held")
    return job


def _work(row: JobRow) -> Work:
    payload: dict[str, Any] = codec.unpack(row.payload or b"")
    if row.case_id is None or row.plan_item is None:
        raise TypeError(f"work {row.id} belongs to no task")
    return Work(
        job_id=row.id,
        case_id=row.case_id,
        item=row.plan_item,
        definition=payload["definition"],
        topic=row.topic or "",
        inputs=payload.get("inputs", {}),
        owner=row.owner,
        locked_until=row.lease_until,
        retries=row.max_attempts - row.attempts,
    )
