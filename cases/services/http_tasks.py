"""HTTP tasks of imported models: the request that the task describes, made durably, and its answer as values.

Only services that the installation has a connection to are reached: the address that a model names must begin
as the connection's does, whose secrets go with it. A session may carry a service that stands for the network.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote, urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.cmmn.commands import E_SUSPENDED, Complete, Fail
from cases.cmmn.lifecycle import State
from cases.connectors.base import Answer, Call, Connector, ConnectorError, Outcome
from cases.connectors.http import HttpConnector
from cases.errors import Conflict, NotFound
from cases.persistence import codec, job_queue
from cases.persistence.connections import ConnectionRow
from cases.persistence.job_queue import Lease
from cases.policy.access import SYSTEM
from cases.services import connections, execution, work_rows
from cases.services.execution import By

KIND = work_rows.HTTP
VIA = "http"

THROUGH = "http_through"
"""In `session.info`: the connector that takes the place of the network, where a model is tried out."""

NOT_CONNECTED = "NOT_CONNECTED"
FAILED = "HTTP_FAILED"
BAD_ADDRESS = "BAD_ADDRESS"
BAD_REQUEST = "BAD_REQUEST"
"""Codes of a task whose service this installation has no connection to, that got no usable answer, or whose
request is none."""

_TIMEOUT = 30.0
_WAIT = timedelta(seconds=10)
_PAUSED_WAIT = timedelta(seconds=15)
_ALL = frozenset(range(100, 600))
_LONGEST = 1_000
_MOST_DIGITS = 9
_HIDDEN_STEP = re.compile(r"%2f|%5c|\\", re.IGNORECASE)
_PROTOCOL = "HTTP/1.1"
_CODES = ("handleStatusCodes", "failStatusCodes")

Json = Any
"""A JSON value: what a service answers has no type of ours."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A task that is ready to be carried out: its request, and who makes it; or why nobody can."""

    lease: Lease
    fields: Mapping[str, str]
    definition: str
    task: str
    call: Call | None = None
    connector: Connector | None = None
    refusal: ConnectorError | None = None


@dataclass(frozen=True, slots=True)
class GivenUp:
    """The task has failed for good, and its job is dead."""

    code: str
    message: str
    definition: str


def prepare(session: Session, lease: Lease, now: datetime) -> Ready | None:
    """Make the request of a leased task; None where nothing is to be done. Raises NotFound."""
    locked = execution.lock(session, _case_id(lease))
    if not job_queue.hold(session, lease):
        return None
    item = locked.case.state.items[_item(lease)]
    if item.state is State.SUSPENDED:
        job_queue.put_back(session, lease, now + _PAUSED_WAIT)
        return None
    if item.state is not State.ACTIVE:
        job_queue.strike(session, lease)
        return None
    payload = codec.unpack(lease.payload or b"")
    fields = {name: "" if value is None else str(value) for name, value in payload.get("fields", {}).items()}
    definition = str(payload["definition"])
    ready = Ready(lease, fields, definition, str(payload.get("task", definition)))
    try:
        return _ready(session, ready, locked.stored.business_key, now)
    except ConnectorError as error:
        return replace(ready, refusal=error)
    except (Conflict, NotFound) as error:
        return replace(ready, refusal=ConnectorError(Outcome.REFUSED, NOT_CONNECTED, str(error)))


def call(ready: Ready) -> Answer | ConnectorError:
    """Make the request, outside any transaction."""
    if ready.refusal is not None or ready.call is None or ready.connector is None:
        return ready.refusal or ConnectorError(Outcome.REFUSED, FAILED, "there is no request")
    try:
        return ready.connector.call(ready.call)
    except ConnectorError as error:
        return error
    except ValueError as error:
        # A method, or a header, that cannot be written down: what a model says may be anything.
        return ConnectorError(Outcome.REFUSED, BAD_REQUEST, f"the request cannot be made: {error}")


def settle(session: Session, ready: Ready, answer: Answer | ConnectorError, now: datetime) -> GivenUp | None:
    """Write down what came of the request; GivenUp where a person must look at it."""
    lease = ready.lease
    locked = execution.lock(session, _case_id(lease))
    if not job_queue.hold(session, lease):
        return None
    if isinstance(answer, Answer) and _is_refused(ready.fields, answer.status):
        said = f"HTTP{answer.status}"
        answer = ConnectorError(Outcome.REFUSED, f"HTTP_{answer.status}", said, answer=answer)
    if isinstance(answer, ConnectorError) and not _is_true(ready.fields, "ignoreException"):
        return _failed(session, ready, answer, now)
    values = _values(ready, answer)
    try:
        command = Complete(_item(lease), values)
        execution.carry_out(session, locked, command, By(SYSTEM, VIA, now))
    except Conflict as conflict:
        if conflict.code != E_SUSPENDED:
            raise
        job_queue.put_back(session, lease, now + _PAUSED_WAIT)
        return None
    job_queue.strike(session, lease)
    return None


def _ready(session: Session, ready: Ready, case_key: str, now: datetime) -> Ready:
    """The task with its request. Raises ConnectorError."""
    fields, lease = ready.fields, ready.lease
    url, method = fields.get("requestUrl", ""), fields.get("requestMethod", "GET").upper()
    headers = _headers(fields.get("requestHeaders", ""))
    connector: Connector | None = session.info.get(THROUGH)
    if connector is None:
        opened = connections.open_for_call(session, _connection(session, url), now)
        connector = HttpConnector(opened.guard)
        own = {name.lower() for name in opened.headers}
        headers = {name: value for name, value in headers.items() if name.lower() not in own}
        headers |= opened.headers
    body = fields.get("requestBody")
    made = Call(
        method=method,
        url=url,
        headers=headers,
        body=None if not body else body.encode(),
        timeout=_timeout(fields.get("requestTimeout", "")),
        idempotency_key=None if method == "GET" else lease.idem_key,
        case_key=case_key,
        step=ready.definition,
        attempt=lease.attempts,
        answers=_ALL,
    )
    return replace(ready, call=made, connector=connector)


def _connection(session: Session, url: str) -> str:
    """The connection whose address this one begins with. Raises ConnectorError."""
    scheme, host, port, path = _address(url)
    rows = session.execute(select(ConnectionRow.name, ConnectionRow.base_url).order_by(ConnectionRow.name))
    for name, base_url in rows:
        base = urlsplit(base_url)
        same = (base.scheme, base.hostname, base.port) == (scheme, host, port)
        root = base.path.rstrip("/")
        if same and (path == root or path.startswith(f"{root}/")):
            return str(name)
    raise ConnectorError(Outcome.REFUSED, NOT_CONNECTED, f"no connection leads to {host or url!r}")


def _address(url: str) -> tuple[str, str | None, int | None, str]:
    """Scheme, host, port and path. Raises ConnectorError for what is no address, or leads out of its path.

    What a service might take for a step upwards is refused, since its connection is for one path alone.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ConnectorError(Outcome.REFUSED, BAD_ADDRESS, "the address is not a URL") from None
    steps = (unquote(step).partition(";")[0] for step in parts.path.split("/"))
    if _HIDDEN_STEP.search(parts.path) or any(step in {".", ".."} for step in steps):
        message = "an address has no steps like .. in its path, nor hidden slashes"
        raise ConnectorError(Outcome.REFUSED, BAD_ADDRESS, message)
    return parts.scheme, parts.hostname, port, parts.path


def _failed(session: Session, ready: Ready, error: ConnectorError, now: datetime) -> GivenUp | None:
    """Try again, as often as the job may; then the task faults, and its job is dead."""
    lease, said = ready.lease, f"{error.code}: {error}"
    if error.outcome is Outcome.RETRYABLE and lease.attempts < lease.max_attempts:
        job_queue.try_again(session, lease, now + _WAIT * 2 ** (lease.attempts - 1), said, lease.payload)
        return None
    job_queue.bury(session, lease, said, lease.payload)
    command = Fail(_item(lease), error.code, str(error)[:_LONGEST])
    execution.execute(session, _case_id(lease), command, SYSTEM, VIA, now)
    if job_queue.is_gone(session, lease):
        return None
    return GivenUp(error.code, str(error), ready.definition)


def _values(ready: Ready, answer: Answer | ConnectorError) -> dict[str, Json]:
    """The answer by the names that the task gives it, else by those of its id; and what was asked."""
    fields = ready.fields
    prefix = fields.get("resultVariablePrefix") or ready.task
    values = _request_values(fields, prefix)
    if isinstance(answer, ConnectorError):
        values[f"{prefix}ErrorMessage"] = str(answer)
        if answer.answer is None:
            return values
        answer = answer.answer
    if _is_true(fields, "saveResponseParameters"):
        values[f"{prefix}ResponseProtocol"] = _PROTOCOL
        values[f"{prefix}ResponseStatusCode"] = answer.status
        values[f"{prefix}ResponseReason"] = answer.reason
        values[f"{prefix}ResponseHeaders"] = _header_lines(answer)
    name = fields.get("responseVariableName") or f"{prefix}ResponseBody"
    values[name] = _content(answer, is_json=_is_true(fields, "saveResponseVariableAsJson"))
    return values


def _request_values(fields: Mapping[str, str], prefix: str) -> dict[str, Json]:
    """What was asked, where the task wants to keep it."""
    if not _is_true(fields, "saveRequestVariables"):
        return {}
    texts = ("requestMethod", "requestUrl", "requestHeaders", "requestBody", "requestBodyEncoding")
    values: dict[str, Json] = {name: fields.get(name) for name in (*texts, *_CODES)}
    flags = ("disallowRedirects", "ignoreException", "saveRequestVariables", "saveResponseParameters")
    values.update({name: _is_true(fields, name) for name in flags})
    values["requestTimeout"] = _milliseconds(fields.get("requestTimeout", ""))
    return {f"{prefix}{name[0].upper()}{name[1:]}": value for name, value in values.items()}


def _header_lines(answer: Answer) -> str:
    """The headers as a text, written as they usually are: their capitals mean nothing."""
    pairs = sorted(answer.headers.items())
    return "\n".join(f"{'-'.join(map(str.capitalize, name.split('-')))}: {value}" for name, value in pairs)


def _no_json(name: str) -> Json:
    """NaN and Infinity are no JSON, though the library reads them."""
    raise ValueError(name)


def _content(answer: Answer, *, is_json: bool) -> Json:
    """The body as JSON where the task wants it so; else its text."""
    text = answer.body.decode("utf-8", "replace")
    if not is_json:
        return text
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_no_json) if text else None
    except (ValueError, RecursionError):
        return text


def _headers(text: str) -> dict[str, str]:
    """The headers that a model gives, without those that are the client's own."""
    pairs = (line.partition(":") for line in text.splitlines() if ":" in line)
    found = {name.strip(): value.strip() for name, _, value in pairs}
    return {name: value for name, value in found.items() if name.lower() not in connections.NEVER_SET}


def _is_refused(fields: Mapping[str, str], status: int) -> bool:
    """Whether the task says that this status is a failure: `400, 5XX`. What it handles itself is none."""
    least = HTTPStatus.MULTIPLE_CHOICES if _is_true(fields, "disallowRedirects") else HTTPStatus.BAD_REQUEST
    handled, failing = (_is_among(fields.get(name, ""), status) for name in _CODES)
    return status >= least and failing and not handled


def _is_among(codes: str, status: int) -> bool:
    patterns = (one.strip().lower().replace("x", r"\d") for one in codes.split(","))
    return any(one and re.fullmatch(r"[\d\\d]+", one) and re.fullmatch(one, str(status)) for one in patterns)


def _is_true(fields: Mapping[str, str], name: str) -> bool:
    return fields.get(name, "").strip().lower() == "true"


def _timeout(text: str) -> float:
    """Milliseconds as Flowable has them; as usual where there are none."""
    return min(_milliseconds(text) / 1000, _TIMEOUT) or _TIMEOUT


def _milliseconds(text: str) -> int:
    """A whole number; 0 for anything else, and for what is beyond any time that one would wait."""
    return int(text) if text.isdecimal() and len(text) <= _MOST_DIGITS else 0


def _case_id(lease: Lease) -> int:
    if lease.case_id is None:
        raise TypeError(f"{lease.label} belongs to no case")
    return lease.case_id


def _item(lease: Lease) -> int:
    if lease.plan_item is None:
        raise TypeError(f"{lease.label} belongs to no plan item")
    return lease.plan_item
