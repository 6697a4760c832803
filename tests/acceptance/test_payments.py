"""Every way to a payment and out of it: one row of `docs/concepts/payments.md`, and the outside's ledger.

What was paid is read from the books of the providers, never from ours.
"""

import re
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from cases.errors import CaseError, NotAllowed
from cases.services import jobs, recovery, service_steps, tasks
from forms.errors import InvalidAnswers
from tests.acceptance.houses import NET, called, letter
from tests.acceptance.paying import Claims, Outside, assessment, at_once, claim, recommendation


def test_every_row_of_the_document_is_a_test_and_every_test_a_row() -> None:
    root = Path(__file__).parents[2]
    rows = re.findall(r"\| `(test_\w+)` \|$", (root / "docs/concepts/payments.md").read_text(), re.MULTILINE)
    trouble = root / "tests" / "acceptance" / "test_payment_trouble.py"
    files = (Path(__file__), trouble, root / "tests" / "reliability" / "test_payment_kills.py")
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
