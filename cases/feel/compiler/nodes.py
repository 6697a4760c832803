"""The nodes that are worth something by themselves: names, paths, texts, lists, operators, branches.

Each method gives the closure of one kind of node; the closures are total: whatever has no value is null, and
the reason is noted in the scope. Constants are folded once.
"""

import operator
from collections.abc import Mapping

from cases.feel import ranges
from cases.feel.builtins import FUNCTIONS
from cases.feel.compiler.constants import is_constant
from cases.feel.compiler.running import (
    Code,
    comparer,
    equals_text,
    member_of,
    note_pair,
)
from cases.feel.errors import FeelError
from cases.feel.scope import Frame, Run, Scope
from cases.feel.syntax import (
    And,
    Arithmetic,
    Between,
    Compare,
    Comparison,
    ContextOf,
    HalfInterval,
    If,
    InstanceOf,
    Interval,
    ListOf,
    Literal,
    Name,
    Negation,
    Node,
    Or,
    Path,
)
from cases.feel.types import Type, is_instance, resolve
from cases.feel.values import (
    Truth,
    add,
    both,
    divide,
    multiply,
    negate,
    order,
    power,
    subtract,
)

_ARITHMETIC = {"+": add, "-": subtract, "*": multiply, "/": divide, "**": power}


class NodeCompiler:
    """Compiles with the types of a model; which method is for which kind of node, `closure` knows."""

    def __init__(self, types: Mapping[str, Type]) -> None:
        self.types = types

    def code(self, node: Node) -> Code:
        """The closure of a node; of a constant, its value."""
        if not isinstance(node, Literal) and is_constant(node):
            value = self._folded(node)
            if value is not None:
                return lambda _: value
        return self.closure(node)

    def closure(self, node: Node) -> Code:
        """The closure of a node of any kind."""
        raise NotImplementedError

    def literal_code(self, node: Literal) -> Code:
        value = node.value
        return lambda _: value

    def name_code(self, node: Name) -> Code:
        name, builtin = node.name, None if node.is_variable else FUNCTIONS.get(node.name)
        if "." in name and not node.is_variable:
            return self._dotted_name(node)

        def read(frame: Frame) -> object:
            if frame.outer is not None:
                return frame.read(name, builtin)
            for layer in frame.layers:
                if name in layer:
                    return layer[name]
            if builtin is None:
                frame.run.note(f"nothing here is called {name}")
            return builtin

        return read

    def _dotted_name(self, node: Name) -> Code:
        """A name with dots that is known somewhere in the model, but here may be a path."""
        first, *names = (part.strip() for part in node.name.split("."))
        path = self.code(Path(Name(first, node.at), tuple(names), node.at))
        name = node.name
        return lambda frame: frame.read(name) if frame.has(name) else path(frame)

    def path_code(self, node: Path) -> Code:
        base = self.code(node.base)
        code = base
        for name in node.names:
            code = member_of(code, name)
        return code

    def list_code(self, node: ListOf) -> Code:
        items = [self.code(item) for item in node.items]
        size = len(items)

        def make(frame: Frame) -> object:
            frame.run.spend(size)
            return [item(frame) for item in items]

        return make

    def context_code(self, node: ContextOf) -> Code:
        entries = [(key, self.code(value)) for key, value in node.entries]

        def make(frame: Frame) -> object:
            made: dict[str, object] = {}
            frame.run.spend(len(entries))
            within = frame.within(made)
            for key, value in entries:
                made[key] = value(within)
            return made

        return make

    def interval_code(self, node: Interval) -> Code:
        low, high = self.code(node.low), self.code(node.high)
        return lambda frame: ranges.interval(
            low(frame), high(frame), low_included=node.low_included, high_included=node.high_included
        )

    def half_interval_code(self, node: HalfInterval) -> Code:
        operand, comparison = self.code(node.operand), node.operator
        return lambda frame: ranges.half_interval(comparison, operand(frame))

    def arithmetic_code(self, node: Arithmetic) -> Code:
        first = self.code(node.first)
        rest = [(sign, _ARITHMETIC[sign], self.code(operand)) for sign, operand in node.rest]

        def compute(frame: Frame) -> object:
            value = first(frame)
            for sign, apply, operand in rest:
                other = operand(frame)
                result = apply(value, other)
                if result is None:
                    note_pair(frame.run, sign, value, other)
                    return None
                if result.__class__ is str:
                    frame.run.spend_text(len(result))
                value = result
            return value

        return compute

    def negation_code(self, node: Negation) -> Code:
        operand = self.code(node.operand)
        return lambda frame: negate(operand(frame))

    def and_code(self, node: And) -> Code:
        operands = [self.code(operand) for operand in node.operands]

        def conjunction(frame: Frame) -> object:
            result: Truth = True
            for operand in operands:
                value = operand(frame)
                if value is False:
                    return False
                if value is not True:
                    result = None
            return result

        return conjunction

    def or_code(self, node: Or) -> Code:
        operands = [self.code(operand) for operand in node.operands]

        def disjunction(frame: Frame) -> object:
            result: Truth = False
            for operand in operands:
                value = operand(frame)
                if value is True:
                    return True
                if value is not False:
                    result = None
            return result

        return disjunction

    def comparison_code(self, node: Comparison) -> Code:
        left = self.code(node.left)
        if (
            node.operator is Compare.EQ
            and isinstance(node.right, Literal)
            and isinstance(node.right.value, str)
        ):
            return equals_text(left, node.right.value)
        right, compare, sign = self.code(node.right), comparer(node.operator), node.operator

        def holds(frame: Frame) -> object:
            one, other = left(frame), right(frame)
            result = compare(one, other, frame.run)
            if result is None:
                note_pair(frame.run, sign, one, other)
            return result

        return holds

    def between_code(self, node: Between) -> Code:
        value, low, high = self.code(node.value), self.code(node.low), self.code(node.high)

        def holds(frame: Frame) -> object:
            number = value(frame)
            above = order(low(frame), number, operator.le)
            return both(above, order(number, high(frame), operator.le))

        return holds

    def instance_code(self, node: InstanceOf) -> Code:
        value, expected = self.code(node.value), resolve(node.type, self.types)

        return lambda frame: is_instance(value(frame), expected)

    def if_code(self, node: If) -> Code:
        branches = [(self.code(condition), self.code(value)) for condition, value in node.branches]
        otherwise = self.code(node.otherwise)

        def choose(frame: Frame) -> object:
            for condition, value in branches:
                if condition(frame) is True:
                    return value(frame)
            return otherwise(frame)

        return choose

    def _folded(self, node: Node) -> object:
        try:
            return self.closure(node)(Run(Scope()).frame())
        except FeelError:
            return None
