"""What an SLA clock has used of its time, and how it ended: a function of instants and the working time."""

from datetime import UTC, datetime, timedelta

from cases.policy.calendar import Calendar

RUNNING = "running"
MET = "met"
MISSED = "missed"
CANCELLED = "cancelled"
"""The states of a clock. One whose task was not done is neither met nor missed."""


def used(started_at: datetime, until: datetime, calendar: Calendar | None) -> timedelta:
    """The working time that the clock has counted; without a calendar the time that has passed."""
    if until <= started_at:
        return timedelta()
    if calendar is None:
        # In one zone of its own, Python would subtract what the clocks on the wall show.
        return until.astimezone(UTC) - started_at.astimezone(UTC)
    return calendar.between(started_at, until)


def outcome(due_at: datetime | None, ended_at: datetime) -> str:
    """How a clock ended whose task was done. At the very moment is in time (metrics section 4)."""
    return MISSED if due_at is not None and ended_at > due_at else MET
