"""Every way to a payment and out of it: one row of `docs/concepts/payments.md`, and the outside's ledger.

What was paid is read from the books of the providers, never from ours.
"""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.database import Database
from cases.cmmn.commands import ResumeCase, SuspendCase
from cases.errors import CaseError, NotAllowed
from cases.persistence.base import forget_blocks
from cases.persistence.jobs import IncidentRow
from cases.policy.access import SYSTEM
from cases.services import execution, incidents, instances, jobs, plan_items, recovery, service_steps, tasks
from forms.errors import InvalidAnswers
from tests.acceptance.paying import (
    SECRET_KEY,
    Claim,
    Claims,
    Outside,
    assessment,
    at_once,
    claim,
    recommendation,
    served,
)

NET = 512.4
"""What the house pays for a windshield of `paying.claim`."""

HASTY = "PT0.4S"


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Outside]:
    with served(tmp_path) as found:
        yield found


@pytest.fixture
def house(sqlite_url: str, outside: Outside) -> Iterator[Claims]:
    """For rows that depend on nothing of the database."""
    yield from _house(sqlite_url, outside)


@pytest.fixture
def either(database_url: str, outside: Outside) -> Iterator[Claims]:
    """For rows that depend on locks and leases: on both databases."""
    yield from _house(database_url, outside)


@pytest.fixture
def hasty(sqlite_url: str, outside: Outside) -> Iterator[Claims]:
    """A house that waits for a payment no longer than a moment."""
    yield from _house(sqlite_url, outside, HASTY)


def _house(url: str, outside: Outside, timeout: str | None = None) -> Iterator[Claims]:
    with Database(url, synchronous="OFF", secret_key=SECRET_KEY) as database:
        yield Claims(database, outside, timeout)
    forget_blocks()


def failed(house: Claims, outside: Outside, status: int = 503) -> Claim:
    """A claim whose payment has failed for good; both providers are well again."""
    outside.switch("pay", always=status)
    outside.switch("pay2", always=status)
    case = house.fast()
    house.run()
    outside.switch("pay")
    outside.switch("pay2")
    return case


def test_every_row_of_the_document_is_a_test_and_every_test_a_row() -> None:
    root = Path(__file__).parents[2]
    rows = re.findall(r"\| `(test_\w+)` \|$", (root / "docs/concepts/payments.md").read_text(), re.MULTILINE)
    files = (Path(__file__), root / "tests" / "reliability" / "test_payment_kills.py")
    found = [
        name for file in files for name in re.findall(r"^def (test_\w+)", file.read_text(), re.MULTILINE)
    ]
    found.remove("test_every_row_of_the_document_is_a_test_and_every_test_a_row")
    assert sorted(rows) == sorted(found)


# --- to the payment


def test_a_small_claim_is_paid_without_a_person(house: Claims, outside: Outside) -> None:
    case = house.fast()
    assert outside.paid() == []
    house.run()
    assert outside.paid() == [("pay", case.payment(), NET)]
    assert outside.keys() == [case.payment()]
    assert (case.state(), house.is_unbroken()) == ("completed", True)


def test_an_amount_within_the_authority_of_the_house_needs_no_approval(
    house: Claims, outside: Outside
) -> None:
    case = house.recommended(1600)
    house.run()
    assert outside.paid() == [("pay", case.payment(), 1500)]
    assert (case.data("T5"), case.state()) == (None, "completed")


def test_one_approval_pays_where_one_is_needed(house: Claims, outside: Outside) -> None:
    case = house.recommended(3100)
    house.run()
    assert outside.calls("pay") == []
    case.approve("arun", 3000)
    house.run()
    assert outside.paid() == [("pay", case.payment(), 3000)]
    assert case.state() == "completed"


def test_two_approvals_pay_by_two_people_and_one_alone_pays_nothing(house: Claims, outside: Outside) -> None:
    case = house.recommended(20_100)
    case.approve("sven", 20_000)
    house.run()
    assert outside.calls("pay") == []
    with pytest.raises(NotAllowed, match="Four eyes"):
        case.approve("sven", 20_000)
    case.approve("sara", 20_000)
    house.run()
    assert outside.paid() == [("pay", case.payment(), 20_000)]


def test_a_settlement_of_nothing_is_settled_without_a_call(house: Claims, outside: Outside) -> None:
    case = house.recommended(80)
    house.run()
    assert (outside.calls("pay"), outside.calls("pay2")) == ([], [])
    assert (case.states("M4"), case.state()) == (["completed"], "completed")
    assert case.data("payments") in (None, [])


def test_a_returned_settlement_is_paid_once_with_the_key_of_its_second_version(
    house: Claims, outside: Outside
) -> None:
    case = house.recommended(3100)
    case.approve("arun", 3000, "return")
    house.run()
    assert outside.calls("pay") == []
    case.do("ana", "T4", recommendation(2600))
    case.approve("arun", 2500)
    house.run()
    assert outside.paid() == [("pay", case.payment(2), 2500)]


def test_an_automatic_settlement_above_the_limit_waits_for_a_person_and_may_be_returned(
    house: Claims, outside: Outside
) -> None:
    case = house.report("BIG-0")
    house.run()
    assert (case.data("D2")["track"], outside.calls("pay")) == ("fast", [])
    case.approve("adam", 2400, "return")
    case.do("ana", "T3", assessment())
    case.do("ana", "T4", recommendation(1100))
    house.run()
    assert outside.paid() == [("pay", case.payment(2), 1000)]


def test_a_loss_reported_twice_is_paid_twice_by_no_machine(house: Claims, outside: Outside) -> None:
    first = house.fast()
    house.run()
    again = house.report(claim("FAST-0") | {"externalId": "FAST-1", "channel": "phone"})
    house.run()
    assert outside.paid() == [("pay", first.payment(), NET)]
    assert again.has_task("T10")


# --- no payment


def test_a_rejected_settlement_is_denied_and_not_paid(house: Claims, outside: Outside) -> None:
    case = house.recommended(3100)
    case.approve("arun", 3000, "reject")
    case.do("sven", "T9", letter())
    house.run()
    assert (outside.calls("pay"), outside.calls("pay2")) == ([], [])
    assert (case.states("M6"), case.state()) == (["completed"], "completed")


def test_a_claim_that_is_not_covered_is_denied_and_not_paid(house: Claims, outside: Outside) -> None:
    case = house.report("DENY-0")
    case.do("adam", "T2", {"decision": "deny", "clause": "4.2", "reason": "The peril is excluded by 4.2."})
    case.do("sven", "T9", letter())
    house.run()
    assert (outside.calls("pay"), case.state()) == ([], "completed")


def test_a_claim_withdrawn_before_the_decision_is_not_paid(house: Claims, outside: Outside) -> None:
    case = house.recommended(20_100)
    case.approve("sven", 20_000)
    case.withdraw()
    house.run()
    assert (outside.calls("pay"), case.state()) == ([], "terminated")


def test_a_withdrawal_after_the_decision_is_refused_and_the_payment_stands(
    house: Claims, outside: Outside
) -> None:
    case = house.fast()
    with pytest.raises(CaseError):
        case.withdraw()
    house.run()
    assert outside.paid() == [("pay", case.payment(), NET)]
    assert case.state() == "completed"


def test_withdrawal_and_last_approval_at_the_same_instant_either_pay_or_end(
    either: Claims, outside: Outside
) -> None:
    case = either.recommended(3100)
    raised = at_once(lambda: case.approve("arun", 3000), case.withdraw)
    either.run()
    assert [error is None for error in raised].count(True) == 1, raised
    paid = [("pay", case.payment(), 3000)] if raised[0] is None else []
    assert outside.paid() == paid
    assert case.state() == ("completed" if paid else "terminated")


# --- who may


def test_nobody_approves_what_they_assessed_or_recommended(house: Claims, outside: Outside) -> None:
    case = house.recommended(3100)
    for name in ("adam", "ana"):
        with pytest.raises(NotAllowed, match="Four eyes"):
            case.approve(name, 3000)
    house.run()
    assert outside.calls("pay") == []


def test_nobody_approves_beyond_their_authority(house: Claims, outside: Outside) -> None:
    case = house.recommended(30_100)
    for name in ("arun", "sven", "paul", "otto"):
        with pytest.raises(CaseError):
            case.approve(name, 30_000)
    house.run()
    assert outside.calls("pay") == []


def test_an_amount_that_is_not_the_present_one_approves_nothing(house: Claims, outside: Outside) -> None:
    case = house.recommended(3100)
    with pytest.raises(InvalidAnswers, match="amount has changed"):
        case.approve("arun", 2999)
    house.run()
    assert outside.calls("pay") == []


def test_approvals_of_an_old_version_never_pay_a_new_amount(house: Claims, outside: Outside) -> None:
    case = house.recommended(20_100)
    case.approve("sven", 20_000)
    case.approve("sara", 20_000, "return")
    case.do("ana", "T4", recommendation(24_100))
    case.approve("sara", 24_000)
    house.run()
    assert outside.calls("pay") == []  # one of two: the approval of version 1 counts for nothing
    case.approve("sven", 24_000)
    house.run()
    assert outside.paid() == [("pay", case.payment(2), 24_000)]


def test_one_approval_sent_twice_at_the_same_instant_counts_once(either: Claims, outside: Outside) -> None:
    case = either.recommended(20_100)
    actor, task = either.actor("sven"), case.task("T5")
    answers = {"amountSeen": 20_000, "decision": "approve", "comment": "Looked at."}
    with either.transaction() as session:
        tasks.claim(session, task, actor, either.now)

    def complete() -> None:
        with either.transaction() as session:
            tasks.complete(session, task, answers, actor, either.now)

    raised = at_once(complete, complete)
    either.run()
    assert [error is None for error in raised].count(True) == 1, raised
    assert (case.data("T5")["approvals"], outside.calls("pay")) == (1, [])


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
    answer = {"paymentId": "BANK-78", "status": "paid", "provider": "bank"}
    with house.transaction() as session:
        incidents.resolve_by_hand(session, incident.id, answer, cora, house.now, "Paid by the bank.")
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
    assert either.is_unbroken()


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


# --- workers that die, fall silent, or come back


def test_a_worker_that_dies_between_call_and_commit_is_followed_under_the_same_key(
    either: Claims, outside: Outside
) -> None:
    case = either.fast()
    called(either)  # and then it is dead
    assert case.states("M4") == ["available"]
    either.now += timedelta(minutes=1)
    either.run()
    assert outside.keys() == [case.payment()] * 2
    assert outside.paid() == [("pay", case.payment(), NET)]
    assert (case.state(), either.is_unbroken()) == ("completed", True)


def test_a_worker_that_dies_before_the_call_is_followed_and_it_is_paid_once(
    either: Claims, outside: Outside
) -> None:
    case = either.fast()
    assert either.lease() is not None  # and then it is dead
    either.now += timedelta(minutes=1)
    either.run()
    assert outside.keys() == [case.payment()]
    assert outside.paid() == [("pay", case.payment(), NET)]


def test_a_payment_that_kills_three_workers_is_an_incident_and_a_retry_pays_once(
    either: Claims, outside: Outside
) -> None:
    case = either.fast()
    for _ in range(jobs.MOST_CRASHES):
        called(either)
        either.now += timedelta(minutes=1)
        recovery.reap(either.transaction, either.now)
        either.now += timedelta(minutes=1)
    assert ([one.code for one in either.incidents()], either.details()["unknown"]) == (["CRASHED"], True)
    assert case.has_task("T8")
    either.retry()
    either.run()
    assert set(outside.keys()) == {case.payment()}
    assert outside.paid() == [("pay", case.payment(), NET)]


def test_a_worker_whose_lease_ran_out_writes_nothing_and_it_is_paid_once(
    either: Claims, outside: Outside
) -> None:
    case = either.fast()
    prepared, result = called(either)
    either.now += timedelta(minutes=1)
    either.run()
    version = case.document()["version"]
    with either.transaction() as session:
        assert service_steps.settle(session, prepared, result, either.now) is None
    assert len(case.data("payments")) == 1
    assert case.document()["version"] - version <= 1  # at most the remark that an answer came late
    assert outside.keys() == [case.payment()] * 2
    assert outside.paid() == [("pay", case.payment(), NET)]


def test_two_workers_at_once_make_one_call(either: Claims, outside: Outside) -> None:
    case = either.fast()
    raised = at_once(either.tick, either.tick, either.tick)
    either.run()
    assert raised == [None, None, None]
    assert outside.keys() == [case.payment()]
    assert outside.paid() == [("pay", case.payment(), NET)]


def test_a_database_restored_from_before_the_payment_pays_under_the_same_key(
    house: Claims, outside: Outside, sqlite_url: str
) -> None:
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    case = house.fast()
    house.database.dispose()
    shutil.copyfile(file, file.with_suffix(".backup"))
    house.run()
    house.database.dispose()
    for rest in ("-wal", "-shm"):
        Path(f"{file}{rest}").unlink(missing_ok=True)
    shutil.copyfile(file.with_suffix(".backup"), file)
    assert case.states("M4") == ["available"]
    house.run()
    assert outside.keys() == [case.payment()] * 2
    assert outside.paid() == [("pay", case.payment(), NET)]


# --- the message


def test_the_same_message_twice_and_at_the_same_instant_is_one_case_and_one_payment(
    either: Claims, outside: Outside
) -> None:
    raised = at_once(*[lambda: either.send(claim("FAST-0"), "msg_1")] * 3)
    assert raised == [None] * 3
    either.run()
    either.send(claim("FAST-0"), "msg_1")
    either.send(claim("FAST-0"), "msg_2")
    either.run()
    assert [amount for _, _, amount in outside.paid()] == [NET]
    assert len(outside.keys()) == 1


def called(house: Claims) -> tuple[service_steps.Prepared, service_steps.Result]:
    """The payment is called, and nothing is written down: here a worker dies, or somebody is faster."""
    lease = house.lease()
    assert lease is not None
    with house.transaction() as session:
        prepared = service_steps.prepare(session, lease, house.now)
    assert prepared is not None
    return prepared, service_steps.call(prepared)


def terminate(house: Claims, case: Claim) -> None:
    with house.transaction() as session:
        instances.terminate(session, case.id, "A mistake.", SYSTEM, "test", house.now)


def letter() -> dict[str, object]:
    text = "Dear Rosa Delgado, we cannot pay your claim."
    return {"reasonCodes": ["peril_excluded"], "letter": text, "sentVia": "mail"}


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
