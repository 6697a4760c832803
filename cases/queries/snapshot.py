"""One case as a JSON document, with nothing in it that the actor may not see."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.persistence.clocks import SlaClockRow
from cases.persistence.tasks import NO_DUE_DATE, HumanTaskRow, TaskRowState
from cases.policy import clocks
from cases.policy.access import Actor
from cases.queries import deadline, sight, timeline, why
from cases.queries.case_page import task_rows
from cases.queries.sight import Sight
from cases.queries.timeline import Entry
from cases.queries.why import Reason


def of(session: Session, key: str, actor: Actor, now: datetime) -> dict[str, object]:
    """The case as a JSON document, with nothing in it that this actor may not see. Raises NotFound."""
    seen = sight.of_key(session, key, actor)
    rows = task_rows(session, seen)
    names = sight.names_of(
        session, {user for row, _ in rows for user in (row.assignee_id, row.completed_by) if user is not None}
    )
    return {
        "key": seen.key,
        "title": seen.title,
        "app": seen.app.key,
        "family": seen.family,
        "deployment": seen.deployment_id,
        "state": seen.state.name.lower(),
        "version": seen.version,
        "opened_at": seen.opened_at,
        "closed_at": seen.closed_at,
        "items": list(_items(seen)),
        "tasks": [_task(seen, row, queue, names) for row, queue in rows],
        "data": dict(seen.file()),
        "journal": [_line(entry) for entry in reversed(timeline.entries(session, seen, rows=None))],
        "clocks": _clocks(session, seen, now),
        "waits_for": [_reason(reason) for reason in why.reasons(session, seen, now)],
    }


def _items(seen: Sight) -> Iterable[dict[str, object]]:
    for state in seen.case.items():
        item = seen.case.plan_item(state.iid)
        if state.iid == 0 or not seen.sees_item(item):
            continue
        yield {
            "item": f"{seen.id}.{state.iid}",
            "id": item.id,
            "name": item.name,
            "index": state.index,
            "parent": None if state.parent <= 0 else f"{seen.id}.{state.parent}",
            "kind": type(item.definition).__name__,
            "state": state.state.name.lower(),
            "criterion": state.exited_by or state.entered_by,
            "entered_by": state.entered_by,
            "exited_by": state.exited_by,
            "code": state.code or None,
        }


def _task(seen: Sight, row: HumanTaskRow, queue: str | None, names: Mapping[int, str]) -> dict[str, object]:
    return {
        "id": row.id,
        "item": f"{seen.id}.{row.plan_item}",
        "definition": row.definition,
        "name": row.name,
        "state": TaskRowState(row.state).name.lower(),
        "roles": list(why.roles_of(queue)),
        "assignee": names.get(row.assignee_id) if row.assignee_id is not None else None,
        "completed_by": names.get(row.completed_by) if row.completed_by is not None else None,
        "priority": row.priority,
        "created_at": row.created_at,
        "due_at": None if row.due_at >= NO_DUE_DATE else row.due_at,
        "warn_at": row.warn_at,
        "rungs": _rungs(seen, row),
        "ended_at": row.ended_at,
        "ended_why": row.ended_why,
    }


def _rungs(seen: Sight, row: HumanTaskRow) -> list[dict[str, object]]:
    found = deadline.of_task(seen, row)
    return [
        {
            "rung": rung.number,
            "at": rung.at,
            "text": rung.text,
            "does": rung.does,
            "who": list(rung.who),
            "state": rung.state,
            "climbed_at": rung.climbed_at,
        }
        for rung in (found.rungs if found else ())
    ]


def _line(entry: Entry) -> dict[str, object]:
    return {
        "version": entry.version,
        "at": entry.at,
        "actor": entry.actor,
        "via": entry.via,
        "kind": str(entry.kind),
        "what": entry.what,
        "id": entry.definition or None,
        "index": entry.index,
        "criterion": entry.cause.criterion if entry.cause else None,
        "rules": list(entry.rules),
        "result": entry.result,
        "detail": entry.detail or None,
    }


def _clocks(session: Session, seen: Sight, now: datetime) -> list[dict[str, object]]:
    rows = session.execute(
        select(SlaClockRow)
        .where(SlaClockRow.case_id == seen.id)
        .order_by(SlaClockRow.plan_item, SlaClockRow.sla)
    ).scalars()
    return [
        {
            "sla": row.sla,
            "item": None if row.plan_item < 0 else f"{seen.id}.{row.plan_item}",
            "state": row.state,
            "started_at": row.started_at,
            "due_at": row.due_at,
            "ended_at": row.ended_at,
            "used": _used(seen, row, now),
        }
        for row in rows
        if row.plan_item < 0 or seen.sees_item(seen.case.plan_item(row.plan_item))
    ]


def _used(seen: Sight, row: SlaClockRow, now: datetime) -> str:
    """In hours, never days: of working time a day has not 24 of them."""
    used = clocks.used(row.started_at, row.ended_at or now, seen.app.business_calendar)
    minutes, seconds = divmod(int(used.total_seconds()), 60)
    return f"PT{minutes // 60}H{minutes % 60}M{seconds}S"


def _reason(reason: Reason) -> dict[str, object]:
    return {
        "kind": str(reason.kind),
        "id": reason.definition or None,
        "name": reason.name or None,
        "person": reason.person or None,
        "roles": list(reason.roles),
        "service": reason.service or None,
        "at": reason.at,
        "attempt": reason.attempt,
        "attempts": reason.attempts,
        "detail": reason.detail or None,
    }
