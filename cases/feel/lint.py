"""What an author should know of an expression that is no error: unknown names, always null, time alone."""

from collections.abc import Callable, Iterable, Iterator

from cases.errors import Problem
from cases.feel.builtins import FUNCTIONS, NAMES
from cases.feel.names import StaticPath, paths_of_tests, paths_read, reads_clock
from cases.feel.scope import Run, Scope
from cases.feel.syntax import (
    Arithmetic,
    Call,
    Compare,
    Comparison,
    Literal,
    Name,
    Node,
    Tests,
    test_operand,
    walk,
)
from cases.feel.values import kind

_MAKERS = ("date", "time", "date and time", "duration")
_EQUALITY = (Compare.EQ, Compare.NE)


def examine(tree: Node, known: Iterable[StaticPath]) -> list[Problem]:
    """What is to be said of an expression, where these paths are known.

    A path is known when it leads to a known one, or goes on from one: nothing is said of what lies below.
    """
    problems = [*_unknown(paths_read(tree, NAMES), known), *_always_null(tree)]
    if reads_clock(tree) and not paths_read(tree, NAMES):
        problems.append(Problem("FEEL-TIME", "changes with time alone: no change of data makes it true"))
    return problems


def examine_tests(tests: Tests, known: Iterable[StaticPath]) -> list[Problem]:
    """What is to be said of the cell of a table, where these paths are known."""
    nulls = (problem for test in tests.tests for problem in _always_null(test_operand(test)))
    return [*_unknown(paths_of_tests(tests, NAMES), known), *nulls]


def _unknown(paths: Iterable[StaticPath], known: Iterable[StaticPath]) -> Iterator[Problem]:
    """FEEL-NAME: nothing has this name, so it is null for ever."""
    all_known = tuple(known)
    for path in sorted(paths):
        if not any(path[: len(other)] == other[: len(path)] for other in all_known):
            name = ".".join(path)
            yield Problem("FEEL-NAME", f"nothing here is called {name}", where=name)


def _always_null(tree: Node) -> Iterator[Problem]:
    """FEEL-NULL: a part that has no value, whatever the data."""
    for node in walk(tree):
        for says in _CHECKS:
            reason = says(node)
            if reason:
                yield Problem("FEEL-NULL", f"is always null: {reason}")


def _compares_kinds(node: Node) -> str:
    match node:
        case Comparison(left=Literal(value=left), right=Literal(value=right)) if kind(left) != kind(right):
            null_is_meant = node.operator in _EQUALITY and (left is None or right is None)
            return "" if null_is_meant else f"{kind(left)} {node.operator} {kind(right)}"
        case _:
            return ""


def _orders_null(node: Node) -> str:
    match node:
        case Comparison(operator=operator, right=Literal(value=None)) if operator not in _EQUALITY:
            return f"{operator} null"
        case _:
            return ""


def _counts_with_null(node: Node) -> str:
    operands = (node.first, *(operand for _, operand in node.rest)) if isinstance(node, Arithmetic) else ()
    nothing = any(isinstance(operand, Literal) and operand.value is None for operand in operands)
    return "it counts with null" if nothing else ""


def _is_no_date(node: Node) -> str:
    match node:
        case Call(function=Name(name=name), positional=(Literal(value=str(text)),)) if name in _MAKERS:
            found = FUNCTIONS[name].invoke(Run(Scope()), [text], None)
            return f'"{text}" is no {name}' if found is None else ""
        case _:
            return ""


_CHECKS: tuple[Callable[[Node], str], ...] = (_compares_kinds, _orders_null, _counts_with_null, _is_no_date)
