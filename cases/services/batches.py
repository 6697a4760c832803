"""One wish over many tasks: hand them over, or give back what a batch handed over.

A small batch is done in the transaction that asks for it, a large one by a job, some items at a time: what
is done is done once, whatever ends the process. An item that may not, or that somebody else was faster with,
is refused and keeps who has it; the others go on.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from cases.errors import CaseError, Conflict, Invalid, NotAllowed, NotFound, Problem
from cases.persistence import codec, job_queue
from cases.persistence.base import Transaction, new_key
from cases.persistence.batches import BatchItemRow, BatchRow, families_of
from cases.persistence.dialect import DUE_NOW
from cases.persistence.instances import CaseInstanceRow
from cases.persistence.jobs import JobRow
from cases.persistence.people import UserRow
from cases.persistence.tasks import HumanTaskRow, TaskRowState
from cases.persistence.writes import StoredTask
from cases.policy.access import Actor, Never, Permission, condition, may
from cases.services import execution, identity, notifications, tasks
from cases.services.execution import By
from cases.services.notifications import Notice
from cases.services.tasks import Wish

LOGGER = logging.getLogger("casewright.batches")
KIND = "batch"
"""The kind of the jobs of large batches."""

REASSIGN = "reassign"
UNDO = "undo"
AT_ONCE = 20
"""So many items are done at once, in the transaction that asks for them; more are a job's."""

PIECE = 25
"""So many items a job does in one transaction: people's commands wait for the gate of SQLite meanwhile."""

MOST = 1_000
LONGEST_NOTE = 500

TAKEN = "taken"
GIVEN_BACK = "given_back"
ENDED = "ended"
SAME = "same"
GONE = "gone"
TOUCHED = "touched"
FAULT = "fault"
"""Why an item was refused; besides those of `tasks.hand_out`."""

_ATTEMPTS = 8
_IDS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Pick:
    """A task that somebody chose, and who had it as they saw it."""

    task_id: int
    seen: int | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody asks for. `to` is None for back to those it is offered to; `told` is what people read."""

    picks: Sequence[Pick]
    to: int | None
    note: str = ""
    told: str = ""


@dataclass(slots=True)
class _Hand:
    """A batch in hand, with the people of it that were looked up."""

    row: BatchRow
    asker: Actor
    now: datetime
    known: dict[int, Actor] = field(default_factory=dict)

    def person(self, session: Session, user_id: int) -> Actor:
        """Raises NotFound for who is not at work here any more."""
        if user_id not in self.known:
            self.known[user_id] = tasks.person(session, user_id, self.now)
        return self.known[user_id]


def reassign(session: Session, wanted: Wanted, actor: Actor, now: datetime) -> int:
    """Ask for these tasks to be handed over; the number of the batch.

    Raises Invalid, NotAllowed, NotFound.
    """
    picks = {pick.task_id: pick for pick in wanted.picks}
    if isinstance(condition(actor, Permission.ASSIGN_TASK), Never):
        raise NotAllowed("You may not hand out work.")
    if not picks or len(picks) > MOST:
        raise Invalid([Problem("COUNT", f"Choose between 1 and {MOST:,} tasks.", "task")])
    if wanted.to is not None:
        tasks.person(session, wanted.to, now)
    asked = {"to": wanted.to, "told": wanted.told[:LONGEST_NOTE]}
    batch = BatchRow(kind=REASSIGN, asked=asked, note=wanted.note[:LONGEST_NOTE])
    seen = {pick.task_id: {"assignee": pick.seen} for pick in picks.values()}
    return _begun(session, batch, seen, actor, now)


def undo(session: Session, batch_id: int, actor: Actor, now: datetime) -> int:
    """Ask for what a batch moved to be given back, where nobody has touched it since; the undo's number.

    Raises NotFound for a batch that is not this person's to undo, Conflict where it is not done, or was
    undone before.
    """
    first = session.get(BatchRow, batch_id, with_for_update=True)
    if first is None or first.kind not in (REASSIGN, UNDO) or not _may_undo(session, first, actor):
        raise NotFound("There is no such batch.")
    if first.kind == UNDO:
        raise Conflict("What was given back is handed over again by choosing it again.", "undo")
    if first.state != "done":
        raise Conflict("This is not done yet.", "running")
    if session.scalar(select(BatchRow.id).where(BatchRow.undo_of == batch_id)) is not None:
        raise Conflict("This was undone before.", "undone")
    to = (first.asked or {}).get("to")
    moved = session.execute(
        select(BatchItemRow.task_id, BatchItemRow.before)
        .where(BatchItemRow.batch_id == batch_id, BatchItemRow.state == "done")
        .order_by(BatchItemRow.position)
    )
    seen = {
        task: {**before, "assignee": to, "back": before["assignee"]}
        for task, before in moved
        if task is not None
    }
    if not seen:
        raise Conflict("Nothing was moved.", "nothing")
    return _begun(session, BatchRow(kind=UNDO, undo_of=batch_id, asked={}, note=""), seen, actor, now)


def apply(transaction: Transaction, job_id: int, now: datetime) -> bool:
    """Go on with the batch of a job to its end; False where somebody else does, or has done it.

    After a fault each item is done behind a savepoint of its own; one that raises what nobody expected has
    failed: it never stops the others.
    """
    has_done = False
    while True:
        left = execution.retrying(transaction, partial(_piece, job_id=job_id, now=now))
        if left is None:
            return has_done
        has_done = True
        if not left:
            return True


# --- beginning


def _begun(
    session: Session, batch: BatchRow, seen: Mapping[int, Mapping[str, Any]], actor: Actor, now: datetime
) -> int:
    """Write the batch and its items, and do it now or leave it to a job. `Any`: what was seen, as JSON."""
    cases = _cases_of(session, list(seen), actor)
    batch.state, batch.by_id, batch.total, batch.created_at = "waiting", actor.user_id, len(seen), now
    is_small = len(seen) <= AT_ONCE
    if is_small:
        # In the order of all locks, and before the items: a row that names a case holds it a little, too.
        ids = sorted(set(cases.values()))
        held = select(CaseInstanceRow.id).where(CaseInstanceRow.id.in_(ids)).order_by(CaseInstanceRow.id)
        session.execute(held.with_for_update()).all()
    session.add(batch)
    session.flush()
    rows = [
        {"batch_id": batch.id, "position": position, "case_id": cases.get(task), "task_id": task, "seen": saw}
        for position, (task, saw) in enumerate(seen.items(), start=1)
    ]
    rows.sort(key=lambda row: (row["case_id"] or 0, row["task_id"]))
    session.execute(insert(BatchItemRow), rows)
    if is_small:
        _do(session, _Hand(batch, actor, now), _waiting(session, batch.id, AT_ONCE))
        _finish(session, batch, now)
    else:
        session.add(_job(session, batch.id, now))
        session.info[DUE_NOW] = True
    session.flush()
    return batch.id


def _job(session: Session, batch_id: int, now: datetime) -> JobRow:
    return JobRow(
        id=new_key(session),
        kind=KIND,
        mode="tx",
        run_at=now,
        max_attempts=_ATTEMPTS,
        dedup_key=f"batch:{batch_id}",
        payload=codec.pack({"batch": batch_id}),
        created_at=now,
    )


def _cases_of(session: Session, task_ids: Sequence[int], actor: Actor) -> dict[int, int]:
    """The cases of those of the tasks that this person may see."""
    found: dict[int, int] = {}
    for first in range(0, len(task_ids), _IDS_AT_ONCE):
        rows = session.execute(
            select(HumanTaskRow.id, HumanTaskRow.case_id, HumanTaskRow.family).where(
                HumanTaskRow.id.in_(task_ids[first : first + _IDS_AT_ONCE])
            )
        )
        found |= {
            task: case for task, case, family in rows if may(actor, Permission.VIEW_TASK, {"family": family})
        }
    return found


def _may_undo(session: Session, batch: BatchRow, actor: Actor) -> bool:
    """Whoever asked for it, and who hands out the work of all the families that it is of."""
    if batch.by_id == actor.user_id:
        return True
    families = families_of(session, batch.id)
    return bool(families) and all(
        may(actor, Permission.ASSIGN_TASK, {"family": family}) for family in families
    )


# --- going on


def _piece(session: Session, job_id: int, now: datetime) -> int | None:
    """Do some items, or finish where none waits; how many there were, None where the job is not ours."""
    job = job_queue.take(session, job_id, now)
    if job is None:
        return None
    batch = session.get_one(BatchRow, codec.unpack(job.payload or b"")["batch"])
    items = _waiting(session, batch.id, PIECE)
    if not items:
        _finish(session, batch, now)
        session.delete(job)
        return 0
    batch.state = "running"
    hand = _Hand(batch, identity.actor_in_force(session, batch.by_id, now), now)
    if job.attempts:
        for item in items:
            _do_apart(session, hand, item)
    else:
        _do(session, hand, items)
    return len(items)


def _waiting(session: Session, batch_id: int, most: int) -> Sequence[BatchItemRow]:
    """The next items, in the order in which all lock cases."""
    found = select(BatchItemRow).where(BatchItemRow.batch_id == batch_id, BatchItemRow.state == "waiting")
    ordered = found.order_by(
        func.coalesce(BatchItemRow.case_id, 0), BatchItemRow.task_id, BatchItemRow.position
    )
    return session.scalars(ordered.limit(most)).all()


def _do_apart(session: Session, hand: _Hand, item: BatchItemRow) -> None:
    """Do one item so that a fault undoes nothing but it.

    Trouble of the database is raised: it is no fault of the item, and the transaction is done again.
    """
    try:
        with session.begin_nested():
            _do(session, hand, [item])
    except DBAPIError:
        raise
    except Exception:
        fields = {"batch": item.batch_id, "position": item.position}
        LOGGER.exception("batch_item_raised", extra={"fields": fields})
        item.state, item.code, item.done_at = "failed", FAULT, hand.now
        item.message = "It could not be handed over: an error of ours. Nothing about it was changed."
        session.flush()


def _do(session: Session, hand: _Hand, items: Sequence[BatchItemRow]) -> None:
    for item in items:
        item.done_at = hand.now
        try:
            item.before = _moved(session, hand, item)
        except CaseError as refused:
            item.state, item.code, item.message = "refused", _code(refused), str(refused)
        else:
            item.state, item.code = "done", ""
    session.flush()


def _moved(session: Session, hand: _Hand, item: BatchItemRow) -> dict[str, object]:
    """Hand one task over; how it was. Raises CaseError where it may not be, and nothing was written."""
    if item.task_id is None or item.case_id is None:
        raise NotFound("There is no such task.")
    locked, task = tasks.in_hand(session, item.task_id, hand.asker)
    seen = item.seen or {}
    _must_be_as_seen(session, task, seen)
    user_id = seen["back"] if hand.row.kind == UNDO else (hand.row.asked or {}).get("to")
    to = None if user_id is None else hand.person(session, user_id)
    wish = Wish(to, hand.row.note, hand.row.id)
    if not tasks.hand_out(session, locked, task, wish, By(hand.asker, KIND, hand.now)):
        raise Conflict(f"{to.display} has it already." if to else "Nobody has it.", SAME)
    return {"assignee": task.assignee_id, "version": task.version + 1, "draft": _mark_of(task)}


def _must_be_as_seen(session: Session, task: StoredTask, seen: Mapping[str, Any]) -> None:
    """Raises Conflict, with the name of who was faster. `Any`: what the asker saw, as JSON."""
    if task.state in (TaskRowState.COMPLETED, TaskRowState.CANCELLED):
        done_by = select(UserRow.display).join(HumanTaskRow, HumanTaskRow.completed_by == UserRow.id)
        name = session.scalar(done_by.where(HumanTaskRow.id == task.id))
        raise Conflict(f"{name} completed it meanwhile." if name else "It was withdrawn meanwhile.", ENDED)
    if task.assignee_id != seen["assignee"]:
        if task.assignee_id is None:
            raise Conflict("It was given back meanwhile.", GIVEN_BACK)
        raise Conflict(f"{_name(session, task.assignee_id)} took it meanwhile.", TAKEN)
    if "version" in seen and (task.version != seen["version"] or _mark_of(task) != seen.get("draft")):
        holder = _name(session, task.assignee_id) if task.assignee_id is not None else "Somebody"
        raise Conflict(f"{holder} has worked on it since.", TOUCHED)


def _mark_of(task: StoredTask) -> str | None:
    """By which a draft is known again."""
    return None if task.draft is None else codec.digest(task.draft)


def _name(session: Session, user_id: int) -> str:
    return session.scalar(select(UserRow.display).where(UserRow.id == user_id)) or "Somebody else"


def _code(refused: CaseError) -> str:
    if isinstance(refused, NotFound):
        return GONE
    return str(getattr(refused, "code", "") or "refused")[:60]


# --- the end


def _finish(session: Session, batch: BatchRow, now: datetime) -> None:
    batch.state, batch.ended_at = "done", now
    session.flush()
    notifications.tell(session, list(_notices(session, batch)), now)


def _notices(session: Session, batch: BatchRow) -> Iterator[Notice]:
    """One notice for each person and way: of one task it names the task, of many how many they are."""
    moved = session.execute(
        select(
            BatchItemRow.task_id,
            BatchItemRow.case_id,
            BatchItemRow.before,
            BatchItemRow.seen,
            HumanTaskRow.family,
        )
        .join(HumanTaskRow, HumanTaskRow.id == BatchItemRow.task_id)
        .where(BatchItemRow.batch_id == batch.id, BatchItemRow.state == "done")
        .order_by(BatchItemRow.position)
    ).all()
    asked = batch.asked or {}
    told: dict[tuple[int, str, str, int | None], list[tuple[int, int]]] = {}
    for task_id, case_id, before, seen, family in moved:
        to = seen["back"] if batch.kind == UNDO else asked.get("to")
        for user, kind, other in (
            (to, notifications.ASSIGNED, None),
            (before["assignee"], notifications.TAKEN_AWAY, to),
        ):
            if user is not None and user != batch.by_id:
                told.setdefault((user, kind, family, other), []).append((task_id, case_id))
    for (user, kind, family, other), of in told.items():
        details: dict[str, object] = {"note": asked.get("told", ""), "batch": batch.id, "count": len(of)}
        if kind == notifications.TAKEN_AWAY:
            details["to"] = "" if other is None else _name(session, other)
        task_id, case_id = of[0] if len(of) == 1 else (None, None)
        yield Notice(user, kind, family, case_id, task_id, batch.by_id, details)
