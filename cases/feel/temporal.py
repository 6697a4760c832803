"""Dates, times, zones and the two kinds of duration; text <-> value (DMN 1.5, 10.3.2.3).

Dates and times are those of the standard library, days-and-time durations are `timedelta`,
years-and-months durations are `Months`; `far` has the years outside 1 to 9999.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cases.feel import far
from cases.feel.far import AnyDate, AnyDateTime, FarDate, FarDateTime, FineDateTime, FineTime

_OFFSET = (
    r"(?:(?P<utc>[Zz])|(?P<sign>[+-])(?P<oh>\d\d):(?P<om>\d\d)(?::(?P<os>\d\d))?"
    r"|@(?P<zone>[\w+\-]+(?:/[\w+\-]+)*))?"
)
_TIME = re.compile(r"T?(?P<h>\d\d):(?P<m>\d\d):(?P<s>\d\d)(?:\.(?P<f>\d+))?" + _OFFSET + r"\Z", re.ASCII)
_DATE = re.compile(r"(-?(?:\d{4}|[1-9]\d{4,8}))-(\d\d)-(\d\d)\Z", re.ASCII)
_DAYS = re.compile(
    r"(?P<neg>-)?P(?:(?P<d>\d+)D)?(?:T(?=\d)(?:(?P<h>\d+)H)?(?:(?P<m>\d+)M)?(?:(?P<s>\d+)(?:\.(?P<f>\d+))?S)?)?\Z",
    re.ASCII,
)
_MONTHS = re.compile(r"(?P<neg>-)?P(?:(?P<y>\d+)Y)?(?:(?P<m>\d+)M)?\Z", re.ASCII)
_MAX_OFFSET = timedelta(hours=18)
_MAX_MONTHS = 12 * 999_999_999
_MIDNIGHT_AT_THE_END = "24:00:00"
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, order=True)
class Months:
    """A duration of years and months, counted in months."""

    months: int

    @property
    def years(self) -> int:
        """Whole years, with the sign of the duration."""
        return self.months // 12 if self.months >= 0 else -(-self.months // 12)

    def __str__(self) -> str:
        years, months = divmod(abs(self.months), 12)
        text = (f"{years}Y" if years else "") + (f"{months}M" if months or not years else "")
        return ("-P" if self.months < 0 else "P") + text


def read_date(text: str) -> AnyDate | None:
    """`2026-03-01`; null for anything else."""
    found = _DATE.match(text)
    if found is None:
        return None
    try:
        return far.day_of(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None


def read_time(text: str) -> time | None:
    """`10:30:00`, with fractions, offset or zone; null for anything else."""
    found = _TIME.match(text)
    if found is None:
        return None
    try:
        zone = _zone(found)
        hour = 0 if text.lstrip("T").startswith(_MIDNIGHT_AT_THE_END) else int(found["h"])
        moment = time(hour, int(found["m"]), int(found["s"]), _microseconds(found["f"]), zone)
        nanos = int((found["f"] or "")[6:9].ljust(3, "0"))
        return far.fine(moment, nanos) if nanos else moment
    except ValueError:
        return None


def read_datetime(text: str) -> AnyDateTime | None:
    """`2026-03-01T10:30:00`, with offset or zone, or a date alone; null for anything else."""
    day_text, with_time, time_text = text.partition("T")
    day = read_date(day_text)
    if day is None:
        return None
    if not with_time:
        return far.combined(day, time())
    moment = None if time_text.startswith("T") else read_time(time_text)
    if moment is None:
        return None
    result = far.combined(day, moment)
    if not time_text.startswith(_MIDNIGHT_AT_THE_END):
        return result
    try:
        return far.later(result, timedelta(days=1))
    except ValueError:
        return None


def read_duration(text: str) -> timedelta | Months | None:
    """`P1Y2M` or `P1DT2H`; the two do not mix. Null for anything else."""
    if len(text) > 60:
        return None
    months = _MONTHS.match(text)
    if months is not None and (months["y"] or months["m"]):
        count = int(months["y"] or 0) * 12 + int(months["m"] or 0)
        return None if count > _MAX_MONTHS else Months(-count if months["neg"] else count)
    days = _DAYS.match(text)
    if days is None or not any(days[part] for part in "dhms"):
        return None
    try:
        result = timedelta(
            days=int(days["d"] or 0),
            hours=int(days["h"] or 0),
            minutes=int(days["m"] or 0),
            seconds=int(days["s"] or 0),
            microseconds=_microseconds(days["f"]),
        )
    except OverflowError:
        return None
    return -result if days["neg"] else result


def read_literal(text: str) -> AnyDate | time | AnyDateTime | timedelta | Months | None:
    """What stands behind an `@`; null when it is none of the five."""
    for read in (read_date, read_time, read_duration):
        value = read(text)
        if value is not None:
            return value
    return read_datetime(text) if "T" in text else None


def write(value: AnyDate | AnyDateTime | time | timedelta | Months) -> str:
    """The text of a value, as FEEL's `string` gives it."""
    if isinstance(value, Months):
        return str(value)
    if isinstance(value, timedelta):
        return _write_days(value)
    if isinstance(value, datetime | time | FarDateTime):
        text = value.replace(tzinfo=None).isoformat()
        nanos = far.nanos_of(value)
        if nanos:
            text += f"{'' if value.microsecond else '.000000'}{nanos:03d}"
        return (text.rstrip("0") if "." in text else text) + _write_zone(value.tzinfo)
    return value.isoformat()


def add_months(day: AnyDate | AnyDateTime, months: int) -> AnyDate | AnyDateTime:
    """The same day so many months on, or the last of that month. Raises `ValueError` beyond all years."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = days_in_month(year, month + 1)
    if isinstance(day, date) and MINYEAR <= year <= MAXYEAR:
        return day.replace(year=year, month=month + 1, day=min(day.day, last))
    return far.moved(day, year, month + 1, min(day.day, last))


def add_elapsed(moment: AnyDateTime, duration: timedelta) -> AnyDateTime:
    """So much later as a clock measures it: over the change to summer time, in a zone, through UTC."""
    try:
        if isinstance(moment, FarDateTime):
            return far.later(moment, duration)
        if isinstance(moment.tzinfo, ZoneInfo):
            return (moment.astimezone(UTC) + duration).astimezone(moment.tzinfo)
        return moment + duration
    except OverflowError:
        return far.later(moment, duration)


def days_in_month(year: int, month: int) -> int:
    """28 to 31."""
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def months_between(start: AnyDate | AnyDateTime, end: AnyDate | AnyDateTime) -> int:
    """Whole months from one day to another (`years and months duration`)."""
    months = (end.year - start.year) * 12 + end.month - start.month
    if months > 0 and end.day < start.day:
        return months - 1
    if months < 0 and end.day > start.day:
        return months + 1
    return months


def midnight_utc(day: AnyDate) -> AnyDateTime:
    """A date as a date-time: midnight UTC (DMN 1.5, 10.3.2.3.5)."""
    return far.midnight(day)


def offset_of(value: time | AnyDateTime) -> timedelta | None:
    """The offset from UTC; a time in a named zone takes the one of 1 January 1970, for want of a day."""
    if isinstance(value, time) and isinstance(value.tzinfo, ZoneInfo):
        return datetime(1970, 1, 1, value.hour, value.minute, tzinfo=value.tzinfo).utcoffset()
    return value.utcoffset()


def time_key(value: time) -> timedelta:
    """What times are compared by: the time since midnight, in UTC where there is an offset."""
    since = timedelta(
        hours=value.hour, minutes=value.minute, seconds=value.second, microseconds=value.microsecond
    )
    offset = offset_of(value)
    return since if offset is None else since - offset


def datetime_key(value: AnyDateTime) -> AnyDateTime:
    """What date-times are compared by: the instant in UTC, or the plain date-time where there is no zone."""
    if value.tzinfo is None:
        return value
    offset = value.utcoffset() or timedelta()
    plain = value.replace(tzinfo=None)
    try:
        return far.later(plain, -offset) if isinstance(plain, FarDateTime) else plain - offset
    except OverflowError:
        return far.later(plain, -offset)


def component(value: object, name: str) -> object:
    """A part of a date, time or duration by its name (DMN 1.5, table 65): `year`, `days`; or null."""
    read = _COMPONENTS.get(type(value), {}).get(name)
    return None if read is None else read(value)


def has_component(value: object, name: str) -> bool:
    """Whether values of this type have such a part at all."""
    return name in _COMPONENTS.get(type(value), {})


def microseconds(duration: timedelta) -> int:
    """The whole duration in microseconds."""
    return duration // _MICROSECOND


def zone_named(key: str) -> tzinfo:
    """A zone of the IANA database. Raises `ValueError` when there is none of this name."""
    try:
        return ZoneInfo(key)
    except (ZoneInfoNotFoundError, OSError, ValueError):
        raise ValueError(f"no time zone is called {key}") from None


def zone_key(zone: tzinfo | None) -> str | None:
    """The name of a named zone."""
    return zone.key if isinstance(zone, ZoneInfo) else None


def _zone(found: re.Match[str]) -> tzinfo | None:
    if found["utc"]:
        return UTC
    if found["zone"]:
        return zone_named(found["zone"])
    if not found["sign"]:
        return None
    offset = timedelta(hours=int(found["oh"]), minutes=int(found["om"]), seconds=int(found["os"] or 0))
    if offset > _MAX_OFFSET:
        raise ValueError("an offset of more than 18 hours")
    return timezone(offset if found["sign"] == "+" else -offset)


def _microseconds(fraction: str | None) -> int:
    return int((fraction or "0")[:6].ljust(6, "0"))


def _write_zone(zone: tzinfo | None) -> str:
    if zone is None:
        return ""
    key = zone_key(zone)
    if key is not None:
        return f"@{key}"
    offset = zone.utcoffset(None) or timedelta()
    seconds = abs(int(offset.total_seconds()))
    if seconds == 0:
        return "Z"
    text = f"{'-' if offset < timedelta() else '+'}{seconds // 3600:02d}:{seconds // 60 % 60:02d}"
    return text + (f":{seconds % 60:02d}" if seconds % 60 else "")


def _write_days(value: timedelta) -> str:
    sign, value = ("-", -value) if value < timedelta() else ("", value)
    hours, rest = divmod(value.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    parts = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    if seconds or value.microseconds:
        fraction = f".{value.microseconds:06d}".rstrip("0") if value.microseconds else ""
        parts += f"{seconds}{fraction}S"
    text = (f"{value.days}D" if value.days else "") + (f"T{parts}" if parts else "")
    return f"{sign}P{text or 'T0S'}"


def _second(value: time | AnyDateTime) -> int | Decimal:
    nanos = value.microsecond * 1000 + far.nanos_of(value)
    return value.second + Decimal(nanos) / 1_000_000_000 if nanos else value.second


def _seconds(value: timedelta) -> int | Decimal:
    size = abs(value)
    seconds = (
        size.seconds % 60 + Decimal(size.microseconds) / 1_000_000 if size.microseconds else size.seconds % 60
    )
    return seconds * _sign(value)


def _sign(value: timedelta) -> int:
    return -1 if value < timedelta() else 1


_OF_A_DATE: dict[str, Callable[[Any], object]] = {
    "year": lambda value: value.year,
    "month": lambda value: value.month,
    "day": lambda value: value.day,
    "weekday": lambda value: value.isoweekday(),
}
_OF_A_TIME: dict[str, Callable[[Any], object]] = {
    "hour": lambda value: value.hour,
    "minute": lambda value: value.minute,
    "second": _second,
    "time offset": offset_of,
    "timezone": lambda value: zone_key(value.tzinfo),
}
_OF_DAYS: dict[str, Callable[[Any], object]] = {
    "days": lambda value: abs(value).days * _sign(value),
    "hours": lambda value: abs(value).seconds // 3600 * _sign(value),
    "minutes": lambda value: abs(value).seconds // 60 % 60 * _sign(value),
    "seconds": _seconds,
}
_OF_MONTHS: dict[str, Callable[[Any], object]] = {
    "years": lambda value: value.years,
    "months": lambda value: value.months - 12 * value.years,
}
_COMPONENTS: dict[type, dict[str, Callable[[Any], object]]] = {
    date: _OF_A_DATE,
    FarDate: _OF_A_DATE,
    **dict.fromkeys((datetime, FarDateTime, FineDateTime), _OF_A_DATE | _OF_A_TIME),
    time: _OF_A_TIME,
    FineTime: _OF_A_TIME,
    timedelta: _OF_DAYS,
    Months: _OF_MONTHS,
}
