"""Answers as a browser sends them: the fields of the form alone, repeated ones as lists."""

from collections.abc import Mapping

from werkzeug.datastructures import MultiDict

_LONGEST_NUMBER = 9
"""Digits. What a person chooses from a list is no longer one, and a store that is asked for it fails."""

_OURS = frozenset({"back", "csrf_token", "do", "version"})


def answers_of(form: MultiDict[str, str]) -> dict[str, object]:
    """What was answered. A name that comes more than once is a list, without the companion of check boxes."""
    found: dict[str, object] = {}
    for name, values in form.to_dict(flat=False).items():
        if name in _OURS:
            continue
        found[name] = values[0] if len(values) == 1 else [value for value in values if value]
    return found


def number(form: Mapping[str, str], name: str) -> int | None:
    """A whole number that a hidden field carries."""
    text = form.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER else None
