"""What is due: claim, perform, settle; and one table from the kind of a job to the service that does it.

Jobs that stay in the database run in one transaction with their own end. Those that leave it are leased:
attempts are counted at the claim, so that a job that kills its process is counted like any other.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from cases.cmmn.commands import Fail
from cases.connectors.base import Answer, ConnectorError
from cases.errors import Conflict
from cases.persistence import codec, job_queue
from cases.persistence.base import Transaction, storable
from cases.persistence.job_queue import Due, Lease
from cases.persistence.jobs import JobRow
from cases.policy.access import INSTALLATION, SYSTEM, Actor
from cases.services import (
    async_items,
    batches,
    escalations,
    execution,
    external_work,
    http_tasks,
    incident_batches,
    incidents,
    ladder_rows,
    link_rows,
    links,
    messages,
    service_steps,
    subscriptions,
    timers,
    work_rows,
)
from cases.services.external_work import Failure
from cases.services.http_tasks import Ready
from cases.services.incidents import Cause
from cases.services.links import NotCalled
from cases.services.service_steps import Prepared, Result
from cases.telemetry import Counter, count

Clock = Callable[[], datetime]
"""What time it is now: a call takes long, and what follows it happens after it."""

MOST_CRASHES = 3
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_STUMBLE_WAIT = timedelta(seconds=5)
_LONGEST_ERROR = 1_000

_WHOLE = frozenset({http_tasks.KIND, link_rows.CALL})
"""Kinds of jobs that are all that their task does: it faults when they die."""

InTransaction = Callable[[Transaction, int, datetime], bool]
"""Does one job in a transaction of its own; False when it is gone, or in other hands."""

ManyInTransaction = Callable[[Transaction, Sequence[int], datetime], int]
"""Does many jobs of one kind in one transaction; how many it did."""

TIMER = "timer"
TIMED = frozenset({TIMER, ladder_rows.KIND})
"""Kinds of jobs that are for a moment which a model names: they are right by the clock alone."""


def fire_timer(transaction: Transaction, job_id: int, now: datetime) -> bool:
    """Let one timer fire."""
    with transaction() as session:
        return timers.fire(session, job_id, now) is not None


def fire_timers(transaction: Transaction, job_ids: Sequence[int], now: datetime) -> int:
    """Let many timers fire in one transaction; how many did."""
    with transaction() as session:
        return timers.fire_all(session, job_ids, now)


def climb_rung(transaction: Transaction, job_id: int, now: datetime) -> bool:
    """Climb one rung of a ladder."""
    with transaction() as session:
        return escalations.climb(session, job_id, now)


def climb_rungs(transaction: Transaction, job_ids: Sequence[int], now: datetime) -> int:
    """Climb many rungs in one transaction; how many were climbed."""
    with transaction() as session:
        return escalations.climb_all(session, job_ids, now)


def open_child(transaction: Transaction, job_id: int, now: datetime) -> bool:
    """Open the case that a case task calls; one that cannot be opened is an incident of its task."""
    number = links.number_for(transaction, job_id, now)
    with transaction() as session:
        done = links.open_child(session, job_id, number, now)
        if isinstance(done, NotCalled):
            cause = Cause(done.lease.kind, done.code, done.message, {"step": done.definition})
            incidents.open_for(session, done.lease, cause, now)
            count(Counter.JOBS_DEAD, labels={"kind": done.lease.kind})
        elif done:
            incidents.helped(session, job_id, now)
        return bool(done)


def bring_child(transaction: Transaction, job_id: int, now: datetime) -> bool:
    """Let the case that a task has called be as the task is."""
    with transaction() as session:
        return links.bring_child(session, job_id, now)


def tell_caller(transaction: Transaction, job_id: int, now: datetime) -> bool:
    """Tell the task that called a case how that ended."""
    with transaction() as session:
        return links.tell_caller(session, job_id, now)


def proceed(transaction: Transaction, job_id: int, now: datetime) -> bool:
    """Let an item go on that begins, or leaves, in a turn of its own."""
    with transaction() as session:
        done = async_items.proceed(session, job_id, now)
        if done:
            incidents.helped(session, job_id, now)
        return done


def settle_work(transaction: Transaction, job_id: int, now: datetime) -> bool:
    """Let the task of work go on that a program outside has reported."""
    with transaction() as session:
        done = external_work.settle(session, job_id, now)
        if done:
            incidents.helped(session, job_id, now)
        return done


def hear_signal(transaction: Transaction, job_id: int, now: datetime) -> bool:
    """Let one listener hear a signal."""
    with transaction() as session:
        return subscriptions.hear(session, job_id, now)


def fail_work(session: Session, failure: Failure, actor: Actor, now: datetime) -> None:
    """Write down that a program has failed at its work; the incident opens when it has no retries left.

    Raises as `external_work.fail` does.
    """
    lease = external_work.fail(session, failure, actor, now)
    if lease is None:
        return
    definition = codec.unpack(lease.payload or b"").get("definition")
    details = {"step": definition, "worker": failure.worker}
    incidents.open_for(session, lease, Cause(lease.kind, external_work.FAILED, failure.message, details), now)
    count(Counter.JOBS_DEAD, labels={"kind": lease.kind})


IN_TRANSACTION: dict[str, InTransaction] = {
    TIMER: fire_timer,
    ladder_rows.KIND: climb_rung,
    messages.KIND: messages.apply,
    batches.KIND: batches.apply,
    incident_batches.KIND: incident_batches.apply,
    link_rows.CALL: open_child,
    link_rows.CHILD: bring_child,
    link_rows.CALLER: tell_caller,
    work_rows.ASYNC: proceed,
    work_rows.EXTERNAL: settle_work,
    subscriptions.SIGNAL: hear_signal,
}
"""Kinds of jobs that stay in the database."""

TOGETHER: dict[str, ManyInTransaction] = {TIMER: fire_timers, ladder_rows.KIND: climb_rungs}
"""Those of them of which many are done in one transaction."""


@dataclass(frozen=True, slots=True)
class Stumble:
    """A job that raised what nobody expected: a fault of ours, or of the data."""

    job_id: int
    kind: str
    error: str


class Unsettled(Exception):
    """A call went out, and what came of it could not be written down: nobody may forget that it went.

    `payload` is the job's from now on.
    """

    def __init__(self, error: Exception, payload: bytes) -> None:
        super().__init__(said(error))
        self.payload = payload


def said(error: Exception) -> str:
    """What a job raised, as its row keeps it."""
    if isinstance(error, Unsettled):
        return str(error)
    # Of what a database says only its own first line: the others show data of the case.
    text = str(error.orig).partition("\n")[0] if isinstance(error, DBAPIError) else str(error)
    return storable(f"{type(error).__name__}: {text}")


def claim(
    session: Session, owner: str, slots: int, now: datetime, *, busy: Collection[int] = ()
) -> list[Lease]:
    """Take up to so many jobs that leave the database; `busy` are cases that are in hand already."""
    return job_queue.claim(session, owner, slots, now, busy=busy)


def perform(transaction: Transaction, lease: Lease, clock: Clock) -> None:
    """Do one leased job, whole: made ready, called outside any transaction, settled.

    Raises Unsettled for what is raised once a call may have gone out that has an effect.
    """
    if lease.kind == http_tasks.KIND:
        _perform_request(transaction, lease, clock)
        return
    with transaction() as session:
        prepared = service_steps.prepare(session, lease, clock())
    if prepared is None:
        return
    try:
        result = service_steps.call(prepared)
        # Settling may be repeated, the call not: so a deadlock here is no stumble yet.
        execution.retrying(transaction, lambda session: _settle(session, prepared, result, clock()))
    except Exception as error:
        if prepared.call is None or prepared.operation.read_only:
            raise
        raise Unsettled(error, replace(prepared.progress, unknown=True).packed()) from error


def run(transaction: Transaction, due: Due, now: datetime) -> bool:
    """Do one job that stays in the database; False when somebody else does, or has done it."""
    done = IN_TRANSACTION[due.kind](transaction, due.job_id, now)
    if done:
        count(Counter.JOBS_DONE, labels={"kind": due.kind})
    return done


def renew(session: Session, leases: Iterable[Lease], now: datetime) -> set[int]:
    """The heartbeat of the jobs in hand; the ids of those that are still ours."""
    return job_queue.renew(session, leases, now)


def release(session: Session, leases: Iterable[Lease], now: datetime) -> None:
    """Give back what was claimed and not begun. It costs no attempt."""
    for lease in leases:
        job_queue.put_back(session, lease, now)


def postpone(session: Session, job_id: int, now: datetime) -> None:
    """The case does not take the job now (it is paused, say): later, and it costs no attempt."""
    job = job_queue.take(session, job_id, now)
    if job is not None:
        job.run_at = now + service_steps.PAUSED_WAIT


def stumbled(session: Session, stumble: Stumble, now: datetime) -> None:
    """A job that stays in the database has raised: its transaction is undone, and it is tried again."""
    case_id = session.scalar(select(JobRow.case_id).where(JobRow.id == stumble.job_id))
    if stumble.kind in _WHOLE and case_id is not None:
        execution.lock(session, case_id)  # before the job, as everywhere
    job = job_queue.take(session, stumble.job_id, now)
    if job is None:
        return
    job.attempts += 1
    job.last_error = stumble.error[:_LONGEST_ERROR]
    job.run_at = now + _STUMBLE_WAIT * 2**job.attempts
    session.flush()
    if job.attempts >= job.max_attempts:
        _bury_row(session, job_queue.lease_of(job), stumble, now)


def stumbled_in_hand(session: Session, lease: Lease, error: Exception, now: datetime) -> None:
    """A leased job has raised what nobody expected: released at once, never left to its lease.

    Where its call was out already, the job knows it from now on.
    """
    message = said(error)[:_LONGEST_ERROR]
    if isinstance(error, Unsettled):
        lease = replace(lease, payload=error.payload)
    if lease.attempts < lease.max_attempts:
        run_at = now + _STUMBLE_WAIT * 2**lease.attempts
        job_queue.try_again(session, lease, run_at, message, lease.payload)
    else:
        bury(session, lease, Cause(lease.kind, "ERROR", message), now)


def bury(session: Session, lease: Lease, cause: Cause, now: datetime) -> None:
    """Give a job up: dead, with the incident that says why, in one transaction; its step fails."""
    if lease.kind != service_steps.KIND:
        if lease.case_id is not None:
            execution.lock(session, lease.case_id)
        if job_queue.bury(session, lease, cause.message, lease.payload):
            _open_with_task(session, lease, cause, now)
        return
    try:
        failed = service_steps.bury(session, lease, cause.code, cause.message, now)
    except Conflict:
        # The plan item is not at work any more: nobody needs to look at it.
        job_queue.strike(session, lease)
        return
    if failed is not None:
        incidents.open_for(session, lease, replace(cause, details=failed.details), now)


def _perform_request(transaction: Transaction, lease: Lease, clock: Clock) -> None:
    """Do an HTTP task, whole. Raises Unsettled for what is raised once its request may have had an effect."""
    with transaction() as session:
        ready = http_tasks.prepare(session, lease, clock())
    if ready is None:
        return
    answer = http_tasks.call(ready)
    try:
        execution.retrying(transaction, lambda session: _settle_request(session, ready, answer, clock()))
    except Exception as error:
        if ready.call is None or ready.call.method in _SAFE:
            raise
        raise Unsettled(error, lease.payload or b"") from error


def _settle_request(session: Session, ready: Ready, answer: Answer | ConnectorError, now: datetime) -> None:
    failed = http_tasks.settle(session, ready, answer, now)
    if failed is not None:
        cause = Cause(ready.lease.kind, failed.code, failed.message, {"step": failed.definition})
        incidents.open_for(session, ready.lease, cause, now)
    elif job_queue.is_gone(session, ready.lease):
        incidents.helped(session, ready.lease.job_id, now)
        count(Counter.JOBS_DONE, labels={"kind": ready.lease.kind})


def _settle(session: Session, prepared: Prepared, result: Result, now: datetime) -> None:
    """Write down what came of a call, with the incident if its step failed for good."""
    lease = prepared.lease
    failed = service_steps.settle(session, prepared, result, now)
    if failed is not None:
        cause = Cause(lease.kind, failed.code, failed.message, failed.details)
        incidents.open_for(session, lease, cause, now)
    elif job_queue.is_gone(session, lease):
        incidents.helped(session, lease.job_id, now)
        count(Counter.JOBS_DONE, labels={"kind": lease.kind})


def _bury_row(session: Session, lease: Lease, stumble: Stumble, now: datetime) -> None:
    """Give up a job that was never leased."""
    job_queue.bury_unleased(session, lease.job_id, stumble.error)
    family = messages.family_of(session, lease) if lease.kind == messages.KIND else INSTALLATION
    cause = Cause(lease.kind, "ERROR", stumble.error[:_LONGEST_ERROR], family=family)
    _open_with_task(session, lease, cause, now)


def _open_with_task(session: Session, lease: Lease, cause: Cause, now: datetime) -> None:
    """The incident of a dead job; a task whose whole work the job was faults with it, if it is at work."""
    if lease.kind in _WHOLE and lease.case_id is not None and lease.plan_item is not None:
        definition = codec.unpack(lease.payload or b"").get("definition")
        cause = replace(cause, details={**cause.details, "step": definition})
        command = Fail(lease.plan_item, cause.code, cause.message[:_LONGEST_ERROR])
        try:
            with session.begin_nested():
                execution.execute(session, lease.case_id, command, SYSTEM, http_tasks.VIA, now)
        except Conflict:
            """It is paused, say: a retry wakes the job, which goes on when the task does."""
        if job_queue.is_gone(session, lease):
            return
    incidents.open_for(session, lease, cause, now)
