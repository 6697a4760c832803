"""Functions of lists (DMN 1.5, 10.3.4.4): counted, cut, joined and sorted."""

import operator
from collections.abc import Callable, Iterator, Sequence
from functools import cmp_to_key
from typing import Any

from cases.feel.builtins.signature import Library
from cases.feel.scope import Run
from cases.feel.values import (
    Function,
    Number,
    equal,
    order,
)

LIBRARY = Library()


@LIBRARY.measured("list contains", "list: list", "element: any")
def _list_contains(run: Run, items: list[object], element: object) -> object:
    return any(equal(item, element, run) is True for item in items)


@LIBRARY.function("count", "list: list")
def _count(items: list[object]) -> object:
    return len(items)


@LIBRARY.function("sublist", "list: list", "start position: number", "length?: number")
def _sublist(items: list[object], start: Number, length: Number | None = None) -> object:
    place = _place(items, start)
    if place is None:
        return None
    if length is None:
        return items[place:]
    end = place + int(length)
    return items[place:end] if int(length) >= 1 and end <= len(items) else None


@LIBRARY.spreading("append", "list: list", "item: list")
def _append(_run: Run, items: list[object], more: list[object]) -> object:
    return [*items, *more]


@LIBRARY.gathering("concatenate")
def _concatenate(run: Run, lists: list[object]) -> object:
    return list(_joined(run, lists))


@LIBRARY.gathering("union")
def _union(run: Run, lists: list[object]) -> object:
    return _distinct(run, _joined(run, lists))


@LIBRARY.function("insert before", "list: list", "position: number", "newItem: any")
def _insert(items: list[object], position: Number, item: object) -> object:
    place = _place(items, position)
    return None if place is None else [*items[:place], item, *items[place:]]


@LIBRARY.function("remove", "list: list", "position: number")
def _remove(items: list[object], position: Number) -> object:
    place = _place(items, position)
    return None if place is None else [*items[:place], *items[place + 1 :]]


@LIBRARY.function("list replace", "list: list", "position: number", "newItem: any")
def _replace_at(items: list[object], position: Number, item: object) -> object:
    place = _place(items, position)
    return None if place is None else [*items[:place], item, *items[place + 1 :]]


@LIBRARY.measured("list replace", "list: list", "match: function", "newItem: any")
def _replace_matching(run: Run, items: list[object], match: Function, new: object) -> object:
    if len(match.parameters) != 2:
        return None
    replaced: list[object] = []
    for item in items:
        matches = _called(run, match, item, new)
        if not isinstance(matches, bool):
            return None
        replaced.append(new if matches else item)
    return replaced


@LIBRARY.function("reverse", "list: list")
def _reverse(items: list[object]) -> object:
    return list(reversed(items))


@LIBRARY.measured("index of", "list: list", "match: any")
def _index_of(run: Run, items: list[object], match: object) -> object:
    return [number for number, item in enumerate(items, 1) if equal(item, match, run) is True]


@LIBRARY.measured("distinct values", "list: list")
def _distinct_values(run: Run, items: list[object]) -> object:
    return _distinct(run, items)


@LIBRARY.measured("flatten", "list: list")
def _flatten(run: Run, items: list[object]) -> object:
    return list(_flat(run, items))


@LIBRARY.measured("sort", "list: list", "precedes?: function")
def _sort(run: Run, items: list[object], precedes: Function | None = None) -> object:
    run.spend(len(items) * max(1, len(items).bit_length()))

    def comes_first(one: object, other: object) -> bool:
        if precedes is not None:
            return _called(run, precedes, one, other) is True
        first = order(one, other, operator.lt)
        if first is None:
            raise ValueError("these have no order")
        return first

    return sorted(items, key=cmp_to_key(lambda one, other: _sign(comes_first, one, other)))


def _sign(comes_first: Callable[[object, object], bool], one: object, other: object) -> int:
    if comes_first(one, other):
        return -1
    return 1 if comes_first(other, one) else 0


def _called(run: Run, function: Function, *arguments: object) -> object:
    run.enter()
    result = function.invoke(run, arguments, None)
    run.leave()
    return result


def _place(items: Sequence[object], position: Number) -> int | None:
    number = int(position)
    if number == 0 or abs(number) > len(items):
        return None
    return number - 1 if number > 0 else len(items) + number


def _joined(run: Run, lists: Sequence[Any]) -> Iterator[object]:
    for items in lists:
        if isinstance(items, list | tuple):
            run.spend(len(items))
            yield from items
        elif items is None:
            raise ValueError("null is no list")
        else:
            yield items


def _distinct(run: Run, items: Iterator[object] | Sequence[object]) -> list[object]:
    found: list[object] = []
    seen: set[object] = set()
    for item in items:
        if isinstance(item, str):
            if item not in seen:
                seen.add(item)
                found.append(item)
            continue
        run.spend(len(found) // 10)
        if not any(equal(item, other, run) is True for other in found):
            found.append(item)
    return found


def _flat(run: Run, items: Sequence[Any]) -> Iterator[object]:
    for item in items:
        run.spend()
        if isinstance(item, list | tuple):
            yield from _flat(run, item)
        else:
            yield item
