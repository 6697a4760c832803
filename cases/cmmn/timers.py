"""Timer texts -> instants, counted from an anchor (cmmn-semantics 5.1). No clock here.

Forms: ISO 8601 date-times, durations, intervals and repetitions, cron, and business time such as `8 bh`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from croniter import croniter
from croniter.croniter import CroniterError

Due = Callable[[str, datetime], datetime]
"""Business time: the instant that a text such as `8 bh` names, counted from another instant."""

_BUSINESS = re.compile(r"\s*-?\d+(\.\d+)?\s*(bh|bd|bm|business\s+\w+)\s*", re.IGNORECASE)
_DURATION = re.compile(
    r"(-?)P(?:(\d+(?:[.,]\d+)?)Y)?(?:(\d+(?:[.,]\d+)?)M)?(?:(\d+(?:[.,]\d+)?)W)?(?:(\d+(?:[.,]\d+)?)D)?"
    r"(?:T(?:(\d+(?:[.,]\d+)?)H)?(?:(\d+(?:[.,]\d+)?)M)?(?:(\d+(?:[.,]\d+)?)S)?)?"
)
_REPEAT = re.compile(r"R(-1|\d*)/(.+)", re.IGNORECASE)
_DAYS_OF_QUARTZ = ("", "SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_LAST = re.compile(r"\b([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)L\b")
_CRON_FIELDS = (5, 6, 7)
_FAR = 1_000_000
_WALL = datetime(2000, 1, 1)  # noqa: DTZ001 - cron is checked and matched on the wall clock


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a timer fires: at `start` (None: the anchor) plus once, twice, ... its period; or at one instant.

    `fires` is how often in all, None without bound. One of `period`, `business`, `cron` and `at` is given.
    """

    fires: int | None = 1
    start: str | None = None
    period: str | None = None
    business: str | None = None
    cron: str | None = None
    at: str | None = None


@dataclass(frozen=True, slots=True)
class Fire:
    """One fire of a schedule: number `ordinal` counted from `anchor`, at that instant."""

    anchor: datetime
    ordinal: int
    at: datetime


def read(text: str) -> Schedule:
    """The schedule of a text. Raises ValueError where it is none of the forms."""
    text = text.strip()
    repeated = _REPEAT.fullmatch(text)
    if repeated is not None:
        count = repeated[1]
        fires = None if count in ("", "-1") else int(count)
        inner = _interval(repeated[2])
        if inner.at is not None:
            raise ValueError(f"{text!r} repeats without a period")
        return Schedule(fires, inner.start, inner.period, inner.business)
    if text.startswith("@") or len(text.split()) in _CRON_FIELDS:
        return _cron(text)
    return _interval(text)


def instant(
    schedule: Schedule, ordinal: int, anchor: datetime, zone: str, due: Due | None = None
) -> datetime | None:
    """Fire number `ordinal` (from 1) in UTC, None where the schedule has no such fire.

    Raises ValueError where an instant is out of range, or business time is asked for and there is none.
    """
    if schedule.fires == 0 or (ordinal > 1 and schedule.at is not None):
        return None
    if schedule.at is not None:
        return moment_of(schedule.at, zone)
    origin = anchor if schedule.start is None else moment_of(schedule.start, zone)
    if schedule.period is not None:
        return _after(origin, schedule.period, ordinal, zone)
    if schedule.cron is not None:
        return _by_cron(schedule.cron, origin, ordinal, zone)
    return _by_business(schedule.business or "", origin, ordinal, due)


def following(
    schedule: Schedule, fire: "Fire", now: datetime, zone: str, due: Due | None = None
) -> "Fire | None":
    """The first fire after this one that lies after `now`: all that was missed is one fire (5.3, 5.4).

    Raises ValueError as `instant` does.
    """
    if schedule.at is not None:
        return None
    if schedule.period is not None:
        if not _moves_on(schedule.period):
            return None
        first = max(fire.ordinal + 1, _estimate(schedule, fire.anchor, now, zone))
        for ordinal in range(first, first + _FAR):
            moment = instant(schedule, ordinal, fire.anchor, zone)
            if moment is not None and moment > max(now, fire.at):
                return Fire(fire.anchor, ordinal, moment)
        return None
    anchor = max(now, fire.at) if schedule.cron is not None else fire.at
    for _ in range(_FAR):
        moment = instant(schedule, 1, anchor, zone, due)
        if moment is None or moment <= anchor:
            return None
        if moment > now:
            return Fire(anchor, 1, moment)
        anchor = moment
    return None


def is_business(text: str) -> bool:
    """Whether the text counts working time."""
    return _BUSINESS.fullmatch(text) is not None


def _interval(text: str) -> Schedule:
    first, slash, second = text.strip().partition("/")
    if not slash:
        return _single(first)
    if _is_duration(first):
        _duration(first)
        return Schedule(at=_checked(second))
    if _is_duration(second):
        _duration(second)
        return Schedule(start=_checked(first), period=second)
    _checked(first)
    return Schedule(at=_checked(second))


def _single(text: str) -> Schedule:
    if is_business(text):
        return Schedule(business=text)
    if _is_duration(text):
        _duration(text)
        return Schedule(period=text)
    return Schedule(at=_checked(text))


def _is_duration(text: str) -> bool:
    return text.lstrip("-").upper().startswith("P")


def _checked(text: str) -> str:
    moment_of(text, "UTC")
    return text.strip()


def moment_of(text: str, zone: str) -> datetime:
    """An instant; without an offset in the zone of the case, a date alone is the start of that day there."""
    stripped = text.strip()
    try:
        moment = datetime.fromisoformat(stripped)
    except ValueError:
        raise ValueError(
            f"{text!r} is no ISO 8601 date, date-time, duration or repetition, nor cron"
        ) from None
    return moment.astimezone(UTC) if moment.tzinfo is not None else _in_zone(moment, zone)


def _in_zone(local: datetime, zone: str) -> datetime:
    """A wall-clock time as an instant: a gap moves it forward, an overlap takes the first offset."""
    return local.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class _Period:
    """A duration: months and days by the calendar, the rest by the clock, so that `PT24H` is not `P1D`."""

    months: int
    days: int
    clock: timedelta


def _duration(text: str) -> _Period:
    found = _DURATION.fullmatch(text.strip().upper())
    if found is None or found[0][-1] in "PT":
        raise ValueError(f"{text!r} is no ISO 8601 duration")
    parts = [Decimal((part or "0").replace(",", ".")) for part in found.groups()[1:]]
    if any(part % 1 for part in parts[:4]):
        raise ValueError(f"{text!r} counts a part of a day, a month or a year")
    sign = -1 if found[1] else 1
    years, months, weeks, days, hours, minutes, seconds = (sign * part for part in parts)
    try:
        clock = timedelta(microseconds=int(((hours * 60 + minutes) * 60 + seconds) * 1_000_000))
    except OverflowError:
        raise ValueError(f"{text!r} leads out of the calendar") from None
    return _Period(int(years * 12 + months), int(weeks * 7 + days), clock)


def _after(origin: datetime, period: str, times: int, zone: str) -> datetime:
    """`origin` plus so many periods at once: months and days by the zone's calendar, hours by the clock."""
    one = _duration(period)
    local = origin.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    try:
        if one.months or one.days:
            moved = _add_months(local, one.months * times) + timedelta(days=one.days * times)
            return _in_zone(moved, zone) + one.clock * times
        return origin.astimezone(UTC) + one.clock * times
    except OverflowError:
        raise ValueError(f"{period!r} leads out of the calendar") from None


def _add_months(local: datetime, months: int) -> datetime:
    if not months:
        return local
    year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
    if not date.min.year <= year <= date.max.year:
        raise OverflowError
    for day in range(local.day, 0, -1):
        try:
            return local.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    raise OverflowError


def _moves_on(period: str) -> bool:
    one = _duration(period)
    return timedelta(days=28 * one.months + one.days) + one.clock > timedelta(0)


def _estimate(schedule: Schedule, anchor: datetime, now: datetime, zone: str) -> int:
    """A number not past the first fire after `now`, so that an outage is not counted step by step."""
    if schedule.period is None:
        return 1
    origin = anchor if schedule.start is None else moment_of(schedule.start, zone)
    one = _duration(schedule.period)
    by_calendar = timedelta(days=31 * one.months + one.days, hours=2 * bool(one.months or one.days))
    longest = by_calendar + one.clock
    return 1 if longest <= timedelta(0) else max(1, (now - origin) // longest)


def _cron(text: str) -> Schedule:
    fields = text.split()
    expression = text if text.startswith("@") else " ".join(_unix(fields))
    try:
        croniter(expression, _WALL, second_at_beginning=len(fields) > _CRON_FIELDS[0])
    except (CroniterError, ValueError, KeyError):
        raise ValueError(f"{text!r} is no timer text and no cron") from None
    return Schedule(None, cron=expression)


def _unix(fields: list[str]) -> list[str]:
    """Quartz fields (seconds first, `?`, Sunday as 1) in the words of cron."""
    if len(fields) == _CRON_FIELDS[0]:
        return fields
    plain = ["*" if one == "?" else one for one in fields]
    plain[5] = "SAT" if plain[5].upper() == "L" else _LAST.sub(_last_of_month, plain[5].upper())
    plain[5] = re.sub(r"(?<![#L\d])([1-7])(?!\d)", lambda found: _DAYS_OF_QUARTZ[int(found[1])], plain[5])
    return plain


def _last_of_month(found: re.Match[str]) -> str:
    """`6L` and `FRIL` are the last Friday of a month."""
    day = int(found[1]) if found[1].isdigit() else _DAYS_OF_QUARTZ.index(found[1])
    return f"L{day - 1}"


def _by_cron(expression: str, origin: datetime, ordinal: int, zone: str) -> datetime:
    """Matches are found on the wall clock, so that an hour that comes twice counts once."""
    wall = origin.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    clock = croniter(expression, wall, second_at_beginning=len(expression.split()) > _CRON_FIELDS[0])
    moment = origin
    for _ in range(ordinal):
        moment = _next_match(clock, moment, zone)
    return moment


def _next_match(clock: croniter, after: datetime, zone: str) -> datetime:
    """Raises ValueError where the calendar holds no further match."""
    for _ in range(_FAR):
        try:
            moment = _in_zone(clock.get_next(datetime), zone)
        except CroniterError:
            break
        if moment > after:
            return moment
    raise ValueError("the cron text has no further match")


def _by_business(text: str, origin: datetime, ordinal: int, due: Due | None) -> datetime:
    if due is None:
        raise ValueError(f"{text!r} needs a calendar, and this case has none")
    moment = origin
    for _ in range(ordinal):
        moment = due(text, moment)
    return moment.astimezone(UTC)
