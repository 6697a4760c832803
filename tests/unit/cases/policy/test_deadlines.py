from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from cases.policy.calendar import Calendar
from cases.policy.deadlines import BusinessTime, due, explain

ZONE = ZoneInfo("America/New_York")
NY = Calendar("America/New_York", frozenset(range(5)), ((time(9), time(17)),), "US")
ANCHOR = datetime(2026, 3, 6, 16, 30, tzinfo=ZONE)

DUE = [
    ("8 bh", "2026-03-09T20:30:00Z"),
    ("1bh", "2026-03-09T13:30:00Z"),
    (" 0.5 bh ", "2026-03-06T22:00:00Z"),
    ("-1 bh", "2026-03-06T20:30:00Z"),
    ("0 bh", "2026-03-06T21:30:00Z"),
    ("10 bd", "2026-03-20T21:00:00Z"),
    ("0 bd", "2026-03-06T22:00:00Z"),
    ("P15D", "2026-03-21T20:30:00Z"),
    ("P2W", "2026-03-20T20:30:00Z"),
    ("P1M", "2026-04-06T20:30:00Z"),
    ("P1Y1M", "2027-04-06T20:30:00Z"),
    ("PT48H", "2026-03-08T21:30:00Z"),
    ("P2DT1H", "2026-03-08T21:30:00Z"),
    ("PT0.5S", "2026-03-06T21:30:00.500000Z"),
    ("-P1D", "2026-03-05T21:30:00Z"),
    ("2026-04-01T09:00Z", "2026-04-01T09:00:00Z"),
    ("2026-04-01T09:00:00-05:00", "2026-04-01T14:00:00Z"),
    ("2026-04-01T09:00", "2026-04-01T13:00:00Z"),
    ("2026-04-01", "2026-04-02T04:00:00Z"),
    ("2026-04-01T09:00:00.123456789Z", "2026-04-01T09:00:00.123456Z"),
]


@pytest.mark.parametrize(("text", "moment"), DUE)
def test_a_text_names_a_moment(text: str, moment: str) -> None:
    found = due(text, ANCHOR, NY, ZONE)
    assert found == datetime.fromisoformat(moment)
    assert found.tzinfo is UTC
    assert BusinessTime(NY, ZONE).due(text, ANCHOR) == found


def test_days_are_those_of_the_wall_and_hours_those_that_pass() -> None:
    before = datetime(2026, 3, 7, 12, tzinfo=ZONE)
    assert due("P1D", before, None, ZONE) == datetime(2026, 3, 8, 12, tzinfo=ZONE)
    assert due("PT24H", before, None, ZONE) == datetime(2026, 3, 8, 13, tzinfo=ZONE)


def test_a_month_ends_where_it_ends() -> None:
    assert due("P1M", datetime(2026, 1, 31, 12, tzinfo=UTC), None, UTC) == datetime(
        2026, 2, 28, 12, tzinfo=UTC
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "8",
        "bh",
        "8 h",
        "1.5 bd",
        "8 bh 2 bd",
        "P",
        "PT",
        "P1DT",
        "P1H",
        "R3/PT1H",
        "1e3 bh",
        "tomorrow",
        "9999999 bh",
        "P9999Y",
        "P999999Y",
        "9999-12-31",
        "2026-02-30T09:00Z",
        "2026-02-30",
        "999999 bh",
        "999999 bd",
        "٨ bh",
    ],
)
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        due(text, ANCHOR, NY, ZONE)


@pytest.mark.parametrize("text", ["8 bh", "2 bd"])
def test_business_time_needs_a_calendar(text: str) -> None:
    with pytest.raises(ValueError, match="needs a calendar"):
        due(text, ANCHOR, None, ZONE)


def test_hours_are_explained_day_by_day() -> None:
    assert explain("8 bh", ANCHOR, NY, UTC) == [
        "8 bh from Fri 2026-03-06 16:30 EST",
        "Fri 2026-03-06: 0 h 30 min, together 0 h 30 min",
        "Sat 2026-03-07: closed",
        "Sun 2026-03-08: closed",
        "Mon 2026-03-09: 7 h 30 min, together 8 h 00 min",
        "due Mon 2026-03-09 16:30 EDT",
    ]


def test_business_days_are_explained_by_number() -> None:
    assert explain("2 bd", ANCHOR, NY, UTC) == [
        "2 bd from Fri 2026-03-06 16:30 EST",
        "Sat 2026-03-07: closed",
        "Sun 2026-03-08: closed",
        "Mon 2026-03-09: day 1",
        "Tue 2026-03-10: day 2",
        "due Tue 2026-03-10 17:00 EDT",
    ]
    assert explain("-1 bd", ANCHOR, NY, UTC)[1:] == ["Thu 2026-03-05: day 1", "due Thu 2026-03-05 17:00 EST"]


def test_hours_before_are_explained_as_well() -> None:
    assert explain("-8.5 bh", ANCHOR, NY, UTC)[1:] == [
        "Thu 2026-03-05: 1 h 00 min, together 1 h 00 min",
        "Fri 2026-03-06: 7 h 30 min, together 8 h 30 min",
        "due Thu 2026-03-05 16:00 EST",
    ]


def test_calendar_time_needs_no_explanation() -> None:
    assert explain("P1D", ANCHOR, None, ZONE) == [
        "P1D from Fri 2026-03-06 16:30 EST",
        "due Sat 2026-03-07 16:30 EST",
    ]
    assert explain("0.0001 bh", ANCHOR, NY, ZONE)[1] == "Fri 2026-03-06: 0 h 00 min, together 0 h 00 min"


def test_seconds_are_told_where_there_are_any() -> None:
    assert (
        explain("0.01 bh", ANCHOR, NY, ZONE)[1] == "Fri 2026-03-06: 0 h 00 min 36 s, together 0 h 00 min 36 s"
    )
