"""The tokens of one JUEL expression -> FEEL text, and what it assigns; by precedence (EL 3.0, 1.16)."""

from collections.abc import Callable

from cases.feel.builtins import METHODS
from cases.feel.juel import functions, hosts
from cases.feel.juel.cursor import Cursor
from cases.feel.juel.tokens import Sort, Token
from cases.feel.juel.writing import (
    CONSTANTS,
    NULL,
    Piece,
    call,
    chain,
    named,
    opposite,
    quoted,
    step,
    truth,
    uncapitalized,
    whole,
)

_EQUALITY = ("==", "!=")
_ORDER = {"<": "juel less", "<=": "juel at most", ">": "juel greater", ">=": "juel at least"}
_SUM = {"+": "juel plus", "-": "juel minus", "+=": "juel text"}
_PRODUCT = {"*": "juel times", "/": "juel over", "%": "juel modulo"}


class Parser(Cursor):
    """Reads one expression; `assignments` are those it has met."""

    def __init__(self, tokens: tuple[Token, ...], text: str) -> None:
        super().__init__(tokens, text)
        self.assignments: list[hosts.Assignment] = []

    def whole(self) -> Piece | None:
        """The value of the expression; None where it has none, because it ends by writing.

        Raises `FeelError`.
        """
        piece = self._statement()
        while self.accept(";"):
            piece = self._statement()
        if self.token.sort is not Sort.END:
            self.fail(f"{self.token.text!r} has no meaning here")
        return None if piece.host == hosts.NOTHING else self._value(piece)

    def _statement(self) -> Piece:
        """A value, `name = value`, or a method that writes."""
        first, second = self.token, self.peek()
        if first.sort is Sort.NAME and second.sort is Sort.SIGN and second.text == "=":
            self.advance()
            self.advance()
            value = self._value(self._ternary())
            self.assignments.append((hosts.NEAREST, quoted(first.text).text, value.text))
            return named(first.text)
        count = len(self.assignments)
        piece = self._ternary()
        if len(self.assignments) > count and piece.host != hosts.NOTHING:
            self.fail("a variable may be written only by an expression that does nothing else", first)
        if self.token.text == "=" and self.token.sort is Sort.SIGN:
            self.fail("a part of a value cannot be written, only a variable")
        return piece

    def _ternary(self) -> Piece:
        self.enter()
        condition = self._or()
        if self.accept("?"):
            chosen = self._operand(self._ternary)
            self.expect(":")
            otherwise = self._operand(self._ternary)
            condition = self._value(condition)
            condition = Piece(
                f"if {truth(condition).text} then {whole(chosen)} else {otherwise.text}",
                is_truth=chosen.is_truth and otherwise.is_truth,
                is_whole=False,
            )
        self.depth -= 1
        return condition

    def _or(self) -> Piece:
        return self._joined("||", "or", self._and)

    def _and(self) -> Piece:
        return self._joined("&&", "and", self._equality)

    def _joined(self, sign: str, operator: str, read: Callable[[], Piece]) -> Piece:
        first = read()
        if not self.at(sign):
            return first
        pieces = [self._value(first)]
        while self.accept(sign):
            pieces.append(self._operand(read))
        return chain(operator, pieces)

    def _equality(self) -> Piece:
        left = self._order()
        while (sign := self.one_of(_EQUALITY)) is not None:
            left = call("juel equal", self._value(left), self._operand(self._order), is_truth=True)
            left = opposite(left) if sign == "!=" else left
        return left

    def _order(self) -> Piece:
        left = self._sum()
        while (sign := self.one_of(_ORDER)) is not None:
            left = call(_ORDER[sign], self._value(left), self._operand(self._sum), is_truth=True)
        return left

    def _sum(self) -> Piece:
        return self._arithmetic(_SUM, self._product)

    def _product(self) -> Piece:
        return self._arithmetic(_PRODUCT, self._unary)

    def _arithmetic(self, signs: dict[str, str], read: Callable[[], Piece]) -> Piece:
        """A chain of one level; what stands behind the same sign goes into one call."""
        left = read()
        while (sign := self.one_of(signs)) is not None:
            operands = [self._value(left), self._operand(read)]
            while self.accept(sign):
                operands.append(self._operand(read))
            left = call(signs[sign], *operands)
        return left

    def _unary(self) -> Piece:
        if self.at("!") or self.at("-") or self.at_operator("empty"):
            self.enter()
            sign = self.advance().text
            operand = self._operand(self._unary)
            self.depth -= 1
            if sign == "!":
                return opposite(operand)
            return (
                call("juel negative", operand) if sign == "-" else call("juel empty", operand, is_truth=True)
            )
        return self._postfix(self._primary())

    def _primary(self) -> Piece:
        token = self.advance()
        match token.sort:
            case Sort.NUMBER:
                return Piece(token.text)
            case Sort.TEXT:
                return quoted(token.text)
            case Sort.NAME:
                return self._name(token)
            case Sort.SIGN if token.text in ("(", "[", "{"):
                return self._bracketed(token)
        return self.fail("a value should stand here", token)

    def _bracketed(self, token: Token) -> Piece:
        if token.text == "(":
            inner = self._ternary()
            self.expect(")")
            return inner
        if token.text == "[":
            items = ", ".join(piece.text for piece in self._arguments("]"))
            return Piece(f"[{items}]")
        entries = []
        while not self.accept("}"):
            key = self.advance()
            if key.sort not in (Sort.TEXT, Sort.NAME):
                self.fail("a key should stand here", key)
            self.expect(":")
            entries.append(f"{quoted(key.text).text}: {self._operand(self._ternary).text}")
            if not self.at("}"):
                self.expect(",")
        return Piece(f"{{{', '.join(entries)}}}")

    def _name(self, token: Token) -> Piece:
        name = token.text
        if name in CONSTANTS:
            return CONSTANTS[name]
        if self.at("("):
            return self._function(token)
        if name in hosts.NAMES:
            return Piece(hosts.NAMES[name])
        if name in hosts.HOSTS and (self.at(".") or self.at("[")):
            host = hosts.HOSTS[name]
            return hosts.all_items() if host == hosts.ITEMS else Piece(name, host=host, name=name)
        return named(name)

    def _function(self, token: Token) -> Piece:
        self.advance()
        arguments = self._arguments(")", may_be_host=True)
        prefix, _, local = token.text.rpartition(":")
        if prefix in functions.PREFIXES:
            found = functions.variable_function(local, arguments)
        else:
            found = functions.function(token.text, arguments)
        if found is None:
            known = f"with {len(arguments)} arguments " if prefix in functions.PREFIXES else ""
            self.fail(f"the function {token.text} {known}is not known here", token)
        return found

    def _postfix(self, piece: Piece) -> Piece:
        while True:
            if self.accept("."):
                token = self.advance()
                if token.sort is not Sort.NAME:
                    self.fail("a name should follow the dot", token)
                piece = self._called(piece, token) if self.accept("(") else self._property(piece, token)
            elif self.accept("["):
                index = self._operand(self._ternary)
                self.expect("]")
                piece = self._indexed(piece, index)
            else:
                return piece

    def _property(self, piece: Piece, token: Token) -> Piece:
        name = token.text
        if not piece.host:
            return Piece(f"{whole(piece)}.{step(name)}", name=piece.name)
        if piece.host == hosts.VARIABLES:
            return named(name)
        found = hosts.property_of(piece, name)
        if found is not None:
            return found
        if piece.host == hosts.TASK:
            return Piece(f"{piece.text}.{step(name)}", name=piece.name)  # a variable may be called task
        return self.fail(f"{name} of {piece.text} is not known here", token)

    def _indexed(self, piece: Piece, index: Piece) -> Piece:
        if piece.host == hosts.VARIABLES and index.literal is not None:
            return named(index.literal)
        key = index.literal
        if key is None or key.isdigit() or "`" in key or not key:
            return call("juel index", self._value(piece), index)
        return self._property(piece, Token(Sort.NAME, key, self.last.at))

    def _called(self, piece: Piece, token: Token) -> Piece:
        arguments = self._arguments(")")
        name = token.text
        found: Piece | None
        match piece.host:
            case "":
                found = self._method(piece, token, arguments)
            case hosts.ITEMS:
                found = hosts.items_asked(piece, name, arguments)
            case hosts.VARIABLES:
                found = self._variable(arguments) if name == "get" else None
            case _:
                found = self._asked(piece, name, arguments)
        if found is None:
            subject = "planItemInstances" if piece.host == hosts.ITEMS else piece.text
            self.fail(f"the method {name} of {subject} is not known here", token)
        return found

    def _asked(self, piece: Piece, name: str, arguments: list[Piece]) -> Piece | None:
        """What a method of the plan item, the case or the task gives, or writes."""
        if name in hosts.READS and len(arguments) == 1:
            return self._variable(arguments)
        if name in hosts.KNOWS and len(arguments) == 1:
            return call("is defined", self._variable(arguments) or NULL, is_truth=True)
        if name in hosts.WRITES and len(arguments) == 2:
            return self._write(hosts.scope_of(piece.host, hosts.WRITES[name]), arguments[0], arguments[1])
        if name in hosts.REMOVES and len(arguments) == 1:
            return self._write(hosts.scope_of(piece.host, hosts.REMOVES[name]), arguments[0], None)
        return None if arguments else hosts.told(piece, name)

    def _variable(self, arguments: list[Piece]) -> Piece | None:
        literal = arguments[0].literal if arguments else None
        return None if literal is None or "`" in literal or not literal else hosts.variable(literal)

    def _write(self, scope: str, name: Piece, value: Piece | None) -> Piece:
        self.assignments.append((scope, name.text, None if value is None else value.text))
        return hosts.nothing_left()

    def _method(self, piece: Piece, token: Token, arguments: list[Piece]) -> Piece | None:
        """What a method of a value gives: of texts, numbers, lists and contexts; or a getter of one."""
        name = token.text
        if piece.name.endswith(hosts.BEANS):
            self.fail(f"{piece.name} is a Java object: its method {name} cannot be called here", token)
        if name in METHODS and METHODS[name].takes(len(arguments)):
            return call(f"juel {name}", piece, *arguments)
        getter = next((name[len(word) :] for word in ("get", "is") if name.startswith(word)), "")
        if arguments or not getter or not getter[0].isupper() or getter == "Class":
            return None
        return Piece(f"{whole(piece)}.{step(uncapitalized(getter))}", name=piece.name)

    def _arguments(self, closing: str, *, may_be_host: bool = False) -> list[Piece]:
        found: list[Piece] = []
        while not self.accept(closing):
            piece = self._ternary()
            found.append(piece if may_be_host else self._value(piece))
            if not self.at(closing):
                self.expect(",")
        return found

    def _operand(self, read: Callable[[], Piece]) -> Piece:
        return self._value(read())

    def _value(self, piece: Piece) -> Piece:
        """The piece, which must be worth something. Raises `FeelError`."""
        if piece.host == hosts.NOTHING:
            self.fail("a variable may be written only by an expression that does nothing else")
        if piece.host in (hosts.VARIABLES, hosts.CASE, hosts.ITEM):
            self.fail(f"{piece.text} is a Java object, and no value", self.last)
        return piece
