"""What people change outside cases, and who signed in: one chained entry each."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from cases.persistence import codec
from cases.persistence.dialect import insert_unless_there
from cases.persistence.journal import GENESIS, AuditEntryRow, ChainHeadRow
from cases.policy import chain
from cases.policy.access import Actor

CHAIN = "audit_entry"
"""The name of this chain among the heads."""

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
    entry.hash = chain.row_hash(prev, hashed(entry), entry.commitment)
    session.add(entry)
    session.execute(update(ChainHeadRow).where(ChainHeadRow.name == CHAIN).values(n=number, hash=entry.hash))
    session.flush()
    return number


def hashed(entry: AuditEntryRow) -> dict[str, object]:
    """What the hash of an entry covers, besides its predecessor and its commitment."""
    return {
        "id": entry.id,
        "at": entry.at.astimezone(UTC).isoformat(),
        "actor_id": entry.actor_id,
        "actor": entry.actor,
        "via": entry.via,
        "action": entry.action,
        "subject": entry.subject,
        "family": entry.family,
    }


def _next(session: Session) -> tuple[int, str]:
    """The number of the next entry and the hash before it; the head is locked until the transaction ends."""
    head = select(ChainHeadRow).where(ChainHeadRow.name == CHAIN).with_for_update()
    row = session.scalars(head.execution_options(populate_existing=True)).first()
    if row is None:
        insert_unless_there(session, ChainHeadRow, {"name": CHAIN, "n": 0, "hash": GENESIS})
        row = session.scalars(head.execution_options(populate_existing=True)).one()
    return row.n + 1, row.hash
