"""Text -> tokens, one at a time: names may hold spaces and signs, so what a name is depends on what is known.

Known are the built-in functions, the names handed to the parser, and those that the expression itself
declares.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto
from functools import lru_cache

from cases.feel.errors import FeelError

KEYWORDS = frozenset(
    [
        "for",
        "if",
        "then",
        "else",
        "return",
        "in",
        "between",
        "and",
        "or",
        "some",
        "every",
        "satisfies",
        "instance",
        "function",
        "true",
        "false",
        "null",
        "external",
    ]
)


class Sort(Enum):
    """What a token is."""

    NUMBER = auto()
    STRING = auto()
    TEMPORAL = auto()
    NAME = auto()
    KEYWORD = auto()
    SIGN = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """One token: for a number or text `value` is its value. `is_variable`: a name between backticks."""

    sort: Sort
    text: str
    at: int
    end: int
    value: object = None
    is_variable: bool = False


class Vocabulary:
    """The names of more than one word, or with signs in them, by their first word; the longest match wins."""

    def __init__(self, names: Iterable[str] = (), base: "Vocabulary | None" = None) -> None:
        self._base = base
        self._names: dict[str, list[tuple[re.Pattern[str], str]]] = {}
        for name in names:
            self.know(name)

    def know(self, name: str) -> None:
        """From now on this is one name, if it is not one already."""
        plain = normal_name(name)
        first = _WORD.match(plain)
        if first is None or first.end() == len(plain):
            return
        known = self._names.setdefault(first[0], [])
        if all(other != plain for _, other in known):
            known.append((_name_pattern(plain), plain))
            known.sort(key=lambda entry: -len(entry[1]))

    def match(self, word: str, text: str, at: int) -> tuple[str, int] | None:
        """The longest known name that begins with `word` at this place, and where it ends."""
        best = None if self._base is None else self._base.match(word, text, at)
        for pattern, name in self._names.get(word, ()):
            found = pattern.match(text, at)
            if found is not None and (best is None or found.end() > best[1]):
                return name, found.end()
        return best


class Lexer:
    """Reads one token at a time, from any place."""

    def __init__(self, text: str, vocabulary: Vocabulary) -> None:
        self.text = text
        self.vocabulary = vocabulary

    def token(self, at: int) -> Token:
        """The token at or after this place. Raises `FeelError` for what is none."""
        start = self.skip(at)
        if start >= len(self.text):
            return Token(Sort.END, "", start, start)
        word = _WORD.match(self.text, start)
        if word is not None:
            return self._name(word)
        number = _NUMBER.match(self.text, start)
        if number is not None:
            return Token(Sort.NUMBER, number[0], start, number.end(), _number(number[0]))
        if self.text[start] in '"@':
            return self._string(start)
        if self.text[start] == "`":
            return self._variable(start)
        sign = _SIGN.match(self.text, start)
        if sign is None:
            raise self.error(f"{self.text[start]!r} has no meaning here", start)
        return Token(Sort.SIGN, sign[0], start, sign.end())

    def skip(self, at: int) -> int:
        """The place of the next character that is neither space nor comment."""
        found = _SPACE.match(self.text, at)
        return at if found is None else found.end()

    def declared(self, at: int, stop: re.Pattern[str]) -> tuple[str, int] | None:
        """A name that is declared here: all up to `stop`, if that begins like a name."""
        start = self.skip(at)
        found = stop.search(self.text, start)
        if found is None or _WORD.match(self.text, start) is None:
            return None
        name = normal_name(self.text[start : found.start()])
        return (name, found.start()) if _DECLARED.fullmatch(name) else None

    def error(self, message: str, at: int, code: str = "FEEL-SYNTAX") -> FeelError:
        """An error at this place."""
        return FeelError(code, message, self.text, at)

    def _name(self, word: re.Match[str]) -> Token:
        start = word.start()
        known = self.vocabulary.match(word[0], self.text, start)
        if known is not None:
            return Token(Sort.NAME, known[0], start, known[1])
        return Token(Sort.KEYWORD if word[0] in KEYWORDS else Sort.NAME, word[0], start, word.end())

    def _variable(self, start: int) -> Token:
        """A name between backticks: any characters, and a variable whatever it is called."""
        end = self.text.find("`", start + 1)
        if end <= start + 1:
            raise self.error("a name has no end" if end < 0 else "a name should stand here", start)
        return Token(Sort.NAME, self.text[start + 1 : end], start, end + 1, is_variable=True)

    def _string(self, start: int) -> Token:
        temporal = self.text[start] == "@"
        found = _STRING.match(self.text, self.skip(start + 1) if temporal else start)
        if found is None:
            raise self.error("a text has no end" if not temporal else "a text should follow the @", start)
        return Token(
            Sort.TEMPORAL if temporal else Sort.STRING, found[0], start, found.end(), unescape(found[1])
        )


def normal_name(name: str) -> str:
    """The name with single spaces."""
    return " ".join(name.split())


def is_plain_name(name: str) -> bool:
    """Whether a name needs no one to know it: a single word, and no keyword."""
    return _WORD.fullmatch(name) is not None and name not in KEYWORDS


def unescape(text: str) -> str:
    r"""What is between the quotes of a text, with `\n`, `\"`, `\u00e4` and the like resolved."""
    if "\\" not in text:
        return text
    plain = _ESCAPE.sub(_unescape_one, text)
    try:
        return plain.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        return plain


def _unescape_one(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    if code is None:
        return _ESCAPES.get(found[3], "\\" + found[3])
    return chr(int(code, 16)) if int(code, 16) <= 0x10FFFF else found[0]


def _number(text: str) -> object:
    return int(text) if text.isdigit() and len(text) < 34 else Decimal(text)


@lru_cache(maxsize=4096)
def _name_pattern(name: str) -> re.Pattern[str]:
    pattern = ""
    for part in re.findall(r"\w+|\s+|[^\w\s]", name):
        if part.isspace():
            pattern += r"\s+"
        elif part[0].isalnum() or part[0] == "_":
            pattern += re.escape(part)
        else:
            pattern += r"\s*" + re.escape(part) + r"\s*"
    last = name[-1]
    pattern = pattern.removesuffix(r"\s*")
    return re.compile(pattern + (r"(?!\w)" if last.isalnum() or last == "_" else ""))


_START = r"(?:[^\W\d]|[\U00010000-\U000EFFFF])"
_WORD = re.compile(rf"\?|{_START}(?:\w|[\U00010000-\U000EFFFF])*")
_DECLARED = re.compile(rf"(?:\?|{_START})[\w\s.\-+*/'\U00010000-\U000EFFFF]*")
_NUMBER = re.compile(r"(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_SPACE = re.compile(r"(?:\s|//[^\n]*|/\*.*?\*/|\u200b|\ufeff)+", re.DOTALL)
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{6})|(.))", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "'": "'", "\\": "\\"}
_SIGN = re.compile(r"\*\*|\.\.|->|<=|>=|!=|[-+*/=<>()\[\]{},:.]")
