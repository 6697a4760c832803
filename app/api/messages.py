"""Where messages and replies come in: `POST /hooks/<endpoint>`, `POST /hooks/r/<token>`."""

import sys

import flask
from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from app import current
from app.auth.guards import open_door
from app.database import changed
from cases.services import messages as message_service
from cases.services import replies
from cases.services.messages import Receipt

messages = Blueprint("messages", __name__)

_PROBLEM = "application/problem+json"


@messages.post("/hooks/<endpoint>")
@open_door
def hook(endpoint: str) -> ResponseReturnValue:
    """Take a signed message (Standard Webhooks), or refuse it with a problem document."""
    body = _body()
    headers = {name.lower(): value for name, value in request.headers.items()}
    now = current.now()
    receipt = changed(lambda session: message_service.receive(session, endpoint, headers, body, now, now))
    return _answer(receipt)


@messages.post("/hooks/r/<token>")
@open_door
def reply(token: str) -> ResponseReturnValue:
    """Take the answer to a call, at the address that was given for it."""
    body = _body()
    now = current.now()
    receipt = changed(lambda session: replies.take(session, token, body, now))
    return _answer(receipt)


def _body() -> bytes:
    """The body as it was sent, and never more than is needed to see that it is too large.

    Read before a transaction opens: a sender that takes its time must not hold the database up. Flask's own
    limit would refuse what is larger still without a problem document, and nobody would hear of it.
    """
    request.max_content_length = sys.maxsize
    return request.stream.read(message_service.LARGEST_MESSAGE + 1)


def _answer(receipt: Receipt) -> ResponseReturnValue:
    answer = flask.jsonify(dict(receipt.document))
    if receipt.status >= 400:
        answer.mimetype = _PROBLEM
    return answer, receipt.status
