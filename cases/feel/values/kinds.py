"""The kinds of values, numbers as such, and logic with three values (DMN 1.5, 10.3.2)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from types import NoneType
from typing import Any, TypeAlias

from cases.feel.far import FarDate, FarDateTime
from cases.feel.temporal import Months

NULL = "null"


BOOLEAN = "boolean"


NUMBER = "number"


STRING = "string"


DATE = "date"


TIME = "time"


DATETIME = "date and time"


DAYS = "days and time duration"


MONTHS = "years and months duration"


LIST = "list"


CONTEXT = "context"


RANGE = "range"


FUNCTION = "function"


UNKNOWN = "unknown"


DECIMAL = Context(prec=34, rounding=ROUND_HALF_EVEN, Emax=6144, Emin=-6143, traps=[])
"""decimal128, without exceptions: what overflows becomes infinite or not a number, and then null."""


WHOLE = 10**34
"""From here on a whole number is a decimal of 34 digits."""


Truth: TypeAlias = bool | None
"""True, false, or unknown."""


Number: TypeAlias = int | Decimal


Checked: TypeAlias = Any
"""A value whose kind the caller has looked at."""


Invoke: TypeAlias = Callable[[Checked, Sequence[object], Mapping[str, object] | None], object]
"""What a function does: (run, arguments by position, or arguments by name) -> value."""


@dataclass(frozen=True, slots=True)
class Range:
    """All between two ends. An end that is null is open, when `half` says so, and unknown otherwise."""

    low: object
    high: object
    low_included: bool
    high_included: bool
    half: str = ""
    """The operator, for a range like `(< 5)` that has one end only."""


class Function:
    """A built-in function, one that a model defines, or one that an expression makes."""

    __slots__ = ("invoke", "name", "parameters")

    def __init__(self, name: str, parameters: Sequence[str], invoke: Invoke) -> None:
        self.name = name
        self.parameters = tuple(parameters)
        self.invoke = invoke


def kind(value: object) -> str:
    """The kind of a value, as FEEL names it."""
    return _KINDS.get(value.__class__) or _kind_of_subclass(value)


def both(left: Truth, right: Truth) -> Truth:
    """`and` with three values."""
    if left is False or right is False:
        return False
    return True if left is True and right is True else None


def either(left: Truth, right: Truth) -> Truth:
    """`or` with three values."""
    if left is True or right is True:
        return True
    return False if left is False and right is False else None


def opposite(value: object) -> Truth:
    """`not` with three values."""
    return not value if value is True or value is False else None


def decimal(value: int | Decimal | float) -> Decimal:
    """A number as a decimal; a float by its shortest text, so that 0.1 is 0.1."""
    if value.__class__ is Decimal:
        return value
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


def whole(value: int) -> Number | None:
    """An int that FEEL's numbers can hold exactly; a larger one becomes a decimal of 34 digits."""
    return value if -WHOLE < value < WHOLE else finite(DECIMAL.create_decimal(value))


def finite(value: Decimal) -> Decimal | None:
    """The number, or null when it is none."""
    return value if value.is_finite() else None


def _kind_of_subclass(value: object) -> str:
    for known, name in _SUBCLASSES:
        if isinstance(value, known):
            return name
    return UNKNOWN


_KINDS: dict[type, str] = {
    NoneType: NULL,
    bool: BOOLEAN,
    int: NUMBER,
    Decimal: NUMBER,
    float: NUMBER,
    str: STRING,
    date: DATE,
    time: TIME,
    datetime: DATETIME,
    FarDate: DATE,
    FarDateTime: DATETIME,
    timedelta: DAYS,
    Months: MONTHS,
    list: LIST,
    tuple: LIST,
    dict: CONTEXT,
    Range: RANGE,
    Function: FUNCTION,
}


_SUBCLASSES: tuple[tuple[type, str], ...] = (
    (bool, BOOLEAN),
    (int, NUMBER),
    (Decimal, NUMBER),
    (float, NUMBER),
    (str, STRING),
    (datetime, DATETIME),
    (date, DATE),
    (time, TIME),
    (timedelta, DAYS),
    (Mapping, CONTEXT),
    (list, LIST),
    (tuple, LIST),
)
