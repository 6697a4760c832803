"""Messages in: taken or refused in one fixed order, and later applied by a job that opens the case.

The order of the checks, and what a refusal leaves behind, are those of "How a message is received": whoever
may not ask learns nothing from later checks, and what was refused may be mended and sent again under its id.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cases import catalogue
from cases.caseapp import intake, payloads
from cases.caseapp.document import CaseApp, IntakeSpec
from cases.connectors import signing
from cases.connectors.signing import BadSignature
from cases.errors import Conflict, Invalid, NotFound, Problem
from cases.persistence import codec, erasing, job_queue
from cases.persistence.base import Transaction, new_key, take_number
from cases.persistence.dialect import DUE_NOW
from cases.persistence.instances import CaseInstanceRow, CaseIntakeRow
from cases.persistence.job_queue import Lease
from cases.persistence.jobs import JobRow
from cases.persistence.messages import EndpointRow, InboxRow
from cases.policy.access import INSTALLATION, SYSTEM, Actor
from cases.services import connections, instances, ledger, numbers
from cases.telemetry import Counter, count

LARGEST_MESSAGE = 1_000_000
"""Bytes. A door reads one more than this, so that a larger one is recognised."""

KIND = "message"
VIA = "message"
GIVEN_UP = "GIVEN_UP"
"""The code of a message that was taken, could not be applied, and was given up by a person."""

_TRIES = 5
_LONGEST_ID = 300
_LONGEST_KEY = 300
_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_CANONICAL = msgspec.json.Encoder(decimal_format="number", order="sorted")

_TITLES = {
    400: "The message is not JSON",
    401: "The message is not signed as it should be",
    404: "There is nothing here",
    409: "This was sent before with another content",
    413: "The message is too large",
    422: "The message has faults",
}


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the sender is answered: a document of its own, or from 400 on a problem document (RFC 9457)."""

    status: int
    document: Mapping[str, object]


class Rejected(Exception):
    """The message is refused."""

    def __init__(self, status: int, code: str, detail: str, errors: Sequence[Problem] = ()) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)


@dataclass(frozen=True, slots=True)
class _Message:
    """A message that is well signed and whole."""

    id: str
    endpoint: EndpointRow
    app: CaseApp
    body: bytes
    digest: str
    key: str
    payload_digest: str
    warnings: tuple[Problem, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class _Matter:
    """What a taken message asks for: the case to be opened, and by which key it is known."""

    message: InboxRow
    app: CaseApp
    case: str
    inputs: Mapping[str, Any]
    key: str
    digest: str


def open_endpoint(
    session: Session, key: str, app_key: str, intake_name: str, *, actor: Actor, now: datetime
) -> None:
    """Let messages in at `/hooks/<key>`, for one intake of a deployed app.

    Raises NotFound for an intake it has not.
    """
    deployed = catalogue.latest(session, app_key)
    if intake_name not in deployed.app.intakes:
        raise NotFound(f"{app_key} has no intake called {intake_name}.")
    row = session.scalars(select(EndpointRow).where(EndpointRow.key == key)).one_or_none()
    if row is None:
        row = EndpointRow(key=key)
        session.add(row)
    row.family, row.app_key, row.intake, row.state = deployed.app.family, app_key, intake_name, "active"
    session.flush()
    entry = {"app": app_key, "intake": intake_name}
    ledger.record(session, "endpoint.open", f"endpoint:{key}", entry, actor=actor, now=now)


def receive(
    session: Session,
    endpoint: str,
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
    now_signature: datetime,
) -> Receipt:
    """Take a message, or refuse it. `headers` have names in lower case.

    Whatever comes of it is in the session when this returns; nothing is raised that a sender can cause.
    """
    row = session.scalars(
        select(EndpointRow).where(EndpointRow.key == endpoint, EndpointRow.state == "active")
    ).one_or_none()
    try:
        message = _checked(session, row, headers, body, now, now_signature)
        receipt = _known(session, message) or _kept(session, message, now)
    except Rejected as refusal:
        receipt = refused(session, row, headers, body, refusal, now)
    count(Counter.MESSAGES, labels={"status": str(receipt.status)})
    return receipt


def apply(transaction: Transaction, job_id: int, now: datetime) -> bool:
    """Open the case of a message that was taken; False where somebody else does, or has done it.

    The number of the case is taken in a transaction of its own, and never handed out again: so only once the
    message can be applied. Raises Conflict, Invalid, NotFound where it cannot.
    """
    with transaction() as session:
        job = job_queue.take(session, job_id, now)
        if job is None:
            return False
        matter = _read(session, job)
        if _is_open(session, matter):
            session.delete(job)
            return True
        counter = numbers.counter_of(matter.app, now)
    number = take_number(transaction, counter)
    with transaction() as session:
        job = job_queue.take(session, job_id, now)
        if job is None:
            return False
        matter = _read(session, job)
        if not _is_open(session, matter):
            _open_case(session, matter, number, now)
        session.delete(job)
    return True


def family_of(session: Session, lease: Lease) -> str:
    """The family whose people look after a message that cannot be applied."""
    message = session.get(InboxRow, codec.unpack(lease.payload or b"")["inbox"])
    endpoint = None if message is None else session.get(EndpointRow, message.endpoint_id)
    return INSTALLATION if endpoint is None else endpoint.family


def give_up(session: Session, job: JobRow) -> None:
    """Leave a message that cannot be applied for good: refused after all, and its content forgotten.

    The same matter may come again, under the same id or another.
    """
    message = session.get(InboxRow, codec.unpack(job.payload or b"").get("inbox"))
    if message is not None and message.state == "new":
        message.state, message.code, message.body = "rejected", GIVEN_UP, None
    session.delete(job)


def _checked(
    session: Session,
    endpoint: EndpointRow | None,
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
    now_signature: datetime,
) -> _Message:
    """The message, if it may come in and makes sense."""
    if endpoint is None:
        raise Rejected(404, "UNKNOWN_ENDPOINT", "There is no such endpoint.")
    if len(body) > LARGEST_MESSAGE:
        raise Rejected(413, "TOO_LARGE", f"A message has at most {LARGEST_MESSAGE} bytes.")
    accepted = connections.secrets_of(session, f"endpoint:{endpoint.key}", connections.SIGNING, now)
    try:
        message_id = signing.verify(accepted, headers, body, now_signature)
    except BadSignature as error:
        raise Rejected(401, error.code, f"{error.message}.".capitalize()) from None
    payload = decoded(body)
    app = catalogue.latest(session, endpoint.app_key).app
    reading = intake.read(_intake(app, endpoint), payload, now)
    if reading.errors or reading.key is None or len(reading.key) > _LONGEST_KEY:
        raise Rejected(422, "INVALID", "Every fault is listed.", _problems(reading))
    return _Message(
        id=message_id,
        endpoint=endpoint,
        app=app,
        body=body,
        digest=hashlib.sha256(body).hexdigest(),
        key=reading.key,
        payload_digest=hashlib.sha256(_CANONICAL.encode(payload)).hexdigest(),
        warnings=tuple(payloads.problem(one.code, one.field) for one in reading.warnings),
    )


def decoded(body: bytes) -> Any:  # noqa: ANN401 - a JSON border
    try:
        payload = _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Rejected(400, "NOT_JSON", "The body is not JSON in UTF-8.") from None
    if not payloads.is_within_limits(payload):
        raise Rejected(400, "TOO_DEEP", "The body is nested too deep, or has too many keys.")
    repeated = [payloads.problem("DUPLICATE_KEY", name) for name in payloads.repeated_keys(body)]
    if repeated:
        raise Rejected(400, "DUPLICATE_KEY", "One object names a key twice.", repeated)
    return payload


def _problems(reading: intake.Reading) -> list[Problem]:
    if not reading.errors:
        return [payloads.problem("KEY", "")]
    return [payloads.problem(one.code, one.field) for one in reading.errors]


def _known(session: Session, message: _Message) -> Receipt | None:
    """The answer to what was sent before: the same message, or the same matter in another message."""
    first = session.scalars(
        select(InboxRow).where(
            InboxRow.endpoint_id == message.endpoint.id,
            InboxRow.msg_id == message.id,
            InboxRow.state != "rejected",
        )
    ).one_or_none()
    if first is not None:
        return Receipt(first.status or 202, first.answer or {})
    opened = session.execute(
        select(CaseIntakeRow.sha256, CaseInstanceRow.business_key)
        .join(CaseInstanceRow, CaseInstanceRow.id == CaseIntakeRow.case_id)
        .where(*_matter(message.app.key, message.key))
    ).one_or_none()
    if opened is not None:
        _must_be_equal(opened.sha256, message)
        return Receipt(200, {"status": "known", "case": opened.business_key})
    waiting = session.scalars(
        select(InboxRow).where(InboxRow.corr == _correlation(message), InboxRow.state == "new")
    ).first()
    if waiting is not None and waiting.body is not None:
        _must_be_equal(hashlib.sha256(_CANONICAL.encode(_DECODER.decode(waiting.body))).hexdigest(), message)
        return Receipt(waiting.status or 202, waiting.answer or {})
    return None


def _matter(app_key: str, key: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Which row says that a matter has its case, also where that was erased since."""
    keys = erasing.intake_keys(app_key, key)
    return CaseIntakeRow.app_key == app_key, CaseIntakeRow.intake_key.in_(keys)


def _must_be_equal(digest: str, message: _Message) -> None:
    if digest != message.payload_digest:
        detail = f"{message.key} was sent before, with another payload."
        raise Rejected(409, "DIFFERENT_PAYLOAD", detail)


def _kept(session: Session, message: _Message, now: datetime) -> Receipt:
    """Keep the message, with the job that applies it.

    Of two at the same instant, the second sees the first.
    """
    answer: dict[str, object] = {"status": "accepted", "id": message.id}
    if message.warnings:
        answer["warnings"] = [_as_json(problem) for problem in message.warnings]
    try:
        with session.begin_nested():
            inbox_id = new_key(session)
            session.add(
                InboxRow(
                    id=inbox_id,
                    endpoint_id=message.endpoint.id,
                    msg_id=message.id,
                    corr=_correlation(message),
                    received_at=now,
                    sha256=message.digest,
                    body=message.body,
                    status=202,
                    answer=answer,
                    state="new",
                )
            )
            session.flush()
            session.add(_job(session, inbox_id, message, now))
            session.flush()
    except IntegrityError:
        receipt = _known(session, message)
        if receipt is None:
            raise
        return receipt
    session.info[DUE_NOW] = True
    return Receipt(202, answer)


def _job(session: Session, inbox_id: int, message: _Message, now: datetime) -> JobRow:
    return JobRow(
        id=new_key(session),
        kind=KIND,
        mode="tx",
        run_at=now,
        max_attempts=_TRIES,
        # The key of the matter: two messages about one, at the same instant, open one case.
        dedup_key=_correlation(message),
        payload=codec.pack({"inbox": inbox_id}),
        created_at=now,
    )


def _correlation(message: _Message) -> str:
    """One text for one matter of one app, short enough for an index whatever the sender calls it."""
    return "matter:" + hashlib.sha256(f"{message.app.key}\n{message.key}".encode()).hexdigest()


def refused(
    session: Session,
    endpoint: EndpointRow | None,
    headers: Mapping[str, str],
    body: bytes,
    refusal: Rejected,
    now: datetime,
) -> Receipt:
    """A row that says who was refused and why, without what was sent."""
    session.add(
        InboxRow(
            id=new_key(session),
            endpoint_id=None if endpoint is None else endpoint.id,
            msg_id=_printable(headers.get(signing.ID, "")),
            received_at=now,
            sha256=hashlib.sha256(body).hexdigest(),
            code=refusal.code,
            status=refusal.status,
            state="rejected",
        )
    )
    session.flush()
    document: dict[str, object] = {
        "type": "about:blank",
        "title": _TITLES[refusal.status],
        "status": refusal.status,
        "code": refusal.code,
        "detail": refusal.detail,
    }
    if refusal.errors:
        document["errors"] = [_as_json(problem) for problem in refusal.errors]
    return Receipt(refusal.status, document)


def _as_json(problem: Problem) -> dict[str, str]:
    return {"field": problem.where, "code": problem.code, "message": problem.message}


def _printable(text: str) -> str | None:
    """A message id as it may be stored: whoever sends one without a signature chooses it freely."""
    return "".join(char for char in text if char.isprintable())[:_LONGEST_ID] or None


def _intake(app: CaseApp, endpoint: EndpointRow) -> IntakeSpec:
    spec = app.intakes.get(endpoint.intake)
    if spec is None:
        # A newer version of the app has dropped it: nobody listens here any more.
        raise Rejected(404, "UNKNOWN_ENDPOINT", "There is no such endpoint.")
    return spec


def _source(session: Session, job: JobRow) -> tuple[EndpointRow, InboxRow]:
    """Where the message of a job came in, and the message."""
    message = session.get(InboxRow, codec.unpack(job.payload or b"")["inbox"])
    endpoint = None if message is None else session.get(EndpointRow, message.endpoint_id)
    if message is None or endpoint is None or message.body is None:
        raise NotFound(f"The message of job {job.id} is gone.")
    return endpoint, message


def _read(session: Session, job: JobRow) -> _Matter:
    """The matter of a message that was taken, as its app reads it by now.

    Raises Conflict, Invalid, NotFound.
    """
    endpoint, message = _source(session, job)
    app = catalogue.latest(session, endpoint.app_key).app
    spec = app.intakes.get(endpoint.intake)
    if spec is None or message.body is None:
        raise Conflict(f"{endpoint.app_key} has no intake {endpoint.intake} any more.")
    payload = _DECODER.decode(message.body)
    # As it was taken: what was not in the future then must not be refused now, nor the other way round.
    reading = intake.read(spec, payload, message.received_at)
    if reading.errors or reading.key is None:
        raise Invalid(_problems(reading))
    digest = hashlib.sha256(_CANONICAL.encode(payload)).hexdigest()
    return _Matter(message, app, spec.case, reading.inputs, reading.key, digest)


def _is_open(session: Session, matter: _Matter) -> bool:
    """Whether another door opened it since: one matter is one case."""
    opened = session.scalars(select(CaseIntakeRow).where(*_matter(matter.app.key, matter.key))).first()
    if opened is None:
        return False
    matter.message.state, matter.message.case_id = "done", opened.case_id
    return True


def _open_case(session: Session, matter: _Matter, number: int, now: datetime) -> None:
    start = instances.NewCase(
        app_key=matter.app.key,
        case=matter.case,
        inputs=matter.inputs,
        number=number,
        intake_key=matter.key,
        sha256=matter.digest,
    )
    turn = instances.start(session, start, SYSTEM, VIA, now)
    matter.message.state, matter.message.case_id = "done", turn.case_id
    session.flush()
