"""The outside services of the shipped case apps, with faults on demand: a small application of its own.

What they answer comes from facts files; what was asked of them and what they did can be looked up (`/_calls`,
`/_ledger`), so that a test judges by the outside's books and not by ours. It knows nothing of `cases`.
"""

import logging
import time
from collections.abc import Sequence
from pathlib import Path

from flask import Blueprint, Flask, current_app, g, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, HTTPException
from werkzeug.wrappers import Response

from app.mock.claims import services as claims
from app.mock.facts import UnreadableFacts, read_facts
from app.mock.world import Switch, World, current_world

__all__ = ["UnreadableFacts", "create_mock"]

controls = Blueprint("controls", __name__)

_LONGEST_HANG = 3600.0
_SWITCHES: dict[str, tuple[type, ...]] = {
    "answers": (list,),
    "always": (int,),
    "delay_s": (int, float),
    "hang": (bool,),
    "effect": (bool,),
}


def create_mock(facts_files: Sequence[Path]) -> Flask:
    """Return the application; raise `UnreadableFacts` for a file that cannot be read."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # every call is in `/_calls`
    app = Flask(__name__, static_folder=None, template_folder=None)
    app.extensions[World.__name__] = World(read_facts(facts_files))
    app.register_blueprint(controls)
    app.register_blueprint(claims)
    app.before_request(_arrive)
    app.after_request(_answered)
    app.register_error_handler(HTTPException, _as_json)
    return app


@controls.put("/_switch/<service>")
def switch(service: str) -> ResponseReturnValue:
    """Set how a service (the first part of its path) behaves from now on."""
    current_world().turn(service, _switch(request.get_json(force=True)))
    return "", 204


@controls.get("/_calls")
def calls() -> ResponseReturnValue:
    return jsonify(current_world().calls)


@controls.get("/_ledger")
def ledger() -> ResponseReturnValue:
    """What was done: service, idempotency key, and the one effect, however often it was asked for."""
    return jsonify(current_world().ledger)


def _arrive() -> ResponseReturnValue | None:
    """List the call, then behave as switched: in time, late, wrongly, or not at all."""
    service = request.path.split("/")[1]
    if service.startswith("_"):
        return None
    world = current_world()
    g.call = world.arrived(_call(service))
    verdict = world.verdict(service)
    time.sleep(verdict.switch.delay_s)
    if not verdict.status:
        return None
    if verdict.switch.effect:
        current_app.dispatch_request()
    if verdict.switch.hang:
        verdict.switch.released.wait(_LONGEST_HANG)
    return {"error": "as switched"}, verdict.status


def _answered(response: Response) -> Response:
    if "call" in g:
        g.call["status"] = response.status_code
    return response


def _call(service: str) -> dict[str, object]:
    return {
        "service": service,
        "method": request.method,
        "path": request.full_path.rstrip("?"),
        "idempotency_key": request.headers.get("Idempotency-Key"),
        "body": request.get_json(force=True, silent=True),
    }


def _switch(body: object) -> Switch:
    if not isinstance(body, dict):
        raise BadRequest("a switch is a JSON object")
    for name, value in body.items():
        if name not in _SWITCHES or not isinstance(value, _SWITCHES[name]):
            raise BadRequest(f"no such switch: {name}={value!r}")
    if not all(isinstance(status, int) for status in body.get("answers", [])):
        raise BadRequest("answers are HTTP status codes")
    return Switch(**body)


def _as_json(error: HTTPException) -> ResponseReturnValue:
    return {"error": error.description}, error.code or 500
