"""Was the clock of this machine set while we ran? Compared with a clock that only goes forward."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

LARGEST_FORWARD = timedelta(minutes=5)
LARGEST_BACK = timedelta(seconds=1)
"""Clocks are slewed by fractions of a second all the time: that is no step."""


def running_seconds() -> float:
    """Seconds that only go forward, those of a machine asleep included: waking up is no step of the clock."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


class ClockGuard:
    """Watches a clock. A step forward would fire timers early by as much, one back would hold them up."""

    def __init__(self, clock: Callable[[], datetime], running: Callable[[], float] = running_seconds) -> None:
        self._clock = clock
        self._running = running
        self.step = timedelta()
        self.trust()

    def is_steady(self) -> bool:
        """Whether the clock went as it should since it was last trusted. A step that was seen stays one."""
        if not self.step:
            passed = timedelta(seconds=self._running() - self._running_then)
            step = self._clock() - self._clock_then - passed
            if step > LARGEST_FORWARD or step < -LARGEST_BACK:
                self.step = step
            elif step:
                # What is slewed away in hours must not add up to a step.
                self._note()
        return not self.step

    def trust(self) -> None:
        """From now on take the clock as it is: somebody has looked at it."""
        self.step = timedelta()
        self._note()

    def _note(self) -> None:
        self._clock_then = self._clock()
        self._running_then = self._running()
