"""The case file as state: root items with all they contain, JSON values that are never changed in place.

A path is names from the root, and places in a collection as `[0]`: `("claim", "document", "[1]", "title")`.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

import msgspec

Path = tuple[str, ...]
Values = Mapping[str, object]


class CaseFile(msgspec.Struct, array_like=True, gc=False):
    """What the case file holds. `discarded` and `references` are paths written `claim.document`."""

    values: dict[str, object] = {}
    discarded: list[str] = []
    references: dict[str, list[str]] = {}


class NoSuchPath(LookupError):
    """The path leads nowhere."""


def place(position: int) -> str:
    """The step that names an element of a collection."""
    return f"[{position}]"


def names_of(path: Iterable[str]) -> Path:
    """The path without places in collections: what a model declares."""
    return tuple(step for step in path if not step.startswith("["))


def written(path: Iterable[str]) -> str:
    """The path as people write it: `/claim/document[1]`."""
    return "".join(step if step.startswith("[") else f"/{step}" for step in path)


def key(path: Iterable[str]) -> str:
    """The path as the case file's own lists hold it."""
    return ".".join(path)


def holds(values: Values, path: Path) -> bool:
    """Whether there is anything at `path`, null included."""
    try:
        read(values, path)
    except NoSuchPath:
        return False
    return True


def read(values: Values, path: Path) -> object:
    """The value at `path`. Raises NoSuchPath."""
    found: object = values
    for step in path:
        found = _step(found, step)
    return found


def read_or_null(values: Values, path: Path) -> object:
    """The value at `path`, null where there is none."""
    try:
        return read(values, path)
    except NoSuchPath:
        return None


def with_value(values: Values, path: Path, value: object) -> dict[str, object]:
    """The values with `value` at `path`; only what lies on the path is copied. Raises NoSuchPath."""
    if not path:
        raise NoSuchPath(written(path))
    return _as_object(_put(values, path, 0, value))


def without(values: Values, path: Path) -> dict[str, object]:
    """The values without what is at `path`. Raises NoSuchPath."""
    *above, last = path
    holder = read(values, tuple(above))
    _step(holder, last)
    kept: object
    if isinstance(holder, list):
        position = _position(last)
        kept = [*holder[:position], *holder[position + 1 :]]
    else:
        kept = {name: value for name, value in _as_object(holder).items() if name != last}
    return with_value(values, tuple(above), kept) if above else _as_object(kept)


def same(one: object, other: object) -> bool:
    """Whether two JSON values are equal; a truth value never equals a number, as it does in Python."""
    if one is other:
        return True
    if isinstance(one, bool) or isinstance(other, bool):
        return isinstance(one, bool) and isinstance(other, bool) and one == other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, int | Decimal) and isinstance(other, int | Decimal):
        return one == other
    return type(one) is type(other) and one == other


def _step(found: object, step: str) -> object:
    if step.startswith("["):
        position = _position(step)
        if isinstance(found, list) and position < len(found):
            return found[position]
    elif isinstance(found, Mapping) and step in found:
        return found[step]
    raise NoSuchPath(step)


def _position(step: str) -> int:
    digits = step[1:-1]
    if not (step.startswith("[") and step.endswith("]") and digits.isdecimal()):
        raise NoSuchPath(step)
    return int(digits)


def _put(holder: object, path: Path, depth: int, value: object) -> object:
    step = path[depth]
    is_last = depth == len(path) - 1
    if step.startswith("["):
        elements = [] if holder is None else holder
        position = _position(step)
        if not isinstance(elements, list) or position > len(elements):
            raise NoSuchPath(written(path))
        known = elements[position] if position < len(elements) else None
        inner = value if is_last else _put(known, path, depth + 1, value)
        return [*elements[:position], inner, *elements[position + 1 :]]
    members = {} if holder is None else holder
    if not isinstance(members, Mapping):
        raise NoSuchPath(written(path))
    return {**members, step: value if is_last else _put(members.get(step), path, depth + 1, value)}


def _as_object(value: object) -> dict[str, object]:
    if not isinstance(value, Mapping):
        raise NoSuchPath("not an object")
    return value if isinstance(value, dict) else dict(value)
