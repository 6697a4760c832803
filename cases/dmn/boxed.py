"""Boxed expressions (DMN 1.5, 10.2.2): contexts, lists, relations, invocations, functions, filters, loops."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from cases.dmn import tables
from cases.dmn.model import (
    Boxed,
    Conditional,
    Context,
    DecisionTable,
    Every,
    Filter,
    For,
    FunctionDefinition,
    Invocation,
    List,
    Literal,
    Relation,
    Some,
)
from cases.dmn.tables import Log
from cases.feel import ranges
from cases.feel.scope import Frame, Run
from cases.feel.types import ANY, Type, coerce, describe
from cases.feel.values import Function, Range, both, either, kind


def evaluate(boxed: Boxed, frame: Frame, log: Log) -> object:
    """The value of a boxed expression, as its `typeRef` wants it.

    Null, with a note, where it is not of that type.
    """
    handler: Callable[[Any, Frame, Log], object] = _HANDLERS[type(boxed)]
    value = handler(boxed, frame, log)
    if boxed.type is ANY or isinstance(boxed, FunctionDefinition):
        return value
    return fitted(value, boxed.type, "the expression", frame.run)


def fitted(value: object, expected: Type, what: str, run: Run) -> object:
    """The value as the type wants it; null, with a note, where it is not of that type."""
    found = coerce(value, expected)
    if found is None and value is not None:
        run.note(f"{what} is not of type {describe(expected)}")
    return found


def function_of(definition: FunctionDefinition, frame: Frame, log: Log, name: str = "") -> Function:
    """The function that is defined, in the frame where it is defined."""
    names = [parameter for parameter, _ in definition.parameters]

    def invoke(run: Run, positional: Sequence[object], named: Mapping[str, object] | None) -> object:
        given = dict(zip(names, positional, strict=False)) if named is None else named
        if (
            definition.body is None
            or (named is None and len(positional) != len(names))
            or set(given) - set(names)
        ):
            run.note(f"{name or 'a function'} cannot be called so")
            return None
        bound: dict[str, object] = {}
        for parameter, expected in definition.parameters:
            bound[parameter] = fitted(given.get(parameter), expected, parameter, run)
            if bound[parameter] is None and given.get(parameter) is not None:
                return None
        return evaluate(definition.body, frame.called(bound, run), log)

    return Function(name, names, invoke)


def _literal(boxed: Literal, frame: Frame, _log: Log) -> object:
    return None if boxed.expression is None else boxed.expression.evaluate_in(frame)


def _context(boxed: Context, frame: Frame, log: Log) -> object:
    made: dict[str, object] = {}
    within = frame.within(made)
    for entry in boxed.entries:
        value = evaluate(entry.value, within, log)
        if not entry.name:
            return value
        made[entry.name] = fitted(value, entry.type, entry.name, frame.run)
    return made


def _list(boxed: List, frame: Frame, log: Log) -> object:
    return [evaluate(item, frame, log) for item in boxed.items]


def _relation(boxed: Relation, frame: Frame, log: Log) -> object:
    return [
        {name: evaluate(cell, frame, log) for name, cell in zip(boxed.columns, row, strict=True)}
        for row in boxed.rows
    ]


def _invocation(boxed: Invocation, frame: Frame, log: Log) -> object:
    function = evaluate(boxed.function, frame, log)
    arguments = {name: evaluate(value, frame, log) for name, value in boxed.bindings}
    if not isinstance(function, Function):
        frame.run.note(f"a {kind(function)} cannot be called")
        return None
    frame.run.enter()
    value = function.invoke(frame.run, (), arguments)
    frame.run.leave()
    return value


def _function(boxed: FunctionDefinition, frame: Frame, log: Log) -> object:
    return function_of(boxed, frame, log)


def _conditional(boxed: Conditional, frame: Frame, log: Log) -> object:
    condition = evaluate(boxed.condition, frame, log)
    if condition is not None and not isinstance(condition, bool):
        frame.run.note("the condition is neither true nor false")
        return None
    return evaluate(boxed.then if condition else boxed.otherwise, frame, log)


def _filter(boxed: Filter, frame: Frame, log: Log) -> object:
    source = evaluate(boxed.source, frame, log)
    items: Any = source if isinstance(source, list) else [] if source is None else [source]
    chosen: list[object] = []
    for item in items:
        frame.run.spend()
        within = frame.within({"item": item})
        keep = evaluate(boxed.match, within.within(item) if isinstance(item, Mapping) else within, log)
        if keep is True:
            chosen.append(item)
        elif keep is not None and not isinstance(keep, bool):
            frame.run.note("a filter is neither true nor false")
            return None
    return chosen


def _for(boxed: For, frame: Frame, log: Log) -> object:
    made: list[object] = []
    items = _items(evaluate(boxed.source, frame, log))
    if items is None:
        return None
    for item in items:
        frame.run.spend()
        made.append(evaluate(boxed.body, frame.within({boxed.variable: item, "partial": made}), log))
    return made


def _some(boxed: Some, frame: Frame, log: Log) -> object:
    return _quantified(boxed, frame, log, either)


def _every(boxed: Every, frame: Frame, log: Log) -> object:
    return _quantified(boxed, frame, log, both)


def _quantified(
    boxed: Some | Every, frame: Frame, log: Log, combine: Callable[[bool | None, bool | None], bool | None]
) -> object:
    items = _items(evaluate(boxed.source, frame, log))
    if items is None:
        return None
    result: bool | None = isinstance(boxed, Every)
    for item in items:
        frame.run.spend()
        value = evaluate(boxed.body, frame.within({boxed.variable: item}), log)
        if value is not None and not isinstance(value, bool):
            frame.run.note("what should be satisfied is neither true nor false")
            return None
        result = combine(result, value)
    return result


def _items(source: object) -> Iterable[object] | None:
    if isinstance(source, list):
        return source
    if isinstance(source, Range):
        closed = source.low_included and source.high_included
        return ranges.steps(source.low, source.high) if closed else None
    return None if source is None else [source]


_HANDLERS: dict[type, Any] = {
    Literal: _literal,
    DecisionTable: tables.evaluate,
    Context: _context,
    List: _list,
    Relation: _relation,
    Invocation: _invocation,
    FunctionDefinition: _function,
    Conditional: _conditional,
    Filter: _filter,
    For: _for,
    Some: _some,
    Every: _every,
}
