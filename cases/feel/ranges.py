"""Ranges, and how two of them, or a point and one, lie to each other (DMN 1.5, 10.3.2.7 and table 78).

Every relation answers null where the ends have no order; a range with one open end reaches for ever.
"""

import operator
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from cases.feel.budget import Budget
from cases.feel.values import Checked, Range, Truth, add, both, decimal, either, equal, kind, order

_ITERABLE_END = 10**15


def interval(low: object, high: object, *, low_included: bool, high_included: bool) -> Range | None:
    """`[low..high]`; null when the ends have no order, or the wrong one."""
    if low is not None and high is not None and order(low, high, operator.le) is not True:
        return None
    return Range(low, high, low_included, high_included)


def half_interval(comparison: str, end: object) -> Range:
    """`(< 5)` and its like."""
    if comparison in ("=", "!="):
        return Range(end, end, comparison == "=", comparison == "=", half=comparison)
    if comparison in ("<", "<="):
        return Range(None, end, low_included=False, high_included=comparison == "<=", half=comparison)
    return Range(end, None, low_included=comparison == ">=", high_included=False, half=comparison)


def contains(span: Range, value: object, budget: Budget) -> Truth:
    """Whether a value lies in the range; null for null, and where a value and an end do not compare."""
    if value is None:
        return None
    if span.half in ("=", "!="):
        same = equal(value, span.low, budget)
        return same if span.half == "=" or same is None else not same
    if not span.half and (span.low is None or span.high is None):
        return None
    above = (
        True
        if span.low is None
        else order(span.low, value, operator.le if span.low_included else operator.lt)
    )
    below = (
        True
        if span.high is None
        else order(value, span.high, operator.le if span.high_included else operator.lt)
    )
    return both(above, below)


def steps(start: object, end: object) -> Iterator[object] | None:
    """The whole numbers, or the days, from one to the other, up or down; null where there are none.

    Whoever takes them spends a step on each.
    """
    if kind(start) == kind(end) == "number":
        return _whole_steps(start, end)
    if kind(start) == kind(end) == "date":
        return _day_steps(start, end)
    return None


def before(one: object, other: object, budget: Budget) -> Truth:
    """All of one lies before all of the other."""
    first, second = _as_range(one), _as_range(other)
    touching = equal(first.high, second.low, budget)
    apart = not (first.high_included and second.low_included)
    return either(_less(first.high, second.low), both(touching, apart))


def after(one: object, other: object, budget: Budget) -> Truth:
    """All of one lies after all of the other."""
    return before(other, one, budget)


def meets(one: Range, other: Range, budget: Budget) -> Truth:
    """One ends where the other begins."""
    return both(one.high_included and other.low_included, equal(one.high, other.low, budget))


def met_by(one: Range, other: Range, budget: Budget) -> Truth:
    """One begins where the other ends."""
    return meets(other, one, budget)


def overlaps(one: Range, other: Range, budget: Budget) -> Truth:
    """They share at least a point."""
    left = either(
        _less(other.low, one.high),
        _touch(one.high, other.low, one.high_included and other.low_included, budget),
    )
    right = either(
        _less(one.low, other.high),
        _touch(one.low, other.high, one.low_included and other.high_included, budget),
    )
    return both(left, right)


def overlaps_before(one: Range, other: Range, budget: Budget) -> Truth:
    """One begins before the other, and ends within it."""
    begins = either(
        _less(one.low, other.low),
        _touch(one.low, other.low, one.low_included and not other.low_included, budget),
    )
    reaches = either(
        _less(other.low, one.high),
        _touch(one.high, other.low, one.high_included and other.low_included, budget),
    )
    ends = either(
        _less(one.high, other.high),
        _touch(one.high, other.high, not one.high_included or other.high_included, budget),
    )
    return both(both(begins, reaches), ends)


def overlaps_after(one: Range, other: Range, budget: Budget) -> Truth:
    """One begins within the other, and ends after it."""
    begins = either(
        _less(other.low, one.low),
        _touch(other.low, one.low, other.low_included and not one.low_included, budget),
    )
    reaches = either(
        _less(one.low, other.high),
        _touch(one.low, other.high, one.low_included and other.high_included, budget),
    )
    ends = either(
        _less(other.high, one.high),
        _touch(other.high, one.high, not other.high_included or one.high_included, budget),
    )
    return both(both(begins, reaches), ends)


def starts(one: object, other: Range, budget: Budget) -> Truth:
    """A point is the first of a range; or a range begins with another and ends no later."""
    if not isinstance(one, Range):
        return both(other.low_included, equal(one, other.low, budget))
    same = both(one.low_included == other.low_included, equal(one.low, other.low, budget))
    ends = either(
        _less(one.high, other.high),
        _touch(one.high, other.high, not one.high_included or other.high_included, budget),
    )
    return both(same, ends)


def started_by(one: Range, other: object, budget: Budget) -> Truth:
    """The other starts this one."""
    return starts(other, one, budget)


def finishes(one: object, other: Range, budget: Budget) -> Truth:
    """A point is the last of a range; or a range ends with another and begins no earlier."""
    if not isinstance(one, Range):
        return both(other.high_included, equal(one, other.high, budget))
    same = both(one.high_included == other.high_included, equal(one.high, other.high, budget))
    begins = either(
        _less(other.low, one.low),
        _touch(one.low, other.low, not one.low_included or other.low_included, budget),
    )
    return both(same, begins)


def finished_by(one: Range, other: object, budget: Budget) -> Truth:
    """The other finishes this one."""
    return finishes(other, one, budget)


def includes(one: Range, other: object, budget: Budget) -> Truth:
    """All of the other lies in this one."""
    inner = _as_range(other)
    begins = either(
        _less(one.low, inner.low),
        _touch(one.low, inner.low, one.low_included or not inner.low_included, budget),
    )
    ends = either(
        _less(inner.high, one.high),
        _touch(inner.high, one.high, one.high_included or not inner.high_included, budget),
    )
    return both(begins, ends)


def during(one: object, other: Range, budget: Budget) -> Truth:
    """All of this one lies in the other."""
    return includes(other, one, budget)


def coincides(one: object, other: object, budget: Budget) -> Truth:
    """They are the same."""
    return equal(one, other, budget)


def _as_range(value: object) -> Range:
    return value if isinstance(value, Range) else Range(value, value, low_included=True, high_included=True)


def _less(left: object, right: object) -> Truth:
    return order(left, right, operator.lt)


def _touch(left: object, right: object, counts: Truth, budget: Budget) -> Truth:
    return both(equal(left, right, budget), counts)


def _whole_steps(start: Checked, end: Checked) -> Iterator[object] | None:
    first, last = decimal(start), decimal(end)
    if not all(
        end.is_finite() and abs(end) < _ITERABLE_END and end == end.to_integral_value()
        for end in (first, last)
    ):
        return None
    step = 1 if first <= last else -1
    return iter(range(int(first), int(last) + step, step))


def _day_steps(start: Checked, end: Checked) -> Iterator[object]:
    count = end.toordinal() - start.toordinal()
    step = 1 if count >= 0 else -1
    numbers = range(0, count + step, step)
    if isinstance(start, date) and isinstance(end, date):
        return (start + timedelta(days=number) for number in numbers)
    return (add(start, timedelta(days=number)) for number in numbers)


Relation = Callable[[Checked, Checked, Budget], Truth]
