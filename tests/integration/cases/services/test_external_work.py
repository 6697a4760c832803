"""Work that programs outside take, do, fail at and give back."""

from datetime import timedelta

import pytest

from cases.cmmn.commands import Resume, Suspend, SuspendCase, TerminateCase
from cases.errors import Conflict, Invalid, NotFound
from cases.persistence.base import Transaction
from cases.persistence.jobs import IncidentRow, JobRow
from cases.policy.access import SYSTEM, Actor
from cases.services import external_work, incidents, jobs
from cases.services.external_work import TERMINATED, Failure, Report, Wanted, Work
from tests.integration.cases.services.calls import World, case

PLAN = """<planItem id="X" definitionRef="d.X"/><planItem id="T" definitionRef="d.T"/>
  <task id="d.X" name="Translate"/><humanTask id="d.T" name="Own work"/>"""
HOUR = timedelta(hours=1)
NOBODY = Actor(7, "eve", "Eve")


def working(transaction: Transaction) -> tuple[World, int]:
    """A case whose task waits for a program. A bare model has no topics: its job gets one here."""
    world = World(transaction, case("texts", PLAN))
    case_id = world.start("texts")
    with transaction() as session:
        session.query(JobRow).filter_by(kind="external").update({"topic": "translate"})
    return world, case_id


def take(world: World, worker: str = "w1", most: int = 5, actor: Actor = SYSTEM) -> list[Work]:
    wanted = Wanted(topic="translate", worker=worker, most=most, lock=HOUR)
    with world.transaction() as session:
        return external_work.acquire(session, wanted, actor, world.now)


def test_work_is_taken_by_one_and_done_in_a_turn_of_its_own(transaction: Transaction) -> None:
    world, case_id = working(transaction)
    (work,) = take(world)
    assert (work.case_id, work.owner, work.locked_until) == (case_id, "w1", world.now + HOUR)
    assert take(world, "w2") == []
    with transaction() as session:
        told = Report(job_id=work.job_id, worker="w1", values={"text": "Hallo"})
        external_work.report(session, told, SYSTEM, world.now)
    assert world.states(case_id)["X"] == "active"
    world.rest()
    assert world.states(case_id)["X"] == "completed"
    assert world.file(case_id)["X"] == {"text": "Hallo"}
    assert world.rows(JobRow) == []


def test_work_that_was_given_up_ends_its_task(transaction: Transaction) -> None:
    world, case_id = working(transaction)
    (work,) = take(world)
    with transaction() as session:
        told = Report(job_id=work.job_id, worker="w1", outcome=TERMINATED)
        external_work.report(session, told, SYSTEM, world.now)
    world.rest()
    assert world.states(case_id)["X"] == "terminated"


def test_a_lock_that_has_run_out_gives_the_work_back(transaction: Transaction) -> None:
    world, _ = working(transaction)
    (work,) = take(world)
    world.rest(hours=1)
    with transaction() as session, pytest.raises(Conflict) as refused:
        external_work.report(session, Report(job_id=work.job_id, worker="w1"), SYSTEM, world.now)
    assert refused.value.code == "not_held"
    (again,) = take(world, "w2")
    assert (again.job_id, again.owner) == (work.job_id, "w2")


def test_a_lock_can_be_made_longer_and_given_back(transaction: Transaction) -> None:
    world, _ = working(transaction)
    (work,) = take(world)
    with transaction() as session:
        until = external_work.extend(session, work.job_id, "w1", 2 * HOUR, SYSTEM, world.now)
        assert until == world.now + 2 * HOUR
        assert external_work.release(session, "w2", SYSTEM) == 0
        assert external_work.release(session, "w1", SYSTEM, [work.job_id]) == 1
        (open_,) = external_work.open_work(session, SYSTEM, "translate")
    assert (open_.owner, open_.locked_until) == (None, None)
    assert len(take(world, "w2")) == 1


def test_work_that_failed_is_free_again_after_a_while_as_often_as_the_program_says(
    transaction: Transaction,
) -> None:
    world, case_id = working(transaction)
    (work,) = take(world)
    failure = Failure(job_id=work.job_id, worker="w1", message="no", retries=1, retry_after=HOUR)
    with transaction() as session:
        jobs.fail_work(session, failure, SYSTEM, world.now)
    assert take(world) == []
    world.rest(hours=1)
    (again,) = take(world)
    assert again.retries == 1
    with transaction() as session:
        jobs.fail_work(session, Failure(job_id=work.job_id, worker="w1", message="never"), SYSTEM, world.now)
    (incident,) = world.rows(IncidentRow)
    assert (incident.kind, incident.code, incident.definition) == ("external", "EXTERNAL_FAILED", "X")
    assert world.states(case_id)["X"] == "active"
    with transaction() as session:
        incidents.retry(session, incident.id, SYSTEM, world.now, "try again")
    (work,) = take(world)
    with transaction() as session:
        external_work.report(session, Report(job_id=work.job_id, worker="w1"), SYSTEM, world.now)
    world.rest()
    assert world.states(case_id)["X"] == "completed"
    assert [row.state for row in world.rows(IncidentRow)] == ["resolved"]


def test_work_that_waits_for_a_person_may_be_given_up(transaction: Transaction) -> None:
    world, case_id = working(transaction)
    (work,) = take(world)
    with transaction() as session:
        jobs.fail_work(session, Failure(job_id=work.job_id, worker="w1", message="no"), SYSTEM, world.now)
    (incident,) = world.rows(IncidentRow)
    with transaction() as session:
        incidents.give_up(session, incident.id, SYSTEM, world.now, "not needed")
    assert world.states(case_id)["X"] == "terminated"
    assert world.rows(JobRow) == []


def test_work_goes_with_its_case_and_waits_with_it(transaction: Transaction) -> None:
    world, case_id = working(transaction)
    world.do(case_id, SuspendCase())
    assert take(world) == []
    other = world.start("texts")
    world.do(other, TerminateCase("enough"))
    assert [row.case_id for row in world.rows(JobRow)] == [case_id]


def test_what_makes_no_sense_is_refused(transaction: Transaction) -> None:
    world, _ = working(transaction)
    for wrong in (
        Wanted(topic=" ", worker="w", most=1, lock=HOUR),
        Wanted(topic="t", worker="", most=1, lock=HOUR),
        Wanted(topic="t", worker="w" * 121, most=1, lock=HOUR),
        Wanted(topic="t\0", worker="w", most=1, lock=HOUR),
        Wanted(topic="t", worker="w", most=0, lock=HOUR),
        Wanted(topic="t", worker="w", most=1, lock=timedelta(0)),
    ):
        with transaction() as session, pytest.raises(Invalid):
            external_work.acquire(session, wrong, SYSTEM, world.now)
    (work,) = take(world)
    with transaction() as session:
        with pytest.raises(Conflict):
            external_work.report(session, Report(job_id=work.job_id, worker="w2"), SYSTEM, world.now)
        with pytest.raises(NotFound):
            external_work.report(session, Report(job_id=work.job_id, worker="w1"), NOBODY, world.now)
        with pytest.raises(Invalid):
            external_work.fail(
                session, Failure(job_id=work.job_id, worker="w1", message="", retries=-1), SYSTEM, world.now
            )
    assert take(world, actor=NOBODY) == []


def test_work_whose_task_is_paused_is_not_given_out(transaction: Transaction) -> None:
    world, case_id = working(transaction)
    item = world.item(case_id, "X").iid
    world.do(case_id, Suspend(item))
    other = world.start("texts")
    with transaction() as session:
        session.query(JobRow).filter_by(kind="external").update({"topic": "translate"})
    assert [work.case_id for work in take(world, most=1)] == [other]
    world.do(case_id, Resume(item))
    assert [work.case_id for work in take(world, most=1)] == [case_id]


def test_a_topic_that_nobody_could_ask_for_fails_its_task(transaction: Transaction) -> None:
    plan = PLAN.replace(
        'name="Translate"', 'name="Translate" flowable:type="external-worker" flowable:topic="${topic}"'
    )
    world = World(transaction, case("texts", plan))
    case_id = world.start("texts", inputs={"topic": "t" * 250})
    assert world.states(case_id)["X"] == "failed"
    assert "topic" in world.rows(IncidentRow)[0].message
