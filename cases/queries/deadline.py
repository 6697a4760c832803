"""The deadline of a task: how it was worked out, line by line, and when the rungs of its ladder come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cases.cmmn.instance import instant_of
from cases.persistence.tasks import NO_DUE_DATE, HumanTaskRow, TaskRowState
from cases.policy import deadlines, escalation
from cases.policy.escalation import Rung, Term
from cases.queries.sight import Sight

MOST_LINES = 40
"""Of a deadline that is far away the days in the middle are left out."""

_LONGEST = timedelta(days=3 * 366)
"""A deadline further away is not explained day by day."""

_OPEN = (TaskRowState.OPEN, TaskRowState.PAUSED)


@dataclass(frozen=True, slots=True)
class RungLine:
    """One rung. `text` is as its ladder has it; `who` are titles of roles, `assignee` is who has the task.

    `state` is `climbed`, `next`, `later`, or `passed` where the task was over before its time came.
    """

    number: int
    at: datetime
    text: str
    who: tuple[str, ...]
    does: str
    state: str
    climbed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a task is due, and why. `text` is empty where nobody noted what it was worked out from."""

    text: str
    started_at: datetime
    due_at: datetime
    warn_at: datetime | None
    calendar: str
    zone: str
    lines: tuple[str, ...]
    ladder: str
    rungs: tuple[RungLine, ...]


def of_task(seen: Sight, row: HumanTaskRow) -> Deadline | None:
    """The deadline of a task of this case; None where it has none."""
    if row.due_at >= NO_DUE_DATE:
        return None
    app = seen.app
    term = Term(row.created_at, row.due_at, app.business_calendar, ZoneInfo(app.zone))
    return Deadline(
        text=row.due_text or "",
        started_at=row.created_at,
        due_at=row.due_at,
        warn_at=row.warn_at,
        calendar=app.calendar or "",
        zone=app.zone,
        lines=_lines(row.due_text, term),
        ladder=row.ladder or "",
        rungs=_rungs(seen, row, term),
    )


def _lines(text: str | None, term: Term) -> tuple[str, ...]:
    if not text or term.due_at - term.started_at > _LONGEST:
        return ()
    lines = deadlines.explain(text, term.started_at, term.calendar, term.zone)
    if len(lines) <= MOST_LINES:
        return tuple(lines)
    half = MOST_LINES // 2
    return (*lines[:half], "…", *lines[-half:])


def _rungs(seen: Sight, row: HumanTaskRow, term: Term) -> tuple[RungLine, ...]:
    rungs = seen.app.ladders.get(row.ladder or "", ())
    climbed: Sequence[str] = row.climbed or ()
    return tuple(
        RungLine(
            number=number,
            at=at,
            text=rung.at,
            who=_who(seen, rung),
            does=rung.does,
            state=_state(row, number),
            climbed_at=instant_of(climbed[number - 1]) if number <= min(row.rung, len(climbed)) else None,
        )
        for number, (rung, at) in enumerate(zip(rungs, escalation.moments(rungs, term), strict=False), 1)
    )


def _who(seen: Sight, rung: Rung) -> tuple[str, ...]:
    return tuple(one if one == escalation.ASSIGNEE else seen.role_title(one) for one in rung.who)


def _state(row: HumanTaskRow, number: int) -> str:
    if number <= row.rung:
        return "climbed"
    if row.state not in _OPEN:
        return "passed"
    return "next" if number == row.rung + 1 else "later"
