"""Items that begin, or leave, in a turn of their own: the job that lets them go on."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.cmmn.commands import Proceed
from cases.errors import NotFound
from cases.persistence import job_queue
from cases.persistence.jobs import JobRow
from cases.policy.access import SYSTEM
from cases.services import execution, work_rows
from cases.services.execution import By

VIA = "async"


def proceed(session: Session, job_id: int, now: datetime) -> bool:
    """Let the item go on, and strike the job, in this transaction. Raises as `execution.execute` does."""
    case_id = session.scalar(
        select(JobRow.case_id).where(JobRow.id == job_id, JobRow.kind == work_rows.ASYNC)
    )
    if case_id is None:
        return False
    try:
        locked = execution.lock(session, case_id)
    except NotFound:
        return False
    job = job_queue.take(session, job_id, now)
    if job is None or job.plan_item is None:
        return False
    item = job.plan_item
    session.delete(job)
    session.flush()
    execution.carry_out(session, locked, Proceed(item), By(SYSTEM, VIA, now))
    return True
