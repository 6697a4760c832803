"""Try again? When? Growing waits with jitter, what the peer asks for, or giving up. Chance is handed in."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from cases.cmmn.workmodel import Retry

RETRIED = frozenset({408, 425, 429})
"""The statuses below 500 after which one tries again; from 500 on, one does after all of them."""

LONGEST_REQUEST = timedelta(days=1)
"""How long a peer may ask us to wait: a step that sleeps for a year on a stranger's word is lost."""


class Fault(StrEnum):
    """How a call failed."""

    STATUS = "status"
    TIMEOUT = "timeout"
    CONNECTION = "connection"
    CONTRACT = "contract"  # there was an answer, and it is none


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed call. `retry_after` is in seconds, where the peer named it."""

    fault: Fault
    status: int | None = None
    retry_after: float | None = None


def next_attempt(policy: Retry, attempts: int, failure: Failure, draw: float) -> timedelta | None:
    """How long to wait before the next call after so many, None to give up. `draw` is chance, from 0 to 1."""
    return wait(policy, attempts, failure.retry_after, draw) if is_retried(failure) else None


def is_retried(failure: Failure) -> bool:
    """Whether the same call may end otherwise another time: 408, 425, 429, 5xx, no answer, no connection."""
    match failure.fault:
        case Fault.TIMEOUT | Fault.CONNECTION:
            return True
        case Fault.STATUS:
            return failure.status is not None and (failure.status in RETRIED or 500 <= failure.status <= 599)
        case Fault.CONTRACT:
            return False


def wait(policy: Retry, attempts: int, retry_after: float | None, draw: float) -> timedelta | None:
    """How long to wait after `attempts` calls, None where there are to be no more.

    The n-th wait is `first` times `factor` to the n-1, at most `cap`, less a share of up to `jitter` by
    chance: with a jitter of 1 it is anything from nothing to the whole. What the peer asks for is never
    undercut.
    """
    if attempts >= policy.attempts:
        return None
    whole = _grown(policy, attempts)
    seconds = whole * (1 - min(max(policy.jitter, 0.0), 1.0) * min(max(draw, 0.0), 1.0))
    asked = timedelta(0) if retry_after is None else timedelta(seconds=_bounded(retry_after))
    return max(timedelta(seconds=seconds), asked)


def _grown(policy: Retry, attempts: int) -> float:
    """Multiplied step by step, so that a thousand attempts do not overflow."""
    seconds = policy.first
    for _ in range(attempts - 1):
        seconds *= policy.factor
        if seconds >= policy.cap or policy.factor <= 1:
            break
    return min(seconds, policy.cap)


def _bounded(seconds: float) -> float:
    """A peer's wish within reason; what is not a number is no wish."""
    limit = LONGEST_REQUEST.total_seconds()
    return min(max(seconds, 0.0), limit) if seconds == seconds else 0.0
