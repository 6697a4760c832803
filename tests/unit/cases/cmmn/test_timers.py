from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.cmmn import timers
from cases.cmmn.timers import Fire

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
NEW_YORK = "America/New_York"


def first(text, anchor=NOW, zone="UTC", due=None):
    return timers.instant(timers.read(text), 1, anchor, zone, due)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-01T09:00:00Z", datetime(2026, 3, 1, 9, tzinfo=UTC)),
        ("2026-03-01T09:00:00+02:00", datetime(2026, 3, 1, 7, tzinfo=UTC)),
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
        ("PT1H", datetime(2026, 1, 31, 13, tzinfo=UTC)),
        ("P1DT2H", datetime(2026, 2, 1, 14, tzinfo=UTC)),
        ("P1M", datetime(2026, 2, 28, 12, tzinfo=UTC)),
        ("P2W", datetime(2026, 2, 14, 12, tzinfo=UTC)),
        ("2026-02-01T00:00:00Z/2026-02-05T00:00:00Z", datetime(2026, 2, 5, tzinfo=UTC)),
        ("PT1H/2026-02-05T00:00:00Z", datetime(2026, 2, 5, tzinfo=UTC)),
        ("2026-02-01T00:00:00Z/PT90M", datetime(2026, 2, 1, 1, 30, tzinfo=UTC)),
        ("R3/PT1H", datetime(2026, 1, 31, 13, tzinfo=UTC)),
        ("R3/2026-02-01T00:00:00Z/PT1H", datetime(2026, 2, 1, 1, tzinfo=UTC)),
        ("0 9 * * MON-FRI", datetime(2026, 2, 2, 9, tzinfo=UTC)),
        ("0 0 12 ? * 2", datetime(2026, 2, 2, 12, tzinfo=UTC)),
        ("R0/PT1H", None),
    ],
)
def test_every_form_of_timer_text_has_its_first_fire(text, expected):
    assert first(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "P",
        "PT",
        "P1H",
        "R3",
        "R3/2026-01-01",
        "PT1H/soon",
        "61 * * * *",
        "a b c d e",
        "2026-13-01",
    ],
)
def test_a_text_that_is_no_timer_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        timers.read(text)


def test_a_local_time_is_read_in_the_zone_of_the_case():
    assert first("2026-07-01T09:00:00", zone=NEW_YORK) == datetime(2026, 7, 1, 13, tzinfo=UTC)
    assert first("2026-07-01", zone=NEW_YORK) == datetime(2026, 7, 1, 4, tzinfo=UTC)


def test_a_day_keeps_the_wall_clock_over_a_change_of_time_and_an_hour_does_not():
    evening = datetime(2026, 3, 8, 0, 30, tzinfo=UTC)
    assert first("P1D", evening, NEW_YORK) - evening == timedelta(hours=23)
    assert first("PT24H", evening, NEW_YORK) - evening == timedelta(hours=24)


def test_a_time_that_a_gap_swallows_moves_forward_and_one_that_comes_twice_is_the_first():
    assert first("2026-03-08T02:30:00", zone=NEW_YORK) == datetime(2026, 3, 8, 7, 30, tzinfo=UTC)
    assert first("2026-11-01T01:30:00", zone=NEW_YORK) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


def test_months_are_counted_from_the_anchor_and_do_not_decay():
    schedule = timers.read("R3/P1M")
    days = [timers.instant(schedule, number, NOW, "UTC").day for number in (1, 2, 3)]
    assert days == [28, 31, 30]


def test_cron_fires_once_in_an_hour_that_comes_twice():
    before = datetime(2026, 10, 31, 12, tzinfo=UTC)
    schedule = timers.read("30 1 * * *")
    fires = [timers.instant(schedule, number, before, NEW_YORK) for number in (1, 2)]
    assert fires[1] - fires[0] == timedelta(hours=25)


def test_business_time_is_asked_of_the_calendar():
    asked = []

    def due(text, anchor):
        asked.append((text, anchor))
        return anchor + timedelta(days=3)

    assert first("8 bh", due=due) == NOW + timedelta(days=3)
    assert asked == [("8 bh", NOW)]
    with pytest.raises(ValueError, match="needs a calendar"):
        first("8 bh")
    assert timers.is_business("10 bd")
    assert not timers.is_business("PT8H")


def following(text, fire, now, due=None):
    return timers.following(timers.read(text), fire, now, "UTC", due)


def test_what_was_missed_is_one_fire_and_the_next_is_the_first_after_now():
    last = Fire(NOW, 1, NOW + timedelta(hours=1))
    found = following("R/PT1H", last, NOW + timedelta(hours=2, minutes=30))
    assert found == Fire(NOW, 3, NOW + timedelta(hours=3))


def test_an_outage_of_years_is_not_counted_minute_by_minute():
    last = Fire(NOW, 1, NOW + timedelta(minutes=1))
    later = NOW + timedelta(days=3650, seconds=30)
    assert following("R/PT1M", last, later).at == NOW + timedelta(days=3650, minutes=1)


def test_cron_and_business_time_go_on_from_their_last_fire():
    last = Fire(NOW, 1, datetime(2026, 2, 2, 9, tzinfo=UTC))
    assert following("0 9 * * *", last, datetime(2026, 2, 5, 10, tzinfo=UTC)).at == datetime(
        2026, 2, 6, 9, tzinfo=UTC
    )
    found = following(
        "R/1 bd", last, datetime(2026, 2, 5, tzinfo=UTC), lambda _, anchor: anchor + timedelta(days=1)
    )
    assert found.at == datetime(2026, 2, 5, 9, tzinfo=UTC)


def test_what_fires_once_has_nothing_after_it_and_a_standing_clock_ends():
    assert following("2026-03-01", Fire(NOW, 1, NOW), NOW) is None
    assert following("R/PT0S", Fire(NOW, 1, NOW), NOW - timedelta(hours=1)) is None
    assert following("R/1 bd", Fire(NOW, 1, NOW), NOW, lambda _, anchor: anchor) is None


def test_a_period_that_leads_out_of_the_calendar_is_refused():
    with pytest.raises(ValueError, match="calendar"):
        first("P99999999Y")
    with pytest.raises(ValueError, match="calendar"):
        timers.instant(timers.read("PT999999H"), 1_000_000, NOW, "UTC")


@given(
    text=st.sampled_from(["R/PT7M", "R/P1D", "R/P1M", "R/P1Y2M10DT2H30M", "R/PT36H", "R/P2W"]),
    missed=st.timedeltas(timedelta(0), timedelta(days=4000)),
    zone=st.sampled_from(["UTC", NEW_YORK, "Australia/Lord_Howe"]),
)
def test_scheduled_instants_strictly_increase_and_none_is_skipped(text, missed, zone):
    schedule = timers.read(text)
    last = Fire(NOW, 1, timers.instant(schedule, 1, NOW, zone))
    now = NOW + missed
    found = timers.following(schedule, last, now, zone)
    assert found.at > max(now, last.at)
    before = timers.instant(schedule, found.ordinal - 1, NOW, zone)
    assert before <= max(now, last.at)


@pytest.mark.parametrize("text", ["P0.5D", "P1.5M", "P1,5Y"])
def test_a_part_of_a_day_a_month_or_a_year_is_no_duration(text):
    with pytest.raises(ValueError, match="part of"):
        timers.read(text)


def test_parts_of_hours_and_seconds_count():
    assert first("PT1.5H") == NOW + timedelta(minutes=90)
    assert first("PT0,5S") == NOW + timedelta(milliseconds=500)


def test_a_duration_may_lead_back_from_its_anchor():
    assert first("-P1D") == NOW - timedelta(days=1)
    assert first("-P1M", datetime(2026, 3, 31, tzinfo=UTC)) == datetime(2026, 2, 28, tzinfo=UTC)


def test_what_no_clock_can_hold_is_refused():
    for text in ("PT99999999999999H", "P99999Y"):
        with pytest.raises(ValueError, match="calendar"):
            first(text)


def test_a_cron_text_without_a_match_has_no_next_fire():
    with pytest.raises(ValueError, match="no further match"):
        first("0 0 30 2 *")


def test_a_timer_of_one_instant_has_one_fire():
    assert timers.instant(timers.read("2026-03-01"), 2, NOW, "UTC") is None
