"""Arithmetic (DMN 1.5, tables 55 to 59): what an operator does is found by the kinds of both sides."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from cases.feel import far, temporal
from cases.feel.far import AnyDate, AnyDateTime
from cases.feel.temporal import Months
from cases.feel.values.kinds import (
    DATE,
    DATETIME,
    DAYS,
    DECIMAL,
    MONTHS,
    NUMBER,
    STRING,
    TIME,
    WHOLE,
    Checked,
    decimal,
    finite,
    kind,
    whole,
)


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


def _day_plus(day: AnyDate, duration: timedelta) -> AnyDate:
    """Whole days on; what is left of the duration counts down to the day that it ends in."""
    return temporal.add_elapsed(far.midnight(day), duration).date()


def _months_times(duration: Months, factor: Checked) -> object:
    return _months(DECIMAL.multiply(Decimal(duration.months), decimal(factor)))


def _months_over(duration: Months, divisor: Checked) -> object:
    return _months(DECIMAL.divide(Decimal(duration.months), decimal(divisor)))


def _months(count: Decimal) -> Months | None:
    return Months(int(count)) if count.is_finite() and abs(count) < WHOLE else None


def _days_times(duration: timedelta, factor: Checked) -> object:
    return _days(DECIMAL.multiply(Decimal(temporal.microseconds(duration)), decimal(factor)))


def _days_over(duration: timedelta, divisor: Checked) -> object:
    return _days(DECIMAL.divide(Decimal(temporal.microseconds(duration)), decimal(divisor)))


def _days(count: Decimal) -> timedelta | None:
    return timedelta(microseconds=int(count)) if count.is_finite() and abs(count) < WHOLE else None


def _ratio(left: int, right: int) -> object:
    return finite(DECIMAL.divide(Decimal(left), Decimal(right)))


def _time_between(left: time, right: time) -> timedelta | None:
    if (left.tzinfo is None) != (right.tzinfo is None):
        return None
    return temporal.time_key(left) - temporal.time_key(right)


def _elapsed(left: AnyDate | AnyDateTime, right: AnyDate | AnyDateTime) -> timedelta | None:
    start, end = _as_moment(right, left), _as_moment(left, right)
    if (start.tzinfo is None) != (end.tzinfo is None):
        return None
    return far.between(temporal.datetime_key(start), temporal.datetime_key(end))


def _as_moment(value: Checked, other: Checked) -> AnyDateTime:
    """A date-time as it is; a date as midnight, without zone where the other has none."""
    if far.is_moment(value):
        return value  # type: ignore[no-any-return]  # a date-time, as just seen
    moment = far.midnight(value)
    plain = far.is_moment(other) and other.tzinfo is None
    return moment.replace(tzinfo=None) if plain else moment


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
