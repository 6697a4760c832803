"""One service step: made ready in a transaction, called outside any, settled in another.

A crash between call and settle means that the call is made again, with the same idempotency key. What a
try can end with, and what follows from it, is in this order: an answer completes the step; a business
fault or an answer that breaks its contract fails it; anything else is tried again, then falls back as
the model says, and fails at last.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import assert_never

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases import catalogue
from cases.caseapp import operations
from cases.caseapp.document import INSIDE, CaseApp, OperationSpec
from cases.caseapp.operations import CONTRACT, NOT_FOUND, Completed, Faulted, Json, NotCallable, Refused
from cases.cmmn.commands import E_SUSPENDED, Complete, Fail, Note
from cases.cmmn.evaluation import NotComputed, json_of
from cases.cmmn.workmodel import FallbackAnswer, FallbackFault, FallbackOperation, ServiceTask
from cases.connectors.base import Call, Connector, ConnectorError, Outcome
from cases.connectors.http import HttpConnector
from cases.errors import Conflict, NotFound
from cases.feel import FeelError, Scope
from cases.persistence import job_queue
from cases.persistence.instances import CaseInstanceRow
from cases.persistence.job_queue import Lease
from cases.persistence.jobs import IncidentRow
from cases.policy import retry
from cases.policy.access import SYSTEM
from cases.policy.breaker import Limit
from cases.services import connections, execution, limits, lookups
from cases.services.execution import By, Locked
from cases.services.step_progress import Progress, heard
from cases.telemetry import Counter, count

KIND = "step"
VIA = "step"
PAUSED_WAIT = timedelta(seconds=15)
"""How long a step of a paused case is left alone before somebody looks again."""

UNKNOWN_OUTCOME = "UNKNOWN_OUTCOME"
_LONGEST_MESSAGE = 1_000


@dataclass(frozen=True, slots=True)
class Prepared:
    """A try, with all that it needs: nothing of it is looked up while the call is out."""

    lease: Lease
    progress: Progress
    step: ServiceTask
    operation: OperationSpec
    connection: str
    inputs: Mapping[str, Json]
    app: CaseApp
    call: Call | None = None
    connector: Connector | None = None
    answer: "Completed | GivenUp | None" = None


@dataclass(frozen=True, slots=True)
class TryAgain:
    """No answer, and a second try does no harm."""

    error: ConnectorError


@dataclass(frozen=True, slots=True)
class GivenUp:
    """No answer, and no second try: the fallback decides."""

    error: ConnectorError


Result = Completed | Faulted | TryAgain | GivenUp


@dataclass(frozen=True, slots=True)
class Incident:
    """A step that failed for good: what `services.incidents` opens for a person, in the same transaction."""

    code: str
    message: str
    details: Mapping[str, Json] = field(default_factory=dict)


def prepare(session: Session, lease: Lease, now: datetime) -> Prepared | None:
    """All that one try needs; None when there is nothing to do now, and the job is put back or gone."""
    if not job_queue.hold(session, lease):
        return None  # its step was ended just after it was claimed: no call goes out
    case = session.get(CaseInstanceRow, lease.case_id)
    if case is None or case.closed_at is not None:
        job_queue.strike(session, lease)
        return None
    if case.suspended:
        job_queue.put_back(session, lease, now + PAUSED_WAIT)
        return None
    progress = _going_on(session, lease, Progress.of(lease.payload))
    app = catalogue.case_app(session, case.deployment_id)
    program = catalogue.program(session, case.deployment_id, case.definition)
    step = program.definition.item(progress.definition).definition
    if not isinstance(step, ServiceTask):
        raise NotFound(f"{progress.definition} is not a service step.")
    connection, name = _target(step, progress)
    operation = _operation(app, connection, name)
    if lease.crash_count and not operation.read_only:
        progress = replace(progress, unknown=True)  # the call of a worker that died may have gone out
    prepared = Prepared(lease, progress, step, operation, connection, progress.inputs, app)
    if progress.answer is not None:
        return replace(prepared, answer=Completed(progress.answer))
    if connection == INSIDE:
        found = lookups.look(session, name, progress.inputs, case.id, case.family)
        return replace(prepared, answer=Completed(found))
    open_again = limits.closed_until(session, connection, _breaker(app, connection), lease, now)
    if open_again is not None:
        job_queue.put_back(session, lease, open_again)
        return None
    return _ready_to_call(session, prepared, case.business_key, now)


def call(prepared: Prepared) -> Result:
    """Make the call. Outside any transaction: it may take as long as its timeout."""
    if prepared.answer is not None:
        return prepared.answer
    if prepared.call is None or prepared.connector is None:
        raise TypeError("a step that is not answered has a call and a connector")
    try:
        answer = prepared.connector.call(prepared.call)
    except ConnectorError as error:
        labels = {"connection": prepared.connection, "outcome": error.outcome.value}
        count(Counter.CALLS, labels=labels)
        may_repeat = prepared.operation.idempotent or prepared.operation.read_only
        if error.outcome is Outcome.RETRYABLE or (error.outcome is Outcome.UNKNOWN and may_repeat):
            return TryAgain(error)
        return GivenUp(error)
    count(Counter.CALLS, labels={"connection": prepared.connection, "outcome": "answered"})
    found = operations.meaning(prepared.operation, prepared.inputs, answer.status, answer.body)
    if isinstance(found, Refused):
        refusal = ConnectorError(
            Outcome.REFUSED, found.code, found.message, status=found.status, answer=answer
        )
        # Where a key was sent, 409 says that an earlier request with it is at work: nobody goes round it.
        at_work = found.status == HTTPStatus.CONFLICT and prepared.operation.idempotent
        return TryAgain(refusal) if at_work and not prepared.operation.read_only else GivenUp(refusal)
    return replace(found, heard=heard(answer)) if isinstance(found, Faulted) else found


def settle(session: Session, prepared: Prepared, result: Result, now: datetime) -> Incident | None:
    """Write down what came of a try; the incident to open, if the step failed for good.

    The case is locked first, then the lease is shown: whoever lost it writes nothing, but for an answer
    that came after its step had ended otherwise, which the journal keeps.
    """
    lease = prepared.lease
    locked = execution.lock(session, _case_id(lease))
    if not job_queue.hold(session, lease):
        if job_queue.is_gone(session, lease) and isinstance(result, Completed):
            _journal_late(session, locked, prepared, result, now)
        else:
            count(Counter.LEASES_LOST)
        return None
    _tell_breaker(session, prepared, result, now)
    if _may_have_happened(prepared, result):
        prepared = replace(prepared, progress=replace(prepared.progress, unknown=True))
    prepared = replace(prepared, progress=_tried(prepared, result, now))
    return _followed(session, locked, prepared, result, now)


def bury(session: Session, lease: Lease, code: str, message: str, now: datetime) -> Incident | None:
    """Give a step up that never came to its end; None when nobody needs to look at it. Raises Conflict.

    Its call may have been out when its worker died: nobody knows what came of it.
    """
    locked = execution.lock(session, _case_id(lease))
    if not job_queue.hold(session, lease):
        return None
    progress = replace(Progress.of(lease.payload), unknown=True)
    job_queue.bury(session, lease, f"{code}: {message}", progress.packed())
    command = Fail(item=_item(lease), code=code, message=message)
    execution.carry_out(session, locked, command, By(SYSTEM, VIA, now))
    count(Counter.JOBS_DEAD, labels={"kind": KIND})
    if job_queue.is_gone(session, lease):
        return None
    details = {"attempts": lease.attempts, "crashes": lease.crash_count}
    return Incident(code, message, details | progress.left_off(lease))


def _followed(
    session: Session, locked: Locked, prepared: Prepared, result: Result, now: datetime
) -> Incident | None:
    """What follows from the result of a try."""
    match result:
        case Completed():
            return _settle_answer(session, locked, prepared, result, now)
        case Faulted() if not prepared.progress.asking:
            return _fail(session, locked, prepared, result, now)
        case TryAgain(error):
            return _try_again(session, locked, prepared, error, now)
        case GivenUp(error):
            return _fall_back(session, locked, prepared, _fault_of(error), now)
        case Faulted():
            # The operation that was to tell whether it happened cannot say.
            return _fall_back(session, locked, prepared, result, now)
        case _:  # pragma: no cover
            assert_never(result)


def _tell_breaker(session: Session, prepared: Prepared, result: Result, now: datetime) -> None:
    if prepared.call is None:
        return
    if _is_trouble(result):
        limits.failed(session, prepared.connection, _breaker(prepared.app, prepared.connection), now)
    else:
        limits.answered(session, prepared.connection)


def _going_on(session: Session, lease: Lease, progress: Progress) -> Progress:
    """Where an earlier start with the same key left off, if one of its calls may have had its effect.

    Two starts with one key are for the outside one call: what the second provider may have done must not be
    done by the first.
    """
    if progress.way or progress.unknown:
        return progress
    details = session.scalar(
        select(IncidentRow.details)
        .where(IncidentRow.case_id == lease.case_id, IncidentRow.definition == progress.definition)
        .order_by(IncidentRow.id.desc())
        .limit(1)
    )
    if not details or details.get("key") != lease.idem_key or not details.get("unknown"):
        return progress
    return replace(progress, way=details["way"], asking=details["asking"], unknown=True)


def _target(step: ServiceTask, progress: Progress) -> tuple[str, str]:
    """Connection and operation that are to be called now."""
    if progress.way == 0:
        return step.connection, step.operation
    fallback = step.fallbacks[progress.way - 1]
    if not isinstance(fallback, FallbackOperation):
        raise NotFound(f"fallback {progress.way} of {progress.definition} is no operation")
    if progress.asking and fallback.after is not None:
        return fallback.after
    return fallback.connection, fallback.operation


def _operation(app: CaseApp, connection: str, name: str) -> OperationSpec:
    if connection == INSIDE:
        return OperationSpec(name=name, method="GET", path="", read_only=True)
    spec = app.connections.get(connection)
    operation = None if spec is None else spec.operations.get(name)
    if operation is None:
        raise NotFound(f"The app has no operation {connection}.{name}.")
    return operation


def _breaker(app: CaseApp, connection: str) -> Limit:
    spec = app.connections.get(connection)
    return limits.limit_of(None if spec is None else spec.breaker)


def _ready_to_call(session: Session, prepared: Prepared, case_key: str, now: datetime) -> Prepared:
    """The try with its call; or with the reason why there can be none, which is then its outcome."""
    try:
        opened = connections.open_for_call(session, prepared.connection, now)
        request = operations.request(prepared.operation, prepared.inputs, prepared.lease.idem_key or "")
    except (NotFound, Conflict, NotCallable) as error:
        refusal = ConnectorError(Outcome.REFUSED, "NOT_CALLABLE", str(error))
        return replace(prepared, answer=GivenUp(refusal))
    lease, operation = prepared.lease, prepared.operation
    made = Call(
        method=operation.method,
        url=opened.base_url + request.path,
        headers=opened.headers,
        body=request.body,
        timeout=prepared.step.timeout,
        idempotency_key=None if operation.method == "GET" else lease.idem_key,
        traceparent=_traceparent(case_key),
        case_key=case_key,
        step=prepared.progress.definition,
        attempt=lease.attempts,
        answers=frozenset(operation.status),
    )
    return replace(prepared, call=made, connector=HttpConnector(opened.guard))


def _traceparent(case_key: str) -> str:
    """W3C Trace Context: one trace a case, so that all that was called for it is found together."""
    return f"00-{hashlib.sha256(case_key.encode()).hexdigest()[:32]}-{secrets.token_hex(8)}-01"


def _settle_answer(
    session: Session, locked: Locked, prepared: Prepared, answer: Completed, now: datetime
) -> Incident | None:
    if prepared.progress.asking and answer.result.get("result") == NOT_FOUND:
        # Nothing happened: now, and only now, the other way may be tried.
        further = replace(prepared.progress, asking=False, unknown=False)
        job_queue.begin_anew(session, prepared.lease, now, "it had not happened", further.packed())
    else:
        _complete(session, locked, prepared, answer, now)
    return None


def _complete(session: Session, locked: Locked, prepared: Prepared, answer: Completed, now: datetime) -> None:
    """Complete the item; or keep the answer while the case is paused; or journal that it came late."""
    lease = prepared.lease
    command = Complete(item=_item(lease), answer=answer.result)
    try:
        execution.carry_out(session, locked, command, By(SYSTEM, VIA, now))
    except Conflict as conflict:
        if conflict.code == E_SUSPENDED:
            waiting = replace(prepared.progress, asking=False, answer=answer.result)
            job_queue.begin_anew(session, lease, now + PAUSED_WAIT, "the case is paused", waiting.packed())
            return
        _journal_late(session, locked, prepared, answer, now)
    job_queue.strike(session, lease)


def _journal_late(
    session: Session, locked: Locked, prepared: Prepared, answer: Completed, now: datetime
) -> None:
    """An answer whose step had ended: nothing moves, but the journal says that it came."""
    data = {
        "item": _item(prepared.lease),
        "step": prepared.progress.definition,
        "operation": f"{prepared.connection}.{prepared.operation.name}",
        "result": dict(answer.result),
    }
    execution.carry_out(session, locked, Note(kind="lateReply", data=data), By(SYSTEM, VIA, now))


def _try_again(
    session: Session, locked: Locked, prepared: Prepared, error: ConnectorError, now: datetime
) -> Incident | None:
    lease = prepared.lease
    draw = secrets.SystemRandom().random()
    wait = retry.wait(prepared.step.retry, lease.attempts, error.retry_after, draw)
    if wait is None:
        return _fall_back(session, locked, prepared, _fault_of(error), now)
    job_queue.try_again(
        session, lease, now + wait, f"{error.code}: {error.message}", prepared.progress.packed()
    )
    count(Counter.JOBS_RETRIED, labels={"kind": KIND})
    return None


def _fall_back(
    session: Session, locked: Locked, prepared: Prepared, fault: Faulted, now: datetime
) -> Incident | None:
    """The next way that the model names; at the end of them the step fails."""
    way = prepared.progress.way
    fallbacks = prepared.step.fallbacks
    fallback = fallbacks[way] if way < len(fallbacks) else FallbackFault()
    match fallback:
        case FallbackOperation():
            further = replace(prepared.progress, way=way + 1, asking=fallback.after is not None)
            cause = f"{fault.code}: {fault.message}"
            job_queue.begin_anew(session, prepared.lease, now, cause, further.packed())
            return None
        case FallbackAnswer():
            answer = _fallback_answer(locked, prepared, fallback, now)
            if answer is None:
                return _fail(session, locked, prepared, fault, now)
            _complete(session, locked, prepared, answer, now)
            return None
        case FallbackFault():
            return _fail(session, locked, prepared, fault, now)
        case _:  # pragma: no cover
            assert_never(fallback)


def _fallback_answer(
    locked: Locked, prepared: Prepared, fallback: FallbackAnswer, now: datetime
) -> Completed | None:
    """What the model answers in the service's place; None where that cannot be computed."""
    stored = locked.stored
    names = {"case": {"id": stored.id, "key": stored.business_key, "family": stored.family}}
    scope = Scope(names, locked.case.file(), now=now, zone=prepared.app.zone)
    try:
        value = json_of(fallback.answer.evaluate(scope))
    except (FeelError, NotComputed):
        return None
    return Completed(value) if isinstance(value, Mapping) else None


def _fail(
    session: Session, locked: Locked, prepared: Prepared, fault: Faulted, now: datetime
) -> Incident | None:
    """The step fails: its job is dead, and what hears the fault starts in the same transaction.

    A person's retry begins with the step's own operation again, unless another one may have had its effect:
    then it goes on there.
    """
    lease, progress = prepared.lease, prepared.progress
    kept = progress if _must_go_on(prepared) else replace(progress, way=0, asking=False)
    job_queue.bury(session, lease, f"{fault.code}: {fault.message}", kept.packed())
    command = Fail(item=_item(lease), code=fault.code, message=fault.message)
    execution.carry_out(session, locked, command, By(SYSTEM, VIA, now))
    count(Counter.JOBS_DEAD, labels={"kind": KIND})
    if job_queue.is_gone(session, lease):
        return None  # what heard the fault has ended the step
    details: dict[str, Json] = {
        "operation": f"{prepared.connection}.{prepared.operation.name}",
        "method": prepared.operation.method,
        "path": prepared.operation.path,
        "status": fault.status,
        "attempts": lease.attempts,
    }
    return Incident(fault.code, fault.message, details | kept.left_off(lease))


def _must_go_on(prepared: Prepared) -> bool:
    """Whether another way may have had its effect. Under its key the step's own operation has it once."""
    progress, step = prepared.progress, prepared.step
    if progress.way == 1 and progress.asking:
        return progress.unknown and not _operation(prepared.app, step.connection, step.operation).idempotent
    return progress.unknown


def _may_have_happened(prepared: Prepared, result: Result) -> bool:
    """Whether a call may have had its effect, though no usable answer came: all but a clear no.

    A 503 says that nothing was done. Where it is wrong, somebody is paid twice: so it is not believed here.
    """
    if prepared.call is None or prepared.operation.read_only or isinstance(result, Completed):
        return False
    if isinstance(result, Faulted):
        return result.code == CONTRACT
    if result.error.status is None:
        return result.error.outcome is Outcome.UNKNOWN
    return not 400 <= result.error.status < 500 or result.error.status == HTTPStatus.CONFLICT


def _tried(prepared: Prepared, result: Result, now: datetime) -> Progress:
    """The progress with a try that failed noted in it."""
    match result:
        case TryAgain(error) | GivenUp(error):
            fault, answer = _fault_of(error), heard(error.answer)
        case Faulted():
            fault, answer = result, dict(result.heard)
        case Completed():
            return prepared.progress
    what = {
        "operation": f"{prepared.connection}.{prepared.operation.name}",
        "attempt": prepared.lease.attempts,
        "code": fault.code,
        "status": fault.status,
        "message": fault.message[:_LONGEST_MESSAGE],
    }
    return prepared.progress.tried(what, prepared.call, answer, now)


def _is_trouble(result: Result) -> bool:
    """Whether the service itself was in trouble: what its circuit breaker counts."""
    match result:
        case TryAgain():
            return True
        case GivenUp(error):
            return error.outcome is not Outcome.REFUSED
        case Completed() | Faulted():
            return False


def _fault_of(error: ConnectorError) -> Faulted:
    """What a step fails with that got no answer."""
    code = UNKNOWN_OUTCOME if error.outcome is Outcome.UNKNOWN else error.code
    return Faulted(code, error.message, error.status)


def _case_id(lease: Lease) -> int:
    if lease.case_id is None:
        raise TypeError(f"{lease.label} belongs to no case")
    return lease.case_id


def _item(lease: Lease) -> int:
    if lease.plan_item is None:
        raise TypeError(f"{lease.label} belongs to no plan item")
    return lease.plan_item
