"""One operation of a connection: what is sent for it, and what an answer to it means. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import msgspec
from jsonschema import Draft202012Validator
from referencing import Registry

from cases.caseapp.document import OperationSpec, StatusFault
from cases.cmmn.evaluation import NotComputed, json_of
from cases.feel import Expression, FeelError, Scope

CONTRACT = "CONTRACT"
"""The answer is not what the operation promises: neither a result, nor worth a second try."""

NOT_FOUND = "not_found"
"""The `result` by which an operation says that nothing had happened."""

Json = Any
"""A JSON value: what a service is told and answers has no type of ours."""

_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_KEY = "idempotencyKey"
_LONGEST_MESSAGE = 500
_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class NotCallable(Exception):
    """There can be no request: an expression of the app gives no data for these inputs."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent: the path below the address of the connection, and the body."""

    path: str
    body: bytes | None


@dataclass(frozen=True, slots=True)
class Completed:
    """The step has its result."""

    result: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Faulted:
    """The service answered, and its answer is a fault: no second try, no fallback.

    `heard` is what it said, for who looks at it.
    """

    code: str
    message: str
    status: int | None = None
    heard: Mapping[str, Json] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """The service will not do it, now or later: the fallback decides."""

    status: int

    @property
    def code(self) -> str:
        return f"HTTP_{self.status}"

    @property
    def message(self) -> str:
        return f"the service answered {self.status}"


Meaning = Completed | Faulted | Refused


def request(operation: OperationSpec, inputs: Mapping[str, Json], key: str) -> Request:
    """The request for these inputs; `key` fills `{idempotencyKey}` of the path. Raises NotCallable."""
    used: set[str] = set()

    def filled(match: re.Match[str]) -> str:
        name = match[1]
        if name == _KEY and name not in inputs:
            return quote(key, safe="")
        used.add(name)
        return quote(_as_text(inputs.get(name)), safe="")

    path = _PLACEHOLDER.sub(filled, operation.path)
    return Request(path, _body(operation, inputs, used))


def meaning(operation: OperationSpec, inputs: Mapping[str, Json], status: int, body: bytes) -> Meaning:
    """What an answer means: by its status where the operation says so, else by its contract."""
    special = operation.status.get(status)
    if isinstance(special, StatusFault):
        return Faulted(special.code, f"the service answered {status}", status)
    if special is None and not 200 <= status < 300:
        return Refused(status)
    try:
        value = _DECODER.decode(body) if body.strip() else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        if special is None:
            return Faulted(CONTRACT, "the answer is not JSON", status)
        value = None
    broken = "" if special is not None else _broken(operation.schema, value)
    if broken:
        return Faulted(CONTRACT, broken, status)
    expression = special if special is not None else operation.answer
    return _result(expression, {"status": status, "body": value, "inputs": dict(inputs)}, status)


def _as_text(value: Json) -> str:
    """A value as it stands in an address."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case Decimal():
            return format(value, "f")
        case int():
            return str(value)
    return _ENCODER.encode(value).decode()


def _body(operation: OperationSpec, inputs: Mapping[str, Json], used: set[str]) -> bytes | None:
    if operation.body is not None:
        try:
            return _ENCODER.encode(json_of(operation.body.evaluate(Scope(inputs))))
        except (FeelError, NotComputed) as error:
            raise NotCallable(f"the body cannot be made: {error}"[:_LONGEST_MESSAGE]) from None
    if operation.method == "GET":
        return None
    return _ENCODER.encode({name: value for name, value in inputs.items() if name not in used})


def _broken(schema: Mapping[str, Json] | None, body: Json) -> str:
    """How a body breaks its contract, without showing what it holds; empty when it does not."""
    if schema is None:
        return ""
    for error in Draft202012Validator(schema, registry=Registry()).iter_errors(body):
        where = "/".join(str(part) for part in error.absolute_path)
        return f"the answer breaks its contract at /{where}: {error.validator}"
    return ""


def _result(expression: Expression | None, scope: Mapping[str, Json], status: int) -> Completed | Faulted:
    try:
        value = scope["body"] if expression is None else json_of(expression.evaluate(Scope(scope)))
    except (FeelError, NotComputed) as error:
        return Faulted(CONTRACT, f"the answer cannot be read: {error}"[:_LONGEST_MESSAGE], status)
    if value is None:
        return Completed({})
    if not isinstance(value, Mapping):
        return Faulted(CONTRACT, "the answer is not a context", status)
    return Completed(value)
