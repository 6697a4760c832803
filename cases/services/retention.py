"""Erase a case that has ended: its data go from every table, and the proof of its history stays.

The journal keeps its chain (bodies and salts alone go), the case a signed state without data, from which its
replay begins. Who erased it, and why, is one more row of its journal and an entry of the ledger.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.cmmn.commands import CloseCase, Note
from cases.cmmn.instance import CaseInstance
from cases.cmmn.lifecycle import State
from cases.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from cases.persistence import codec, erasing
from cases.persistence.governance import ErasureRow
from cases.persistence.instances import CaseInstanceRow
from cases.persistence.jobs import JobRow
from cases.policy import retention
from cases.policy.access import Actor, Permission, may
from cases.services import connections, execution, ledger, link_rows
from cases.services.audit import ERASED, erasure_statement
from cases.services.execution import By, Locked, Turn
from cases.vault import signatures

VIA = "erasure"
_LONGEST = 1_000


def erase(session: Session, key: str, reason: str, actor: Actor, now: datetime) -> Turn:
    """Erase the case of this business key.

    Raises NotFound, NotAllowed, Invalid without a reason, and Conflict for a case that has not ended, is
    held, or was erased before. The number of the case is never given again.
    """
    row = session.query(CaseInstanceRow).where(CaseInstanceRow.business_key == key).one_or_none()
    if row is None or not may(actor, Permission.VIEW_CASE, {"family": row.family}):
        raise NotFound("There is no such case.")
    if not may(actor, Permission.ADMINISTER, {"family": row.family}):
        raise NotAllowed("Only who administers this family may erase its cases.")
    if not reason.strip() or len(reason) > _LONGEST:
        raise Invalid([Problem("REASON", f"Say why, in {_LONGEST} characters or fewer.", "reason")])
    locked = execution.lock(session, row.id)
    session.refresh(row)
    retention.must_be_erasable(locked.case.case_state, row.hold_until, now)
    if session.get(ErasureRow, row.id) is not None:
        raise Conflict("This case has been erased before.", "ERASED")
    _must_be_told(session, row.id)
    return _erased(session, row, _closed(session, locked, actor, now), By(actor, VIA, now), reason)


def _must_be_told(session: Session, case_id: int) -> None:
    """Raises Conflict while a case that called this one, or was called by it, has still to hear of it."""
    waiting = select(JobRow.id).where(
        JobRow.case_id == case_id,
        JobRow.kind.in_(sorted(link_rows.KINDS)),
        (JobRow.kind != link_rows.CALL) | (JobRow.state != "dead"),
    )
    if session.scalar(waiting.limit(1)) is not None:
        message = "Another case has not heard yet how this one ended. Erase it when that is done."
        raise Conflict(message, "NOT_TOLD")


def _closed(session: Session, locked: Locked, actor: Actor, now: datetime) -> Locked:
    """The case, closed: one that has only been completed would still take data."""
    if locked.case.case_state is State.CLOSED:
        return locked
    execution.carry_out(session, locked, CloseCase(), By(actor, VIA, now))
    return execution.lock(session, locked.stored.id)


def _erased(session: Session, row: CaseInstanceRow, locked: Locked, by: By, reason: str) -> Turn:
    stored = locked.stored
    state = retention.bare(locked.case.state)
    doc = codec.pack_state(state).doc
    emptied = Locked(
        replace(stored, title=stored.business_key, doc=doc, values={}),
        CaseInstance(locked.case.program, state),
        locked.app,
    )
    turn = execution.carry_out(session, emptied, Note(ERASED, {"reason": reason}), by)
    erasing.erase(session, row, doc, stored.version, by.now)
    erasure = ErasureRow(
        case_id=stored.id,
        at=by.now,
        actor_id=by.actor.user_id,
        actor=by.actor.name,
        reason=reason,
        version=stored.version,
        head=stored.head,
        snapshot=doc,
    )
    erasure.sig = signatures.sign(connections.ring_of(session), erasure_statement(erasure)).encode()
    session.add(erasure)
    detail = {"reason": reason, "rows": stored.version, "head": stored.head}
    ledger.record(
        session,
        "case.erase",
        f"case:{stored.business_key}",
        detail,
        actor=by.actor,
        now=by.now,
        via=VIA,
        family=stored.family,
    )
    return turn
