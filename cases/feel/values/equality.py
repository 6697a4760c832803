"""Equality and order of values (DMN 1.5, 10.3.2.13): what does not compare gives null."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

from cases.feel import temporal
from cases.feel.budget import Budget
from cases.feel.temporal import Months
from cases.feel.values.kinds import (
    CONTEXT,
    DATE,
    DATETIME,
    DAYS,
    FUNCTION,
    LIST,
    MONTHS,
    NUMBER,
    RANGE,
    STRING,
    TIME,
    UNKNOWN,
    Checked,
    Range,
    Truth,
    both,
    decimal,
    kind,
)

_ORDERED = frozenset((NUMBER, STRING, DATE, TIME, DATETIME, DAYS, MONTHS))


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
    one, other = decimal(left), decimal(right)
    return False if one.is_nan() or other.is_nan() else one == other


def _never(_left: Checked, _right: Checked, _budget: Budget) -> Truth:
    return None


def _number_key(value: Checked) -> tuple[bool, Decimal] | None:
    number = decimal(value)
    return None if number.is_nan() else (True, number)


def _time_key(value: Checked) -> tuple[bool, object]:
    return value.tzinfo is None, temporal.time_key(value)


def _datetime_key(value: Checked) -> tuple[bool, object]:
    return value.tzinfo is None, temporal.datetime_key(value)


_PLAIN = frozenset((bool, int, str, date, timedelta, Months))


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
