"""Since when each instance of a plan is at work, until when it was, and whose: from journal and tasks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from cases.persistence.tasks import NO_DUE_DATE, HumanTaskRow
from cases.queries import sight, why
from cases.queries.plan_nodes import Doing
from cases.queries.relatives import Relative
from cases.queries.sight import Sight
from cases.queries.timeline import Entry, Kind

_BEGINS = frozenset({"start", "manualStart", "enable"})
_ENDS = frozenset({"complete", "occur", "exit", "terminate", "parentTerminate", "decided"})


def of(
    session: Session,
    seen: Sight,
    rows: Sequence[tuple[HumanTaskRow, str | None]],
    entries: Sequence[Entry],
    calls: Mapping[int, Relative],
) -> Mapping[int, Doing]:
    """What is known of each instance, by its number; `entries` are the latest first.

    `calls` are the cases that its tasks have called.
    """
    found = _told(reversed(entries))
    users = {user for row, _ in rows for user in (row.assignee_id, row.completed_by) if user is not None}
    names = sight.names_of(session, users)
    for row, queue in rows:
        holder = row.completed_by if row.completed_by is not None else row.assignee_id
        found[row.plan_item] = replace(
            found.get(row.plan_item, Doing()),
            began_at=row.created_at,
            ended_at=row.ended_at,
            person=names.get(holder, "") if holder is not None else "",
            roles=tuple(seen.role_title(role) for role in why.roles_of(queue)),
            task_id=row.id,
            due_at=None if row.due_at >= NO_DUE_DATE else row.due_at,
            warn_at=row.warn_at,
        )
    for item, relative in calls.items():
        found[item] = replace(found.get(item, Doing()), called=relative)
    return found


def _told(entries: Iterable[Entry]) -> dict[int, Doing]:
    found: dict[int, Doing] = {}
    for entry in entries:
        if entry.item < 0 or entry.kind in (Kind.NOTE, Kind.PROBLEM):
            continue
        known = found.get(entry.item, Doing())
        if entry.what in _BEGINS:
            found[entry.item] = replace(known, began_at=entry.at, ended_at=None)
        elif entry.what in _ENDS:
            found[entry.item] = replace(known, ended_at=entry.at)
    return found
