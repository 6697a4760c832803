"""What people change outside cases, and who signed in: one chained entry each."""

import secrets
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from cases.persistence import codec
from cases.persistence.dialect import insert_unless_there
from cases.persistence.journal import LEDGER, AuditEntryRow, ChainHeadRow, entry_fields
from cases.policy import chain
from cases.policy.access import Actor

SALT_BYTES = 16


def record(  # noqa: PLR0913 - an entry says who, what, of what, when, by which door, in whose family
    session: Session,
    action: str,
    subject: str,
    detail: Mapping[str, object],
    *,
    actor: Actor,
    now: datetime,
    via: str = "system",
    family: str | None = None,
) -> int:
    """Write one entry, and return its number. Two at once wait for each other at the head of the chain."""
    number, prev = _next(session)
    body, salt = codec.pack(detail), secrets.token_bytes(SALT_BYTES)
    entry = AuditEntryRow(
        id=number,
        at=now,
        actor_id=actor.user_id,
        actor=actor.name,
        via=via,
        action=action,
        subject=subject,
        family=family,
        body=body,
        salt=salt,
        prev=prev,
        commitment=chain.commitment(body, salt),
    )
    entry.hash = chain.row_hash(prev, entry_fields(entry), entry.commitment)
    session.add(entry)
    session.execute(update(ChainHeadRow).where(ChainHeadRow.name == LEDGER).values(n=number, hash=entry.hash))
    session.flush()
    return number


def _next(session: Session) -> tuple[int, str]:
    """The number of the next entry and the hash before it; the head is locked until the transaction ends."""
    head = select(ChainHeadRow).where(ChainHeadRow.name == LEDGER).with_for_update()
    row = session.scalars(head.execution_options(populate_existing=True)).first()
    if row is None:
        insert_unless_there(session, ChainHeadRow, {"name": LEDGER, "n": 0, "hash": chain.GENESIS})
        row = session.scalars(head.execution_options(populate_existing=True)).one()
    return row.n + 1, row.hash
