"""The tokens of one JUEL expression -> FEEL text, and what it assigns; by precedence (EL 3.0, 1.16)."""

from collections.abc import Callable
from typing import NoReturn

from cases.feel.builtins.juel_methods import METHODS
from cases.feel.juel import functions, hosts
from cases.feel.juel.tokens import Sort, Token, refusal
from cases.feel.juel.writing import NULL, Piece, call, chain, named, opposite, quoted, step, truth, whole

Assignment = tuple[str, str, str | None]
"""Where it writes, FEEL for the name, FEEL for the value; without a value the variable is removed."""

_MAX_DEPTH = 60
_EQUALITY = {"==": "juel equal", "!=": "juel equal"}
_ORDER = {"<": "juel less", "<=": "juel at most", ">": "juel greater", ">=": "juel at least"}
_SUM = {"+": "juel add", "-": "juel subtract", "+=": "juel text"}
_PRODUCT = {"*": "juel multiply", "/": "juel divide", "%": "juel modulo"}
_CONSTANTS = {"true": Piece("true", is_truth=True), "false": Piece("false", is_truth=True), "null": NULL}
_BEANS = ("Bean", "Service", "Delegate", "Configuration", "Engine", "Listener", "Utils", "Util", "Manager")
"""How names of Java objects end that no variable holds."""


class Parser:
    """Reads one expression; `assignments` are those it has met."""

    def __init__(self, tokens: tuple[Token, ...], text: str) -> None:
        self._tokens = tokens
        self._place = 0
        self._depth = 0
        self._text = text
        self.assignments: list[Assignment] = []

    def whole(self) -> Piece | None:
        """The value of the expression; None where it has none, because it ends by writing.

        Raises `FeelError`.
        """
        piece = self._statement()
        while self._accept(";"):
            piece = self._statement()
        if self._token.sort is not Sort.END:
            self._fail(f"{self._token.text!r} has no meaning here")
        return None if piece.host == hosts.NOTHING else self._value(piece)

    def _statement(self) -> Piece:
        """A value, `name = value`, or a method that writes."""
        first, second = self._tokens[self._place], self._tokens[min(self._place + 1, len(self._tokens) - 1)]
        if first.sort is Sort.NAME and second.sort is Sort.SIGN and second.text == "=":
            self._place += 2
            value = self._value(self._ternary())
            self.assignments.append((hosts.NEAREST, quoted(first.text).text, value.text))
            return named(first.text)
        count = len(self.assignments)
        piece = self._ternary()
        if len(self.assignments) > count and piece.host != hosts.NOTHING:
            self._fail("a variable may be written only by an expression that does nothing else", first)
        if self._token.text == "=" and self._token.sort is Sort.SIGN:
            self._fail("a part of a value cannot be written, only a variable")
        return piece

    def _ternary(self) -> Piece:
        self._enter()
        condition = self._or()
        if self._accept("?"):
            chosen = self._operand(self._ternary)
            self._expect(":")
            otherwise = self._operand(self._ternary)
            condition = self._value(condition)
            condition = Piece(
                f"if {truth(condition).text} then {whole(chosen)} else {otherwise.text}",
                is_truth=chosen.is_truth and otherwise.is_truth,
                is_whole=False,
            )
        self._depth -= 1
        return condition

    def _or(self) -> Piece:
        return self._joined("||", "or", self._and)

    def _and(self) -> Piece:
        return self._joined("&&", "and", self._equality)

    def _joined(self, sign: str, operator: str, read: Callable[[], Piece]) -> Piece:
        first = read()
        if not self._is(sign):
            return first
        pieces = [self._value(first)]
        while self._accept(sign):
            pieces.append(self._operand(read))
        return chain(operator, pieces)

    def _equality(self) -> Piece:
        left = self._order()
        while (sign := self._sign(_EQUALITY)) is not None:
            left = call("juel equal", self._value(left), self._operand(self._order), is_truth=True)
            left = opposite(left) if sign == "!=" else left
        return left

    def _order(self) -> Piece:
        left = self._sum()
        while (sign := self._sign(_ORDER)) is not None:
            left = call(_ORDER[sign], self._value(left), self._operand(self._sum), is_truth=True)
        return left

    def _sum(self) -> Piece:
        return self._arithmetic(_SUM, self._product)

    def _product(self) -> Piece:
        return self._arithmetic(_PRODUCT, self._unary)

    def _arithmetic(self, signs: dict[str, str], read: Callable[[], Piece]) -> Piece:
        """A chain of one level; what stands behind the same sign goes into one call."""
        left = read()
        while (sign := self._sign(signs)) is not None:
            operands = [self._value(left), self._operand(read)]
            while self._accept(sign):
                operands.append(self._operand(read))
            left = call(signs[sign], *operands)
        return left

    def _unary(self) -> Piece:
        if self._is("!") or self._is("-") or self._is_word("empty"):
            self._enter()
            sign = self._advance().text
            operand = self._operand(self._unary)
            self._depth -= 1
            if sign == "!":
                return opposite(operand)
            return call("juel negate", operand) if sign == "-" else call("juel empty", operand, is_truth=True)
        return self._postfix(self._primary())

    def _primary(self) -> Piece:
        token = self._advance()
        match token.sort:
            case Sort.NUMBER:
                return Piece(token.text)
            case Sort.TEXT:
                return quoted(token.text)
            case Sort.NAME:
                return self._name(token)
            case Sort.SIGN if token.text in ("(", "[", "{"):
                return self._bracketed(token)
        return self._fail("a value should stand here", token)

    def _bracketed(self, token: Token) -> Piece:
        if token.text == "(":
            inner = self._ternary()
            self._expect(")")
            return inner
        if token.text == "[":
            items = ", ".join(piece.text for piece in self._arguments("]"))
            return Piece(f"[{items}]")
        entries = []
        while not self._accept("}"):
            key = self._advance()
            if key.sort not in (Sort.TEXT, Sort.NAME):
                self._fail("a key should stand here", key)
            self._expect(":")
            entries.append(f"{quoted(key.text).text}: {self._operand(self._ternary).text}")
            if not self._is("}"):
                self._expect(",")
        return Piece(f"{{{', '.join(entries)}}}")

    def _name(self, token: Token) -> Piece:
        name = token.text
        if name in _CONSTANTS:
            return _CONSTANTS[name]
        if self._is("("):
            return self._function(token)
        if name in hosts.NAMES:
            return Piece(hosts.NAMES[name])
        if name in hosts.HOSTS and (self._is(".") or self._is("[")):
            host = hosts.HOSTS[name]
            return hosts.all_items() if host == hosts.ITEMS else Piece(name, host=host, name=name)
        return named(name)

    def _function(self, token: Token) -> Piece:
        self._advance()
        arguments = self._arguments(")", may_be_host=True)
        prefix, _, local = token.text.rpartition(":")
        if prefix in functions.PREFIXES:
            found = functions.variable_function(local, arguments)
        else:
            found = functions.function(token.text, arguments)
        if found is None:
            known = f"with {len(arguments)} arguments " if prefix in functions.PREFIXES else ""
            self._fail(f"the function {token.text} {known}is not known here", token)
        return found

    def _postfix(self, piece: Piece) -> Piece:
        while True:
            if self._accept("."):
                token = self._advance()
                if token.sort is not Sort.NAME:
                    self._fail("a name should follow the dot", token)
                piece = self._called(piece, token) if self._accept("(") else self._property(piece, token)
            elif self._accept("["):
                index = self._operand(self._ternary)
                self._expect("]")
                piece = self._indexed(piece, index)
            else:
                return piece

    def _property(self, piece: Piece, token: Token) -> Piece:
        name = token.text
        if not piece.host:
            return Piece(f"{whole(piece)}.{step(name)}", name=piece.name)
        if piece.host == hosts.VARIABLES:
            return named(name)
        if name in hosts.BAGS:
            return Piece(piece.text, host=hosts.VARIABLES)
        if name in hosts.INNER:
            return Piece(name, host=hosts.INNER[name])
        found = hosts.PROPERTIES.get(piece.host, {}).get(name)
        if found is not None:
            return Piece(found)
        if piece.host == hosts.TASK:
            return Piece(f"{piece.text}.{step(name)}", name=piece.name)  # a variable may be called task
        return self._fail(f"{name} of {piece.text} is not known here", token)

    def _indexed(self, piece: Piece, index: Piece) -> Piece:
        if piece.host == hosts.VARIABLES and index.literal is not None:
            return named(index.literal)
        key = index.literal
        if key is None or key.isdigit() or "`" in key or not key:
            return call("juel index", self._value(piece), index)
        return self._property(piece, Token(Sort.NAME, key, self._tokens[self._place - 2].at))

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
            self._fail(f"the method {name} of {subject} is not known here", token)
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
        if arguments:
            return None
        if name.startswith("is") and (state := hosts.STATES.get(_uncapitalized(name[2:]))):
            return call("juel same", Piece(f"{piece.host}.state"), quoted(state), is_truth=True)
        wanted = _uncapitalized(name[2:] if name.startswith("is") else name[3:])
        if not name.startswith(("get", "is")):
            return None
        if wanted in hosts.INNER:
            return Piece(wanted, host=hosts.INNER[wanted])
        if wanted in hosts.BAGS:
            return Piece(piece.text, host=hosts.VARIABLES)
        found = hosts.PROPERTIES.get(piece.host, {}).get(wanted)
        return None if found is None else Piece(found)

    def _variable(self, arguments: list[Piece]) -> Piece | None:
        literal = arguments[0].literal if arguments else None
        return None if literal is None or "`" in literal or not literal else named(literal)

    def _write(self, scope: str, name: Piece, value: Piece | None) -> Piece:
        self.assignments.append((scope, name.text, None if value is None else value.text))
        return hosts.nothing_left()

    def _method(self, piece: Piece, token: Token, arguments: list[Piece]) -> Piece | None:
        """What a method of a value gives: of texts, numbers, lists and contexts; or a getter of one."""
        name = token.text
        if piece.name.endswith(_BEANS):
            self._fail(f"{piece.name} is a Java object: its method {name} cannot be called here", token)
        if name in METHODS and METHODS[name].takes(len(arguments)):
            return call(f"juel {name}", piece, *arguments, is_truth=METHODS[name].is_truth)
        getter = next((name[len(word) :] for word in ("get", "is") if name.startswith(word)), "")
        if arguments or not getter or not getter[0].isupper() or getter == "Class":
            return None
        return Piece(f"{whole(piece)}.{step(_uncapitalized(getter))}", name=piece.name)

    def _arguments(self, closing: str, *, may_be_host: bool = False) -> list[Piece]:
        found: list[Piece] = []
        while not self._accept(closing):
            piece = self._ternary()
            found.append(piece if may_be_host else self._value(piece))
            if not self._is(closing):
                self._expect(",")
        return found

    def _operand(self, read: Callable[[], Piece]) -> Piece:
        return self._value(read())

    def _value(self, piece: Piece) -> Piece:
        """The piece, which must be worth something. Raises `FeelError`."""
        if piece.host == hosts.NOTHING:
            self._fail("a variable may be written only by an expression that does nothing else")
        if piece.host in (hosts.VARIABLES, hosts.CASE, hosts.ITEM):
            self._fail(f"{piece.text} is a Java object, and no value", self._tokens[self._place - 1])
        return piece

    @property
    def _token(self) -> Token:
        return self._tokens[self._place]

    def _advance(self) -> Token:
        token = self._tokens[self._place]
        if token.sort is not Sort.END:
            self._place += 1
        return token

    def _is(self, sign: str) -> bool:
        return self._token.sort is Sort.SIGN and self._token.text == sign

    def _is_word(self, word: str) -> bool:
        following = self._tokens[min(self._place + 1, len(self._tokens) - 1)]
        return self._token.sort is Sort.NAME and self._token.text == word and _begins_value(following)

    def _accept(self, sign: str) -> bool:
        if not self._is(sign):
            return False
        self._place += 1
        return True

    def _sign(self, signs: dict[str, str]) -> str | None:
        return self._advance().text if self._token.sort is Sort.SIGN and self._token.text in signs else None

    def _expect(self, sign: str) -> None:
        if not self._accept(sign):
            self._fail(f"{sign!r} should stand here")

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            self._fail("the expression is nested too deeply")

    def _fail(self, reason: str, token: Token | None = None) -> NoReturn:
        raise refusal(reason, self._text, (token or self._token).at)


def _begins_value(token: Token) -> bool:
    """Whether a token begins a value, so that `empty` before it is the operator and no variable."""
    return token.sort in (Sort.NAME, Sort.TEXT, Sort.NUMBER) or token.text in ("(", "!", "-", "[", "{")


def _uncapitalized(name: str) -> str:
    return name[:1].lower() + name[1:]
