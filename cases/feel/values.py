"""Values: their kinds, equality, order, three-valued logic and arithmetic of 34 digits (DMN 1.5, 10.3.2).

Whatever cannot be computed is null, here as in the language; nothing in this file raises but a blown budget.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from types import NoneType
from typing import Any, TypeAlias

from cases.feel import temporal
from cases.feel.budget import Budget
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

_WHOLE = 10**34
_QUOTE = '"'
_ORDERED = frozenset((NUMBER, STRING, DATE, TIME, DATETIME, DAYS, MONTHS))

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

    __slots__ = ("invoke", "name", "parameters", "signature")

    def __init__(
        self, name: str, parameters: Sequence[str], invoke: Invoke, signature: object | None = None
    ) -> None:
        self.name = name
        self.parameters = tuple(parameters)
        self.invoke = invoke
        self.signature = signature


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


def equal(left: object, right: object, budget: Budget) -> Truth:
    """Equality (DMN 1.5, 10.3.2.13): null equals null alone.

    Values of two kinds do not compare, which is null.
    """
    if left is None or right is None:
        return left is right
    if left.__class__ is right.__class__ and left.__class__ in _PLAIN:
        return left == right
    shared = kind(left)
    if shared != kind(right):
        return None
    compare = _EQUALITY.get(shared)
    return left == right if compare is None else compare(left, right, budget)


def order(left: object, right: object, holds: Callable[[Checked, Checked], bool]) -> Truth:
    """Whether `holds` (less than, ...) is true of two values; null where they have no order."""
    if left.__class__ is int and right.__class__ is int:
        return holds(left, right)
    shared = kind(left)
    if shared not in _ORDERED or shared != kind(right):
        return None
    key = _KEYS.get(shared)
    if key is None:
        return holds(left, right)
    first, second = key(left), key(right)
    return None if first is None or second is None or first[0] != second[0] else holds(first[1], second[1])


def add(left: object, right: object) -> object:
    """`+` (DMN 1.5, tables 55 to 57)."""
    if left.__class__ is int and right.__class__ is int:
        return whole(left + right)
    return _apply(_ADD, DECIMAL.add, left, right)


def subtract(left: object, right: object) -> object:
    """`-`."""
    if left.__class__ is int and right.__class__ is int:
        return whole(left - right)
    return _apply(_SUBTRACT, DECIMAL.subtract, left, right)


def multiply(left: object, right: object) -> object:
    """`*`."""
    if left.__class__ is int and right.__class__ is int:
        return whole(left * right)
    return _apply(_MULTIPLY, DECIMAL.multiply, left, right)


def divide(left: object, right: object) -> object:
    """`/`; division by nothing is null."""
    return _apply(_DIVIDE, DECIMAL.divide, left, right)


def power(left: object, right: object) -> object:
    """`**`."""
    return _apply({}, DECIMAL.power, left, right)


def negate(value: object) -> object:
    """`-` before a value."""
    if value.__class__ is int:
        return -value
    match kind(value):
        case "number":
            return finite(DECIMAL.minus(decimal(value)))  # type: ignore[arg-type]  # a number by its kind
        case "days and time duration" | "years and months duration":
            return multiply(value, -1)
        case _:
            return None


def whole(value: int) -> Number | None:
    """An int that FEEL's numbers can hold exactly; a larger one becomes a decimal of 34 digits."""
    return value if -_WHOLE < value < _WHOLE else finite(DECIMAL.create_decimal(value))


def finite(value: Decimal) -> Decimal | None:
    """The number, or null when it is none."""
    return value if value.is_finite() else None


def write_number(value: int | Decimal | float) -> str:
    """The text of a number, without exponent."""
    if value.__class__ is int:
        return str(value)
    number = decimal(value)
    if not number.is_finite():
        return "null"
    if number == number.to_integral_value() and number.adjusted() < 40:
        return format(number.to_integral_value(), "f") if number else "0"
    return format(number.normalize(DECIMAL), "f")


def write(value: object, budget: Budget, *, quote: str = "") -> str:
    """The text of any value, as `string` gives it; texts within lists and contexts are quoted."""
    budget.spend()
    match kind(value):
        case "null":
            return "null"
        case "boolean":
            return "true" if value else "false"
        case "number":
            return write_number(value)  # type: ignore[arg-type]  # a number by its kind
        case "string":
            text = str(value)
            budget.spend_text(len(text))
            escaped = text.replace("\\", "\\\\").replace('"', '\\"') if quote else text
            return f"{quote}{escaped}{quote}"
        case "list" | "context" | "range":
            text = _write_compound(value, budget)
            budget.spend_text(len(text))
            return text
        case "function" | "unknown":
            return "function"
        case _:
            return temporal.write(value)  # type: ignore[arg-type]  # what is left are dates, times and durations


def _write_compound(value: object, budget: Budget) -> str:
    if isinstance(value, Range):
        if value.half:
            end = value.high if value.low is None else value.low
            return f"({value.half} {write(end, budget, quote=_QUOTE)})"
        low, high = (write(end, budget, quote=_QUOTE) for end in (value.low, value.high))
        return f"{'[' if value.low_included else '('}{low}..{high}{']' if value.high_included else ')'}"
    if isinstance(value, Mapping):
        entries = (f"{_write_key(key)}: {write(entry, budget, quote=_QUOTE)}" for key, entry in value.items())
        return "{" + ", ".join(entries) + "}"
    items: Checked = value
    return "[" + ", ".join(write(item, budget, quote=_QUOTE) for item in items) + "]"


def _write_key(key: str) -> str:
    plain = key.replace(" ", "").replace("_", "")
    if plain.isalnum() and not key[0].isdigit() and not key[0].isspace():
        return key
    return '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _kind_of_subclass(value: object) -> str:
    for known, name in _SUBCLASSES:
        if isinstance(value, known):
            return name
    return UNKNOWN


def _same_list(left: Checked, right: Checked, budget: Budget) -> Truth:
    budget.spend(len(left))
    if len(left) != len(right):
        return False
    for one, other in zip(left, right, strict=True):
        same = equal(one, other, budget)
        if same is not True:
            return same
    return True


def _same_context(left: Checked, right: Checked, budget: Budget) -> Truth:
    budget.spend(len(left))
    if left.keys() != right.keys():
        return False
    for key in left:
        same = equal(left[key], right[key], budget)
        if same is not True:
            return same
    return True


def _same_range(left: Range, right: Range, budget: Budget) -> Truth:
    sides = (left.low_included, left.high_included, left.half)
    if sides != (right.low_included, right.high_included, right.half):
        return False
    return both(equal(left.low, right.low, budget), equal(left.high, right.high, budget))


def _same_moment(left: Checked, right: Checked, _budget: Budget) -> Truth:
    first, second = _KEYS[kind(left)](left), _KEYS[kind(right)](right)
    return first == second


def _same_number(left: Checked, right: Checked, _budget: Budget) -> Truth:
    return decimal(left) == decimal(right)


def _never(_left: Checked, _right: Checked, _budget: Budget) -> Truth:
    return None


def _number_key(value: Checked) -> tuple[bool, Decimal] | None:
    number = decimal(value)
    return None if number.is_nan() else (True, number)


def _time_key(value: Checked) -> tuple[bool, object]:
    return value.tzinfo is None, temporal.time_key(value)


def _datetime_key(value: Checked) -> tuple[bool, object]:
    return value.tzinfo is None, temporal.datetime_key(value)


def _apply(
    table: Mapping[tuple[str, str], Callable[[Checked, Checked], object]],
    numbers: Callable[[Decimal, Decimal], Decimal],
    left: Checked,
    right: Checked,
) -> object:
    kinds = kind(left), kind(right)
    if kinds == (NUMBER, NUMBER):
        return finite(numbers(decimal(left), decimal(right)))
    compute = table.get(kinds)
    if compute is None:
        return None
    try:
        return compute(left, right)
    except (OverflowError, ValueError, ArithmeticError):
        return None


def _swapped(compute: Callable[[Checked, Checked], object]) -> Callable[[Checked, Checked], object]:
    return lambda left, right: compute(right, left)


def _time_plus(moment: time, duration: timedelta) -> time:
    day = datetime.combine(date(2000, 1, 1), moment.replace(tzinfo=None))
    return (day + duration).time().replace(tzinfo=moment.tzinfo)


def _day_plus(day: date, duration: timedelta) -> date:
    return (datetime(day.year, day.month, day.day, tzinfo=UTC) + duration).date()


def _months_times(duration: Months, factor: Checked) -> object:
    return _months(DECIMAL.multiply(Decimal(duration.months), decimal(factor)))


def _months_over(duration: Months, divisor: Checked) -> object:
    return _months(DECIMAL.divide(Decimal(duration.months), decimal(divisor)))


def _months(count: Decimal) -> Months | None:
    return Months(int(count)) if count.is_finite() and abs(count) < _WHOLE else None


def _days_times(duration: timedelta, factor: Checked) -> object:
    return _days(DECIMAL.multiply(Decimal(temporal.microseconds(duration)), decimal(factor)))


def _days_over(duration: timedelta, divisor: Checked) -> object:
    return _days(DECIMAL.divide(Decimal(temporal.microseconds(duration)), decimal(divisor)))


def _days(count: Decimal) -> timedelta | None:
    return timedelta(microseconds=int(count)) if count.is_finite() and abs(count) < _WHOLE else None


def _ratio(left: int, right: int) -> object:
    return finite(DECIMAL.divide(Decimal(left), Decimal(right)))


def _time_between(left: time, right: time) -> timedelta | None:
    if (left.tzinfo is None) != (right.tzinfo is None):
        return None
    return temporal.time_key(left) - temporal.time_key(right)


def _elapsed(left: date, right: date) -> timedelta | None:
    start = right if isinstance(right, datetime) else _as_moment(right, left)
    end = left if isinstance(left, datetime) else _as_moment(left, right)
    if (start.tzinfo is None) != (end.tzinfo is None):
        return None
    return temporal.datetime_key(end) - temporal.datetime_key(start)


def _as_moment(day: date, other: date) -> datetime:
    moment = temporal.midnight_utc(day)
    plain = isinstance(other, datetime) and other.tzinfo is None
    return moment.replace(tzinfo=None) if plain else moment


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
_PLAIN = frozenset((bool, int, str, Decimal, date, timedelta, Months))
_KEYS: dict[str, Callable[[Checked], tuple[bool, Checked] | None]] = {
    NUMBER: _number_key,
    TIME: _time_key,
    DATETIME: _datetime_key,
}
_EQUALITY: dict[str, Callable[[Checked, Checked, Budget], Truth]] = {
    NUMBER: _same_number,
    TIME: _same_moment,
    DATETIME: _same_moment,
    LIST: _same_list,
    CONTEXT: _same_context,
    RANGE: _same_range,
    FUNCTION: _never,
    UNKNOWN: _never,
}
_ADD: dict[tuple[str, str], Callable[[Checked, Checked], object]] = {
    (STRING, STRING): lambda left, right: left + right,
    (DATETIME, DAYS): temporal.add_elapsed,
    (DATE, DAYS): _day_plus,
    (TIME, DAYS): _time_plus,
    (DAYS, DAYS): lambda left, right: left + right,
    (DATETIME, MONTHS): lambda left, right: temporal.add_months(left, right.months),
    (DATE, MONTHS): lambda left, right: temporal.add_months(left, right.months),
    (MONTHS, MONTHS): lambda left, right: Months(left.months + right.months),
}
_ADD |= {
    (second, first): _swapped(compute)
    for (first, second), compute in _ADD.items()
    if first != second
}  # fmt: skip
_SUBTRACT: dict[tuple[str, str], Callable[[Checked, Checked], object]] = {
    (DATETIME, DAYS): lambda left, right: temporal.add_elapsed(left, -right),
    (DATE, DAYS): lambda left, right: _day_plus(left, -right),
    (TIME, DAYS): lambda left, right: _time_plus(left, -right),
    (DAYS, DAYS): lambda left, right: left - right,
    (DATETIME, MONTHS): lambda left, right: temporal.add_months(left, -right.months),
    (DATE, MONTHS): lambda left, right: temporal.add_months(left, -right.months),
    (MONTHS, MONTHS): lambda left, right: Months(left.months - right.months),
    (TIME, TIME): _time_between,
    (DATETIME, DATETIME): _elapsed,
    (DATETIME, DATE): _elapsed,
    (DATE, DATETIME): _elapsed,
    (DATE, DATE): _elapsed,
}
_MULTIPLY: dict[tuple[str, str], Callable[[Checked, Checked], object]] = {
    (DAYS, NUMBER): _days_times,
    (NUMBER, DAYS): _swapped(_days_times),
    (MONTHS, NUMBER): _months_times,
    (NUMBER, MONTHS): _swapped(_months_times),
}
_DIVIDE: dict[tuple[str, str], Callable[[Checked, Checked], object]] = {
    (DAYS, NUMBER): _days_over,
    (MONTHS, NUMBER): _months_over,
    (DAYS, DAYS): lambda left, right: _ratio(temporal.microseconds(left), temporal.microseconds(right)),
    (MONTHS, MONTHS): lambda left, right: _ratio(left.months, right.months),
}
