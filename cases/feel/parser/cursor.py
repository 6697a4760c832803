"""Where the parser stands in the text: the token, how deep it is in brackets, and what may be taken."""

import re
from collections.abc import Callable
from typing import NoReturn, TypeVar

from cases.feel.budget import MAX_DEPTH, MAX_LENGTH
from cases.feel.errors import FeelError
from cases.feel.lexer import Lexer, Sort, Token, Vocabulary
from cases.feel.syntax import Compare

Tree = TypeVar("Tree")

OPERATOR_SORTS = (Sort.SIGN, Sort.KEYWORD)
_COMPARISONS = frozenset(Compare)


class Cursor:
    """A place in a text, and the ways on from it."""

    def __init__(self, text: str, vocabulary: Vocabulary) -> None:
        if len(text) > MAX_LENGTH:
            raise FeelError("FEEL-LENGTH", f"an expression has at most {MAX_LENGTH} characters")
        self.lexer = Lexer(text, Vocabulary(base=vocabulary))
        self.depth = 0
        self.range_end = False
        self.token = self.lexer.token(0)

    def whole(self, read: Callable[[], Tree]) -> Tree:
        """What `read` finds, which must be all there is."""
        found = read()
        if self.token.sort is not Sort.END:
            self.fail("the expression should end here")
        return found

    def attempt(self, read: Callable[[], Tree]) -> Tree | None:
        """What `read` finds, or None, and as if nothing had happened."""
        saved = self.token, self.depth, self.range_end
        try:
            return read()
        except FeelError:
            self.token, self.depth, self.range_end = saved
            return None

    def peek(self) -> Token:
        """The token after this one."""
        return self.lexer.token(self.token.end)

    def comparison_sign(self) -> Compare | None:
        """The comparison operator that stands here, if one does."""
        if self.token.sort is Sort.SIGN and self.token.text in _COMPARISONS:
            return Compare(self.advance().text)
        return None

    def separated(self, read: Callable[[], Tree]) -> tuple[Tree, ...]:
        """What `read` finds, again after each comma."""
        found = [read()]
        while self.accept(","):
            found.append(read())
        return tuple(found)

    def bracketed(self, opening: str, read: Callable[[], Tree], closing: str) -> Tree:
        """What `read` finds between brackets."""
        self.expect(opening)
        outer, self.range_end = self.range_end, False
        found = read()
        self.range_end = outer
        self.expect(closing)
        return found

    def declare(self, stop: re.Pattern[str], otherwise: str) -> str:
        """A name that is declared here, up to `stop`; from now on it is known."""
        found = self.lexer.declared(self.token.at, stop)
        if found is None:
            self.fail(otherwise)
        name, end = found
        self.lexer.vocabulary.know(name)
        self.go(end)
        return name

    def accept(self, text: str) -> bool:
        """Take this sign or keyword, if it stands here."""
        if self.token.text != text or self.token.sort not in OPERATOR_SORTS:
            return False
        self.advance()
        return True

    def expect(self, text: str) -> None:
        """Take this sign or keyword. Raises `FeelError` when it does not stand here."""
        if not self.accept(text):
            self.fail(f'"{text}" should stand here')

    def advance(self) -> Token:
        """Take the token that stands here, whatever it is."""
        token = self.token
        self.token = self.lexer.token(token.end)
        return token

    def go(self, at: int) -> None:
        """Read on at this place."""
        self.token = self.lexer.token(at)

    def enter(self) -> None:
        """Go a bracket deeper. Raises `FeelError` when that is too deep."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.lexer.error(
                f"brackets are nested more than {MAX_DEPTH} deep", self.token.at, "FEEL-DEPTH"
            )

    def fail(self, message: str) -> NoReturn:
        """Raises `FeelError`, with what stands here."""
        found = "the end" if self.token.sort is Sort.END else f'"{self.token.text}"'
        raise self.lexer.error(f"{message}, not {found}", self.token.at)
