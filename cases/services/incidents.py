"""What went wrong and waits for a person: tried again, answered by hand, or given up.

A retry says nothing about its success: the incident is out of the way while it runs, and is resolved, or open
again, once it has run. Every decision of a person is a row of the case's journal, with its reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from cases.cmmn.commands import Complete, ExitFailed, Note, Reactivate
from cases.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from cases.persistence.instances import CaseInstanceRow
from cases.persistence.job_queue import Lease
from cases.persistence.jobs import IncidentRow, JobRow
from cases.policy.access import INSTALLATION, Actor, Permission, may
from cases.services import execution, ledger
from cases.services.execution import Locked

OPEN = "open"
RETRYING = "retrying"
RESOLVED = "resolved"

_VIA = "incident"
_LONGEST = 1_000


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a job died. `kind` is the job's, or `crash`; `details` show what was tried, no data of a case.

    `family` is who is told of a job that has no case.
    """

    kind: str
    code: str
    message: str
    details: Mapping[str, object] = field(default_factory=dict)
    family: str = INSTALLATION


def open_for(session: Session, lease: Lease, cause: Cause, now: datetime) -> IncidentRow:
    """Open the incident of a job that has just died; the one that was being retried is open again."""
    found = session.scalars(
        select(IncidentRow).where(IncidentRow.job_id == lease.job_id, IncidentRow.state.in_((OPEN, RETRYING)))
    ).first()
    row = found or IncidentRow(job_id=lease.job_id, kind=cause.kind, opened_at=now)
    case = None if lease.case_id is None else session.get(CaseInstanceRow, lease.case_id)
    step = cause.details.get("step")
    row.case_id = lease.case_id
    row.family = cause.family if case is None else case.family
    row.plan_item = lease.plan_item
    row.definition = None if step is None else str(step)
    row.connection = lease.connection
    row.kind, row.code, row.message = cause.kind, cause.code, cause.message[:_LONGEST]
    row.fingerprint = _fingerprint(cause.kind, cause.code, row.definition, lease.connection)
    row.details = dict(cause.details)
    row.state = OPEN
    row.resolved_at = row.resolved_by = row.resolution = None
    session.add(row)
    session.flush()
    return row


def helped(session: Session, job_id: int, now: datetime) -> None:
    """The job is done: an incident that was being retried is resolved."""
    session.execute(
        update(IncidentRow)
        .where(IncidentRow.job_id == job_id, IncidentRow.state == RETRYING)
        .values(state=RESOLVED, resolution="retried", resolved_at=now)
        .execution_options(synchronize_session=False)
    )


def retry(session: Session, incident_id: int, actor: Actor, now: datetime, reason: str) -> None:
    """Let the job run again, with the key that it had. Raises NotFound, NotAllowed, Conflict, Invalid."""
    incident = _mine(session, incident_id, actor, reason)
    job = _dead_job(session, incident)
    if incident.plan_item is not None and incident.case_id is not None and job.kind in _OF_A_STEP:
        execution.execute(session, incident.case_id, Reactivate(incident.plan_item), actor, _VIA, now)
    else:
        job.state, job.attempts, job.crash_count = "ready", 0, 0
        job.run_at, job.token = now, job.token + 1
    incident.state, incident.resolved_by, incident.reason = RETRYING, actor.user_id, reason
    incident.resolution = "retry"
    session.flush()
    _tell(session, incident, "retry", reason, actor, now)


def resolve_by_hand(
    session: Session,
    incident_id: int,
    answer: Mapping[str, object],
    actor: Actor,
    now: datetime,
    reason: str,
) -> None:
    """Complete the failed step with an answer that a person knows.

    Raises NotFound, NotAllowed, Conflict, Invalid.
    """
    incident = _mine(session, incident_id, actor, reason)
    case_id, item = _step(incident)
    _must_be_shown(execution.lock(session, case_id), incident.definition, actor)
    _dead_job(session, incident)
    execution.execute(session, case_id, Reactivate(item), actor, _VIA, now)
    execution.execute(session, case_id, Complete(item, answer), actor, _VIA, now)
    _close(session, incident, "by_hand", actor, now, reason)


def give_up(session: Session, incident_id: int, actor: Actor, now: datetime, reason: str) -> None:
    """End the failed step for good. Raises NotFound, NotAllowed, Conflict, Invalid."""
    incident = _mine(session, incident_id, actor, reason)
    if incident.plan_item is not None and incident.case_id is not None:
        execution.execute(session, incident.case_id, ExitFailed(incident.plan_item, reason), actor, _VIA, now)
    else:
        session.delete(_dead_job(session, incident))
    _close(session, incident, "given_up", actor, now, reason)


def acknowledge(session: Session, incident_id: int, actor: Actor, now: datetime, reason: str) -> None:
    """Close an incident that has no job: the fault of a model, which somebody has seen.

    Raises as the others.
    """
    incident = _mine(session, incident_id, actor, reason)
    if incident.job_id is not None:
        raise Conflict(
            "This incident has a step that waits: retry it, answer it, or give it up.", code="HAS_JOB"
        )
    _close(session, incident, "acknowledged", actor, now, reason)


_OF_A_STEP = frozenset({"step", "external"})


def _mine(session: Session, incident_id: int, actor: Actor, reason: str) -> IncidentRow:
    """The open incident, if the actor may decide about it. The case is locked first, as everywhere."""
    case_id = session.scalar(select(IncidentRow.case_id).where(IncidentRow.id == incident_id))
    if case_id is not None:
        execution.lock(session, case_id)
    row = session.get(IncidentRow, incident_id, with_for_update=True, populate_existing=True)
    facts = {"family": None if row is None else row.family}
    if row is None or not may(actor, Permission.VIEW_INCIDENT, facts):
        raise NotFound("There is no such incident.")
    if not may(actor, Permission.RESOLVE_INCIDENT, facts):
        raise NotAllowed("Only who looks after failed steps may decide here.")
    if row.state != OPEN:
        raise Conflict("This incident is not open any more.", code="INCIDENT_CLOSED")
    if not reason.strip():
        raise Invalid([Problem("REASON", "Say why.", "reason")])
    return row


def _must_be_shown(locked: Locked, step: str | None, actor: Actor) -> None:
    """Raises NotFound for a step that this person may not see: it can be tried again, but not answered."""
    definition = locked.case.program.definition
    if step is not None and step in definition.by_id and not locked.shows(definition.item(step), actor):
        raise NotFound("There is no such incident.")


def _dead_job(session: Session, incident: IncidentRow) -> JobRow:
    job = None if incident.job_id is None else session.get(JobRow, incident.job_id, with_for_update=True)
    if job is None or job.state != "dead":
        raise Conflict("The step behind this incident is not waiting any more.", code="INCIDENT_CLOSED")
    return job


def _step(incident: IncidentRow) -> tuple[int, int]:
    if incident.case_id is None or incident.plan_item is None:
        raise Conflict("Only a failed step can be answered by hand.", code="NO_STEP")
    return incident.case_id, incident.plan_item


def _close(
    session: Session, incident: IncidentRow, resolution: str, actor: Actor, now: datetime, reason: str
) -> None:
    # The command on the case may have closed it already, in a statement that the session did not see.
    session.refresh(incident)
    incident.state, incident.resolution, incident.reason = RESOLVED, resolution, reason
    incident.resolved_at, incident.resolved_by = now, actor.user_id
    session.flush()
    _tell(session, incident, resolution, reason, actor, now)


def _tell(
    session: Session, incident: IncidentRow, decision: str, reason: str, actor: Actor, now: datetime
) -> None:
    """Who decided what, and why: in the journal of the case, or in the ledger where there is none."""
    data = {"incident": incident.id, "decision": decision, "reason": reason, "step": incident.definition}
    if incident.case_id is not None:
        execution.execute(session, incident.case_id, Note("incident", data), actor, _VIA, now)
    else:
        ledger.record(session, f"incident.{decision}", f"incident:{incident.id}", data, actor=actor, now=now)


def _fingerprint(kind: str, code: str, definition: str | None, connection: str | None) -> str:
    """What makes two causes alike: the same trouble of the same step with the same service."""
    return ":".join((kind, connection or "", definition or "", code))[:120]
