"""Timers that are due: one by one, or many in one transaction."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from cases.cmmn.commands import FireTimer
from cases.errors import NotFound
from cases.persistence.jobs import JobRow
from cases.policy.access import SYSTEM
from cases.services import execution
from cases.services.execution import By, Locked, Turn

VIA = "timer"


def fire(session: Session, job_id: int, now: datetime) -> Turn | None:
    """Let the timer of a job fire, and strike the job, in this transaction; None where nothing was to do.

    The case is locked before the job, as everywhere, and the job is looked at again: it may be gone, or its
    timer may have fired or ended. Raises as `execution.execute` does.
    """
    found = session.execute(
        select(JobRow.case_id, JobRow.plan_item).where(JobRow.id == job_id, JobRow.kind == "timer")
    ).one_or_none()
    if found is None or found.case_id is None or found.plan_item is None:
        return None
    locked = _locked(session, found.case_id)
    due = delete(JobRow).where(JobRow.id == job_id, JobRow.state == "ready", JobRow.run_at <= now)
    if locked is None or session.execute(due.returning(JobRow.id)).first() is None:
        return None
    timer = locked.case.state.items[found.plan_item].timer
    if timer is None or not timer.due:
        return None
    command = FireTimer(found.plan_item, timer.fire_no)
    return execution.carry_out(session, locked, command, By(SYSTEM, VIA, now))


def fire_all(session: Session, job_ids: Sequence[int], now: datetime) -> int:
    """Let many timers fire in one transaction, the cases in the order of all locks; how many did."""
    ordered = (
        select(JobRow.id).where(JobRow.id.in_(job_ids)).order_by(JobRow.case_id, JobRow.run_at, JobRow.id)
    )
    fired = [fire(session, job_id, now) for job_id in session.scalars(ordered).all()]
    return sum(turn is not None for turn in fired)


def _locked(session: Session, case_id: int) -> Locked | None:
    try:
        return execution.lock(session, case_id)
    except NotFound:
        return None
