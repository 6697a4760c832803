"""Where the data of a case stand, and how each place gives them up: nothing of them is left in any row.

What stays says only that there was a case: its number, how its plan went, who of the house did what, when.
"""

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from cases.persistence import search
from cases.persistence.batches import BatchItemRow, BatchRow
from cases.persistence.instances import CaseInstanceRow, CaseIntakeRow, CaseValueRow
from cases.persistence.jobs import IncidentRow, JobRow, SubscriptionRow
from cases.persistence.journal import JournalRow
from cases.persistence.messages import CorrelationRow, InboxRow
from cases.persistence.notifications import NotificationRow
from cases.persistence.outbox import OutboxRow
from cases.persistence.search import CaseFieldRow, CaseSearchRow
from cases.persistence.tasks import HumanTaskRow

EMPTIED = (CaseValueRow, CaseFieldRow, JobRow, CorrelationRow, OutboxRow, NotificationRow, SubscriptionRow)
"""Rows that are nothing but data of their case, or something that it still waited for."""

RESOLUTION = "erased"


def erase(session: Session, case: CaseInstanceRow, doc: bytes, version: int, now: datetime) -> None:
    """Take the data of a case out of every table; `doc` is its state without them.

    Bodies and salts of the journal go up to `version`: the trigger of the table allows that and nothing else.
    """
    case_id, key = case.id, case.business_key
    for row in EMPTIED:
        session.execute(delete(row).where(row.case_id == case_id))
    session.execute(
        update(CaseInstanceRow)
        .where(CaseInstanceRow.id == case_id)
        .values(doc=doc, title=key, name=None, given_key=None, status=None)
    )
    session.execute(update(CaseSearchRow).where(CaseSearchRow.case_id == case_id).values(words=key))
    search.forget_old_words(session)
    session.execute(
        update(JournalRow)
        .where(JournalRow.case_id == case_id, JournalRow.version <= version)
        .values(body=None, salt=None)
    )
    session.execute(
        update(HumanTaskRow)
        .where(HumanTaskRow.case_id == case_id)
        .values(
            draft=None,
            ended_why=None,
            amount=None,
            due_text=None,
            # A model may make names of data.
            name=HumanTaskRow.definition,
            description=None,
            category=None,
            facts=None,
        )
    )
    session.execute(update(InboxRow).where(InboxRow.case_id == case_id).values(body=None))
    _erase_batches(session, case_id, now)
    _erase_incidents(session, case_id, now)
    _erase_intake_key(session, case_id)
    session.expire_all()


def intake_keys(app_key: str, key: str) -> tuple[str, str]:
    """By what a sender's key may be kept: itself, and what is left of it once its case was erased."""
    return key, "erased:" + hashlib.sha256(f"{app_key}\n{key}".encode()).hexdigest()


def _erase_batches(session: Session, case_id: int, now: datetime) -> None:
    """What was said of its tasks goes, and the note that somebody wrote for many of which they were some.

    The digest of a draft goes, too: answers that are few can be guessed by it. What waited or ran has ended.
    """
    of_case = session.scalars(
        select(BatchItemRow.batch_id).where(BatchItemRow.case_id == case_id).distinct()
    ).all()
    for batch in session.scalars(select(BatchRow).where(BatchRow.id.in_(of_case))):
        batch.note, batch.asked = "", {**(batch.asked or {}), "told": ""}
        _erase_notices(session, batch)
    for item in session.scalars(select(BatchItemRow).where(BatchItemRow.case_id == case_id)):
        item.message, item.seen, item.before = "", _without_draft(item.seen), _without_draft(item.before)
        if item.state == "running":
            item.state, item.code, item.done_at = "done", "LEFT", now
        elif item.state == "waiting":
            item.state, item.code, item.done_at = "refused", "ERASED", now
    session.flush()


def _without_draft(said: Any) -> Any:  # noqa: ANN401 - JSON, as its column has it
    if not isinstance(said, dict):
        return said
    return {name: value for name, value in said.items() if name != "draft"}


def _erase_notices(session: Session, batch: BatchRow) -> None:
    """What people were told of many tasks at once belongs to no single case: its note goes, too."""
    items = session.execute(
        select(BatchItemRow.seen, BatchItemRow.before).where(BatchItemRow.batch_id == batch.id)
    )
    people: set[int | None] = {(batch.asked or {}).get("to")}
    people |= {
        said.get(name)
        for item in items
        for said in item
        if isinstance(said, dict)
        for name in ("assignee", "back")
    }
    notices = session.scalars(
        select(NotificationRow).where(
            NotificationRow.user_id.in_(people - {None}),
            NotificationRow.kind.in_(("assigned", "taken_away")),
            NotificationRow.case_id.is_(None),
        )
    )
    for notice in notices:
        if (notice.details or {}).get("batch") == batch.id:
            notice.details = {**(notice.details or {}), "note": ""}
    session.flush()


def _erase_incidents(session: Session, case_id: int, now: datetime) -> None:
    """Their texts go; one that is open has nothing to wait for any more."""
    of_case = update(IncidentRow).where(IncidentRow.case_id == case_id)
    session.execute(
        of_case.where(IncidentRow.resolved_at.is_(None)).values(
            state="resolved", resolution=RESOLUTION, resolved_at=now
        )
    )
    session.execute(of_case.values(code="", message="", details=None, reason=None))


def _erase_intake_key(session: Session, case_id: int) -> None:
    """The sender's key becomes its digest: the same matter sent again is still known, and opens no case."""
    for row in session.query(CaseIntakeRow).where(CaseIntakeRow.case_id == case_id):
        _, row.intake_key = intake_keys(row.app_key, row.intake_key)
    session.flush()
