"""The nodes that bring names or call: loops, filters, functions, tests; and the method for every kind."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from cases.feel.builtins import FUNCTIONS, IS_DEFINED
from cases.feel.compiler.constants import texts, weight
from cases.feel.compiler.nodes import NodeCompiler
from cases.feel.compiler.running import (
    Code,
    NotIterable,
    as_list,
    comparer,
    external_function,
    has_member,
    in_texts,
    invocation_of,
    item_at,
    items_of,
    nothing_passes,
    passes,
    steps_between,
)
from cases.feel.names import uses_value
from cases.feel.scope import Frame
from cases.feel.syntax import (
    And,
    Arithmetic,
    Between,
    Call,
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
from cases.feel.types import ANY, Type, resolve
from cases.feel.values import (
    Function,
    Truth,
    both,
    either,
    kind,
    opposite,
)

TestCode = Callable[[Frame, object], Truth]


def compile_tree(tree: Node, types: Mapping[str, Type]) -> Code:
    """The closure of an expression; `types` are those of the model, for `instance of` and parameters."""
    return _TreeCompiler(types).code(tree)


def compile_tests(tests: Tests, types: Mapping[str, Type]) -> TestCode:
    """The closure of a cell: (frame, value) -> whether the value passes."""
    return _TreeCompiler(types).tests(tests)


class _TreeCompiler(NodeCompiler):
    def closure(self, node: Node) -> Code:
        """The closure of a node of any kind."""
        compile_kind: Callable[[_TreeCompiler, Any], Code] = _KINDS[type(node)]
        return compile_kind(self, node)

    def tests(self, tests: Tests) -> TestCode:
        passes = self._any_test(tests.tests) if tests.tests else nothing_passes
        if not tests.negated:
            return passes
        return lambda frame, value: opposite(passes(frame, value))

    def filter_code(self, node: Filter) -> Code:
        base, condition = self.code(node.base), self.code(node.condition)
        cost = weight(node.condition)
        if isinstance(node.condition, Literal) and node.condition.value.__class__ is int:
            return lambda frame: item_at(as_list(base(frame)), node.condition.value)  # type: ignore[union-attr]

        def select(frame: Frame) -> object:
            items = as_list(base(frame))
            if not items:
                return _of_nothing(condition, frame)
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

    def function_code(self, node: FunctionOf) -> Code:
        if node.body is None:
            return external_function
        body = self.code(node.body)
        parameters = [
            (name, ANY if written is None else resolve(written, self.types))
            for name, written in node.parameters
        ]
        names = [name for name, _ in parameters]
        return lambda frame: Function("", names, invocation_of(frame, body, parameters))

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

    def in_code(self, node: In) -> Code:
        value, passes = self.code(node.value), self._any_test(node.tests)
        return lambda frame: passes(frame, value(frame))

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


def _of_nothing(condition: Code, frame: Frame) -> object:
    """A filter of an empty list: null where an item is asked for by its number, else an empty list."""
    notes = frame.run.scope.notes
    known = len(notes)
    asks_for_one = kind(condition(frame)) == "number"
    del notes[known:]  # of course the names of an item are missing
    return None if asks_for_one else []


_KINDS: dict[type, Any] = {
    Literal: _TreeCompiler.literal_code,
    Name: _TreeCompiler.name_code,
    Path: _TreeCompiler.path_code,
    Filter: _TreeCompiler.filter_code,
    Call: _TreeCompiler.call_code,
    ListOf: _TreeCompiler.list_code,
    ContextOf: _TreeCompiler.context_code,
    Interval: _TreeCompiler.interval_code,
    HalfInterval: _TreeCompiler.half_interval_code,
    Arithmetic: _TreeCompiler.arithmetic_code,
    Negation: _TreeCompiler.negation_code,
    And: _TreeCompiler.and_code,
    Or: _TreeCompiler.or_code,
    Comparison: _TreeCompiler.comparison_code,
    Between: _TreeCompiler.between_code,
    In: _TreeCompiler.in_code,
    InstanceOf: _TreeCompiler.instance_code,
    If: _TreeCompiler.if_code,
    For: _TreeCompiler.for_code,
    Some: _TreeCompiler.some_code,
    Every: _TreeCompiler.every_code,
    FunctionOf: _TreeCompiler.function_code,
}
