"""Same key, same answer: a request that comes again gets the answer it was given, and does nothing twice.

The key is taken in the transaction that does the work: answer and effect are there together, or not at all.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from cases.errors import Conflict
from cases.persistence.dialect import insert_unless_there
from cases.persistence.messages import IdempotencyRow

KEPT = timedelta(hours=24)
E_OTHER_REQUEST = "E-OTHER-REQUEST"
"""The key was used for another request."""

_RUNNING = "running"
_DONE = "done"


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered, byte for byte."""

    status: int
    body: bytes


def take(session: Session, scope: str, key: str, request: bytes, now: datetime) -> Answer | None:
    """Take the key for this request: None when it is new, else the answer that it was given.

    Of two that come at once the second waits for the first. Raises Conflict (`E-OTHER-REQUEST`) where the key
    was used for another request.
    """
    session.execute(
        delete(IdempotencyRow).where(
            IdempotencyRow.scope == scope, IdempotencyRow.key == key, IdempotencyRow.expires_at <= now
        )
    )
    fingerprint = hashlib.sha256(request).hexdigest()
    values = {
        "scope": scope,
        "key": key,
        "fingerprint": fingerprint,
        "state": _RUNNING,
        "expires_at": now + KEPT,
    }
    if insert_unless_there(session, IdempotencyRow, values):
        return None
    row = session.scalars(
        select(IdempotencyRow).where(IdempotencyRow.scope == scope, IdempotencyRow.key == key)
    ).one()
    if row.fingerprint != fingerprint:
        raise Conflict("This key was used for another request.", E_OTHER_REQUEST)
    return Answer(row.status or 0, row.response or b"")


def keep(session: Session, scope: str, key: str, answer: Answer) -> None:
    """Keep the answer with the key that was taken, in the same transaction."""
    row = session.get_one(IdempotencyRow, (scope, key))
    row.state, row.status, row.response = _DONE, answer.status, answer.body
    session.flush()


def forget_old(session: Session, now: datetime, limit: int = 1_000) -> int:
    """Remove answers that are kept no longer; how many."""
    old = (
        select(IdempotencyRow)
        .where(IdempotencyRow.expires_at <= now)
        .order_by(IdempotencyRow.expires_at)
        .limit(limit)
    )
    rows = session.scalars(old).all()
    for row in rows:
        session.delete(row)
    session.flush()
    return len(rows)
