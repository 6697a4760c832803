"""Functions of numbers (DMN 1.5, 10.3.4.5), and `number` itself."""

import re
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Context,
    Decimal,
)

from cases.feel.builtins.signature import Library
from cases.feel.temporal import Months
from cases.feel.values import DECIMAL, Number, decimal, finite, multiply, subtract, whole

LIBRARY = Library()

_NUMBER = re.compile(r"-?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_MIN_SCALE, _MAX_SCALE = -6111, 6176
_WIDE = Context(prec=6200, Emax=999_999, Emin=-999_999)
_ROUNDINGS = {
    "decimal": ROUND_HALF_EVEN,
    "round up": ROUND_UP,
    "round down": ROUND_DOWN,
    "round half up": ROUND_HALF_UP,
    "round half down": ROUND_HALF_DOWN,
    "floor": ROUND_FLOOR,
    "ceiling": ROUND_CEILING,
}


@LIBRARY.function("number", "from: number")
def _same(number: Number) -> object:
    return number


@LIBRARY.function("number", "from: string", "grouping separator?: string", "decimal separator?: string")
def _number(text: str, grouping: str | None = None, point: str | None = None) -> object:
    if grouping not in (None, " ", ",", ".") or point not in (None, ",", "."):
        return None
    if grouping is not None and grouping == (point or "."):
        return None
    plain = text.replace(grouping, "") if grouping else text
    plain = plain.replace(point, ".") if point else plain
    return finite(DECIMAL.create_decimal(plain)) if len(plain) < 200 and _NUMBER.fullmatch(plain) else None


def _declare_rounding(name: str, mode: str) -> None:
    @LIBRARY.function(name, "n: number", "scale: number")
    def round_number(number: Number, scale: Number) -> object:
        return rounded(number, scale, mode)


def _declare_rounding_to_whole(name: str, mode: str) -> None:
    @LIBRARY.function(name, "n: number")
    def round_number(number: Number) -> object:
        return rounded(number, 0, mode)


for _name, _mode in _ROUNDINGS.items():
    _declare_rounding(_name, _mode)
    if _name != "decimal":
        _declare_rounding_to_whole(_name, _mode)


def rounded(number: Number, scale: Number, mode: str) -> object:
    """The number with so many places after the point; a negative scale rounds to tens, hundreds, ..."""
    places = int(scale)
    if not _MIN_SCALE <= places <= _MAX_SCALE:
        return None
    if number.__class__ is int and places >= 0:
        return number
    exact = decimal(number)
    exponent = exact.as_tuple().exponent
    if not isinstance(exponent, int) or -exponent <= places:
        return exact
    result = exact.quantize(Decimal(1).scaleb(-places), rounding=mode, context=_WIDE)
    return int(result) if places <= 0 else result


@LIBRARY.function("abs", "n: number")
def _abs(number: Number) -> object:
    return abs(number)


@LIBRARY.function("abs", "n: days and time duration")
@LIBRARY.function("abs", "n: years and months duration")
def _abs_duration(duration: object) -> object:
    if isinstance(duration, Months):
        return Months(abs(duration.months))
    return abs(duration)  # type: ignore[arg-type]  # a timedelta by its type


@LIBRARY.function("modulo", "dividend: number", "divisor: number")
def _modulo(dividend: Number, divisor: Number) -> object:
    if divisor == 0:
        return None
    if dividend.__class__ is int and divisor.__class__ is int:
        return whole(int(dividend % divisor))
    quotient = DECIMAL.divide(decimal(dividend), decimal(divisor)).to_integral_value(ROUND_FLOOR)
    return subtract(dividend, multiply(divisor, quotient))


@LIBRARY.function("sqrt", "number: number")
def _sqrt(number: Number) -> object:
    return finite(DECIMAL.sqrt(decimal(number)))


@LIBRARY.function("log", "number: number")
def _log(number: Number) -> object:
    return finite(DECIMAL.ln(decimal(number))) if number > 0 else None


@LIBRARY.function("exp", "number: number")
def _exp(number: Number) -> object:
    return finite(DECIMAL.exp(decimal(number)))


@LIBRARY.function("odd", "number: number")
def _odd(number: Number) -> object:
    return number % 2 != 0 if number == decimal(number).to_integral_value() else None


@LIBRARY.function("even", "number: number")
def _even(number: Number) -> object:
    return number % 2 == 0 if number == decimal(number).to_integral_value() else None
