"""What a turn asks for, as rows: steps and their keys above all."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.cmmn.commands import Complete, ExitFailed, Fail, Reactivate
from cases.cmmn.lifecycle import State
from cases.persistence import codec
from cases.persistence.jobs import IncidentRow, JobRow
from cases.persistence.tasks import HumanTaskRow, TaskRowState
from cases.policy.access import SYSTEM
from cases.services import deployments, execution, members, people
from tests.integration.cases.services.calls import World, case
from tests.integration.cases.services.loans import NOW, app_files, deploy, open_loan, person

Transaction = Callable[[], AbstractContextManager[Session]]
LATER = NOW + timedelta(hours=1)
STEP = 3


@pytest.fixture
def case_id(transaction: Transaction) -> int:
    """A case whose step waits to be performed."""
    deploy(transaction)
    return with_step(transaction)


def with_step(transaction: Transaction) -> int:
    case_id = open_loan(transaction).case_id
    with transaction() as session:
        execution.execute(session, case_id, Complete(1, {"outcome": "grant"}), SYSTEM, "test", NOW)
    return case_id


def step_of(session: Session, case_id: int) -> JobRow:
    return session.scalars(
        select(JobRow)
        .where(JobRow.case_id == case_id, JobRow.kind == "step")
        .execution_options(populate_existing=True)
    ).one()


def give_up(transaction: Transaction, case_id: int) -> None:
    """The tries are used up: the job is dead, its incident open, its item failed."""
    with transaction() as session:
        execution.execute(session, case_id, Fail(STEP, "DOWN", "no answer"), SYSTEM, "test", NOW)
        job = step_of(session, case_id)
        job.state, job.attempts, job.idem_key = "dead", 3, "the key it had"
        session.add(IncidentRow(job_id=job.id, case_id=case_id, kind="step", opened_at=NOW))


def test_a_failed_step_keeps_its_job_for_who_looks_after_it(transaction: Transaction, case_id: int) -> None:
    give_up(transaction, case_id)
    with transaction() as session:
        assert step_of(session, case_id).state == "dead"
        assert execution.lock(session, case_id).case.state.items[STEP].state is State.FAILED


def test_a_step_that_is_tried_again_has_the_key_it_had(transaction: Transaction, case_id: int) -> None:
    give_up(transaction, case_id)
    with transaction() as session:
        before = step_of(session, case_id)
        number, token = before.id, before.token
        execution.execute(session, case_id, Reactivate(STEP), SYSTEM, "test", LATER)
    with transaction() as session:
        after = step_of(session, case_id)
        assert (after.id, after.idem_key, after.state) == (number, "the key it had", "ready")
        assert (after.attempts, after.run_at, after.token) == (0, LATER, token + 1)


def test_a_step_that_is_left_takes_job_and_incident_along(transaction: Transaction, case_id: int) -> None:
    give_up(transaction, case_id)
    with transaction() as session:
        execution.execute(session, case_id, ExitFailed(STEP, "by hand"), SYSTEM, "test", LATER)
    with transaction() as session:
        assert session.scalars(select(JobRow.id).where(JobRow.kind == "step")).all() == []
        (incident,) = session.scalars(select(IncidentRow))
        assert (incident.state, incident.resolved_at) == ("resolved", LATER)


def test_a_step_that_completes_leaves_no_job(transaction: Transaction, case_id: int) -> None:
    with transaction() as session:
        execution.execute(session, case_id, Complete(STEP, {"score": 7}), SYSTEM, "test", NOW)
        assert session.scalars(select(JobRow.id).where(JobRow.kind == "step")).all() == []


def test_without_a_key_of_the_model_each_start_of_a_step_has_one_of_its_own(transaction: Transaction) -> None:
    files = app_files()
    files["loan.cmmn"] = files["loan.cmmn"].replace(b"cw:key='\"score:\" + applicant.id'", b"")
    with transaction() as session:
        deployments.deploy(session, files, SYSTEM, NOW)
    cases = [with_step(transaction), with_step(transaction)]
    with transaction() as session:
        keys = [step_of(session, case_id).idem_key or "" for case_id in cases]
    assert keys[0] != keys[1]
    assert [UUID(key).version for key in keys] == [5, 5]


def test_equal_keys_of_the_model_in_two_cases_are_two_keys_outside(
    transaction: Transaction, case_id: int
) -> None:
    other = with_step(transaction)
    with transaction() as session:
        keys = [step_of(session, one).idem_key for one in (case_id, other)]
    assert keys == ["LN-2026-0001:score:p-1", "LN-2026-0002:score:p-1"]


def test_the_payload_of_a_step_says_what_and_with_which_inputs(
    transaction: Transaction, case_id: int
) -> None:
    with transaction() as session:
        payload = codec.unpack(step_of(session, case_id).payload or b"")
    assert payload == {"definition": "SV1", "inputs": {"person": "p-1"}}


ASSIGNED = """<planItem id="A" definitionRef="d.A"/>
  <humanTask id="d.A" name="Ask ${{who}}" flowable:assignee="${{who}}" flowable:category="calls"
             flowable:dueDate="{due}"/>"""


def test_what_a_model_says_of_a_task_is_kept_with_it(transaction: Transaction) -> None:
    ana = person(transaction, "ana")
    world = World(transaction, case("calls", ASSIGNED.format(due="2026-03-09T12:00:00Z")))
    with transaction() as session:
        people.grant(session, ana.user_id, "calls", "staff", NOW)
    world.start("calls", inputs={"who": "ana"})
    (row,) = world.rows(HumanTaskRow)
    assert (row.name, row.assignee_id, row.category) == ("Ask ana", ana.user_id, "calls")
    assert row.due_at == datetime(2026, 3, 9, 12, tzinfo=UTC)


def test_whom_nobody_knows_has_nothing_unless_a_directory_knows_them(transaction: Transaction) -> None:
    world = World(transaction, case("calls", ASSIGNED.format(due="P1D")))
    world.start("calls", inputs={"who": "bo"})
    assert [row.assignee_id for row in world.rows(HumanTaskRow)] == [None]

    @contextmanager
    def tried_out() -> Iterator[Session]:
        with transaction() as session:
            session.info[members.DIRECTORY] = lambda session, name: people.create_user(
                session, name, name, None, NOW
            )
            yield session

    world.transaction = tried_out
    world.start("calls", inputs={"who": "bo"})
    assert all(row.assignee_id for row in world.rows(HumanTaskRow)[1:])


@pytest.mark.parametrize("who", ["bo", "nobody"])
def test_whom_a_model_names_without_a_right_here_gets_nothing_and_that_is_told_once(
    transaction: Transaction, who: str
) -> None:
    person(transaction, "bo")
    again = ASSIGNED.format(due="P1D").replace(
        'definitionRef="d.A"/>', f'definitionRef="d.A">{AGAIN}</planItem>'
    )
    world = World(transaction, case("calls", again))
    case_id = world.start("calls", inputs={"who": who})
    (first,) = world.rows(HumanTaskRow)
    assert first.assignee_id is None
    assert first.queue_id is not None
    world.do(case_id, Complete(world.item(case_id, "A").iid))
    assert [row.assignee_id for row in world.rows(HumanTaskRow) if row.state == TaskRowState.OPEN] == [None]
    (incident,) = world.rows(IncidentRow)
    assert (incident.kind, incident.code, incident.definition) == ("model", "NOBODY", "A")


AGAIN = '<itemControl><repetitionRule id="r.A"/></itemControl>'
