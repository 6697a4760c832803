"""The services that car claims call: policies, messages, fraud, assessment, values, payments, glass."""

from decimal import Decimal

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from app.mock.facts import Json, anywhere
from app.mock.world import current_world

services = Blueprint("claims", __name__)

_POLICY = ("inForce", "paid", "peril", "age", "ded")
_SCORE = {
    "prior": 0,
    "pct": None,
    "police": None,
    "hour": None,
    "dup": False,
    "shared": False,
    "watch": False,
    "sev": None,
}
_ASSESSMENT = {"decision": "approve", "confidence": 0.94, "model": "mock", "modelVersion": "v3.2"}


@services.get("/policy/v1/policies/<number>")
def policy(number: str) -> ResponseReturnValue:
    asked = {
        "policyNumber": number,
        "lossAt": request.args.get("at"),
        "externalId": request.args.get("externalId"),
    }
    known = current_world().facts.find(asked)
    if known is None:
        return _not_found()
    return {"policyNumber": number} | {name: known.get(name) for name in _POLICY}


@services.post("/notify/v1/messages")
def notify() -> ResponseReturnValue:
    return _once("notify", ("messageId", "sent"))


@services.post("/fraud/v1/score")
@services.post("/fraud2/v1/score")
def score() -> ResponseReturnValue:
    known = _known_of_body()
    return {name: known.get(name, default) for name, default in _SCORE.items()}


@services.post("/adjudication/v1/assess")
def assess() -> ResponseReturnValue:
    known = _known_of_body()
    net = Decimal(str(known.get("est") or 0)) - Decimal(str(known.get("ded") or 0))
    usual = _ASSESSMENT | {"amount": float(max(Decimal(0), net))}
    return {name: known.get(name, value) for name, value in usual.items()}


@services.get("/value/v1/<vin>")
def value(vin: str) -> ResponseReturnValue:
    """The value follows from the facts: the estimate is `pct` percent of it."""
    known = current_world().facts.find({"vin": vin, "externalId": request.args.get("externalId")}) or {}
    if not known.get("pct") or known.get("est") is None:
        return _not_found()
    full = Decimal(str(known["est"])) * 100 / Decimal(str(known["pct"]))
    return {"vin": vin, "value": float(round(full, 2)), "currency": "USD"}


@services.post("/<any(pay, pay2):provider>/v1/payments")
def pay(provider: str) -> ResponseReturnValue:
    return _once(provider, ("paymentId", "paid"))


@services.get("/<any(pay, pay2):provider>/v1/payments")
def paid(provider: str) -> ResponseReturnValue:
    """Say by its key whether a payment was made: what one asks after an answer was lost."""
    answer = current_world().done(provider, request.args.get("key", ""))
    return _not_found() if answer is None else {"result": "found"} | answer


@services.post("/glass/v1/jobs")
def order_glass() -> ResponseReturnValue:
    return _once("glass", ("jobId", "ordered"))


@services.delete("/glass/v1/jobs/<job>")
def cancel_glass(job: str) -> ResponseReturnValue:
    answer = current_world().undo("glass", job, "cancelled")
    return _not_found() if answer is None else answer


def _once(service: str, outcome: tuple[str, str]) -> ResponseReturnValue:
    """Do what was asked, once for each idempotency key; a key that is known gets the stored answer."""
    key = request.headers.get("Idempotency-Key")
    if not key:
        raise BadRequest("Idempotency-Key is missing")
    is_new, answer = current_world().do_once(service, _bare(key), _body(), outcome)
    return answer, 201 if is_new else 200


def _bare(key: str) -> str:
    """The key itself: the header holds it as a string of structured fields, in quotes (RFC 8941, 3.3.3)."""
    if len(key) < 2 or not (key.startswith('"') and key.endswith('"')):
        return key
    return key[1:-1].replace('\\"', '"').replace("\\\\", "\\")


def _known_of_body() -> Json:
    body = _body()
    names = ("externalId", "policyNumber", "lossAt", "vin")
    return current_world().facts.find({name: anywhere(body, name) for name in names}) or {}


def _body() -> Json:
    body = request.get_json(force=True)
    if not isinstance(body, dict):
        raise BadRequest("the body is not a JSON object")
    return body


def _not_found() -> ResponseReturnValue:
    return {"result": "not_found"}, 404
