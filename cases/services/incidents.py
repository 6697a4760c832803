"""What went wrong and waits for a person: tried again, answered by hand, or given up.

A retry says nothing about its success: the incident is out of the way while it runs, and is resolved, or open
again, once it has run. Every decision of a person is a row of the case's journal, with its reason.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from cases.caseapp import by_hand
from cases.cmmn.commands import Complete, ExitFailed, Note, Reactivate, Terminate
from cases.cmmn.lifecycle import State
from cases.cmmn.workmodel import ServiceTask
from cases.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from cases.persistence.base import storable
from cases.persistence.batches import BatchItemRow
from cases.persistence.instances import CaseInstanceRow
from cases.persistence.job_queue import Lease
from cases.persistence.jobs import IncidentRow, JobRow
from cases.policy.access import INSTALLATION, Actor, Permission, may
from cases.services import execution, ledger, link_rows, messages, service_steps, work_rows
from cases.services.execution import Locked
from cases.services.step_progress import Progress

OPEN = "open"
RETRYING = "retrying"
RESOLVED = "resolved"

RUNNING = "running"
"""A batch item whose incident is being tried again: what came of it is written when the job has run."""

HEALED = "HEALED"
LEFT = "LEFT"

_VIA = "incident"
_LONGEST = 1_000
_LONGEST_REFERENCE = 100
_RETRIES_KEPT = 20


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


@dataclass(frozen=True, slots=True)
class ByHand:
    """What a person says in a service's place: its fields, typed or as text.

    `reference` is what a payment is known by outside; `key` the idempotency key that the person saw.
    """

    answer: Mapping[str, object]
    reference: str = ""
    key: str | None = None


@dataclass(frozen=True, slots=True)
class _Decided:
    """What a person decided, and why; `said` goes to the journal with it."""

    what: str
    reason: str
    said: Mapping[str, object] = field(default_factory=dict)


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
    row.kind, row.code, row.message = cause.kind, cause.code, storable(cause.message)[:_LONGEST]
    row.fingerprint = _fingerprint(cause.kind, cause.code, row.definition, lease.connection)
    row.details = {**cause.details, "attempts": lease.attempts, **_retried(row, cause.code, now)}
    row.state = OPEN
    row.resolved_at = row.resolved_by = row.resolution = None
    session.add(row)
    session.flush()
    if found is not None:
        _settle_items(session, row, "failed", cause.code, cause.message[:_LONGEST], now)
    return row


def helped(session: Session, job_id: int, now: datetime) -> None:
    """The job is done: an incident that was being retried is resolved."""
    rows = session.scalars(
        select(IncidentRow).where(IncidentRow.job_id == job_id, IncidentRow.state == RETRYING)
    )
    for row in rows:
        _end_retry(session, row, "retried", HEALED, now)


def settle_forgotten(session: Session, now: datetime) -> None:
    """Resolve the incidents whose retried job is gone: it was done, or its step ended in another way."""
    has_job = exists().where(JobRow.id == IncidentRow.job_id)
    rows = session.scalars(select(IncidentRow).where(IncidentRow.state == RETRYING, ~has_job))
    for row in rows:
        if row.plan_item is None or row.kind not in _OF_A_STEP:
            _end_retry(session, row, "retried", HEALED, now)
        else:
            _end_retry(session, row, "left", LEFT, now)


def retry(session: Session, incident_id: int, actor: Actor, now: datetime, reason: str) -> None:
    """Let the job run again, with the key that it had. Raises NotFound, NotAllowed, Conflict, Invalid."""
    incident = _mine(session, incident_id, actor, reason)
    job = _dead_job(session, incident)
    if _has_failed(session, incident, job):
        case_id, item = _step(incident)
        execution.execute(session, case_id, Reactivate(item), actor, _VIA, now)
    else:
        is_outside = job.kind == work_rows.EXTERNAL and job.mode == "lease"
        job.state, job.attempts, job.crash_count = "waiting" if is_outside else "ready", 0, 0
        job.max_attempts, job.run_at, job.token = max(job.max_attempts, 1), now, job.token + 1
    incident.state, incident.resolved_by, incident.reason = RETRYING, actor.user_id, reason
    incident.resolution = "retry"
    details = dict(incident.details or {})
    begun = {"at": now.isoformat(), "by": actor.display, "reason": reason}
    incident.details = {**details, "retries": [*details.get("retries", ()), begun][-_RETRIES_KEPT:]}
    session.flush()
    _tell(session, incident, _Decided("retry", reason), actor, now)


def resolve_by_hand(
    session: Session, incident_id: int, given: ByHand, actor: Actor, now: datetime, reason: str
) -> None:
    """Complete the failed step with an answer that a person knows, as if the service had given it.

    Raises NotFound, NotAllowed, Conflict, and Invalid, whose problems name the fields.
    """
    incident = _mine(session, incident_id, actor, reason)
    case_id, item = _step(incident)
    locked = execution.lock(session, case_id)
    _must_be_shown(locked, incident.definition, actor)
    job = _dead_job(session, incident)
    if given.key is not None and given.key != (job.idem_key or ""):
        raise Conflict("This step has another key by now. Look at it again.", code="OTHER_KEY")
    result = _result(locked, item, job, given, _references(session, case_id))
    if _has_failed(session, incident, job):
        execution.execute(session, case_id, Reactivate(item), actor, _VIA, now)
    execution.execute(session, case_id, Complete(item, result), actor, _VIA, now)
    said = {"reference": given.reference.strip(), "key": job.idem_key} if given.reference.strip() else {}
    _close(session, incident, _Decided("by_hand", reason, said), actor, now)


def give_up(session: Session, incident_id: int, actor: Actor, now: datetime, reason: str) -> None:
    """End the failed step for good. Raises NotFound, NotAllowed, Conflict, Invalid."""
    incident = _mine(session, incident_id, actor, reason)
    job = _dead_job(session, incident)
    if _has_failed(session, incident, job):
        case_id, item = _step(incident)
        execution.execute(session, case_id, ExitFailed(item, reason), actor, _VIA, now)
    elif job.kind == messages.KIND:
        messages.give_up(session, job)
    elif job.kind in _OF_A_TASK and incident.plan_item is not None and incident.case_id is not None:
        execution.execute(session, incident.case_id, Terminate(incident.plan_item, reason), actor, _VIA, now)
    else:
        session.delete(job)
    _close(session, incident, _Decided("given_up", reason), actor, now)


def acknowledge(session: Session, incident_id: int, actor: Actor, now: datetime, reason: str) -> None:
    """Close an incident that has no job: the fault of a model, which somebody has seen.

    Raises as the others.
    """
    incident = _mine(session, incident_id, actor, reason)
    if incident.job_id is not None:
        raise Conflict(
            "This incident has a step that waits: retry it, answer it, or give it up.", code="HAS_JOB"
        )
    _close(session, incident, _Decided("acknowledged", reason), actor, now)


_OF_A_STEP = frozenset({work_rows.STEP, work_rows.HTTP, link_rows.CALL})
"""Kinds of jobs whose plan item failed with them. Work that a program failed at leaves its task at work."""

_OF_A_TASK = _OF_A_STEP | {work_rows.EXTERNAL}


def _has_failed(session: Session, incident: IncidentRow, job: JobRow) -> bool:
    """Whether the plan item of a step has failed: one that is still at work goes on with its job."""
    if incident.plan_item is None or incident.case_id is None or job.kind not in _OF_A_STEP:
        return False
    case = execution.look(session, incident.case_id).case
    return case.state.items[incident.plan_item].state not in (State.ACTIVE, State.SUSPENDED)


def _mine(session: Session, incident_id: int, actor: Actor, reason: str) -> IncidentRow:
    """The open incident, if the actor may decide about it. The case is locked first, as everywhere."""
    case_id = session.scalar(select(IncidentRow.case_id).where(IncidentRow.id == incident_id))
    if case_id is not None:
        execution.lock(session, case_id)
    row = session.get(IncidentRow, incident_id, with_for_update=True, populate_existing=True)
    facts = {"family": None if row is None else _family(session, row)}
    if row is None or not may(actor, Permission.VIEW_INCIDENT, facts):
        raise NotFound("There is no such incident.")
    if not may(actor, Permission.RESOLVE_INCIDENT, facts):
        raise NotAllowed("Only who looks after failed steps may decide here.")
    if row.state == RETRYING:
        raise Conflict("It is being tried again: wait for what comes of it.", code="BEING_RETRIED")
    if row.state != OPEN:
        raise Conflict("Somebody has decided about this incident already.", code="INCIDENT_CLOSED")
    if not reason.strip():
        raise Invalid([Problem("REASON", "Say why.", "reason")])
    return row


def _family(session: Session, row: IncidentRow) -> str:
    """Whose incident it is; rows of older versions leave it to their case, or to the installation."""
    case = None if row.family or row.case_id is None else session.get(CaseInstanceRow, row.case_id)
    return row.family or (INSTALLATION if case is None else case.family)


def _must_be_shown(locked: Locked, step: str | None, actor: Actor) -> None:
    """Raises NotFound for a step that this person may not see: it can be tried again, but not answered."""
    definition = locked.case.program.definition
    if step is not None and step in definition.by_id and not locked.shows(definition.item(step), actor):
        raise NotFound("There is no such incident.")


def _dead_job(session: Session, incident: IncidentRow) -> JobRow:
    job = None if incident.job_id is None else session.get(JobRow, incident.job_id, with_for_update=True)
    if job is None:
        raise Conflict("Nothing waits behind this incident: it can only be closed.", code="NO_JOB")
    if job.state != "dead":
        raise Conflict("The step is at work already: wait for what comes of it.", code="AT_WORK")
    return job


def _step(incident: IncidentRow) -> tuple[int, int]:
    if incident.case_id is None or incident.plan_item is None:
        raise Conflict("Only a failed step can be answered by hand.", code="NO_STEP")
    return incident.case_id, incident.plan_item


def _references(session: Session, case_id: int) -> frozenset[str]:
    """By what payments are known that people answered by hand in this case: no data of the case have it."""
    rows = session.scalars(select(IncidentRow.details).where(IncidentRow.case_id == case_id))
    said = (row.get("by_hand") for row in rows if isinstance(row, dict))
    return frozenset(str(one["reference"]) for one in said if isinstance(one, dict) and "reference" in one)


def _result(locked: Locked, item: int, job: JobRow, given: ByHand, used: frozenset[str]) -> Mapping[str, Any]:
    """The result of an answer by hand, by the contract of the operation. Raises Invalid."""
    step = locked.case.plan_item(item).definition
    if job.kind != service_steps.KIND or not isinstance(step, ServiceTask):
        return by_hand.result_of(None, {}, given.answer)
    progress = Progress.of(job.payload)
    operation = by_hand.operation_of(locked.app, step, progress.way)
    problems: list[Problem] = []
    if by_hand.moves_money(operation, progress.inputs):
        wanted = [one.name for one in by_hand.questions(operation) if one.required and one.kind == "string"]
        problems = list(_faults_of_payment(locked, given, wanted, used))
    try:
        result = by_hand.result_of(operation, progress.inputs, given.answer)
    except Invalid as invalid:
        raise Invalid([*invalid.problems, *problems]) from None
    if problems:
        raise Invalid(problems)
    return result


def _faults_of_payment(
    locked: Locked, given: ByHand, ids: list[str], used: frozenset[str]
) -> Iterator[Problem]:
    """A payment is believed only with what it is known by outside, and that only once."""
    reference = given.reference.strip()
    if not reference or len(reference) > _LONGEST_REFERENCE:
        yield Problem("REFERENCE", "Give the reference by which the payment can be found.", "reference")
    known = used.union(_texts(locked.case.file()))
    for name, value in {"reference": reference, **{name: given.answer.get(name) for name in ids}}.items():
        if isinstance(value, str) and value.strip() in known:
            yield Problem("USED", "This stands in the case already: it belongs to another payment.", name)


def _texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for part in value.values():
                yield from _texts(part)
        case list() | tuple():
            for part in value:
                yield from _texts(part)


def _end_retry(session: Session, row: IncidentRow, resolution: str, outcome: str, now: datetime) -> None:
    row.details = {**(row.details or {}), **_retried(row, outcome, now)}
    row.state, row.resolution, row.resolved_at = RESOLVED, resolution, now
    session.flush()
    _settle_items(session, row, "done", outcome, "", now)


def _retried(row: IncidentRow, outcome: str, now: datetime) -> dict[str, object]:
    """The retries of an incident, the last of them with what came of it."""
    kept = (row.details or {}).get("retries", ())
    if not kept:
        return {}
    *before, last = kept
    return {"retries": [*before, {"until": now.isoformat(), "outcome": outcome, **last}]}


def _settle_items(
    session: Session, row: IncidentRow, state: str, code: str, message: str, now: datetime
) -> None:
    """Write down what came of a retry that was asked for with others."""
    same_case = BatchItemRow.case_id.is_(None) if row.case_id is None else BatchItemRow.case_id == row.case_id
    session.execute(
        update(BatchItemRow)
        .where(same_case, BatchItemRow.incident_id == row.id, BatchItemRow.state == RUNNING)
        .values(state=state, code=code[:60], message=message, done_at=now)
        .execution_options(synchronize_session=False)
    )


def _close(session: Session, incident: IncidentRow, decided: _Decided, actor: Actor, now: datetime) -> None:
    # The command on the case may have closed it already, in a statement that the session did not see.
    session.refresh(incident)
    incident.state, incident.resolution, incident.reason = RESOLVED, decided.what, decided.reason
    incident.resolved_at, incident.resolved_by = now, actor.user_id
    if decided.said:
        incident.details = {**(incident.details or {}), "by_hand": dict(decided.said)}
    session.flush()
    _tell(session, incident, decided, actor, now)


def _tell(session: Session, incident: IncidentRow, decided: _Decided, actor: Actor, now: datetime) -> None:
    """Who decided what, and why: in the journal of the case, or in the ledger where there is none."""
    data = {"incident": incident.id, "decision": decided.what, "reason": decided.reason}
    data |= {"step": incident.definition, **decided.said}
    if incident.case_id is not None:
        execution.execute(session, incident.case_id, Note("incident", data), actor, _VIA, now)
    else:
        ledger.record(
            session, f"incident.{decided.what}", f"incident:{incident.id}", data, actor=actor, now=now
        )


def _fingerprint(kind: str, code: str, definition: str | None, connection: str | None) -> str:
    """What makes two causes alike: the same trouble of the same step with the same service."""
    return ":".join((kind, connection or "", definition or "", code))[:120]
