"""Standard Webhooks: sign a message; verify one against two secrets at once, so that they can be changed."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime

ID = "webhook-id"
TIMESTAMP = "webhook-timestamp"
SIGNATURE = "webhook-signature"
TOLERANCE_SECONDS = 300
PREFIX = "whsec_"
LONGEST_ID = 200
"""A message id is a key of a table, and whoever sends one chooses it."""


class BadSignature(Exception):
    """The message is not from who holds a secret, or it is not from now. `code` says which."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def new_secret() -> str:
    """A fresh secret of 32 bytes, in the form that is shown and stored: `whsec_` and base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def key_of(secret: str) -> bytes:
    """The bytes of a secret. Raises ValueError when it is not base64, with or without `whsec_` before it."""
    text = secret.strip().removeprefix(PREFIX)
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError:
        raise ValueError("the secret is not base64") from None
    if not key:
        raise ValueError("the secret is empty")
    return key


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature`. Raises ValueError when the secret is not base64."""
    return f"v1,{_signature(key_of(secret), message_id, str(timestamp), body)}"


def headers(secret: str, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of a signed message, as they are sent."""
    return {
        ID: message_id,
        TIMESTAMP: str(timestamp),
        SIGNATURE: sign(secret, message_id, timestamp, body),
    }


def verify(accepted: Sequence[str], received: Mapping[str, str], body: bytes, now: datetime) -> str:
    """The id of a message that one of the secrets signed within the last (or next) 300 seconds.

    `received` are the headers, names in lower case. All secrets and all signatures are compared, each in
    constant time. Raises BadSignature.
    """
    message_id, stamp, offered = (received.get(name, "").strip() for name in (ID, TIMESTAMP, SIGNATURE))
    if not (message_id and stamp and offered):
        raise BadSignature("UNSIGNED", "a signature header is missing")
    if len(message_id) > LONGEST_ID or not message_id.isprintable():
        raise BadSignature("BAD_ID", "the message id is too long or not printable")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        raise BadSignature("BAD_TIMESTAMP", "the timestamp is not a number of seconds")
    if abs(now.timestamp() - int(stamp)) > TOLERANCE_SECONDS:
        raise BadSignature("STALE", f"the timestamp is more than {TOLERANCE_SECONDS} seconds off")
    wanted = [_signature(key_of(secret), message_id, stamp, body) for secret in accepted]
    given = [part.removeprefix("v1,") for part in offered.split() if part.startswith("v1,")]
    fits = [_equal(one, other) for one in wanted for other in given]
    if not any(fits):
        raise BadSignature("BAD_SIGNATURE", "no signature fits")
    return message_id


def _signature(key: bytes, message_id: str, timestamp: str, body: bytes) -> str:
    content = f"{message_id}.{timestamp}.".encode() + body
    return base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()


def _equal(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
