"""A table by samples: which pieces of its inputs each rule covers.

For each column the samples are the values that its cells name, one between any two neighbours and one beyond
either end; within such a piece all values go the same way. A table with a cell that computes has no grid.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cmp_to_key
from itertools import pairwise
from operator import lt

from cases.dmn.model import DecisionTable
from cases.feel import Scope, UnaryTests
from cases.feel.budget import Budget
from cases.feel.syntax import HalfInterval, Interval, ListOf, Literal, Negation, test_operand, walk
from cases.feel.values import NUMBER, add, divide, kind, negate, order, write

_PLAIN = (Literal, Negation, Interval, HalfInterval, ListOf)
_OTHER = "anything else"
_MAX_STEPS = 20_000


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of a piece of a column; no gap is reported for what is not ordinary (null, other texts)."""

    value: object
    ordinary: bool = True


@dataclass(frozen=True, slots=True)
class Grid:
    """A table by its samples: for each rule and column, the samples that pass, as bits."""

    columns: tuple[tuple[Sample, ...], ...]
    rules: tuple[tuple[int, ...], ...]


def grid_of(table: DecisionTable) -> Grid | None:
    """The table by its samples, or None when a cell computes."""
    cells = [tests for rule in table.rules for tests in rule.tests if tests is not None]
    if not all(_is_plain(tests) for tests in cells):
        return None
    columns = tuple(_samples(table, place) for place in range(len(table.inputs)))
    rules = tuple(
        tuple(
            _mask(tests is None or tests.evaluate(Scope(), sample.value) for sample in column)
            for tests, column in zip(rule.tests, columns, strict=True)
        )
        for rule in table.rules
    )
    return Grid(columns, rules)


def ordinary(grid: Grid) -> list[int]:
    """Of every column, the samples for which there should be a rule."""
    return [_mask(sample.ordinary for sample in column) for column in grid.columns]


def first_of(masks: Sequence[int]) -> tuple[int, ...]:
    """The first place within these masks."""
    return tuple((mask & -mask).bit_length() - 1 for mask in masks)


def uncovered(grid: Grid, within: Sequence[int], rules: Sequence[int]) -> tuple[int, ...] | None:
    """A place within the masks that none of the rules covers; None when there is none, or it is too far."""
    seen: set[tuple[int, tuple[int, ...]]] = set()
    waiting: list[tuple[tuple[int, ...], tuple[int, ...]]] = [((), tuple(rules))]
    while waiting and len(seen) < _MAX_STEPS:
        place, left = waiting.pop()
        column = len(place)
        if not left:
            return (*place, *first_of(within[column:]))
        if (column, left) in seen or any(_covers(grid.rules[rule], within, column) for rule in left):
            continue
        seen.add((column, left))
        for number in reversed(list(_bits(within[column]))):
            further = tuple(rule for rule in left if grid.rules[rule][column] >> number & 1)
            waiting.append(((*place, number), further))
    return None


def describe(table: DecisionTable, grid: Grid, place: Sequence[int]) -> str:
    """A place in words, by the columns that matter: `severity = 3`."""
    parts = []
    for column, clause in enumerate(table.inputs):
        samples = grid.columns[column]
        whole = (1 << len(samples)) - 1
        if any(rule[column] != whole for rule in grid.rules):
            parts.append(f"{clause.label} = {write(samples[place[column]].value, Budget())}")
    return ", ".join(parts) or "any input"


def _covers(rule: Sequence[int], within: Sequence[int], column: int) -> bool:
    return all(not mask & ~rule[place] for place, mask in enumerate(within) if place >= column)


def _samples(table: DecisionTable, place: int) -> tuple[Sample, ...]:
    clause = table.inputs[place]
    cells = [clause.allowed, *(rule.tests[place] for rule in table.rules)]
    values = [value for tests in cells if tests is not None for value in _constants(tests)]
    texts = sorted({value for value in values if isinstance(value, str)})
    samples = [Sample(value) for value in _numbers(values)] + [Sample(text) for text in texts]
    if any(isinstance(value, bool) for value in values):
        samples += [Sample(value=answer) for answer in (True, False)]
    if clause.allowed is not None:
        samples = [Sample(one.value, clause.allowed.evaluate(Scope(), one.value)) for one in samples]
    elif texts or not samples:
        samples.append(Sample(_OTHER, ordinary=not samples))
    return (*samples, Sample(None, ordinary=False))


def _numbers(values: Sequence[object]) -> Iterator[object]:
    """The numbers that are named, one between any two, and one beyond either end."""
    found = [value for value in values if kind(value) == NUMBER]
    ordered: list[object] = []
    for value in sorted(found, key=cmp_to_key(lambda one, other: -1 if order(one, other, lt) else 1)):
        if not ordered or order(ordered[-1], value, lt):
            ordered.append(value)
    if ordered:
        yield add(ordered[0], -1)
        yield from ordered
        yield from (divide(add(one, other), 2) for one, other in pairwise(ordered))
        yield add(ordered[-1], 1)


def _constants(tests: UnaryTests) -> Iterator[object]:
    for test in tests.tree.tests:
        for node in walk(test_operand(test)):
            if isinstance(node, Literal):
                yield node.value
                yield negate(node.value)


def _is_plain(tests: UnaryTests) -> bool:
    return all(isinstance(node, _PLAIN) for test in tests.tree.tests for node in walk(test_operand(test)))


def _mask(passing: Iterable[bool]) -> int:
    return sum(1 << number for number, passes in enumerate(passing) if passes)


def _bits(mask: int) -> Iterator[int]:
    return (number for number in range(mask.bit_length()) if mask >> number & 1)
