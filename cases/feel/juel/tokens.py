"""The text of an attribute -> plain pieces and expressions in `${...}` or `#{...}`, and those -> tokens."""

import re
from dataclasses import dataclass
from enum import Enum, auto

from cases.feel.errors import FeelError

CODE = "FEEL-JUEL"
"""The code of everything that this package refuses."""


class Sort(Enum):
    """What a token is."""

    NUMBER = auto()
    TEXT = auto()
    NAME = auto()
    SIGN = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """One token; `text` is the number, what stands between the quotes, the name, or the sign."""

    sort: Sort
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of an attribute: plain text, or the tokens of an expression."""

    text: str
    tokens: tuple[Token, ...] = ()


def parts(text: str) -> list[Part]:
    """The pieces of an attribute, in order. Raises `FeelError`."""
    found: list[Part] = []
    plain: list[str] = []
    at = 0
    while at < len(text):
        if text[at] == "\\" and text[at + 1 : at + 3] in _OPENINGS:
            plain.append(text[at + 1 : at + 3])
            at += 3
        elif text[at : at + 2] in _OPENINGS:
            if plain:
                found.append(Part("".join(plain)))
                plain = []
            tokens, end = _expression(text, at + 2)
            found.append(Part(text[at:end], tokens))
            at = end
        else:
            plain.append(text[at])
            at += 1
    if plain:
        found.append(Part("".join(plain)))
    return found


def refusal(reason: str, text: str, at: int) -> FeelError:
    """Why a text cannot be translated, and where that stands."""
    return FeelError(CODE, reason, text, at)


def _expression(text: str, start: int) -> tuple[tuple[Token, ...], int]:
    found: list[Token] = []
    depth, at = 0, start
    while True:
        match = _TOKEN.match(text, at)
        if match is None or not match.lastgroup:
            rest = text[at:].lstrip()
            reason = f"{rest[0]!r} has no meaning here" if rest else "the expression has no closing brace"
            raise refusal(reason, text, min(at, len(text) - 1))
        token = _token(match)
        at = match.end()
        if token.sort is Sort.SIGN and token.text == "}" and depth == 0:
            return (*found, Token(Sort.END, "", token.at)), at
        depth += {"{": 1, "}": -1}.get(token.text, 0) if token.sort is Sort.SIGN else 0
        found.append(token)


def _token(match: re.Match[str]) -> Token:
    group = str(match.lastgroup)
    at, text = match.start(group), match[group]
    match group:
        case "number":
            return Token(Sort.NUMBER, _number(text), at)
        case "text":
            return Token(Sort.TEXT, _ESCAPE.sub(r"\1", text[1:-1]), at)
        case "name" if text in _WORDS:
            return Token(Sort.SIGN, _WORDS[text], at)
        case "name":
            return Token(Sort.NAME, text, at)
    return Token(Sort.SIGN, text, at)


def _number(text: str) -> str:
    """A number of Java as FEEL writes it: `5.` is 5, `.5` and `1e3` stay, a letter behind it goes."""
    digits = text.rstrip("LlFfDd")
    mantissa, exponent_sign, exponent = digits.lower().partition("e")
    return mantissa.removesuffix(".") + exponent_sign + exponent


_OPENINGS = ("${", "#{")
_WORDS = {
    "and": "&&", "or": "||", "not": "!", "eq": "==", "ne": "!=", "lt": "<", "gt": ">", "le": "<=", "ge": ">=",
    "div": "/", "mod": "%",
}  # fmt: skip
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_TOKEN = re.compile(
    r"""\s*(?:(?P<number>(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d+)?[LlFfDd]?(?!\w))
    |(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
    |(?P<name>[^\W\d](?:[\w$])*(?::[^\W\d]\w*(?=\s*\())?|\$[\w$]+)
    |(?P<sign>&&|\|\||==|!=|<=|>=|->|\+=|[-+*/%!<>?:.,()\[\]{}=;]))""",
    re.VERBOSE | re.DOTALL,
)
