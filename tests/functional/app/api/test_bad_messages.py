"""What nobody should send: refused with a document that names every fault, and nothing of it is kept."""

import gzip
import json
from collections.abc import Mapping
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app import clock
from cases.connectors import signing
from cases.persistence import codec
from cases.persistence.base import Base
from cases.persistence.instances import CaseInstanceRow
from cases.persistence.journal import JournalRow
from cases.persistence.messages import InboxRow
from cases.policy.access import SYSTEM
from cases.scheduler import worker
from cases.services import connections, messages
from tests.functional.app.conftest import Office
from tests.functional.app.web.test_tasks import GOOD as ANSWERS

SECRET = signing.new_secret()
CANARY = "Zanzibar"

CLAIM: Mapping[str, object] = {
    "externalId": "WEB-77",
    "channel": "web",
    "policyNumber": "PA-1000077",
    "lossType": "collision",
    "lossAt": "2026-02-27T10:15:00-05:00",
    "description": f"Rear collision in {CANARY}.",
    "injuries": False,
    "submittedAt": "2026-03-02T08:55:00-05:00",
    "claimant": {"name": CANARY, "email": "ilse@example.org", "phone": "+1-614-555-0199"},
    "vehicles": [
        {"role": "insured", "vin": "WVWZZZ1JZXW000001", "make": "VW", "model": "Golf", "year": 2019}
    ],
    "parties": [],
    "estimate": {"amount": "7840.00", "currency": "USD", "source": "shop"},
    "photos": [],
}


class Sender:
    """Somebody who knows the secret of the endpoint, and what the house keeps of what they send."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.client: FlaskClient = office.app.test_client()

    def post(self, body: bytes, path: str = "/hooks/claims", age: float = 0, **changes: str) -> TestResponse:
        stamp = clock.host_now() - timedelta(seconds=age)
        headers = signing.headers(SECRET, "m-1", int(stamp.timestamp()), body)
        return self.client.post(path, data=body, headers={**headers, **changes})

    def counts(self) -> dict[str, int]:
        """The rows of every table."""
        with self.office.database.reading() as session:
            return {
                table.name: session.scalar(select(func.count()).select_from(table)) or 0
                for table in Base.metadata.sorted_tables
                if table.name != "key_block"
            }

    def refused(self, body: bytes, status: int, code: str, **how: object) -> list[dict[str, str]]:
        """The faults that are told; that one row says so without the body, and that no other row is there."""
        before = self.counts()
        answer = self.post(body, **how)  # type: ignore[arg-type]
        assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
        document = answer.get_json()
        assert (document["status"], document["code"]) == (status, code)
        assert CANARY not in answer.get_data(as_text=True)
        after = self.counts()
        assert after.pop("inbox") == before.pop("inbox") + 1
        assert after == before
        with self.office.database.reading() as session:
            row = session.scalars(select(InboxRow).order_by(InboxRow.id.desc())).first()
        assert row is not None
        assert (row.state, row.body, row.answer, row.code) == ("rejected", None, None, code)
        faults: list[dict[str, str]] = document.get("errors", [])
        return faults


@pytest.fixture
def sender(office: Office) -> Sender:
    now = office.now
    with office.transaction() as session:
        messages.open_endpoint(session, "claims", "claims.auto", "claims", actor=SYSTEM, now=now)
        connections.set_secret(session, "endpoint:claims", connections.SIGNING, SECRET, actor=SYSTEM, now=now)
    return Sender(office)


def claim(**changes: object) -> bytes:
    return json.dumps({**CLAIM, **changes}).encode()


def test_the_claim_as_it_is_would_be_taken(sender: Sender) -> None:
    assert sender.post(claim()).status_code == 202


def test_what_is_not_well_signed_or_not_of_now_is_401(sender: Sender) -> None:
    body = claim()
    for headers, code in (
        ({"webhook-signature": ""}, "UNSIGNED"),
        ({"webhook-signature": "v1,AAAA"}, "BAD_SIGNATURE"),
        ({"webhook-signature": "v1a,AAAA v2,BBBB"}, "BAD_SIGNATURE"),
        ({"webhook-signature": "v1,\xe9"}, "BAD_SIGNATURE"),
        ({"webhook-id": "m-2"}, "BAD_SIGNATURE"),
        ({"webhook-timestamp": "soon"}, "BAD_TIMESTAMP"),
        ({"webhook-timestamp": "9" * 400}, "BAD_TIMESTAMP"),
        ({"webhook-timestamp": "-1"}, "BAD_TIMESTAMP"),
    ):
        assert sender.refused(body, 401, code, **headers) == []
    for age in (302.0, -302.0, 86_400.0 * 365):
        sender.refused(body, 401, "STALE", age=age)
    assert sender.post(body, age=290).status_code == 202


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "NOT_JSON"),
        (b"claim", 400, "NOT_JSON"),
        (b"\xff\xfe{}", 400, "NOT_JSON"),
        (b'{"externalId": NaN}', 400, "NOT_JSON"),
        (b'{"externalId": Infinity}', 400, "NOT_JSON"),
        (b'{"externalId": -Infinity}', 400, "NOT_JSON"),
        (b'{"externalId": 1e9999}', 422, "INVALID"),
        (b'{"externalId": "a\\ud800"}', 400, "NOT_JSON"),
        (b'{"a": 1} {"b": 2}', 400, "NOT_JSON"),
        (b"{'a': 1}", 400, "NOT_JSON"),
        (b'{"a": 1,}', 400, "NOT_JSON"),
        (b'{"a": 01}', 400, "NOT_JSON"),
        (b'{"externalId": "A-1", "externalId": "A-2"}', 400, "DUPLICATE_KEY"),
        (b'{"claimant": {"name": "a", "n\\u0061me": "b"}}', 400, "DUPLICATE_KEY"),
        (b"[" * 100_000, 400, "NOT_JSON"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, 400, "TOO_DEEP"),
        (json.dumps({f"k{n}": n for n in range(10_001)}).encode(), 400, "TOO_DEEP"),
        (b" " * 1_000_001, 413, "TOO_LARGE"),
        (b"[]", 422, "INVALID"),
        (b"null", 422, "INVALID"),
        (b'"text"', 422, "INVALID"),
        (b"17", 422, "INVALID"),
        (b"{}", 422, "INVALID"),
    ],
    ids=lambda part: repr(part)[:40],
)
def test_what_is_no_message_is_refused(sender: Sender, body: bytes, status: int, code: str) -> None:
    faults = sender.refused(body, status, code)
    assert bool(faults) is (status == 422 or code == "DUPLICATE_KEY")
    assert all(fault["code"] and fault["message"] for fault in faults)


def test_every_field_that_is_wrong_is_named(sender: Sender) -> None:
    body = claim(
        externalId="",
        channel="fax",
        injuries="no",
        policyNumber=None,
        description="a\x00b",
        claimant={"name": ["x"]},
        vehicles=[{"role": "x"}, "y"],
        estimate={"amount": "1e3", "currency": "usd"},
        lossAt="yesterday",
    )
    faults = sender.refused(body, 422, "INVALID")
    named = {fault["field"].split(".")[0].split("[")[0] for fault in faults}
    assert {
        "externalId",
        "channel",
        "injuries",
        "policyNumber",
        "description",
        "claimant",
        "vehicles",
        "estimate",
        "lossAt",
    } <= named


def test_an_unknown_endpoint_is_refused(sender: Sender) -> None:
    for path in ("/hooks/other", "/hooks/CLAIMS", "/hooks/" + "x" * 2_000, "/hooks/%F0%9F%92%A5"):
        sender.refused(claim(), 404, "UNKNOWN_ENDPOINT", path=path)


def test_a_body_is_what_it_is_whatever_kind_of_content_it_claims_to_be(sender: Sender) -> None:
    """What is signed is the bytes, and they are read as JSON or not at all."""
    for kind, body in (
        ("application/x-www-form-urlencoded", b"externalId=WEB-77&channel=web"),
        ("application/xml", b"<claim><externalId>WEB-77</externalId></claim>"),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\ncontent-disposition: form-data; name=a\r\n\r\n1\r\n--x--",
        ),
        ("application/json", gzip.compress(claim())),
        ("application/json; charset=utf-16", claim().decode().encode("utf-16")),
    ):
        sender.refused(body, 400, "NOT_JSON", **{"Content-Type": kind})
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", ""):
        assert sender.post(claim(), "/hooks/claims", 0, **{"Content-Type": kind}).status_code == 202


def test_a_field_that_the_intake_does_not_know_is_kept_out_and_warned_of(sender: Sender) -> None:
    secret = "Timbuktu"
    body = claim(
        approved=True,
        note=secret,
        settlement={"net": 1_000_000, "why": secret},
        claimant={
            "name": "Ilse Brandt",
            "email": "ilse@example.org",
            "phone": "+1-614-555-0199",
            "ssn": secret,
        },
        __proto__={"x": secret},
        T3={"liability": secret},
    )
    answer = sender.post(body)
    assert answer.status_code == 202
    warned = {one["field"] for one in answer.get_json()["warnings"] if one["code"] == "UNKNOWN_KEY"}
    assert warned == {"approved", "note", "settlement", "claimant.ssn", "__proto__", "T3"}
    worker.within(sender.office.transaction, clock.host_now())
    with sender.office.database.reading() as session:
        row = session.query(CaseInstanceRow).one()
        state = codec.unpack_state(row.doc, {})
        kept = repr(state.file.values)
        journal = repr([codec.unpack_entry(one.body or b"") for one in session.query(JournalRow)])
    assert "Ilse Brandt" in kept
    for place in (kept, journal, row.title):
        assert secret not in place
    assert not {"approved", "settlement", "T3", "__proto__", "note"} & state.file.values.keys()


def test_what_a_form_hides_is_not_let_in_by_a_message(sender: Sender) -> None:
    """The mapping decides what comes in: no root item of a task's answer is among it."""
    assert sender.post(claim(T2={"clause": "7b"}, T3=ANSWERS)).status_code == 202
    worker.within(sender.office.transaction, clock.host_now())
    with sender.office.database.reading() as session:
        state = codec.unpack_state(session.query(CaseInstanceRow).one().doc, {})
    assert not {"T2", "T3"} & state.file.values.keys()


def test_what_is_larger_than_any_body_is_refused_like_the_rest(sender: Sender) -> None:
    sender.refused(b"x" * 17_000_000, 413, "TOO_LARGE")


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        ("1e300", "MAX 999999999999.99"),
        ("1e999999", "TYPE"),
        ("1000000000000", "MAX 999999999999.99"),
        ("-5", "MIN 0"),
        ("-1e300", "MIN 0"),
        ("0.001", "DECIMAL"),
        ('"-5"', "DECIMAL"),
        ('"-0.00"', "DECIMAL"),
        ('"1e3"', "DECIMAL"),
        ("true", "DECIMAL"),
        ("null", "DECIMAL"),
    ],
)
def test_an_amount_is_held_to_the_same_whether_it_is_a_text_or_a_number(
    sender: Sender, amount: str, code: str
) -> None:
    body = claim(estimate={"amount": "AMOUNT", "currency": "USD"}).replace(b'"AMOUNT"', amount.encode())
    faults = sender.refused(body, 422, "INVALID")
    assert ("estimate.amount", code) in {(fault["field"], fault["code"]) for fault in faults}


@pytest.mark.parametrize("amount", ["0", "12.5", "7840.10", "7840.1000", "999999999999.99", '"0.50"'])
def test_a_plain_amount_is_taken(sender: Sender, amount: str) -> None:
    body = claim(estimate={"amount": "AMOUNT", "currency": "USD"}).replace(b'"AMOUNT"', amount.encode())
    assert sender.post(body).status_code == 202
