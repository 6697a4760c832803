"""One service step: its tries, its answers, its fallbacks, and who may write what came of it."""

import json
from datetime import timedelta

import pytest

from cases.cmmn.commands import Complete, ResumeCase, SuspendCase
from cases.connectors.http import LARGEST_ANSWER
from cases.persistence import codec
from cases.persistence.connections import ConnectionRow
from cases.persistence.jobs import JobRow
from cases.persistence.journal import JournalRow
from cases.persistence.limits import BreakerRow
from cases.policy.access import SYSTEM
from cases.services import connections, execution, jobs, recovery, service_steps
from tests.integration.cases.services.outside import Opener, Peer, Reply, World

BUSY = Reply(status=503)
KEY = '"LN-2026-0001:pay"'


def test_a_step_is_called_with_the_headers_of_the_contract_and_completes(world: World, served: Peer) -> None:
    case = world.open_case(amount=100)
    world.tick()
    states = world.states(case.case_id)
    assert (states["SV1"], states["T1"], states["T2"]) == ("completed", "active", "available")
    assert world.file(case.case_id)["SV1"] == {"paymentId": "p1"}
    (call,) = served.requests
    assert (call.method, call.path, call.key) == ("POST", "/pay/v1/payments", KEY)
    assert json.loads(call.body) == {"amount": 100}
    assert call.headers["X-Case-Key"] == "LN-2026-0001"
    assert call.headers["X-Step"] == "SV1"
    assert call.headers["X-Attempt"] == "1"
    assert call.headers["traceparent"].startswith("00-")
    assert world.rows(JobRow) == world.incidents() == []


def test_503_three_times_then_200_is_one_effect_under_one_key(world: World, served: Peer) -> None:
    served.script = [BUSY, BUSY, BUSY]
    case = world.open_case()
    for wait in (0, 2, 4, 8):
        world.tick(seconds=wait)
    assert [call.key for call in served.requests] == [KEY] * 4
    assert [call.headers["X-Attempt"] for call in served.requests] == ["1", "2", "3", "4"]
    assert served.effects == {KEY: "p1"}
    assert world.states(case.case_id)["SV1"] == "completed"


def test_a_wait_is_not_cut_short(world: World, served: Peer) -> None:
    served.script = [BUSY]
    world.open_case()
    world.tick()
    assert world.job().run_at == world.now + timedelta(seconds=2)
    world.tick(seconds=1.9)
    assert len(served.requests) == 1


def test_what_the_peer_asks_for_is_never_undercut(world: World, served: Peer) -> None:
    served.script = [Reply(status=429, headers={"Retry-After": "90"})]
    world.open_case()
    world.tick()
    assert world.job().run_at == world.now + timedelta(seconds=90)


def test_a_peer_that_does_it_and_hangs_up_is_asked_again_and_does_it_once(world: World, served: Peer) -> None:
    served.script = [Reply(hangs_up=True)]
    case = world.open_case()
    world.tick()
    assert world.states(case.case_id)["SV1"] == "active"
    world.tick(seconds=2)
    assert world.states(case.case_id)["SV1"] == "completed"
    assert served.effects == {KEY: "p1"}


def test_a_peer_that_knows_no_keys_is_not_asked_again_when_nobody_knows(
    world_with: Opener, served: Peer
) -> None:
    world = world_with(idempotent=False)
    served.script = [Reply(hangs_up=True)]
    case = world.open_case()
    world.tick()
    world.tick(hours=2)
    assert len(served.requests) == 1
    assert world.states(case.case_id)["SV1"] == "failed"
    (incident,) = world.incidents()
    assert incident.code == "UNKNOWN_OUTCOME"


def test_when_all_tries_are_used_up_the_step_fails_with_its_incident_in_one_transaction(
    world: World, served: Peer
) -> None:
    served.otherwise = BUSY
    case = world.open_case()
    for _ in range(4):
        world.tick(minutes=5)
    assert len(served.requests) == 4
    assert world.states(case.case_id) | {"T2": "active"} == world.states(case.case_id)
    (incident,) = world.incidents()
    assert (incident.kind, incident.code, incident.definition) == ("step", "HTTP_503", "SV1")
    assert incident.details["attempts"] == 4
    assert (world.job().state, world.job().id) == ("dead", incident.job_id)
    world.tick(days=1)
    assert len(served.requests) == 4


def test_a_business_fault_fails_at_once(world: World, served: Peer) -> None:
    served.otherwise = Reply(status=402)
    case = world.open_case()
    world.tick()
    assert world.states(case.case_id)["T2"] == "active"
    assert world.incidents()[0].code == "insufficient_funds"
    assert len(served.requests) == 1


def test_a_status_with_a_meaning_completes_the_step(world: World, served: Peer) -> None:
    served.otherwise = Reply(status=404)
    case = world.open_case()
    world.tick()
    assert world.file(case.case_id)["SV1"] == {"paymentId": None, "result": "not_found"}


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"paymentId": 5}' * 2])
def test_an_answer_that_breaks_its_contract_is_an_incident_at_once(
    world_with: Opener, served: Peer, body: bytes
) -> None:
    world = world_with(fallback="answer {paymentId: null}; fault")
    served.otherwise = Reply(body=body)
    world.open_case()
    world.tick()
    assert world.incidents()[0].code == "CONTRACT"
    assert len(served.requests) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 422])
def test_a_refusal_goes_straight_to_the_fallback(world_with: Opener, served: Peer, status: int) -> None:
    world = world_with(fallback='answer {paymentId: "by hand", amount: claim.amount, of: case.key}; fault')
    served.otherwise = Reply(status=status)
    case = world.open_case(amount=7)
    world.tick()
    assert world.file(case.case_id)["SV1"] == {
        "paymentId": "by hand",
        "amount": 7,
        "of": "LN-2026-0001",
    }
    assert len(served.requests) == 1
    assert world.incidents() == []


def test_an_answer_that_is_too_large_is_given_up(world: World, served: Peer) -> None:
    served.otherwise = Reply(body=b" " * (LARGEST_ANSWER + 1))
    world.open_case()
    world.tick()
    assert world.incidents()[0].code == "TOO_LARGE"


def test_a_peer_still_at_work_on_the_key_is_asked_again(world: World, served: Peer) -> None:
    served.script = [Reply(status=409)]
    case = world.open_case()
    world.tick()
    world.tick(seconds=2)
    assert [call.key for call in served.requests] == [KEY, KEY]
    assert world.states(case.case_id)["SV1"] == "completed"


AFTER = "operation pay2.pay after pay.find; fault"


def test_the_second_provider_is_called_only_after_the_first_says_it_has_nothing(
    world_with: Opener, served: Peer
) -> None:
    world = world_with(retry="2, PT1S x2 to PT1H, jitter 0", fallback=AFTER)
    served.script = [BUSY, BUSY, Reply(status=404)]
    case = world.open_case()
    world.tick()
    world.tick(seconds=1)
    calls = [(call.method, call.path.partition("?")[0]) for call in served.requests]
    assert calls == [
        ("POST", "/pay/v1/payments"),
        ("POST", "/pay/v1/payments"),
        ("GET", "/pay/v1/payments"),
        ("POST", "/pay2/v1/payments"),
    ]
    assert served.requests[2].path.endswith("?key=LN-2026-0001%3Apay")
    assert served.requests[3].key == KEY
    assert world.file(case.case_id)["SV1"] == {"paymentId": "p1"}


def test_what_the_first_provider_has_done_after_all_is_the_answer(world_with: Opener, served: Peer) -> None:
    world = world_with(retry="1", fallback=AFTER)
    served.script = [Reply(hangs_up=True), Reply(body=b'{"result": "found", "paymentId": "p1"}')]
    case = world.open_case()
    world.tick()
    assert world.file(case.case_id)["SV1"] == {"result": "found", "paymentId": "p1"}
    assert [call.path for call in served.requests if "pay2" in call.path] == []


def test_when_the_first_provider_cannot_say_the_next_way_is_taken(world_with: Opener, served: Peer) -> None:
    world = world_with(retry="1", fallback=AFTER)
    served.script = [Reply(hangs_up=True), BUSY]
    case = world.open_case()
    world.tick()
    assert [call.path for call in served.requests if "pay2" in call.path] == []
    assert world.states(case.case_id)["SV1"] == "failed"
    assert len(world.incidents()) == 1


def test_an_open_breaker_postpones_and_burns_no_attempt(world_with: Opener, served: Peer) -> None:
    world = world_with(breaker='breaker = {failures = 2, within = "PT60S", open = "PT120S"}')
    served.otherwise = BUSY
    world.open_case()
    world.tick()
    world.tick(seconds=2)
    assert world.rows(BreakerRow)[0].state == "open"
    world.tick(seconds=30)
    assert len(served.requests) == 2
    assert (world.job().attempts, world.job().state) == (2, "ready")
    served.otherwise = Reply()
    world.tick(seconds=120)
    assert len(served.requests) == 3
    assert world.rows(BreakerRow)[0].state == "closed"


def test_a_connection_without_an_address_is_an_incident_not_a_crash(world: World) -> None:
    with world.transaction() as session:
        session.delete(session.get_one(ConnectionRow, "pay"))
    world.open_case()
    world.tick()
    assert world.incidents()[0].code == "NOT_CALLABLE"


def test_an_inner_target_that_is_not_listed_is_refused(world: World, served: Peer) -> None:
    with world.transaction() as session:
        connections.forbid_target(session, "127.0.0.1", served.port, actor=SYSTEM, now=world.now)
    world.open_case()
    world.tick()
    assert world.incidents()[0].code == "TARGET_REFUSED"
    assert served.requests == []


def test_a_secret_is_sent_and_stands_nowhere(world: World, served: Peer) -> None:
    canary = "canary-5f1d-secret"
    with world.transaction() as session:
        connections.set_secret(session, "connection:pay", "bearer", canary, actor=SYSTEM, now=world.now)
    served.script = [Reply(status=400)]
    world.open_case()
    world.tick()
    assert served.requests[0].headers["Authorization"] == f"Bearer {canary}"
    with world.transaction() as session:
        for table in ("secret", "job", "incident", "journal", "audit_entry", "connection"):
            rows = session.connection().exec_driver_sql(f"SELECT * FROM {table}").all()
            assert canary not in repr(rows)
            assert canary.encode() not in b"".join(
                bytes(value) for row in rows for value in row if isinstance(value, bytes | memoryview)
            )


def test_a_paused_case_calls_nothing_until_it_goes_on(world: World, served: Peer) -> None:
    case = world.open_case()
    with world.transaction() as session:
        execution.execute(session, case.case_id, SuspendCase(), SYSTEM, "test", world.now)
    world.tick()
    world.tick(minutes=1)
    assert served.requests == []
    with world.transaction() as session:
        execution.execute(session, case.case_id, ResumeCase(), SYSTEM, "test", world.now)
    world.tick(minutes=1)
    assert world.states(case.case_id)["SV1"] == "completed"
    assert served.requests[0].headers["X-Attempt"] == "1"


def test_an_answer_to_a_paused_case_is_kept_and_no_second_call_made(world: World, served: Peer) -> None:
    case = world.open_case()
    prepared, result = called(world)
    with world.transaction() as session:
        execution.execute(session, case.case_id, SuspendCase(), SYSTEM, "test", world.now)
    with world.transaction() as session:
        assert service_steps.settle(session, prepared, result, world.now) is None
    world.tick(minutes=1)
    with world.transaction() as session:
        execution.execute(session, case.case_id, ResumeCase(), SYSTEM, "test", world.now)
    world.tick(minutes=1)
    assert world.states(case.case_id)["SV1"] == "completed"
    assert len(served.requests) == 1


def test_an_answer_that_comes_after_its_step_has_ended_is_only_journaled(world: World) -> None:
    case = world.open_case()
    prepared, result = called(world)
    finish(world, case.case_id, "T3")
    assert world.states(case.case_id)["SV1"] == "terminated"
    with world.transaction() as session:
        assert service_steps.settle(session, prepared, result, world.now) is None
    assert world.rows(JobRow) == []
    last = max(world.rows(JournalRow), key=lambda row: row.version)
    command, _ = codec.unpack_entry(last.body)
    assert (command.kind, command.data["result"]) == ("lateReply", {"paymentId": "p1"})
    assert world.states(case.case_id)["T1"] == "available"


def test_who_lost_the_lease_writes_nothing(world: World, served: Peer) -> None:
    case = world.open_case()
    prepared, result = called(world)
    world.now += timedelta(minutes=1)
    other, other_result = None, None
    world.tick()  # the lease has ended: taken back, and put off for a moment
    with world.transaction() as session:
        (lease,) = jobs.claim(session, "other", 1, world.now + timedelta(seconds=5))
        other = service_steps.prepare(session, lease, world.now)
    assert other is not None
    other_result = service_steps.call(other)
    with world.transaction() as session:
        service_steps.settle(session, prepared, result, world.now)
    assert world.states(case.case_id)["SV1"] == "active"
    with world.transaction() as session:
        service_steps.settle(session, other, other_result, world.now)
    assert world.states(case.case_id)["SV1"] == "completed"
    assert [call.key for call in served.requests] == [KEY, KEY]
    assert served.effects == {KEY: "p1"}


def test_a_job_that_kills_its_workers_is_given_up_at_the_third_and_harms_no_other(
    world: World, served: Peer
) -> None:
    case = world.open_case()
    for _ in range(3):
        with world.transaction() as session:
            assert len(jobs.claim(session, "dies", 1, world.now)) == 1
        world.now += timedelta(minutes=1)
        with world.transaction() as session:
            session.query(JobRow).update({"max_attempts": 99})
        recovery.reap(world.transaction, world.now)
        world.now += timedelta(minutes=1)
    other = world.open_case()
    world.tick()
    assert world.states(case.case_id)["SV1"] == "failed"
    (incident,) = world.incidents()
    assert (incident.kind, incident.code) == ("crash", "CRASHED")
    assert world.states(other.case_id)["SV1"] == "completed"
    assert len(served.requests) == 1


def called(world: World) -> tuple[service_steps.Prepared, service_steps.Result]:
    """Claim the one due step and call its service; settle nothing yet."""
    with world.transaction() as session:
        (lease,) = jobs.claim(session, "test", 1, world.now)
        prepared = service_steps.prepare(session, lease, world.now)
    assert prepared is not None
    return prepared, service_steps.call(prepared)


def finish(world: World, case_id: int, name: str) -> None:
    with world.transaction() as session:
        case = execution.lock(session, case_id).case
        (item,) = [one.iid for one in case.items() if case.plan_item(one.iid).id == name]
        execution.execute(session, case_id, Complete(item, {}), SYSTEM, "test", world.now)
