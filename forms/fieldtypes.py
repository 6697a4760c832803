"""The table of field types: how one answer is read, checked, shown and stored.

An answer comes from a browser (text, or a list of texts) or from JSON (native values); both are read by the
same function, so pages and API cannot drift. Rows are read by `validation`, column by column, with this.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache

import isodate
import re2

from forms import identifiers, reading
from forms.definition import Bound, Field, FieldType

MAX_ROWS = 200


@dataclass(frozen=True, slots=True)
class Kind:
    """What one field type does.

    `read` makes a native value of a raw answer, or None of an empty one; it raises Unreadable.
    """

    read: Callable[[object, tzinfo], object]
    bounded: bool = False  # min and max
    measured: bool = False  # min_length and max_length
    texts: bool = False  # pattern and format
    chosen: bool = False  # choices
    column: bool = True  # may stand in a column of rows
    max_length: int | None = None  # where the form gives none


def read(field: Field, raw: object, zone: tzinfo) -> object:
    """The native value of a raw answer to this field, None where it is empty.

    Raises Unreadable. A time without an offset is read in `zone`, the earlier one where there are two.
    """
    return TYPES[field.type].read(raw, zone)


def faults(field: Field, value: object) -> list[str]:
    """What is wrong with a value by its field's own limits: bounds, length, pattern, format."""
    if value is None:
        return []
    kind = TYPES[field.type]
    found = _out_of_bounds(field, value) if kind.bounded else []
    if kind.measured and isinstance(value, (str, list)):
        found += _wrong_length(field, value, kind)
    if kind.texts and isinstance(value, str):
        found += _wrong_text(field, value)
    return found


def store(value: object) -> object:
    """The JSON value of a native one: numbers as they are, dates as ISO text, instants in UTC.

    What JSON cannot hold is null.
    """
    if value is None or value.__class__ is str:
        return value
    match value:
        case bool() | int() | str():
            return value
        case Decimal():
            return _plain_number(value)
        case datetime():
            return _instant(value)
        case date() | time():
            return value.isoformat()
        case Mapping():
            return {str(key): store(part) for key, part in value.items()}
        case list() | tuple():
            return [store(part) for part in value]
        case timedelta():
            return str(isodate.duration_isoformat(value))
        case _:
            return None


def show(value: object, zone: tzinfo) -> str:
    """The text that stands for a native or stored value in an input of a page."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.astimezone(zone).replace(tzinfo=None).isoformat(timespec="minutes")
        case Decimal():
            return format(value, "f")
        case _:
            return str(store(value))


def settle(field: Field, result: object, zone: tzinfo) -> object:
    """What an expression gave, as a value of this field; None where it cannot be one."""
    wanted = field.shown_as or field.type
    if wanted is FieldType.COMPUTED or result is None:
        return result
    if wanted is FieldType.ROWS:
        return _settle_rows(field, result, zone)
    if wanted in _NUMBERS and isinstance(result, Decimal):
        result = _rounded(wanted, result)
    try:
        return TYPES[wanted].read(store(result), zone)
    except reading.Unreadable:
        return None


def bound(kind: FieldType, raw: object) -> Bound:
    """A limit as a form definition writes it. Raises Unreadable."""
    value = TYPES[kind].read(raw, UTC)
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, (Decimal, date)):
        return value
    raise reading.Unreadable("Give a limit.")


@lru_cache(maxsize=1024)
def matcher(pattern: str) -> Callable[[str], bool]:
    """Whether a whole text is of this pattern, in linear time. Raises ValueError where it is no pattern."""
    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0]
        text = reason.decode() if isinstance(reason, bytes) else str(reason)
        raise ValueError(f"not a pattern: {text}") from None
    return lambda text: compiled.fullmatch(text) is not None


def _plain_number(value: Decimal) -> int | Decimal | None:
    """A whole number without decimal places as an int; 12.00 stays an amount. What is not finite is null."""
    if not value.is_finite():
        return None
    return int(value) if reading.exponent(value) >= 0 else value


def _instant(value: datetime) -> str:
    """In UTC where the offset is known, but at the ends of the calendar, where UTC has no such day."""
    try:
        moment = value.astimezone(UTC) if value.tzinfo else value
    except OverflowError:
        moment = value
    return moment.isoformat().replace("+00:00", "Z")


def _rounded(wanted: FieldType, result: Decimal) -> Decimal:
    if wanted is not FieldType.MONEY or not result.is_finite() or result.adjusted() > reading.MAX_DIGITS:
        return result
    return result.quantize(reading.CENT, rounding=ROUND_HALF_EVEN, context=reading.EXACT)


def _settle_rows(field: Field, result: object, zone: tzinfo) -> object:
    """Rows out of a list of contexts, with the declared columns only."""
    if not isinstance(result, (list, tuple)):
        return None
    return [
        {column.key: settle(column, row.get(column.key), zone) for column in field.columns}
        for row in result[:MAX_ROWS]
        if isinstance(row, Mapping)
    ]


def _out_of_bounds(field: Field, value: object) -> list[str]:
    number = Decimal(value) if isinstance(value, int) else value
    found = []
    if field.minimum is not None and _less(number, field.minimum):
        found.append(f"Enter {show(field.minimum, UTC)} or more.")
    if field.maximum is not None and _less(field.maximum, number):
        found.append(f"Enter {show(field.maximum, UTC)} or less.")
    return found


def _less(left: object, right: object) -> bool:
    """Both are of the field's own type: `bound` and `read` share one function."""
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return left < right
    if isinstance(left, datetime) and isinstance(right, datetime):
        return left < right
    return isinstance(left, date) and isinstance(right, date) and left < right


def _wrong_length(field: Field, value: str | list[object], kind: Kind) -> list[str]:
    unit = "characters" if isinstance(value, str) else "entries"
    longest = kind.max_length if field.max_length is None else field.max_length
    found = []
    if field.min_length is not None and len(value) < field.min_length:
        found.append(f"Give {field.min_length} {unit} or more.")
    if longest is not None and len(value) > longest:
        found.append(f"Give {longest} {unit} or fewer.")
    return found


def _wrong_text(field: Field, value: str) -> list[str]:
    found = []
    if field.pattern is not None and not matcher(field.pattern)(value):
        found.append("This does not have the form that is asked for.")
    if field.format is not None and not identifiers.FORMATS[field.format](value):
        found.append(f"This is not a valid {field.format.upper()}.")
    return found


_NUMBERS = frozenset({FieldType.INTEGER, FieldType.DECIMAL, FieldType.MONEY})

TYPES: Mapping[FieldType, Kind] = {
    FieldType.TEXT: Kind(reading.read_text, measured=True, texts=True, max_length=1_000),
    FieldType.LONG_TEXT: Kind(reading.read_long_text, measured=True, max_length=20_000),
    FieldType.INTEGER: Kind(reading.read_integer, bounded=True),
    FieldType.DECIMAL: Kind(reading.read_decimal, bounded=True),
    FieldType.MONEY: Kind(reading.read_money, bounded=True),
    FieldType.BOOL: Kind(reading.read_yes_or_no),
    FieldType.DATE: Kind(reading.read_day, bounded=True),
    FieldType.DATETIME: Kind(reading.read_moment, bounded=True),
    FieldType.CHOICE: Kind(reading.read_text, chosen=True),
    FieldType.CHOICES: Kind(reading.read_texts, chosen=True, measured=True, column=False),
    FieldType.ROWS: Kind(reading.read_nothing, measured=True, column=False, max_length=MAX_ROWS),
    FieldType.FILES: Kind(reading.read_texts, measured=True, column=False, max_length=100),
    FieldType.CASE_REF: Kind(reading.read_reference, measured=True, texts=True),
    FieldType.LOOKUP: Kind(reading.read_text, measured=True, texts=True, max_length=1_000),
    FieldType.COMPUTED: Kind(reading.read_nothing, column=False),
    FieldType.LETTER: Kind(reading.read_long_text, measured=True, column=False, max_length=100_000),
}
assert frozenset(TYPES) == frozenset(FieldType)  # noqa: S101 - a fact about this file
