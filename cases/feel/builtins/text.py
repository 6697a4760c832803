"""Functions of texts (DMN 1.5, 10.3.4.3), and `string` itself.

Regular expressions run in linear time, so a pattern or a text cannot hold the engine; back-references,
blocks of Unicode and the subtraction of classes are the price, and null.
"""

import re
from functools import lru_cache
from typing import Any, TypeAlias

import re2

from cases.feel.builtins.signature import Library
from cases.feel.scope import Run
from cases.feel.values import Number, write

LIBRARY = Library()

Pattern: TypeAlias = Any
"""A pattern of the library, which has no types."""

_FLAGS = frozenset("smixq")
_OCTAL = re.compile(r"(?<!\\)(?:\\\\)*\\0")
"""XPath has no `0` behind a backslash, though the library has."""
_PREPARED = 100
"""Characters of a match from which on Python searches in linear time."""

_COMPARED = 20_000
"""Comparisons of characters that cost a step."""

_MAX_PATTERN_MEMORY = 2 << 20


@LIBRARY.measured("string", "from: any")
def _string(run: Run, value: object) -> object:
    return None if value is None else write(value, run)


@LIBRARY.function("substring", "string: string", "start position: number", "length?: number")
def _substring(text: str, start: Number, length: Number | None = None) -> object:
    position = int(start)
    if position == 0 or abs(position) > len(text):
        return None
    begin = position - 1 if position > 0 else len(text) + position
    if length is None:
        return text[begin:]
    return text[begin : begin + int(length)] if int(length) >= 1 else None


@LIBRARY.function("string length", "string: string")
def _length(text: str) -> object:
    return len(text)


@LIBRARY.function("upper case", "string: string")
def _upper(text: str) -> object:
    return text.upper()


@LIBRARY.function("lower case", "string: string")
def _lower(text: str) -> object:
    return text.lower()


@LIBRARY.measured("substring before", "string: string", "match: string")
def _before(run: Run, text: str, match: str) -> object:
    _spend_search(run, text, match)
    before, found, _ = text.partition(match) if match else ("", "", "")
    return before if found else ""


@LIBRARY.measured("substring after", "string: string", "match: string")
def _after(run: Run, text: str, match: str) -> object:
    _spend_search(run, text, match)
    return text.partition(match)[2] if match else text


@LIBRARY.measured("contains", "string: string", "match: string")
def _contains(run: Run, text: str, match: str) -> object:
    _spend_search(run, text, match)
    return match in text


@LIBRARY.function("starts with", "string: string", "match: string")
def _starts(text: str, match: str) -> object:
    return text.startswith(match)


@LIBRARY.function("ends with", "string: string", "match: string")
def _ends(text: str, match: str) -> object:
    return text.endswith(match)


@LIBRARY.function("matches", "input: string", "pattern: string", "flags?: string")
def _matches(text: str, pattern: str, flags: str | None = None) -> object:
    compiled = _compiled(pattern, flags or "")
    return None if compiled is None else compiled.search(text) is not None


@LIBRARY.measured("replace", "input: string", "pattern: string", "replacement: string", "flags?: string")
def _replace(run: Run, text: str, pattern: str, replacement: str, flags: str | None = None) -> object:
    compiled = _compiled(pattern, flags or "")
    if compiled is None or compiled.search("") is not None:
        return None
    template = [replacement] if "q" in (flags or "") else _template(replacement, compiled.groups)
    if template is None:
        return None
    parts: list[str] = []
    place = 0
    for found in compiled.finditer(text):
        piece = text[place : found.start()] + "".join(
            part if isinstance(part, str) else found.group(part) or "" for part in template
        )
        run.spend(1 + len(piece) // 100)
        parts.append(piece)
        place = found.end()
    return "".join(parts) + text[place:]


@LIBRARY.measured("split", "string: string", "delimiter: string")
def _split(run: Run, text: str, delimiter: str) -> object:
    compiled = _compiled(delimiter, "")
    if compiled is None:
        return None
    parts: list[str] = []
    place = 0
    for found in compiled.finditer(text):
        run.spend()
        if found.end() > found.start():
            parts.append(text[place : found.start()])
            place = found.end()
    return [*parts, text[place:]]


@LIBRARY.measured("string join", "list: list", "delimiter?: string")
def _join(run: Run, items: list[object], delimiter: str | None = None) -> object:
    texts = [item for item in items if isinstance(item, str)]
    if len(texts) != sum(item is not None for item in items):
        return None
    run.spend_text(sum(map(len, texts)) + len(texts) * len(delimiter or ""))
    return (delimiter or "").join(texts)


@LIBRARY.function("trim", "string: string")
def _trim(text: str) -> object:
    return text.strip()


def _spend_search(run: Run, text: str, match: str) -> None:
    """Pay for a search at its worst: Python compares at each place anew, if the match is not very long."""
    run.spend(len(text) * min(len(match), _PREPARED) // _COMPARED)


@lru_cache(maxsize=64)
def _compiled(pattern: str, flags: str) -> Pattern | None:
    """The pattern of XPath, compiled; None where it is wrong or too hard."""
    if not set(flags) <= _FLAGS or ("q" not in flags and _OCTAL.search(pattern)):
        return None
    if "q" in flags:
        pattern = re2.escape(pattern)
    elif "x" in flags:
        pattern = _without_space(pattern)
    modes = "".join(flag for flag in "smi" if flag in flags)
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MAX_PATTERN_MEMORY
    try:
        return re2.compile(f"(?{modes}){pattern}" if modes else pattern, options)
    except re2.error:
        return None


def _without_space(pattern: str) -> str:
    """Flag `x`: white space outside of classes does not count, not even behind a backslash."""
    kept: list[str] = []
    in_class = escaped = False
    for character in pattern:
        if in_class or not character.isspace():
            kept.append(character)
        if not escaped:
            in_class = character == "[" or (in_class and character != "]")
        escaped = character == "\\" and not escaped
    return "".join(kept)


def _template(replacement: str, groups: int) -> list[str | int] | None:
    r"""The parts of a replacement: texts, and numbers of groups (`$1`).

    None where a `$` or `\` stands alone.
    """
    parts: list[str | int] = []
    place = 0
    while place < len(replacement):
        character = replacement[place]
        following = replacement[place + 1 : place + 2]
        if character == "\\":
            if following not in ("\\", "$") or not following:
                return None
            parts.append(following)
            place += 2
        elif character == "$":
            if not following.isdigit():
                return None
            place = _group(replacement, place + 1, groups, parts)
        else:
            parts.append(character)
            place += 1
    return parts


def _group(replacement: str, place: int, groups: int, parts: list[str | int]) -> int:
    """As many digits as still name a group.

    The first always counts, and a group that is not there is empty.
    """
    number = int(replacement[place])
    place += 1
    while place < len(replacement) and replacement[place].isdigit():
        longer = number * 10 + int(replacement[place])
        if longer > groups:
            break
        number, place = longer, place + 1
    parts.append(number if number <= groups else "")
    return place
