"""Dates that the standard library does not hold: years outside 1 to 9999, and billionths of a second.

The Gregorian calendar repeats after 400 years, to the weekday. So a far date is a near one, of the years 2000
to 2399, and a number of cycles; whatever is asked of it is asked of the near one.
"""

from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, time, timedelta, tzinfo
from functools import total_ordering
from typing import TypeAlias
from zoneinfo import ZoneInfo

Zone: TypeAlias = tzinfo
Time: TypeAlias = time

_YEARS = 400
_DAYS = 146_097
_FIRST = 2000
_MAX_YEAR = 999_999_999


@total_ordering
@dataclass(frozen=True, slots=True)
class FarDate:
    """A date before the year 1 or after the year 9999."""

    near: date
    cycles: int

    @property
    def year(self) -> int:
        """The year, which may be negative."""
        return self.near.year + _YEARS * self.cycles

    @property
    def month(self) -> int:
        """1 to 12."""
        return self.near.month

    @property
    def day(self) -> int:
        """1 to 31."""
        return self.near.day

    def __lt__(self, other: "FarDate | date") -> bool:
        return self.toordinal() < other.toordinal()

    def toordinal(self) -> int:
        """Days since the beginning of the year 1."""
        return self.near.toordinal() + _DAYS * self.cycles

    def weekday(self) -> int:
        """0 for Monday."""
        return self.near.weekday()

    def isoweekday(self) -> int:
        """1 for Monday."""
        return self.near.isoweekday()

    def isoformat(self) -> str:
        """The text, without a plus."""
        return _year_text(self.year) + self.near.isoformat()[4:]


@total_ordering
@dataclass(frozen=True, slots=True)
class FarDateTime:
    """A date-time before the year 1 or after the year 9999; `nanos` are billionths beyond the millionths."""

    near: datetime
    cycles: int
    nanos: int = 0

    @property
    def year(self) -> int:
        """The year, which may be negative."""
        return self.near.year + _YEARS * self.cycles

    @property
    def month(self) -> int:
        """1 to 12."""
        return self.near.month

    @property
    def day(self) -> int:
        """1 to 31."""
        return self.near.day

    @property
    def hour(self) -> int:
        """0 to 23."""
        return self.near.hour

    @property
    def minute(self) -> int:
        """0 to 59."""
        return self.near.minute

    @property
    def second(self) -> int:
        """0 to 59."""
        return self.near.second

    @property
    def microsecond(self) -> int:
        """Millionths of a second."""
        return self.near.microsecond

    @property
    def tzinfo(self) -> Zone | None:
        """The zone."""
        return self.near.tzinfo

    def __lt__(self, other: "FarDateTime | datetime") -> bool:
        return (self.toordinal(), self.time()) < (other.toordinal(), other.time())

    def toordinal(self) -> int:
        """Days since the beginning of the year 1."""
        return self.near.toordinal() + _DAYS * self.cycles

    def date(self) -> FarDate:
        """The day."""
        return FarDate(self.near.date(), self.cycles)

    def time(self) -> Time:
        """The time, without zone."""
        return self.near.time()

    def timetz(self) -> Time:
        """The time, with its zone."""
        return self.near.timetz()

    def weekday(self) -> int:
        """0 for Monday."""
        return self.near.weekday()

    def isoweekday(self) -> int:
        """1 for Monday."""
        return self.near.isoweekday()

    def utcoffset(self) -> timedelta | None:
        """The offset from UTC."""
        return self.near.utcoffset()

    def replace(self, *, tzinfo: Zone | None) -> "FarDateTime":
        """The same in another zone."""
        return FarDateTime(self.near.replace(tzinfo=tzinfo), self.cycles, self.nanos)

    def isoformat(self) -> str:
        """The text, without a plus."""
        return _year_text(self.year) + self.near.isoformat()[4:]


class FineDateTime(datetime):
    """A date-time with billionths of a second. They are written, and lost in arithmetic."""

    nanos = 0


class FineTime(time):
    """A time with billionths of a second, likewise."""

    nanos = 0


AnyDate: TypeAlias = date | FarDate
AnyDateTime: TypeAlias = datetime | FarDateTime


def day_of(year: int, month: int, day: int) -> AnyDate:
    """A day of any year. Raises `ValueError` for one that is none."""
    cycles = (year - _FIRST) // _YEARS
    return _day(date(year - _YEARS * cycles, month, day), cycles)


def combined(day: AnyDate, moment: time) -> AnyDateTime:
    """A day and a time."""
    nanos = nanos_of(moment)
    if isinstance(day, FarDate):
        return FarDateTime(datetime.combine(day.near, moment), day.cycles, nanos)
    if not nanos:
        return datetime.combine(day, moment)
    made = FineDateTime.combine(day, moment)
    made.nanos = nanos
    return made


def midnight(day: AnyDate) -> AnyDateTime:
    """The beginning of a day in UTC."""
    return combined(day, time(tzinfo=UTC))


def is_moment(value: object) -> bool:
    """Whether a value is a date-time, of whatever year."""
    return isinstance(value, datetime | FarDateTime)


def week_of(day: "AnyDate | AnyDateTime") -> int:
    """The number of the week by ISO 8601."""
    near = day.near if isinstance(day, FarDate | FarDateTime) else day
    return near.isocalendar().week


def later(moment: AnyDateTime, duration: timedelta) -> AnyDateTime:
    """So much later as a clock measures it. Raises `ValueError` beyond the year 999,999,999."""
    near, cycles = _parted(moment)
    whole, days = divmod(duration.days, _DAYS)
    rest = duration - timedelta(days=duration.days - days)
    if isinstance(near.tzinfo, ZoneInfo):
        return _moment((near.astimezone(UTC) + rest).astimezone(near.tzinfo), cycles + whole)
    return _moment(near + rest, cycles + whole)


def moved(value: AnyDate | AnyDateTime, year: int, month: int, day: int) -> AnyDate | AnyDateTime:
    """The same time on another day. Raises `ValueError` beyond the year 999,999,999."""
    found = day_of(year, month, day)
    return combined(found, value.timetz()) if isinstance(value, datetime | FarDateTime) else found


def between(start: AnyDateTime, end: AnyDateTime) -> timedelta:
    """The time from one to the other, both without zone. Raises `OverflowError` when it is too long."""
    days = timedelta(days=end.toordinal() - start.toordinal())
    return days + _since_midnight(end) - _since_midnight(start)


def fine(moment: time, nanos: int) -> time:
    """The time with so many billionths of a second."""
    made = FineTime(moment.hour, moment.minute, moment.second, moment.microsecond, moment.tzinfo)
    made.nanos = nanos
    return made


def nanos_of(moment: object) -> int:
    """The billionths beyond the millionths of a second."""
    return moment.nanos if isinstance(moment, FarDateTime | FineDateTime | FineTime) else 0


def _parted(moment: AnyDateTime) -> tuple[datetime, int]:
    if isinstance(moment, FarDateTime):
        return moment.near, moment.cycles
    cycles = (moment.year - _FIRST) // _YEARS
    return moment.replace(year=moment.year - _YEARS * cycles), cycles


def _day(near: date, cycles: int) -> AnyDate:
    near, cycles, is_far = _settled(near, cycles)
    return FarDate(near, cycles) if is_far else near


def _moment(near: datetime, cycles: int) -> AnyDateTime:
    day, cycles, is_far = _settled(near.date(), cycles)
    moment = datetime.combine(day, near.timetz())
    return FarDateTime(moment, cycles) if is_far else moment


def _settled(near: date, cycles: int) -> tuple[date, int, bool]:
    """The near date within its 400 years, its cycles, and whether these are needed."""
    year = near.year + _YEARS * cycles
    if MINYEAR <= year <= MAXYEAR:
        return near.replace(year=year), 0, False
    if abs(year) > _MAX_YEAR:
        raise ValueError("there is no such year")
    shift = (near.year - _FIRST) // _YEARS
    return near.replace(year=near.year - _YEARS * shift), cycles + shift, True


def _since_midnight(moment: AnyDateTime) -> timedelta:
    return timedelta(
        hours=moment.hour, minutes=moment.minute, seconds=moment.second, microseconds=moment.microsecond
    )


def _year_text(year: int) -> str:
    return f"-{-year:04d}" if year < 0 else f"{year:04d}"
