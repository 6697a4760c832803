"""One case, loaded and saved: all rows of a command at once, by SQL on the cursor of the same transaction.

Nowhere else does SQL for the hot path stand. The number of statements does not depend on the size of the
case; PostgreSQL and SQLite have a text each, made once for a number of rows and kept.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from cases.errors import Conflict
from cases.persistence import codec
from cases.persistence.base import json_text
from cases.persistence.statements import Hand, insert_in_parts, insert_numbered, insert_text, marks
from cases.persistence.tasks import TaskRowState
from cases.persistence.writes import (
    CaseBirth,
    CaseDescription,
    CaseWrite,
    ClockWrite,
    JournalWrite,
    NewJob,
    NewTask,
    SearchWrite,
    StoredCase,
    StoredTask,
    TaskChange,
    TaskDue,
    TaskHold,
    TaskMove,
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
        _hold_task(hand, writes.hold)
        for due in writes.dues:
            _move_due(hand, writes.case.id, due)
        for change in writes.changed:
            _change_task(hand, writes.case.id, change)
        _write_values(hand, writes)
        _move_tasks(hand, writes)
        _insert_tasks(hand, writes)
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


def _hold_task(hand: Hand, hold: TaskHold | None) -> None:
    if hold is not None:
        hand.put(
            "UPDATE human_task SET assignee_id = ?, claimed_at = ?, claimed_by = ?, begun_at = ?, "
            "begun_by = ?, version = version + 1 WHERE id = ?",
            (
                hold.assignee_id,
                hand.instant(hold.claimed_at),
                hold.assignee_id if hold.claimed_at else None,
                hand.instant(hold.begun_at),
                hold.begun_by,
                hold.task_id,
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


def _move_tasks(hand: Hand, writes: Writes) -> None:
    """Pause, resume and end tasks, all in one statement. What is over gives its draft up."""
    if not writes.moved:
        return
    at = hand.instant(writes.case.changed_at)
    if len(writes.moved) == 1:
        _move_task(hand, writes.case.id, writes.moved[0], at)
        return
    rows = [_moved(move, at) for move in writes.moved]
    types = ("integer", "smallint", "timestamptz", "integer", "text")
    first = ", ".join("?" if hand.is_sqlite else f"CAST(? AS {type_})" for type_ in types)
    more = ", (?, ?, ?, ?, ?)" * (len(rows) - 1)
    hand.put(
        f"WITH v(item, state, ended_at, done_by, why) AS (VALUES ({first}){more}) "  # noqa: S608 - texts of ours
        "UPDATE human_task SET state = v.state, ended_at = v.ended_at, completed_by = v.done_by, "
        "ended_why = v.why, version = version + 1, "
        "assignee_id = coalesce(v.done_by, assignee_id), "
        "draft = CASE WHEN v.ended_at IS NULL THEN draft END "
        "FROM v WHERE case_id = ? AND plan_item = v.item AND human_task.state IN (2, 3)",
        [value for row in rows for value in row] + [writes.case.id],
    )


def _move_task(hand: Hand, case_id: int, move: TaskMove, at: object) -> None:
    """The usual one alone: without a table made for it."""
    sets = "state = ?, ended_at = ?, completed_by = ?, ended_why = ?, version = version + 1"
    values: list[object] = [int(move.state), at if move.is_over else None, move.by, move.why]
    if move.by is not None:
        sets += ", assignee_id = ?"
        values.append(move.by)
    if move.is_over:
        sets += ", draft = NULL"
    hand.put(
        f"UPDATE human_task SET {sets} WHERE case_id = ? AND plan_item = ? AND state IN (2, 3)",  # noqa: S608
        [*values, case_id, move.plan_item],
    )


def _moved(move: TaskMove, at: object) -> tuple[object, ...]:
    return move.plan_item, int(move.state), at if move.is_over else None, move.by, move.why


def _move_due(hand: Hand, case_id: int, due: TaskDue) -> None:
    """At once, not with the other writes: the task may be among those that are paused by the same command."""
    hand.run(
        "UPDATE human_task SET due_at = ?, due_text = ?, warn_at = ?, rung = ?, version = version + 1 "
        "WHERE case_id = ? AND plan_item = ? AND state IN (2, 3)",
        (
            hand.instant(due.due_at),
            due.due_text,
            hand.instant(due.warn_at),
            due.rung,
            case_id,
            due.plan_item,
        ),
    )


def _change_task(hand: Hand, case_id: int, change: TaskChange) -> None:
    """The task is told anew; what somebody has begun stays theirs unless it is taken away."""
    sets = (
        "definition = ?, name = ?, form = ?, queue_id = ?, four_eyes = ?, amount = ?, description = ?, "
        "category = ?, facts = ?, version = version + 1"
    )
    if change.drops_draft:
        sets += ", draft = NULL"
    if change.is_unassigned:
        sets += ", assignee_id = NULL, claimed_at = NULL, claimed_by = NULL, begun_at = NULL, begun_by = NULL"
    hand.run(
        f"UPDATE human_task SET {sets} WHERE case_id = ? AND plan_item = ? AND state IN (2, 3)",  # noqa: S608
        (
            change.definition,
            change.name,
            change.form,
            change.queue_id,
            json.dumps(change.four_eyes) if change.four_eyes else None,
            None if change.amount is None else str(change.amount),
            change.description,
            change.category,
            None if change.facts is None else json_text(change.facts),
            case_id,
            change.plan_item,
        ),
    )


def _insert_tasks(hand: Hand, writes: Writes) -> None:
    columns = (
        "case_id, family, plan_item, definition, name, state, form, version, queue_id, priority, due_at, "
        "created_at, four_eyes, amount, sla, ladder, due_text, warn_at, assignee_id, claimed_at, owner_id, "
        "description, category, facts"
    )
    at = hand.instant(writes.case.changed_at)
    rows = [(writes.case.id, writes.family, *_task_values(hand, task, at)) for task in writes.tasks]
    insert_numbered(hand, "human_task", columns, rows)


def _task_values(hand: Hand, task: NewTask, at: object) -> tuple[object, ...]:
    return (
        task.plan_item,
        task.definition,
        task.name,
        int(TaskRowState.OPEN),
        task.form,
        1,
        task.queue_id,
        task.priority,
        hand.instant(task.due_at),
        at,
        json.dumps(task.four_eyes) if task.four_eyes else None,
        None if task.amount is None else str(task.amount),
        task.sla,
        task.ladder,
        task.due_text,
        hand.instant(task.warn_at),
        task.assignee_id,
        None if task.assignee_id is None else at,
        task.owner_id,
        task.description,
        task.category,
        None if task.facts is None else json_text(task.facts),
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
