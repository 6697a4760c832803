"""tick: all that is due, each once, and what raises is put down to itself."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import OperationalError

from cases.cmmn.commands import SuspendCase
from cases.errors import Conflict
from cases.persistence import codec
from cases.persistence.base import Transaction, new_key
from cases.persistence.jobs import JobRow, WorkerRow
from cases.policy.access import INSTALLATION, SYSTEM
from cases.scheduler import beat, worker
from cases.services import execution, incidents, jobs, messages, recovery
from tests.integration.cases.services.outside import NOW, World


def add_jobs(world: World, kind: str, count: int, run_at: datetime = NOW) -> list[int]:
    with world.transaction() as session:
        made = []
        for number in range(count):
            made.append(new_key(session))
            session.add(
                JobRow(
                    id=made[-1],
                    kind=kind,
                    mode="tx",
                    run_at=run_at,
                    max_attempts=3,
                    payload=codec.pack({"n": number}),
                    created_at=NOW,
                )
            )
            session.flush()
        return made


@pytest.fixture
def kinds(monkeypatch: pytest.MonkeyPatch) -> dict[str, Callable[[Transaction, int, datetime], bool]]:
    """The table of kinds, for a test to put one of its own in."""
    table = dict(jobs.IN_TRANSACTION)
    monkeypatch.setattr(jobs, "IN_TRANSACTION", table)
    return table


def struck(done: list[int]) -> Callable[[Transaction, int, datetime], bool]:
    """A kind of job that does nothing but note that it was done."""

    def run(transaction: Transaction, job_id: int, now: datetime) -> bool:
        with transaction() as session:
            job = session.get(JobRow, job_id)
            if job is None or job.run_at > now:
                return False
            session.delete(job)
        done.append(job_id)
        return True

    return run


def test_what_is_due_is_done_once_and_what_is_not_stays(world: World, kinds: dict[str, object]) -> None:
    done: list[int] = []
    kinds["note"] = struck(done)
    due = add_jobs(world, "note", 250)
    later = add_jobs(world, "note", 1, NOW + timedelta(seconds=1))
    assert world.tick() == 250
    assert sorted(done) == due
    assert world.tick() == 0
    world.tick(seconds=1)
    assert done[-1:] == later


def test_a_job_that_raises_harms_no_other_and_waits_for_a_person_in_the_end(
    world: World, kinds: dict[str, object]
) -> None:
    done: list[int] = []

    def breaks(transaction: Transaction, job_id: int, now: datetime) -> bool:
        raise ZeroDivisionError("as it happens")

    kinds["note"], kinds["breaks"] = struck(done), breaks
    add_jobs(world, "breaks", 1)
    add_jobs(world, "note", 3)
    world.tick()
    assert len(done) == 3
    assert world.job().attempts == 1
    for _ in range(5):
        world.tick(hours=1)
    assert (world.job().state, world.job().attempts) == ("dead", 3)
    (incident,) = world.incidents()
    assert incident.message == "ZeroDivisionError: as it happens"


def test_a_job_of_a_kind_that_nobody_knows_is_an_incident(world: World) -> None:
    add_jobs(world, "unheard-of", 1)
    for _ in range(5):
        world.tick(hours=1)
    assert world.incidents()[0].kind == "unheard-of"


def test_a_tick_that_is_not_wanted_any_more_stops_between_two_jobs(
    world: World, kinds: dict[str, object]
) -> None:
    done: list[int] = []
    kinds["note"] = struck(done)
    add_jobs(world, "note", 10)
    worker.within(world.transaction, NOW, lambda: len(done) < 4)
    assert len(done) == 4


def test_a_lease_that_has_ended_is_taken_back_and_the_attempt_counts(world: World) -> None:
    world.open_case()
    with world.transaction() as session:
        (lease,) = jobs.claim(session, "dies", 1, world.now)
    assert recovery.reap(world.transaction, world.now + timedelta(seconds=14)) == 0
    assert recovery.reap(world.transaction, world.now + timedelta(seconds=16)) == 1
    job = world.job()
    assert (job.state, job.attempts, job.crash_count, job.token) == ("ready", 1, 1, lease.token)


def test_a_lease_that_is_renewed_stays_and_one_that_was_lost_is_told(world: World) -> None:
    world.open_case()
    with world.transaction() as session:
        (lease,) = jobs.claim(session, "lives", 1, world.now)
    later = world.now + timedelta(seconds=10)
    with world.transaction() as session:
        assert jobs.renew(session, [lease], later) == {lease.job_id}
    assert recovery.reap(world.transaction, later + timedelta(seconds=14)) == 0
    assert recovery.reap(world.transaction, later + timedelta(seconds=16)) == 1
    with world.transaction() as session:
        assert jobs.renew(session, [lease], later) == set()


def test_what_was_claimed_and_not_begun_goes_back_without_an_attempt(world: World) -> None:
    world.open_case()
    with world.transaction() as session:
        leases = jobs.claim(session, "stops", 5, world.now)
        jobs.release(session, leases, world.now)
    assert (world.job().state, world.job().attempts) == ("ready", 0)


def test_a_connection_has_no_more_calls_out_than_its_slots(world: World) -> None:
    for _ in range(6):
        world.open_case()
    with world.transaction() as session:
        first = jobs.claim(session, "one", 10, world.now)
    with world.transaction() as session:
        second = jobs.claim(session, "two", 10, world.now)
    assert (len(first), len(second)) == (4, 0)


def test_two_workers_never_claim_the_same_job(world: World) -> None:
    for _ in range(3):
        world.open_case()
    taken = []
    for owner in ("one", "two", "one", "two"):
        with world.transaction() as session:
            taken += [lease.job_id for lease in jobs.claim(session, owner, 1, world.now)]
    assert len(taken) == len(set(taken)) == 3


def test_a_suspended_case_keeps_its_jobs_and_burns_none(world: World) -> None:
    case = world.open_case()
    with world.transaction() as session:
        execution.execute(session, case.case_id, SuspendCase(), SYSTEM, "test", world.now)
    for _ in range(20):
        world.tick(minutes=1)
    assert (world.job().state, world.job().attempts) == ("ready", 0)


def test_workers_that_are_silent_for_an_hour_are_forgotten(world: World) -> None:
    with world.transaction() as session:
        recovery.beat(session, "old", "host", 1, NOW - timedelta(hours=2))
        recovery.beat(session, "new", "host", 2, NOW)
        recovery.sweep(session, NOW)
    assert [row.id for row in world.rows(WorkerRow)] == ["new"]


def test_a_clock_that_was_set_is_one_incident_and_settled_once(world: World) -> None:
    step = timedelta(hours=1)
    with world.transaction() as session:
        assert not recovery.clock_stepped(session, "w", step, NOW)
        assert not recovery.clock_stepped(session, "w", step, NOW)
    (incident,) = world.incidents()
    with world.transaction() as session:
        session.get_one(type(incident), incident.id).state = "resolved"
    with world.transaction() as session:
        assert recovery.clock_stepped(session, "w", step, NOW)
        assert not recovery.clock_stepped(session, "w", step, NOW)
    assert len(world.incidents()) == 1


def test_only_a_paused_case_is_waited_for_and_every_other_refusal_counts(
    world: World, kinds: dict[str, Callable[[Transaction, int, datetime], bool]]
) -> None:
    def refuse(transaction: Transaction, job_id: int, now: datetime) -> bool:
        raise Conflict("It is not possible.", code="ELSE")

    kinds["refused"] = refuse
    add_jobs(world, "refused", 1)
    for _ in range(5):
        world.tick(minutes=10)
    assert [(job.state, job.attempts) for job in world.rows(JobRow)] == [("dead", 3)]
    assert [one.family for one in world.incidents()] == [INSTALLATION]


def test_timers_wait_where_only_other_kinds_are_wanted(
    world: World, kinds: dict[str, Callable[[Transaction, int, datetime], bool]]
) -> None:
    done: list[int] = []
    kinds[jobs.TIMER] = kinds["noted"] = struck(done)
    add_jobs(world, jobs.TIMER, 1)
    (noted,) = add_jobs(world, "noted", 1)
    assert worker.within(world.transaction, NOW, kinds={"noted"}) == 1
    assert done == [noted]


def test_a_worker_whose_clock_was_set_goes_on_with_messages_and_calls_and_holds_timers_back(
    world: World, kinds: dict[str, Callable[[Transaction, int, datetime], bool]]
) -> None:
    done: list[int] = []
    kinds[jobs.TIMER] = kinds[messages.KIND] = struck(done)
    (timer,), (message,) = add_jobs(world, jobs.TIMER, 1), add_jobs(world, messages.KIND, 1)
    clock = [NOW]
    around = beat.Surroundings(world.transaction, lambda: clock[0], timedelta, "sqlite://")
    one = beat.Beat(around)
    clock[0] += timedelta(hours=1)
    case = world.open_case()
    one.look()
    assert one.stop()
    assert done == [message]
    assert world.states(case.case_id)["SV1"] == "completed"
    (incident,) = world.incidents()
    with world.transaction() as session:
        incidents.acknowledge(session, incident.id, SYSTEM, clock[0], "It is right now.")
    assert (incident.family, timer) == (INSTALLATION, world.rows(JobRow)[0].id)


def test_a_row_that_no_database_takes_harms_no_other_job_and_waits_for_a_person_in_the_end(
    world: World, kinds: dict[str, Callable[[Transaction, int, datetime], bool]]
) -> None:
    done: list[int] = []

    def wrong(transaction: Transaction, job_id: int, now: datetime) -> bool:
        with transaction() as session:
            session.execute(
                insert(JobRow).values(id=job_id, kind="again", mode="tx", run_at=now, created_at=now)
            )
        return True

    kinds.update(wrong=wrong, right=struck(done))
    add_jobs(world, "wrong", 1)
    (good,) = add_jobs(world, "right", 1)
    world.tick()
    assert done == [good]
    for _ in range(5):
        world.tick(hours=1)
    assert (world.job().state, world.job().attempts) == ("dead", 3)
    (incident,) = world.incidents()
    assert incident.message.startswith("IntegrityError: ")
    assert "INSERT" not in incident.message


def test_a_database_that_is_away_is_put_down_to_no_job(
    world: World, kinds: dict[str, Callable[[Transaction, int, datetime], bool]]
) -> None:
    def cut_off(transaction: Transaction, job_id: int, now: datetime) -> bool:
        raise OperationalError("SELECT 1", None, OSError("the server closed the connection"))

    kinds["wrong"] = cut_off
    add_jobs(world, "wrong", 1)
    with pytest.raises(OperationalError):
        world.tick()
    assert (world.job().state, world.job().attempts) == ("ready", 0)
