"""Tree -> closures: each node becomes one small Python function of the frame; constants are folded once.

The closures are total: whatever has no value is null, and the reason is noted in the scope.
"""

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from cases.feel import ranges
from cases.feel.builtins import FUNCTIONS, IS_DEFINED
from cases.feel.compiler.constants import is_constant, texts, weight
from cases.feel.compiler.running import (
    Code,
    NotIterable,
    as_list,
    comparer,
    equals_text,
    external_function,
    has_member,
    in_texts,
    invocation_of,
    item_at,
    items_of,
    member_of,
    note_pair,
    nothing_passes,
    passes,
    steps_between,
)
from cases.feel.errors import FeelError
from cases.feel.names import uses_value
from cases.feel.scope import Frame, Run, Scope
from cases.feel.syntax import (
    And,
    Arithmetic,
    Between,
    Call,
    Compare,
    Comparison,
    ContextOf,
    Every,
    Filter,
    For,
    FunctionOf,
    HalfInterval,
    If,
    In,
    InstanceOf,
    Interval,
    Iteration,
    ListOf,
    Literal,
    Name,
    Negation,
    Node,
    OperatorTest,
    Or,
    Path,
    Some,
    Test,
    Tests,
)
from cases.feel.types import ANY, Type, is_instance, resolve
from cases.feel.values import (
    Function,
    Truth,
    add,
    both,
    divide,
    either,
    kind,
    multiply,
    negate,
    opposite,
    order,
    power,
    subtract,
)

TestCode = Callable[[Frame, object], Truth]

_ARITHMETIC = {"+": add, "-": subtract, "*": multiply, "/": divide, "**": power}


def compile_tree(tree: Node, types: Mapping[str, Type]) -> Code:
    """The closure of an expression; `types` are those of the model, for `instance of` and parameters."""
    return _Compiler(types).code(tree)


def compile_tests(tests: Tests, types: Mapping[str, Type]) -> TestCode:
    """The closure of a cell: (frame, value) -> whether the value passes."""
    return _Compiler(types).tests(tests)


class _Compiler:
    def __init__(self, types: Mapping[str, Type]) -> None:
        self._types = types

    def code(self, node: Node) -> Code:
        if not isinstance(node, Literal) and is_constant(node):
            value = self._folded(node)
            if value is not None:
                return lambda _: value
        compile_kind: Callable[[_Compiler, Any], Code] = _KINDS[type(node)]
        return compile_kind(self, node)

    def tests(self, tests: Tests) -> TestCode:
        passes = self._any_test(tests.tests) if tests.tests else nothing_passes
        if not tests.negated:
            return passes
        return lambda frame, value: opposite(passes(frame, value))

    # ---- names and paths

    def literal_code(self, node: Literal) -> Code:
        value = node.value
        return lambda _: value

    def name_code(self, node: Name) -> Code:
        name, builtin = node.name, FUNCTIONS.get(node.name)
        if "." in name:
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

    def filter_code(self, node: Filter) -> Code:
        base, condition = self.code(node.base), self.code(node.condition)
        cost = weight(node.condition)
        if isinstance(node.condition, Literal) and node.condition.value.__class__ is int:
            return lambda frame: item_at(as_list(base(frame)), node.condition.value)  # type: ignore[union-attr]

        def select(frame: Frame) -> object:
            items = as_list(base(frame))
            if not items:
                return None if kind(condition(frame)) == "number" else []
            chosen: list[object] = []
            for item in items:
                frame.run.spend(cost)
                within = frame.within({"item": item})
                keep = condition(within.within(item) if isinstance(item, Mapping) else within)
                if keep is True:
                    chosen.append(item)
                elif keep is not None and keep is not False:
                    return item_at(items, keep)
            return chosen

        return select

    # ---- values that are made

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

    def function_code(self, node: FunctionOf) -> Code:
        if node.body is None:
            return external_function
        body = self.code(node.body)
        parameters = [
            (name, ANY if written is None else resolve(written, self._types))
            for name, written in node.parameters
        ]
        names = [name for name, _ in parameters]
        return lambda frame: Function("", names, invocation_of(frame, body, parameters))

    # ---- operators

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

    def in_code(self, node: In) -> Code:
        value, passes = self.code(node.value), self._any_test(node.tests)
        return lambda frame: passes(frame, value(frame))

    def instance_code(self, node: InstanceOf) -> Code:
        value, expected = self.code(node.value), resolve(node.type, self._types)

        return lambda frame: is_instance(value(frame), expected)

    # ---- control

    def if_code(self, node: If) -> Code:
        branches = [(self.code(condition), self.code(value)) for condition, value in node.branches]
        otherwise = self.code(node.otherwise)

        def choose(frame: Frame) -> object:
            for condition, value in branches:
                if condition(frame) is True:
                    return value(frame)
            return otherwise(frame)

        return choose

    def for_code(self, node: For) -> Code:
        rounds, body = self._rounds(node.iterations, weight(node.body)), self.code(node.body)

        def collect(frame: Frame) -> object:
            made: list[object] = []
            try:
                for within in rounds(frame.within({"partial": made})):
                    made.append(body(within))  # noqa: PERF401 - `partial` shows what is made so far
            except NotIterable:
                return None
            return made

        return collect

    def some_code(self, node: Some) -> Code:
        return self._quantified(node, either)

    def every_code(self, node: Every) -> Code:
        return self._quantified(node, both)

    def _quantified(self, node: Some | Every, combine: Callable[[Truth, Truth], Truth]) -> Code:
        rounds, body = self._rounds(node.iterations, weight(node.body)), self.code(node.body)

        def decide(frame: Frame) -> object:
            result: Truth = isinstance(node, Every)
            try:
                for within in rounds(frame):
                    value = body(within)
                    result = combine(result, value if isinstance(value, bool) else None)
            except NotIterable:
                return None
            return result

        return decide

    def _rounds(self, iterations: Sequence[Iteration], cost: int) -> Callable[[Frame], Iterator[Frame]]:
        first, *others = iterations
        source = self.code(first.source)
        end = None if first.end is None else self.code(first.end)
        deeper = self._rounds(others, cost) if others else None
        name = first.name

        def rounds(frame: Frame) -> Iterator[Frame]:
            run, start = frame.run, source(frame)
            for item in items_of(start) if end is None else steps_between(start, end(frame)):
                run.spend(cost)
                within = frame.within({name: item})
                if deeper is None:
                    yield within
                else:
                    yield from deeper(within)

        return rounds

    def call_code(self, node: Call) -> Code:
        if isinstance(node.function, Name) and node.function.name == IS_DEFINED and len(node.positional) == 1:
            return self._is_defined(node.positional[0])
        positional = [self.code(argument) for argument in node.positional]
        named = [(name, self.code(argument)) for name, argument in node.named]
        function = self._callee(node.function)

        def call(frame: Frame) -> object:
            callee = function(frame)
            run = frame.run
            if not isinstance(callee, Function):
                run.note(f"a {kind(callee)} cannot be called")
                return None
            arguments = [argument(frame) for argument in positional]
            by_name = {name: argument(frame) for name, argument in named} if named else None
            run.enter()
            result = callee.invoke(run, arguments, by_name)
            run.leave()
            return result

        return call

    def _callee(self, node: Node) -> Code:
        """A name of the scope hides the built-in function of the same name only if it is a function, too."""
        read = self.code(node)
        builtin = FUNCTIONS.get(node.name) if isinstance(node, Name) else None
        if builtin is None:
            return read

        def find(frame: Frame) -> object:
            found = read(frame)
            return found if isinstance(found, Function) else builtin

        return find

    def _is_defined(self, node: Node) -> Code:
        match node:
            case Name(name=name):
                return lambda frame: frame.has(name)
            case Path(base=base, names=(*before, last)):
                holder = self.code(Path(base, tuple(before), node.at) if before else base)
                return lambda frame: has_member(holder(frame), last)
            case _:
                value = self.code(node)
                return lambda frame: value(frame) is not None

    # ---- tests

    def _any_test(self, tests: Sequence[Test]) -> TestCode:
        listed = texts(tests)
        if listed is not None:
            return lambda _, value: value in listed if value.__class__ is str else in_texts(value, listed)
        codes = [self._test(test) for test in tests]
        if len(codes) == 1:
            return codes[0]

        def any_passes(frame: Frame, value: object) -> Truth:
            result: Truth = False
            for code in codes:
                found = code(frame, value)
                if found is True:
                    return True
                if found is None:
                    result = None
            return result

        return any_passes

    def _test(self, test: Test) -> TestCode:
        if isinstance(test, OperatorTest):
            operand, compare = self.code(test.operand), comparer(test.operator)
            return lambda frame, value: compare(value, operand(frame), frame.run)
        if test.expression.__class__ is Literal and test.expression.value is None:
            return lambda _, value: value is None
        if not uses_value(test.expression):
            expected = self.code(test.expression)
            return lambda frame, value: passes(value, expected(frame), frame.run)
        condition = self.code(test.expression)

        def holds(frame: Frame, value: object) -> Truth:
            found = condition(frame.within({"?": value}))
            return found if found is None or isinstance(found, bool) else passes(value, found, frame.run)

        return holds

    def _folded(self, node: Node) -> object:
        compile_kind: Callable[[_Compiler, Any], Code] = _KINDS[type(node)]
        try:
            return compile_kind(_Compiler(self._types), node)(Run(Scope()).frame())
        except FeelError:
            return None


_KINDS: dict[type, Any] = {
    Literal: _Compiler.literal_code,
    Name: _Compiler.name_code,
    Path: _Compiler.path_code,
    Filter: _Compiler.filter_code,
    Call: _Compiler.call_code,
    ListOf: _Compiler.list_code,
    ContextOf: _Compiler.context_code,
    Interval: _Compiler.interval_code,
    HalfInterval: _Compiler.half_interval_code,
    Arithmetic: _Compiler.arithmetic_code,
    Negation: _Compiler.negation_code,
    And: _Compiler.and_code,
    Or: _Compiler.or_code,
    Comparison: _Compiler.comparison_code,
    Between: _Compiler.between_code,
    In: _Compiler.in_code,
    InstanceOf: _Compiler.instance_code,
    If: _Compiler.if_code,
    For: _Compiler.for_code,
    Some: _Compiler.some_code,
    Every: _Compiler.every_code,
    FunctionOf: _Compiler.function_code,
}
