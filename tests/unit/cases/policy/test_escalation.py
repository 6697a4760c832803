"""Which rung of a ladder is next, and when: over weekends, holidays, summer time and dates that move."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.policy import escalation
from cases.policy.calendar import Calendar
from cases.policy.escalation import Due, Rung, Term

ZONE = ZoneInfo("America/New_York")
NY = Calendar("America/New_York", frozenset(range(5)), ((time(9), time(17)),), "US")
LUNCH = Calendar("Europe/London", frozenset(range(5)), ((time(9), time(12, 30)), (time(13, 30), time(17))))

LADDER = (
    Rung("50%", ("assignee",), "remind"),
    Rung("75%", ("assignee", "supervisor"), "warn"),
    Rung("100%", ("supervisor",), "overdue"),
    Rung("+8 bh", ("director",), "release"),
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


def term(started: str, hours: float, calendar: Calendar | None = NY) -> Term:
    began = at(started)
    due = began + timedelta(hours=hours) if calendar is None else calendar.add(began, timedelta(hours=hours))
    return Term(began, due, calendar, ZONE)


def test_the_rungs_of_a_task_of_24_working_hours() -> None:
    """The reminder of walk-through B (case-models section 3.6): due on Thursday, 12 hours on Tuesday."""
    found = escalation.moments(LADDER, term("2026-03-02T09:06", 24))
    assert found == (
        at("2026-03-03T13:06"),
        at("2026-03-04T11:06"),
        at("2026-03-05T09:06"),
        at("2026-03-06T09:06"),
    )


def test_rungs_stand_in_working_time_across_summer_time_a_weekend_and_a_holiday() -> None:
    """2026-03-08 is the Sunday of the change; 26 November 2026 is Thanksgiving."""
    assert escalation.moments(LADDER, term("2026-03-06T13:00", 8)) == (
        at("2026-03-06T17:00"),
        at("2026-03-09T11:00"),
        at("2026-03-09T13:00"),
        at("2026-03-10T13:00"),
    )
    assert escalation.moments(LADDER, term("2026-11-25T15:00", 4)) == (
        at("2026-11-25T17:00"),
        at("2026-11-27T10:00"),
        at("2026-11-27T11:00"),
        at("2026-11-30T11:00"),
    )


def test_a_break_at_noon_does_not_count() -> None:
    began = datetime(2026, 3, 2, 11, 30, tzinfo=UTC)
    found = escalation.moments(LADDER[:1], Term(began, began + timedelta(hours=4), LUNCH, LUNCH_ZONE))
    assert found == (datetime(2026, 3, 2, 14, 0, tzinfo=UTC),)


LUNCH_ZONE = ZoneInfo("Europe/London")


def test_without_a_calendar_the_time_that_passes_is_divided() -> None:
    found = escalation.moments(LADDER[:3], term("2026-03-07T00:00", 40, None))
    began = at("2026-03-07T00:00")
    assert found == tuple(began + timedelta(hours=hours) for hours in (20, 30, 40))


def test_a_term_without_working_time_is_divided_as_it_passes() -> None:
    saturday, sunday = at("2026-03-14T00:00"), at("2026-03-15T00:00")
    found = escalation.moments(LADDER[:3], Term(saturday, sunday, NY, ZONE))
    assert found == (at("2026-03-14T12:00"), at("2026-03-14T18:00"), sunday)


def test_the_rungs_of_a_task_that_is_due_before_it_begins_come_at_once() -> None:
    began, due = at("2026-03-10T09:00"), at("2026-03-09T09:00")
    assert escalation.moments(LADDER[:3], Term(began, due, NY, ZONE)) == (due, due, due)


def test_a_rung_that_leads_out_of_the_calendar_never_comes() -> None:
    far = Term(at("2026-03-02T09:00"), datetime(9998, 12, 1, tzinfo=UTC), NY, ZONE)
    assert len(escalation.moments((*LADDER[:3], Rung("+P2Y", ("director",), "release")), far)) == 3


def test_a_term_of_centuries_is_not_worked_out_hour_by_hour() -> None:
    far = Term(at("2026-03-02T09:00"), datetime(9998, 12, 1, tzinfo=UTC), NY, ZONE)
    half = far.started_at + (far.due_at - far.started_at) / 2
    assert escalation.moments(LADDER[:1], far) == (half,)


def test_the_next_rung_is_the_one_above_those_that_were_climbed() -> None:
    long = term("2026-03-02T09:06", 24)
    assert escalation.next_rung(LADDER, 0, long) == Due(1, at("2026-03-03T13:06"), LADDER[0])
    assert escalation.next_rung(LADDER, 3, long) == Due(4, at("2026-03-06T09:06"), LADDER[3])
    assert escalation.next_rung(LADDER, 4, long) is None


def test_a_task_is_at_risk_from_its_first_warning_or_from_three_quarters_of_its_time() -> None:
    long = term("2026-03-02T09:06", 24)
    early = (Rung("25%", ("assignee",), "warn"), *LADDER)
    assert escalation.warned_at(early, long) == at("2026-03-02T15:06")
    assert escalation.warned_at((), long) == at("2026-03-04T11:06")


def test_what_was_climbed_is_not_climbed_again_when_the_task_is_due_earlier() -> None:
    long, short = term("2026-03-02T09:00", 24), term("2026-03-02T09:00", 16)
    now = at("2026-03-03T14:00")
    assert escalation.still_climbed(LADDER, 1, long.due_at, short, now) == 1


def test_rungs_whose_new_time_lies_ahead_are_climbed_again_when_the_task_is_due_later() -> None:
    short, long = term("2026-03-02T09:00", 8), term("2026-03-02T09:00", 24)
    now = at("2026-03-03T14:00")  # 13 working hours on: more than half of 24, less than three quarters
    assert escalation.still_climbed(LADDER, 3, short.due_at, long, now) == 1
    assert escalation.still_climbed(LADDER, 0, short.due_at, long, now) == 0
    assert escalation.still_climbed(LADDER, 3, None, long, now) == 1


@pytest.mark.parametrize(
    ("rungs", "found"),
    [
        ([Rung("50", ("a",), "remind")], "is no time of a rung"),
        ([Rung("0%", ("a",), "remind")], "is no time of a rung"),
        ([Rung("+soon", ("a",), "remind")], "is no due time"),
        ([Rung("+-1 bh", ("a",), "remind")], "is not after the due date"),
        ([Rung("50%", ("a",), "priority 1")], "is nothing that a rung does"),
        ([Rung("75%", ("a",), "warn"), Rung("50%", ("a",), "remind")], "later than the one before"),
        ([Rung("75%", ("a",), "warn"), Rung("75%", ("a",), "remind")], "later than the one before"),
        ([Rung("+1 bh", ("a",), "warn"), Rung("100%", ("a",), "overdue")], "later than the one before"),
        ([Rung("+8 bh", ("a",), "warn"), Rung("+4 bh", ("a",), "remind")], "later than the one before"),
    ],
)
def test_a_ladder_that_makes_no_sense_is_told_so(rungs: list[Rung], found: str) -> None:
    assert any(found in problem for problem in escalation.problems(rungs, NY, ZONE))


def test_a_ladder_in_working_time_needs_a_calendar() -> None:
    assert escalation.problems(LADDER, NY, ZONE) == []
    assert "needs a calendar" in escalation.problems(LADDER, None, ZONE)[0]


_STARTS = st.datetimes(
    datetime(2026, 1, 1),  # noqa: DTZ001 - given a zone below
    datetime(2027, 12, 31),  # noqa: DTZ001
).map(lambda moment: moment.replace(tzinfo=UTC))
_TERMS = st.builds(
    lambda began, minutes, calendar: Term(began, began + timedelta(minutes=minutes), calendar, ZONE),
    _STARTS,
    st.integers(-5_000, 60_000),
    st.sampled_from([None, NY, LUNCH]),
)
_AT = st.one_of(
    st.integers(1, 300).map(lambda percent: f"{percent}%"),
    st.sampled_from(["+8 bh", "+1 bd", "+P2D", "+PT30M"]),
)
_LADDERS = st.lists(st.builds(Rung, _AT, st.just(("a",)), st.sampled_from(escalation.DOES)), max_size=6).map(
    tuple
)


@given(_LADDERS, _TERMS)
def test_no_rung_comes_before_the_one_below_it(rungs: tuple[Rung, ...], given_: Term) -> None:
    found = escalation.moments(rungs, given_)
    assert list(found) == sorted(found)
    assert all(moment >= min(given_.started_at, given_.due_at) for moment in found)


@given(_LADDERS, _TERMS, st.integers(0, 6))
def test_every_rung_comes_once_in_order_however_often_one_asks(
    rungs: tuple[Rung, ...], given_: Term, climbed: int
) -> None:
    seen = []
    due = escalation.next_rung(rungs, climbed, given_)
    while due is not None:
        seen.append(due.number)
        due = escalation.next_rung(rungs, due.number, given_)
    assert seen == list(range(climbed + 1, len(escalation.moments(rungs, given_)) + 1))


@given(_LADDERS, _TERMS, st.integers(0, 6), st.integers(-3_000, 3_000), st.integers(0, 60_000))
def test_a_moved_date_repeats_no_rung_whose_time_has_passed(
    rungs: tuple[Rung, ...], given_: Term, climbed: int, moved: int, passed: int
) -> None:
    climbed, now = min(climbed, len(rungs)), given_.started_at + timedelta(minutes=passed)
    after = Term(given_.started_at, given_.due_at + timedelta(minutes=moved), given_.calendar, ZONE)
    kept = escalation.still_climbed(rungs, climbed, given_.due_at, after, now)
    assert kept <= climbed
    following = escalation.next_rung(rungs, kept, after)
    if kept < climbed:
        assert moved > 0
        assert following is None or following.at > now
    elif moved <= 0:
        assert kept == climbed


@given(_TERMS)
def test_the_whole_term_ends_with_the_due_date(given_: Term) -> None:
    assert escalation.moments((Rung("100%", ("a",), "overdue"),), given_) == (given_.due_at,)
