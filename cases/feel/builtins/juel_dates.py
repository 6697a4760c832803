"""Methods of Java's dates and date-times, and functions of them; an ISO text counts as one."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from cases.feel import temporal
from cases.feel.builtins.juel_methods import Body, Methods
from cases.feel.builtins.juel_values import refused, the_moment, whole_of
from cases.feel.scope import Run
from cases.feel.values import DECIMAL, Checked

LIBRARY = Methods()

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_UNITS: dict[str, timedelta | int] = {
    "Years": 12,
    "Months": 1,
    "Weeks": timedelta(weeks=1),
    "Days": _DAY,
    "Hours": timedelta(hours=1),
    "Minutes": timedelta(minutes=1),
    "Seconds": timedelta(seconds=1),
}


@LIBRARY.method("before isBefore", 1)
def _before(_run: Run, value: object, other: object) -> object:
    return the_moment(value) < the_moment(other)


@LIBRARY.method("after isAfter", 1)
def _after(_run: Run, value: object, other: object) -> object:
    return the_moment(value) > the_moment(other)


@LIBRARY.method("isEqual", 1)
def _is_equal(_run: Run, value: object, other: object) -> object:
    return the_moment(value) == the_moment(other)


@LIBRARY.method("getTime toEpochMilli getMillis")
def _milliseconds(_run: Run, value: object) -> object:
    return DECIMAL.divide_int(Decimal(temporal.microseconds(the_moment(value) - _EPOCH)), Decimal(1000))


def _shifts() -> None:
    """`plusDays(n)`, `minusMonths(n)` and the like."""
    for sign, word in ((1, "plus"), (-1, "minus")):
        for unit, length in _UNITS.items():
            LIBRARY.method(f"{word}{unit}", 1)(_shift(length, sign))


def _shift(length: timedelta | int, sign: int) -> Body:
    def shift(_run: Run, value: object, count: object) -> object:
        day = value if isinstance(value, date) else the_moment(value)
        number = sign * whole_of(count)
        if isinstance(length, int):
            return temporal.add_months(day, number * length)
        if not isinstance(day, datetime) and length < _DAY:
            raise refused("a date has no hours")
        return day + length * number

    return shift


@LIBRARY.function("juel moment", "text: any")
def _asthe_moment(value: object) -> object:
    """`date:toDate`."""
    return None if value is None else the_moment(value)


def _calendar(name: str, sign: int) -> None:
    @LIBRARY.function(name, "day: any", "years: any", "months: any", "days: any")
    def _moved(day: object, years: object, months: object, days: object) -> object:
        """`date:addDate` and `date:subtractDate`."""
        if day is None:
            return None
        count = whole_of(years) * 12 + whole_of(months)
        moved: Checked = temporal.add_months(the_moment(day), sign * count)
        return temporal.add_elapsed(moved, timedelta(days=sign * whole_of(days)))


_shifts()
_calendar("juel later", 1)
_calendar("juel earlier", -1)
