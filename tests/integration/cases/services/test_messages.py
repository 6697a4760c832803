"""Messages in, in the order of "How a message is received"; and what each refusal leaves behind."""

import threading
from datetime import timedelta

import pytest

from cases.persistence.instances import CaseIntakeRow
from cases.persistence.jobs import JobRow
from cases.persistence.messages import InboxRow
from cases.policy.access import SYSTEM
from cases.services import connections, messages
from cases.services.messages import Receipt
from tests.integration.cases.services.outside import SECRET, World, sha256

GOOD = {"externalId": "A-1", "channel": "web", "amount": 5, "policy": "P-1", "day": "2026-03-02"}


def test_a_good_message_is_accepted_and_opens_one_case(world: World) -> None:
    receipt = world.post(GOOD)
    assert (receipt.status, receipt.document) == (202, {"status": "accepted", "id": "m-1"})
    world.tick()
    (case,) = world.cases()
    assert case.business_key == "LN-2026-0001"
    assert world.file(case.id)["claim"] == {"amount": 5, "policy": "P-1", "day": "2026-03-02"}
    (row,) = world.rows(InboxRow)
    assert (row.state, row.case_id) == ("done", case.id)
    assert not [job for job in world.rows(JobRow) if job.kind == "message"]


def test_the_same_message_sent_again_gets_the_first_answer_and_opens_nothing(world: World) -> None:
    first = world.post({**GOOD, "extra": 1})
    assert first.document["warnings"] == [
        {"field": "extra", "code": "UNKNOWN_KEY", "message": first.document["warnings"][0]["message"]}
    ]
    again = world.post({**GOOD, "extra": 1})
    world.tick()
    later = world.post({**GOOD, "extra": 1})
    assert first == again == later
    assert len(world.cases()) == 1


def test_the_same_matter_in_another_message_is_answered_with_its_case(world: World) -> None:
    world.post(GOOD)
    world.tick()
    receipt = world.post(dict(reversed(GOOD.items())), "m-2")
    assert (receipt.status, receipt.document) == (200, {"status": "known", "case": "LN-2026-0001"})
    assert world.tick() == 0
    assert len(world.cases()) == 1


def test_the_same_matter_before_its_case_is_open_gets_the_first_answer(world: World) -> None:
    assert world.post(GOOD, "m-2") == world.post(GOOD, "m-3")
    world.tick()
    assert len(world.cases()) == 1


@pytest.mark.parametrize("is_open", [True, False])
def test_another_payload_under_a_known_key_is_refused(world: World, *, is_open: bool) -> None:
    world.post(GOOD)
    if is_open:
        world.tick()
    receipt = world.post({**GOOD, "amount": 6}, "m-2")
    assert (receipt.status, receipt.document["code"]) == (409, "DIFFERENT_PAYLOAD")
    world.tick()
    assert len(world.cases()) == 1


def refusal(world: World, receipt: Receipt) -> tuple[int, str, str | None]:
    """Status, code and message id of the one row that a refusal leaves; and that there is nothing else."""
    (row,) = world.rows(InboxRow)
    assert (row.state, row.body, row.answer, row.status) == ("rejected", None, None, receipt.status)
    assert receipt.document["status"] == receipt.status
    assert receipt.document["code"] == row.code
    assert world.rows(JobRow) == world.cases() == world.rows(CaseIntakeRow) == []
    return receipt.status, row.code, row.msg_id


def test_an_unknown_endpoint_is_404_whatever_the_message(world: World) -> None:
    receipt = world.post(b"\xff", endpoint="other", headers={"webhook-signature": "v1,x"})
    assert refusal(world, receipt) == (404, "UNKNOWN_ENDPOINT", "m-1")


def test_a_message_that_is_too_large_is_413_before_its_signature_is_looked_at(world: World) -> None:
    receipt = world.post(b"x" * 1_000_001, headers={"webhook-signature": "v1,x"})
    assert refusal(world, receipt) == (413, "TOO_LARGE", "m-1")


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"webhook-signature": ""}, "UNSIGNED"),
        ({"webhook-signature": "v1,AAAA"}, "BAD_SIGNATURE"),
        ({"webhook-id": "m-2"}, "BAD_SIGNATURE"),
        ({"webhook-timestamp": "1"}, "STALE"),
    ],
)
def test_a_message_that_is_not_well_signed_is_401_before_it_is_read(
    world: World, headers: dict[str, str], code: str
) -> None:
    receipt = world.post(b"not json", headers=headers)
    assert refusal(world, receipt) == (401, code, headers.get("webhook-id", "m-1"))


@pytest.mark.parametrize(
    "body", [b"", b"not json", b"\xff\xfe", b"[" * 5000, b'{"a": NaN}', b"[" * 65 + b"]" * 65]
)
def test_a_body_that_is_not_json_is_400(world: World, body: bytes) -> None:
    assert refusal(world, world.post(body))[0] == 400


def test_every_fault_is_listed_at_once_with_422(world: World) -> None:
    receipt = world.post({"channel": "fax", "amount": 0, "note": "x" * 11, "day": "2026-02-30", "more": 1})
    assert refusal(world, receipt) == (422, "INVALID", "m-1")
    found = [(error["field"], error["code"]) for error in receipt.document["errors"]]
    assert sorted(found) == [
        ("amount", "MIN 1"),
        ("channel", "ENUM"),
        ("day", "DATE"),
        ("externalId", "REQUIRED"),
        ("note", "MAX_LENGTH 10"),
    ]
    assert all(error["message"] for error in receipt.document["errors"])


def test_a_key_that_is_too_long_to_keep_is_422(world: World) -> None:
    receipt = world.post({**GOOD, "externalId": "x" * 400})
    assert refusal(world, receipt) == (422, "INVALID", "m-1")
    assert [error["code"] for error in receipt.document["errors"]] == ["KEY"]


def test_a_refused_message_may_be_mended_and_sent_again_under_its_id(world: World) -> None:
    assert world.post({**GOOD, "amount": 0}).status == 422
    assert world.post({**GOOD, "amount": 0}).status == 422
    assert world.post(GOOD).status == 202
    world.tick()
    assert len(world.cases()) == 1
    assert sorted(row.state for row in world.rows(InboxRow)) == ["done", "rejected", "rejected"]


def test_a_refusal_keeps_the_digest_of_what_it_refused(world: World) -> None:
    world.post(b"not json")
    (row,) = world.rows(InboxRow)
    assert row.sha256 == sha256(b"not json")


def test_a_hostile_message_id_is_stored_harmlessly(world: World) -> None:
    receipt = world.post(GOOD, headers={"webhook-id": "a\x00\r\nb" + "x" * 5000})
    assert receipt.status == 401
    (row,) = world.rows(InboxRow)
    assert row.msg_id.startswith("abx")
    assert len(row.msg_id) == 300


def test_while_a_secret_is_changed_both_are_accepted_and_the_old_one_only_for_a_day(world: World) -> None:
    other = "whsec_" + "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="
    with world.transaction() as session:
        connections.set_secret(session, "endpoint:loans", "signing", other, actor=SYSTEM, now=world.now)
    assert world.post(GOOD, "m-1", secret=SECRET).status == 202
    assert world.post({**GOOD, "externalId": "A-2"}, "m-2", secret=other).status == 202
    world.now += timedelta(hours=25)
    assert world.post({**GOOD, "externalId": "A-3"}, "m-3", secret=SECRET).status == 401
    assert world.post({**GOOD, "externalId": "A-3"}, "m-3", secret=other).status == 202


def test_an_endpoint_without_a_secret_lets_nobody_in(world: World) -> None:
    with world.transaction() as session:
        messages.open_endpoint(session, "second", "loans", "loans", actor=SYSTEM, now=world.now)
    assert world.post(GOOD, endpoint="second").status == 401


@pytest.mark.parametrize("same_id", [True, False])
def test_a_message_sent_by_two_clients_at_the_same_instant_opens_one_case(
    world: World, *, same_id: bool
) -> None:
    together = threading.Barrier(4)
    receipts: list[Receipt] = []

    def send(number: int) -> None:
        together.wait(10)
        receipts.append(world.post(GOOD, "m-1" if same_id else f"m-{number}"))

    clients = [threading.Thread(target=send, args=(number,)) for number in range(4)]
    for client in clients:
        client.start()
    for client in clients:
        client.join(30)
    assert [receipt.status for receipt in receipts] == [202] * 4
    assert all(receipt == receipts[0] for receipt in receipts)
    world.tick()
    assert len(world.cases()) == 1
    assert len([row for row in world.rows(InboxRow) if row.state != "rejected"]) == 1


def test_a_message_whose_app_cannot_open_it_any_more_waits_for_a_person(world: World) -> None:
    world.post(GOOD)
    with world.transaction() as session:
        (message,) = session.query(InboxRow)
        message.body = b'{"amount": 0}'
    for _ in range(6):
        world.tick(hours=1)
    (incident,) = world.incidents()
    assert (incident.kind, incident.code, incident.state) == ("message", "ERROR", "open")
    assert world.job().state == "dead"
