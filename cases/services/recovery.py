"""Expired leases, and what was forgotten: back to ready, or an incident. Any process may do it."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from cases.persistence import job_queue
from cases.persistence.base import Transaction
from cases.persistence.jobs import IncidentRow, JobRow, WorkerRow
from cases.persistence.messages import InboxRow
from cases.policy.access import INSTALLATION
from cases.services import execution, incidents, jobs
from cases.services.incidents import Cause

MOST_AT_ONCE = 500
_FIRST_WAIT = timedelta(seconds=1)
_FORGOTTEN = timedelta(hours=1)
KEPT = timedelta(days=8)
"""How long a message is known by its id."""


def reap(transaction: Transaction, now: datetime) -> int:
    """Take back the jobs whose lease has ended. One that kills its workers is given up at the third."""
    with transaction() as session:
        late = job_queue.expired(session, now, MOST_AT_ONCE)
        for lease in late:
            job_queue.crashed(session, lease, now + _FIRST_WAIT * 2**lease.crash_count)
        poison = [
            lease.job_id
            for lease in late
            if lease.crash_count + 1 >= jobs.MOST_CRASHES or lease.attempts >= lease.max_attempts
        ]
    for job_id in poison:
        with transaction() as session:
            _give_up(session, job_id, now)
    return len(late)


def beat(session: Session, worker: str, host: str, pid: int, now: datetime) -> None:
    """Say that this process lives."""
    row = session.get(WorkerRow, worker)
    if row is None:
        session.add(WorkerRow(id=worker, host=host, pid=pid, started_at=now, beat_at=now, tick_at=now))
    else:
        row.beat_at = row.tick_at = now


def leave(session: Session, worker: str) -> None:
    """This process ends on purpose."""
    row = session.get(WorkerRow, worker)
    if row is not None:
        session.delete(row)


def sweep(session: Session, now: datetime) -> None:
    """What is left lying: incidents whose retried job is done, workers that are silent for an hour."""
    incidents.settle_forgotten(session, now)
    for row in session.scalars(select(WorkerRow).where(WorkerRow.beat_at < now - _FORGOTTEN)):
        session.delete(row)


def tidy(session: Session, now: datetime) -> None:
    """Forget messages that were done with, or refused, longer ago than any sender tries again (75 hours)."""
    session.execute(
        delete(InboxRow)
        .where(InboxRow.state.in_(("done", "rejected")), InboxRow.received_at < now - KEPT)
        .execution_options(synchronize_session=False)
    )


def clock_stepped(session: Session, worker: str, step: timedelta, now: datetime) -> bool:
    """Keep one open incident for the clock of a worker that was set; whether it has been settled."""
    fingerprint = f"clock:{worker}"[:120]
    row = session.scalars(
        select(IncidentRow).where(IncidentRow.fingerprint == fingerprint).order_by(IncidentRow.id.desc())
    ).first()
    if row is None:
        session.add(
            IncidentRow(
                kind="clock",
                code="CLOCK_STEP",
                message=f"The clock of a worker was set by {step.total_seconds():+.0f} s: no timer fires.",
                family=INSTALLATION,
                fingerprint=fingerprint,
                details={"worker": worker, "seconds": round(step.total_seconds())},
                state=incidents.OPEN,
                opened_at=now,
            )
        )
        return False
    if row.state == incidents.OPEN:
        return False
    # Settled: the next step is another incident.
    row.fingerprint = None
    return True


def _give_up(session: Session, job_id: int, now: datetime) -> None:
    """Bury one poisonous job: the case first, as everywhere, then the job as it is by now."""
    row = session.get(JobRow, job_id)
    if row is None:
        return
    if row.case_id is not None:
        execution.lock(session, row.case_id)
    lease = job_queue.lease_at_once(session, job_id, "recovery", now)
    if lease is not None:
        message = f"{lease.crash_count} workers died or fell silent while they had it in hand."
        jobs.bury(session, lease, Cause("crash", "CRASHED", message), now)
