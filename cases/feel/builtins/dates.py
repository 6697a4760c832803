"""Functions of dates, times and durations (DMN 1.5, 10.3.4.1, 10.3.4.7 and 10.3.4.9)."""

from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal

from cases.feel import far, temporal
from cases.feel.builtins.signature import Library
from cases.feel.far import AnyDate, AnyDateTime, FarDateTime
from cases.feel.scope import Run
from cases.feel.temporal import Months
from cases.feel.values import Number, decimal

LIBRARY = Library()

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


@LIBRARY.function("date", "from: string")
def _date(text: str) -> object:
    return temporal.read_date(text)


@LIBRARY.function("date", "from: date and time")
def _date_of(value: AnyDateTime) -> object:
    return value.date()


@LIBRARY.function("date", "from: date")
def _same_date(value: AnyDate | AnyDateTime) -> object:
    return value


@LIBRARY.function("date", "year: number", "month: number", "day: number")
def _date_from_parts(year: Number, month: Number, day: Number) -> object:
    return far.day_of(int(year), int(month), int(day))


@LIBRARY.function("time", "from: string")
def _time(text: str) -> object:
    return temporal.read_time(text)


@LIBRARY.function("time", "from: time")
def _same_time(value: time) -> object:
    return value


@LIBRARY.function("time", "from: date")
def _time_of_date(_value: date) -> object:
    return time(tzinfo=UTC)


@LIBRARY.function("time", "from: date and time")
def _time_of(value: AnyDateTime) -> object:
    return value.timetz()


@LIBRARY.function(
    "time", "hour: number", "minute: number", "second: number", "offset?: days and time duration"
)
def _time_from_parts(hour: Number, minute: Number, second: Number, offset: timedelta | None = None) -> object:
    return time(int(hour), int(minute), int(second), _fraction(second), _zone(offset))


@LIBRARY.function("date and time", "from: string")
def _datetime(text: str) -> object:
    return temporal.read_datetime(text)


@LIBRARY.function("date and time", "from: date and time")
def _same_datetime(value: AnyDateTime) -> object:
    return value


@LIBRARY.function("date and time", "from: date")
def _datetime_of_date(value: AnyDate) -> object:
    return temporal.midnight_utc(value)


@LIBRARY.function("date and time", "date: date", "time: time")
@LIBRARY.function("date and time", "date: date and time", "time: time")
def _datetime_from_both(day: AnyDate | AnyDateTime, moment: time) -> object:
    return far.combined(day.date() if isinstance(day, datetime | FarDateTime) else day, moment)


@LIBRARY.function(
    "date and time",
    *("year: number", "month: number", "day: number", "hour: number", "minute: number", "second: number"),
    "offset?: days and time duration",
)
def _datetime_from_parts(*parts: object) -> object:
    return _moment(parts[:6], _zone(parts[6] if len(parts) > 6 else None))  # type: ignore[arg-type]  # a timedelta


@LIBRARY.function(
    "date and time",
    *("year: number", "month: number", "day: number", "hour: number", "minute: number", "second: number"),
    "timezone: string",
)
def _datetime_in_zone(*parts: object) -> object:
    return _moment(parts[:6], temporal.zone_named(str(parts[6])))


@LIBRARY.function("duration", "from: string")
def _duration(text: str) -> object:
    return temporal.read_duration(text)


@LIBRARY.function("duration", "from: days and time duration")
@LIBRARY.function("duration", "from: years and months duration")
def _same_duration(value: object) -> object:
    return value


@LIBRARY.function("years and months duration", "from: date", "to: date")
@LIBRARY.function("years and months duration", "from: date and time", "to: date and time")
@LIBRARY.function("years and months duration", "from: date", "to: date and time")
@LIBRARY.function("years and months duration", "from: date and time", "to: date")
def _months_between(start: AnyDate | AnyDateTime, end: AnyDate | AnyDateTime) -> object:
    return Months(temporal.months_between(start, end))


@LIBRARY.function("day of year", "date: date")
@LIBRARY.function("day of year", "date: date and time")
def _day_of_year(day: AnyDate | AnyDateTime) -> object:
    return day.toordinal() - far.day_of(day.year, 1, 1).toordinal() + 1


@LIBRARY.function("day of week", "date: date")
@LIBRARY.function("day of week", "date: date and time")
def _day_of_week(day: AnyDate | AnyDateTime) -> object:
    return _WEEKDAYS[day.weekday()]


@LIBRARY.function("month of year", "date: date")
@LIBRARY.function("month of year", "date: date and time")
def _month_of_year(day: AnyDate | AnyDateTime) -> object:
    return _MONTHS[day.month - 1]


@LIBRARY.function("week of year", "date: date")
@LIBRARY.function("week of year", "date: date and time")
def _week_of_year(day: AnyDate | AnyDateTime) -> object:
    return far.week_of(day)


@LIBRARY.function("last day of month", "date: date")
@LIBRARY.function("last day of month", "date: date and time")
def _last_day_of_month(day: AnyDate | AnyDateTime) -> object:
    return far.day_of(day.year, day.month, temporal.days_in_month(day.year, day.month))


@LIBRARY.measured("now")
def _now(run: Run) -> object:
    return run.scope.local_now()


@LIBRARY.measured("today")
def _today(run: Run) -> object:
    now = run.scope.local_now()
    return None if now is None else now.date()


def _moment(parts: tuple[object, ...], zone: tzinfo | None) -> AnyDateTime:
    year, month, day, hour, minute, second = (decimal(part) for part in parts)  # type: ignore[arg-type]  # numbers
    moment = time(int(hour), int(minute), int(second), _fraction(second), tzinfo=zone)
    return far.combined(far.day_of(int(year), int(month), int(day)), moment)


def _fraction(second: Number) -> int:
    return int(decimal(second) % 1 * Decimal(1_000_000))


def _zone(offset: timedelta | None) -> tzinfo | None:
    return None if offset is None else timezone(offset)
