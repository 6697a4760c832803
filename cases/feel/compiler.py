"""Tree -> closures: each node becomes one small Python function of the frame; constants are folded once.

The closures are total: whatever has no value is null, and the reason is noted in the scope.
"""

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from cases.feel import ranges
from cases.feel.budget import Budget
from cases.feel.builtins import FUNCTIONS, IS_DEFINED
from cases.feel.errors import FeelError
from cases.feel.names import uses_value
from cases.feel.scope import Frame, Run, Scope, member
from cases.feel.syntax import (
    And,
    Arithmetic,
    Between,
    Call,
    Compare,
    Comparison,
    ContextOf,
    Every,
    ExpressionTest,
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
    walk,
)
from cases.feel.types import ANY, Type, coerce, conforms, resolve
from cases.feel.values import (
    Function,
    Range,
    add,
    both,
    divide,
    either,
    equal,
    kind,
    multiply,
    negate,
    opposite,
    order,
    power,
    subtract,
)

Code = Callable[[Frame], object]
TestCode = Callable[[Frame, object], bool | None]

_ORDERS: dict[Compare, Callable[[Any, Any], bool]] = {
    Compare.LT: operator.lt,
    Compare.LE: operator.le,
    Compare.GT: operator.gt,
    Compare.GE: operator.ge,
}
_ARITHMETIC = {"+": add, "-": subtract, "*": multiply, "/": divide, "**": power}
_FOLDED = frozenset(
    ("date", "time", "date and time", "duration", "years and months duration", "number", "string", "range")
)
_NODES_A_TICK = 16


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
        if not isinstance(node, Literal) and _is_constant(node):
            value = self._folded(node)
            if value is not None:
                return lambda _: value
        compile_kind: Callable[[_Compiler, Any], Code] = _KINDS[type(node)]
        return compile_kind(self, node)

    def tests(self, tests: Tests) -> TestCode:
        passes = self._any_test(tests.tests) if tests.tests else _nothing_passes
        if not tests.negated:
            return passes
        return lambda frame, value: opposite(passes(frame, value))

    # ---- names and paths

    def _literal(self, node: Literal) -> Code:
        value = node.value
        return lambda _: value

    def _name(self, node: Name) -> Code:
        name, builtin = node.name, FUNCTIONS.get(node.name)

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

    def _path(self, node: Path) -> Code:
        base = self.code(node.base)
        code = base
        for name in node.names:
            code = _member_of(code, name)
        return code

    def _filter(self, node: Filter) -> Code:
        base, condition = self.code(node.base), self.code(node.condition)
        weight = _weight(node.condition)
        if isinstance(node.condition, Literal) and node.condition.value.__class__ is int:
            return lambda frame: _item(_as_list(base(frame)), node.condition.value)  # type: ignore[union-attr]

        def select(frame: Frame) -> object:
            items = _as_list(base(frame))
            if not items:
                return None if kind(condition(frame)) == "number" else []
            chosen: list[object] = []
            for item in items:
                frame.run.spend(weight)
                within = frame.within({"item": item})
                keep = condition(within.within(item) if isinstance(item, Mapping) else within)
                if keep is True:
                    chosen.append(item)
                elif keep is not None and keep is not False:
                    return _item(items, keep)
            return chosen

        return select

    # ---- values that are made

    def _list(self, node: ListOf) -> Code:
        items = [self.code(item) for item in node.items]
        size = len(items)

        def make(frame: Frame) -> object:
            frame.run.spend(size)
            return [item(frame) for item in items]

        return make

    def _context(self, node: ContextOf) -> Code:
        entries = [(key, self.code(value)) for key, value in node.entries]

        def make(frame: Frame) -> object:
            made: dict[str, object] = {}
            frame.run.spend(len(entries))
            within = frame.within(made)
            for key, value in entries:
                made[key] = value(within)
            return made

        return make

    def _interval(self, node: Interval) -> Code:
        low, high = self.code(node.low), self.code(node.high)
        sides = node.low_included, node.high_included
        return lambda frame: ranges.interval(low(frame), high(frame), *sides)

    def _half_interval(self, node: HalfInterval) -> Code:
        operand, comparison = self.code(node.operand), node.operator
        return lambda frame: ranges.half_interval(comparison, operand(frame))

    def _function(self, node: FunctionOf) -> Code:
        if node.body is None:
            return _external
        body = self.code(node.body)
        parameters = [
            (name, ANY if written is None else resolve(written, self._types))
            for name, written in node.parameters
        ]
        names = [name for name, _ in parameters]
        return lambda frame: Function("", names, _invocation(frame, body, parameters))

    # ---- operators

    def _arithmetic(self, node: Arithmetic) -> Code:
        first = self.code(node.first)
        rest = [(sign, _ARITHMETIC[sign], self.code(operand)) for sign, operand in node.rest]

        def compute(frame: Frame) -> object:
            value = first(frame)
            for sign, apply, operand in rest:
                other = operand(frame)
                result = apply(value, other)
                if result is None:
                    _note_pair(frame.run, sign, value, other)
                    return None
                if result.__class__ is str:
                    frame.run.spend_text(len(result))
                value = result
            return value

        return compute

    def _negation(self, node: Negation) -> Code:
        operand = self.code(node.operand)
        return lambda frame: negate(operand(frame))

    def _and(self, node: And) -> Code:
        operands = [self.code(operand) for operand in node.operands]

        def conjunction(frame: Frame) -> object:
            result: bool | None = True
            for operand in operands:
                value = operand(frame)
                if value is False:
                    return False
                if value is not True:
                    result = None
            return result

        return conjunction

    def _or(self, node: Or) -> Code:
        operands = [self.code(operand) for operand in node.operands]

        def disjunction(frame: Frame) -> object:
            result: bool | None = False
            for operand in operands:
                value = operand(frame)
                if value is True:
                    return True
                if value is not False:
                    result = None
            return result

        return disjunction

    def _comparison(self, node: Comparison) -> Code:
        left = self.code(node.left)
        if (
            node.operator is Compare.EQ
            and isinstance(node.right, Literal)
            and isinstance(node.right.value, str)
        ):
            return _equals_text(left, node.right.value)
        right, compare, sign = self.code(node.right), _comparer(node.operator), node.operator

        def holds(frame: Frame) -> object:
            one, other = left(frame), right(frame)
            result = compare(one, other, frame.run)
            if result is None:
                _note_pair(frame.run, sign, one, other)
            return result

        return holds

    def _between(self, node: Between) -> Code:
        value, low, high = self.code(node.value), self.code(node.low), self.code(node.high)

        def holds(frame: Frame) -> object:
            number = value(frame)
            above = order(low(frame), number, operator.le)
            return both(above, order(number, high(frame), operator.le))

        return holds

    def _in(self, node: In) -> Code:
        value, passes = self.code(node.value), self._any_test(node.tests)
        return lambda frame: passes(frame, value(frame))

    def _instance(self, node: InstanceOf) -> Code:
        value, expected = self.code(node.value), resolve(node.type, self._types)

        def holds(frame: Frame) -> object:
            found = value(frame)
            return found is not None and conforms(found, expected)

        return holds

    # ---- control

    def _if(self, node: If) -> Code:
        branches = [(self.code(condition), self.code(value)) for condition, value in node.branches]
        otherwise = self.code(node.otherwise)

        def choose(frame: Frame) -> object:
            for condition, value in branches:
                if condition(frame) is True:
                    return value(frame)
            return otherwise(frame)

        return choose

    def _for(self, node: For) -> Code:
        rounds, body = self._rounds(node.iterations, _weight(node.body)), self.code(node.body)

        def collect(frame: Frame) -> object:
            made: list[object] = []
            try:
                made.extend(body(within) for within in rounds(frame.within({"partial": made})))
            except _NotIterableError:
                return None
            return made

        return collect

    def _some(self, node: Some) -> Code:
        return self._quantified(node, either, False)

    def _every(self, node: Every) -> Code:
        return self._quantified(node, both, True)

    def _quantified(
        self, node: Some | Every, combine: Callable[[bool | None, bool | None], bool | None], start: object
    ) -> Code:
        rounds, body = self._rounds(node.iterations, _weight(node.body)), self.code(node.body)

        def decide(frame: Frame) -> object:
            result: Any = start
            try:
                for within in rounds(frame):
                    value = body(within)
                    result = combine(result, value if isinstance(value, bool) else None)
            except _NotIterableError:
                return None
            return result

        return decide

    def _rounds(self, iterations: Sequence[Iteration], weight: int) -> Callable[[Frame], Iterator[Frame]]:
        first, *others = iterations
        source = self.code(first.source)
        end = None if first.end is None else self.code(first.end)
        deeper = self._rounds(others, weight) if others else None
        name = first.name

        def rounds(frame: Frame) -> Iterator[Frame]:
            start = source(frame)
            for item in _items(start, frame.run) if end is None else _steps(start, end(frame), frame.run):
                frame.run.spend(weight)
                within = frame.within({name: item})
                if deeper is None:
                    yield within
                else:
                    yield from deeper(within)

        return rounds

    def _call(self, node: Call) -> Code:
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
                return lambda frame: _has_member(holder(frame), last)
            case _:
                value = self.code(node)
                return lambda frame: value(frame) is not None

    # ---- tests

    def _any_test(self, tests: Sequence[Test]) -> TestCode:
        texts = _texts(tests)
        if texts is not None:
            return lambda _, value: value in texts if value.__class__ is str else _in_texts(value, texts)
        codes = [self._test(test) for test in tests]
        if len(codes) == 1:
            return codes[0]

        def passes(frame: Frame, value: object) -> bool | None:
            result: bool | None = False
            for code in codes:
                found = code(frame, value)
                if found is True:
                    return True
                if found is None:
                    result = None
            return result

        return passes

    def _test(self, test: Test) -> TestCode:
        if isinstance(test, OperatorTest):
            operand, compare = self.code(test.operand), _comparer(test.operator)
            return lambda frame, value: compare(value, operand(frame), frame.run)
        if not uses_value(test.expression):
            expected = self.code(test.expression)
            return lambda frame, value: _passes(value, expected(frame), frame.run)
        condition = self.code(test.expression)

        def holds(frame: Frame, value: object) -> bool | None:
            found = condition(frame.within({"?": value}))
            return found if found is None or isinstance(found, bool) else _passes(value, found, frame.run)

        return holds

    def _folded(self, node: Node) -> object:
        compile_kind: Callable[[_Compiler, Any], Code] = _KINDS[type(node)]
        try:
            return compile_kind(_Compiler(self._types), node)(Run(Scope()).frame())
        except FeelError:
            return None


_KINDS: dict[type, Any] = {
    Literal: _Compiler._literal,
    Name: _Compiler._name,
    Path: _Compiler._path,
    Filter: _Compiler._filter,
    Call: _Compiler._call,
    ListOf: _Compiler._list,
    ContextOf: _Compiler._context,
    Interval: _Compiler._interval,
    HalfInterval: _Compiler._half_interval,
    Arithmetic: _Compiler._arithmetic,
    Negation: _Compiler._negation,
    And: _Compiler._and,
    Or: _Compiler._or,
    Comparison: _Compiler._comparison,
    Between: _Compiler._between,
    In: _Compiler._in,
    InstanceOf: _Compiler._instance,
    If: _Compiler._if,
    For: _Compiler._for,
    Some: _Compiler._some,
    Every: _Compiler._every,
    FunctionOf: _Compiler._function,
}


class _NotIterableError(Exception):
    """What is iterated over is null, or no list."""


def _is_constant(node: Node) -> bool:
    match node:
        case Literal():
            return True
        case Negation(operand=operand) | HalfInterval(operand=operand):
            return _is_constant(operand)
        case Interval(low=low, high=high):
            return _is_constant(low) and _is_constant(high)
        case Arithmetic(first=first, rest=rest):
            return _is_constant(first) and all(_is_constant(operand) for _, operand in rest)
        case Call(function=Name(name=name), positional=positional, named=()):
            return name in _FOLDED and all(_is_constant(argument) for argument in positional)
        case _:
            return False


def _weight(body: Node) -> int:
    return 1 + sum(1 for _ in walk(body)) // _NODES_A_TICK


def _member_of(base: Code, name: str) -> Code:
    def read(frame: Frame) -> object:
        value = base(frame)
        if value.__class__ is dict and name in value:
            return value[name]
        return member(value, name, frame.run)

    return read


def _has_member(value: object, name: str) -> bool:
    return name in value if isinstance(value, Mapping) else member(value, name, Run(Scope())) is not None


def _as_list(value: object) -> Sequence[object]:
    if value is None:
        return ()
    return value if isinstance(value, list | tuple) else (value,)


def _item(items: Sequence[object], place: object) -> object:
    if kind(place) != "number":
        return None
    number = int(place)  # type: ignore[call-overload]  # a number by its kind
    if number == 0 or abs(number) > len(items):
        return None
    return items[number - 1] if number > 0 else items[number]


def _items(source: object, run: Run) -> Iterator[object] | Sequence[object]:
    if isinstance(source, list | tuple):
        return source
    if isinstance(source, Range):
        closed = source.low_included and source.high_included
        return _steps(source.low if closed else None, source.high, run)
    if source is None:
        raise _NotIterableError
    return (source,)


def _steps(start: object, end: object, run: Run) -> Iterator[object]:
    found = ranges.steps(start, end, run)
    if found is None:
        raise _NotIterableError
    return found


def _comparer(sign: Compare) -> Callable[[object, object, Budget], bool | None]:
    if sign is Compare.EQ:
        return equal
    if sign is Compare.NE:
        return lambda left, right, budget: opposite(equal(left, right, budget))
    holds = _ORDERS[sign]
    return lambda left, right, _: order(left, right, holds)


def _equals_text(left: Code, text: str) -> Code:
    def holds(frame: Frame) -> object:
        value = left(frame)
        if value.__class__ is str:
            return value == text
        result = equal(value, text, frame.run)
        if result is None:
            _note_pair(frame.run, "=", value, text)
        return result

    return holds


def _passes(value: object, expected: object, budget: Budget) -> bool | None:
    """Whether a value passes a test that is a value itself: equal to it, or in it."""
    if isinstance(expected, Range):
        return ranges.contains(expected, value, budget)
    if not isinstance(expected, list | tuple):
        return equal(value, expected, budget)
    if isinstance(value, list | tuple) and equal(value, expected, budget) is True:
        return True
    budget.spend(len(expected))
    for one in expected:
        inside = ranges.contains(one, value, budget) if isinstance(one, Range) else equal(value, one, budget)
        if inside is True:
            return True
    return False


def _nothing_passes(_frame: Frame, _value: object) -> bool | None:
    return False


def _texts(tests: Sequence[Test]) -> frozenset[str] | None:
    """The texts, when all tests are texts to equal."""
    found = [
        test.expression.value
        if isinstance(test, ExpressionTest) and isinstance(test.expression, Literal)
        else None
        for test in tests
    ]
    return frozenset(map(str, found)) if all(isinstance(value, str) for value in found) else None


def _in_texts(value: object, texts: frozenset[str]) -> bool | None:
    if value is None:
        return False
    return str(value) in texts if isinstance(value, str) else None


def _note_pair(run: Run, sign: str, left: object, right: object) -> None:
    if left is not None and right is not None:
        run.note(f"{kind(left)} {sign} {kind(right)} has no value")


def _external(frame: Frame) -> object:
    frame.run.note("external functions are not run")
    return None


def _invocation(frame: Frame, body: Code, parameters: Sequence[tuple[str, Type]]) -> Any:
    names = {name for name, _ in parameters}

    def invoke(run: Run, positional: Sequence[object], named: Mapping[str, object] | None) -> object:
        given = named if named is not None else dict(zip(names_in_order, positional, strict=False))
        if (named is None and len(positional) != len(parameters)) or given.keys() != names:
            run.note("a function is called with the wrong arguments")
            return None
        bound: dict[str, object] = {}
        for name, expected in parameters:
            value = coerce(given[name], expected)
            if value is None and given[name] is not None:
                run.note(f"{name} is not of its type")
                return None
            bound[name] = value
        return body(frame.called(bound, run))

    names_in_order = [name for name, _ in parameters]
    return invoke
