"""Values as text, as `string` gives it (DMN 1.5, 10.3.4.2)."""

from collections.abc import Mapping
from decimal import Decimal

from cases.feel import temporal
from cases.feel.budget import Budget
from cases.feel.values.kinds import DECIMAL, Checked, Range, decimal, kind

_QUOTE = '"'


def write_number(value: int | Decimal | float) -> str:
    """The text of a number, without exponent."""
    if value.__class__ is int:
        return str(value)
    number = decimal(value)
    if not number.is_finite():
        return "null"
    if number == number.to_integral_value() and number.adjusted() < 40:
        return format(number.to_integral_value(), "f") if number else "0"
    return format(number.normalize(DECIMAL), "f")


def write(value: object, budget: Budget, *, quote: str = "") -> str:
    """The text of any value, as `string` gives it; texts within lists and contexts are quoted."""
    budget.spend()
    match kind(value):
        case "null":
            return "null"
        case "boolean":
            return "true" if value else "false"
        case "number":
            return write_number(value)  # type: ignore[arg-type]  # a number by its kind
        case "string":
            text = str(value)
            budget.spend_text(len(text))
            escaped = text.replace("\\", "\\\\").replace('"', '\\"') if quote else text
            return f"{quote}{escaped}{quote}"
        case "list" | "context" | "range":
            text = _write_compound(value, budget)
            budget.spend_text(len(text))
            return text
        case "function" | "unknown":
            return "function"
        case _:
            return temporal.write(value)  # type: ignore[arg-type]  # what is left are dates, times and durations


def _write_compound(value: object, budget: Budget) -> str:
    if isinstance(value, Range):
        if value.half:
            end = value.high if value.low is None else value.low
            return f"({value.half} {write(end, budget, quote=_QUOTE)})"
        low, high = (write(end, budget, quote=_QUOTE) for end in (value.low, value.high))
        return f"{'[' if value.low_included else '('}{low}..{high}{']' if value.high_included else ')'}"
    if isinstance(value, Mapping):
        entries = (f"{_write_key(key)}: {write(entry, budget, quote=_QUOTE)}" for key, entry in value.items())
        return "{" + ", ".join(entries) + "}"
    items: Checked = value
    return "[" + ", ".join(write(item, budget, quote=_QUOTE) for item in items) + "]"


def _write_key(key: str) -> str:
    plain = key.replace(" ", "").replace("_", "")
    if plain.isalnum() and not key[0].isdigit() and not key[0].isspace():
        return key
    return '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'
