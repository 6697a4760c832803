"""How far a service step has come with its calls, and what they asked and were answered: kept in its job.

What is kept is for people to look at: no secret is ever written down, and long bodies are cut.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec

from cases.connectors.base import Answer, Call
from cases.persistence import codec
from cases.persistence.base import storable
from cases.persistence.job_queue import Lease

Json = Any
"""A JSON value: what a service is told and answers has no type of ours."""

HIDDEN = "\N{BULLET}" * 8
TRIES_KEPT = 20
_LONGEST_BODY = 8_000
_LONGEST_HEADER = 300
_DEEPEST = 20
_CUT = " \N{HORIZONTAL ELLIPSIS}"
_SECRET = ("authorization", "cookie", "token", "secret", "password", "api-key", "apikey", "signature")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a step has come. `way` 0 is its own operation, n its n-th fallback.

    `asking`: the operation that tells whether it happened is asked first. `unknown`: a call may have had its
    effect. `answer`: the answer is there, and waits for the case to go on. `tries` are the last ones that
    failed, `request` and `reply` of the very last.
    """

    definition: str
    inputs: Mapping[str, Json]
    way: int = 0
    asking: bool = False
    unknown: bool = False
    answer: Mapping[str, Json] | None = None
    tries: tuple[Mapping[str, Json], ...] = ()
    request: Mapping[str, Json] | None = None
    reply: Mapping[str, Json] | None = None

    @classmethod
    def of(cls, payload: bytes | None) -> "Progress":
        return msgspec.convert(codec.unpack(payload or b""), cls)

    def packed(self) -> bytes:
        return codec.pack(asdict(self))

    def tried(
        self, what: Mapping[str, Json], call: Call | None, heard: Mapping[str, Json], at: datetime
    ) -> "Progress":
        """After one more try that failed: what it was, what was asked, what was heard."""
        one = {"at": at.isoformat(), **what}
        return replace(
            self,
            tries=(*self.tries, one)[-TRIES_KEPT:],
            request=None if call is None else asked(call),
            reply=heard or None,
        )

    def left_off(self, lease: Lease) -> dict[str, Json]:
        """Where the step stood when it failed, for its incident."""
        found: dict[str, Json] = {
            "step": self.definition,
            "unknown": self.unknown,
            "key": lease.idem_key,
            "way": self.way,
            "asking": self.asking,
        }
        kept = {"tries": list(self.tries), "request": self.request, "answer": self.reply}
        return found | {name: value for name, value in kept.items() if value}


def asked(call: Call) -> dict[str, Json]:
    """A request as it may be kept. Whatever a connection adds to its headers may be a secret."""
    parts = urlsplit(call.url)
    headers = dict.fromkeys(call.headers, HIDDEN)
    if call.idempotency_key is not None:
        headers["Idempotency-Key"] = call.idempotency_key
    return {
        "method": call.method,
        "path": f"{parts.path}?{parts.query}" if parts.query else parts.path,
        "headers": headers,
        "body": _body(call.body or b""),
    }


def heard(answer: Answer | None) -> dict[str, Json]:
    """An answer as it may be kept; nothing where none came."""
    if answer is None:
        return {}
    headers = {
        storable(name): HIDDEN if is_secret(name) else storable(value)[:_LONGEST_HEADER]
        for name, value in answer.headers.items()
    }
    return {"status": answer.status, "headers": headers, "body": _body(answer.body)}


def is_secret(name: str) -> bool:
    """Whether what stands under this name sounds like a secret."""
    plain = name.lower().replace("_", "-")
    return any(word in plain for word in _SECRET)


def without_secrets(value: Json, depth: int = 0) -> Json:
    """A value with nothing under a name that sounds like a secret, and nothing that a database refuses."""
    match value:
        case str():
            return storable(value)
        case Mapping() | list() if depth >= _DEEPEST:
            return _CUT
        case Mapping():
            return {
                storable(name): HIDDEN if is_secret(name) else without_secrets(part, depth + 1)
                for name, part in value.items()
            }
        case list():
            return [without_secrets(part, depth + 1) for part in value]
        case _:
            return value


def _body(body: bytes) -> Json:
    """A body as it may be kept: JSON as it is, anything else as text; cut where it is long."""
    try:
        found = json.loads(body, parse_float=_number, parse_constant=str) if body.strip() else None
    except (ValueError, RecursionError):
        return _cut(storable(body.decode("utf-8", "replace")))
    value = without_secrets(found)
    text = json.dumps(value, ensure_ascii=False)
    return value if len(text) <= _LONGEST_BODY else _cut(text)


def _number(text: str) -> float | str:
    """A number, unless it is larger than any."""
    return float(text) if math.isfinite(float(text)) else text


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_BODY else text[:_LONGEST_BODY] + _CUT
