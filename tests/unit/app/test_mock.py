"""The outside services: what they answer, what they remember, and the faults one can order."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import urllib3
from flask.testing import FlaskClient
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from app.mock import UnreadableFacts, create_mock

Write = Callable[..., Path]

POLICY = "PA-1"
LOSS = "2026-03-01T23:40:00-05:00"
VIN = "VIN00000000000001"
FACTS = {
    "inForce": True,
    "paid": True,
    "peril": False,
    "age": 412,
    "prior": 2,
    "pct": 64,
    "police": None,
    "hour": 3,
    "dup": True,
    "est": 9800.0,
    "ded": 1000,
    "sev": "major",
}


def line(facts: dict[str, Any], **payload: object) -> str:
    usual = {"externalId": "EXT-1", "policyNumber": POLICY, "lossAt": LOSS, "vehicles": [{"vin": VIN}]}
    return json.dumps({"id": "X", "payload": usual | payload, "facts": facts})


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(name: str, *lines: str) -> Path:
        file = tmp_path / name
        file.write_text("\n".join(lines) + "\n")
        return file

    return written


@pytest.fixture
def client(write: Write) -> FlaskClient:
    return create_mock([write("facts.jsonl", line(FACTS))]).test_client()


def pay(client: FlaskClient, key: str = "K-1", provider: str = "pay") -> TestResponse:
    body = {"externalId": "EXT-1", "amount": "512.40"}
    return client.post(f"/{provider}/v1/payments", json=body, headers={"Idempotency-Key": key})


# ---- facts


def test_a_policy_is_found_by_its_number_and_the_day_of_loss(client: FlaskClient) -> None:
    answer = client.get(f"/policy/v1/policies/{POLICY}?at=2026-03-01T08:00:00-05:00")
    assert answer.json == {
        "policyNumber": POLICY,
        "inForce": True,
        "paid": True,
        "peril": False,
        "age": 412,
        "ded": 1000,
    }


def test_the_same_instant_is_the_same_loss_in_whatever_zone_it_is_asked(client: FlaskClient) -> None:
    assert client.get(f"/policy/v1/policies/{POLICY}?at=2026-03-02T04:40:00Z").status_code == 200
    assert client.get(f"/policy/v1/policies/{POLICY}?at=2026-03-02T05:40:00+01:00").status_code == 200


@pytest.mark.parametrize("path", [f"{POLICY}?at=2026-03-03T08:00:00-05:00", f"{POLICY}", f"PA-2?at={LOSS}"])
def test_a_policy_that_nobody_knows_is_not_found(client: FlaskClient, path: str) -> None:
    answer = client.get(f"/policy/v1/policies/{path}")
    assert (answer.status_code, answer.json) == (404, {"result": "not_found"})


def test_the_senders_own_id_goes_before_policy_and_vehicle(write: Write) -> None:
    file = write("facts.jsonl", line(FACTS), line(FACTS | {"prior": 7}, externalId="EXT-2"))
    client = create_mock([file]).test_client()

    def prior(**body: str) -> int:
        answer = client.post("/fraud/v1/score", json=body).json
        return int(answer["prior"])

    assert prior(externalId="EXT-1", policyNumber=POLICY, lossAt=LOSS) == 2
    assert prior(externalId="unknown", policyNumber=POLICY, lossAt=LOSS) == 7
    assert prior(externalId="unknown", vin=VIN) == 7


def test_a_later_file_wins(write: Write) -> None:
    files = [write("one.jsonl", line(FACTS)), write("two.jsonl", line(FACTS | {"age": 1}))]
    client = create_mock(files).test_client()
    answer = client.get(f"/policy/v1/policies/{POLICY}?at={LOSS}")
    assert answer.json is not None
    assert answer.json["age"] == 1


def test_a_line_without_facts_says_nothing(write: Write) -> None:
    client = create_mock([write("facts.jsonl", line(FACTS), line({}, externalId="EXT-3"))]).test_client()
    assert client.get(f"/policy/v1/policies/{POLICY}?at={LOSS}").status_code == 200


@pytest.mark.parametrize("text", ["not JSON", "[]", '{"payload": {}}', '{"payload": 1, "facts": {}}'])
def test_a_file_that_cannot_be_read_is_named_with_its_line(write: Write, text: str) -> None:
    with pytest.raises(UnreadableFacts, match=r"bad\.jsonl:2"):
        create_mock([write("bad.jsonl", line(FACTS), text)])


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFacts, match=r"nowhere\.jsonl"):
        create_mock([tmp_path / "nowhere.jsonl"])


# ---- the services


@pytest.mark.parametrize("path", ["/fraud/v1/score", "/fraud2/v1/score"])
def test_both_providers_score_by_the_facts(client: FlaskClient, path: str) -> None:
    answer = client.post(path, json={"claim": {"externalId": "EXT-1"}})
    assert answer.json == {
        "prior": 2,
        "pct": 64,
        "police": None,
        "hour": 3,
        "dup": True,
        "shared": False,
        "watch": False,
        "sev": "major",
    }


def test_somebody_unknown_has_no_history(client: FlaskClient) -> None:
    answer = client.post("/fraud/v1/score", json={"externalId": "nobody"}).json
    assert answer is not None
    assert (answer["prior"], answer["dup"], answer["pct"]) == (0, False, None)


def test_an_assessment_approves_the_estimate_less_the_deductible(client: FlaskClient) -> None:
    answer = client.post("/adjudication/v1/assess", json={"externalId": "EXT-1", "photos": []})
    assert answer.json == {
        "decision": "approve",
        "confidence": 0.94,
        "amount": 8800.0,
        "model": "mock",
        "modelVersion": "v3.2",
    }


def test_an_assessment_says_what_the_facts_say_of_it(write: Write) -> None:
    facts = FACTS | {"est": 50, "ded": 100, "decision": "refer", "confidence": 0.4}
    client = create_mock([write("facts.jsonl", line(facts))]).test_client()
    answer = client.post("/adjudication/v1/assess", json={"externalId": "EXT-1"}).json
    assert answer is not None
    assert (answer["decision"], answer["confidence"], answer["amount"]) == ("refer", 0.4, 0)


def test_a_vehicles_value_follows_from_the_estimate(client: FlaskClient) -> None:
    assert client.get(f"/value/v1/{VIN}").json == {"vin": VIN, "value": 15312.5, "currency": "USD"}
    assert client.get("/value/v1/unknown").status_code == 404


def test_a_message_is_sent_once_for_a_key(client: FlaskClient) -> None:
    first, second = (
        client.post("/notify/v1/messages", json={"to": "a"}, headers={"Idempotency-Key": "C-1:ack"})
        for _ in range(2)
    )
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json == second.json
    assert first.json is not None
    assert first.json["status"] == "sent"


@pytest.mark.parametrize("provider", ["pay", "pay2"])
def test_a_payment_with_a_known_key_gets_the_stored_answer_and_pays_nothing(
    client: FlaskClient, provider: str
) -> None:
    first, second = pay(client, provider=provider), pay(client, provider=provider)
    assert first.json == second.json
    assert first.json is not None
    assert first.json["status"] == "paid"
    ledger = client.get("/_ledger").json
    assert ledger is not None
    assert list(ledger) == [provider]
    assert ledger[provider]["K-1"]["requests"] == 2
    assert ledger[provider]["K-1"]["body"]["amount"] == "512.40"


def test_another_key_is_another_payment(client: FlaskClient) -> None:
    first, second = pay(client, "K-1").json, pay(client, "K-2").json
    assert first is not None
    assert second is not None
    assert first["paymentId"] != second["paymentId"]


def test_a_payment_without_a_key_is_refused(client: FlaskClient) -> None:
    assert client.post("/pay/v1/payments", json={}).status_code == 400
    assert client.get("/_ledger").json == {}


def test_a_payment_is_looked_up_by_its_key_at_its_own_provider(client: FlaskClient) -> None:
    paid = pay(client).json
    assert paid is not None
    assert client.get("/pay/v1/payments?key=K-1").json == {"result": "found", **paid}
    for path in ("/pay/v1/payments?key=K-2", "/pay2/v1/payments?key=K-1", "/pay/v1/payments"):
        assert (client.get(path).status_code, client.get(path).json) == (404, {"result": "not_found"})


def test_a_glass_job_is_ordered_once_and_can_be_cancelled(client: FlaskClient) -> None:
    order = client.post("/glass/v1/jobs", json={}, headers={"Idempotency-Key": "C-1:glass"}).json
    assert order is not None
    assert order["status"] == "ordered"
    for _ in range(2):
        answer = client.delete(f"/glass/v1/jobs/{order['jobId']}")
        assert (answer.status_code, answer.json) == (200, order | {"status": "cancelled"})
    assert client.delete("/glass/v1/jobs/unknown").status_code == 404


@pytest.mark.parametrize("body", ["", "[1]", "{"])
def test_a_body_that_is_no_object_is_refused(client: FlaskClient, body: str) -> None:
    assert client.post("/fraud/v1/score", data=body).status_code == 400


# ---- faults and books


def test_answers_are_used_up_one_a_call_and_then_all_is_normal(client: FlaskClient) -> None:
    client.put("/_switch/pay", json={"answers": [503, 402]})
    assert [pay(client).status_code for _ in range(3)] == [503, 402, 201]
    ledger = client.get("/_ledger").json
    assert ledger is not None
    assert ledger["pay"]["K-1"]["requests"] == 1


def test_a_success_among_the_answers_is_the_services_own(client: FlaskClient) -> None:
    client.put("/_switch/pay", json={"answers": [200, 503]})
    assert [pay(client, key).status_code for key in ("K-1", "K-2")] == [201, 503]


def test_always_goes_on_until_it_is_switched_back(client: FlaskClient) -> None:
    client.put("/_switch/pay", json={"always": 503})
    assert [pay(client).status_code for _ in range(3)] == [503, 503, 503]
    client.put("/_switch/pay", json={})
    assert pay(client).status_code == 201


def test_a_switch_belongs_to_one_service(client: FlaskClient) -> None:
    client.put("/_switch/pay", json={"always": 503})
    assert pay(client, provider="pay2").status_code == 201


def test_with_effect_the_payment_is_made_and_the_answer_lost(client: FlaskClient) -> None:
    client.put("/_switch/pay", json={"answers": [503], "effect": True})
    assert pay(client).status_code == 503
    assert client.get("/pay/v1/payments?key=K-1").status_code == 200
    assert pay(client).status_code == 200


def test_a_late_answer_is_late(client: FlaskClient) -> None:
    client.put("/_switch/pay", json={"delay_s": 0.05})
    begun = time.monotonic()
    assert pay(client).status_code == 201
    assert time.monotonic() - begun >= 0.05


@pytest.mark.parametrize(
    "body", [[], {"answer": [503]}, {"answers": 503}, {"answers": ["503"]}, {"hang": "yes"}, {"always": None}]
)
def test_a_switch_that_does_not_exist_is_refused(client: FlaskClient, body: object) -> None:
    assert client.put("/_switch/pay", json=body).status_code == 400


def test_every_call_is_listed_oldest_first_with_what_was_answered(client: FlaskClient) -> None:
    client.put("/_switch/pay", json={"answers": [503]})
    pay(client)
    client.get(f"/policy/v1/policies/{POLICY}?at={LOSS}")
    calls = client.get("/_calls").json
    assert calls is not None
    assert [(call["service"], call["method"], call["status"]) for call in calls] == [
        ("pay", "POST", 503),
        ("policy", "GET", 200),
    ]
    assert calls[0]["idempotency_key"] == "K-1"
    assert calls[0]["body"] == {"externalId": "EXT-1", "amount": "512.40"}
    assert calls[1]["path"].startswith(f"/policy/v1/policies/{POLICY}?at=")
    assert set(calls[0]) == {"at", "service", "method", "path", "idempotency_key", "body", "status"}


@contextmanager
def serving(facts: Path) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, create_mock([facts]), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_call_that_hangs_is_listed_unanswered_and_let_go_by_the_next_switch(write: Write) -> None:
    answers: list[int] = []
    with serving(write("facts.jsonl", line(FACTS))) as address, urllib3.PoolManager(retries=False) as http:
        http.request("PUT", f"{address}/_switch/pay", json={"hang": True})

        def call() -> None:
            headers = {"Idempotency-Key": "K-1"}
            answers.append(
                http.request("POST", f"{address}/pay/v1/payments", json={}, headers=headers).status
            )

        caller = threading.Thread(target=call)
        caller.start()
        arrived = threading.Event()
        while not arrived.is_set():
            if http.request("GET", f"{address}/_calls").json():
                arrived.set()
        assert http.request("GET", f"{address}/_calls").json()[0]["status"] is None
        assert answers == []
        http.request("PUT", f"{address}/_switch/pay", json={})
        caller.join()
        assert answers == [503]
        assert http.request("GET", f"{address}/_ledger").json() == {}
