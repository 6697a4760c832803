"""The ladder of a task that may be late: what its rungs say, when each is due, and which is next.

Percentages are of the working time between the start and the due date; `+8 bh` counts from the due date. A
rung is told by its number, from 1, in the order of its ladder.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from itertools import pairwise, takewhile
from re import ASCII
from re import compile as compile_fixed

from cases.policy import deadlines
from cases.policy.calendar import Calendar

ASSIGNEE = "assignee"
"""Among those whom a rung tells: whoever has the task. The others are roles."""

REMIND = "remind"
WARN = "warn"
OVERDUE = "overdue"
RELEASE = "release"
DOES = (REMIND, WARN, OVERDUE, RELEASE)

NO_LADDER = "none"
"""The name by which a task declines the ladder of its app."""

MOST_URGENT = 1
AT_RISK = "75%"
"""From when a task is at risk whose ladder does not say."""

_LONGEST = timedelta(days=40 * 366)
"""Of a longer term nobody works out the hours: it is divided as it passes."""

_WHOLE = 100
_PERCENT = compile_fixed(r"([1-9][0-9]{0,2})%", ASCII)
_AFTER = compile_fixed(r"\+ *(\S.*)")
_ANY_DAY = datetime.fromisoformat("2026-03-02T12:00:00+00:00")


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung of a ladder: when, who is told, and what is done."""

    at: str
    who: tuple[str, ...]
    does: str

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles whose people it tells."""
        return tuple(one for one in self.who if one != ASSIGNEE)


@dataclass(frozen=True, slots=True)
class Term:
    """The time that a task is given, in UTC, and the working time in which parts of it are counted."""

    started_at: datetime
    due_at: datetime
    calendar: Calendar | None
    zone: tzinfo


@dataclass(frozen=True, slots=True)
class Due:
    """The rung that comes next, and when."""

    number: int
    at: datetime
    rung: Rung


def problems(rungs: Sequence[Rung], calendar: Calendar | None, zone: tzinfo) -> list[str]:
    """What is wrong with a ladder: a time that is none, or not later than the rung below; an unknown deed."""
    found = [
        f"{rung.does!r} is nothing that a rung does: expected {', '.join(DOES)}"
        for rung in rungs
        if rung.does not in DOES
    ]
    heights = []
    for rung in rungs:
        try:
            heights.append(_height(rung.at, calendar, zone))
        except ValueError as error:
            found.append(str(error))
    if any(later <= earlier for earlier, later in pairwise(heights)):
        found.append("each rung must be later than the one before it")
    return found


def moments(rungs: Sequence[Rung], term: Term) -> tuple[datetime, ...]:
    """When each rung is due, in UTC; never earlier than the rung below it.

    What leads out of the calendar never comes, nor does what stands above it.
    """
    found: list[datetime] = []
    for rung in rungs:
        try:
            at = _moment(rung.at, term)
        except ValueError:
            break
        found.append(max(at, found[-1]) if found else at)
    return tuple(found)


def next_rung(rungs: Sequence[Rung], climbed: int, term: Term) -> Due | None:
    """The rung above those that were climbed; None at the top."""
    at = moments(rungs, term)
    return Due(climbed + 1, at[climbed], rungs[climbed]) if climbed < len(at) else None


def warned_at(rungs: Sequence[Rung], term: Term) -> datetime:
    """From when the task is at risk: its first rung that warns says so, else `AT_RISK`."""
    for rung, at in zip(rungs, moments(rungs, term), strict=False):
        if rung.does == WARN:
            return at
    return _moment(AT_RISK, term)


def still_climbed(
    rungs: Sequence[Rung], climbed: int, before: datetime | None, term: Term, now: datetime
) -> int:
    """How many rungs count as climbed when the due date moves from `before` to that of `term`.

    What was climbed is not climbed again; only where the new date is the later one, or where there was none
    (None) meanwhile, the rungs whose new time lies ahead may be.
    """
    if before is not None and term.due_at <= before:
        return climbed
    return len(list(takewhile(lambda at: at <= now, moments(rungs, term)[:climbed])))


def _height(at: str, calendar: Calendar | None, zone: tzinfo) -> tuple[int, timedelta]:
    """Where a rung stands as its text tells: so many percent, and so much after. Raises ValueError."""
    text = at.strip()
    if percent := _PERCENT.fullmatch(text):
        return int(percent[1]), timedelta()
    after = _AFTER.fullmatch(text)
    if after is None:
        raise ValueError(f"{at!r} is no time of a rung: expected such as 50%, 100% or +8 bh")
    try:
        length = deadlines.due(after[1], _ANY_DAY, calendar, zone) - _ANY_DAY
    except ValueError as error:
        raise ValueError(f"{at!r}: {error}") from None
    if length <= timedelta():
        raise ValueError(f"{at!r} is not after the due date")
    return _WHOLE, length


def _moment(at: str, term: Term) -> datetime:
    found = _PERCENT.fullmatch(at.strip())
    if found:
        return _part(int(found[1]), term)
    after = _AFTER.fullmatch(at.strip())
    if after is None:
        raise ValueError(f"{at!r} is no time of a rung")
    return deadlines.due(after[1], term.due_at, term.calendar, term.zone)


def _part(percent: int, term: Term) -> datetime:
    """So much of the term: of its working time, or of the time that passes where it has none."""
    length = term.due_at - term.started_at
    if percent == _WHOLE or length <= timedelta():
        return term.due_at
    calendar = None if length > _LONGEST else term.calendar
    working = timedelta() if calendar is None else calendar.between(term.started_at, term.due_at)
    try:
        if calendar is not None and working:
            return calendar.add(term.started_at, working * percent / _WHOLE)
        return term.started_at + length * percent / _WHOLE
    except OverflowError:
        raise ValueError(f"{percent}% leads out of the calendar") from None
