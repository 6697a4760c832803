"""Was the clock of this machine set while we ran?"""

from datetime import UTC, datetime, timedelta

import pytest

from cases.scheduler.clockguard import ClockGuard, running_seconds


class Clocks:
    """A wall clock and one that only goes forward."""

    def __init__(self) -> None:
        self.wall = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
        self.running = 1000.0

    def pass_both(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.running += seconds


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
def guard(clocks: Clocks) -> ClockGuard:
    return ClockGuard(lambda: clocks.wall, lambda: clocks.running)


@pytest.mark.parametrize("seconds", [0.25, 30, 3600, 86_400])
def test_time_that_passes_is_no_step_however_much_of_it(
    clocks: Clocks, guard: ClockGuard, seconds: float
) -> None:
    clocks.pass_both(seconds)
    assert guard.is_steady()


@pytest.mark.parametrize("step", [301, 3600, -2, -3600])
def test_a_clock_that_is_set_is_a_step_until_somebody_has_looked(
    clocks: Clocks, guard: ClockGuard, step: float
) -> None:
    clocks.wall += timedelta(seconds=step)
    assert not guard.is_steady()
    assert guard.step == timedelta(seconds=step)
    clocks.pass_both(60)
    assert not guard.is_steady()
    guard.trust()
    assert guard.is_steady()


def test_a_clock_that_is_slewed_slowly_is_no_step_even_in_sum(clocks: Clocks, guard: ClockGuard) -> None:
    for _ in range(1000):
        clocks.pass_both(1)
        clocks.wall += timedelta(milliseconds=-500)
        assert guard.is_steady()


def test_the_clock_that_only_goes_forward_does_so() -> None:
    assert running_seconds() <= running_seconds()
