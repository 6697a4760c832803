"""Replies to calls: an address is given out with the call, and one answer may arrive at it."""

import contextlib
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.caseapp import payloads
from cases.cmmn.commands import Complete, Note
from cases.errors import Conflict
from cases.persistence.job_queue import Lease
from cases.persistence.messages import CorrelationRow
from cases.policy.access import SYSTEM
from cases.services import execution, messages
from cases.services.execution import By
from cases.services.messages import LARGEST_MESSAGE, Receipt, Rejected
from cases.vault import tokens

VIA = "reply"


def expect(session: Session, lease: Lease, expires: datetime) -> str:
    """An address for one reply to the call of a job: the token of `/hooks/r/<token>`, shown only here."""
    if lease.case_id is None or lease.plan_item is None:
        raise TypeError(f"{lease.label} belongs to no plan item")
    token = tokens.new_reply()
    session.add(
        CorrelationRow(
            corr_id=tokens.new_reply(),
            case_id=lease.case_id,
            plan_item=lease.plan_item,
            job_id=lease.job_id,
            token=tokens.hash_of(token),
            expires_at=expires,
            state="waiting",
        )
    )
    session.flush()
    return token


def take(session: Session, token: str, body: bytes, now: datetime) -> Receipt:
    """Take the answer to a call. One that is repeated is ignored, one that comes too late only journaled.

    Whatever comes of it is in the session when this returns; nothing is raised that a sender can cause.
    """
    found = session.scalars(
        select(CorrelationRow).where(CorrelationRow.token == tokens.hash_of(token))
    ).one_or_none()
    try:
        if found is None:
            raise Rejected(401, "UNKNOWN_TOKEN", "Nobody waits for a reply here.")
        if len(body) > LARGEST_MESSAGE:
            raise Rejected(413, "TOO_LARGE", f"A reply has at most {LARGEST_MESSAGE} bytes.")
        payload = messages.decoded(body)
        if not isinstance(payload, dict):
            raise Rejected(422, "INVALID", "A reply is a JSON object.", [payloads.problem("TYPE", "")])
    except Rejected as refusal:
        return messages.refused(session, None, {}, body, refusal, now)
    return _answered(session, found.corr_id, payload, now)


def _answered(session: Session, corr_id: str, payload: dict[str, object], now: datetime) -> Receipt:
    """Complete the plan item that waits: its case first, then what was expected, as it is by then."""
    case_id = session.get_one(CorrelationRow, corr_id).case_id
    locked = execution.lock(session, case_id)
    expected = session.get_one(CorrelationRow, corr_id, with_for_update=True, populate_existing=True)
    if expected.state != "waiting":
        return Receipt(200, {"status": "ignored"})
    by = By(SYSTEM, VIA, now)
    expected.state = "done"
    if now <= expected.expires_at:
        with contextlib.suppress(Conflict):
            execution.carry_out(session, locked, Complete(item=expected.plan_item, answer=payload), by)
            return Receipt(200, {"status": "accepted"})
    expected.state = "late"
    with contextlib.suppress(Conflict):  # a closed case takes no more rows
        data = {"item": expected.plan_item, "result": payload}
        execution.carry_out(session, locked, Note(kind="lateReply", data=data), by)
    return Receipt(200, {"status": "late"})
