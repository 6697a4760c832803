"""What is sent for an operation, and what an answer means (docs/reference/app-toml.md, "Connections")."""

import json
from decimal import Decimal

import pytest

from cases.caseapp.document import OperationSpec, StatusFault
from cases.caseapp.operations import Completed, Faulted, NotCallable, Refused, meaning, request
from cases.feel import parse

PAY = OperationSpec(
    name="pay",
    method="POST",
    path="/pay/v1/{account}/payments",
    answer=parse("{paymentId: body.paymentId, was: status, of: inputs.amount}"),
    schema={"type": "object", "required": ["paymentId"], "properties": {"paymentId": {"type": "string"}}},
    status={402: StatusFault("insufficient_funds"), 404: parse('{result: "not_found"}')},
)
PLAIN = OperationSpec(name="plain", method="POST", path="/plain")


def test_inputs_that_the_path_does_not_use_are_the_body() -> None:
    made = request(PAY, {"account": "a/b?c", "amount": Decimal("512.40"), "note": None}, "k")
    assert made.path == "/pay/v1/a%2Fb%3Fc/payments"
    assert made.body == b'{"amount":512.40,"note":null}'


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (5, "5"),
        (Decimal("1E+3"), "1000"),
        ("../../x", "..%2F..%2Fx"),
        ("ü \n", "%C3%BC%20%0A"),
        (["a"], "%5B%22a%22%5D"),
    ],
)
def test_no_value_can_leave_its_place_in_the_path(value: object, text: str) -> None:
    operation = OperationSpec(name="find", method="GET", path="/find/{id}?key={idempotencyKey}")
    made = request(operation, {"id": value, "other": 1}, "CLM-1:pay:1")
    assert made.path == f"/find/{text}?key=CLM-1%3Apay%3A1"
    assert made.body is None


def test_a_body_of_its_own_is_sent_instead_of_the_inputs() -> None:
    operation = OperationSpec(name="n", method="POST", path="/n", body=parse("{to: who.mail, at: date(day)}"))
    made = request(operation, {"who": {"mail": "a@example.org"}, "day": "2026-03-02"}, "k")
    assert json.loads(made.body or b"") == {"to": "a@example.org", "at": "2026-03-02"}


def test_a_body_that_is_no_data_cannot_be_sent() -> None:
    operation = OperationSpec(name="n", method="POST", path="/n", body=parse("function(x) x"))
    with pytest.raises(NotCallable):
        request(operation, {}, "k")


def test_a_good_answer_is_the_result() -> None:
    found = meaning(PAY, {"amount": 5}, 201, b'{"paymentId": "p1", "more": 1}')
    assert found == Completed({"paymentId": "p1", "was": 201, "of": 5})
    assert meaning(PLAIN, {}, 200, b'{"a": 0.10}') == Completed({"a": Decimal("0.10")})
    assert meaning(PLAIN, {}, 204, b"") == Completed({})


def test_a_status_that_has_a_meaning_is_an_answer_or_a_fault() -> None:
    assert meaning(PAY, {}, 404, b"<html>") == Completed({"result": "not_found"})
    assert meaning(PAY, {}, 402, b"") == Faulted("insufficient_funds", "the service answered 402", 402)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
def test_any_other_refusal_is_one(status: int) -> None:
    assert meaning(PLAIN, {}, status, b"{}") == Refused(status)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"paymentId": 5}', b"not json", b"\xff", b"[" * 9999, b"null"]
)
def test_an_answer_that_breaks_its_contract_is_a_fault(body: bytes) -> None:
    found = meaning(PAY, {}, 200, body)
    assert isinstance(found, Faulted)
    assert (found.code, found.status) == ("CONTRACT", 200)


@pytest.mark.parametrize("body", [b"[1]", b"5", b'"x"'])
def test_a_result_is_a_context(body: bytes) -> None:
    assert isinstance(meaning(PLAIN, {}, 200, body), Faulted)
