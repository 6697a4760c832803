"""Methods of Java's texts. Regular expressions run in linear time, and are those of the library."""

import re

import re2

from cases.feel.builtins.juel_methods import Methods, sign_of
from cases.feel.builtins.juel_values import refused, searched, string_of, text_of, whole_of
from cases.feel.scope import Run
from cases.feel.values import Checked

LIBRARY = Methods()

_DIGITS = re.compile(r"[0-9]{1,4}")
_MAX_PATTERN_MEMORY = 2 << 20


@LIBRARY.method("length")
def _length(_run: Run, value: object) -> object:
    return len(string_of(value))


@LIBRARY.method("substring subSequence", 1, 2)
def _substring(_run: Run, value: object, start: object, end: object = None) -> object:
    text = string_of(value)
    first, last = whole_of(start), len(text) if end is None else whole_of(end)
    if not 0 <= first <= last <= len(text):
        raise refused(f"a text of {len(text)} characters has no part from {first} to {last}")
    return text[first:last]


@LIBRARY.method("charAt", 1)
def _char_at(_run: Run, value: object, index: object) -> object:
    text, place = string_of(value), whole_of(index)
    if not 0 <= place < len(text):
        raise refused(f"a text of {len(text)} characters has none at {place}")
    return text[place]


@LIBRARY.method("startsWith", 1)
def _starts_with(run: Run, value: object, start: object) -> object:
    return string_of(value).startswith(text_of(run, start))


@LIBRARY.method("endsWith", 1)
def _ends_with(run: Run, value: object, end: object) -> object:
    return string_of(value).endswith(text_of(run, end))


@LIBRARY.method("equalsIgnoreCase", 1)
def _equals_in_any_case(_run: Run, value: object, other: object) -> object:
    return isinstance(other, str) and string_of(value).lower() == other.lower()


@LIBRARY.method("compareToIgnoreCase", 1)
def _compare_in_any_case(run: Run, value: object, other: object) -> object:
    return sign_of(run, string_of(value).lower(), text_of(run, other).lower())


@LIBRARY.method("toUpperCase")
def _upper(_run: Run, value: object) -> object:
    return string_of(value).upper()


@LIBRARY.method("toLowerCase")
def _lower(_run: Run, value: object) -> object:
    return string_of(value).lower()


@LIBRARY.method("trim strip")
def _trim(_run: Run, value: object) -> object:
    return string_of(value).strip()


@LIBRARY.method("isBlank")
def _is_blank(_run: Run, value: object) -> object:
    return not string_of(value).strip()


@LIBRARY.method("concat", 1)
def _concat(run: Run, value: object, other: object) -> object:
    return string_of(value) + text_of(run, other)


@LIBRARY.method("repeat", 1)
def _repeat(run: Run, value: object, times: object) -> object:
    text, count = string_of(value), whole_of(times)
    if count < 0:
        raise refused("a text cannot be repeated less than no times")
    run.spend_text(len(text) * count)
    return text * count


@LIBRARY.method("replace", 2)
def _replace(run: Run, value: object, old: object, new: object) -> object:
    text, old_text, new_text = string_of(value), searched(run, value, old), text_of(run, new)
    run.spend_text(len(text) + (text.count(old_text) if old_text else len(text) + 1) * len(new_text))
    return text.replace(old_text, new_text)


@LIBRARY.method("replaceAll", 2)
def _replace_all(run: Run, value: object, pattern: object, new: object) -> object:
    text, template, searched_for = string_of(value), text_of(run, new), _compiled(pattern)
    run.spend_text((len(text) + 1) * (len(template) + 1) // 10)
    parts = _replacement(template, searched_for.groups)
    changed: str = searched_for.sub(lambda found: _replaced(found, parts), text)
    return changed


@LIBRARY.method("matches", 1)
def _matches(_run: Run, value: object, pattern: object) -> object:
    return _compiled(pattern).fullmatch(string_of(value)) is not None


@LIBRARY.method("split", 1)
def _split(run: Run, value: object, pattern: object) -> object:
    """The parts of a text; empty ones at the end are left out, as Java does."""
    text = string_of(value)
    parts: list[str] = []
    place = 0
    for found in _compiled(pattern).finditer(text):
        run.spend()
        if found.end() > 0:  # nothing stands before an empty match at the beginning
            parts.append(text[place : found.start()])
            place = found.end()
    parts.append(text[place:])
    while len(parts) > 1 and not parts[-1]:
        parts.pop()
    return parts


def _replacement(template: str, groups: int) -> list[str | int]:
    """The literal parts and groups of a replacement, as `Matcher.appendReplacement` reads it."""
    parts: list[str | int] = []
    place = 0
    while place < len(template):
        sign = template[place]
        place += 1
        if sign == "\\":
            if place == len(template):
                raise refused("the replacement ends in the middle of an escape")
            parts.append(template[place])
            place += 1
        elif sign == "$":
            number, place = _group(template, place, groups)
            parts.append(number)
        else:
            parts.append(sign)
    return parts


def _group(template: str, place: int, groups: int) -> tuple[int, int]:
    """The number of a group, as long as there is such a group, and where the template goes on."""
    found = _DIGITS.match(template, place)
    if found is None or int(found[0][0]) > groups:
        raise refused(f"the replacement names a group that is not there: {template!r}")
    length = max(end for end in range(1, len(found[0]) + 1) if end == 1 or int(found[0][:end]) <= groups)
    return int(found[0][:length]), place + length


def _replaced(found: Checked, parts: list[str | int]) -> str:
    return "".join(part if isinstance(part, str) else found.group(part) or "" for part in parts)


def _compiled(pattern: object) -> Checked:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MAX_PATTERN_MEMORY
    try:
        return re2.compile(string_of(pattern), options)
    except re2.error:
        raise refused("the regular expression is wrong, or too hard") from None
