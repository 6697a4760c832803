"""One decision about many incidents: each with a result of its own, and of a retry only when it has run."""

from collections.abc import Sequence
from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from cases.errors import Invalid, NotFound
from cases.persistence.batches import BatchItemRow, BatchRow
from cases.persistence.jobs import IncidentRow, JobRow
from cases.policy.access import Actor
from cases.queries import incident_page
from cases.queries.incident_page import BatchPage
from cases.scheduler import worker
from cases.services import identity, incident_batches, incidents, people
from tests.integration.cases.services.outside import Peer, Reply, World
from tests.integration.cases.services.test_service_steps import finish


@pytest.fixture
def olga(world: World) -> Actor:
    """Somebody of the installation who looks after failed steps: a batch belongs to a person."""
    return person(world, "olga", "clerk")


def person(world: World, name: str, role: str) -> Actor:
    with world.transaction() as session:
        user = people.create_user(session, name, name.title(), "none", world.now)
        people.grant(session, user, "loans", role, world.now)
        return Actor(user, name, name.title(), identity.grants_of(session, user, world.now))


def failed(world: World, served: Peer, number: int) -> list[int]:
    """So many cases whose payment has failed; the numbers of their incidents."""
    served.otherwise = Reply(status=402)
    for _ in range(number):
        world.open_case()
    world.tick()
    served.otherwise = Reply()
    return sorted(row.id for row in world.incidents())


def ask(world: World, kind: str, ids: Sequence[int], actor: Actor) -> int:
    with world.transaction() as session:
        batch = incident_batches.ask(session, kind, ids, "There is money again.", actor, world.now)
    if len(ids) <= incident_batches.AT_ONCE:
        incident_batches.run(world.transaction, batch, world.now)
    return batch


def page(world: World, batch: int, actor: Actor) -> BatchPage:
    with world.database.reading() as session:
        return incident_page.load_batch(session, batch, actor)


def outcomes(world: World, batch: int, actor: Actor) -> list[str]:
    return [line.outcome for line in page(world, batch, actor).lines]


def test_of_many_that_are_retried_each_says_what_came_of_it_when_it_has_run(
    world: World, served: Peer, olga: Actor
) -> None:
    ids = failed(world, served, 4)
    with world.transaction() as session:
        incidents.retry(session, ids[1], olga, world.now, "This one first.")
    world.tick()  # it has healed meanwhile
    batch = ask(world, incident_batches.RETRY, ids, olga)
    assert outcomes(world, batch, olga) == ["running", "refused", "running", "running"]
    served.script = [Reply(status=402)]
    world.tick()
    found = page(world, batch, olga)
    assert sorted(line.outcome for line in found.lines) == ["failed", "healed", "healed", "refused"]
    (again,) = [line for line in found.lines if line.outcome == "failed"]
    assert again.code == "insufficient_funds"
    assert again.incident is not None
    assert again.incident.failed_again is not None
    # What is decided later changes nothing of what this batch did.
    with world.transaction() as session:
        incidents.retry(session, again.incident.id, olga, world.now, "Once more.")
    world.tick()
    assert outcomes(world, batch, olga).count("failed") == 1


def test_a_retry_whose_step_ends_otherwise_is_not_called_healed(
    world: World, served: Peer, olga: Actor
) -> None:
    ids = failed(world, served, 1)
    case = world.cases()[0].id
    batch = ask(world, incident_batches.RETRY, ids, olga)
    finish(world, case, "T3")
    world.tick()
    assert outcomes(world, batch, olga) == ["left"]


def test_more_than_a_few_are_decided_by_a_job_with_the_same_result(
    world: World, served: Peer, olga: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incident_batches, "AT_ONCE", 2)
    ids = failed(world, served, 3)
    batch = ask(world, incident_batches.GIVE_UP, ids, olga)
    assert outcomes(world, batch, olga) == ["waiting"] * 3
    world.tick()
    assert outcomes(world, batch, olga) == ["given_up"] * 3
    assert world.rows(JobRow) == world.incidents() == []
    (row,) = world.rows(BatchRow)
    assert (row.state, row.ended_at) == ("done", world.now)


def test_a_batch_that_was_cut_off_goes_on_where_it_stopped(world: World, served: Peer, olga: Actor) -> None:
    ids = failed(world, served, 2)
    with world.transaction() as session:
        batch = incident_batches.ask(session, incident_batches.GIVE_UP, ids, "By letter.", olga, world.now)
        first = session.get_one(BatchItemRow, (batch, 0))
        first.state, first.code = "done", "GIVEN_UP"
    incident_batches.run(world.transaction, batch, world.now)
    assert {row.id: row.state for row in world.rows(IncidentRow)} == {ids[0]: "open", ids[1]: "resolved"}


def test_a_few_whose_request_ended_before_it_decided_are_decided_by_a_job(
    world: World, served: Peer, olga: Actor
) -> None:
    ids = failed(world, served, 2)
    with world.transaction() as session:
        batch = incident_batches.ask(session, incident_batches.GIVE_UP, ids, "By letter.", olga, world.now)
    world.tick()
    assert outcomes(world, batch, olga) == ["waiting"] * 2  # whoever asked is given the time for it
    later = world.now + incident_batches.GRACE
    worker.tick(world.transaction, later)
    assert outcomes(world, batch, olga) == ["given_up"] * 2
    assert world.rows(JobRow) == world.incidents() == []
    assert world.rows(BatchRow)[0].state == "done"


def test_a_few_that_were_decided_at_once_leave_no_job(world: World, served: Peer, olga: Actor) -> None:
    ids = failed(world, served, 2)
    ask(world, incident_batches.GIVE_UP, ids, olga)
    assert world.rows(JobRow) == []
    assert world.rows(BatchRow)[0].state == "done"


@pytest.mark.parametrize("at_once", [20, 2])
def test_one_that_raises_what_nobody_expected_has_failed_and_the_others_go_on(
    world: World, served: Peer, olga: Actor, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(incident_batches, "AT_ONCE", at_once)
    ids = failed(world, served, 3)

    def breaks(session: Session, incident: int, actor: Actor, now: datetime, reason: str) -> None:
        incidents.give_up(session, incident, actor, now, reason)
        if incident == ids[1]:
            raise RuntimeError("a fault of ours")

    monkeypatch.setitem(incident_batches._DECISIONS, incident_batches.GIVE_UP, breaks)  # type: ignore[arg-type]
    batch = ask(world, incident_batches.GIVE_UP, ids, olga)
    world.tick()
    assert outcomes(world, batch, olga) == ["given_up", "failed", "given_up"]
    assert page(world, batch, olga).lines[1].code == incident_batches.FAULT
    assert [row.id for row in world.incidents()] == [ids[1]]
    assert world.rows(BatchRow)[0].state == "done"
    assert [job.kind for job in world.rows(JobRow) if job.kind == incident_batches.KIND] == []


def test_the_batch_of_who_has_left_since_decides_nothing(world: World, served: Peer, olga: Actor) -> None:
    ids = failed(world, served, 2)
    with world.transaction() as session:
        batch = incident_batches.ask(session, incident_batches.GIVE_UP, ids, "By letter.", olga, world.now)
        people.disable(session, olga.user_id or 0, world.now)
    incident_batches.run(world.transaction, batch, world.now)
    assert [item.state for item in world.rows(BatchItemRow)] == ["refused", "refused"]
    assert len(world.incidents()) == 2


def test_whoever_lost_the_right_meanwhile_decides_nothing(world: World, served: Peer, olga: Actor) -> None:
    ids = failed(world, served, 2)
    with world.transaction() as session:
        batch = incident_batches.ask(session, incident_batches.GIVE_UP, ids, "By letter.", olga, world.now)
        people.revoke(session, olga.user_id, "loans", "clerk", world.now)
    incident_batches.run(world.transaction, batch, world.now)
    assert outcomes(world, batch, olga) == ["refused", "refused"]
    assert len(world.incidents()) == 2


def test_a_wish_says_what_is_meant_and_why_and_is_its_owner_s_alone(
    world: World, served: Peer, olga: Actor
) -> None:
    ids = failed(world, served, 1)
    wrong: list[tuple[str, list[int], str]] = [
        (incident_batches.RETRY, [], "Why."),
        (incident_batches.RETRY, ids, " "),
        ("nonsense", ids, "Why."),
        (incident_batches.RETRY, list(range(1, incident_batches.MOST + 2)), "Why."),
    ]
    now: datetime = world.now
    for kind, chosen, reason in wrong:
        with pytest.raises(Invalid), world.transaction() as session:
            incident_batches.ask(session, kind, chosen, reason, olga, now)
    batch = ask(world, incident_batches.RETRY, ids, olga)
    other = person(world, "otto", "clerk")
    with pytest.raises(NotFound):
        page(world, batch, other)
