"""What the rows of a task hold of its ladder: from when it is at risk, and the job of its next rung.

Only the next rung is a job: it goes with the task, moves with its due date, and makes the one above it.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from cases.caseapp.document import CaseApp
from cases.persistence import codec
from cases.persistence.jobs import JobRow
from cases.persistence.tasks import NO_DUE_DATE
from cases.persistence.writes import NewJob
from cases.policy import escalation
from cases.policy.escalation import Due, Rung, Term

KIND = "rung"
_ATTEMPTS = 8


def rungs_of(app: CaseApp, ladder: str | None) -> tuple[Rung, ...]:
    """The rungs of a ladder by the name that the task's row has; none where it has none."""
    return app.ladders.get(ladder, ()) if ladder else ()


def term_of(app: CaseApp, started_at: datetime, due_at: datetime) -> Term | None:
    """The time that a task is given; None for one that is never due."""
    if due_at >= NO_DUE_DATE:
        return None
    return Term(started_at, due_at, app.business_calendar, ZoneInfo(app.zone))


def warned_at(app: CaseApp, ladder: str | None, term: Term | None) -> datetime | None:
    """From when the task is at risk; None for never."""
    return None if term is None else escalation.warned_at(rungs_of(app, ladder), term)


def next_job(app: CaseApp, ladder: str | None, climbed: int, term: Term | None, item: int) -> NewJob | None:
    """The job of the next rung of an item's task; None where there is none to come."""
    due = None if term is None else escalation.next_rung(rungs_of(app, ladder), climbed, term)
    return None if due is None else _job(due, item)


def row_of(job: NewJob, key: int, case_id: int, now: datetime) -> JobRow:
    """The row of a rung's job, where it is not written with those of a command."""
    return JobRow(
        id=key,
        kind=job.kind,
        case_id=case_id,
        plan_item=job.plan_item,
        mode=job.mode,
        lane=job.lane,
        run_at=job.run_at,
        max_attempts=job.max_attempts,
        payload=job.payload,
        dedup_key=job.dedup_key,
        created_at=now,
    )


def _job(due: Due, item: int) -> NewJob:
    return NewJob(
        kind=KIND,
        plan_item=item,
        mode="tx",
        lane=KIND,
        run_at=due.at,
        max_attempts=_ATTEMPTS,
        payload=codec.pack({"rung": due.number}),
    )
