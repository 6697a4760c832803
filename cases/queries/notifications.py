"""What one person was told, the latest first. It names only what that person may still see."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, literal, select
from sqlalchemy.orm import Session

from cases import catalogue
from cases.persistence.instances import CaseInstanceRow
from cases.persistence.notifications import NotificationRow
from cases.persistence.people import UserRow
from cases.persistence.tasks import HumanTaskRow
from cases.policy import masking
from cases.policy.access import Actor, Permission, may

COUNTED_TO = 100


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """One notice. `by` is empty where a rule did it; `zone` is where the app of its case lives.

    What the person may not see any more has no task, no key, no title and no details.
    """

    id: int
    kind: str
    task_id: int | None
    task_name: str
    case_key: str
    case_title: str
    by: str
    details: Mapping[str, object]
    created_at: datetime
    is_read: bool
    zone: str


def latest(session: Session, actor: Actor, limit: int = 50) -> list[NoticeLine]:
    """The latest notices of this person."""
    rows = session.execute(
        select(
            NotificationRow.id,
            NotificationRow.kind,
            NotificationRow.task_id,
            NotificationRow.details,
            NotificationRow.created_at,
            NotificationRow.read_at,
            HumanTaskRow.name,
            HumanTaskRow.definition.label("item"),
            NotificationRow.family,
            CaseInstanceRow.business_key,
            CaseInstanceRow.title,
            CaseInstanceRow.deployment_id,
            CaseInstanceRow.definition,
            UserRow.display,
        )
        .outerjoin(CaseInstanceRow, CaseInstanceRow.id == NotificationRow.case_id)
        .outerjoin(HumanTaskRow, HumanTaskRow.id == NotificationRow.task_id)
        .outerjoin(UserRow, UserRow.id == NotificationRow.by_id)
        .where(NotificationRow.user_id == actor.user_id)
        .order_by(NotificationRow.id.desc())
        .limit(limit)
    )
    return [_line(session, actor, row) for row in rows]


def unread(session: Session, actor: Actor) -> int:
    """How many notices this person has not read, up to `COUNTED_TO`: beyond it, only that there are more."""
    some = (
        select(literal(1))
        .where(NotificationRow.user_id == actor.user_id, NotificationRow.read_at.is_(None))
        .limit(COUNTED_TO)
        .subquery()
    )
    return session.execute(select(func.count()).select_from(some)).scalar_one()


def _line(session: Session, actor: Actor, row: Row[Any]) -> NoticeLine:
    """`Any`: columns of several types, read by their names."""
    is_seen = row.family is not None and may(actor, Permission.VIEW_CASE, {"family": row.family})
    is_shown = is_seen and (row.item is None or _shows(session, actor, row))
    return NoticeLine(
        id=row.id,
        kind=row.kind,
        task_id=row.task_id if is_shown and row.item is not None else None,
        task_name=(row.name or "") if is_shown else "",
        case_key=(row.business_key or "") if is_seen else "",
        case_title=(row.title or "") if is_seen else "",
        by=row.display or "",
        details=(row.details or {}) if is_shown else {},
        created_at=row.created_at,
        is_read=row.read_at is not None,
        zone=_zone(session, row) if is_seen else "UTC",
    )


def _zone(session: Session, row: Row[Any]) -> str:
    """Where the app of the case lives; of a notice about many tasks it is the page's zone: an empty text."""
    return "" if row.deployment_id is None else catalogue.case_app(session, row.deployment_id).zone


def _shows(session: Session, actor: Actor, row: Row[Any]) -> bool:
    """Whether the task exists for this person, as on every page (`masking.shows_item`)."""
    definition = catalogue.program(session, row.deployment_id, row.definition).definition
    rules = masking.of_case(definition, catalogue.case_app(session, row.deployment_id).readers)
    item = definition.items[definition.by_id[row.item]]
    return masking.shows_item(rules, actor.roles(row.family), definition, item)
