"""The rows of people's tasks, as one command of their case writes them: SQL on the cursor of `store`."""

import json

from cases.persistence.base import json_text
from cases.persistence.statements import Hand, insert_numbered
from cases.persistence.tasks import TaskRowState
from cases.persistence.writes import NewTask, TaskChange, TaskDue, TaskHold, TaskMove, Writes


def hold_task(hand: Hand, hold: TaskHold | None) -> None:
    """A task changes hands, or work on it begins."""
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


def move_tasks(hand: Hand, writes: Writes) -> None:
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


def move_due(hand: Hand, case_id: int, due: TaskDue) -> None:
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


def change_task(hand: Hand, case_id: int, change: TaskChange) -> None:
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


def insert_tasks(hand: Hand, writes: Writes) -> None:
    """The tasks that are offered from now on."""
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
