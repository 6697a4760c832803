"""One case, loaded and saved: all rows of a command at once, by SQL on the cursor of the same transaction.

Nowhere else but in `task_statements` does SQL for the hot path stand. The number of statements does not
depend on the size of the case; PostgreSQL and SQLite have a text each, made once for a number of rows.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from cases.errors import Conflict
from cases.persistence import codec, task_statements
from cases.persistence.statements import Hand, insert_in_parts, insert_numbered, insert_text, marks
from cases.persistence.tasks import TaskRowState
from cases.persistence.writes import (
    CaseBirth,
    CaseDescription,
    CaseWrite,
    ClockWrite,
    JournalWrite,
    NewJob,
    SearchWrite,
    StoredCase,
    StoredTask,
    Writes,
)

E_CONFLICT = "E-CONFLICT"
"""The case has another version than was expected (decisions.md, "Engine and durability")."""

_CASE = (
    "c.id, c.family, c.deployment_id, c.definition, c.business_key, c.title, c.state, c.suspended, "
    "c.version, c.seq, c.head, c.opened_at, c.closed_at, c.doc"
)
_TASK = (
    "t.id, t.case_id, t.family, t.plan_item, t.definition, t.name, t.state, t.form, t.version, t.draft, "
    "t.assignee_id, t.queue_id, t.priority, t.due_at, t.created_at, t.claimed_at, t.four_eyes, t.amount"
)
_CASE_COLUMNS = _CASE.count(",") + 1


def load(session: Session, case_id: int) -> StoredCase | None:
    """The case, its row locked until the transaction ends; None when there is none."""
    with Hand(session) as hand:
        lock = "" if hand.is_sqlite else " FOR UPDATE"
        rows = hand.rows(f"SELECT {_CASE} FROM case_instance c WHERE c.id = ?{lock}", (case_id,))  # noqa: S608
        return _case(hand, rows[0]) if rows else None


def load_with_task(session: Session, task_id: int) -> tuple[StoredCase, StoredTask] | None:
    """The case of a task and the task, both locked, the case first; None when there is none."""
    with Hand(session) as hand:
        lock = "" if hand.is_sqlite else " FOR UPDATE OF c, t"
        rows = hand.rows(
            f"SELECT {_CASE}, {_TASK} FROM human_task t JOIN case_instance c ON c.id = t.case_id "  # noqa: S608
            f"WHERE t.id = ?{lock}",
            (task_id,),
        )
        if not rows:
            return None
        return _case(hand, rows[0][:_CASE_COLUMNS]), _task(rows[0][_CASE_COLUMNS:])


def peek(session: Session, case_id: int) -> StoredCase | None:
    """The case as it is now, without a lock: for pages and the audit. One statement: all is of one moment."""
    with Hand(session) as hand:
        rows = hand.rows(
            f"SELECT {_CASE}, v.name, v.bytes FROM case_instance c "  # noqa: S608
            "LEFT JOIN case_value v ON v.case_id = c.id WHERE c.id = ?",
            (case_id,),
        )
        if not rows:
            return None
        values = {name: bytes(value) for *_, name, value in rows if name is not None}
        return _case_of(rows[0][:_CASE_COLUMNS], values)


def save(session: Session, writes: Writes) -> None:
    """Write all rows of a command. Raises Conflict when the case no longer has the version that it had."""
    with Hand(session) as hand:
        if writes.birth is None:
            _update_case(hand, writes)
        else:
            _insert_case(hand, writes.case, writes.birth, writes.described)
        _insert_journal(hand, writes.case, writes.journal)
        task_statements.hold_task(hand, writes.hold)
        for due in writes.dues:
            task_statements.move_due(hand, writes.case.id, due)
        for change in writes.changed:
            task_statements.change_task(hand, writes.case.id, change)
        _write_values(hand, writes)
        task_statements.move_tasks(hand, writes)
        task_statements.insert_tasks(hand, writes)
        _strike_jobs(hand, writes)
        _insert_jobs(hand, writes, [*_not_woken(hand, writes), *writes.jobs])
        _write_clocks(hand, writes)
        _write_subscriptions(hand, writes)
        if writes.search is not None:
            _write_search(hand, writes, writes.search)
        hand.send()


def _case(hand: Hand, row: Sequence[Any]) -> StoredCase:
    values: dict[str, bytes] = {}
    case = _case_of(row, values)
    if codec.has_apart(case.doc):
        found = hand.rows("SELECT name, bytes FROM case_value WHERE case_id = ?", (case.id,))
        values.update({name: bytes(value) for name, value in found})
    return case


def _case_of(row: Sequence[Any], values: dict[str, bytes]) -> StoredCase:
    id_, family, deployment, definition, key, title, state, suspended, version, seq, head, *rest = row
    opened, closed, doc = rest
    return StoredCase(
        id=id_,
        family=family,
        deployment_id=deployment,
        definition=definition,
        business_key=key,
        title=title,
        state=state,
        suspended=bool(suspended),
        version=version,
        seq=seq,
        head=head,
        opened_at=_read_instant(opened),
        closed_at=None if closed is None else _read_instant(closed),
        doc=bytes(doc),
        values=values,
    )


def _task(row: Sequence[Any]) -> StoredTask:
    *plain, due, created, claimed, four_eyes, amount = row
    id_, case, family, item, definition, name, state, form, version, draft, assignee, queue, priority = plain
    return StoredTask(
        id=id_,
        case_id=case,
        family=family,
        plan_item=item,
        definition=definition,
        name=name,
        state=TaskRowState(state),
        form=form,
        version=version,
        draft=None if draft is None else bytes(draft),
        assignee_id=assignee,
        queue_id=queue,
        priority=priority,
        due_at=_read_instant(due),
        created_at=_read_instant(created),
        claimed_at=None if claimed is None else _read_instant(claimed),
        four_eyes=tuple(json.loads(four_eyes)) if four_eyes else (),
        amount=None if amount is None else Decimal(amount),
    )


def _read_instant(value: datetime | str) -> datetime:
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return datetime.fromisoformat(value).replace(tzinfo=UTC)


def _update_case(hand: Hand, writes: Writes) -> None:
    case, described, pinned = writes.case, writes.described, writes.pinned
    sets = (
        "version = ?, seq = ?, head = ?, state = ?, suspended = ?, title = ?, changed_at = ?, closed_at = ?"
    )
    values = [case.version, case.seq, case.head, case.state, case.suspended, case.title]
    values += [hand.instant(case.changed_at), hand.instant(case.closed_at)]
    if case.doc is not None:
        sets += ", doc = ?"
        values.append(case.doc)
    if described is not None:
        sets += ", name = ?, given_key = ?, status = ?"
        values += [described.name, described.given_key, described.status]
    if pinned is not None:
        sets += ", deployment_id = ?, definition = ?"
        values += [pinned.deployment_id, pinned.definition]
    touched = hand.run(
        f"UPDATE case_instance SET {sets} WHERE id = ? AND version = ?",  # noqa: S608 - texts of ours
        (*values, case.id, case.version - 1),
    )
    if touched != 1:
        raise Conflict("The case has changed meanwhile.", E_CONFLICT)


def _insert_case(hand: Hand, case: CaseWrite, birth: CaseBirth, described: CaseDescription | None) -> None:
    columns = (
        "id, family, deployment_id, definition, business_key, title, state, suspended, version, seq, head, "
        "opened_at, changed_at, closed_at, doc, name, given_key, status"
    )
    told = described or CaseDescription(None, None, None)
    opened = hand.instant(case.changed_at)
    hand.put(
        insert_text("case_instance", columns, 1),
        (
            case.id,
            birth.family,
            birth.deployment_id,
            birth.definition,
            birth.business_key,
            case.title,
            case.state,
            case.suspended,
            case.version,
            case.seq,
            case.head,
            opened,
            opened,
            hand.instant(case.closed_at),
            case.doc,
            told.name,
            told.given_key,
            told.status,
        ),
    )


def _insert_journal(hand: Hand, case: CaseWrite, row: JournalWrite) -> None:
    columns = (
        "case_id, version, at, actor_id, actor, via, command, command_key, commitment, body, salt, prev, hash"
    )
    hand.put(
        insert_text("journal", columns, 1),
        (
            case.id,
            case.version,
            hand.instant(row.at),
            row.actor_id,
            row.actor,
            row.via,
            row.command,
            row.command_key,
            row.commitment,
            row.body,
            row.salt,
            row.prev,
            row.hash,
        ),
    )


def _write_values(hand: Hand, writes: Writes) -> None:
    if writes.values:
        rows = [(writes.case.id, name, value) for name, value in writes.values.items()]
        put = " ON CONFLICT (case_id, name) DO UPDATE SET bytes = excluded.bytes"
        insert_in_parts(hand, "case_value", "case_id, name, bytes", rows, put)
    if writes.dropped_values:
        names = marks(len(writes.dropped_values))
        hand.put(
            f"DELETE FROM case_value WHERE case_id = ? AND name IN ({names})",  # noqa: S608 - marks alone
            (writes.case.id, *writes.dropped_values),
        )


def _strike_jobs(hand: Hand, writes: Writes) -> None:
    """Delete the jobs of these items; the incident of one that was given up closes with it."""
    if not writes.struck:
        return
    items = marks(len(writes.struck))
    gone = hand.rows(
        f"DELETE FROM job WHERE case_id = ? AND plan_item IN ({items}) RETURNING id, state",  # noqa: S608
        (writes.case.id, *writes.struck),
    )
    dead = [job for job, state in gone if state == "dead"]
    if dead:
        hand.run(
            "UPDATE incident SET state = 'resolved', resolution = 'left', resolved_at = ?, resolved_by = ? "  # noqa: S608
            f"WHERE state = 'open' AND job_id IN ({marks(len(dead))})",
            (hand.instant(writes.case.changed_at), writes.journal.actor_id, *dead),
        )


def _not_woken(hand: Hand, writes: Writes) -> Iterable[NewJob]:
    """Make dead jobs ready once more, with the key that they had; those that are gone are to be made anew."""
    for job in writes.woken:
        payload = job.payload if job.is_renewed else None
        touched = hand.run(
            "UPDATE job SET state = ?, run_at = ?, attempts = 0, crash_count = 0, token = token + 1, "
            "owner = NULL, lease_until = NULL, payload = coalesce(?, payload) "
            "WHERE case_id = ? AND plan_item = ? AND state = 'dead'",
            (job.state, hand.instant(job.run_at), payload, writes.case.id, job.plan_item),
        )
        if not touched:
            yield job


def _insert_jobs(hand: Hand, writes: Writes, jobs: Sequence[NewJob]) -> None:
    columns = (
        "case_id, kind, plan_item, mode, lane, prio, run_at, state, attempts, max_attempts, crash_count, "
        "token, dedup_key, idem_key, connection, payload, topic, created_at"
    )
    at = hand.instant(writes.case.changed_at)
    rows = [(writes.case.id, *_job_values(hand, job), at) for job in jobs]
    insert_numbered(hand, "job", columns, rows)


def _job_values(hand: Hand, job: NewJob) -> tuple[object, ...]:
    return (
        job.kind,
        job.plan_item,
        job.mode,
        job.lane,
        job.prio,
        hand.instant(job.run_at),
        job.state,
        0,
        job.max_attempts,
        0,
        0,
        job.dedup_key,
        job.idem_key,
        job.connection,
        job.payload,
        job.topic,
    )


def _write_clocks(hand: Hand, writes: Writes) -> None:
    columns = "case_id, plan_item, sla, state, started_at, due_at, ended_at, used_seconds, rung"
    rows = [(writes.case.id, *_clock_values(hand, clock)) for clock in writes.clocks]
    put = (
        " ON CONFLICT (case_id, plan_item, sla) DO UPDATE SET state = CASE WHEN excluded.state = 'met' "
        "AND excluded.ended_at > sla_clock.due_at THEN 'missed' ELSE excluded.state END, "
        "due_at = coalesce(excluded.due_at, sla_clock.due_at), ended_at = excluded.ended_at"
    )
    if rows:
        insert_in_parts(hand, "sla_clock", columns, rows, put)


def _write_subscriptions(hand: Hand, writes: Writes) -> None:
    if writes.unsubscribed:
        items = marks(len(writes.unsubscribed))
        hand.run(
            f"DELETE FROM subscription WHERE case_id = ? AND plan_item IN ({items})",  # noqa: S608 - marks alone
            (writes.case.id, *writes.unsubscribed),
        )
    if writes.subscribed:
        rows = [(writes.case.id, one.plan_item, one.kind, one.subject) for one in writes.subscribed]
        put = (
            " ON CONFLICT (case_id, plan_item) DO UPDATE SET kind = excluded.kind, subject = excluded.subject"
        )
        insert_in_parts(hand, "subscription", "case_id, plan_item, kind, subject", rows, put)


def _clock_values(hand: Hand, clock: ClockWrite) -> tuple[object, ...]:
    times = (clock.started_at, clock.due_at, clock.ended_at)
    return (clock.plan_item, clock.sla, clock.state, *(hand.instant(time) for time in times), 0, 0)


def _write_search(hand: Hand, writes: Writes, search: SearchWrite) -> None:
    put = " ON CONFLICT (case_id) DO UPDATE SET words = excluded.words"
    row = (writes.case.id, writes.family, search.words)
    insert_in_parts(hand, "case_search", "case_id, family, words", [row], put)
    if writes.birth is None:
        hand.run("DELETE FROM case_field WHERE case_id = ?", (writes.case.id,))
    fields = [
        (writes.case.id, writes.family, field.name, field.ordinal, field.text, _float(field.number))
        for field in search.fields
    ]
    if fields:
        insert_in_parts(hand, "case_field", "case_id, family, name, ordinal, text, number", fields, "")


def _float(number: Decimal | None) -> float | None:
    return None if number is None else float(number)
