"""Working time: hours, breaks, zones, holidays and own closing days; adding it and measuring it.

A year of a calendar is worked out once, as the spans that are open in UTC with the time that lies before
each; adding and measuring are then searches in it, whatever daylight saving does.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import accumulate, pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays

ALL_DAY = (time(0), time(0))
"""An end at midnight is the end of the day."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)
_FARTHEST = 100  # years without an opening hour after which there is none
_FIRST_YEAR, _LAST_YEAR = (
    2,
    9998,
)  # a zone may move the ends of the first and the last year out of the calendar


@dataclass(frozen=True, slots=True)
class Calendar:
    """When work is done. `days` are weekdays from Monday = 0; `hours` are spans of local time, half open.

    Several spans leave a break between them; an end of 00:00 is midnight. Public holidays are those of
    `country` and its `subdivision`, with observed days; `closed` are closing days of one's own.
    """

    zone: str
    days: frozenset[int]
    hours: tuple[tuple[time, time], ...]
    country: str | None = None
    subdivision: str | None = None
    closed: frozenset[date] = frozenset()

    def add(self, start: datetime, amount: timedelta) -> datetime:
        """The moment at which `amount` of working time has passed since `start`, in UTC.

        What ends exactly at closing time is due then, not when work begins again; a negative amount counts
        back, and ends at an opening time in the same way. Raises ValueError where a hundred years are not
        enough.
        """
        if not amount:
            return start.astimezone(UTC)
        position = _ticks(start)
        left = amount // _TICK
        found = _forward(self, position, left) if left > 0 else _backward(self, position, -left)
        return _moment(found)

    def between(self, start: datetime, end: datetime) -> timedelta:
        """The working time from `start` to `end`; negative where `end` is the earlier."""
        first, last = _ticks(start), _ticks(end)
        if last < first:
            return -self.between(end, start)
        years = range(start.astimezone(UTC).year, end.astimezone(UTC).year + 1)
        passed = 0
        for number in years:
            year = _year(self, number)
            passed += year.passed(last) - year.passed(first)
        return passed * _TICK

    def is_open(self, moment: datetime) -> bool:
        """Whether work is done at this moment. Opening time is within, closing time is not."""
        position = _ticks(moment)
        year = _year(self, moment.astimezone(UTC).year)
        index = bisect_right(year.starts, position) - 1
        return index >= 0 and position < year.ends[index]

    def is_business_day(self, day: date) -> bool:
        """Whether work is done on this local day at all."""
        return day.weekday() in self.days and day not in self.closed and day not in _holidays(self, day.year)

    def end_of_business_day(self, start: datetime, days: int) -> datetime:
        """Closing time of the n-th business day after the local day of `start`, which is day 0, in UTC.

        Of 0, the closing time of that very day, or of the next business day where it is none; a negative
        number counts back. Raises ValueError where a hundred years are not enough.
        """
        day = start.astimezone(ZoneInfo(self.zone)).date()
        day = self.next_business_day(day) if days == 0 else self.business_day(day, days)
        return _moment(_at(self, day, max(_ends(self.hours))))

    def business_day(self, day: date, count: int) -> date:
        """The `count`-th business day after `day`, which itself is not counted; before it, where negative.

        Raises ValueError where a hundred years are not enough.
        """
        step = timedelta(days=1 if count > 0 else -1)
        left = abs(count)
        for _ in range(366 * _FARTHEST):
            if left == 0:
                return day
            day += step
            left -= self.is_business_day(day)
        raise ValueError("no such business day within a hundred years")

    def next_business_day(self, day: date) -> date:
        """The day itself where it is a business day, else the first one after it.

        Raises ValueError as above.
        """
        return day if self.is_business_day(day) else self.business_day(day, 1)


def problems(calendar: Calendar) -> list[str]:
    """What is wrong with a calendar: a zone or country that nobody knows, no hours, hours that overlap."""
    found = []
    try:
        ZoneInfo(calendar.zone)
    except (ZoneInfoNotFoundError, ValueError):
        found.append(f"zone {calendar.zone!r} is not known")
    if calendar.country is not None:
        try:
            holidays.country_holidays(calendar.country, subdiv=calendar.subdivision)
        except NotImplementedError as error:
            found.append(str(error))
    elif calendar.subdivision is not None:
        found.append("a subdivision needs a country")
    if not calendar.days or not calendar.days <= frozenset(range(7)):
        found.append("days are weekdays, from Monday = 0 to Sunday = 6, at least one")
    if not calendar.hours:
        found.append("there are no hours")
    spans = sorted(
        (_minute(opens), end) for (opens, _), end in zip(calendar.hours, _ends(calendar.hours), strict=True)
    )
    if any(end <= opens for opens, end in spans):
        found.append("hours end after they begin")
    if any(end > following for (_, end), (following, _) in pairwise(spans)):
        found.append("hours overlap")
    return found


@dataclass(frozen=True, slots=True)
class _Year:
    """The open spans that begin in one UTC year, in ticks, and how much is open before each of them."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    before: tuple[int, ...]
    total: int

    def passed(self, position: int) -> int:
        """How much of the year's working time lies before a position."""
        index = bisect_right(self.starts, position) - 1
        if index < 0:
            return 0
        return self.before[index] + min(position, self.ends[index]) - self.starts[index]

    def after(self, amount: int) -> int:
        """The first position at which `amount` (1 to total) of the year's working time has passed."""
        index = bisect_left(self.before, amount) - 1
        return self.starts[index] + amount - self.before[index]

    def until(self, amount: int) -> int:
        """The latest position before which `amount` (0 to total - 1) of the year's working time lies."""
        index = bisect_right(self.before, amount) - 1
        return self.starts[index] + amount - self.before[index]


def _forward(calendar: Calendar, position: int, left: int) -> int:
    for number in _years(_moment(position).year, 1):
        year = _year(calendar, number)
        passed = year.passed(position)
        if passed + left <= year.total:
            return year.after(passed + left)
        left -= year.total - passed
    raise ValueError("not so much working time within a hundred years")


def _backward(calendar: Calendar, position: int, left: int) -> int:
    for number in _years(_moment(position).year, -1):
        year = _year(calendar, number)
        passed = year.passed(position)
        if left <= passed:
            return year.until(passed - left)
        left -= passed
    raise ValueError("not so much working time within a hundred years")


def _years(first: int, step: int) -> Iterator[int]:
    return (
        year for year in range(first, first + step * _FARTHEST, step) if _FIRST_YEAR <= year <= _LAST_YEAR
    )


@lru_cache(maxsize=512)
def _year(calendar: Calendar, number: int) -> _Year:
    """The spans whose opening lies in a UTC year. One that begins before it belongs to the year before."""
    low, high = _ticks(datetime(number, 1, 1, tzinfo=UTC)), _ticks(datetime(number + 1, 1, 1, tzinfo=UTC))
    spans: list[tuple[int, int]] = []
    day = date(number - 1, 12, 30)
    while day <= date(number + 1, 1, 2):
        if calendar.is_business_day(day):
            spans += (
                (max(opens, low), min(closes, high))
                for opens, closes in _spans(calendar, day)
                if opens < high and closes > low
            )
        day += timedelta(days=1)
    lengths = [closes - opens for opens, closes in spans]
    before = tuple(accumulate(lengths, initial=0))
    return _Year(tuple(a for a, _ in spans), tuple(b for _, b in spans), before[:-1], before[-1])


def _spans(calendar: Calendar, day: date) -> list[tuple[int, int]]:
    """The open spans of one business day, in order, without those that daylight saving swallows."""
    spans = [
        (_at(calendar, day, _minute(opens)), _at(calendar, day, end))
        for (opens, _), end in zip(calendar.hours, _ends(calendar.hours), strict=True)
    ]
    return sorted((opens, closes) for opens, closes in spans if opens < closes)


def _at(calendar: Calendar, day: date, minute: int) -> int:
    """The first moment of a local day at which the clock shows this minute, or has skipped it."""
    zone = ZoneInfo(calendar.zone)
    local = datetime.combine(day, time()) + timedelta(minutes=minute)
    moment = local.replace(tzinfo=zone).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == local:
        return _ticks(moment)
    return _end_of_gap(zone, local)


def _end_of_gap(zone: ZoneInfo, local: datetime) -> int:
    """When the clock was put forward over `local`: found by halving, since a zone does not tell."""
    early = _ticks(local.replace(tzinfo=zone, fold=1).astimezone(UTC))
    late = _ticks(local.replace(tzinfo=zone, fold=0).astimezone(UTC))
    while late - early > 1:
        middle = (early + late) // 2
        if _moment(middle).astimezone(zone).replace(tzinfo=None) < local:
            early = middle
        else:
            late = middle
    return late


@lru_cache(maxsize=512)
def _holidays_of(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    """The public holidays of a year, and the days on which those at its ends are observed."""
    found = holidays.country_holidays(country, subdiv=subdivision, years=(year - 1, year, year + 1))
    return frozenset(day for day in found if day.year == year)


def _holidays(calendar: Calendar, year: int) -> frozenset[date]:
    return (
        frozenset()
        if calendar.country is None
        else _holidays_of(calendar.country, calendar.subdivision, year)
    )


def _ends(hours: tuple[tuple[time, time], ...]) -> list[int]:
    return [_minute(closes) or 24 * 60 for _, closes in hours]


def _minute(local: time) -> int:
    return local.hour * 60 + local.minute


def _ticks(moment: datetime) -> int:
    return (moment - _EPOCH) // _TICK


def _moment(ticks: int) -> datetime:
    return _EPOCH + ticks * _TICK
