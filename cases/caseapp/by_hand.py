"""An answer that a person gives in a service's place: what is asked for, and does it keep the contract. Pure.

The questions are drawn from the schema of the operation, and what was answered goes the way of every answer:
through that schema, and through the expression that makes a result of it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import msgspec
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry

from cases.caseapp import operations
from cases.caseapp.document import CaseApp, OperationSpec
from cases.caseapp.operations import Faulted, Json
from cases.cmmn.workmodel import FallbackOperation, ServiceTask
from cases.errors import Invalid, Problem

DOCUMENT = "document"
"""The one question where a contract names no fields: the whole answer, as JSON."""

OK = 200
_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_AMOUNT = "amount"
_YES_NO = {"true": True, "false": False}
_KINDS = ("boolean", "integer", "number", "string")


@dataclass(frozen=True, slots=True)
class Asked:
    """One question. `kind`: string, number, integer, boolean, choice, or json for what has parts."""

    name: str
    kind: str
    required: bool = False
    choices: tuple[str, ...] = ()
    least: str = ""
    most: str = ""


def operation_of(app: CaseApp, step: ServiceTask, way: int) -> OperationSpec | None:
    """The operation whose answer a failed step waits for; None where it is the engine's own."""
    connection, name = step.connection, step.operation
    fallback = step.fallbacks[way - 1] if 0 < way <= len(step.fallbacks) else None
    if isinstance(fallback, FallbackOperation):
        connection, name = fallback.connection, fallback.operation
    spec = app.connections.get(connection)
    return None if spec is None else spec.operations.get(name)


def moves_money(operation: OperationSpec | None, inputs: Mapping[str, Json]) -> bool:
    """Whether a step pays: its operation changes something outside, and is told an `amount`."""
    return operation is not None and not operation.read_only and inputs.get(_AMOUNT) is not None


def questions(operation: OperationSpec | None) -> tuple[Asked, ...]:
    """What must be answered in the service's place."""
    schema = (operation.schema if operation else None) or {}
    declared = schema.get("properties")
    properties = declared if isinstance(declared, Mapping) else {}
    wanted = schema.get("required")
    required = [str(name) for name in wanted] if isinstance(wanted, list | tuple) else []
    names = dict.fromkeys([*properties, *required, *_read(operation)])
    if not names:
        return (Asked(DOCUMENT, "json", required=True),)
    return tuple(_asked(name, properties.get(name), is_required=name in required) for name in names)


def result_of(
    operation: OperationSpec | None, inputs: Mapping[str, Json], given: Mapping[str, object]
) -> Mapping[str, Json]:
    """The result of an answer that was given by hand. Raises Invalid; each problem names its field."""
    if operation is None and DOCUMENT not in given:
        return dict(given)
    problems: list[Problem] = []
    body = _body(questions(operation), given, problems)
    schema = operation.schema if operation else None
    if schema is not None:
        known = {problem.where for problem in problems}
        found = Draft202012Validator(schema, registry=Registry()).iter_errors(body)
        problems += [one for one in map(_problem, found) if one.where not in known]
    if problems:
        raise Invalid(problems)
    if operation is None:
        return body
    meaning = operations.meaning(operation, inputs, OK, _ENCODER.encode(body))
    if isinstance(meaning, operations.Completed):
        return meaning.result
    message = meaning.message if isinstance(meaning, Faulted) else "This is no answer of the service."
    raise Invalid([Problem("CONTRACT", message, "answer")])


def _read(operation: OperationSpec | None) -> Iterator[str]:
    """The fields that the result is made of, though the schema may not name them."""
    if operation is None or operation.answer is None:
        return
    for path in sorted(operation.answer.names):
        if len(path) > 1 and path[0] == "body":
            yield path[1]


def _asked(name: str, declared: object, *, is_required: bool) -> Asked:
    schema = declared if isinstance(declared, Mapping) else {}
    values = schema.get("enum", [schema["const"]] if "const" in schema else None)
    if isinstance(values, list) and all(isinstance(value, str) for value in values):
        return Asked(name, "choice", is_required, choices=tuple(values))
    types = schema.get("type", "string")
    found = types if isinstance(types, list | tuple) else [types]
    kind = next((one for one in found if one in _KINDS), "json")
    least, most = schema.get("minimum", ""), schema.get("maximum", "")
    return Asked(name, kind, is_required, least=str(least), most=str(most))


def _body(asked: Iterable[Asked], given: Mapping[str, object], problems: list[Problem]) -> dict[str, Json]:
    """The answer as the service would give it. What is not asked for is taken as it is."""
    fields = {one.name: one for one in asked}
    body: dict[str, Json] = {}
    for name, value in given.items():
        one = fields.get(name)
        if one is None or not isinstance(value, str):
            body[name] = value
        elif value.strip():
            _put(body, one, value.strip(), problems)
    problems.extend(
        Problem("REQUIRED", "This must be answered.", one.name)
        for one in fields.values()
        if one.required and one.name not in body and one.name not in {problem.where for problem in problems}
    )
    whole = body.pop(DOCUMENT, None) if DOCUMENT in fields else None
    return {**body, **whole} if isinstance(whole, Mapping) else body


def _put(body: dict[str, Json], one: Asked, text: str, problems: list[Problem]) -> None:
    try:
        body[one.name] = _value(one, text)
    except (ValueError, KeyError, InvalidOperation, msgspec.DecodeError, RecursionError):
        words = {
            "number": "This is not a number.",
            "integer": "This is not a whole number.",
            "boolean": "Say yes or no.",
            "choice": "This is none of the choices.",
            "json": "This is not JSON.",
        }
        problems.append(Problem("FORMAT", words.get(one.kind, "This cannot be read."), one.name))


def _value(one: Asked, text: str) -> Json:
    """A text as the value that it means. Raises what a text that means none raises."""
    match one.kind:
        case "number":
            number = Decimal(text)
            if not number.is_finite():
                raise ValueError(text)
            return number
        case "integer":
            return int(text)
        case "boolean":
            return _YES_NO[text.lower()]
        case "json":
            value = _DECODER.decode(text.encode("utf-8", "replace"))
            if one.name == DOCUMENT and not isinstance(value, Mapping):
                raise ValueError(text)
            return value
        case "choice" if text not in one.choices:
            raise ValueError(text)
    return text


def _problem(error: ValidationError) -> Problem:
    """A breach of the contract in words, at the field that it concerns."""
    path = [str(part) for part in error.absolute_path]
    if error.validator == "required" and isinstance(error.instance, Mapping):
        wanted = error.validator_value if isinstance(error.validator_value, list) else []
        missing = [name for name in wanted if name not in error.instance]
        return Problem("REQUIRED", "This must be answered.", "/".join([*path, *missing[:1]]))
    limit = error.validator_value
    words = {
        "type": "This is of another kind than the service answers.",
        "minimum": f"This must be {limit} at least.",
        "exclusiveMinimum": f"This must be more than {limit}.",
        "maximum": f"This must be {limit} at most.",
        "exclusiveMaximum": f"This must be less than {limit}.",
        "enum": "This is none of the values that the service answers.",
        "const": f"This must be {limit}.",
        "pattern": "This has another form than the service answers.",
        "minLength": f"This must have {limit} characters at least.",
        "maxLength": f"This must have {limit} characters at most.",
    }
    message = words.get(str(error.validator), "This breaks the contract of the service.")
    return Problem("CONTRACT", message, "/".join(path) or "answer")
