"""Lists under headings: tasks by urgency, in the order in which they come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from app.presentation.language import gettext as _
from app.presentation.language import zone
from cases.queries.worklist import TaskLine


@dataclass(frozen=True, slots=True)
class Group:
    """Some lines under a heading; `tone` is the colour of its dot."""

    words: str
    tone: str
    lines: tuple[TaskLine, ...]


def by_urgency(lines: Sequence[TaskLine], now: datetime) -> tuple[Group, ...]:
    """Overdue, due today, due this week, later, without a due date."""
    words = {
        "overdue": (_("Overdue"), "red"),
        "today": (_("Due today"), "amber"),
        "week": (_("Due within a week"), "green"),
        "later": (_("Later"), ""),
        "never": (_("No due date"), ""),
    }
    return tuple(
        Group(*words[name], lines=tuple(part))
        for name, part in groupby(lines, key=lambda line: _urgency(line.due_at, now))
    )


def _urgency(due: datetime | None, now: datetime) -> str:
    if due is None:
        return "never"
    if due < now:
        return "overdue"
    if due.astimezone(zone()).date() == now.astimezone(zone()).date():
        return "today"
    return "week" if due < now + timedelta(days=7) else "later"
