"""What every connector understands: a call goes in; an answer comes out, or an error with what is known."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class Outcome(StrEnum):
    """What is known about the effect of a call that brought no answer.

    `RETRYABLE`: it had none, or none that a second call would double. `REFUSED`: it had none, and asking
    again is pointless. `UNKNOWN`: it was sent, and nobody knows whether it was carried out.
    """

    RETRYABLE = "retryable"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Call:
    """One request to one service.

    `timeout` (seconds) is for all of it, from the first packet to the last byte. `answers` are statuses
    that the caller takes for an answer whatever they mean elsewhere.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    timeout: float = 30.0
    idempotency_key: str | None = None
    traceparent: str = ""
    case_key: str = ""
    step: str = ""
    attempt: int = 1
    answers: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service said: its status and the words for it, its headers (names in lower case), its body."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""


class ConnectorError(Exception):
    """The call brought no usable answer.

    `code` is for incidents, `retry_after` in seconds where the peer named one, `answer` what it said.
    """

    def __init__(
        self,
        outcome: Outcome,
        code: str,
        message: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        answer: Answer | None = None,
    ) -> None:
        super().__init__(message)
        self.outcome = outcome
        self.code = code
        self.message = message
        self.status = status
        self.retry_after = retry_after
        self.answer = answer


class Connector(Protocol):
    """One way of speaking to a service."""

    def call(self, call: Call) -> Answer:
        """Make the call. Raises ConnectorError, and nothing else that a peer can cause."""
        ...
