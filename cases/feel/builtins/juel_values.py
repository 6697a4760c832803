"""Values as Java's EL coerces them: numbers out of texts, texts out of anything, moments out of ISO texts."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

from cases.feel import temporal
from cases.feel.errors import FeelError
from cases.feel.scope import Run
from cases.feel.values import Checked, decimal, equal, kind, order, write

MOMENTS = ("date", "date and time")

Compare = Callable[[Checked, Checked], bool]


def refused(reason: str) -> FeelError:
    """What Java's EL does not compute."""
    return FeelError("FEEL-JUEL", reason)


def text_of(run: Run, value: object) -> str:
    """A value as a text: null is the empty one."""
    if value is None:
        return ""
    return value if isinstance(value, str) else write(value, run)


def truth_of(value: object) -> bool:
    """A value as true or false: null and texts other than `true` are false. Raises `FeelError`."""
    if value is None:
        return False
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value.lower() == "true"
    raise refused(f"a {kind(value)} is neither true nor false")


def number_or_none(value: object) -> Decimal | None:
    """A value as a number: null and the empty text are 0; None for what is none."""
    if value is None or value == "":
        return Decimal(0)
    if kind(value) == "number":
        return decimal(value)  # type: ignore[arg-type]  # a number by its kind
    if not isinstance(value, str) or len(value) > _LONGEST:
        return None
    try:
        number = Decimal(value.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def number_of(value: object) -> Decimal:
    """A value as a number. Raises `FeelError` for what is none."""
    number = number_or_none(value)
    if number is None:
        raise refused(
            f"a {kind(value)} is no number" if not isinstance(value, str) else "a text is no number"
        )
    return number


def whole_of(value: object) -> int:
    """A value as a whole number, its fraction cut off. Raises `FeelError`."""
    number = number_of(value)
    if abs(number) >= _FAR:
        raise refused("a number is too large for a place")
    return int(number)


def moment_of(value: object) -> datetime | None:
    """A date, a date-time or the ISO text of one, in UTC where it has no zone; None for anything else."""
    if isinstance(value, str):
        value = temporal.read_datetime(value) if len(value) <= _LONGEST else None
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return datetime(value.year, value.month, value.day, tzinfo=UTC) if isinstance(value, date) else None


def the_moment(value: object) -> datetime:
    """A value as a moment. Raises `FeelError` for what is none."""
    moment = moment_of(value)
    if moment is None:
        raise refused(f"a {kind(value)} is no date")
    return moment


def string_of(value: object) -> str:
    """A value that has to be a text. Raises `FeelError`."""
    if not isinstance(value, str):
        raise refused(f"a {kind(value)} is no text")
    return value


def searched(run: Run, value: object, wanted: object) -> str:
    """What is looked for in a text, as a text; the search is paid for."""
    text = text_of(run, wanted)
    run.spend(len(string_of(value)) * min(len(text), _PREPARED) // _COMPARED)
    return text


def moments(one: object, other: object) -> tuple[datetime, datetime] | None:
    """Two values as moments, where both are some."""
    first, second = moment_of(one), moment_of(other)
    return None if first is None or second is None else (first, second)


def holds(run: Run, one: object, other: object, compare: Compare) -> bool:
    """Whether an order holds between two values that are not null. Raises `FeelError` for what has none."""
    kinds = (kind(one), kind(other))
    if "number" in kinds:
        return compare(number_of(one), number_of(other))
    both = moments(one, other)
    if both is not None:
        return compare(*both)
    if "string" in kinds:
        return compare(text_of(run, one), text_of(run, other))
    found = order(one, other, compare)
    if found is None:
        raise refused(f"{kinds[0]} and {kinds[1]} have no order")
    return found


def contains(run: Run, holder: object, wanted: object) -> bool:
    """Whether a text contains a text, or a list a value: numbers by amount, nothing else of two kinds."""
    if isinstance(holder, str):
        text = text_of(run, wanted)
        run.spend(len(holder) * min(len(text), _PREPARED) // _COMPARED)
        return wanted is not None and text in holder
    if isinstance(holder, list | tuple):
        run.spend(len(holder))
        return any(equal(item, wanted, run) is True for item in holder)
    return isinstance(holder, Mapping) and wanted in holder if isinstance(wanted, str) else False


_LONGEST = 60
_FAR = 10**15
_PREPARED = 100
_COMPARED = 20_000
