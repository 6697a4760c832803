"""Pieces of FEEL text, and how they are put together: brackets where they are needed, names that are safe."""

import re
from dataclasses import dataclass

from cases.feel.builtins import NAMES
from cases.feel.lexer import KEYWORDS


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the translation.

    `is_truth`: its value is true or false. `is_whole`: it needs no brackets. `name` is set for a variable
    alone, `literal` for a text that is written down; `host` for an object of the engine that has no value
    of its own.
    """

    text: str
    is_truth: bool = False
    is_whole: bool = True
    name: str = ""
    literal: str | None = None
    host: str = ""


NULL = Piece("null")

CONSTANTS = {"true": Piece("true", is_truth=True), "false": Piece("false", is_truth=True), "null": NULL}
"""Words that are no names."""


def quoted(text: str) -> Piece:
    """A text."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return Piece(f'"{escaped}"', literal=text)


def named(name: str) -> Piece:
    """A variable."""
    return Piece(safe(name), name=name)


def safe(name: str) -> str:
    """A name as FEEL takes it: between backticks, unless it is a single word that means nothing else."""
    return name if _WORD.fullmatch(name) and name not in _TAKEN else f"`{name}`"


def step(name: str) -> str:
    """A name behind a dot."""
    return name if _WORD.fullmatch(name) else f"`{name}`"


def uncapitalized(name: str) -> str:
    """The name of a property, from that of its getter."""
    return name[:1].lower() + name[1:]


def call(function: str, *arguments: Piece, is_truth: bool = False) -> Piece:
    """A call of a function."""
    return Piece(f"{function}({', '.join(argument.text for argument in arguments)})", is_truth=is_truth)


def whole(piece: Piece) -> str:
    """The text of a piece, in brackets where it needs them beside an operator."""
    return piece.text if piece.is_whole else f"({piece.text})"


def truth(piece: Piece) -> Piece:
    """The piece as true or false, as Java's EL coerces it."""
    return piece if piece.is_truth else call("juel truth", piece, is_truth=True)


def opposite(piece: Piece) -> Piece:
    """The opposite of a piece."""
    return call("not", truth(piece), is_truth=True)


def chain(operator: str, pieces: list[Piece]) -> Piece:
    """Pieces with `and` or `or` between them."""
    return Piece(f" {operator} ".join(whole(truth(piece)) for piece in pieces), is_truth=True, is_whole=False)


_WORD = re.compile(r"[^\W\d]\w*")
_TAKEN = KEYWORDS | NAMES
