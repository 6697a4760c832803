"""The corridor: what a command leaves behind, and what it does not."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from cases.cmmn.commands import Complete, ManualStart, Note, SuspendCase, WriteFile
from cases.cmmn.lifecycle import State
from cases.errors import Conflict, Invalid, NotAllowed, NotFound
from cases.persistence import codec, store
from cases.persistence.instances import CaseInstanceRow, CaseValueRow
from cases.persistence.jobs import IncidentRow, JobRow
from cases.persistence.journal import JournalRow
from cases.persistence.search import CaseFieldRow, CaseSearchRow
from cases.persistence.tasks import NO_DUE_DATE, HumanTaskRow, QueueMemberRow, QueueRow, TaskRowState
from cases.policy.access import SYSTEM, Actor, Grant
from cases.policy.tasklife import TaskState
from cases.services import audit, execution, instances, plan_items
from tests.integration.cases.services.loans import FAMILY, NOW, deploy, open_loan, person

Transaction = Callable[[], AbstractContextManager[Session]]
CLERK = Actor(41, "clerk", "Clerk", frozenset({Grant(FAMILY, "clerk")}))
OTHER = Actor(42, "other", "Other", frozenset({Grant("other", "clerk")}))


@pytest.fixture
def case_id(transaction: Transaction) -> int:
    deploy(transaction)
    return open_loan(transaction).case_id


def test_opening_a_case_leaves_case_journal_tasks_timers_and_what_it_is_found_by(
    transaction: Transaction, case_id: int
) -> None:
    with transaction() as session:
        case = session.get_one(CaseInstanceRow, case_id)
        assert (case.business_key, case.title, case.state) == ("LN-2026-0001", "Loan for Ada", State.ACTIVE)
        assert (case.version, case.opened_at, case.closed_at) == (1, NOW, None)
        (task,) = session.scalars(select(HumanTaskRow))
        assert (task.definition, task.state, task.priority) == ("T1", TaskRowState.OPEN, 2)
        assert task.due_at == NOW + timedelta(hours=24)  # eight business hours: the same time on Tuesday
        jobs = session.scalars(select(JobRow).order_by(JobRow.run_at)).all()
        assert [(job.kind, job.mode, job.run_at - NOW) for job in jobs] == [
            ("timer", "tx", timedelta(hours=48)),
            ("timer", "tx", timedelta(days=30, hours=-1)),  # the clocks are put forward meanwhile
        ]
        assert session.scalars(select(CaseFieldRow.text)).all() == ["p-1"]
        assert session.scalars(select(CaseSearchRow.words)).all() == ["LN-2026-0001 Loan for Ada p-1"]
        (row,) = session.scalars(select(JournalRow))
        assert (row.version, row.command, row.actor, row.prev) == (1, "StartCase", "system", "0" * 64)
        assert row.hash == case.head


def test_completing_a_task_hands_its_step_to_a_job_with_the_key_of_the_model(
    transaction: Transaction, case_id: int
) -> None:
    with transaction() as session:
        turn = execution.execute(session, case_id, Complete(1, {"outcome": "grant"}), SYSTEM, "test", NOW)
    assert turn.version == 2
    with transaction() as session:
        (step,) = session.scalars(select(JobRow).where(JobRow.kind == "step"))
        assert (step.mode, step.state, step.max_attempts, step.connection) == ("lease", "ready", 3, "bureau")
        assert step.idem_key == "LN-2026-0001:score:p-1"
        assert codec.unpack(step.payload or b"") == {"definition": "SV1", "inputs": {"person": "p-1"}}
        timers = session.scalars(select(JobRow.plan_item).where(JobRow.kind == "timer")).all()
        assert len(timers) == 1  # that of the stage that was left is struck
        done, opened = session.scalars(select(HumanTaskRow).order_by(HumanTaskRow.plan_item))
        assert (done.state, opened.definition, opened.state) == (TaskState.COMPLETED, "T2", TaskState.OPEN)
        assert (opened.four_eyes, opened.amount, opened.due_at) == (["T1"], Decimal(500), NO_DUE_DATE)
        assert opened.priority == 3


def test_a_task_is_offered_to_each_of_the_roles_that_one_text_names(
    transaction: Transaction, case_id: int
) -> None:
    with transaction() as session:
        execution.execute(session, case_id, Complete(1, {"outcome": "grant"}), SYSTEM, "test", NOW)
    with transaction() as session:
        keys = session.scalars(select(QueueRow.key).order_by(QueueRow.id)).all()
        assert keys == ["loans:clerk", "loans:clerk|head"]
        members = session.execute(
            select(QueueMemberRow.queue_id, QueueMemberRow.role).order_by(QueueMemberRow.role)
        ).all()
        assert sorted(tuple(row) for row in members) == [(1, "clerk"), (2, "clerk"), (2, "head")]


def test_queues_are_made_once_for_all_cases(transaction: Transaction, case_id: int) -> None:
    for _ in range(3):
        open_loan(transaction)
    with transaction() as session:
        assert session.scalars(select(QueueRow.key)).all() == ["loans:clerk"]
        assert set(session.scalars(select(HumanTaskRow.queue_id))) == {1}


def test_a_queue_of_a_transaction_that_was_rolled_back_is_not_remembered(transaction: Transaction) -> None:
    deploy(transaction)

    def open_and_stop() -> None:
        with transaction() as session:
            new = instances.NewCase(app_key="loans", inputs={"applicant": {"name": "Bo"}}, number=1)
            instances.start(session, new, SYSTEM, "test", NOW)
            raise LookupError

    with pytest.raises(LookupError):
        open_and_stop()
    open_loan(transaction)
    with transaction() as session:
        (queue,) = session.scalars(select(QueueRow))
        assert session.scalars(select(HumanTaskRow.queue_id)).all() == [queue.id]


def test_the_journal_folds_to_the_stored_state_after_any_command(
    transaction: Transaction, case_id: int
) -> None:
    with transaction() as session:
        execution.execute(session, case_id, Note("claimed", {"item": 1}), SYSTEM, "test", NOW)
        execution.execute(session, case_id, Complete(1, {"outcome": "deny"}), SYSTEM, "test", NOW)
        execution.execute(session, case_id, Note("said", {}, {"remark": {"text": "x"}}), SYSTEM, "test", NOW)
        report = audit.verify(session, None)
    assert report.findings == []
    assert (report.cases, report.rows) == (1, 4)


def test_a_note_leaves_the_document_and_moves_version_head_and_seq(
    transaction: Transaction, case_id: int
) -> None:
    with transaction() as session:
        before = store.load(session, case_id)
        execution.execute(session, case_id, Note("claimed", {"item": 1}), SYSTEM, "test", NOW)
        after = store.load(session, case_id)
    assert before is not None
    assert after is not None
    assert after.doc == before.doc
    assert (after.version, after.seq) == (before.version + 1, before.seq + 1)
    assert after.head != before.head


def test_a_rehearsal_does_everything_and_leaves_nothing(transaction: Transaction, case_id: int) -> None:
    with transaction() as session:
        turn = execution.rehearse(session, case_id, Complete(1, {"outcome": "grant"}), SYSTEM, "test", NOW)
        assert {type(effect).__name__ for effect in turn.effects} >= {"WorkOpened", "HumanTaskOpened"}
    with transaction() as session:
        assert session.scalars(select(JournalRow.version)).all() == [1]
        assert session.scalars(select(JobRow.kind)).all() == ["timer", "timer"]


@pytest.mark.parametrize(
    ("command", "family"),
    [
        (ManualStart(99), NotFound),
        (ManualStart(1), Conflict),
        (WriteFile(("applicant", "name"), "x", mode="no such mode"), Invalid),
    ],
)
def test_a_refusal_is_told_as_one_of_four_families(
    transaction: Transaction, case_id: int, command: ManualStart | WriteFile, family: type[Exception]
) -> None:
    with transaction() as session, pytest.raises(family):
        execution.execute(session, case_id, command, SYSTEM, "test", NOW)
    with transaction() as session:
        assert session.scalars(select(JournalRow.version)).all() == [1]


def test_a_case_that_is_not_there_is_not_found(transaction: Transaction) -> None:
    with transaction() as session, pytest.raises(NotFound):
        execution.lock(session, 4711)


def test_what_one_may_not_see_is_not_there_and_what_one_may_not_do_is_refused(
    transaction: Transaction, case_id: int
) -> None:
    new = instances.NewCase(app_key="loans", inputs={}, number=9)
    with transaction() as session:
        with pytest.raises(NotFound):
            plan_items.start(session, case_id, 8, OTHER, NOW)
        with pytest.raises(NotAllowed):
            instances.suspend(session, case_id, CLERK, "test", NOW)
        with pytest.raises(NotAllowed):
            instances.start(session, new, OTHER, "test", NOW)


def test_an_item_is_started_by_hand_by_who_acts_on_cases(transaction: Transaction, case_id: int) -> None:
    with transaction() as session:
        waiting = next(
            item.iid for item in execution.lock(session, case_id).case.items() if item.state is State.ENABLED
        )
        plan_items.start(session, case_id, waiting, CLERK, NOW)
    with transaction() as session:
        assert session.scalars(select(HumanTaskRow.name).order_by(HumanTaskRow.id)).all() == [
            "Decide",
            "Idle",
        ]
        row = session.scalars(select(JournalRow).order_by(JournalRow.version.desc())).first()
        assert row is not None
        assert (row.command, row.actor, row.actor_id) == ("ManualStart", "clerk", 41)


def test_a_paused_case_has_paused_tasks_and_no_timers_until_it_goes_on(
    transaction: Transaction, case_id: int
) -> None:
    with transaction() as session:
        instances.suspend(session, case_id, SYSTEM, "test", NOW)
        assert session.scalars(select(HumanTaskRow.state)).all() == [TaskState.SUSPENDED]
        assert session.scalars(select(JobRow.id)).all() == []
        assert session.scalars(select(CaseInstanceRow.suspended)).all() == [True]
        session.expire_all()
        instances.resume(session, case_id, SYSTEM, "test", NOW)
        session.expire_all()
        assert session.scalars(select(HumanTaskRow.state)).all() == [TaskState.OPEN]
        assert len(session.scalars(select(JobRow.id)).all()) == 2


def test_an_ended_case_says_when_it_ended_and_leaves_no_work(transaction: Transaction, case_id: int) -> None:
    with transaction() as session:
        instances.terminate(session, case_id, "no reason", SYSTEM, "test", NOW)
        later = NOW + timedelta(days=1)
        instances.close(session, case_id, SYSTEM, "test", later)
    with transaction() as session:
        case = session.get_one(CaseInstanceRow, case_id)
        assert (case.state, case.closed_at) == (State.CLOSED, NOW)
        assert session.scalars(select(HumanTaskRow.state)).all() == [TaskState.CANCELLED]
        assert session.scalars(select(JobRow.id)).all() == []


def test_a_large_value_is_written_only_when_it_changed(transaction: Transaction) -> None:
    deploy(transaction)
    case_id = open_loan(transaction, letter="word " * 2_000).case_id
    with transaction() as session:
        assert session.scalars(select(CaseValueRow.name)).all() == ["applicant"]
        session.execute(update(CaseValueRow).values(bytes=CaseValueRow.bytes))
        execution.execute(session, case_id, Complete(1, {"outcome": "deny"}), SYSTEM, "test", NOW)
        values = session.scalars(select(CaseValueRow)).all()
        assert [value.name for value in values] == ["applicant"]
        shorter = WriteFile(("applicant",), {"name": "Bo", "id": "p-2"}, mode="replace")
        execution.execute(session, case_id, shorter, SYSTEM, "test", NOW)
        session.expire_all()
        assert session.scalars(select(CaseValueRow.name)).all() == []
        assert session.scalars(select(CaseFieldRow.text)).all() == ["p-2"]
        assert session.scalars(select(CaseInstanceRow.title)).all() == ["Loan for Bo"]
        assert audit.verify(session, None).findings == []


def test_a_case_is_found_by_a_declared_value_that_changes_while_its_title_stays(
    transaction: Transaction,
) -> None:
    deploy(transaction)
    case_id = open_loan(transaction).case_id
    with transaction() as session:
        other = WriteFile(("letter",), "so they write", mode="replace")
        execution.execute(session, case_id, other, SYSTEM, "test", NOW)
        assert session.scalars(select(CaseFieldRow.text)).all() == ["p-1"]
        execution.execute(
            session, case_id, WriteFile(("applicant", "id"), "p-3", mode="replace"), SYSTEM, "test", NOW
        )
        assert session.scalars(select(CaseFieldRow.text)).all() == ["p-3"]
        (words,) = session.scalars(select(CaseSearchRow.words))
        assert words == "LN-2026-0001 Loan for Ada p-3"


def test_a_fault_of_the_model_is_one_open_incident_and_the_case_goes_on(transaction: Transaction) -> None:
    deploy(transaction)
    case_id = open_loan(transaction, due="soon").case_id
    with transaction() as session:
        execution.execute(session, case_id, Complete(1, {"outcome": "deny"}), SYSTEM, "test", NOW)
    with transaction() as session:
        (incident,) = session.scalars(select(IncidentRow))
        assert (incident.case_id, incident.definition, incident.code) == (case_id, "T2", "due")
        assert (incident.state, incident.family, incident.opened_at) == ("open", "loans", NOW)
        due = select(HumanTaskRow.due_at).where(HumanTaskRow.definition == "T2")
        assert session.scalars(due).all() == [NO_DUE_DATE]


def test_the_same_intake_key_makes_one_case(transaction: Transaction) -> None:
    deploy(transaction)

    def start(number: int) -> None:
        new = instances.NewCase(
            app_key="loans", inputs={"applicant": {"name": "Ada"}}, number=number, intake_key="web:7"
        )
        with transaction() as session:
            instances.start(session, new, SYSTEM, "test", NOW)

    start(1)
    with pytest.raises(Conflict) as refused:
        start(2)
    assert refused.value.code == "E-KNOWN"
    with transaction() as session:
        assert session.scalars(select(CaseInstanceRow.business_key)).all() == ["LN-2026-0001"]


def test_work_is_repeated_where_the_database_did_nothing(transaction: Transaction) -> None:
    class Deadlock(Exception):
        sqlstate = "40P01"

    tries: list[int] = []

    def work(session: Session) -> str:
        tries.append(len(tries))
        if len(tries) < 3:
            raise OperationalError("select 1", None, Deadlock())
        return "done"

    assert execution.retrying(transaction, work) == "done"
    assert tries == [0, 1, 2]


def test_work_is_not_repeated_for_any_other_reason(transaction: Transaction) -> None:
    tries: list[int] = []

    def work(session: Session) -> None:
        tries.append(len(tries))
        raise OperationalError("select 1", None, Exception("no such table"))

    with pytest.raises(OperationalError):
        execution.retrying(transaction, work)
    assert tries == [0]


def test_a_suspended_case_refuses_commands_as_a_conflict(transaction: Transaction, case_id: int) -> None:
    with transaction() as session:
        execution.execute(session, case_id, SuspendCase(), SYSTEM, "test", NOW)
    with transaction() as session, pytest.raises(Conflict) as refused:
        execution.execute(session, case_id, Complete(1, {}), SYSTEM, "test", NOW)
    assert refused.value.code == "E-SUSPENDED"


def test_stored_states_of_tasks_are_those_of_the_policy() -> None:
    assert {state.value for state in TaskRowState} == {state.value for state in TaskState}
    assert TaskRowState.PAUSED == TaskState.SUSPENDED


def test_numbers_stand_where_the_pattern_wants_them(transaction: Transaction) -> None:
    deploy(transaction)
    person(transaction, "ana", "clerk")
    keys = [open_loan(transaction).business_key for _ in range(22)]
    assert keys == [f"LN-2026-{number:04}" for number in range(1, 23)]
