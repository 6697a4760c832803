"""The verbs of the job table: claim, renew, strike, put back, bury. Each carries the token of its lease.

A lease can end while its job is still in hand. So whoever writes afterwards must show the token that the
job had when it was claimed: a row that carries another one belongs to somebody else, and nothing is
written.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Delete,
    Select,
    Update,
    and_,
    delete,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import Session

from cases.persistence.jobs import JobRow

LEASE = timedelta(seconds=15)
IN_FLIGHT = 4
"""Calls to one connection at once, over all processes: a slow peer must not take every slot."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A job in hand: as it was claimed, and the token that proves it."""

    job_id: int
    token: int
    kind: str
    case_id: int | None
    plan_item: int | None
    attempts: int
    max_attempts: int
    crash_count: int
    idem_key: str | None
    connection: str | None
    payload: bytes | None
    run_at: datetime

    @property
    def label(self) -> str:
        return f"{self.kind} {self.job_id}"


@dataclass(frozen=True, slots=True)
class Due:
    """A job that could be done now, as it was seen in passing: nothing is locked yet."""

    job_id: int
    kind: str
    mode: str
    case_id: int | None


def database_clock(session: Session) -> datetime:
    """What time PostgreSQL has: one clock for all workers, whatever their machines believe."""
    found: datetime = session.scalars(select(func.clock_timestamp())).one()
    return found


def due(
    session: Session,
    mode: str,
    now: datetime,
    limit: int,
    *,
    but: Collection[int] = (),
    kinds: Collection[str] | None = None,
) -> list[Due]:
    """Jobs of this mode that are due, the most urgent first; with `kinds`, of these only."""
    found = (
        select(JobRow.id, JobRow.kind, JobRow.mode, JobRow.case_id)
        .where(JobRow.state == "ready", JobRow.mode == mode, JobRow.run_at <= now)
        .order_by(JobRow.prio, JobRow.run_at, JobRow.id)
        .limit(limit)
    )
    if but:
        found = found.where(JobRow.id.not_in(list(but)))
    if kinds is not None:
        found = found.where(JobRow.kind.in_(list(kinds)))
    return [Due(*row) for row in session.execute(found)]


def next_at(session: Session) -> datetime | None:
    """When the next job is due; None where none waits."""
    return session.scalar(select(func.min(JobRow.run_at)).where(JobRow.state == "ready"))


def take(session: Session, job_id: int, now: datetime) -> JobRow | None:
    """The job, locked until the transaction ends; None when it is gone, not due, or taken by another."""
    return session.scalars(
        select(JobRow)
        .where(JobRow.id == job_id, JobRow.state == "ready", JobRow.run_at <= now)
        .with_for_update(skip_locked=True)
    ).one_or_none()


def claim(
    session: Session, owner: str, count: int, now: datetime, *, busy: Collection[int] = ()
) -> list[Lease]:
    """Up to `count` jobs that leave the database, leased to `owner`.

    Attempts are counted here, not at failure.

    `busy` are cases in hand already. A job that kills its process is thereby counted like any other.
    """
    chosen = _within_slots(
        session, [(row[0], row[1]) for row in session.execute(_claimable(session, count, now, busy))]
    )
    if not chosen:
        return []
    session.execute(
        update(JobRow)
        .where(JobRow.id.in_(chosen))
        .values(
            state="leased",
            owner=owner,
            token=JobRow.token + 1,
            attempts=JobRow.attempts + 1,
            lease_until=now + LEASE,
        )
        .execution_options(synchronize_session=False)
    )
    rows = session.scalars(
        select(JobRow)
        .where(JobRow.id.in_(chosen))
        .order_by(JobRow.prio, JobRow.run_at, JobRow.id)
        .execution_options(populate_existing=True)
    )
    return [lease_of(row) for row in rows]


def renew(session: Session, leases: Iterable[Lease], now: datetime) -> set[int]:
    """Extend the leases in hand; the ids of those that are still ours.

    A missing one belongs to somebody else.
    """
    held = [(lease.job_id, lease.token) for lease in leases]
    if not held:
        return set()
    renewed = session.execute(
        update(JobRow)
        .where(tuple_(JobRow.id, JobRow.token).in_(held), JobRow.state == "leased")
        .values(lease_until=now + LEASE)
        .returning(JobRow.id)
        .execution_options(synchronize_session=False)
    )
    return set(renewed.scalars())


def strike(session: Session, lease: Lease) -> bool:
    """The job is done, and gone.

    False: it is somebody else's now, and the transaction must not be committed.
    """
    return _one(session, delete(JobRow).where(*_held(lease)).execution_options(synchronize_session=False))


def hold(session: Session, lease: Lease) -> bool:
    """Make sure of the lease before anything is written, and keep others off until the transaction ends."""
    found = select(JobRow.id).where(*_held(lease)).with_for_update()
    return session.scalar(found) is not None


def try_again(session: Session, lease: Lease, run_at: datetime, error: str, payload: bytes | None) -> bool:
    """The job failed, and is to be tried again at `run_at`. The attempt counts."""
    return _ready(session, lease, run_at, lease.attempts, error, payload)


def begin_anew(session: Session, lease: Lease, run_at: datetime, error: str, payload: bytes | None) -> bool:
    """The job goes on in another way, with all its attempts before it."""
    return _ready(session, lease, run_at, 0, error, payload)


def put_back(session: Session, lease: Lease, run_at: datetime) -> bool:
    """The job was not begun, and goes back as it came. The attempt does not count."""
    return _ready(session, lease, run_at, lease.attempts - 1, None, lease.payload)


def bury(session: Session, lease: Lease, error: str, payload: bytes | None) -> bool:
    """The job is given up, and stays for the person who looks at its incident."""
    return _one(
        session,
        update(JobRow)
        .where(*_held(lease))
        .values(state="dead", owner=None, lease_until=None, last_error=error, payload=payload)
        .execution_options(synchronize_session=False),
    )


def bury_unleased(session: Session, job_id: int, error: str) -> bool:
    """Give up a job that stays in the database, and so was never leased."""
    return _one(
        session,
        update(JobRow)
        .where(JobRow.id == job_id, JobRow.state == "ready")
        .values(state="dead", last_error=error)
        .execution_options(synchronize_session=False),
    )


def is_gone(session: Session, lease: Lease) -> bool:
    """Whether the job is done, or was struck."""
    return session.scalar(select(JobRow.id).where(JobRow.id == lease.job_id)) is None


def lease_at_once(session: Session, job_id: int, owner: str, now: datetime) -> Lease | None:
    """Take one ready job in hand, whatever it waits for; None when it is gone, or in other hands."""
    row = session.scalars(
        select(JobRow).where(JobRow.id == job_id, JobRow.state == "ready").with_for_update(skip_locked=True)
    ).one_or_none()
    if row is None:
        return None
    row.state, row.owner, row.token, row.lease_until = "leased", owner, row.token + 1, now + LEASE
    session.flush()
    return lease_of(row)


def expired(session: Session, now: datetime, limit: int) -> list[Lease]:
    """Jobs whose lease has ended, locked until the transaction ends."""
    rows = session.scalars(
        select(JobRow)
        .where(JobRow.state == "leased", JobRow.lease_until < now)
        .order_by(JobRow.lease_until, JobRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [lease_of(row) for row in rows]


def crashed(session: Session, lease: Lease, run_at: datetime) -> bool:
    """The holder of the job died or fell silent: back to the others, and one more crash on its account."""
    return _one(
        session,
        update(JobRow)
        .where(*_held(lease))
        .values(
            state="ready",
            owner=None,
            lease_until=None,
            run_at=run_at,
            crash_count=JobRow.crash_count + 1,
            last_error="its worker died or fell silent",
        )
        .execution_options(synchronize_session=False),
    )


def lease_of(row: JobRow) -> Lease:
    """The job as a value."""
    return Lease(
        job_id=row.id,
        token=row.token,
        kind=row.kind,
        case_id=row.case_id,
        plan_item=row.plan_item,
        attempts=row.attempts,
        max_attempts=row.max_attempts,
        crash_count=row.crash_count,
        idem_key=row.idem_key,
        connection=row.connection,
        payload=row.payload,
        run_at=row.run_at,
    )


def _claimable(session: Session, count: int, now: datetime, busy: Collection[int]) -> Select[int, str | None]:
    """Due jobs of connections that have a free slot, and of cases that are not busy."""
    full = list(
        session.scalars(
            select(JobRow.connection)
            .where(JobRow.state == "leased", JobRow.connection.is_not(None))
            .group_by(JobRow.connection)
            .having(func.count() >= IN_FLIGHT)
        )
    )
    found = select(JobRow.id, JobRow.connection).where(
        JobRow.state == "ready", JobRow.mode == "lease", JobRow.run_at <= now
    )
    if full:
        found = found.where(or_(JobRow.connection.is_(None), JobRow.connection.not_in(full)))
    if busy:
        found = found.where(or_(JobRow.case_id.is_(None), JobRow.case_id.not_in(list(busy))))
    return (
        found.order_by(JobRow.prio, JobRow.run_at, JobRow.id).limit(count).with_for_update(skip_locked=True)
    )


def _within_slots(session: Session, found: list[tuple[int, str | None]]) -> list[int]:
    """Of the jobs found, those for which their connection has a slot."""
    counted = session.execute(
        select(JobRow.connection, func.count())
        .where(and_(JobRow.state == "leased", JobRow.connection.is_not(None)))
        .group_by(JobRow.connection)
    )
    taken = {row[0]: row[1] for row in counted}
    chosen = []
    for job_id, connection in found:
        if connection is not None:
            if taken.get(connection, 0) >= IN_FLIGHT:
                continue
            taken[connection] = taken.get(connection, 0) + 1
        chosen.append(job_id)
    return chosen


def _ready(
    session: Session, lease: Lease, run_at: datetime, attempts: int, error: str | None, payload: bytes | None
) -> bool:
    values: dict[str, object] = {
        "state": "ready",
        "owner": None,
        "lease_until": None,
        "run_at": run_at,
        "attempts": attempts,
        "payload": payload,
    }
    if error is not None:
        values["last_error"] = error
    return _one(
        session,
        update(JobRow).where(*_held(lease)).values(values).execution_options(synchronize_session=False),
    )


def _held(lease: Lease) -> tuple[ColumnElement[bool], ...]:
    return (JobRow.id == lease.job_id, JobRow.token == lease.token, JobRow.state == "leased")


def _one(session: Session, statement: Delete | Update) -> bool:
    result = session.execute(statement)
    return isinstance(result, CursorResult) and result.rowcount == 1
