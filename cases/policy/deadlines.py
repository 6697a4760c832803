"""When something is due: `8 bh`, `10 bd`, `P15D`, an instant; and how that was worked out, line by line."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from re import ASCII, Match
from re import compile as compile_fixed
from zoneinfo import ZoneInfo

from cases.policy.calendar import Calendar

_BUSINESS = compile_fixed(r"([+-]?[0-9]{1,6}(?:\.[0-9]{1,6})?) *(bh|bd)", ASCII)
_DURATION = compile_fixed(
    r"(?P<sign>-?)P(?=[0-9T])"
    r"(?:(?P<years>[0-9]{1,6})Y)?(?:(?P<months>[0-9]{1,6})M)?(?:(?P<weeks>[0-9]{1,6})W)?(?:(?P<days>[0-9]{1,6})D)?"
    r"(?:T(?=[0-9])(?:(?P<hours>[0-9]{1,8})H)?(?:(?P<minutes>[0-9]{1,8})M)?(?:(?P<seconds>[0-9]{1,10}(?:\.[0-9]{1,6})?)S)?)?",
    ASCII,
)
_INSTANT = compile_fixed(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})?",
    ASCII,
)
_DAY = compile_fixed(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", ASCII)


@dataclass(frozen=True, slots=True)
class BusinessTime:
    """A calendar and a zone as the engine asks them: it satisfies `cmmn.metamodel.WorkingTime`.

    Without a calendar there is no business time, and a text that asks for it is refused.
    """

    calendar: Calendar | None
    zone: tzinfo

    def due(self, text: str, anchor: datetime) -> datetime:
        """As the function `due`. Raises ValueError."""
        return due(text, anchor, self.calendar, self.zone)


def due(text: str, anchor: datetime, calendar: Calendar | None, zone: tzinfo) -> datetime:
    """The moment that a text names, counted from `anchor`, in UTC.

    `8 bh`: business hours. `10 bd`: closing time of the tenth business day, the anchor's day being day 0.
    `P15D`: calendar days, at the same local time, as are months and years; hours and minutes are time that
    passes. `2026-04-01T09:00Z`: itself; without an offset it is meant in `zone`. `2026-04-01`: the end of
    that day. Raises ValueError of any other text, where a calendar is needed and there is none, and beyond
    the year 9999.
    """
    plain = text.strip()
    try:
        if found := _BUSINESS.fullmatch(plain):
            return _business(Decimal(found[1]), found[2], anchor, calendar)
        if found := _DURATION.fullmatch(plain):
            return _calendar_time(found, anchor, zone)
        if _DAY.fullmatch(plain):
            return (_read(plain, zone) + timedelta(days=1)).astimezone(UTC)
        if _INSTANT.fullmatch(plain):
            return _read(plain, zone).astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{text!r} leads out of the calendar") from None
    raise ValueError(f"{text!r} is no due time: expected such as 8 bh, 10 bd, P15D or 2026-04-01T09:00Z")


def explain(text: str, anchor: datetime, calendar: Calendar | None, zone: tzinfo) -> list[str]:
    """How the moment was worked out, a line for each day that counted. Raises ValueError as `due` does."""
    end = due(text, anchor, calendar, zone)
    found = _BUSINESS.fullmatch(text.strip())
    local = ZoneInfo(calendar.zone) if calendar is not None and found else zone
    lines = [f"{text.strip()} from {_local(anchor, local)}"]
    if calendar is not None and found:
        lines += _hours(anchor, end, calendar) if found[2] == "bh" else _days(anchor, end, calendar)
    return [*lines, f"due {_local(end, local)}"]


def _business(count: Decimal, unit: str, anchor: datetime, calendar: Calendar | None) -> datetime:
    if calendar is None:
        raise ValueError("business time needs a calendar")
    if unit == "bh":
        return calendar.add(anchor, timedelta(microseconds=int(count * 3_600_000_000)))
    if count != int(count):
        raise ValueError("business days are whole days")
    return calendar.end_of_business_day(anchor, int(count))


def _calendar_time(duration: Match[str], anchor: datetime, zone: tzinfo) -> datetime:
    """Days and more at the same local time; what is smaller than a day as time that passes."""
    sign = -1 if duration["sign"] else 1
    part = {name: sign * Decimal(text or 0) for name, text in duration.groupdict().items() if name != "sign"}
    moved = _months_later(
        anchor.astimezone(zone).replace(tzinfo=None), int(12 * part["years"] + part["months"])
    )
    moved += timedelta(days=int(7 * part["weeks"] + part["days"]))
    seconds = 3600 * part["hours"] + 60 * part["minutes"] + part["seconds"]
    return moved.replace(tzinfo=zone).astimezone(UTC) + timedelta(microseconds=int(seconds * 1_000_000))


def _months_later(local: datetime, months: int) -> datetime:
    """The same day of a later month, or its last where it is shorter."""
    year, month = divmod(12 * local.year + local.month - 1 + months, 12)
    if not MINYEAR <= year <= MAXYEAR:
        raise OverflowError("beyond the calendar")
    return local.replace(year=year, month=month + 1, day=min(local.day, monthrange(year, month + 1)[1]))


def _read(text: str, zone: tzinfo) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _hours(anchor: datetime, end: datetime, calendar: Calendar) -> list[str]:
    """How much of each local day counted, and how much had counted by its end."""
    zone = ZoneInfo(calendar.zone)
    first, last = sorted((anchor, end))
    day, passed, lines = first.astimezone(zone).date(), timedelta(), []
    while day <= last.astimezone(zone).date():
        midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
        following = midnight + timedelta(days=1)
        counted = calendar.between(max(first, midnight), min(last, following))
        passed += counted
        if counted:
            lines.append(f"{day:%a %Y-%m-%d}: {_clock(counted)}, together {_clock(passed)}")
        elif not calendar.is_business_day(day):
            lines.append(f"{day:%a %Y-%m-%d}: closed")
        day += timedelta(days=1)
    return lines


def _days(anchor: datetime, end: datetime, calendar: Calendar) -> list[str]:
    """The business days by number, and the days that were none."""
    zone = ZoneInfo(calendar.zone)
    first, last = anchor.astimezone(zone).date(), end.astimezone(zone).date()
    step = timedelta(days=1 if first <= last else -1)
    day, number, lines = first, 0, []
    while day != last:
        day += step
        number += calendar.is_business_day(day)
        lines.append(f"{day:%a %Y-%m-%d}: {f'day {number}' if calendar.is_business_day(day) else 'closed'}")
    return lines


def _clock(amount: timedelta) -> str:
    minutes, seconds = divmod(int(amount.total_seconds()), 60)
    return f"{minutes // 60} h {minutes % 60:02} min" + (f" {seconds} s" if seconds else "")


def _local(moment: datetime, zone: tzinfo) -> str:
    return f"{moment.astimezone(zone):%a %Y-%m-%d %H:%M %Z}"
