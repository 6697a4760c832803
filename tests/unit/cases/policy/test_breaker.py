import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cases.policy.breaker import Breaker, Bucket, Limit, Rate, State, after_failure, after_success, ask, take

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LIMIT = Limit(failures=3, open_for=timedelta(seconds=60), probe_for=timedelta(seconds=30))


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def failed(times: int, breaker: Breaker | None = None, limit: Limit = LIMIT, every: float = 1) -> Breaker:
    breaker = breaker or Breaker()
    for number in range(times):
        breaker = after_failure(breaker, limit, later(number * every))
    return breaker


def test_a_breaker_opens_at_the_last_of_a_row() -> None:
    assert ask(failed(2), LIMIT, NOW).is_granted
    assert failed(3).state is State.OPEN
    assert ask(failed(3), LIMIT, later(2)).until == later(62)


def test_a_success_between_begins_the_row_anew() -> None:
    assert failed(2, after_success(failed(2))).state is State.CLOSED


def test_after_the_pause_one_probe_goes_out_and_the_others_wait_for_it() -> None:
    probe = ask(failed(3), LIMIT, later(62))
    assert probe.is_granted
    assert probe.breaker.state is State.HALF
    assert ask(probe.breaker, LIMIT, later(63)).until == later(92)
    again = ask(probe.breaker, LIMIT, later(92))
    assert again.is_granted
    assert again.breaker.probe_until == later(122)


def test_the_probe_decides() -> None:
    probe = ask(failed(3), LIMIT, later(62)).breaker
    assert after_success(probe) == Breaker()
    reopened = after_failure(probe, LIMIT, later(63))
    assert ask(reopened, LIMIT, later(100)).until == later(123)


def test_what_comes_back_late_changes_nothing_while_it_is_open() -> None:
    is_open = failed(3)
    assert after_failure(is_open, LIMIT, later(50)) == is_open
    assert after_success(is_open) == is_open


def test_a_row_that_takes_too_long_is_none() -> None:
    limit = Limit(failures=3, within=timedelta(seconds=60))
    assert failed(3, limit=limit, every=30).state is State.OPEN
    assert failed(30, limit=limit, every=31).state is State.CLOSED


def test_a_row_of_the_database_without_its_moments_lets_a_probe_out() -> None:
    for state in (State.OPEN, State.HALF):
        assert ask(Breaker(state, 3), LIMIT, NOW).is_granted


@given(st.lists(st.sampled_from(["call", "good", "bad", "wait"]), max_size=60))
def test_no_more_than_one_probe_is_out_in_its_time(steps: list[str]) -> None:
    breaker, now, granted = Breaker(), NOW, []
    for step in steps:
        now += timedelta(seconds=40 if step == "wait" else 1)
        if step == "call":
            permit = ask(breaker, LIMIT, now)
            if permit.is_granted and permit.breaker.state is State.HALF:
                granted.append(now)
            breaker = permit.breaker
        elif step == "good":
            breaker = after_success(breaker)
            granted = granted if breaker.state is State.OPEN else []
        elif step == "bad":
            breaker = after_failure(breaker, LIMIT, now)
    gaps = [second - first for first, second in itertools.pairwise(granted)]
    assert all(gap >= LIMIT.probe_for for gap in gaps)


def test_a_bucket_gives_its_calls_and_then_makes_one_wait() -> None:
    bucket, rate = Bucket(2, NOW), Rate(per_second=0.5, burst=2)
    bucket, first = take(bucket, rate, NOW)
    bucket, second = take(bucket, rate, NOW)
    bucket, third = take(bucket, rate, NOW)
    assert (first, second, third) == (None, None, timedelta(seconds=2))
    assert take(bucket, rate, later(2))[1] is None
    assert take(bucket, rate, later(1000))[0].tokens == 1


def test_a_clock_that_goes_back_neither_fills_nor_empties_a_bucket() -> None:
    bucket, rate = Bucket(0.5, NOW), Rate(1, 5)
    back, wait = take(bucket, rate, later(-100))
    assert back == bucket
    assert wait == timedelta(seconds=0.5)


@given(st.lists(st.integers(0, 3000), min_size=1, max_size=200), st.integers(1, 5), st.integers(1, 10))
def test_no_window_lets_more_through_than_its_rate_and_its_burst(
    steps: list[int], per_second: int, burst: int
) -> None:
    bucket, rate, now, passed = Bucket(burst, NOW), Rate(per_second, burst), NOW, 0
    for step in steps:
        now += timedelta(milliseconds=step)
        bucket, wait = take(bucket, rate, now)
        passed += wait is None
    assert passed <= burst + per_second * (now - NOW).total_seconds() + 1e-6
