"""A compiled case as plain values that can be compared: all of it but the lines of its text."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass

from cases.feel import Expression

_LINES = frozenset({"line", "lines"})


def plain(value: object) -> object:
    """Expressions are their texts, dataclasses their fields by name."""
    if isinstance(value, Expression):
        return ("expression", value.text)
    if is_dataclass(value) and not isinstance(value, type):
        held = [(one.name, plain(getattr(value, one.name))) for one in fields(value)]
        return (type(value).__name__, *(one for one in held if one[0] not in _LINES))
    if isinstance(value, tuple | list):
        return tuple(plain(one) for one in value)
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items()}
    return value
