"""The jobs of steps and of work outside; what is to be looked at when a step ends while its call is out."""

from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.caseapp.document import CaseApp
from cases.cmmn.effects import WorkOpened
from cases.cmmn.instance import CaseInstance
from cases.cmmn.lifecycle import State
from cases.cmmn.workmodel import ProcessTask, ServiceTask
from cases.persistence import codec
from cases.persistence.jobs import IncidentRow, JobRow
from cases.persistence.writes import NewJob

STEP = "step"
EXTERNAL = "external"
PROCESS = "process"
ASYNC = "async"
HTTP = "http"
"""Kinds of jobs: a service step; work that an outside program comes and takes; a process that is at work
elsewhere; an item that begins, or goes on, by itself; a request that a task describes."""

ENDED_IN_FLIGHT = "ENDED_IN_FLIGHT"
"""The incident of a step that was ended while its call was out."""

CALLS_NAMESPACE = UUID("5d0f5a50-2c8e-4f0b-9c5e-6c1f3f1f6d11")
"""The namespace of idempotency keys that the model does not give."""

_EXTERNAL_ATTEMPTS = 3
_ASYNC_ATTEMPTS = 3
_BY_HAND = frozenset({"mail", "script", "send-event"})
_OF_PROGRAMS = frozenset({"external-worker", "service"})


def job_of(after: CaseInstance, effect: WorkOpened, now: datetime) -> NewJob:
    """The job of work that was opened."""
    definition = after.plan_item(effect.item).definition
    if effect.kind == ASYNC:
        return _of_itself(effect, now)
    if isinstance(definition, ServiceTask):
        return _step(after, effect, definition, now)
    if effect.kind == HTTP:
        return _request(after, effect, now)
    return _outside(effect, PROCESS if isinstance(definition, ProcessTask) else EXTERNAL, now)


def is_by_hand(effect: WorkOpened) -> bool:
    """Whether nobody but a person can do this work here: a mail, a script, an event that is to be sent."""
    return effect.kind in _BY_HAND


def look_outside(
    session: Session, case_id: int, after: CaseInstance, app: CaseApp, item: int, now: datetime
) -> None:
    """A step that ends otherwise than by its answer may have had its effect: somebody must know of it."""
    plan_item = after.plan_item(item)
    step = plan_item.definition
    if after.state.items[item].state is State.COMPLETED or not isinstance(step, ServiceTask):
        return
    spec = app.connections.get(step.connection)
    operation = None if spec is None else spec.operations.get(step.operation)
    if operation is None or operation.read_only:
        return
    found = select(JobRow).where(JobRow.case_id == case_id, JobRow.plan_item == item, JobRow.kind == STEP)
    job = session.scalars(found.with_for_update()).first()
    if job is None or not _may_have_happened(job, after):
        return
    session.add(
        IncidentRow(
            case_id=case_id,
            family=app.family,
            plan_item=item,
            definition=plan_item.id,
            connection=job.connection,
            kind=STEP,
            code=ENDED_IN_FLIGHT,
            message="The step was ended while its call was out: what came of it is known outside alone.",
            fingerprint=f"{STEP}:{job.connection or ''}:{plan_item.id}:{ENDED_IN_FLIGHT}"[:120],
            details={"key": job.idem_key, "attempts": job.attempts, "unknown": True},
            opened_at=now,
        )
    )


def _step(after: CaseInstance, effect: WorkOpened, step: ServiceTask, now: datetime) -> NewJob:
    return NewJob(
        kind=STEP,
        plan_item=effect.item,
        mode="lease",
        lane=STEP,
        run_at=now,
        max_attempts=step.retry.attempts,
        payload=codec.pack({"definition": effect.definition, "inputs": effect.inputs}),
        idem_key=_idempotency_key(after, effect),
        connection=step.connection,
    )


def _of_itself(effect: WorkOpened, now: datetime) -> NewJob:
    """An item that begins, or leaves, in a turn of its own."""
    return NewJob(
        kind=ASYNC,
        plan_item=effect.item,
        mode="tx",
        lane=ASYNC,
        run_at=now,
        max_attempts=_ASYNC_ATTEMPTS,
        payload=codec.pack({"definition": effect.definition}),
    )


def _request(after: CaseInstance, effect: WorkOpened, now: datetime) -> NewJob:
    """A request that the task describes."""
    return NewJob(
        kind=HTTP,
        plan_item=effect.item,
        mode="lease",
        lane=HTTP,
        run_at=now,
        max_attempts=_EXTERNAL_ATTEMPTS,
        payload=codec.pack(
            {
                "definition": effect.definition,
                "task": after.plan_item(effect.item).definition.id,
                "fields": effect.fields,
            }
        ),
        idem_key=_idempotency_key(after, effect),
        is_renewed=True,
    )


def _outside(effect: WorkOpened, kind: str, now: datetime) -> NewJob:
    """Work that waits until somebody comes and takes it, or says what came of it."""
    payload = {
        "definition": effect.definition,
        "inputs": effect.inputs,
        "process": effect.target,
        "fields": effect.fields,
    }
    return NewJob(
        kind=kind,
        plan_item=effect.item,
        mode="lease",
        lane=EXTERNAL,
        run_at=now,
        max_attempts=_EXTERNAL_ATTEMPTS,
        state="waiting",
        payload=codec.pack({name: value for name, value in payload.items() if value}),
        topic=effect.topic if effect.kind in _OF_PROGRAMS else None,
    )


def _idempotency_key(case: CaseInstance, effect: WorkOpened) -> str:
    """The key by which the outside knows the effect: the model's, or one of this occurrence."""
    if effect.key is not None:
        return f"{case.state.business_key}:{effect.key}"
    return str(uuid5(CALLS_NAMESPACE, f"{case.state.case_id}:{effect.definition}:{effect.item}"))


def _may_have_happened(job: JobRow, after: CaseInstance) -> bool:
    """Whether a call of this job is out, or was, and nobody has decided about it."""
    progress = codec.unpack(job.payload or b"")
    if job.state == "dead":
        # Whoever answers the step's task decides; whoever ends the case need not have seen it.
        return bool(progress.get("unknown")) and after.case_state is State.TERMINATED
    is_out = (job.state == "leased" or job.crash_count > 0) and not progress.get("asking")
    return is_out or bool(progress.get("unknown"))
