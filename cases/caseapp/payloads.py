"""What a JSON Schema has to say about a payload, in codes for its sender (docs/reference/app-toml.md).

Every fault is found at once. What the schema does not describe is taken out, not refused.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from referencing import Registry

from cases.errors import Problem

DEEPEST = 64
MOST_KEYS = 10_000
_LONGEST_NUMBER = 34
_LARGEST_EXPONENT = 6_000
_CENTS = 2
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?", re.ASCII)
_ALLOWED_CONTROLS = frozenset("\t\n\r")

Json = Any
"""A JSON value: this module is a border, where anything may stand in a payload."""

_MESSAGES = {
    "REQUIRED": "This field is missing.",
    "TYPE": "This is another kind of value than the field takes.",
    "ENUM": "This is not one of the values that the field takes.",
    "DATE": "This is not a date of the calendar.",
    "CONTROL_CHARACTER": "The text contains a control character.",
    "PATTERN": "The text does not have the form of this field.",
    "DUPLICATE": "An entry of this list stands there twice.",
    "INVALID": "The value does not fit.",
    "DUPLICATE_KEY": "This key stands twice in one object.",
    "KEY": "The message has no key that tells it from others.",
    "UNKNOWN_KEY": "This key is not known here, and was left out.",
    "IN_FUTURE": "This lies in the future.",
    "DECIMAL": "This is not a plain decimal number.",
    "ISO4217": "This is not an upper-case currency code of ISO 4217.",
    "EMPTY": "The file is empty.",
    "BAD_NAME": "The name of the file is not safe.",
    "TOO_LARGE": "The file is too large.",
    "AMBIGUOUS_LOCAL_TIME": "This local time occurs twice on that day; the earlier one was taken.",
}
_NUMBERED = {
    "MIN": "The number must be at least {}.",
    "MAX": "The number must be at most {}.",
    "MIN_LENGTH": "The text must have at least {} characters.",
    "MAX_LENGTH": "The text must have at most {} characters.",
    "MIN_ITEMS": "The list must have at least {} entries.",
    "MAX_ITEMS": "The list must have at most {} entries.",
}
_CODES = {"type": "TYPE", "enum": "ENUM", "const": "ENUM", "format": "DATE", "pattern": "PATTERN"} | {
    "uniqueItems": "DUPLICATE"
}
_COUNTED = {
    "minimum": "MIN",
    "exclusiveMinimum": "MIN",
    "maximum": "MAX",
    "exclusiveMaximum": "MAX",
    "minLength": "MIN_LENGTH",
    "maxLength": "MAX_LENGTH",
    "minItems": "MIN_ITEMS",
    "maxItems": "MAX_ITEMS",
}
_BRANCHES = ("allOf", "anyOf", "oneOf")


@dataclass(frozen=True, slots=True)
class Instant:
    """An instant as it is kept, and whether its local time occurred twice."""

    text: str
    ambiguous: bool


def problem(code: str, field: str) -> Problem:
    """A fault of one field, with a sentence for people."""
    name, _, number = code.partition(" ")
    message = (
        _NUMBERED[name].format(number) if name in _NUMBERED else _MESSAGES.get(name, _MESSAGES["INVALID"])
    )
    return Problem(code=code, message=message, where=field)


def is_within_limits(payload: Json) -> bool:
    """Whether the payload is neither nested too deep nor made of too many keys (S32)."""
    keys, level = 0, [payload]
    for _ in range(DEEPEST):
        deeper: list[Json] = []
        for value in level:
            if isinstance(value, dict):
                keys += len(value)
                deeper.extend(value.values())
            elif isinstance(value, list):
                deeper.extend(value)
        if keys > MOST_KEYS or not deeper:
            return keys <= MOST_KEYS
        level = deeper
    return False


def repeated_keys(body: bytes) -> list[str]:
    """The keys that one object names twice: which of the two values counts, nobody could say.

    The body is JSON in UTF-8, within limits.
    """
    found: dict[str, None] = {}

    def look(pairs: list[tuple[str, Json]]) -> None:
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                found[name] = None
            seen.add(name)

    json.loads(body, object_pairs_hook=look, parse_int=str, parse_float=str)
    return list(found)


def known(schema: Mapping[str, Json], payload: Json) -> tuple[Json, list[Problem]]:
    """The payload without the keys that the schema does not describe, and a warning for each of those."""
    unknown: list[Problem] = []
    return _known(schema, [schema], payload, "", unknown), unknown


def faults(schema: Mapping[str, Json], payload: Json) -> list[Problem]:
    """Every fault of the payload, ordered by field, each once."""
    validator = Draft202012Validator(schema, format_checker=_FORMATS, registry=Registry())
    found = {pair for error in validator.iter_errors(payload) for pair in _pairs(error)}
    found |= {(path, code) for path, value in _leaves(payload, "") for code in _plain_faults(value)}
    return [problem(code, field) for field, code in sorted(found)]


def with_offset(text: str, zone: ZoneInfo) -> Instant:
    """An instant that says where: one without an offset gets that of the zone, and so does one in `Z`.

    Raises ValueError when the text is no instant.
    """
    if not _INSTANT.fullmatch(text):
        raise ValueError("not an instant")
    moment = datetime.fromisoformat(text)
    if text.endswith("Z"):
        return Instant(moment.astimezone(zone).isoformat(), ambiguous=False)
    if moment.tzinfo is not None:
        return Instant(text, ambiguous=False)
    first, second = (moment.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    # In the hour that is skipped both readings exist only on paper, and differ the other way round.
    twice = first.utcoffset() != second.utcoffset() and first.astimezone(UTC) < second.astimezone(UTC)
    return Instant(first.isoformat(), ambiguous=twice)


def at(payload: Json, path: str) -> Json:
    """What stands at a dotted path; None where nothing does."""
    for name in path.split("."):
        payload = payload.get(name) if isinstance(payload, dict) else None
    return payload


def put(payload: Json, path: str, value: Json) -> Json:
    """The payload with another value at a dotted path that exists."""
    name, _, rest = path.partition(".")
    return {**payload, name: put(payload[name], rest, value) if rest else value}


def touches(one: str, other: str) -> bool:
    """Whether two paths lie on one line: equal, or one within the other."""
    short, long = sorted((one, other), key=len)
    return long == short or long.startswith((f"{short}.", f"{short}["))


def _known(
    root: Mapping[str, Json], schemas: list[Json], value: Json, path: str, unknown: list[Problem]
) -> Json:
    """The value as far as one of the schemas describes it."""
    flat = [part for schema in schemas for part in _flat(root, schema)]
    if isinstance(value, list):
        items = [part["items"] for part in flat if isinstance(part.get("items"), dict)]
        return [_known(root, items, entry, f"{path}[{n}]", unknown) for n, entry in enumerate(value)]
    if not isinstance(value, dict) or not any("properties" in part for part in flat):
        return value
    kept = {}
    for name, inner in value.items():
        here = f"{path}.{name}" if path else name
        inside = [part["properties"][name] for part in flat if name in part.get("properties", {})]
        if inside:
            kept[name] = _known(root, inside, inner, here, unknown)
        elif any(_takes(part, name) for part in flat):
            kept[name] = inner
        else:
            unknown.append(problem("UNKNOWN_KEY", here))
    return kept


def _takes(schema: Mapping[str, Json], name: str) -> bool:
    """Whether an object schema takes keys that it does not name, this one among them."""
    if schema.get("additionalProperties", False) is not False or name in schema.get("required", ()):
        return True
    return any(re.search(pattern, name) for pattern in schema.get("patternProperties", {}))


def _flat(root: Mapping[str, Json], schema: Json, depth: int = 0) -> Iterator[Mapping[str, Json]]:
    """A schema and those that it is made of, references within the same document followed."""
    if not isinstance(schema, dict) or depth > DEEPEST:
        return
    yield schema
    target = schema.get("$ref")
    if isinstance(target, str) and target.startswith("#/"):
        yield from _flat(root, _pointed(root, target), depth + 1)
    parts = [part for branch in _BRANCHES for part in schema.get(branch, ())]
    for part in (*parts, schema.get("then"), schema.get("else")):
        yield from _flat(root, part, depth + 1)


def _pointed(root: Json, pointer: str) -> Json:
    for name in pointer.removeprefix("#/").split("/"):
        root = root.get(name.replace("~1", "/").replace("~0", "~")) if isinstance(root, dict) else None
    return root


def _pairs(error: ValidationError) -> Iterator[tuple[str, str]]:
    """Field and code of one finding; a missing field is named itself, not the object that misses it."""
    field = _path(error.absolute_path)
    instance: Json = error.instance
    wanted: Json = error.validator_value
    if error.validator in {"required", "dependentRequired"}:
        names = wanted if isinstance(wanted, list) else [name for names in wanted.values() for name in names]
        for name in names:
            if name not in instance:
                yield (f"{field}.{name}" if field else name), "REQUIRED"
        return
    own_code = isinstance(error.schema, dict) and "x-code" in error.schema
    if error.context and error.validator in _BRANCHES and not own_code:
        # Of several ways to be right, the one that came closest says best what is missing.
        closest = min(_by_branch(error.context).values(), key=len)
        for inner in closest:
            yield from _pairs(inner)
        return
    yield field, _code(error)


def _by_branch(errors: Sequence[ValidationError]) -> dict[object, list[ValidationError]]:
    branches: dict[object, list[ValidationError]] = {}
    for error in errors:
        branches.setdefault(error.schema_path[0], []).append(error)
    return branches


def _code(error: ValidationError) -> str:
    if isinstance(error.schema, dict) and "x-code" in error.schema:
        return str(error.schema["x-code"])
    keyword = str(error.validator)
    if keyword in _COUNTED:
        return f"{_COUNTED[keyword]} {error.validator_value}"
    return _CODES.get(keyword, "INVALID")


def _path(parts: Sequence[str | int]) -> str:
    text = ""
    for part in parts:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _leaves(value: Json, path: str) -> Iterator[tuple[str, Json]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            here = f"{path}.{name}" if path else name
            yield here, name
            yield from _leaves(inner, here)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _leaves(inner, f"{path}[{number}]")
    else:
        yield path, value


def _plain_faults(value: Json) -> Iterator[str]:
    """What is wrong with a text or a number in every field, whatever a schema says."""
    if isinstance(value, str):
        if any(unicodedata.category(char) == "Cc" and char not in _ALLOWED_CONTROLS for char in value):
            yield "CONTROL_CHARACTER"
    elif isinstance(value, Decimal):
        if len(value.as_tuple().digits) > _LONGEST_NUMBER or abs(value.adjusted()) > _LARGEST_EXPONENT:
            yield "TYPE"
    elif isinstance(value, int) and abs(value) >= 10**_LONGEST_NUMBER:
        yield "TYPE"


def _checked(parse: Callable[[str], object], form: re.Pattern[str]) -> Callable[[object], bool]:
    """A format that concerns texts alone."""

    def check(value: object) -> bool:
        if not isinstance(value, str):
            return True
        if not form.fullmatch(value):
            return False
        parse(value)
        return True

    return check


def _is_in_cents(value: object) -> bool:
    """A format that concerns numbers alone: `multipleOf` cannot divide what is very large."""
    if not isinstance(value, Decimal):
        return True
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        return False
    zeros = len(digits) - len("".join(map(str, digits)).rstrip("0"))
    return not any(digits) or exponent + zeros >= -_CENTS


_FORMATS = FormatChecker(formats=())
_FORMATS.checks("cents")(_is_in_cents)
_FORMATS.checks("date", raises=ValueError)(_checked(date.fromisoformat, _DATE))
_FORMATS.checks("date-time", raises=ValueError)(_checked(datetime.fromisoformat, _INSTANT))
