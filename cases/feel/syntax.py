"""The nodes of the tree, a closed union (DMN 1.5, 10.3.1.2); each knows its place in the text."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias


class Compare(StrEnum):
    """The comparison operators."""

    EQ = "="
    NE = "!="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, a text, true, false, null, or a date, time or duration written with `@`."""

    value: object
    at: int


@dataclass(frozen=True, slots=True)
class Name:
    """A variable, or a function by its name. `?` is the value that a unary test is about.

    One between backticks is a variable only, whatever functions there are.
    """

    name: str
    at: int
    is_variable: bool = False


@dataclass(frozen=True, slots=True)
class Path:
    """`base.a.b`; a chain of names is one node."""

    base: "Node"
    names: tuple[str, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Filter:
    """`base[condition]`: a selection, or one item by its number."""

    base: "Node"
    condition: "Node"
    at: int


@dataclass(frozen=True, slots=True)
class Call:
    """`function(a, b)` or `function(name: a)`; one of the two tuples is empty."""

    function: "Node"
    positional: tuple["Node", ...]
    named: tuple[tuple[str, "Node"], ...]
    at: int


@dataclass(frozen=True, slots=True)
class ListOf:
    """`[a, b]`."""

    items: tuple["Node", ...]
    at: int


@dataclass(frozen=True, slots=True)
class ContextOf:
    """`{a: 1, b: a + 1}`: later entries see the earlier ones."""

    entries: tuple[tuple[str, "Node"], ...]
    at: int


@dataclass(frozen=True, slots=True)
class Interval:
    """`[low..high]`; a round or turned bracket leaves its end out."""

    low: "Node"
    high: "Node"
    low_included: bool
    high_included: bool
    at: int


@dataclass(frozen=True, slots=True)
class HalfInterval:
    """`(< 5)` as a value: all that compares so with the operand."""

    operator: Compare
    operand: "Node"
    at: int


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """A chain of operators of one strength: `a + b - c`, `a * b / c`, `a ** b`."""

    first: "Node"
    rest: tuple[tuple[str, "Node"], ...]
    at: int


@dataclass(frozen=True, slots=True)
class Negation:
    """`-a`."""

    operand: "Node"
    at: int


@dataclass(frozen=True, slots=True)
class And:
    """`a and b and c`."""

    operands: tuple["Node", ...]
    at: int


@dataclass(frozen=True, slots=True)
class Or:
    """`a or b or c`."""

    operands: tuple["Node", ...]
    at: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """`a < b` and its like."""

    operator: Compare
    left: "Node"
    right: "Node"
    at: int


@dataclass(frozen=True, slots=True)
class Between:
    """`a between low and high`."""

    value: "Node"
    low: "Node"
    high: "Node"
    at: int


@dataclass(frozen=True, slots=True)
class In:
    """`a in (test, test)`, or `a in test`."""

    value: "Node"
    tests: tuple["Test", ...]
    at: int


@dataclass(frozen=True, slots=True)
class InstanceOf:
    """`a instance of type`."""

    value: "Node"
    type: "TypeName"
    at: int


@dataclass(frozen=True, slots=True)
class If:
    """`if a then b else if c then d else e`; a chain of branches is one node."""

    branches: tuple[tuple["Node", "Node"], ...]
    otherwise: "Node"
    at: int


@dataclass(frozen=True, slots=True)
class Iteration:
    """`name in source`, or `name in source..end`."""

    name: str
    source: "Node"
    end: "Node | None"


@dataclass(frozen=True, slots=True)
class For:
    """`for x in a, y in b return c`."""

    iterations: tuple[Iteration, ...]
    body: "Node"
    at: int


@dataclass(frozen=True, slots=True)
class Some:
    """`some x in a satisfies b`."""

    iterations: tuple[Iteration, ...]
    body: "Node"
    at: int


@dataclass(frozen=True, slots=True)
class Every:
    """`every x in a satisfies b`."""

    iterations: tuple[Iteration, ...]
    body: "Node"
    at: int


@dataclass(frozen=True, slots=True)
class FunctionOf:
    """`function(a, b: number) a + b`; the body of an external function is None, and nothing runs it."""

    parameters: tuple[tuple[str, "TypeName | None"], ...]
    body: "Node | None"
    at: int


@dataclass(frozen=True, slots=True)
class OperatorTest:
    """`< 5` as a test."""

    operator: Compare
    operand: "Node"
    at: int


@dataclass(frozen=True, slots=True)
class ExpressionTest:
    """An expression as a test: a value to equal, a range or list to be in, or, with `?`, a condition."""

    expression: "Node"
    at: int


@dataclass(frozen=True, slots=True)
class Tests:
    """A cell: any of the tests, or none of them.

    A cell that takes anything (`-`) has no tests and is negated.
    """

    tests: tuple["Test", ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class TypeName:
    """A type as written: `number`, `list<number>`, `context<a: number>`, `function<number> -> string`."""

    name: str
    arguments: tuple["TypeName", ...] = ()
    fields: tuple[tuple[str, "TypeName"], ...] = ()
    result: "TypeName | None" = None


Test: TypeAlias = OperatorTest | ExpressionTest
Node: TypeAlias = (
    Literal | Name | Path | Filter | Call | ListOf | ContextOf | Interval | HalfInterval | Arithmetic
    | Negation | And | Or | Comparison | Between | In | InstanceOf | If | For | Some | Every | FunctionOf
)  # fmt: skip


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below, in the order of the text."""
    below: tuple[Node, ...] = _CHILDREN[type(node)](node)
    return below


def test_operand(test: Test) -> Node:
    """The expression in a test."""
    return test.operand if isinstance(test, OperatorTest) else test.expression


def sources(iterations: tuple[Iteration, ...]) -> Iterator[Node]:
    """What is iterated over."""
    for iteration in iterations:
        yield iteration.source
        if iteration.end is not None:
            yield iteration.end


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(reversed(children(current)))


_CHILDREN: dict[type, Any] = {
    Literal: lambda _: (),
    Name: lambda _: (),
    Path: lambda node: (node.base,),
    Filter: lambda node: (node.base, node.condition),
    Call: lambda node: (node.function, *node.positional, *(value for _, value in node.named)),
    ListOf: lambda node: node.items,
    ContextOf: lambda node: tuple(value for _, value in node.entries),
    Interval: lambda node: (node.low, node.high),
    HalfInterval: lambda node: (node.operand,),
    Arithmetic: lambda node: (node.first, *(operand for _, operand in node.rest)),
    Negation: lambda node: (node.operand,),
    And: lambda node: node.operands,
    Or: lambda node: node.operands,
    Comparison: lambda node: (node.left, node.right),
    Between: lambda node: (node.value, node.low, node.high),
    In: lambda node: (node.value, *(test_operand(test) for test in node.tests)),
    InstanceOf: lambda node: (node.value,),
    If: lambda node: (*(part for branch in node.branches for part in branch), node.otherwise),
    For: lambda node: (*sources(node.iterations), node.body),
    Some: lambda node: (*sources(node.iterations), node.body),
    Every: lambda node: (*sources(node.iterations), node.body),
    FunctionOf: lambda node: () if node.body is None else (node.body,),
}
