"""One case, saved and loaded: on both databases alike."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.errors import Conflict
from cases.persistence import codec, store
from cases.persistence.base import new_key, new_keys
from cases.persistence.instances import CaseInstanceRow, CaseValueRow
from cases.persistence.jobs import IncidentRow, JobRow
from cases.persistence.journal import JournalRow
from cases.persistence.search import CaseFieldRow, CaseSearchRow
from cases.persistence.tasks import NO_DUE_DATE, HumanTaskRow, TaskRowState
from cases.persistence.writes import ClockWrite, FieldWrite, SearchWrite, TaskMove
from tests.integration.cases.persistence.rows import NOW, job, state_of, task, writes_for

Transaction = Callable[[], AbstractContextManager[Session]]


def test_a_case_comes_back_as_it_was_saved(transaction: Transaction) -> None:
    with transaction() as session:
        state = state_of(new_key(session))
        store.save(session, writes_for(state))
    with transaction() as session:
        stored = store.load(session, state.case_id)
    assert stored is not None
    assert codec.unpack_state(stored.doc, stored.values) == state
    assert (stored.version, stored.seq, stored.family, stored.opened_at) == (1, 7, "claims", NOW)


def test_a_case_that_is_not_there_is_none(transaction: Transaction) -> None:
    with transaction() as session:
        assert store.load(session, 12345) is None
        assert store.load_with_task(session, 12345) is None
        assert store.peek(session, 12345) is None


def test_large_values_live_apart_and_come_back(transaction: Transaction, reading: Transaction) -> None:
    large = {"letters": [{"text": "word " * 2_000}], "claim": {"net": Decimal("1.10")}}
    with transaction() as session:
        state = state_of(new_key(session), values=dict(large))
        store.save(session, writes_for(state))
    with transaction() as session:
        stored = store.load(session, state.case_id)
        assert stored is not None
        assert list(session.scalars(select(CaseValueRow.name))) == ["letters"]
        assert b"word" not in stored.doc
        assert codec.unpack_state(stored.doc, stored.values).file.values == large
    with reading() as session:
        seen = store.peek(session, state.case_id)
    assert seen == stored


def test_a_value_that_does_not_belong_to_the_document_is_found(transaction: Transaction) -> None:
    with transaction() as session:
        state = state_of(new_key(session), values={"letters": "x" * 5_000})
        store.save(session, writes_for(state))
        stored = store.load(session, state.case_id)
    assert stored is not None
    other = codec.pack_state(state_of(state.case_id, values={"letters": "y" * 5_000})).values
    with pytest.raises(codec.Unreadable, match="letters"):
        codec.unpack_state(stored.doc, other)


def test_a_case_of_another_version_is_a_conflict(transaction: Transaction) -> None:
    with transaction() as session:
        state = state_of(new_key(session))
        store.save(session, writes_for(state))
    with transaction() as session:
        store.save(session, writes_for(state, version=2))
    with pytest.raises(Conflict) as refused, transaction() as session:
        store.save(session, writes_for(state, version=2))
    assert refused.value.code == "E-CONFLICT"
    with transaction() as session:
        assert list(session.scalars(select(JournalRow.version))) == [1, 2]


def test_a_command_without_a_document_leaves_the_document(transaction: Transaction) -> None:
    with transaction() as session:
        state = state_of(new_key(session))
        store.save(session, writes_for(state))
    with transaction() as session:
        writes = writes_for(state, version=2)
        writes.case = replace(writes.case, doc=None, seq=9)
        store.save(session, writes)
        stored = store.load(session, state.case_id)
    assert stored is not None
    assert (stored.version, stored.seq) == (2, 9)
    assert codec.unpack_state(stored.doc, stored.values) == state


def test_tasks_and_jobs_get_keys_of_their_own(transaction: Transaction) -> None:
    with transaction() as session:
        writes = writes_for(state_of(new_key(session)))
        writes.tasks = [task(1), task(2), task(3)]
        writes.jobs = [job(4), job(5)]
        store.save(session, writes)
        later = new_key(session)
    with transaction() as session:
        after = new_key(session)
        for row in (HumanTaskRow, JobRow):
            keys = set(session.scalars(select(row.id)))
            assert len(keys) == len(writes.tasks if row is HumanTaskRow else writes.jobs)
            assert max(keys) < after
            assert later not in keys


def test_a_key_taken_before_a_command_is_not_taken_by_its_rows(transaction: Transaction) -> None:
    with transaction() as session:
        writes = writes_for(state_of(new_key(session)))
        taken = new_keys(session, 3)
        writes.jobs = [job(4), job(5)]
        store.save(session, writes)
        assert set(session.scalars(select(JobRow.id))).isdisjoint(taken)


def test_the_key_of_a_job_that_is_gone_is_never_used_again(transaction: Transaction) -> None:
    seen: set[int] = set()
    with transaction() as session:
        state = state_of(new_key(session))
        for version in range(1, 6):
            writes = writes_for(state, version=version)
            writes.struck, writes.jobs = [4], [job(4)]
            store.save(session, writes)
            seen.update(session.scalars(select(JobRow.id)))
    assert len(seen) == 5


def test_a_task_is_read_with_its_case(transaction: Transaction) -> None:
    with transaction() as session:
        state = state_of(new_key(session))
        writes = writes_for(state)
        writes.tasks = [task(2, due=NOW + timedelta(hours=8), eyes=("T3", "T4"))]
        store.save(session, writes)
        (row,) = session.scalars(select(HumanTaskRow))
        found = store.load_with_task(session, row.id)
    assert found is not None
    case, read = found
    assert case.id == state.case_id
    assert (read.plan_item, read.four_eyes, read.amount) == (2, ("T3", "T4"), Decimal("5000.00"))
    assert read.due_at == NOW + timedelta(hours=8)
    assert (row.due_at, row.created_at, row.amount) == (read.due_at, NOW, read.amount)
    assert row.four_eyes == ["T3", "T4"]


def test_tasks_end_pause_and_go_on_in_one_statement(transaction: Transaction) -> None:
    with transaction() as session:
        state = state_of(new_key(session))
        writes = writes_for(state)
        writes.tasks = [task(1), task(2), task(3)]
        store.save(session, writes)
        for row in session.scalars(select(HumanTaskRow)):
            row.draft = b"half"
        session.flush()
        writes = writes_for(state, version=2, now=NOW + timedelta(minutes=5))
        writes.moved = [
            TaskMove(plan_item=1, state=TaskRowState.COMPLETED, by=12),
            TaskMove(plan_item=2, state=TaskRowState.CANCELLED, why="exit"),
            TaskMove(plan_item=3, state=TaskRowState.PAUSED),
        ]
        store.save(session, writes)
    with transaction() as session:
        done, cancelled, paused = session.scalars(select(HumanTaskRow).order_by(HumanTaskRow.plan_item))
        assert (done.state, done.completed_by, done.assignee_id, done.draft) == (4, 12, 12, None)
        assert done.ended_at == NOW + timedelta(minutes=5)
        assert (cancelled.state, cancelled.ended_why, cancelled.completed_by) == (5, "exit", None)
        assert (paused.state, paused.ended_at, paused.draft, paused.version) == (3, None, b"half", 2)


@pytest.mark.parametrize(
    ("move", "expected"),
    [
        (TaskMove(plan_item=1, state=TaskRowState.COMPLETED, by=12), (4, 12, 12, None, None, True)),
        (TaskMove(plan_item=1, state=TaskRowState.CANCELLED, why="exit"), (5, None, 7, "exit", None, True)),
        (TaskMove(plan_item=1, state=TaskRowState.PAUSED), (3, None, 7, None, b"half", False)),
    ],
    ids=lambda value: value.state.name if isinstance(value, TaskMove) else "",
)
def test_one_task_alone_moves_as_several_do(
    transaction: Transaction, move: TaskMove, expected: tuple[object, ...]
) -> None:
    with transaction() as session:
        state = state_of(new_key(session))
        writes = writes_for(state)
        writes.tasks = [task(1), task(2)]
        store.save(session, writes)
        for row in session.scalars(select(HumanTaskRow)):
            row.draft, row.assignee_id = b"half", 7
        session.flush()
        writes = writes_for(state, version=2, now=NOW + timedelta(minutes=5))
        writes.moved = [move]
        store.save(session, writes)
    with transaction() as session:
        row, other = session.scalars(select(HumanTaskRow).order_by(HumanTaskRow.plan_item))
        found = (row.state, row.completed_by, row.assignee_id, row.ended_why, row.draft)
        assert (*found, row.ended_at == NOW + timedelta(minutes=5)) == expected
        assert row.version == other.version + 1
        assert (other.state, other.draft) == (TaskRowState.OPEN, b"half")


def test_a_task_that_is_over_is_never_moved_again(transaction: Transaction) -> None:
    with transaction() as session:
        state = state_of(new_key(session))
        writes = writes_for(state)
        writes.tasks = [task(1)]
        store.save(session, writes)
        for version, moved in ((2, TaskRowState.CANCELLED), (3, TaskRowState.COMPLETED)):
            writes = writes_for(state, version=version)
            writes.moved = [TaskMove(plan_item=1, state=moved, by=None)]
            store.save(session, writes)
        assert session.scalars(select(HumanTaskRow.state)).all() == [TaskRowState.CANCELLED]


def test_striking_a_dead_job_closes_its_incident(transaction: Transaction) -> None:
    with transaction() as session:
        state = state_of(new_key(session))
        writes = writes_for(state)
        writes.jobs = [job(1), job(2), job(3)]
        store.save(session, writes)
        dead, *_ = session.scalars(select(JobRow).order_by(JobRow.plan_item))
        dead.state = "dead"
        session.add(
            IncidentRow(job_id=dead.id, case_id=state.case_id, kind="step", opened_at=NOW, state="open")
        )
        session.flush()
        writes = writes_for(state, version=2)
        writes.struck = [1, 2]
        store.save(session, writes)
    with transaction() as session:
        assert session.scalars(select(JobRow.plan_item)).all() == [3]
        (incident,) = session.scalars(select(IncidentRow))
        assert (incident.state, incident.resolution, incident.resolved_at) == ("resolved", "left", NOW)


def test_a_dead_job_wakes_with_the_key_it_had_and_a_lost_one_is_made_anew(transaction: Transaction) -> None:
    with transaction() as session:
        state = state_of(new_key(session))
        writes = writes_for(state)
        writes.jobs = [job(1)]
        store.save(session, writes)
        (dead,) = session.scalars(select(JobRow))
        dead.state, dead.attempts, dead.idem_key = "dead", 3, "as it was"
        session.flush()
        token = dead.token
        writes = writes_for(state, version=2)
        writes.woken = [job(1), job(2)]
        store.save(session, writes)
    with transaction() as session:
        woken, new = session.scalars(select(JobRow).order_by(JobRow.plan_item))
        assert (woken.id, woken.state, woken.attempts, woken.idem_key) == (dead.id, "ready", 0, "as it was")
        assert woken.token == token + 1
        assert (new.plan_item, new.state, new.idem_key) == (2, "ready", "key-2")


def test_clocks_are_written_and_ended(transaction: Transaction) -> None:
    clock = ClockWrite(
        plan_item=1, sla="decide", state="running", started_at=NOW, due_at=NO_DUE_DATE, ended_at=None
    )
    with transaction() as session:
        state = state_of(new_key(session))
        for version, written in enumerate((clock, replace(clock, state="met", due_at=None, ended_at=NOW)), 1):
            writes = writes_for(state, version=version)
            writes.clocks = [written]
            store.save(session, writes)
        rows = session.connection().exec_driver_sql("SELECT state, due_at FROM sla_clock").all()
    assert [state for state, _ in rows] == ["met"]
    assert rows[0][1] is not None


def test_what_a_case_is_found_by_is_replaced_as_a_whole(transaction: Transaction) -> None:
    def found(*numbers: str) -> SearchWrite:
        fields = tuple(
            FieldWrite(name="vin", ordinal=place, text=number, number=None)
            for place, number in enumerate(numbers)
        )
        return SearchWrite(words=" ".join(numbers), fields=fields)

    with transaction() as session:
        state = state_of(new_key(session))
        for version, search in enumerate((found("a", "b"), found("c")), 1):
            writes = writes_for(state, version=version)
            writes.search = search
            store.save(session, writes)
        assert session.scalars(select(CaseFieldRow.text)).all() == ["c"]
        assert session.scalars(select(CaseSearchRow.words)).all() == ["c"]


def test_what_is_rolled_back_leaves_nothing(transaction: Transaction) -> None:
    def open_and_stop() -> None:
        with transaction() as session:
            writes = writes_for(state_of(new_key(session)))
            writes.tasks, writes.jobs = [task(1)], [job(2)]
            store.save(session, writes)
            raise LookupError

    with pytest.raises(LookupError):
        open_and_stop()
    with transaction() as session:
        for row in (CaseInstanceRow, JournalRow, HumanTaskRow, JobRow):
            assert session.scalars(select(row)).all() == []
