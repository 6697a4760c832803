"""Values as scenario files write them: into data of a case file, and held against what is found."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

_TYPED = ("instant", "local_date", "local_datetime")
_MARKS = frozenset({*_TYPED, "json", "case_id", "task_id"})

Reference = Callable[[str, str], object]
"""What `{case_id: alias}` or `{task_id: Name}` stands for, by mark and name."""


def data(value: object) -> object:
    """The value as a case file holds it: JSON, exact numbers, instants and dates as text."""
    if isinstance(value, Mapping):
        mark = mark_of(value)
        if mark in _TYPED:
            return str(value[mark])
        if mark == "json":
            return data(value["json"])
        return {str(name): data(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [data(inner) for inner in value]
    return Decimal(str(value)) if isinstance(value, float) else value


def table(value: Mapping[str, object] | None) -> dict[str, object]:
    """Root items or variables by name, as a case file holds them."""
    return {str(name): data(inner) for name, inner in (value or {}).items()}


def mark_of(value: Mapping[str, object]) -> str | None:
    """The word for which YAML has no notation, where the value is one."""
    if len(value) != 1:
        return None
    (mark,) = value
    return mark if mark in _MARKS else None


def resolved(value: object, reference: Reference) -> object:
    """The expected value with the ids of cases and tasks in place of their names."""
    if isinstance(value, Mapping):
        mark = mark_of(value)
        if mark in ("case_id", "task_id"):
            return reference(mark, str(value[mark]))
        return {name: resolved(inner, reference) for name, inner in value.items()}
    return [resolved(inner, reference) for inner in value] if isinstance(value, list) else value


def equal(wanted: object, found: object) -> bool:
    """Whether what was found is what is wanted: deeply, numbers by amount, null like an absent key."""
    if isinstance(wanted, Mapping):
        mark = mark_of(wanted)
        if mark in _TYPED:
            return _is_same_moment(mark, str(wanted[mark]), found)
        if mark == "json":
            return equal(wanted["json"], found)
        return isinstance(found, Mapping) and all(
            equal(wanted.get(name), found.get(name)) for name in wanted.keys() | found.keys()
        )
    if isinstance(wanted, list):
        if not isinstance(found, list | tuple) or len(found) != len(wanted):
            return False
        return all(map(equal, wanted, found))
    if isinstance(wanted, bool) or isinstance(found, bool):
        return isinstance(wanted, bool) and isinstance(found, bool) and wanted == found
    if isinstance(wanted, int | Decimal | float) and isinstance(found, int | Decimal | float):
        return Decimal(str(wanted)) == Decimal(str(found))
    return type(wanted) is type(found) and wanted == found


def has(wanted: Mapping[str, object], found: Mapping[str, object]) -> bool:
    """Whether all that is wanted is there; what is not named is free."""
    return all(equal(value, found.get(name)) for name, value in wanted.items())


def paired(wanted: Sequence[object], found: Sequence[object], fits: Callable[[object, object], bool]) -> bool:
    """Whether each that is wanted can be given one of its own that was found, and none is left over."""
    if len(wanted) != len(found):
        return False
    partner: dict[int, int] = {}

    def settle(one: int, tried: set[int]) -> bool:
        for other in range(len(found)):
            if other in tried or not fits(wanted[one], found[other]):
                continue
            tried.add(other)
            if other not in partner or settle(partner[other], tried):
                partner[other] = one
                return True
        return False

    return all(settle(one, set()) for one in range(len(wanted)))


def counted(states: Mapping[str, object]) -> dict[str, Counter[str]]:
    """`{name: state}` or `{name: [state, state]}`, without rows that only wait for a further repetition."""
    found: dict[str, Counter[str]] = {}
    for name, given in states.items():
        words = given if isinstance(given, list) else [given]
        kept = Counter(str(word) for word in words if word != "waiting")
        if kept or not words:
            found[name] = kept
        elif name not in found:
            found[name] = Counter()
    return found


def instant(text: str) -> datetime:
    """The instant that a file writes."""
    return datetime.fromisoformat(text)


def shown(value: object) -> str:
    """A value in a message: as YAML would write it, without the classes that carry it."""
    match value:
        case Counter():
            return "{" + ", ".join(f"{name} x{count}" for name, count in sorted(value.items())) + "}"
        case Mapping():
            return "{" + ", ".join(f"{name}: {shown(inner)}" for name, inner in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(shown, value)) + "]"
        case set() | frozenset():
            return shown(sorted(value))
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case None:
            return "null"
        case bool():
            return str(value).lower()
    return str(value)


def _is_same_moment(mark: str, wanted: str, found: object) -> bool:
    if not isinstance(found, str):
        return False
    try:
        if mark == "local_date":
            return date.fromisoformat(wanted) == date.fromisoformat(found)
        one, other = datetime.fromisoformat(wanted), datetime.fromisoformat(found)
    except ValueError:
        return False
    return (one.tzinfo is None) == (other.tzinfo is None) and one == other
