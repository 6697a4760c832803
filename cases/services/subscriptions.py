"""Listeners that wait for a signal, and a signal that reaches all of them, each in a turn of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.cmmn.commands import OccurListener
from cases.cmmn.lifecycle import State
from cases.errors import NotFound
from cases.persistence import codec, job_queue, rights
from cases.persistence.base import new_keys
from cases.persistence.dialect import DUE_NOW
from cases.persistence.instances import CaseInstanceRow
from cases.persistence.jobs import JobRow, SubscriptionRow
from cases.policy import access
from cases.policy.access import SYSTEM, Actor, Permission
from cases.services import execution
from cases.services.execution import By

SIGNAL = "signal"
"""Both what such listeners wait for, and the kind of job that brings it to one of them."""

VIA = "signal"
_ATTEMPTS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """Something that happened, which all who wait for its name hear; with a `family`, those of it alone."""

    name: str
    values: Mapping[str, object] = field(default_factory=dict)
    family: str | None = None


def send(session: Session, signal: Signal, actor: Actor, now: datetime) -> int:
    """Bring a signal to every listener that waits for it now; to how many.

    It reaches those of the cases that the actor may act on.
    """
    waiting = (
        select(SubscriptionRow.case_id, SubscriptionRow.plan_item)
        .join(CaseInstanceRow, CaseInstanceRow.id == SubscriptionRow.case_id)
        .where(SubscriptionRow.kind == SIGNAL, SubscriptionRow.subject == signal.name)
        .where(rights.cases(access.condition(actor, Permission.ACT_ON_CASE)))
        .order_by(SubscriptionRow.case_id, SubscriptionRow.plan_item)
    )
    if signal.family is not None:
        waiting = waiting.where(CaseInstanceRow.family == signal.family)
    found = session.execute(waiting).all()
    payload = codec.pack({"name": signal.name, "values": signal.values})
    for key, row in zip(new_keys(session, len(found)) if found else (), found, strict=True):
        session.add(
            JobRow(
                id=key,
                kind=SIGNAL,
                case_id=row.case_id,
                plan_item=row.plan_item,
                mode="tx",
                lane=SIGNAL,
                run_at=now,
                max_attempts=_ATTEMPTS,
                payload=payload,
                created_at=now,
            )
        )
    session.flush()
    if found:
        session.info[DUE_NOW] = True
    return len(found)


def hear(session: Session, job_id: int, now: datetime) -> bool:
    """Let one listener hear what it waited for. Raises as `execution.execute` does."""
    case_id = session.scalar(select(JobRow.case_id).where(JobRow.id == job_id, JobRow.kind == SIGNAL))
    if case_id is None:
        return False
    try:
        locked = execution.lock(session, case_id)
    except NotFound:
        return False
    job = job_queue.take(session, job_id, now)
    if job is None or job.plan_item is None:
        return False
    told = codec.unpack(job.payload or b"")
    item = job.plan_item
    waits = session.get(SubscriptionRow, (case_id, item))
    session.delete(job)
    session.flush()
    state = locked.case.state.items[item].state
    if waits is None or waits.subject != told["name"] or state not in (State.AVAILABLE, State.SUSPENDED):
        return True
    execution.carry_out(session, locked, OccurListener(item, told["values"] or None), By(SYSTEM, VIA, now))
    return True
