"""Where the translation stands among the tokens of an expression, and the ways on from there."""

from collections.abc import Container
from typing import NoReturn

from cases.feel.juel.tokens import Sort, Token, refusal

_MAX_DEPTH = 30
"""Brackets, calls and choices within each other; each takes sixteen calls of Python."""


class Cursor:
    """A place among tokens, the last of which is the end."""

    def __init__(self, tokens: tuple[Token, ...], text: str) -> None:
        self._tokens = tokens
        self._place = 0
        self._text = text
        self.depth = 0

    @property
    def token(self) -> Token:
        """The token that stands here."""
        return self._tokens[self._place]

    @property
    def last(self) -> Token:
        """The token before."""
        return self._tokens[self._place - 1]

    def peek(self) -> Token:
        """The token after this one."""
        return self._tokens[min(self._place + 1, len(self._tokens) - 1)]

    def advance(self) -> Token:
        """Take the token, and go on; the end stays."""
        token = self.token
        if token.sort is not Sort.END:
            self._place += 1
        return token

    def at(self, sign: str) -> bool:
        """Whether this sign stands here."""
        return self.token.sort is Sort.SIGN and self.token.text == sign

    def at_operator(self, word: str) -> bool:
        """Whether this word stands here and a value behind it, so that it is an operator and no variable."""
        return self.token.sort is Sort.NAME and self.token.text == word and _begins_value(self.peek())

    def accept(self, sign: str) -> bool:
        """Take this sign, if it stands here."""
        found = self.at(sign)
        self._place += found
        return found

    def one_of(self, signs: Container[str]) -> str | None:
        """Take one of these signs, if one stands here."""
        return self.advance().text if self.token.sort is Sort.SIGN and self.token.text in signs else None

    def expect(self, sign: str) -> None:
        """Take this sign. Raises `FeelError` when it is not there."""
        if not self.accept(sign):
            self.fail(f"{sign!r} should stand here")

    def enter(self) -> None:
        """Go one bracket deeper. Raises `FeelError` when that is too deep."""
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            self.fail("the expression is nested too deeply")

    def fail(self, reason: str, token: Token | None = None) -> NoReturn:
        """Refuse the expression because of this token, or the one that stands here."""
        raise refusal(reason, self._text, (token or self.token).at)


def _begins_value(token: Token) -> bool:
    return token.sort in (Sort.NAME, Sort.TEXT, Sort.NUMBER) or token.text in ("(", "!", "-", "[", "{")
