from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.cmmn.workmodel import Retry
from cases.policy.retry import LONGEST_REQUEST, Failure, Fault, is_retried, next_attempt, wait

POLICY = Retry(attempts=5, first=2, factor=3, cap=600, jitter=0.2)
RETRIED = {408, 425, 429, *range(500, 600)}


@pytest.mark.parametrize("status", range(100, 700))
def test_a_status_is_tried_again_or_not(status: int) -> None:
    assert is_retried(Failure(Fault.STATUS, status)) is (status in RETRIED)


def test_silence_is_tried_again_and_nonsense_is_not() -> None:
    assert is_retried(Failure(Fault.TIMEOUT))
    assert is_retried(Failure(Fault.CONNECTION))
    assert not is_retried(Failure(Fault.CONTRACT, 200))
    assert not is_retried(Failure(Fault.STATUS))
    assert next_attempt(POLICY, 1, Failure(Fault.STATUS, 404), 0) is None
    assert next_attempt(POLICY, 1, Failure(Fault.STATUS, 503), 0) == timedelta(seconds=2)


def test_waits_grow_until_the_tries_are_used_up() -> None:
    waits = [wait(POLICY, attempts, None, 0) for attempts in range(1, 7)]
    assert waits == [timedelta(seconds=s) for s in (2, 6, 18, 54)] + [None, None]
    assert wait(Retry(attempts=1), 1, None, 0) is None


def test_waits_end_at_the_cap_however_long_it_goes_on() -> None:
    endless = Retry(attempts=10**6, first=2, factor=2, cap=3600, jitter=0)
    assert wait(endless, 11, None, 0) == timedelta(seconds=2048)
    assert wait(endless, 12, None, 0) == wait(endless, 999_999, None, 0) == timedelta(hours=1)
    assert wait(Retry(attempts=9, first=7, factor=1, jitter=0), 8, None, 0) == timedelta(seconds=7)


def test_jitter_takes_a_share_and_all_of_it_with_one() -> None:
    assert wait(POLICY, 1, None, 1) == timedelta(seconds=1.6)
    full = Retry(attempts=3, first=10, jitter=1)
    assert [wait(full, 1, None, draw) for draw in (0, 0.5, 1)] == [timedelta(seconds=s) for s in (10, 5, 0)]


def test_what_the_peer_asks_for_is_never_undercut_and_has_an_end() -> None:
    assert wait(POLICY, 1, 30, 0.5) == timedelta(seconds=30)
    assert wait(POLICY, 4, 1, 0) == timedelta(seconds=54)
    assert wait(POLICY, 1, 1e12, 0) == LONGEST_REQUEST
    for nonsense in (-5, float("nan"), 0):
        assert wait(POLICY, 1, nonsense, 0) == timedelta(seconds=2)


@given(
    st.builds(
        Retry,
        st.integers(1, 50),
        st.floats(0.1, 100),
        st.floats(1, 10),
        st.floats(0.1, 7200),
        st.floats(0, 1),
    ),
    st.integers(1, 60),
    st.floats(0, 1),
)
def test_a_wait_lies_between_its_share_and_the_cap(policy: Retry, attempts: int, draw: float) -> None:
    found = wait(policy, attempts, None, draw)
    assert (found is None) is (attempts >= policy.attempts)
    if found is not None:
        assert timedelta(0) <= found <= timedelta(seconds=policy.cap, microseconds=1)
