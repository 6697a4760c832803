"""Logs as one JSON object a line: an event's name and its fields, never a story, and nobody's data."""

import json
import logging
import secrets
import sys
import time
from datetime import UTC, datetime

from flask import Flask, Response, g, request

LOGGER = logging.getLogger("casewright")


class JsonLines(logging.Formatter):
    """Write a record as JSON: `event` is the message, `fields` (by `extra=`) stand beside it."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        line.update(getattr(record, "fields", {}))
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def init_app(app: Flask) -> None:
    """Write to the standard error, and one line for each request."""
    if not LOGGER.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(JsonLines())
        LOGGER.addHandler(handler)
        LOGGER.setLevel(logging.INFO)
        LOGGER.propagate = False
    app.before_request(_begin)
    app.after_request(_end)


def request_id() -> str:
    """The id by which this request is found in the log."""
    kept: str = g.setdefault("request_id", secrets.token_hex(8))
    return kept


def _begin() -> None:
    g.began = time.monotonic()
    request_id()


def _end(response: Response) -> Response:
    if request.endpoint == "static" or request.path.startswith("/health/"):
        return response
    LOGGER.info(
        "request",
        extra={
            "fields": {
                "request": request_id(),
                "method": request.method,
                "endpoint": request.endpoint,
                "status": response.status_code,
                "actor": g.get("actor_id"),
                "ms": round((time.monotonic() - g.get("began", time.monotonic())) * 1000, 1),
            }
        },
    )
    response.headers["X-Request-Id"] = request_id()
    return response
