"""The doors for messages and replies: bytes in, one JSON document or problem document out."""

import json
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import clock
from cases.connectors import signing
from cases.persistence.instances import CaseInstanceRow
from cases.persistence.jobs import JobRow
from cases.persistence.messages import InboxRow
from cases.policy.access import SYSTEM
from cases.scheduler import worker
from cases.services import connections, jobs, messages, replies
from tests.functional.app.conftest import Office
from tests.shared import SHARED

SECRET = signing.new_secret()


@pytest.fixture
def client(office: Office) -> FlaskClient:
    """A sender, at the endpoint of the claims app."""
    now = office.now
    with office.transaction() as session:
        messages.open_endpoint(session, "claims", "claims.auto", "claims", actor=SYSTEM, now=now)
        connections.set_secret(session, "endpoint:claims", connections.SIGNING, SECRET, actor=SYSTEM, now=now)
    return office.app.test_client()


@pytest.fixture
def claim(shared_folder: object) -> dict[str, object]:
    del shared_folder
    return dict(payload("CLM-P01"))


def payload(name: str) -> dict[str, object]:
    lines = (SHARED / "product" / "data" / "payloads" / "claims.auto.jsonl").read_text().splitlines()
    return next(entry["payload"] for entry in map(json.loads, lines) if entry["id"] == name)


def send(client: FlaskClient, body: bytes, message_id: str = "m-1", **changes: str) -> TestResponse:
    headers = signing.headers(SECRET, message_id, int(clock.host_now().timestamp()), body)
    return client.post("/hooks/claims", data=body, headers={**headers, **changes})


def problem(answer: TestResponse) -> tuple[int, str]:
    assert answer.mimetype == "application/problem+json"
    document = answer.get_json()
    assert document["status"] == answer.status_code
    assert document["type"] == "about:blank"
    assert document["title"]
    return answer.status_code, document["code"]


def test_a_claim_is_accepted_and_its_case_opened(
    office: Office, client: FlaskClient, claim: dict[str, object]
) -> None:
    body = json.dumps(claim).encode()
    answer = send(client, body)
    assert (answer.status_code, answer.get_json()) == (202, {"id": "m-1", "status": "accepted"})
    with office.transaction() as session:
        assert session.query(JobRow).one().kind == "message"
    worker.within(office.transaction, clock.host_now())
    again = send(client, body, "m-2")
    assert (again.status_code, again.get_json()["status"]) == (200, "known")
    with office.database.reading() as session:
        assert session.query(CaseInstanceRow).one().business_key == again.get_json()["case"]


def test_a_cookie_or_a_token_is_not_asked_for_but_a_signature_is(
    client: FlaskClient, claim: dict[str, object]
) -> None:
    answer = client.post("/hooks/claims", json=claim)
    assert problem(answer) == (401, "UNSIGNED")
    assert "Set-Cookie" not in answer.headers


def test_the_hostile_claim_gets_every_fault_at_once(client: FlaskClient, shared_folder: object) -> None:
    del shared_folder
    answer = send(client, json.dumps(payload("CLM-P08")).encode())
    assert problem(answer) == (422, "INVALID")
    faults = sorted(f"{fault['field']}: {fault['code']}" for fault in answer.get_json()["errors"])
    assert faults == [
        "estimate.amount: DECIMAL",
        "estimate.currency: ISO4217",
        "photos[0]: BAD_NAME",
        "photos[0]: EMPTY",
        "photos[1]: TOO_LARGE",
        "photos[1]: TYPE",
    ]


def test_a_claim_without_an_offset_is_warned_of(client: FlaskClient, shared_folder: object) -> None:
    del shared_folder
    answer = send(client, json.dumps(payload("CLM-P07")).encode())
    assert answer.status_code == 202
    warnings = [(one["field"], one["code"]) for one in answer.get_json()["warnings"]]
    assert ("lossAt", "AMBIGUOUS_LOCAL_TIME") in warnings


@pytest.mark.parametrize(
    ("size", "code"), [(messages.LARGEST_MESSAGE, "NOT_JSON"), (messages.LARGEST_MESSAGE + 1, "TOO_LARGE")]
)
def test_a_megabyte_is_read_and_not_a_byte_more(client: FlaskClient, size: int, code: str) -> None:
    assert problem(send(client, b"x" * size))[1] == code


def test_a_changed_byte_is_401(client: FlaskClient, claim: dict[str, object]) -> None:
    body = json.dumps(claim).encode()
    headers = signing.headers(SECRET, "m-1", int(clock.host_now().timestamp()), body)
    answer = client.post("/hooks/claims", data=body + b" ", headers=headers)
    assert problem(answer) == (401, "BAD_SIGNATURE")


def test_an_unknown_endpoint_and_a_get_are_refused(client: FlaskClient) -> None:
    assert problem(client.post("/hooks/other", data=b"{}")) == (404, "UNKNOWN_ENDPOINT")
    assert client.get("/hooks/claims").status_code == 405


def waiting(office: Office) -> str:
    """A claim one of whose steps waits for a reply, and the token of that."""
    turn = office.claim()
    now = clock.host_now()
    with office.transaction() as session:
        leases = jobs.claim(session, "test", 9, now)
        lease = next(lease for lease in leases if lease.case_id == turn.case_id)
        return replies.expect(session, lease, now + timedelta(hours=1))


def test_a_reply_completes_what_waits_for_it_once(office: Office) -> None:
    token = waiting(office)
    client = office.app.test_client()
    answers = [client.post(f"/hooks/r/{token}", json={"result": "found"}).get_json() for _ in range(2)]
    assert answers == [{"status": "accepted"}, {"status": "ignored"}]


def test_an_unknown_token_is_401_and_leaves_a_row_without_what_was_sent(office: Office) -> None:
    answer = office.app.test_client().post("/hooks/r/nobody-knows-this", json={"secret": "x"})
    assert problem(answer) == (401, "UNKNOWN_TOKEN")
    with office.database.reading() as session:
        row = session.query(InboxRow).one()
        assert (row.state, row.body, row.endpoint_id) == ("rejected", None, None)


@pytest.mark.parametrize(("body", "status"), [(b"no json", 400), (b"[]", 422), (b"x" * 1_000_001, 413)])
def test_a_reply_that_makes_no_sense_leaves_the_step_waiting(
    office: Office, body: bytes, status: int
) -> None:
    token = waiting(office)
    client = office.app.test_client()
    assert client.post(f"/hooks/r/{token}", data=body).status_code == status
    assert client.post(f"/hooks/r/{token}", json={}).get_json() == {"status": "accepted"}
