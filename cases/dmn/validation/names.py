"""What the expressions of a model speak of: names that nothing has, parts that are always null."""

from collections.abc import Iterator

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
from cases.errors import Problem
from cases.feel.lint import examine, examine_tests
from cases.feel.names import StaticPath


def examined(boxed: Boxed, known: frozenset[str]) -> Iterator[Problem]:
    """Names that nothing has, and parts that are always null, in an expression and all below it."""
    paths = [(name,) for name in known] + [tuple(name.split(".")) for name in known if "." in name]
    match boxed:
        case Literal(expression=expression):
            if expression is not None:
                yield from examine(expression.tree, paths)
        case DecisionTable():
            yield from _of_table(boxed, paths)
        case _:
            for below, own in _below(boxed, known):
                yield from examined(below, own)


def _of_table(table: DecisionTable, paths: list[StaticPath]) -> Iterator[Problem]:
    for clause in table.inputs:
        yield from examine(clause.expression.tree, paths)
    for rule in table.rules:
        for tests in rule.tests:
            if tests is not None:
                yield from examine_tests(tests.tree, paths)
        for cell in rule.outputs:
            if cell is not None:
                yield from examine(cell.tree, paths)


def tables_of(boxed: Boxed) -> Iterator[DecisionTable]:
    """The tables in an expression."""
    if isinstance(boxed, DecisionTable):
        yield boxed
        return
    for below, _ in _below(boxed, frozenset()):
        yield from tables_of(below)


def _below(boxed: Boxed, known: frozenset[str]) -> Iterator[tuple[Boxed, frozenset[str]]]:
    """The expressions directly below, each with the names that it sees."""
    match boxed:
        case Context(entries=entries):
            for entry in entries:
                itself = {entry.name} if isinstance(entry.value, FunctionDefinition) else set()
                yield entry.value, known | itself
                known = known | {entry.name}
        case FunctionDefinition(parameters=parameters, body=body) if body is not None:
            yield body, known | {name for name, _ in parameters}
        case For(variable=variable, source=source, body=body):
            yield from ((source, known), (body, known | {variable, "partial"}))
        case (
            Some(variable=variable, source=source, body=body)
            | Every(variable=variable, source=source, body=body)
        ):
            yield from ((source, known), (body, known | {variable}))
        case _:
            yield from ((below, known) for below in _parts(boxed))


def _parts(boxed: Boxed) -> tuple[Boxed, ...]:
    match boxed:
        case List(items=items):
            return items
        case Relation(rows=rows):
            return tuple(cell for row in rows for cell in row)
        case Invocation(function=function, bindings=bindings):
            return (function, *(value for _, value in bindings))
        case Conditional(condition=condition, then=then, otherwise=otherwise):
            return condition, then, otherwise
        case Filter(source=source):
            return (source,)
        case _:
            return ()
