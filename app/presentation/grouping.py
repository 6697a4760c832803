"""Lists under headings: tasks by urgency, in the order in which they come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from app.presentation.language import gettext as _
from app.presentation.language import zone
from cases.queries import task_filters
from cases.queries.task_filters import Day, Urgency
from cases.queries.worklist import Count, TaskLine


@dataclass(frozen=True, slots=True)
class Group:
    """Some lines under a heading; `tone` colours its dot, `total` counts all pages."""

    name: str
    words: str
    tone: str
    lines: tuple[TaskLine, ...]
    total: str


def by_urgency(
    lines: Sequence[TaskLine], now: datetime, totals: Mapping[Urgency, Count] | None = None
) -> tuple[Group, ...]:
    """Overdue, due today, due this week, later, without a due date; the day is that of the page's zone."""
    return under_heads(lines, task_filters.day_of(now, str(zone())), totals)


def under_heads(
    lines: Sequence[TaskLine], day: Day, totals: Mapping[Urgency, Count] | None = None
) -> tuple[Group, ...]:
    """The same for a day that is known; without totals each group tells what it shows."""
    words = {
        Urgency.OVERDUE: (_("Overdue"), "red"),
        Urgency.TODAY: (_("Due today"), "amber"),
        Urgency.WEEK: (_("Due within a week"), "green"),
        Urgency.LATER: (_("Later"), ""),
        Urgency.NEVER: (_("No due date"), ""),
    }
    groups = []
    for name, some in groupby(lines, key=lambda line: task_filters.group_of(line.due_at, day)):
        part = tuple(some)
        total = str(totals[name]) if totals else str(len(part))
        groups.append(Group(name.value, *words[name], lines=part, total=total))
    return tuple(groups)
