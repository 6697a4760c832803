import random
import re
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.policy.calendar import ALL_DAY, Calendar, problems
from tests.examples import examples

WEEK = frozenset(range(5))
NINE_TO_FIVE = ((time(9), time(17)),)
CALENDARS = {
    "NY": Calendar("America/New_York", WEEK, NINE_TO_FIVE, "US"),
    "AMS": Calendar("Europe/Amsterdam", WEEK, NINE_TO_FIVE),
    "LON_LUNCH": Calendar("Europe/London", WEEK, ((time(9), time(12, 30)), (time(13, 30), time(17)))),
    "RUH": Calendar("Asia/Riyadh", frozenset({6, 0, 1, 2, 3}), ((time(8), time(16)),)),
    "KTM": Calendar("Asia/Kathmandu", WEEK, NINE_TO_FIVE),
}
NY = CALENDARS["NY"]

GOLDEN = """
NY 2026-03-02T09:00:00-05:00 240 2026-03-02T18:00:00Z
NY 2026-03-06T16:30:00-05:00 60 2026-03-09T13:30:00Z
NY 2026-03-06T18:12:00-05:00 480 2026-03-09T21:00:00Z
NY 2026-03-07T11:00:00-05:00 30 2026-03-09T13:30:00Z
NY 2026-07-02T16:00:00-04:00 120 2026-07-06T14:00:00Z
NY 2026-11-25T16:59:00-05:00 2 2026-11-27T14:01:00Z
NY 2026-12-24T10:00:00-05:00 960 2026-12-29T15:00:00Z
NY 2026-12-31T16:00:00-05:00 120 2027-01-04T15:00:00Z
NY 2026-10-30T16:00:00-04:00 120 2026-11-02T15:00:00Z
NY 2026-03-02T17:00:00-05:00 1 2026-03-03T14:01:00Z
NY 2026-03-02T16:00:00-05:00 60 2026-03-02T22:00:00Z
AMS 2026-03-27T16:00:00+01:00 180 2026-03-30T09:00:00Z
LON_LUNCH 2026-03-03T12:00:00+00:00 60 2026-03-03T14:00:00Z
RUH 2026-03-05T15:00:00+03:00 120 2026-03-08T06:00:00Z
KTM 2026-03-02T16:45:00+05:45 30 2026-03-03T03:30:00Z
NY 2026-03-02T09:00:00-05:00 2400 2026-03-06T22:00:00Z
NY 2026-03-02T03:00:00+00:00 480 2026-03-02T22:00:00Z
"""


@pytest.mark.parametrize("row", GOLDEN.strip().splitlines())
def test_working_time_is_added_as_in_the_golden_table(row: str) -> None:
    name, start, minutes, end = row.split()
    calendar = CALENDARS[name]
    begin, due = datetime.fromisoformat(start), datetime.fromisoformat(end)
    assert calendar.add(begin, timedelta(minutes=int(minutes))) == due
    assert calendar.between(begin, due) == timedelta(minutes=int(minutes))


def test_the_golden_table_is_that_of_the_product(shared_folder: Path) -> None:
    """Row by row and digit by digit, with the local times (metrics section 8)."""
    text = (shared_folder / "product" / "metrics.md").read_text("utf-8")
    rows = re.findall(r"^\| \d+ \| (\w+) \| `(\S+)` \| (\d+) \| `(\S+)` \| `(\S+)` \|", text, re.MULTILINE)
    assert [" ".join(row[:4]) for row in rows] == GOLDEN.strip().splitlines()
    for name, start, minutes, _, there in rows:
        due = CALENDARS[name].add(datetime.fromisoformat(start), timedelta(minutes=int(minutes)))
        assert due.astimezone(ZoneInfo(CALENDARS[name].zone)).isoformat() == there


HOLIDAYS = {
    2026: "01-01 01-19 02-16 05-25 06-19 07-03 07-04 09-07 10-12 11-11 11-26 12-25",
    2027: "01-01 01-18 02-15 05-31 06-18 06-19 07-04 07-05 09-06 10-11 11-11 11-25 12-24 12-25 12-31",
}


@pytest.mark.parametrize("year", HOLIDAYS)
def test_holidays_are_kept_on_the_days_on_which_they_are_observed(year: int) -> None:
    days = [date(year, 1, 1) + timedelta(days=number) for number in range(365)]
    closed = {f"{day:%m-%d}" for day in days if day.weekday() in WEEK and not NY.is_business_day(day)}
    assert closed == {
        text for text in HOLIDAYS[year].split() if date(year, *map(int, text.split("-"))).weekday() in WEEK
    }


BUSINESS_DAYS = [
    ("2026-03-16T14:05-04:00", 2, "2026-03-18T17:00-04:00"),
    ("2026-04-06T10:00-04:00", 3, "2026-04-09T17:00-04:00"),
    ("2026-03-06T10:00-05:00", 15, "2026-03-27T17:00-04:00"),
    ("2026-04-06T10:00-04:00", -10, "2026-03-23T17:00-04:00"),
    ("2026-03-06T23:30-05:00", 1, "2026-03-09T17:00-04:00"),
    ("2026-03-07T04:30+00:00", 1, "2026-03-09T17:00-04:00"),
    ("2026-03-06T10:00-05:00", 0, "2026-03-06T17:00-05:00"),
    ("2026-03-07T10:00-05:00", 0, "2026-03-09T17:00-04:00"),
    ("2026-12-24T10:00-05:00", 5, "2027-01-04T17:00-05:00"),
]


@pytest.mark.parametrize(("start", "days", "end"), BUSINESS_DAYS)
def test_business_days_end_at_closing_time_and_the_first_day_is_day_0(
    start: str, days: int, end: str
) -> None:
    assert NY.end_of_business_day(datetime.fromisoformat(start), days) == datetime.fromisoformat(end)


ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Casablanca"]
HOURS = [
    NINE_TO_FIVE,
    ((time(8), time(12)), (time(12, 30), time(16, 15))),
    (ALL_DAY,),
    ((time(0), time(6)), (time(22), time(0))),
]


def minute_by_minute(calendar: Calendar, start: datetime, minutes: int) -> datetime:
    """The slow way: look at the clock on the wall each minute."""
    zone, moment = ZoneInfo(calendar.zone), start
    spans = [(a.hour * 60 + a.minute, (b.hour * 60 + b.minute) or 24 * 60) for a, b in calendar.hours]
    while minutes:
        local = moment.astimezone(zone)
        clock = local.hour * 60 + local.minute
        minutes -= calendar.is_business_day(local.date()) and any(a <= clock < b for a, b in spans)
        moment += timedelta(minutes=1)
    return moment


@pytest.mark.parametrize("hours", HOURS)
@pytest.mark.parametrize("zone", ZONES)
def test_adding_is_counting_minute_by_minute(zone: str, hours: tuple[tuple[time, time], ...]) -> None:
    draw = random.Random(f"{zone} {hours}")
    calendar = Calendar(zone, WEEK, hours, "DE", "BE", frozenset({date(2026, 8, 12)}))
    for _ in range(4):
        start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=draw.randrange(365 * 24 * 60))
        minutes = draw.randint(1, 20 * 60)
        slow = minute_by_minute(calendar, start, minutes)
        assert calendar.add(start, timedelta(minutes=minutes)) == slow
        assert calendar.between(start, slow) == timedelta(minutes=minutes)


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_the_night_of_the_change_has_the_hours_that_it_has(day: str) -> None:
    always = Calendar("Europe/Berlin", frozenset(range(7)), (ALL_DAY,))
    first = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo("Europe/Berlin"))
    hours = always.between(first, first + timedelta(days=1)) / timedelta(hours=1)
    assert hours == {"2026-03-29": 23, "2026-10-25": 25}[day]


def test_hours_that_the_clock_skips_are_no_hours() -> None:
    night = Calendar(
        "America/New_York", frozenset({6}), ((time(1, 30), time(2, 30)), (time(2, 30), time(2, 45)))
    )
    start = datetime(2026, 3, 8, 5, tzinfo=UTC)
    assert night.between(start, start + timedelta(days=1)) == timedelta(minutes=30)
    assert night.add(start, timedelta(minutes=30)) == datetime(2026, 3, 8, 7, tzinfo=UTC)


moments = st.datetimes(datetime(2025, 1, 1), datetime(2029, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
amounts = st.timedeltas(timedelta(microseconds=1), timedelta(hours=600))
calendars = st.sampled_from([*CALENDARS.values(), Calendar("Europe/Berlin", WEEK, (ALL_DAY,), "DE", "BE")])


@settings(max_examples=examples(150))
@given(calendars, moments, amounts, amounts)
def test_adding_twice_is_adding_the_sum_and_measuring_gives_it_back(
    calendar: Calendar, start: datetime, one: timedelta, two: timedelta
) -> None:
    end = calendar.add(start, one)
    assert end > start
    assert calendar.between(start, end) == one
    assert calendar.between(end, start) == -one
    assert calendar.add(end, two) == calendar.add(start, one + two) > end


@settings(max_examples=examples(150))
@given(calendars, moments, amounts)
def test_counting_back_is_the_way_back(calendar: Calendar, start: datetime, amount: timedelta) -> None:
    begin = calendar.add(start, -amount)
    assert begin < start
    assert calendar.between(begin, start) == amount
    assert calendar.is_open(begin)


@given(moments, st.timedeltas(timedelta(days=-700), timedelta(days=700)))
def test_a_calendar_that_never_closes_is_plain_arithmetic(start: datetime, amount: timedelta) -> None:
    always = Calendar("America/New_York", frozenset(range(7)), (ALL_DAY,))
    assert always.add(start, amount) == start + amount
    assert always.between(start, start + amount) == amount
    assert always.is_open(start)


def test_opening_time_is_within_and_closing_time_is_not() -> None:
    for text, expected in {"09:00": True, "08:59": False, "16:59": True, "17:00": False}.items():
        assert NY.is_open(datetime.fromisoformat(f"2026-03-02T{text}-05:00")) is expected
    assert not NY.is_open(datetime.fromisoformat("2026-01-01T12:00-05:00"))


def test_a_calendar_that_never_opens_says_so() -> None:
    never = Calendar("UTC", frozenset(), NINE_TO_FIVE)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for amount in (timedelta(hours=1), timedelta(hours=-1)):
        with pytest.raises(ValueError, match="hundred years"):
            never.add(start, amount)
    for days in (1, 0, -1):
        with pytest.raises(ValueError, match="hundred years"):
            never.end_of_business_day(start, days)
    assert never.between(start, start + timedelta(days=5)) == timedelta()
    assert not never.is_open(start)
    assert never.add(start, timedelta()) == start


WRONG = [
    (Calendar("Mars/Olympus", WEEK, NINE_TO_FIVE), "'Mars/Olympus' is not known"),
    (Calendar("../etc", WEEK, NINE_TO_FIVE), "is not known"),
    (Calendar("UTC", WEEK, NINE_TO_FIVE, "XX"), "XX not available"),
    (Calendar("UTC", WEEK, NINE_TO_FIVE, "US", "XX"), "does not have subdivision XX"),
    (Calendar("UTC", WEEK, NINE_TO_FIVE, None, "CA"), "needs a country"),
    (Calendar("UTC", frozenset(), NINE_TO_FIVE), "at least one"),
    (Calendar("UTC", frozenset({7}), NINE_TO_FIVE), "at least one"),
    (Calendar("UTC", WEEK, ()), "no hours"),
    (Calendar("UTC", WEEK, ((time(9), time(9)),)), "end after they begin"),
    (Calendar("UTC", WEEK, ((time(13), time(17)), (time(9), time(14)))), "overlap"),
]


@pytest.mark.parametrize(("calendar", "problem"), WRONG)
def test_a_calendar_that_cannot_be_is_told_apart(calendar: Calendar, problem: str) -> None:
    (found,) = problems(calendar)
    assert problem in found


@pytest.mark.parametrize("calendar", CALENDARS.values())
def test_a_good_calendar_has_no_problem(calendar: Calendar) -> None:
    assert problems(calendar) == []
