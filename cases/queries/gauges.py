"""The numbers that alerts look at: what waits, what is late, what has failed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cases.cmmn.lifecycle import State
from cases.persistence.instances import CaseInstanceRow
from cases.persistence.jobs import IncidentRow, JobRow, WorkerRow
from cases.persistence.messages import InboxRow
from cases.persistence.tasks import HumanTaskRow, TaskRowState


@dataclass(frozen=True, slots=True)
class Gauges:
    """As of one moment. `oldest_due_seconds`: for how long a job could have been done already."""

    cases_active: int
    tasks_open: int
    jobs: dict[str, int]
    oldest_due_seconds: float
    incidents_open: int
    messages_waiting: int
    beat_age_seconds: float | None


def read(session: Session, now: datetime) -> Gauges:
    """Read them all."""
    due = session.scalar(select(func.min(JobRow.run_at)).where(JobRow.state == "ready"))
    beat = session.scalar(select(func.max(WorkerRow.beat_at)))
    jobs = session.execute(select(JobRow.state, func.count()).group_by(JobRow.state).order_by(JobRow.state))
    return Gauges(
        cases_active=_count(session, CaseInstanceRow, CaseInstanceRow.state == State.ACTIVE),
        tasks_open=_count(session, HumanTaskRow, HumanTaskRow.state == TaskRowState.OPEN),
        jobs={str(state): int(number) for state, number in jobs},
        oldest_due_seconds=0.0 if due is None else max(0.0, (now - due).total_seconds()),
        incidents_open=_count(session, IncidentRow, IncidentRow.state == "open"),
        messages_waiting=_count(session, InboxRow, InboxRow.state.in_(("new", "parked"))),
        beat_age_seconds=None if beat is None else (now - beat).total_seconds(),
    )


def _count(session: Session, table: type[object], condition: object) -> int:
    query = select(func.count()).select_from(table).where(condition)  # type: ignore[arg-type]
    return session.execute(query).scalar_one()
