"""A payment in trouble: providers that fail, people who decide, cases that end while the call is out.

Rows of `docs/concepts/payments.md`, as in `test_payments`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from cases.cmmn.commands import ResumeCase, SuspendCase
from cases.persistence.base import Transaction
from cases.persistence.jobs import IncidentRow
from cases.policy.access import SYSTEM
from cases.services import execution, incidents, plan_items, service_steps, tasks
from cases.services.incidents import ByHand
from tests.acceptance.houses import NET, called, failed, terminate
from tests.acceptance.paying import Claims, Outside, at_once

# --- trouble with the provider


def test_503_three_times_then_200_is_paid_once_under_one_key(either: Claims, outside: Outside) -> None:
    outside.switch("pay", answers=[503, 503, 503])
    case = either.fast()
    either.run()
    assert [call["status"] for call in outside.calls("pay")] == [503, 503, 503, 201]
    assert outside.keys() == [case.payment()] * 4
    assert outside.paid() == [("pay", case.payment(), NET)]
    assert (case.state(), either.incidents()) == ("completed", [])


def test_503_for_ever_is_an_incident_and_a_task_and_nothing_is_paid(either: Claims, outside: Outside) -> None:
    outside.switch("pay", always=503)
    case = either.fast()
    either.run()
    assert (outside.paid(), outside.calls("pay2")) == ([], [])
    assert outside.keys() == [case.payment()] * 5
    assert case.has_task("T8")
    (incident,) = either.incidents()
    assert (incident.definition, incident.connection, incident.code) == ("SV6", "pay", "HTTP_503")
    assert (case.states("M4"), case.state()) == (["available"], "active")


def test_a_retried_incident_pays_once_under_the_same_key_and_the_task_leaves(
    either: Claims, outside: Outside
) -> None:
    case = failed(either, outside)
    either.retry()
    assert (case.has_task("T8"), outside.paid(), case.states("M4")) == (False, [], ["available"])
    either.run()
    assert outside.paid() == [("pay", case.payment(), NET)]
    assert set(outside.keys()) == {case.payment()}
    assert (case.state(), either.rows(IncidentRow)[0].state) == ("completed", "resolved")


def test_a_retry_that_fails_again_opens_incident_and_task_again(house: Claims, outside: Outside) -> None:
    case = failed(house, outside)
    outside.switch("pay", always=503)
    house.retry()
    house.run()
    assert (outside.paid(), len(house.incidents()), case.has_task("T8")) == ([], 1, True)
    outside.switch("pay")
    house.retry()
    house.run()
    assert outside.paid() == [("pay", case.payment(), NET)]


def test_the_same_payment_again_by_the_task_keeps_the_key(house: Claims, outside: Outside) -> None:
    case = failed(house, outside)
    case.handle("retry")
    assert (house.incidents(), outside.paid()) == ([], [])
    house.run()
    assert outside.paid() == [("pay", case.payment(), NET)]
    assert case.state() == "completed"


def test_another_method_has_a_new_key_and_the_first_try_is_over(house: Claims, outside: Outside) -> None:
    case = failed(house, outside)
    tries = len(outside.keys())
    case.handle("other_method")
    assert house.incidents() == []
    house.run()
    assert outside.paid() == [("pay", case.payment(2), NET)]
    assert outside.keys()[tries:] == [case.payment(2)]
    assert (case.states("SV6")[0], case.state()) == ("terminated", "completed")


def test_a_transfer_by_hand_closes_the_incident_and_calls_nobody(house: Claims, outside: Outside) -> None:
    case = failed(house, outside)
    tries = len(outside.calls("pay"))
    case.handle("manual_bank_transfer", reference="BANK-77")
    house.run()
    assert (outside.paid(), len(outside.calls("pay")), house.incidents()) == ([], tries, [])
    assert [(one["paymentId"], one["provider"]) for one in case.data("payments")] == [("BANK-77", "bank")]
    assert case.state() == "completed"


def test_task_and_incident_answered_at_the_same_instant_pay_once(either: Claims, outside: Outside) -> None:
    case = failed(either, outside)
    paul, task = either.actor("paul"), case.task("T8")
    with either.transaction() as session:
        tasks.claim(session, task, paul, either.now)

    def by_task() -> None:
        with either.transaction() as session:
            tasks.complete(session, task, {"action": "other_method"}, paul, either.now)

    raised = at_once(by_task, lambda: either.retry("cora"))
    either.run()
    assert [error is None for error in raised].count(True) == 1, raised
    assert outside.paid() == [("pay", case.payment(2 if raised[0] is None else 1), NET)]
    assert (case.state(), either.incidents()) == ("completed", [])


def test_an_incident_retried_twice_at_the_same_instant_is_retried_once(
    either: Claims, outside: Outside
) -> None:
    case = failed(either, outside)
    (incident,) = either.incidents()
    people = [either.actor(name) for name in ("paul", "cora")]

    def retry(number: int) -> None:
        with either.transaction() as session:
            incidents.retry(session, incident.id, people[number], either.now, "Once more.")

    raised = at_once(lambda: retry(0), lambda: retry(1))
    either.run()
    assert [error is None for error in raised].count(True) == 1, raised
    assert outside.paid() == [("pay", case.payment(), NET)]


def test_want_of_money_is_a_task_at_once_without_further_tries(house: Claims, outside: Outside) -> None:
    outside.switch("pay", answers=[402])
    case = house.fast()
    house.run()
    assert (outside.keys(), outside.calls("pay", "GET")) == ([case.payment()], [])
    assert (outside.paid(), outside.calls("pay2"), case.has_task("T8")) == ([], [], True)
    assert [one.code for one in house.incidents()] == ["insufficient_funds"]


def test_a_payment_whose_answer_was_a_failure_is_not_made_again(house: Claims, outside: Outside) -> None:
    outside.switch("pay", answers=[503], effect=True)
    case = house.fast()
    house.run()
    assert outside.keys() == [case.payment()] * 2
    assert outside.paid() == [("pay", case.payment(), NET)]


def test_a_payment_whose_answer_never_came_is_not_made_again(hasty: Claims, outside: Outside) -> None:
    outside.switch("pay", answers=[503], effect=True, hang=True)
    case = hasty.fast()
    hasty.one_job()
    assert (outside.paid(), case.states("M4")) == ([("pay", case.payment(), NET)], ["available"])
    outside.switch("pay")
    hasty.run()
    assert outside.keys() == [case.payment()] * 2
    assert outside.paid() == [("pay", case.payment(), NET)]
    assert case.state() == "completed"


def test_the_second_provider_pays_once_after_the_first_says_it_has_nothing(
    house: Claims, outside: Outside
) -> None:
    outside.switch("pay", answers=[504] * 5)
    case = house.fast()
    house.run()
    assert [call["method"] for call in outside.calls("pay")] == ["POST"] * 5 + ["GET"]
    assert outside.calls("pay")[-1]["status"] == 404
    assert outside.paid() == [("pay2", case.payment(), NET)]
    assert case.data("payments")[0]["provider"] == "pay2"


def test_what_the_first_provider_has_done_after_all_is_taken_and_the_second_not_asked(
    house: Claims, outside: Outside
) -> None:
    outside.switch("pay", answers=[503] * 5, effect=True)
    case = house.fast()
    house.run()
    assert outside.paid() == [("pay", case.payment(), NET)]
    assert (outside.calls("pay2"), case.state()) == ([], "completed")
    assert case.data("payments")[0]["provider"] == "pay"


def test_when_the_first_provider_cannot_say_a_person_decides_and_the_second_is_not_asked(
    house: Claims, outside: Outside
) -> None:
    outside.switch("pay", always=504, effect=True)  # it was paid, and nobody can know
    case = house.fast()
    house.run()
    assert (outside.calls("pay2"), case.has_task("T8")) == ([], True)
    assert house.details()["unknown"] is True
    outside.switch("pay")
    house.retry()
    house.run()
    assert outside.paid() == [("pay", case.payment(), NET)]
    assert outside.calls("pay2") == []


def test_a_payment_that_arrives_after_not_found_is_twice_outside_and_we_know_of_one(
    house: Claims, outside: Outside
) -> None:
    """What nobody can prevent: a request that sleeps on its way, longer than all tries. See the document."""
    outside.switch("pay", answers=[504] * 5)
    case = house.fast()
    house.run()
    late = {"Idempotency-Key": f'"{case.payment()}"'}
    outside.http.request("POST", f"{outside.url}/pay/v1/payments", json={"amount": NET}, headers=late)
    assert outside.paid() == [("pay", case.payment(), NET), ("pay2", case.payment(), NET)]
    assert [one["provider"] for one in case.data("payments")] == ["pay2"]


def test_a_first_provider_that_is_gone_is_a_task_and_the_second_is_not_asked(
    house: Claims, outside: Outside
) -> None:
    case = house.fast()
    with house.transaction() as session:
        from_now = "http://127.0.0.1:1"
        house.move_connection(session, "pay", from_now, 1)
    house.run()
    assert (outside.paid(), outside.calls("pay2"), case.has_task("T8")) == ([], [], True)
    with house.transaction() as session:
        house.move_connection(session, "pay", outside.url, outside.port)
    house.retry()
    house.run()
    assert outside.paid() == [("pay", case.payment(), NET)]


def test_a_provider_still_at_work_on_the_key_is_asked_again_and_not_gone_round(
    house: Claims, outside: Outside
) -> None:
    """409: the first request with this key is not done with. `find` would say that there is nothing yet."""
    outside.switch("pay", answers=[409])
    case = house.fast()
    house.run()
    assert outside.keys() == [case.payment()] * 2
    assert outside.paid() == [("pay", case.payment(), NET)]
    assert outside.calls("pay2") == []


@pytest.mark.parametrize(
    ("way", "status"), [("incident", 503), ("task", 503), ("given up", 503), ("task", 504)]
)
def test_what_the_second_provider_may_have_paid_is_never_paid_by_the_first(
    house: Claims, outside: Outside, way: str, status: int
) -> None:
    outside.switch("pay", answers=[504] * 5)
    outside.switch("pay2", always=status, effect=True)
    case = house.fast()
    house.run()
    assert (outside.paid(), case.has_task("T8")) == ([("pay2", case.payment(), NET)], True)
    assert house.details()["unknown"] is True
    outside.switch("pay2")
    if way == "incident":
        house.retry()
    else:
        if way == "given up":
            house.give_up()
        case.handle("retry")
    house.run()
    assert outside.paid() == [("pay2", case.payment(), NET)]
    assert case.state() == "completed"


def test_an_answer_that_breaks_its_contract_is_a_task_and_a_retry_pays_nothing_twice(
    house: Claims, outside: Outside
) -> None:
    outside.switch("pay", answers=[504] * 5)
    with babbling(outside):
        case = house.fast()
        house.run()
    assert (outside.paid(), case.has_task("T8")) == ([("pay2", case.payment(), NET)], True)
    assert [one.code for one in house.incidents()] == ["CONTRACT"]
    house.retry()
    house.run()
    assert outside.paid() == [("pay2", case.payment(), NET)]


def test_an_incident_answered_by_hand_calls_nobody_and_says_who_answered(
    house: Claims, outside: Outside
) -> None:
    case = failed(house, outside)
    tries = len(outside.calls("pay"))
    (incident,), cora = house.incidents(), house.actor("cora")
    given = ByHand({"paymentId": "BANK-78", "status": "paid"}, "BANK-78")
    with house.transaction() as session:
        incidents.resolve_by_hand(session, incident.id, given, cora, house.now, "Paid by the bank.")
    house.run()
    assert (outside.paid(), len(outside.calls("pay")), case.state()) == ([], tries, "completed")
    (row,) = house.rows(IncidentRow)
    assert (row.resolution, row.resolved_by) == ("by_hand", cora.user_id)


def test_an_incident_given_up_pays_nothing_and_leaves_the_task(house: Claims, outside: Outside) -> None:
    case = failed(house, outside)
    house.give_up()
    house.run()
    assert (outside.paid(), case.has_task("T8"), case.state()) == ([], True, "active")
    case.handle("retry")
    house.run()
    assert outside.paid() == [("pay", case.payment(), NET)]


# --- out of it while a call is out


def test_a_payment_that_cannot_be_written_down_is_not_forgotten_when_its_case_ends(
    house: Claims, outside: Outside
) -> None:
    """Worst: it was paid, the case is locked for long, and then somebody ends the case."""
    case = house.fast()
    house.stumble(locked_out(house))
    assert outside.paid() == [("pay", case.payment(), NET)]
    terminate(house, case)
    house.run()
    assert outside.paid() == [("pay", case.payment(), NET)]
    assert [one.code for one in house.incidents()] == ["ENDED_IN_FLIGHT"]
    assert house.details()["key"] == case.payment()


def test_a_payment_that_could_not_be_written_down_at_first_is_called_once_where_it_can_be_soon(
    house: Claims, outside: Outside
) -> None:
    case = house.fast()
    house.stumble(locked_out(house, times=1))
    house.run()
    assert (outside.keys(), outside.paid()) == ([case.payment()], [("pay", case.payment(), NET)])
    assert (case.state(), house.incidents()) == ("completed", [])


def test_a_payment_answered_after_its_case_was_terminated_is_seen_by_a_person(
    either: Claims, outside: Outside
) -> None:
    case = either.fast()
    prepared, result = called(either)
    terminate(either, case)
    with either.transaction() as session:
        service_steps.settle(session, prepared, result, either.now)
    either.run()
    assert outside.paid() == [("pay", case.payment(), NET)]
    assert [note["result"]["status"] for note in case.notes("lateReply")] == ["paid"]
    (incident,) = either.incidents()
    assert (incident.code, incident.definition, incident.case_id) == ("ENDED_IN_FLIGHT", "SV6", case.id)
    assert either.details()["key"] == case.payment()
    cora = either.actor("cora")
    with either.transaction() as session:
        incidents.acknowledge(session, incident.id, cora, either.now, "The provider took it back.")
    assert (either.incidents(), either.is_unbroken()) == ([], True)


def test_a_payment_answered_after_its_stage_was_ended_by_hand_is_seen_by_a_person(
    house: Claims, outside: Outside
) -> None:
    case = house.fast()
    prepared, result = called(house)
    cora, stage = house.actor("cora"), case.item("S5", "active")
    with house.transaction() as session:
        plan_items.terminate(session, case.id, stage, "A mistake.", cora, house.now)
    with house.transaction() as session:
        service_steps.settle(session, prepared, result, house.now)
    house.run()
    assert outside.paid() == [("pay", case.payment(), NET)]
    assert len(case.notes("lateReply")) == 1
    assert [one.code for one in house.incidents()] == ["ENDED_IN_FLIGHT"]


def test_a_payment_whose_case_ended_while_its_worker_was_dead_is_seen_by_a_person(
    house: Claims, outside: Outside
) -> None:
    case = house.fast()
    called(house)  # and nobody settles it
    terminate(house, case)
    house.run()
    assert outside.paid() == [("pay", case.payment(), NET)]
    assert [one.code for one in house.incidents()] == ["ENDED_IN_FLIGHT"]
    assert house.details()["key"] == case.payment()


def test_a_payment_whose_case_ended_between_two_tries_is_seen_by_a_person(
    house: Claims, outside: Outside
) -> None:
    outside.switch("pay", always=503, effect=True)
    case = house.fast()
    house.one_job()
    terminate(house, case)
    house.run()
    assert outside.paid() == [("pay", case.payment(), NET)]
    assert [one.code for one in house.incidents()] == ["ENDED_IN_FLIGHT"]


def test_a_case_terminated_before_the_call_pays_nothing_and_asks_nobody(
    house: Claims, outside: Outside
) -> None:
    case = house.fast()
    terminate(house, case)
    house.run()
    assert (outside.calls("pay"), house.incidents()) == ([], [])


def test_a_case_paused_while_the_call_is_out_keeps_the_answer_and_pays_once(
    house: Claims, outside: Outside
) -> None:
    case = house.fast()
    prepared, result = called(house)
    with house.transaction() as session:
        execution.execute(session, case.id, SuspendCase(), SYSTEM, "test", house.now)
    with house.transaction() as session:
        service_steps.settle(session, prepared, result, house.now)
    house.tick(minutes=5)
    assert case.states("M4") == ["suspended"]
    with house.transaction() as session:
        execution.execute(session, case.id, ResumeCase(), SYSTEM, "test", house.now)
    house.run()
    assert (outside.keys(), outside.paid()) == ([case.payment()], [("pay", case.payment(), NET)])
    assert case.state() == "completed"


def locked_out(house: Claims, times: int = 3) -> Transaction:
    """Transactions as a worker opens them, of which so many that settle run into a lock."""
    opened = 0

    @contextmanager
    def transaction() -> Iterator[Session]:
        nonlocal opened
        opened += 1
        with house.transaction() as session:
            if 2 <= opened < 2 + times:
                raise OperationalError("SELECT", {}, LockTimeout())
            yield session

    return transaction


class LockTimeout(Exception):
    """What PostgreSQL says when a lock is not to be had in time."""

    sqlstate = "55P03"


@contextmanager
def babbling(outside: Outside) -> Iterator[None]:
    """The second provider does what it should, and answers nonsense."""
    views: dict[str, Any] = outside.application.view_functions
    pay = views["claims.pay"]

    def babble(provider: str) -> object:
        answer = pay(provider)
        return {"thanks": True} if provider == "pay2" else answer

    views["claims.pay"] = babble
    yield
    views["claims.pay"] = pay
