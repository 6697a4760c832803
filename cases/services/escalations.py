"""Climb one rung of a task's ladder: what it does, who is told of it, and the job of the one above, at once.

All is one transaction, and the rung's number stands with the task: so each is climbed once, whoever tries.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, or_, select, update
from sqlalchemy.orm import Session

from cases.cmmn.commands import Note
from cases.cmmn.instance import text_of
from cases.errors import NotFound
from cases.persistence import codec, job_queue
from cases.persistence.base import new_key
from cases.persistence.jobs import JobRow
from cases.persistence.people import MembershipRow, UserRow
from cases.persistence.tasks import HumanTaskRow, TaskRowState
from cases.persistence.writes import TaskHold
from cases.policy import escalation, masking
from cases.policy.access import SYSTEM
from cases.policy.escalation import Due, Rung, Term
from cases.services import execution, ladder_rows, notifications
from cases.services.execution import By, Locked
from cases.services.notifications import Notice

VIA = "ladder"
ESCALATED = "escalated"
"""The kind of note in the journal that says which rung was climbed, by which ladder, and what it did."""

_PAUSED_WAIT = timedelta(seconds=15)
"""So long a rung waits, again and again, while its task is paused."""

_KINDS = {
    escalation.REMIND: notifications.REMIND,
    escalation.WARN: notifications.WARN,
    escalation.OVERDUE: notifications.OVERDUE,
    escalation.RELEASE: notifications.ESCALATED,
}


@dataclass(frozen=True, slots=True)
class _Step:
    """A rung that is due now, of a task of a case in hand. `task`: the columns of its row, by their names."""

    locked: Locked
    task: Row[Any]
    term: Term
    due: Due
    now: datetime

    @property
    def rung(self) -> Rung:
        return self.due.rung

    @property
    def is_released(self) -> bool:
        """Whether somebody has the task and loses it by this rung."""
        return self.rung.does == escalation.RELEASE and self.task.assignee_id is not None


def climb(session: Session, job_id: int, now: datetime) -> bool:
    """Climb the rung of a job in this transaction; whether it was climbed.

    The case is locked before the job, as everywhere, and both are looked at again: the task may be over, its
    due date may have moved. While the task is paused the rung waits.
    """
    found = session.execute(
        select(JobRow.case_id, JobRow.plan_item).where(JobRow.id == job_id, JobRow.kind == ladder_rows.KIND)
    ).one_or_none()
    locked = None if found is None or found.case_id is None else _locked(session, found.case_id)
    job = None if locked is None else job_queue.take(session, job_id, now)
    if locked is None or job is None:
        return False
    task = _open_task(session, locked, job)
    if task is not None and task.state == TaskRowState.PAUSED:
        job.run_at = now + _PAUSED_WAIT
        session.flush()
        return False
    session.delete(job)
    session.flush()
    step = None if task is None else _step(locked, task, job, now)
    if step is None:
        return False
    _do(session, step)
    return True


def climb_all(session: Session, job_ids: Sequence[int], now: datetime) -> int:
    """Climb many rungs in one transaction, the cases in the order of all locks; how many were climbed."""
    ordered = (
        select(JobRow.id).where(JobRow.id.in_(job_ids)).order_by(JobRow.case_id, JobRow.run_at, JobRow.id)
    )
    return sum(climb(session, job_id, now) for job_id in session.scalars(ordered).all())


def _locked(session: Session, case_id: int) -> Locked | None:
    try:
        return execution.lock(session, case_id)
    except NotFound:
        return None


def _open_task(session: Session, locked: Locked, job: JobRow) -> Row[Any] | None:
    """Columns, not the row: they are written by the corridor, past the session."""
    row = HumanTaskRow
    query = select(row.id, row.plan_item, row.definition, row.state, row.assignee_id, row.priority)
    more: Select[*tuple[Any, ...]] = query.add_columns(
        row.created_at, row.due_at, row.ladder, row.rung, row.climbed
    )
    return session.execute(
        more.where(
            row.case_id == locked.stored.id,
            row.plan_item == job.plan_item,
            row.state.in_((TaskRowState.OPEN, TaskRowState.PAUSED)),
        )
    ).one_or_none()


def _step(locked: Locked, task: Row[Any], job: JobRow, now: datetime) -> _Step | None:
    """The rung, if it is the next one of the task and its time has come."""
    term = ladder_rows.term_of(locked.app, task.created_at, task.due_at)
    rungs = ladder_rows.rungs_of(locked.app, task.ladder)
    due = None if term is None else escalation.next_rung(rungs, task.rung, term)
    if term is None or due is None or due.at > now:
        return None
    if due.number != codec.unpack(job.payload or b"")["rung"]:
        return None
    return _Step(locked, task, term, due, now)


def _do(session: Session, step: _Step) -> None:
    task, case_id = step.task, step.locked.stored.id
    notices = list(_notices(session, step))
    hold = TaskHold(task_id=task.id, assignee_id=None, claimed_at=None) if step.is_released else None
    told = sorted({notice.user_id for notice in notices})
    by = By(SYSTEM, VIA, step.now)
    execution.carry_out(session, step.locked, Note(ESCALATED, _said(step, told)), by, hold)
    climbed = [*(task.climbed or [])[: task.rung], text_of(step.now)]
    is_late = step.rung.does == escalation.OVERDUE
    session.execute(
        update(HumanTaskRow)
        .where(HumanTaskRow.id == task.id)
        .values(
            rung=step.due.number,
            climbed=climbed,
            priority=min(task.priority, escalation.MOST_URGENT) if is_late else task.priority,
        )
        .execution_options(synchronize_session=False)
    )
    app = step.locked.app
    above = ladder_rows.next_job(app, task.ladder, step.due.number, step.term, task.plan_item)
    if above is not None:
        session.add(ladder_rows.row_of(above, new_key(session), case_id, step.now))
        session.flush()
    notifications.tell(session, notices, step.now)


def _said(step: _Step, told: list[int]) -> dict[str, object]:
    """What the journal knows of it: which rung of which ladder, why now, what it did, and who was told."""
    said: dict[str, object] = {
        "item": step.task.plan_item,
        "definition": step.task.definition,
        "ladder": step.task.ladder,
        "rung": step.due.number,
        "at": step.rung.at,
        "does": step.rung.does,
        "due_at": text_of(step.term.due_at),
        "told": told,
    }
    if step.rung.does == escalation.OVERDUE:
        said["breach"] = True
    if step.is_released:
        said |= {"user": None, "from": step.task.assignee_id}
    return said


def _notices(session: Session, step: _Step) -> Iterator[Notice]:
    """Those whom the rung names, each once; and whoever loses the task by it is told that it is gone."""
    roles = step.rung.roles
    told = _people_of(session, step, roles) if roles else set()
    holder = step.task.assignee_id
    if holder is not None and escalation.ASSIGNEE in step.rung.who:
        told.add(holder)
    if step.is_released:
        told.discard(holder)
        yield _notice(step, holder, notifications.TAKEN_AWAY)
    for user in sorted(told):
        yield _notice(step, user, _KINDS[step.rung.does])


def _notice(step: _Step, user: int, kind: str) -> Notice:
    details = {
        "rung": step.due.number,
        "at": step.rung.at,
        "due_at": text_of(step.term.due_at),
        "rule": step.task.ladder,
    }
    locked = step.locked
    return Notice(user, kind, locked.family, locked.stored.id, step.task.id, details=details)


def _people_of(session: Session, step: _Step, roles: Sequence[str]) -> set[int]:
    """Those who have one of these roles now, and see the task."""
    locked = step.locked
    named = select(MembershipRow.user_id).where(
        MembershipRow.family == locked.family, MembershipRow.role.in_(roles), _holds(step.now)
    )
    rows = session.execute(
        select(MembershipRow.user_id, MembershipRow.role)
        .join(UserRow, UserRow.id == MembershipRow.user_id)
        .where(
            MembershipRow.family == locked.family,
            MembershipRow.user_id.in_(named),
            UserRow.state == "active",
            _holds(step.now),
        )
    )
    held: dict[int, set[str]] = {}
    for user, role in rows:
        held.setdefault(user, set()).add(role)
    definition = locked.case.program.definition
    rules = masking.of_case(definition, locked.app.readers)
    item = locked.case.plan_item(step.task.plan_item)
    return {user for user, has in held.items() if masking.shows_item(rules, has, definition, item)}


def _holds(now: datetime) -> ColumnElement[bool]:
    return or_(MembershipRow.until.is_(None), MembershipRow.until > now)
