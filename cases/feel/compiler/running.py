"""What closures do while they run: read members, step, compare, call; and note why there is no value."""

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from cases.feel import ranges
from cases.feel.budget import Budget
from cases.feel.scope import Frame, Run, Scope, member
from cases.feel.syntax import Compare
from cases.feel.types import Type, coerce
from cases.feel.values import Invoke, Range, Truth, decimal, equal, kind, opposite, order

Code = Callable[[Frame], object]

_ORDERS: dict[Compare, Callable[[Any, Any], bool]] = {
    Compare.LT: operator.lt,
    Compare.LE: operator.le,
    Compare.GT: operator.gt,
    Compare.GE: operator.ge,
}


class NotIterable(Exception):
    """What is iterated over is null, or no list."""


def member_of(base: Code, name: str) -> Code:
    """Reads one member of what `base` gives."""

    def read(frame: Frame) -> object:
        value = base(frame)
        if value.__class__ is dict and name in value:
            return value[name]
        return member(value, name, frame.run)

    return read


def has_member(value: object, name: str) -> bool:
    """Whether a value has a member of this name at all."""
    return name in value if isinstance(value, Mapping) else member(value, name, Run(Scope())) is not None


def as_list(value: object) -> Sequence[object]:
    """A value where a list is wanted: null is an empty one."""
    if value is None:
        return ()
    return value if isinstance(value, list | tuple) else (value,)


def item_at(items: Sequence[object], place: object) -> object:
    """The item at this place, from 1, or from -1 backwards; null where there is none."""
    if kind(place) != "number":
        return None
    exact = decimal(place)  # type: ignore[arg-type]  # a number by its kind
    number = int(exact) if exact.is_finite() else 0
    if number == 0 or abs(number) > len(items):
        return None
    return items[number - 1] if number > 0 else items[number]


def items_of(source: object) -> Iterator[object] | Sequence[object]:
    """What one iterates over. Raises `NotIterable`."""
    if isinstance(source, list | tuple):
        return source
    if isinstance(source, Range):
        closed = source.low_included and source.high_included
        return steps_between(source.low if closed else None, source.high)
    if source is None:
        raise NotIterable
    return (source,)


def steps_between(start: object, end: object) -> Iterator[object]:
    """The whole numbers or days between two ends. Raises `NotIterable`."""
    found = ranges.steps(start, end)
    if found is None:
        raise NotIterable
    return found


def comparer(sign: Compare) -> Callable[[object, object, Budget], Truth]:
    """The function of a comparison operator."""
    if sign is Compare.EQ:
        return equal
    if sign is Compare.NE:
        return lambda left, right, budget: opposite(equal(left, right, budget))
    holds = _ORDERS[sign]
    return lambda left, right, _: order(left, right, holds)


def equals_text(left: Code, text: str) -> Code:
    """Compares with a text that is known: the commonest condition there is."""

    def holds(frame: Frame) -> object:
        value = left(frame)
        if value.__class__ is str:
            return value == text
        result = equal(value, text, frame.run)
        if result is None:
            note_pair(frame.run, "=", value, text)
        return result

    return holds


def passes(value: object, expected: object, budget: Budget) -> Truth:
    """Whether a value passes a test that is a value itself: equal to it, or in it."""
    if expected is None:
        return None  # a test without value is no test for null: only `null` as such is
    if isinstance(expected, Range):
        return ranges.contains(expected, value, budget)
    if not isinstance(expected, list | tuple):
        return equal(value, expected, budget)
    if isinstance(value, list | tuple) and equal(value, expected, budget) is True:
        return True
    budget.spend(len(expected))
    for one in expected:
        inside = ranges.contains(one, value, budget) if isinstance(one, Range) else equal(value, one, budget)
        if inside is True:
            return True
    return False


def nothing_passes(_frame: Frame, _value: object) -> Truth:
    """The test of a cell without tests."""
    return False


def in_texts(value: object, texts: frozenset[str]) -> Truth:
    """Whether what is no plain text is among texts."""
    if value is None:
        return False
    return str(value) in texts if isinstance(value, str) else None


def note_pair(run: Run, sign: str, left: object, right: object) -> None:
    """Remember that an operator has no value for two values."""
    if left is not None and right is not None:
        run.note(f"{kind(left)} {sign} {kind(right)} has no value")


def external_function(frame: Frame) -> object:
    """A function of Java or the like: nothing runs it."""
    frame.run.note("external functions are not run")
    return None


def invocation_of(frame: Frame, body: Code, parameters: Sequence[tuple[str, Type]]) -> Invoke:
    """What a call of a function does, in the frame where the function was made."""
    names = {name for name, _ in parameters}

    def invoke(run: Run, positional: Sequence[object], named: Mapping[str, object] | None) -> object:
        given = named if named is not None else dict(zip(names_in_order, positional, strict=False))
        if (named is None and len(positional) != len(parameters)) or given.keys() != names:
            run.note("a function is called with the wrong arguments")
            return None
        bound: dict[str, object] = {}
        for name, expected in parameters:
            value = coerce(given[name], expected)
            if value is None and given[name] is not None:
                run.note(f"{name} is not of its type")
                return None
            bound[name] = value
        return body(frame.called(bound, run))

    names_in_order = [name for name, _ in parameters]
    return invoke
