"""Is this process alive, and may it be sent work: what supervisors and `casewright up` wait for."""

import flask
from flask import Flask
from flask.typing import ResponseReturnValue

from app.auth.guards import open_door
from app.database import reading
from app.presentation import assets
from cases.queries import readiness

_READY, _NOT_READY = 200, 503


def init_app(app: Flask) -> None:
    """Open the two doors."""
    app.add_url_rule("/health/live", "health.live", live)
    app.add_url_rule("/health/ready", "health.ready", ready)


@open_door
def live() -> ResponseReturnValue:
    """The process answers."""
    return flask.jsonify(status="live")


@open_door
def ready() -> ResponseReturnValue:
    """The database is reachable and has its tables, and the front end is built."""
    with reading() as session:
        found = readiness.of(session)
    checks = {"database": found.is_reachable, "migrated": found.is_migrated, "front_end": assets.is_built()}
    is_ready = all(checks.values())
    answer = flask.jsonify(status="ready" if is_ready else "not ready", checks=checks)
    return answer, _READY if is_ready else _NOT_READY
