"""Incidents: opened with the dead job; tried again, answered by hand or given up, always with a reason."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.database import Database
from cases.errors import Conflict, Invalid, NotAllowed, NotFound
from cases.persistence import codec
from cases.persistence.jobs import IncidentRow, JobRow
from cases.persistence.journal import JournalRow
from cases.policy.access import INSTALLATION, SYSTEM, Actor, Grant
from cases.queries import incidents as queries
from cases.services import deployments, incidents, recovery
from tests.integration.cases.services.outside import Peer, Reply, World, app_files
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


# --- what has no case

BOSS = Actor(10, "olga", "Olga", frozenset({Grant(INSTALLATION, "admin", administrator=True)}))


def test_a_message_that_cannot_be_applied_is_seen_and_retried_by_the_people_of_its_family(
    world: World,
) -> None:
    answer = {"externalId": "a", "channel": "web", "amount": 5}
    assert world.post(answer).status == 202
    deploy_asking_for_more(world)
    for _ in range(10):
        world.tick(minutes=10)
    with world.database.reading() as session:
        (cause,) = queries.by_cause(session, CLERK)
        assert queries.by_cause(session, STRANGER) == ()
    assert (len(world.cases()), cause.incidents[0].may_resolve) == (0, True)
    with world.transaction() as session:
        deployments.deploy(session, app_files(), SYSTEM, world.now)
        incidents.retry(session, cause.incidents[0].id, CLERK, world.now, "The app is mended.")
    world.tick()
    (case,) = world.cases()
    assert case.business_key == "LN-2026-0001"
    assert incident(world).state == "resolved"


def test_a_clock_that_was_set_is_seen_and_settled_by_who_looks_after_the_installation(world: World) -> None:
    step = timedelta(hours=1)
    with world.transaction() as session:
        assert not recovery.clock_stepped(session, "w", step, world.now)
    with world.database.reading() as session:
        assert queries.by_cause(session, CLERK) == ()
        (cause,) = queries.by_cause(session, BOSS)
    with world.transaction() as session:
        incidents.acknowledge(session, cause.incidents[0].id, BOSS, world.now, "The clock is right now.")
    with world.transaction() as session:
        assert recovery.clock_stepped(session, "w", step, world.now)


def deploy_asking_for_more(world: World) -> None:
    files = app_files()
    schema = json.loads(files["intake/loan.schema.json"])
    schema["required"].append("policy")
    files["intake/loan.schema.json"] = json.dumps(schema).encode()
    with world.transaction() as session:
        deployments.deploy(session, files, SYSTEM, world.now)


def test_a_step_that_one_may_not_see_is_tried_again_but_not_answered(
    database: Database, served: Peer
) -> None:
    files = app_files()
    model = files["loan.cmmn"]
    files["loan.cmmn"] = model.replace(b'name="SV1"/>', b'name="SV1" cw:visible="head"/>', 1)
    assert files["loan.cmmn"] != model
    files["app.toml"] += b'\n[roles.head]\ntitle = "Head"\n'
    served.script = [Reply(status=402)]
    world = World(database, served, files)
    world.open_case()
    world.tick()
    number = incident(world).id
    with world.transaction() as session, pytest.raises(NotFound):
        incidents.resolve_by_hand(session, number, {"paymentId": "1"}, CLERK, world.now, "Paid.")
    assert incident(world).state == "open"
    with world.transaction() as session:
        incidents.retry(session, number, CLERK, world.now, "Try.")
    assert incident(world).state == "retrying"
