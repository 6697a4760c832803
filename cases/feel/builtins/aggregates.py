"""Functions that make one value of a list (DMN 1.5, 10.3.4.4): sums, extremes, means, all and any."""

import operator
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from cases.feel.builtins.signature import Library
from cases.feel.scope import Run
from cases.feel.values import (
    DAYS,
    DECIMAL,
    MONTHS,
    NUMBER,
    Number,
    Truth,
    add,
    both,
    decimal,
    divide,
    either,
    finite,
    kind,
    multiply,
    order,
)

LIBRARY = Library()

_SUMMABLE = (NUMBER, DAYS, MONTHS)


@LIBRARY.gathering("min")
def _min(_run: Run, items: list[object]) -> object:
    return _extreme(items, operator.lt)


@LIBRARY.gathering("max")
def _max(_run: Run, items: list[object]) -> object:
    return _extreme(items, operator.gt)


@LIBRARY.gathering("sum")
def _sum(_run: Run, items: list[object]) -> object:
    return _total(items)


@LIBRARY.gathering("mean")
def _mean(_run: Run, items: list[object]) -> object:
    total = _total(items)
    return None if total is None else divide(total, len(items))


@LIBRARY.gathering("product")
def _product(_run: Run, items: list[object]) -> object:
    numbers = _numbers(items)
    if not numbers:
        return None
    result: object = 1
    for number in numbers:
        result = multiply(result, number)
    return result


@LIBRARY.gathering("median")
def _median(_run: Run, items: list[object]) -> object:
    numbers = _numbers(items)
    if not numbers:
        return None
    numbers.sort()
    middle = len(numbers) // 2
    return numbers[middle] if len(numbers) % 2 else divide(add(numbers[middle - 1], numbers[middle]), 2)


@LIBRARY.gathering("stddev")
def _stddev(_run: Run, items: list[object]) -> object:
    numbers = _numbers(items)
    if numbers is None or len(numbers) < 2:
        return None
    mean = DECIMAL.divide(_decimal_sum(numbers), Decimal(len(numbers)))
    squares = [DECIMAL.power(DECIMAL.subtract(decimal(number), mean), Decimal(2)) for number in numbers]
    return finite(DECIMAL.sqrt(DECIMAL.divide(_decimal_sum(squares), Decimal(len(numbers) - 1))))


@LIBRARY.gathering("mode")
def _mode(_run: Run, items: list[object]) -> object:
    numbers = _numbers(items)
    if numbers is None:
        return None
    counts: dict[Number, int] = {}
    for number in numbers:
        counts[number] = counts.get(number, 0) + 1
    most = max(counts.values(), default=0)
    return sorted(number for number, count in counts.items() if count == most)


@LIBRARY.gathering("all")
def _all(_run: Run, items: list[object]) -> object:
    result: Truth = True
    for item in items:
        result = both(result, item if isinstance(item, bool) else None)
    return result


@LIBRARY.gathering("any")
def _any(_run: Run, items: list[object]) -> object:
    result: Truth = False
    for item in items:
        result = either(result, item if isinstance(item, bool) else None)
    return result


def _extreme(items: Sequence[object], better: Callable[[Any, Any], bool]) -> object:
    best = items[0] if items else None
    if best is None or order(best, best, operator.le) is not True:
        return None
    for item in items[1:]:
        wins = order(item, best, better)
        if wins is None:
            return None
        if wins:
            best = item
    return best


def _total(items: Sequence[object]) -> object:
    if not items or kind(items[0]) not in _SUMMABLE:
        return None
    total = items[0]
    for item in items[1:]:
        total = add(total, item)
        if total is None:
            return None
    return total


def _numbers(items: Sequence[Any]) -> list[Number] | None:
    if any(kind(item) != NUMBER for item in items):
        return None
    return [decimal(item) if isinstance(item, float) else item for item in items]


def _decimal_sum(numbers: Sequence[Number]) -> Decimal:
    total = Decimal(0)
    for number in numbers:
        total = DECIMAL.add(total, decimal(number))
    return total
