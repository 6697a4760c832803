"""Tokens -> tree, by precedence (DMN 1.5, 10.3.1.2); depth is bounded, and long chains are flat."""

import re
from collections.abc import Callable
from typing import ClassVar

from cases.feel import temporal
from cases.feel.budget import MAX_HEIGHT
from cases.feel.errors import FeelError
from cases.feel.lexer import Sort, Token, Vocabulary
from cases.feel.parser.cursor import OPERATOR_SORTS
from cases.feel.parser.typenames import BEFORE_COLON, TypeReader
from cases.feel.syntax import (
    And,
    Arithmetic,
    Between,
    Call,
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
    TypeName,
    children,
    test_operand,
)

_OR, _AND, _COMPARE, _ADD, _MULTIPLY, _POWER = range(6)
_LEVELS = {
    "or": _OR,
    "and": _AND,
    **dict.fromkeys(("=", "!=", "<", "<=", ">", ">=", "between", "in"), _COMPARE),
    **dict.fromkeys("+-", _ADD),
    **dict.fromkeys("*/", _MULTIPLY),
    "**": _POWER,
}
_BEFORE_IN = re.compile(r"\s+in(?!\w)")
_AFTER_PARAMETER = re.compile(r"\s*[:,)]")
_ARGUMENT = re.compile(r"\s*([^\W\d][^:,()\"\[\]{}]*?)\s*:")
_CONSTANTS: dict[str, object] = {"true": True, "false": False, "null": None}


def parse_tree(text: str, vocabulary: Vocabulary) -> Node:
    """The tree of an expression. Raises `FeelError`."""
    parser = _Parser(text, vocabulary)
    tree = parser.whole(parser.expression)
    _measure([tree], text)
    return tree


def parse_tests(text: str, vocabulary: Vocabulary) -> Tests:
    """The tests of a cell of a decision table (`unary tests`). Raises `FeelError`."""
    parser = _Parser(text, vocabulary)
    if parser.token.text == "-" and parser.peek().sort is Sort.END:
        return Tests((), negated=True)
    if parser.token.text == "not" and parser.peek().text == "(":
        negated = parser.attempt(parser.negated_tests)
        if negated is not None:
            _measure([test_operand(test) for test in negated], text)
            return Tests(negated, negated=True)
    tests = parser.whole(parser.tests)
    _measure([test_operand(test) for test in tests], text)
    return Tests(tests, negated=False)


def _measure(trees: list[Node], text: str) -> None:
    """Raises `FeelError` for a tree that is higher than evaluation may be deep: chains that are not flat."""
    waiting = [(tree, 1) for tree in trees]
    while waiting:
        node, height = waiting.pop()
        if height > MAX_HEIGHT:
            raise FeelError("FEEL-DEPTH", "the expression is nested too deeply", text, node.at)
        waiting.extend((child, height + 1) for child in children(node))


class _Parser(TypeReader):
    def expression(self) -> Node:
        """Any expression."""
        self.enter()
        opener = self._OPENERS.get(self.token.text) if self.token.sort is Sort.KEYWORD else None
        node = self._operators(_OR) if opener is None else opener(self)
        self.depth -= 1
        return node

    def tests(self) -> tuple[Test, ...]:
        """Tests with commas between them."""
        found = [self._test()]
        while self.accept(","):
            found.append(self._test())
        return tuple(found)

    def negated_tests(self) -> tuple[Test, ...]:
        """`not(...)` around all of a cell."""
        self.advance()
        self.expect("(")
        found = self.tests()
        self.expect(")")
        if self.token.sort is not Sort.END:
            self.fail("the expression should end here")
        return found

    def _test(self) -> Test:
        at = self.token.at
        operator = self.comparison_sign()
        if operator is not None:
            return OperatorTest(operator, self._operators(_ADD), at)
        return ExpressionTest(self.expression(), at)

    def _operators(self, floor: int, left: Node | None = None) -> Node:
        node = self._unary() if left is None else left
        while True:
            level = _LEVELS.get(self.token.text, -1) if self.token.sort in OPERATOR_SORTS else -1
            if level < floor:
                return node
            node = self._chain(node, level)

    def _chain(self, left: Node, level: int) -> Node:
        at = self.token.at
        if level == _COMPARE:
            return self._comparison(left)
        rest: list[tuple[str, Node]] = []
        while _LEVELS.get(self.token.text) == level and self.token.sort in OPERATOR_SORTS:
            sign = self.advance().text
            rest.append((sign, self._unary() if level == _POWER else self._operators(level + 1)))
        operands = left, *(operand for _, operand in rest)
        if level == _OR:
            return Or(operands, at)
        return And(operands, at) if level == _AND else Arithmetic(left, tuple(rest), at)

    def _comparison(self, left: Node) -> Node:
        at = self.token.at
        operator = self.comparison_sign()
        if operator is not None:
            return Comparison(operator, left, self._operators(_ADD), at)
        if self.accept("in"):
            return In(left, self._tests_of_in(), at)
        self.expect("between")
        low = self._operators(_ADD)
        self.expect("and")
        return Between(left, low, self._operators(_ADD), at)

    def _tests_of_in(self) -> tuple[Test, ...]:
        at = self.token.at
        operator = self.comparison_sign()
        if operator is not None:
            return (OperatorTest(operator, self._operators(_ADD), at),)
        if self.token.text != "(" or self.token.sort is not Sort.SIGN:
            return (ExpressionTest(self._operators(_ADD), at),)
        outer, self.range_end = self.range_end, False
        self.advance()
        found = self.tests()
        alone = found[0].expression if len(found) == 1 and isinstance(found[0], ExpressionTest) else None
        if alone is not None and self.token.text == "..":
            alone = self._range_tail(alone, at, low_included=False)
        else:
            self.expect(")")
        self.range_end = outer
        if alone is None:
            return found
        return (ExpressionTest(self._operators(_ADD, self._postfix(alone)), at),)

    def _unary(self) -> Node:
        at = self.token.at
        if self.accept("-"):
            self.enter()
            operand = self._unary()
            self.depth -= 1
            return Negation(operand, at)
        node = self._postfix(self._primary())
        if not self.accept("instance"):
            return node
        if self.token.text != "of":
            self.fail('"of" should follow "instance"')
        self.advance()
        return InstanceOf(node, self.type(), at)

    def _postfix(self, node: Node) -> Node:
        while self.token.sort is Sort.SIGN:
            at = self.token.at
            match self.token.text:
                case ".":
                    node = Path(node, self._names_of_path(), at)
                case "[" if not (self.range_end and not self._may_begin(self.peek())):
                    node = Filter(node, self.bracketed("[", self.expression, "]"), at)
                case "(":
                    node = self._call(node)
                case _:
                    break
        return node

    def _names_of_path(self) -> tuple[str, ...]:
        names = []
        while self.accept("."):
            if self.token.sort not in (Sort.NAME, Sort.KEYWORD):
                self.fail("a name should follow the dot")
            names.append(self.advance().text)
        return tuple(names)

    def _call(self, function: Node) -> Node:
        at = self.token.at
        if _ARGUMENT.match(self.lexer.text, self.token.end):
            return Call(function, (), self.bracketed("(", self._named_arguments, ")"), at)
        return Call(function, self.bracketed("(", self._arguments, ")"), (), at)

    def _arguments(self) -> tuple[Node, ...]:
        return () if self.token.text == ")" else self.separated(self.expression)

    def _named_arguments(self) -> tuple[tuple[str, Node], ...]:
        return self.separated(self._named_argument)

    def _named_argument(self) -> tuple[str, Node]:
        found = _ARGUMENT.match(self.lexer.text, self.token.at)
        if found is None:
            self.fail("a parameter and a colon should stand here")
        self.go(found.end())
        return " ".join(found[1].split()), self.expression()

    def _primary(self) -> Node:
        token = self.token
        match token.sort:
            case Sort.NAME:
                return Name(self.advance().text, token.at, token.is_variable)
            case Sort.NUMBER | Sort.STRING:
                return Literal(self.advance().value, token.at)
            case Sort.TEMPORAL:
                return Literal(temporal.read_literal(str(self.advance().value)), token.at)
            case Sort.KEYWORD if token.text in _CONSTANTS:
                return Literal(_CONSTANTS[self.advance().text], token.at)
            case Sort.KEYWORD if token.text in self._OPENERS:
                return self.expression()
            case Sort.SIGN if token.text in self._BRACKETS:
                self.enter()
                node = self._BRACKETS[token.text](self)
                self.depth -= 1
                return node
        return self.fail("a value should stand here")

    def _parenthesis(self) -> Node:
        at = self.token.at
        outer, self.range_end = self.range_end, False
        self.advance()
        operator = self.comparison_sign()
        node = self.expression() if operator is None else HalfInterval(operator, self._operators(_ADD), at)
        if operator is None and self.token.text == "..":
            node = self._range_tail(node, at, low_included=False)
        else:
            self.expect(")")
        self.range_end = outer
        return node

    def _list(self) -> Node:
        at = self.token.at
        outer, self.range_end = self.range_end, False
        self.advance()
        items: tuple[Node, ...] = () if self.token.text == "]" else self.separated(self._item)
        if len(items) == 1 and self.token.text == "..":
            node: Node = self._range_tail(items[0], at, low_included=True)
        else:
            self.expect("]")
            node = ListOf(items, at)
        self.range_end = outer
        return node

    def _item(self) -> Node:
        at = self.token.at
        operator = self.comparison_sign()
        return self.expression() if operator is None else HalfInterval(operator, self._operators(_ADD), at)

    def _turned_range(self) -> Node:
        at = self.advance().at
        outer, self.range_end = self.range_end, False
        low = self._operators(_ADD)
        if self.token.text != "..":
            self.fail('".." and the end of the range should follow')
        node = self._range_tail(low, at, low_included=False)
        self.range_end = outer
        return node

    def _range_tail(self, low: Node, at: int, *, low_included: bool) -> Node:
        self.advance()
        self.range_end = True
        high = self._operators(_ADD)
        if self.token.text not in ("]", "[", ")") or self.token.sort is not Sort.SIGN:
            self.fail("the range should be closed by ] or ) or [")
        return Interval(low, high, low_included, self.advance().text == "]", at)

    def _context(self) -> Node:
        at = self.token.at
        entries = self.bracketed("{", self._entries, "}")
        return ContextOf(entries, at)

    def _entries(self) -> tuple[tuple[str, Node], ...]:
        return () if self.token.text == "}" else self.separated(self._entry)

    def _entry(self) -> tuple[str, Node]:
        if self.token.sort is Sort.STRING:
            key = str(self.advance().value)
            self.lexer.vocabulary.know(key)
        else:
            key = self.declare(BEFORE_COLON, "a key and a colon should stand here")
        self.expect(":")
        return key, self.expression()

    def _if(self) -> Node:
        at = self.token.at
        branches = []
        while self.accept("if"):
            condition = self.expression()
            self.expect("then")
            branches.append((condition, self.expression()))
            self.expect("else")
        return If(tuple(branches), self.expression(), at)

    def _for(self) -> Node:
        at = self.advance().at
        iterations = self.separated(self._iteration)
        self.expect("return")
        return For(iterations, self.expression(), at)

    def _some(self) -> Node:
        at = self.advance().at
        iterations = self.separated(self._iteration)
        self.expect("satisfies")
        return Some(iterations, self.expression(), at)

    def _every(self) -> Node:
        at = self.advance().at
        iterations = self.separated(self._iteration)
        self.expect("satisfies")
        return Every(iterations, self.expression(), at)

    def _iteration(self) -> Iteration:
        name = self.declare(_BEFORE_IN, 'a name and "in" should stand here')
        self.expect("in")
        source = self.expression()
        return Iteration(name, source, self.expression() if self.accept("..") else None)

    def _function(self) -> Node:
        at = self.advance().at
        parameters = self.bracketed("(", self._parameters, ")")
        if not self.accept("external"):
            return FunctionOf(parameters, self.expression(), at)
        self.expression()
        return FunctionOf(parameters, None, at)

    def _parameters(self) -> tuple[tuple[str, TypeName | None], ...]:
        return () if self.token.text == ")" else self.separated(self._parameter)

    def _parameter(self) -> tuple[str, TypeName | None]:
        name = self.declare(_AFTER_PARAMETER, "a parameter should stand here")
        return name, self.type() if self.accept(":") else None

    def _may_begin(self, token: Token) -> bool:
        if token.sort is Sort.SIGN:
            return token.text in ("(", "[", "{", "-")
        if token.sort is Sort.KEYWORD:
            return token.text in self._OPENERS or token.text in _CONSTANTS
        return token.sort is not Sort.END

    _OPENERS: ClassVar[dict[str, Callable[["_Parser"], Node]]] = {
        "if": _if,
        "for": _for,
        "some": _some,
        "every": _every,
        "function": _function,
    }

    _BRACKETS: ClassVar[dict[str, Callable[["_Parser"], Node]]] = {
        "(": _parenthesis,
        "[": _list,
        "]": _turned_range,
        "{": _context,
    }
