"""What is known of an expression before it runs: its constants, its texts, its weight."""

from collections.abc import Sequence

from cases.feel.syntax import (
    Arithmetic,
    Call,
    ExpressionTest,
    HalfInterval,
    Interval,
    Literal,
    Name,
    Negation,
    Node,
    Test,
    walk,
)

_FOLDED = frozenset(
    ("date", "time", "date and time", "duration", "years and months duration", "number", "string", "range")
)
_NODES_A_TICK = 16


def is_constant(node: Node) -> bool:
    """Whether a node has the same value always, and may be computed while compiling."""
    match node:
        case Literal():
            return True
        case Negation(operand=operand) | HalfInterval(operand=operand):
            return is_constant(operand)
        case Interval(low=low, high=high):
            return is_constant(low) and is_constant(high)
        case Arithmetic(first=first, rest=rest):
            return is_constant(first) and all(is_constant(operand) for _, operand in rest)
        case Call(function=Name(name=name), positional=positional, named=()):
            return name in _FOLDED and all(is_constant(argument) for argument in positional)
        case _:
            return False


def weight(body: Node) -> int:
    """The steps that one round of a loop takes."""
    return 1 + sum(1 for _ in walk(body)) // _NODES_A_TICK


def texts(tests: Sequence[Test]) -> frozenset[str] | None:
    """The texts, when all tests are texts to equal."""
    found = [
        test.expression.value
        if isinstance(test, ExpressionTest) and isinstance(test.expression, Literal)
        else None
        for test in tests
    ]
    return frozenset(map(str, found)) if all(isinstance(value, str) for value in found) else None
