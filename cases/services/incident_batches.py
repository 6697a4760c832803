"""One decision about many incidents: each in a transaction of its own, with a result of its own.

A retry ends when its job has run: then `services.incidents` writes down what came of it.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from cases.errors import CaseError, Conflict, Invalid, NotAllowed, NotFound, Problem
from cases.persistence import codec, job_queue
from cases.persistence.base import Transaction, new_key
from cases.persistence.batches import BatchItemRow, BatchRow
from cases.persistence.dialect import DUE_NOW
from cases.persistence.jobs import IncidentRow, JobRow
from cases.policy.access import Actor
from cases.services import execution, identity, incidents

LOGGER = logging.getLogger("casewright.incident_batches")
KIND = "incidents"
RETRY = "incident_retry"
GIVE_UP = "incident_give_up"

AT_ONCE = 20
"""So many are decided while the person waits; more of them by a job."""

GRACE = timedelta(seconds=30)
"""So long the job of a few waits for whoever asked to decide about them: it is for what ends in between."""

FAULT = "fault"
"""Why an item has failed: an error of ours."""

MOST = 500
_TRIES = 5
_LONGEST_REASON = 500

Decide = Callable[[Session, int, Actor, datetime, str], None]

_DECISIONS: Mapping[str, Decide] = {RETRY: incidents.retry, GIVE_UP: incidents.give_up}


def ask(session: Session, kind: str, chosen: Sequence[int], reason: str, actor: Actor, now: datetime) -> int:
    """Write the wish down, with an item for each incident; the number of the batch. Raises Invalid.

    Few of them are for the caller to `run` at once; a job does what is left of them, and all of many.
    """
    ids = list(dict.fromkeys(chosen))
    problems = []
    if kind not in _DECISIONS or not ids:
        problems.append(Problem("NOTHING", "Tick what is meant.", "incident"))
    if len(ids) > MOST:
        problems.append(Problem("TOO_MANY", f"Decide about {MOST} at most at a time.", "incident"))
    if not reason.strip():
        problems.append(Problem("REASON", "Say why.", "reason"))
    if problems:
        raise Invalid(problems)
    reason = reason.strip()[:_LONGEST_REASON]
    batch = BatchRow(
        kind=kind, state="running", by_id=actor.user_id, note=reason, total=len(ids), created_at=now
    )
    session.add(batch)
    session.flush()
    found = select(IncidentRow.id, IncidentRow.case_id).where(IncidentRow.id.in_(ids))
    cases = {row.id: row.case_id for row in session.execute(found)}
    session.add_all(
        BatchItemRow(batch_id=batch.id, position=place, case_id=cases.get(one), incident_id=one)
        for place, one in enumerate(ids)
    )
    if len(ids) > AT_ONCE:
        session.add(_job(session, batch.id, now, now))
        session.info[DUE_NOW] = True
    else:
        session.add(_job(session, batch.id, now + GRACE, now))
    session.flush()
    return batch.id


def run(transaction: Transaction, batch_id: int, now: datetime) -> None:
    """Decide about every item that waits, and strike the job. Whoever does it again finds nothing to do."""
    with transaction() as session:
        batch = session.get(BatchRow, batch_id)
        if batch is None:
            return
        decide = _DECISIONS[batch.kind]
        places = list(
            session.scalars(
                select(BatchItemRow.position)
                .where(BatchItemRow.batch_id == batch_id, BatchItemRow.state == "waiting")
                .order_by(BatchItemRow.position)
            )
        )
    for place in places:
        work = partial(_decide, decide=decide, place=(batch_id, place), now=now)
        execution.retrying(transaction, work)
    execution.retrying(transaction, partial(_end, batch_id=batch_id, now=now))


def apply(transaction: Transaction, job_id: int, now: datetime) -> bool:
    """Do a batch, or what is left of it, as a job; False where somebody else does, or has done it."""
    with transaction() as session:
        job = job_queue.take(session, job_id, now)
        if job is None:
            return False
        batch_id = codec.unpack(job.payload or b"")["batch"]
    run(transaction, batch_id, now)
    return True


def _end(session: Session, batch_id: int, now: datetime) -> None:
    """The batch is done and its job gone, unless an item waits still: in other hands, or let go by them."""
    batch = session.get(BatchRow, batch_id, with_for_update=True)
    waits = select(BatchItemRow.position).where(
        BatchItemRow.batch_id == batch_id, BatchItemRow.state == "waiting"
    )
    if batch is None or session.scalar(waits.limit(1)) is not None:
        return
    if batch.state != "done":
        batch.state, batch.ended_at = "done", now
    session.execute(
        delete(JobRow)
        .where(JobRow.dedup_key == _dedup_key(batch_id), JobRow.state == "ready")
        .execution_options(synchronize_session=False)
    )


def _dedup_key(batch_id: int) -> str:
    return f"incidents:{batch_id}"


def _job(session: Session, batch_id: int, run_at: datetime, now: datetime) -> JobRow:
    return JobRow(
        id=new_key(session),
        kind=KIND,
        mode="tx",
        run_at=run_at,
        max_attempts=_TRIES,
        dedup_key=_dedup_key(batch_id),
        payload=codec.pack({"batch": batch_id}),
        created_at=now,
    )


def _decide(session: Session, decide: Decide, place: tuple[int, int], now: datetime) -> None:
    """Decide about one item, and write down what came of it; a refusal or a fault undoes nothing but itself.

    Trouble of the database is raised: it is no fault of the item, and the transaction is done again.
    """
    item = session.scalars(
        select(BatchItemRow)
        .where(
            BatchItemRow.batch_id == place[0],
            BatchItemRow.position == place[1],
            BatchItemRow.state == "waiting",
        )
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if item is None:
        return
    batch = session.get_one(BatchRow, item.batch_id)
    actor = identity.actor_in_force(session, batch.by_id, now)
    try:
        with session.begin_nested():
            decide(session, item.incident_id or 0, actor, now, batch.note)
    except (NotFound, NotAllowed, Conflict, Invalid) as refused:
        item.state, item.code, item.message = "refused", _code(refused), str(refused)
        item.done_at = now
        return
    except DBAPIError:
        raise
    except Exception:
        fields = {"batch": item.batch_id, "position": item.position}
        LOGGER.exception("batch_item_raised", extra={"fields": fields})
        item.state, item.code, item.done_at = "failed", FAULT, now
        item.message = "Nothing was decided: an error of ours. Nothing about it was changed."
        return
    if decide is incidents.retry:
        item.state = incidents.RUNNING
    else:
        item.state, item.code, item.done_at = "done", "GIVEN_UP", now


def _code(refused: CaseError) -> str:
    return str(getattr(refused, "code", "")) or type(refused).__name__
