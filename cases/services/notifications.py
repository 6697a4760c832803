"""Tell people what happened to their work, and why; and that they have read it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from cases.persistence.notifications import NotificationRow
from cases.policy.access import Actor

REMIND = "remind"
WARN = "warn"
OVERDUE = "overdue"
ESCALATED = "escalated"
"""What a rung of a ladder tells: `rung`, `at`, `due_at` and `rule` in the details."""

ASSIGNED = "assigned"
TAKEN_AWAY = "taken_away"
"""What a person does with another's work: `note` and `batch` in the details; `to`, who has it now."""

_ROWS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that one person shall know. `by_id` is None where a rule did it.

    Of many tasks there is one notice for a person, of no single case: `count` in the details.
    """

    user_id: int
    kind: str
    family: str
    case_id: int | None = None
    task_id: int | None = None
    by_id: int | None = None
    details: Mapping[str, object] = field(default_factory=dict)


def tell(session: Session, notices: Iterable[Notice], now: datetime) -> None:
    """Write the notices, in the transaction of what they tell of: none is lost, and none told of nothing."""
    rows = [
        {
            "user_id": notice.user_id,
            "kind": notice.kind,
            "family": notice.family,
            "case_id": notice.case_id,
            "task_id": notice.task_id,
            "by_id": notice.by_id,
            "details": dict(notice.details),
            "created_at": now,
        }
        for notice in notices
    ]
    for first in range(0, len(rows), _ROWS_AT_ONCE):
        session.execute(insert(NotificationRow), rows[first : first + _ROWS_AT_ONCE])


def mark_read(session: Session, actor: Actor, up_to: int, now: datetime) -> None:
    """This person has read their notices up to the one with this number: what came later stays unread."""
    session.execute(
        update(NotificationRow)
        .where(
            NotificationRow.user_id == actor.user_id,
            NotificationRow.id <= up_to,
            NotificationRow.read_at.is_(None),
        )
        .values(read_at=now)
    )
