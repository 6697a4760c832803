"""A circuit breaker and a token bucket as values: whether a call may go out now, and what its end changes."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum


class State(StrEnum):
    """Whether a connection is called: closed, it is; open, it is not; half, one probe is out."""

    CLOSED = "closed"
    OPEN = "open"
    HALF = "half"


@dataclass(frozen=True, slots=True)
class Limit:
    """When a breaker opens: at the `failures`-th failure in a row, all of them `within` a time, if given."""

    failures: int = 6
    within: timedelta | None = None
    open_for: timedelta = timedelta(seconds=60)
    probe_for: timedelta = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Breaker:
    """What is remembered of a connection.

    `since` is when it opened; while it is closed, when the present run of failures began.
    """

    state: State = State.CLOSED
    failures: int = 0
    since: datetime | None = None
    probe_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Permit:
    """An answer: call now or, with `until`, ask again then. `breaker` is what to remember in either case."""

    breaker: Breaker
    until: datetime | None = None

    @property
    def is_granted(self) -> bool:
        """Whether the call may go out."""
        return self.until is None


def ask(breaker: Breaker, limit: Limit, now: datetime) -> Permit:
    """Whether a call may go out now. The first one after the pause is the probe; the others wait for its end.

    A probe that never ends is forgotten after `probe_for`, and another one goes out.
    """
    match breaker.state:
        case State.CLOSED:
            return Permit(breaker)
        case State.OPEN:
            until = now if breaker.since is None else breaker.since + limit.open_for
        case State.HALF:
            until = now if breaker.probe_until is None else breaker.probe_until
    if now < until:
        return Permit(breaker, until)
    return Permit(replace(breaker, state=State.HALF, probe_until=now + limit.probe_for))


def after_success(breaker: Breaker) -> Breaker:
    """A call came back: the connection works. A late answer while it is open proves nothing."""
    return breaker if breaker.state is State.OPEN else Breaker()


def after_failure(breaker: Breaker, limit: Limit, now: datetime) -> Breaker:
    """A call failed: one more in the row, or the probe's. Failures while it is open change nothing."""
    match breaker.state:
        case State.OPEN:
            return breaker
        case State.HALF:
            return Breaker(State.OPEN, breaker.failures + 1, now)
        case State.CLOSED:
            return _counted(breaker, limit, now)


@dataclass(frozen=True, slots=True)
class Rate:
    """So many calls a second over time, and so many at once at most."""

    per_second: float
    burst: float


@dataclass(frozen=True, slots=True)
class Bucket:
    """The calls that could go out at one moment."""

    tokens: float
    refilled_at: datetime


def take(bucket: Bucket, rate: Rate, now: datetime) -> tuple[Bucket, timedelta | None]:
    """The bucket after taking one call out of it, and None; or with all its calls, and how long to wait.

    A clock that went back fills nothing and takes nothing away.
    """
    passed = max((now - bucket.refilled_at).total_seconds(), 0.0)
    tokens = min(rate.burst, bucket.tokens + passed * rate.per_second)
    moment = max(now, bucket.refilled_at)
    if tokens >= 1:
        return Bucket(tokens - 1, moment), None
    return Bucket(tokens, moment), timedelta(seconds=(1 - tokens) / rate.per_second)


def _counted(breaker: Breaker, limit: Limit, now: datetime) -> Breaker:
    """A run that is older than `within` begins anew with this failure."""
    is_old = limit.within is not None and breaker.since is not None and now - breaker.since > limit.within
    failures = 1 if is_old or breaker.since is None else breaker.failures + 1
    since = now if failures == 1 else breaker.since
    if failures >= limit.failures:
        return Breaker(State.OPEN, failures, now)
    return Breaker(State.CLOSED, failures, since)
