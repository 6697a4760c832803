"""Incidents: opened with the dead job; tried again, answered by hand or given up, always with a reason."""

import pytest
from sqlalchemy import select

from cases.errors import Conflict, Invalid, NotAllowed, NotFound
from cases.persistence import codec
from cases.persistence.jobs import IncidentRow, JobRow
from cases.persistence.journal import JournalRow
from cases.policy.access import SYSTEM, Actor, Grant
from cases.services import incidents
from tests.integration.cases.services.outside import Peer, Reply, World
from tests.integration.cases.services.test_service_steps import KEY, finish

CLERK = Actor(7, "clara", "Clara", frozenset({Grant("loans", "clerk", operator=True)}))
READER = Actor(8, "rita", "Rita", frozenset({Grant("loans", "head", supervisor=True, read_only=True)}))
STRANGER = Actor(9, "stan", "Stan", frozenset({Grant("other", "clerk", operator=True)}))


@pytest.fixture
def failed(world: World, served: Peer) -> int:
    """A case whose payment has failed for good; its incident is number 1."""
    served.script = [Reply(status=402)]
    case = world.open_case()
    world.tick()
    assert [row.state for row in world.rows(IncidentRow)] == ["open"]
    return case.case_id


def incident(world: World) -> IncidentRow:
    (row,) = world.rows(IncidentRow)
    return row  # type: ignore[no-any-return]


def test_a_retry_calls_again_with_the_same_key_and_is_resolved_once_it_has_run(
    world: World, served: Peer, failed: int
) -> None:
    number = incident(world).id
    with world.transaction() as session:
        incidents.retry(session, number, CLERK, world.now, "There is money again.")
    assert incident(world).state == "retrying"
    states = world.states(failed)
    assert (states["SV1"], world.job().state) == ("active", "ready")
    world.tick()
    assert world.states(failed)["SV1"] == "completed"
    assert [call.key for call in served.requests] == [KEY, KEY]
    row = incident(world)
    assert (row.state, row.resolution, row.resolved_by, row.reason) == (
        "resolved",
        "retried",
        CLERK.user_id,
        "There is money again.",
    )


def test_a_retry_that_fails_opens_the_same_incident_again(world: World, served: Peer, failed: int) -> None:
    served.script = [Reply(status=402)]
    number = incident(world).id
    with world.transaction() as session:
        incidents.retry(session, number, CLERK, world.now, "Try.")
    world.tick()
    row = incident(world)
    assert (row.state, row.code) == ("open", "insufficient_funds")
    assert world.job().state == "dead"
    assert world.states(failed)["SV1"] == "failed"


def test_an_answer_by_hand_completes_the_step_and_calls_nobody(
    world: World, served: Peer, failed: int
) -> None:
    number = incident(world).id
    with world.transaction() as session:
        answer = {"paymentId": "by hand"}
        incidents.resolve_by_hand(session, number, answer, CLERK, world.now, "Paid at the counter.")
    assert world.states(failed)["SV1"] == "completed"
    assert world.file(failed)["SV1"] == {"paymentId": "by hand"}
    assert (incident(world).state, incident(world).resolution) == ("resolved", "by_hand")
    assert world.rows(JobRow) == []
    world.tick(days=1)
    assert len(served.requests) == 1


def test_giving_up_ends_the_step(world: World, served: Peer, failed: int) -> None:
    number = incident(world).id
    with world.transaction() as session:
        incidents.give_up(session, number, CLERK, world.now, "The customer has gone.")
    assert world.states(failed)["SV1"] == "terminated"
    assert (incident(world).state, incident(world).resolution) == ("resolved", "given_up")
    assert world.rows(JobRow) == []
    world.tick(days=1)
    assert len(served.requests) == 1


def test_who_decided_and_why_stands_in_the_journal(world: World, failed: int) -> None:
    number = incident(world).id
    with world.transaction() as session:
        incidents.give_up(session, number, CLERK, world.now, "The customer has gone.")
        rows = session.scalars(
            select(JournalRow).where(JournalRow.case_id == failed).order_by(JournalRow.version)
        ).all()
    assert rows[-1].actor == "clara"
    command, _ = codec.unpack_entry(rows[-1].body or b"")
    assert (command.data["decision"], command.data["reason"]) == ("given_up", "The customer has gone.")


def test_a_step_that_ends_otherwise_takes_its_incident_with_it(world: World, failed: int) -> None:
    finish(world, failed, "T3")
    assert world.states(failed)["SV1"] == "terminated"
    assert (incident(world).state, incident(world).resolution) == ("resolved", "left")
    assert world.rows(JobRow) == []


def test_who_may_not_see_it_finds_nothing_and_who_may_only_see_it_decides_nothing(
    world: World, failed: int
) -> None:
    number = incident(world).id
    with pytest.raises(NotFound), world.transaction() as session:
        incidents.retry(session, number, STRANGER, world.now, "Because.")
    with pytest.raises(NotAllowed), world.transaction() as session:
        incidents.retry(session, number, READER, world.now, "Because.")
    with pytest.raises(Invalid), world.transaction() as session:
        incidents.retry(session, number, CLERK, world.now, " ")
    with pytest.raises(NotFound), world.transaction() as session:
        incidents.give_up(session, 999, CLERK, world.now, "Because.")
    assert incident(world).state == "open"
    assert world.states(failed)["SV1"] == "failed"


def test_what_is_decided_cannot_be_decided_again(world: World, failed: int) -> None:
    number = incident(world).id
    with world.transaction() as session:
        incidents.retry(session, number, CLERK, world.now, "Because.")
    with pytest.raises(Conflict), world.transaction() as session:
        incidents.give_up(session, number, CLERK, world.now, "Because.")
    assert world.states(failed)["SV1"] == "active"


def test_a_dead_message_is_tried_again_by_who_administers(world: World) -> None:
    world.post({"externalId": "A-1", "channel": "web", "amount": 5})
    with world.transaction() as session:
        session.query(JobRow).update({"payload": codec.pack({"inbox": 12345})})
    for _ in range(6):
        world.tick(hours=1)
    row = incident(world)
    assert (row.kind, row.state, row.case_id) == ("message", "open", None)
    with world.transaction() as session:
        incidents.retry(session, row.id, SYSTEM, world.now, "Mended.")
    assert world.job().state == "ready"
