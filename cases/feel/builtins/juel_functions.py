"""What the operators of Java's EL mean, and the functions that Flowable gives it.

Translated text reaches these functions by names that begin with `juel `. What Java's EL refuses to compute,
such as the order of a number and a word, raises, so that a condition counts as an incident; null has no
members, and they are null.
"""

import base64
import operator
from collections.abc import Mapping

from cases.feel.builtins.juel_values import (
    MOMENTS,
    Compare,
    contains,
    holds,
    moments,
    number_of,
    number_or_none,
    refused,
    text_of,
    truth_of,
    whole_of,
)
from cases.feel.builtins.signature import Library
from cases.feel.scope import Run, member
from cases.feel.values import DECIMAL, add, equal, finite, kind, subtract

LIBRARY = Library()

_SPANS = ("days and time duration", "years and months duration")
_TEMPORAL = (*MOMENTS, "time", *_SPANS)

# Operators (Jakarta Expression Language 3.0, 1.7 to 1.10 and 1.23).


@LIBRARY.function("juel truth", "value: any")
def _truth(value: object) -> object:
    """A value where true or false is wanted."""
    return truth_of(value)


@LIBRARY.measured("juel equal", "one: any", "other: any")
def _equal(run: Run, one: object, other: object) -> object:
    """`==`: null equals null alone, and of two kinds the second is made the first's; else they differ."""
    if one is None or other is None:
        return one is other
    kinds = kind(one), kind(other)
    if "number" in kinds:
        left, right = number_or_none(one), number_or_none(other)
        return left is not None and right is not None and left == right
    if "boolean" in kinds:
        return set(kinds) <= {"boolean", "string"} and truth_of(one) is truth_of(other)
    both = moments(one, other)
    if both is not None:
        return both[0] == both[1]
    if "string" in kinds:
        return text_of(run, one) == text_of(run, other)
    return equal(one, other, run) is True


@LIBRARY.measured("juel same", "one: any", "other: any")
def _same(run: Run, one: object, other: object) -> object:
    """Equality of Java's `equals`: numbers by amount, nothing else of two kinds."""
    if {kind(one), kind(other)} <= {"string", *MOMENTS} and kind(one) != kind(other):
        return _equal(run, one, other)
    return equal(one, other, run) is True


def _ordering(name: str, compare: Compare, *, of_nulls: bool) -> None:
    @LIBRARY.measured(name, "one: any", "other: any")
    def _ordered(run: Run, one: object, other: object) -> object:
        if one is None or other is None:
            return of_nulls and one is other
        return holds(run, one, other, compare)


_ordering("juel less", operator.lt, of_nulls=False)
_ordering("juel at most", operator.le, of_nulls=True)
_ordering("juel greater", operator.gt, of_nulls=False)
_ordering("juel at least", operator.ge, of_nulls=True)


@LIBRARY.gathering("juel plus")
def _add(run: Run, values: list[object]) -> object:
    """`+`: texts that are numbers count as such; where one is none, the texts are joined."""
    total: object = values[0]
    for value in values[1:]:
        total = _sum(run, total, value)
    return total


@LIBRARY.gathering("juel minus")
def _subtract(_run: Run, values: list[object]) -> object:
    total: object = values[0]
    for value in values[1:]:
        if kind(total) in _TEMPORAL:
            total = subtract(total, value)
        else:
            total = finite(DECIMAL.subtract(number_of(total), number_of(value)))
    return total


@LIBRARY.gathering("juel times")
def _multiply(_run: Run, values: list[object]) -> object:
    total = number_of(values[0])
    for value in values[1:]:
        total = DECIMAL.multiply(total, number_of(value))
    return finite(total)


@LIBRARY.gathering("juel over")
def _divide(_run: Run, values: list[object]) -> object:
    """`/`, which never cuts off: 1 / 2 is 0.5."""
    total = number_of(values[0])
    for value in values[1:]:
        divisor = number_of(value)
        if not divisor:
            raise refused("nothing can be divided by zero")
        total = DECIMAL.divide(total, divisor)
    return finite(total)


@LIBRARY.gathering("juel modulo")
def _modulo(_run: Run, values: list[object]) -> object:
    """`%`: the rest has the sign of what is divided."""
    total = number_of(values[0])
    for value in values[1:]:
        divisor = number_of(value)
        if not divisor:
            raise refused("nothing can be divided by zero")
        total = DECIMAL.remainder(total, divisor)
    return finite(total)


@LIBRARY.function("juel negative", "value: any")
def _negate(value: object) -> object:
    return finite(DECIMAL.minus(number_of(value)))


@LIBRARY.function("juel empty", "value: any")
def _empty(value: object) -> object:
    """`empty`: null, the empty text, a list or a map without entries."""
    return value is None or (isinstance(value, str | list | tuple | Mapping) and not value)


@LIBRARY.function("juel void", "value: any")
def _void(value: object) -> object:
    """`var:isEmpty`, which asks no map."""
    return value is None or (isinstance(value, str | list | tuple) and not value)


@LIBRARY.spreading("juel text", "first: any", "more: list")
def _text(run: Run, first: object, more: list[object]) -> object:
    """A text with values in it, null as nothing."""
    return "".join(text_of(run, value) for value in (first, *more))


@LIBRARY.measured("juel index", "value: any", "index: any")
def _index(run: Run, value: object, index: object) -> object:
    """`value[index]`: of a list, counted from 0; of anything else, the member of that name."""
    if value is None or index is None:
        return None
    if isinstance(value, list | tuple):
        place = whole_of(index)
        return value[place] if 0 <= place < len(value) else None
    if isinstance(value, str):
        return None
    return member(value, text_of(run, index), run)


# Functions of variables and of plan items.


@LIBRARY.function("juel variable", "value: any")
def _variable(value: object) -> object:
    """The value, unless it is an object that the engine offers: data are dicts, and those are not."""
    return None if isinstance(value, Mapping) and not isinstance(value, dict) else value


@LIBRARY.measured("juel contains all", "value: any", "wanted: list")
def _contains_all(run: Run, value: object, wanted: list[object]) -> object:
    return value is not None and all(contains(run, value, one) for one in wanted)


@LIBRARY.measured("juel contains any", "value: any", "wanted: list")
def _contains_any(run: Run, value: object, wanted: list[object]) -> object:
    return value is not None and any(contains(run, value, one) for one in wanted)


@LIBRARY.function("juel base64", "value: any")
def _base64(value: object) -> object:
    if value is not None and not isinstance(value, str):
        raise refused(f"a {kind(value)} has no base64 form")
    return None if value is None else base64.b64encode(value.encode()).decode()


@LIBRARY.measured("juel pick", "items: list", "member: string", "wanted: list")
def _pick(run: Run, items: list[object], name: str, wanted: list[object]) -> object:
    """The plan items whose member is one of the values."""
    return [item for item in items if contains(run, wanted, member(item, name, run))]


@LIBRARY.measured("juel items within", "items: list", "stage: any")
def _within(run: Run, items: list[object], stage: object) -> object:
    """The plan items of a stage and of the stages in it; without a stage, all."""
    if stage is None:
        return items
    inside = {stage}
    found: list[object] = []
    for item in items:  # a container always stands before what it contains
        run.spend()
        if member(item, "stage", run) in inside:
            inside.add(member(item, "id", run))
            found.append(item)
    return found


def _sum(run: Run, one: object, other: object) -> object:
    if kind(one) in _TEMPORAL and kind(other) in _SPANS:
        return add(one, other)
    left, right = number_or_none(one), number_or_none(other)
    if left is not None and right is not None:
        return finite(DECIMAL.add(left, right))
    if isinstance(one, str) or isinstance(other, str):
        return text_of(run, one) + text_of(run, other)
    raise refused(f"{kind(one)} + {kind(other)} has no value")
