"""Incidents: opened with the dead job; tried again, answered by hand or given up, always with a reason."""

import json
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database import Database
from cases.errors import Conflict, Invalid, NotAllowed, NotFound
from cases.persistence import codec
from cases.persistence.base import take_number
from cases.persistence.jobs import IncidentRow, JobRow
from cases.persistence.journal import JournalRow
from cases.persistence.limits import BreakerRow
from cases.persistence.messages import InboxRow
from cases.policy.access import INSTALLATION, SYSTEM, Actor, Grant
from cases.queries import incident_page
from cases.queries import incidents as queries
from cases.queries.incident_rows import HIDDEN
from cases.services import connections, deployments, execution, incidents, instances, messages, recovery
from cases.services.incidents import ByHand
from cases.services.instances import NewCase
from cases.services.numbers import counter_of
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
        given = ByHand({"paymentId": "by hand"}, "BANK-1")
        incidents.resolve_by_hand(session, number, given, CLERK, world.now, "Paid at the counter.")
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
        incidents.resolve_by_hand(session, number, ByHand({"paymentId": "1"}), CLERK, world.now, "Paid.")
    assert incident(world).state == "open"
    with world.transaction() as session:
        incidents.retry(session, number, CLERK, world.now, "Try.")
    assert incident(world).state == "retrying"


# --- what is kept of the calls


def test_the_incident_keeps_what_was_asked_and_answered_and_each_try_but_no_secret(
    world: World, served: Peer
) -> None:
    with world.transaction() as session:
        connections.set_secret(
            session, "connection:pay", "header:X-Api-Key", "canary-secret", actor=SYSTEM, now=world.now
        )
    served.script = [
        Reply(status=503),
        Reply(status=402, body=b'{"reason": "empty", "token": "canary-token"}', headers={"X-Trace": "t1"}),
    ]
    world.open_case()
    world.tick()
    world.tick(seconds=2)
    details = incident(world).details
    assert [(one["code"], one["status"], one["attempt"]) for one in details["tries"]] == [
        ("HTTP_503", 503, 1),
        ("insufficient_funds", 402, 2),
    ]
    assert (details["request"]["path"], details["request"]["body"]) == ("/pay/v1/payments", {"amount": 100})
    assert details["request"]["headers"]["Idempotency-Key"] == "LN-2026-0001:pay"
    assert details["answer"]["body"]["reason"] == "empty"
    assert details["answer"]["headers"]["x-trace"] == "t1"
    assert "canary" not in json.dumps(details)


@pytest.mark.parametrize(
    "body", [b'{"a": "\\u0000\\ud800", "n": 1e999, "x": NaN}', b"\x00\xff no JSON", b"[" * 500 + b"]" * 500]
)
def test_no_answer_of_a_service_is_too_strange_to_be_written_down(
    world: World, served: Peer, body: bytes
) -> None:
    served.script = [Reply(status=402, body=body)]
    world.open_case()
    world.tick()
    assert (incident(world).code, world.job().state) == ("insufficient_funds", "dead")


# --- by hand


def test_an_answer_by_hand_that_breaks_the_contract_names_its_fields_and_changes_nothing(
    world: World, failed: int
) -> None:
    number = incident(world).id
    with pytest.raises(Invalid) as refused, world.transaction() as session:
        incidents.resolve_by_hand(session, number, ByHand({"paymentId": " "}), CLERK, world.now, "Paid.")
    assert {problem.where for problem in refused.value.problems} == {"paymentId", "reference"}
    assert (incident(world).state, world.states(failed)["SV1"]) == ("open", "failed")


def test_a_payment_by_hand_has_a_reference_of_its_own_and_stands_in_the_journal(
    world: World, failed: int
) -> None:
    number = incident(world).id
    with world.transaction() as session:
        given = ByHand({"paymentId": "P-9"}, "BANK-9", '"LN-2026-0001:pay"'.strip('"'))
        incidents.resolve_by_hand(session, number, given, CLERK, world.now, "Paid at the bank.")
        last = session.scalars(
            select(JournalRow).where(JournalRow.case_id == failed).order_by(JournalRow.version.desc())
        ).first()
    assert last is not None
    command, _ = codec.unpack_entry(last.body or b"")
    assert command.data | {"reference": "BANK-9", "key": "LN-2026-0001:pay"} == command.data
    assert incident(world).details["by_hand"]["reference"] == "BANK-9"


def test_what_the_case_knows_already_is_no_reference_of_another_payment(world: World, served: Peer) -> None:
    served.script = [Reply(status=402)]
    with world.transaction() as session:
        counter = counter_of(world.app(session), world.now)
    claim = {"amount": 5, "earlier": "BANK-1"}
    new = NewCase(app_key="loans", inputs={"claim": claim}, number=take_number(world.transaction, counter))
    with world.transaction() as session:
        instances.start(session, new, SYSTEM, "test", world.now)
    world.tick()
    given = ByHand({"paymentId": "P-9"}, "BANK-1")
    number = incident(world).id
    with pytest.raises(Invalid, match="another payment"), world.transaction() as session:
        incidents.resolve_by_hand(session, number, given, CLERK, world.now, "Paid.")


def test_a_reference_is_of_one_payment_however_that_was_answered(world: World, failed: int) -> None:
    given = ByHand({"paymentId": "P-9"}, "BANK-9")
    with world.transaction() as session:
        known = {"by_hand": {"reference": "BANK-9", "key": "LN-2026-0001:earlier"}}
        session.add(
            IncidentRow(case_id=failed, kind="step", state="resolved", details=known, opened_at=world.now)
        )
        number = session.scalars(select(IncidentRow.id).where(IncidentRow.state == "open")).one()
    with pytest.raises(Invalid, match="another payment"), world.transaction() as session:
        incidents.resolve_by_hand(session, number, given, CLERK, world.now, "Paid.")


def test_an_answer_for_another_key_than_the_step_has_is_refused(world: World, failed: int) -> None:
    given = ByHand({"paymentId": "P-9"}, "BANK-9", "LN-2026-0001:pay:2")
    number = incident(world).id
    with pytest.raises(Conflict) as refused, world.transaction() as session:
        incidents.resolve_by_hand(session, number, given, CLERK, world.now, "Paid.")
    assert refused.value.code == "OTHER_KEY"


# --- at the same time


def test_a_decision_while_it_is_tried_again_is_refused_in_clear_words(world: World, failed: int) -> None:
    number = incident(world).id
    with world.transaction() as session:
        incidents.retry(session, number, CLERK, world.now, "Because.")
    given = ByHand({"paymentId": "P-9"}, "BANK-9")
    decisions: tuple[Callable[[Session], None], ...] = (
        lambda session: incidents.retry(session, number, CLERK, world.now, "Again."),
        lambda session: incidents.give_up(session, number, CLERK, world.now, "Enough."),
        lambda session: incidents.resolve_by_hand(session, number, given, CLERK, world.now, "Paid."),
    )
    for decide in decisions:
        with pytest.raises(Conflict, match="tried again") as refused, world.transaction() as session:
            decide(session)
        assert refused.value.code == "BEING_RETRIED"


def test_of_two_people_who_decide_at_once_one_is_refused(world: World, failed: int) -> None:
    number, start = incident(world).id, threading.Barrier(2)
    outcomes: list[str] = []

    def decide(work: Callable[[Session], None]) -> None:
        start.wait(10)
        try:
            execution.retrying(world.transaction, work)
        except Conflict as conflict:
            outcomes.append(conflict.code)
        else:
            outcomes.append("done")

    works: tuple[Callable[[Session], None], ...] = (
        lambda session: incidents.retry(session, number, CLERK, world.now, "Try."),
        lambda session: incidents.give_up(session, number, CLERK, world.now, "Enough."),
    )
    threads = [threading.Thread(target=decide, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(outcomes) == 2
    assert outcomes.count("done") == 1
    world.tick()
    assert world.states(failed)["SV1"] in {"completed", "terminated"}


# --- after it ran


def test_a_retry_says_when_it_began_and_what_came_of_it_each_time(
    world: World, served: Peer, failed: int
) -> None:
    number = incident(world).id
    served.script = [Reply(status=402)]
    for passed in (0, 5):
        world.tick(minutes=passed)
        with world.transaction() as session:
            incidents.retry(session, number, CLERK, world.now, "Try.")
        with world.database.reading() as session:
            ((one,),) = [cause.incidents for cause in queries.by_cause(session, CLERK)]
        assert (one.state, one.retries[-1].at, one.retries[-1].outcome) == ("retrying", world.now, "")
        world.tick()
    assert (incident(world).state, incident(world).resolution) == ("resolved", "retried")
    outcomes = [one["outcome"] for one in incident(world).details["retries"]]
    assert outcomes == ["insufficient_funds", "HEALED"]
    with world.database.reading() as session:
        assert [one.id for one in queries.healed(session, CLERK, world.now)] == [number]
        assert queries.healed(session, CLERK, world.now + timedelta(hours=1)) == ()


def test_a_retry_that_the_breaker_parks_says_until_when(world: World, failed: int) -> None:
    number = incident(world).id
    with world.transaction() as session:
        session.add(BreakerRow(connector="pay", state="open", failures=9, opened_at=world.now))
        incidents.retry(session, number, CLERK, world.now, "Try.")
    world.tick()
    with world.database.reading() as session:
        ((one,),) = [cause.incidents for cause in queries.by_cause(session, CLERK)]
    assert (one.is_parked, one.next_at) == (True, world.now + timedelta(seconds=60))
    assert one.state == "retrying"
    world.tick(seconds=61)
    assert incident(world).state == "resolved"


def test_a_step_that_ends_otherwise_while_it_is_retried_has_not_healed(world: World, failed: int) -> None:
    number = incident(world).id
    with world.transaction() as session:
        incidents.retry(session, number, CLERK, world.now, "Try.")
    finish(world, failed, "T3")
    with world.transaction() as session:
        recovery.sweep(session, world.now)
    assert (incident(world).state, incident(world).resolution) == ("resolved", "left")


# --- older data, messages


def test_an_incident_without_a_family_is_seen_by_the_people_of_its_case(world: World, failed: int) -> None:
    number = incident(world).id
    with world.transaction() as session:
        session.get_one(IncidentRow, number).family = None
    with world.database.reading() as session:
        assert len(queries.by_cause(session, CLERK)) == queries.count(session, CLERK).number == 1
        assert queries.by_cause(session, STRANGER) == queries.by_cause(session, BOSS) == ()
    with world.transaction() as session:
        incidents.retry(session, number, CLERK, world.now, "Try.")
    world.tick()
    assert incident(world).state == "resolved"


def test_a_message_that_is_given_up_is_refused_and_may_come_again(world: World) -> None:
    payload = {"externalId": "a", "channel": "web", "amount": 5}
    assert world.post(payload).status == 202
    deploy_asking_for_more(world)
    for _ in range(10):
        world.tick(minutes=10)
    number = incident(world).id
    with world.transaction() as session:
        incidents.give_up(session, number, CLERK, world.now, "The sender was asked.")
    (message,) = world.rows(InboxRow)
    assert (message.state, message.code, message.body) == ("rejected", messages.GIVEN_UP, None)
    assert world.rows(JobRow) == []
    with world.transaction() as session:
        deployments.deploy(session, app_files(), SYSTEM, world.now)
    assert world.post(payload).status == 202
    world.tick()
    assert len(world.cases()) == 1


def test_what_was_asked_is_in_dots_where_it_holds_what_one_may_not_see(
    database: Database, served: Peer
) -> None:
    files = app_files()
    model = files["loan.cmmn"]
    files["loan.cmmn"] = model.replace(b'name="claim"/>', b'name="claim" cw:visible="head"/>', 1)
    assert files["loan.cmmn"] != model
    before, _, after = files["app.toml"].partition(b"[search.policy]")  # nobody searches what is hidden
    files["app.toml"] = before + after[after.index(b"[intake.loans]") :]
    files["app.toml"] += b'\n[roles.head]\ntitle = "Head"\noperator = true\n'
    served.script = [Reply(status=402, body=b'{"echo": 4711}')]
    world = World(database, served, files)
    world.open_case(amount=4711)
    world.tick()
    head = Actor(11, "hugo", "Hugo", frozenset({Grant("loans", "head", operator=True)}))
    with world.database.reading() as session:
        ((hidden,),) = [cause.incidents for cause in queries.by_cause(session, CLERK)]
        ((shown,),) = [cause.incidents for cause in queries.by_cause(session, head)]
    assert (shown.exchange.request["body"], shown.exchange.answer["body"]) == (
        {"amount": 4711},
        {"echo": 4711},
    )
    assert hidden.step == "Pay"
    assert hidden.exchange.request["body"] == {"amount": HIDDEN}
    assert "4711" not in str(hidden)
    with world.database.reading() as session:
        page = incident_page.load(session, hidden.id, CLERK)
    assert page.money == incident_page.Money("", "", "LN-2026-0001:pay")
