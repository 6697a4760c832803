"""At every moment a case says whom, what or which hour it waits for."""

from datetime import timedelta

from cases.persistence.base import new_key
from cases.persistence.limits import BreakerRow
from cases.persistence.messages import InboxRow
from cases.queries.why import Waits
from cases.services import instances, tasks
from tests import factories
from tests.integration.cases.queries.conftest import Claims


def test_a_new_claim_waits_for_the_services_that_are_called(claims: Claims) -> None:
    found = claims.reasons(claims.new())
    assert {(reason.kind, reason.definition, reason.service) for reason in found} == {
        (Waits.CALLING, "SV1", "Policy system"),
        (Waits.CALLING, "SV2", "Messages to customers"),
        (Waits.CALLING, "SV8", "Casewright"),
    }


def test_a_step_that_failed_says_when_it_is_tried_again_and_which_try_that_is(claims: Claims) -> None:
    turn = claims.new()
    later = claims.now + timedelta(minutes=4)
    claims.job(turn, "SV1", run_at=later, attempts=2, max_attempts=4, last_error="503")
    found = next(reason for reason in claims.reasons(turn) if reason.definition == "SV1")
    assert (found.kind, found.at, found.attempt, found.attempts) == (Waits.RETRY, later, 2, 4)


def test_a_step_whose_service_is_down_is_held_back(claims: Claims) -> None:
    turn = claims.new()
    later = claims.now + timedelta(minutes=2)
    claims.job(turn, "SV1", run_at=later, connection="policy")
    with claims.transaction() as session:
        session.add(BreakerRow(connector="policy", state="open", failures=5, opened_at=claims.now))
    found = next(reason for reason in claims.reasons(turn) if reason.definition == "SV1")
    assert (found.kind, found.at, found.service) == (Waits.HELD, later, "Policy system")


def test_a_step_that_took_the_order_waits_for_its_reply(claims: Claims) -> None:
    turn = claims.new()
    claims.job(turn, "SV1", state="waiting")
    found = next(reason for reason in claims.reasons(turn) if reason.definition == "SV1")
    assert found.kind is Waits.REPLY


def test_a_step_that_gave_up_is_told_first_with_who_can_mend_it(claims: Claims) -> None:
    turn = claims.new()
    claims.incident(turn, "SV1")
    first = claims.reasons(turn)[0]
    assert (first.kind, first.definition, first.detail) == (Waits.FAILED, "SV1", "timeout")
    assert set(first.roles) == {"Payments officer", "Claims supervisor"}


def test_an_offered_task_waits_for_its_role_and_a_taken_one_for_its_person(claims: Claims) -> None:
    turn = claims.triaged()
    offered = claims.reasons(turn)[0]
    assert (offered.kind, offered.definition, offered.roles) == (Waits.OFFER, "T3", ("Adjuster",))
    with claims.transaction() as session:
        tasks.claim(session, offered.task_id or 0, claims.staff["adam"], claims.now)
    taken = claims.reasons(turn)[0]
    assert (taken.kind, taken.person, taken.task_id) == (Waits.PERSON, "Adam Olsen", offered.task_id)


def test_a_message_that_is_not_applied_yet_is_told(claims: Claims) -> None:
    turn = claims.triaged()
    with claims.transaction() as session:
        session.add(
            InboxRow(
                id=new_key(session),
                received_at=claims.now,
                sha256="0" * 64,
                case_id=turn.case_id,
                state="new",
            )
        )
    assert Waits.MESSAGE in {reason.kind for reason in claims.reasons(turn)}


def test_a_paused_case_says_so_before_anything_else(claims: Claims) -> None:
    turn = claims.triaged()
    with claims.transaction() as session:
        instances.suspend(session, turn.case_id, claims.staff["cora"], "page", claims.now)
    assert claims.reasons(turn)[0].kind is Waits.PAUSED


def test_an_ended_case_waits_for_nothing_and_says_since_when(claims: Claims) -> None:
    turn = claims.triaged()
    with claims.transaction() as session:
        instances.terminate(session, turn.case_id, "test", claims.staff["cora"], "page", claims.now)
    (only,) = claims.reasons(turn)
    assert (only.kind, only.state, only.at) == (Waits.ENDED, "terminated", claims.now)


def test_what_a_person_may_not_see_is_no_reason_for_them(claims: Claims) -> None:
    turn = claims.triaged(dup=True, hour=3, prior=3, shared=True)
    assert claims.reasons(turn)[0].definition == "NY4"
    hidden = claims.reasons(turn, claims.staff["adam"])
    assert "NY4" not in {reason.definition for reason in hidden}
    assert [reason.kind for reason in hidden] == [Waits.HIDDEN]


def test_a_case_is_never_without_a_reason(claims: Claims) -> None:
    turn = claims.new()
    assert claims.reasons(turn)
    for step, answer in (("SV1", {"result": "not_found"}), ("SV2", {}), ("SV8", {"candidates": 0})):
        factories.answer_step(claims.transaction, turn.case_id, step, answer, claims.now)
        assert claims.reasons(turn)
