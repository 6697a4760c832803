"""Types as an expression writes them (DMN 1.5, grammar rules 52 to 56)."""

import re

from cases.feel.lexer import Sort
from cases.feel.parser.cursor import Cursor
from cases.feel.syntax import TypeName

_LONG_TYPES = re.compile(r"date\s+and\s+time|days\s+and\s+time\s+duration|years\s+and\s+months\s+duration")
_TYPE_NAMES = {
    "dateTime": "date and time",
    "dayTimeDuration": "days and time duration",
    "yearMonthDuration": "years and months duration",
}
BEFORE_COLON = re.compile(r"\s*:")


class TypeReader(Cursor):
    """Reads types."""

    def type(self) -> TypeName:
        """A type."""
        self.enter()
        found = self._type_here()
        self.depth -= 1
        return found

    def _type_here(self) -> TypeName:
        long = _LONG_TYPES.match(self.lexer.text, self.token.at)
        if long is not None:
            self.go(long.end())
            return TypeName(" ".join(long[0].split()))
        if self.token.sort not in (Sort.NAME, Sort.KEYWORD):
            self.fail("a type should stand here")
        name = self.advance().text
        if name == "context" and self.accept("<"):
            fields = () if self.token.text == ">" else self.separated(self._field)
            self.expect(">")
            return TypeName(name, fields=fields)
        if name in ("list", "range", "function") and self.accept("<"):
            arguments = () if self.token.text == ">" else self.separated(self.type)
            self.expect(">")
            return TypeName(name, arguments, result=self._result() if name == "function" else None)
        while self.accept("."):
            name += "." + self.advance().text
        return TypeName(_TYPE_NAMES.get(name, name))

    def _result(self) -> TypeName:
        self.expect("->")
        return self.type()

    def _field(self) -> tuple[str, TypeName]:
        name = self.declare(BEFORE_COLON, "a field and a colon should stand here")
        self.expect(":")
        return name, self.type()
