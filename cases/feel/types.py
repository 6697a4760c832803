"""FEEL's types: does a value conform, and what becomes of one that nearly does (DMN 1.5, 10.3.2.9)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from cases.feel import temporal
from cases.feel.syntax import TypeName
from cases.feel.values import (
    BOOLEAN,
    DATE,
    DATETIME,
    DAYS,
    FUNCTION,
    MONTHS,
    NUMBER,
    STRING,
    TIME,
    Function,
    Range,
    kind,
)


@dataclass(frozen=True, slots=True)
class Anything:
    """`Any`."""


@dataclass(frozen=True, slots=True)
class Simple:
    """A type without parts, by the name of its kind; `null` for `Null`."""

    kind: str


@dataclass(frozen=True, slots=True)
class ListType:
    """`list<item>`."""

    item: "Type"


@dataclass(frozen=True, slots=True)
class RangeType:
    """`range<end>`."""

    end: "Type"


@dataclass(frozen=True, slots=True)
class ContextType:
    """`context<field: type>`: more fields than these do no harm."""

    fields: Mapping[str, "Type"]


@dataclass(frozen=True, slots=True)
class FunctionType:
    """`function<parameter> -> result`; None where nothing is said of parameters."""

    parameters: tuple["Type", ...] | None
    result: "Type"


@dataclass(frozen=True, slots=True)
class Restricted:
    """A type of which only some values are allowed."""

    base: "Type"
    allows: Callable[[object], bool]


@dataclass(frozen=True, slots=True)
class Named:
    """A type that a model defines; found when it is needed, since types may speak of each other."""

    name: str
    find: Callable[[], "Type"]


@dataclass(frozen=True, slots=True)
class UnknownType:
    """A name that is no type; nothing conforms."""

    name: str


Type: TypeAlias = (
    Anything | Simple | ListType | RangeType | ContextType | FunctionType | Restricted | Named | UnknownType
)

ANY = Anything()
SIMPLE: dict[str, Type] = {
    "Any": ANY,
    "Null": Simple("null"),
    **{name: Simple(name) for name in (NUMBER, STRING, BOOLEAN, DATE, TIME, DATETIME, DAYS, MONTHS)},
}


def resolve(written: TypeName, known: Mapping[str, Type]) -> Type:
    """The type that is written in an expression; `known` are those of the model."""
    arguments = tuple(resolve(argument, known) for argument in written.arguments)
    match written.name:
        case "list":
            return ListType(arguments[0] if arguments else ANY)
        case "range":
            return RangeType(arguments[0]) if arguments else UnknownType("range")
        case "context":
            return ContextType({name: resolve(field, known) for name, field in written.fields})
        case "function" if written.result is not None:
            return FunctionType(arguments, resolve(written.result, known))
        case name:
            return known.get(name) or SIMPLE.get(name) or UnknownType(name)


def conforms(value: object, expected: Type) -> bool:
    """Whether a value is of a type; null is of every type."""
    if value is None:
        return not isinstance(expected, UnknownType)
    match expected:
        case Anything() | UnknownType():
            return isinstance(expected, Anything)
        case Simple(kind=name):
            return kind(value) == name
        case ListType(item=item):
            return isinstance(value, list | tuple) and all(conforms(one, item) for one in value)
        case RangeType(end=end):
            return isinstance(value, Range) and conforms(value.low, end) and conforms(value.high, end)
        case ContextType(fields=fields):
            return _conforms_context(value, fields)
        case FunctionType():
            return isinstance(value, Function)
        case Restricted(base=base, allows=allows):
            return conforms(value, base) and allows(value)
        case Named(find=find):
            return conforms(value, find())


def is_instance(value: object, expected: Type) -> bool:
    """`instance of`: null is of no type, and allowed values do not matter (DMN 1.5, 10.3.2.3.14)."""
    while isinstance(expected, Restricted | Named):
        expected = expected.base if isinstance(expected, Restricted) else expected.find()
    return value is not None and conforms(value, expected)


def coerce(value: object, expected: Type) -> object:
    """The value as this type: itself, out of or into a list of one, a date as a date-time.

    Null where it cannot be.
    """
    if value is None or conforms(value, expected):
        return value
    base = _base(expected)
    if isinstance(base, ListType):
        return [value] if not isinstance(value, list | tuple) and conforms([value], expected) else None
    if isinstance(value, list | tuple) and len(value) == 1:
        return value[0] if conforms(value[0], expected) else None
    if base == Simple(DATETIME) and kind(value) == DATE:
        day: Any = value
        return temporal.midnight_utc(day)
    return None


def describe(expected: Type) -> str:
    """The type in words, for a note."""
    match expected:
        case Simple(kind=name) | Named(name=name) | UnknownType(name=name):
            return name
        case ListType(item=item):
            return f"list of {describe(item)}"
        case RangeType():
            return "range"
        case ContextType():
            return "context"
        case FunctionType():
            return FUNCTION
        case Restricted(base=base):
            return f"{describe(base)} among the allowed values"
        case Anything():
            return "anything"


def _conforms_context(value: object, fields: Mapping[str, Type]) -> bool:
    if not isinstance(value, Mapping):
        return False
    return all(name in value and conforms(value[name], field) for name, field in fields.items())


def _base(expected: Type) -> Type:
    while isinstance(expected, Restricted | Named):
        expected = expected.base if isinstance(expected, Restricted) else expected.find()
    return expected
