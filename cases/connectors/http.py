"""The one HTTP client of the house: no redirects, no proxies, verified TLS, caps on time and size.

A connection serves one call. A kept one may be closed by the peer just as the next request goes out, and
then nobody knows whether that request was carried out; and its address would have been checked for another
moment.
"""

import http.client
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Self
from urllib.parse import quote, urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from cases.connectors.base import Answer, Call, ConnectorError, Outcome
from cases.connectors.guard import Guard

LARGEST_ANSWER = 1_000_000
_CHUNK = 65_536
_READING = frozenset({"GET", "HEAD"})
_AGAIN = frozenset({408, 425, 429, 503})
"""The peer says itself that it did nothing (RFC 9110, 15; RFC 8470)."""
_CUT_OFF = (HTTPError, http.client.HTTPException, OSError)
_UNSAFE_URL = re.compile(r"[\x00-\x20\x7f-\U0010ffff\\]")


class HttpConnector:
    """Speaks HTTP/1.1 with whom the guard allows."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    def call(self, call: Call) -> Answer:
        """Make the call; every 2xx and every 4xx that is not worth a second try is an answer.

        Raises ConnectorError: REFUSED for a forbidden or malformed target, a redirect, or an answer beyond
        the limits; RETRYABLE where nothing was sent, or the peer says that it did nothing; UNKNOWN where a
        request that may change something was sent and no clear answer came.
        """
        target = _Target.of(call.url)
        with _Deadline(call.timeout) as deadline:
            connection = _connection(target, self._guard, deadline)
            try:
                with _translated(call, deadline, sent=False):
                    connection.connect()
                with _translated(call, deadline, sent=True):
                    connection.request(
                        call.method,
                        target.path,
                        body=call.body,
                        headers=_headers(call),
                        preload_content=False,
                        decode_content=False,
                    )
                    # The socket lives as long as its response: closing the connection alone is not enough.
                    with closing(connection.getresponse()) as response:
                        answer = Answer(
                            response.status, _read(response), _lower(response), response.reason or ""
                        )
                    if deadline.passed:
                        raise TimeoutError
            finally:
                connection.close()
        return _judged(call, answer)


class _Target:
    """A web address, taken apart strictly: what two parsers could read differently is refused."""

    def __init__(self, scheme: str, host: str, port: int, path: str) -> None:
        self.scheme = scheme
        self.host = host
        self.port = port
        self.path = path

    @classmethod
    def of(cls, url: str) -> Self:
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise ConnectorError(Outcome.REFUSED, "BAD_ADDRESS", "the address is not a URL") from None
        if (
            _UNSAFE_URL.search(url)
            or parts.scheme not in {"http", "https"}
            or not parts.hostname
            or "@" in parts.netloc
            or parts.fragment
        ):
            raise ConnectorError(
                Outcome.REFUSED, "BAD_ADDRESS", "the address is not a plain http or https URL"
            )
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return cls(parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80), path)


class _Deadline:
    """Ends a call when its time is up, also one that a peer feeds byte by byte.

    A socket's own timeout begins anew with every byte. So a second handle on the same connection is shut down
    from a timer, which wakes whoever reads, under TLS too.
    """

    def __init__(self, seconds: float) -> None:
        self.at = time.monotonic() + seconds
        self.passed = False
        self._handle: socket.socket | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            if self._handle is not None:
                self._handle.close()
                self._handle = None

    def watch(self, connection: socket.socket) -> None:
        with self._lock:
            self._handle = connection.dup()
        if self.passed:
            self._end()

    def _end(self) -> None:
        self.passed = True
        with self._lock:
            if self._handle is None:
                return
            try:
                self._handle.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # the peer was quicker


class _Guarded(HTTPConnection):
    """A plain connection whose socket comes from the guard."""

    guard: Guard
    deadline: _Deadline

    def _new_conn(self) -> socket.socket:
        return _opened(self.guard, self.host, self.port, self.deadline)


class _GuardedTls(HTTPSConnection):
    """A TLS connection whose socket comes from the guard; the certificate is still that of the host."""

    guard: Guard
    deadline: _Deadline

    def _new_conn(self) -> socket.socket:
        return _opened(self.guard, self.host, self.port, self.deadline)


def _connection(target: _Target, guard: Guard, deadline: _Deadline) -> _Guarded | _GuardedTls:
    connection: _Guarded | _GuardedTls
    if target.scheme == "https":
        connection = _GuardedTls(target.host, target.port, ssl_context=ssl.create_default_context())
    else:
        connection = _Guarded(target.host, target.port)
    connection.guard = guard
    connection.deadline = deadline
    return connection


def _opened(guard: Guard, host: str, port: int | None, deadline: _Deadline) -> socket.socket:
    connection = guard.connect(host, port or 80, deadline.at)
    connection.settimeout(max(0.001, deadline.at - time.monotonic()))
    deadline.watch(connection)
    return connection


@contextmanager
def _translated(call: Call, deadline: _Deadline, *, sent: bool) -> Iterator[None]:
    """What a library raises, as what is known about the effect.

    `sent`: the request may have left the house.
    """
    outcome = Outcome.UNKNOWN if sent and call.method.upper() not in _READING else Outcome.RETRYABLE
    try:
        yield
    except ConnectorError:
        raise
    except ssl.SSLCertVerificationError as error:
        raise ConnectorError(Outcome.REFUSED, "BAD_CERTIFICATE", error.verify_message) from None
    except _CUT_OFF as error:
        if deadline.passed or isinstance(error, TimeoutError):
            raise ConnectorError(outcome, "TIMEOUT", f"no answer within {call.timeout:g} s") from None
        raise ConnectorError(outcome, "CUT_OFF", f"the connection ended: {type(error).__name__}") from None
    except ValueError:
        raise ConnectorError(Outcome.REFUSED, "BAD_REQUEST", "a header or the method is malformed") from None


def _read(response: urllib3.BaseHTTPResponse) -> bytes:
    """The body, or a refusal to read one that is compressed or too large."""
    encoding = response.headers.get("content-encoding", "identity").lower()
    if encoding not in {"", "identity"}:
        raise ConnectorError(
            Outcome.REFUSED,
            "UNREADABLE",
            "the answer is compressed, which was not asked for",
            status=response.status,
        )
    body = bytearray()
    for chunk in response.stream(_CHUNK, decode_content=False):
        body += chunk
        if len(body) > LARGEST_ANSWER:
            message = f"the answer is larger than {LARGEST_ANSWER} bytes"
            raise ConnectorError(Outcome.REFUSED, "TOO_LARGE", message, status=response.status)
    return bytes(body)


def _judged(call: Call, answer: Answer) -> Answer:
    """The answer, unless its status says that there is none (case-models 1, retry table)."""
    status = answer.status
    if status in call.answers:
        return answer
    message = f"the service answered {status}"
    if 300 <= status < 400:
        raise ConnectorError(
            Outcome.REFUSED,
            "REDIRECT",
            f"{message}; redirects are not followed",
            status=status,
            answer=answer,
        )
    if status in _AGAIN:
        raise ConnectorError(
            Outcome.RETRYABLE,
            f"HTTP_{status}",
            message,
            status=status,
            retry_after=_retry_after(answer),
            answer=answer,
        )
    if status == 409 and call.idempotency_key is not None:
        # The first request with this key is not done with: its result is to be had later, by the same key.
        raise ConnectorError(Outcome.UNKNOWN, "HTTP_409", message, status=status, answer=answer)
    if status >= 500:
        outcome = Outcome.RETRYABLE if call.method.upper() in _READING else Outcome.UNKNOWN
        raise ConnectorError(
            outcome,
            f"HTTP_{status}",
            message,
            status=status,
            retry_after=_retry_after(answer),
            answer=answer,
        )
    return answer


def _retry_after(answer: Answer) -> float | None:
    """Seconds to wait (RFC 9110, 10.2.3); an instant is counted from the peer's own clock."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        at = parsedate_to_datetime(text)
        said = parsedate_to_datetime(answer.headers.get("date", ""))
        return max(0.0, (at - said).total_seconds())
    except (ValueError, TypeError):
        return None


def _headers(call: Call) -> dict[str, str]:
    """The headers of the service contract (case-models 1) around those of the operation."""
    headers = {"User-Agent": "casewright", "Accept": "application/json", "Accept-Encoding": "identity"}
    if call.body is not None:
        headers["Content-Type"] = "application/json"
    headers.update(call.headers)
    if call.idempotency_key is not None:
        headers["Idempotency-Key"] = quoted(call.idempotency_key)
    ours = {"traceparent": call.traceparent, "X-Case-Key": call.case_key, "X-Step": call.step}
    headers.update({name: quote(value, safe=":/-._~ ") for name, value in ours.items() if value})
    headers["X-Attempt"] = str(call.attempt)
    return headers


def quoted(text: str) -> str:
    """A string of structured fields (RFC 8941, 3.3.3).

    What it cannot carry is percent-encoded, the same every time.
    """
    plain = "".join(char if " " <= char <= "~" else quote(char) for char in text)
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _lower(response: urllib3.BaseHTTPResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}
