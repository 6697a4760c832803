"""The circuit breaker of a connection, shared by all processes: asked before a call, told afterwards.

Slots (how many calls at once) are counted where jobs are claimed, in `persistence.job_queue`.
"""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from cases.caseapp.document import BreakerSpec
from cases.persistence.dialect import insert_unless_there
from cases.persistence.job_queue import Lease
from cases.persistence.limits import BreakerRow
from cases.policy import breaker as breaker_rules
from cases.policy.breaker import Breaker, Limit, State


def limit_of(spec: BreakerSpec | None) -> Limit:
    """The limit that the app declares, or the house's."""
    if spec is None:
        return Limit()
    return Limit(spec.failures, timedelta(seconds=spec.within), timedelta(seconds=spec.open))


def closed_until(
    session: Session, connection: str, limit: Limit, lease: Lease, now: datetime
) -> datetime | None:
    """Until when this connection is not to be called; None when this call may go out.

    The first call after an open time is the probe: it is noted, and the others wait for its end.
    """
    row = session.get(BreakerRow, connection)
    if row is None or row.state == State.CLOSED:
        return None
    # Two that ask at once must not both be the probe.
    row = _locked(session, connection)
    if row is None:
        return None
    permit = breaker_rules.ask(_value(row), limit, now)
    _write(row, permit.breaker)
    if permit.is_granted:
        row.probe_owner = lease.label
    return permit.until


def failed(session: Session, connection: str, limit: Limit, now: datetime) -> None:
    """A call came to nothing because the service was in trouble."""
    rest = {"connector": connection, "state": State.CLOSED.value, "failures": 0}
    insert_unless_there(session, BreakerRow, rest)
    row = _locked(session, connection)
    if row is not None:
        _write(row, breaker_rules.after_failure(_value(row), limit, now))


def answered(session: Session, connection: str) -> None:
    """A call was answered. Where nothing bad is known this writes nothing: good calls do not queue here."""
    row = session.get(BreakerRow, connection)
    if row is None or _value(row) == Breaker():
        return
    row = _locked(session, connection)
    if row is not None:
        _write(row, breaker_rules.after_success(_value(row)))


def _locked(session: Session, connection: str) -> BreakerRow | None:
    return session.get(BreakerRow, connection, with_for_update=True, populate_existing=True)


def _value(row: BreakerRow) -> Breaker:
    return Breaker(State(row.state), row.failures, row.opened_at, row.probe_until)


def _write(row: BreakerRow, value: Breaker) -> None:
    row.state, row.failures = value.state.value, value.failures
    row.opened_at, row.probe_until = value.since, value.probe_until
    if value.state is not State.HALF:
        row.probe_owner = None
