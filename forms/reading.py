"""One raw answer -> one native value: text as browsers send it, or JSON, read by the same functions.

Each reader gives None of an empty answer and raises `Unreadable`, with what to say, of a bad one.
"""

import unicodedata
from datetime import UTC, date, datetime, tzinfo
from decimal import Context, Decimal
from re import ASCII
from re import compile as compile_fixed

CENT = Decimal("0.01")
MAX_DIGITS = 34
"""Numbers have the digits of FEEL's: 34."""

EXACT = Context(prec=2 * MAX_DIGITS)
_DIGITS = r"[+-]?([0-9]{1,34}|[1-9][0-9]{0,2}(,[0-9]{3}){1,10})"
"""Commas stand between groups of exactly three; 0,500 is none: who writes it means a half."""
_NUMBER = compile_fixed(_DIGITS + r"(\.[0-9]{1,34})?", ASCII)
_WHOLE = compile_fixed(_DIGITS, ASCII)
_DATE = compile_fixed(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", ASCII)
_DATETIME = compile_fixed(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})?",
    ASCII,
)
_REFERENCE = compile_fixed(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,63}", ASCII)
_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})


class Unreadable(ValueError):
    """This is no answer to a question of this type; the message tells what would be."""


def read_text(raw: object, _zone: tzinfo) -> object:
    """One line of text."""
    text = _single(raw)
    if text is None:
        return None
    if not isinstance(text, str):
        raise Unreadable("Enter a text.")
    return _plain(text, "")


def read_long_text(raw: object, _zone: tzinfo) -> object:
    """Lines of text, with newlines as one character."""
    text = _single(raw)
    if text is None:
        return None
    if not isinstance(text, str):
        raise Unreadable("Enter a text.")
    return _plain(text.replace("\r\n", "\n").replace("\r", "\n"), "\n\t")


def read_reference(raw: object, zone: tzinfo) -> object:
    """The business key of a case."""
    text = read_text(raw, zone)
    if isinstance(text, str) and not _REFERENCE.fullmatch(text):
        raise Unreadable("Enter a reference such as CLM-2026-000123.")
    return text


def read_integer(raw: object, _zone: tzinfo) -> object:
    """A whole number."""
    value = _single(raw)
    match value:
        case None:
            return None
        case str() if _WHOLE.fullmatch(value):
            return int(value.replace(",", ""))
        case bool():
            pass
        case int() if abs(value) < 10**MAX_DIGITS:
            return value
        case Decimal() | float():
            number = _finite(value)
            if number is not None and number == number.to_integral_value():
                return int(number)
    raise Unreadable("Enter a whole number.")


def read_decimal(raw: object, _zone: tzinfo) -> object:
    """An exact decimal number."""
    value = _single(raw)
    match value:
        case None:
            return None
        case str() if not _NUMBER.fullmatch(value):
            pass
        case bool():
            pass
        case str() | int() | Decimal() | float():
            number = _finite(value.replace(",", "") if isinstance(value, str) else value)
            if number is not None:
                return number
    raise Unreadable("Enter a number, for example 1250.5.")


def read_money(raw: object, zone: tzinfo) -> object:
    """An amount with exactly two decimal places."""
    try:
        number = read_decimal(raw, zone)
    except Unreadable:
        raise Unreadable("Enter an amount, for example 1250.00.") from None
    if not isinstance(number, Decimal):
        return None
    if exponent(number) < -2 and number != number.quantize(CENT, context=EXACT):
        raise Unreadable("Enter an amount with no more than two decimal places.")
    return number.quantize(CENT, context=EXACT)


def read_yes_or_no(raw: object, _zone: tzinfo) -> object:
    """True or false."""
    value = _single(raw)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in _TRUE | _FALSE:
        return value.lower() in _TRUE
    raise Unreadable("Answer yes or no.")


def read_day(raw: object, _zone: tzinfo) -> object:
    """A day of the calendar."""
    value = _single(raw)
    if value is None:
        return None
    try:
        if isinstance(value, str) and _DATE.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        raise Unreadable("There is no such day in the calendar.") from None
    raise Unreadable("Enter a date as YYYY-MM-DD.")


def read_moment(raw: object, zone: tzinfo) -> object:
    """A moment in UTC. Without an offset it is meant in the zone, the earlier one where there are two."""
    value = _single(raw)
    if value is None:
        return None
    if not isinstance(value, str) or not _DATETIME.fullmatch(value):
        raise Unreadable("Enter a date and time as YYYY-MM-DDThh:mm.")
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unreadable("There is no such time in the calendar.") from None


def read_texts(raw: object, _zone: tzinfo) -> object:
    """Several texts, each once."""
    return _several(raw)


def typed(raw: object) -> str | list[str] | None:
    """What somebody typed, to be shown again as it is though it is no answer yet; None where it is no text.

    Only characters that a page or a database could choke on are left out.
    """
    if isinstance(raw, str):
        return "".join(
            part for part in raw if unicodedata.category(part) not in ("Cc", "Cs") or part in "\n\t"
        )
    if not isinstance(raw, (list, tuple)):
        return None
    parts = [found for part in raw if isinstance(part, str) and isinstance(found := typed(part), str)]
    return parts[0] if len(parts) == 1 else parts or None


def read_nothing(_raw: object, _zone: tzinfo) -> object:
    """Nothing: what is worked out takes no answer."""
    raise Unreadable("This is worked out, not answered.")


def _single(raw: object) -> object:
    """One value out of what a browser sent; None where it is empty."""
    if isinstance(raw, (list, tuple)):
        if len(raw) > 1:
            raise Unreadable("Give one answer.")
        raw = raw[0] if raw else None
    if isinstance(raw, str):
        raw = raw.strip()
        return raw or None
    return raw


def _several(raw: object) -> list[str] | None:
    if isinstance(raw, str):
        raw = [raw]
    if raw is None:
        return None
    if not isinstance(raw, (list, tuple)) or not all(isinstance(part, str) for part in raw):
        raise Unreadable("Give a list of texts.")
    kept = [_plain(part.strip(), "") for part in raw if part.strip()]
    if len(set(kept)) != len(kept):
        raise Unreadable("Give each answer once.")
    return kept or None


def _plain(text: str, allowed: str) -> str:
    """The text, if it has no character that a page, a file or a database could choke on."""
    if text.isprintable():  # as nearly every text is
        return text
    for character in text:
        if unicodedata.category(character) in ("Cc", "Cs") and character not in allowed:
            raise Unreadable("Leave out control characters.")
    return text


def _finite(value: str | int | float | Decimal) -> Decimal | None:
    """The exact number, or None where it is not finite, or larger or finer than FEEL holds.

    A zero loses its sign, an exponent above zero is written out.
    """
    number = Decimal(str(value)) if isinstance(value, float) else Decimal(value)
    if not number.is_finite() or abs(number.adjusted()) > MAX_DIGITS or exponent(number) < -MAX_DIGITS:
        return None
    if exponent(number) > 0:
        number = number.quantize(Decimal(1), context=EXACT)
    if len(number.as_tuple().digits) > MAX_DIGITS:
        return None
    return number if number else number.copy_abs()


def exponent(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0
