"""What an SLA clock has used, and how it ended."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cases.policy import clocks
from cases.policy.calendar import Calendar

ZONE = ZoneInfo("America/New_York")
NY = Calendar("America/New_York", frozenset(range(5)), ((time(9), time(17)),), "US")
FRIDAY = datetime(2026, 3, 6, 16, tzinfo=ZONE)
MONDAY = datetime(2026, 3, 9, 10, tzinfo=ZONE)
"""Summer time begins on the Sunday between."""


def test_a_clock_counts_working_time() -> None:
    assert clocks.used(FRIDAY, MONDAY, NY) == timedelta(hours=2)


def test_without_a_calendar_it_counts_the_time_that_passes() -> None:
    assert clocks.used(FRIDAY, MONDAY, None) == timedelta(hours=65)


def test_a_clock_never_runs_backwards() -> None:
    assert clocks.used(MONDAY, FRIDAY, NY) == timedelta()


def test_what_is_done_at_the_very_moment_is_in_time() -> None:
    due = datetime(2026, 3, 9, 14, tzinfo=UTC)
    assert clocks.outcome(due, due) == clocks.MET
    assert clocks.outcome(due, due + timedelta(microseconds=1)) == clocks.MISSED
    assert clocks.outcome(None, due) == clocks.MET
