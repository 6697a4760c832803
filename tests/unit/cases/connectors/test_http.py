"""The one HTTP client against a peer on a socket: hanging, dripping, redirecting, too large, cut off."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from cases.connectors.base import Call, ConnectorError, Outcome
from cases.connectors.guard import Guard
from cases.connectors.http import LARGEST_ANSWER, HttpConnector, quoted

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Peer:
    """Serves one connection after the other by a function, and keeps the requests it read."""

    def __init__(self, serve: Callable[[socket.socket], None]) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.requests: list[bytes] = []
        self.serve = serve
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self) -> None:
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            with connection:
                self.requests.append(read_request(connection))
                try:
                    self.serve(connection)
                except OSError:
                    continue


def read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            while len(body) < int(line.split(b":")[1]):
                body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


@contextmanager
def peer(serve: Callable[[socket.socket], None] | bytes) -> Iterator[tuple[Peer, HttpConnector, str]]:
    answer = serve if callable(serve) else (lambda connection: connection.sendall(serve))
    served = Peer(answer)
    guard = Guard(frozenset({("127.0.0.1", served.port)}))
    try:
        yield served, HttpConnector(guard), f"http://127.0.0.1:{served.port}"
    finally:
        served.server.shutdown(socket.SHUT_RDWR)
        served.server.close()
        served.thread.join(5)


def refused(connector: HttpConnector, call: Call) -> ConnectorError:
    with pytest.raises(ConnectorError) as error:
        connector.call(call)
    return error.value


def test_a_call_carries_the_headers_of_the_contract() -> None:
    with peer(OK) as (served, connector, url):
        answer = connector.call(
            Call(
                "POST",
                f"{url}/pay/v1/payments?x=1",
                headers={"Authorization": "Bearer t"},
                body=b'{"amount": 5}',
                idempotency_key='CLM-1:pay:"1"',
                traceparent="00-" + "a" * 32 + "-" + "b" * 16 + "-01",
                case_key="CLM-2026-000001",
                step="SV6",
                attempt=2,
            )
        )
    assert (answer.status, answer.body) == (200, b"{}")
    request = served.requests[0].decode()
    assert request.startswith("POST /pay/v1/payments?x=1 HTTP/1.1\r\n")
    assert request.endswith('\r\n\r\n{"amount": 5}')
    for line in (
        'Idempotency-Key: "CLM-1:pay:\\"1\\""',
        "traceparent: 00-" + "a" * 32,
        "X-Case-Key: CLM-2026-000001",
        "X-Step: SV6",
        "X-Attempt: 2",
        "Accept-Encoding: identity",
        "Authorization: Bearer t",
        "Content-Type: application/json",
    ):
        assert line in request


@pytest.mark.parametrize("status", [200, 201, 204, 400, 402, 404, 409, 422])
def test_an_answer_that_is_not_worth_a_second_try_is_an_answer(status: int) -> None:
    with peer(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode()) as (_, connector, url):
        assert connector.call(Call("POST", url)).status == status


@pytest.mark.parametrize("status", [408, 425, 429, 503])
def test_a_peer_that_says_it_did_nothing_may_be_asked_again(status: int) -> None:
    head = f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\nRetry-After: 7\r\n\r\n"
    with peer(head.encode()) as (_, connector, url):
        error = refused(connector, Call("POST", url))
    assert (error.outcome, error.status, error.retry_after) == (Outcome.RETRYABLE, status, 7.0)


def test_a_peer_still_at_work_on_a_key_has_not_refused() -> None:
    with peer(b"HTTP/1.1 409 X\r\nContent-Length: 0\r\n\r\n") as (_, connector, url):
        error = refused(connector, Call("POST", url, idempotency_key="k"))
        answered = connector.call(Call("POST", url, idempotency_key="k", answers=frozenset({409})))
    assert (error.outcome, error.code) == (Outcome.UNKNOWN, "HTTP_409")
    assert answered.status == 409


def test_a_date_in_retry_after_is_counted_from_the_clock_of_the_peer() -> None:
    head = (
        b"HTTP/1.1 503 X\r\nContent-Length: 0\r\nDate: Mon, 02 Mar 2026 14:00:00 GMT\r\n"
        b"Retry-After: Mon, 02 Mar 2026 14:01:30 GMT\r\n\r\n"
    )
    with peer(head) as (_, connector, url):
        assert refused(connector, Call("GET", url)).retry_after == 90.0


@pytest.mark.parametrize(
    ("method", "outcome"),
    [("GET", Outcome.RETRYABLE), ("POST", Outcome.UNKNOWN), ("DELETE", Outcome.UNKNOWN)],
)
@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 504 X\r\nContent-Length: 0\r\n\r\n",
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{}",
        b"what is this\r\n\r\n",
    ],
)
def test_after_an_unclear_answer_only_a_reading_call_is_free_to_be_made_again(
    method: str, outcome: Outcome, answer: bytes
) -> None:
    with peer(answer) as (_, connector, url):
        assert refused(connector, Call(method, url)).outcome is outcome


def test_a_redirect_is_refused_and_not_followed() -> None:
    answer = b"HTTP/1.1 302 X\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"
    with peer(answer) as (served, connector, url):
        error = refused(connector, Call("GET", url))
    assert (error.outcome, error.code) == (Outcome.REFUSED, "REDIRECT")
    assert len(served.requests) == 1


def test_a_hanging_peer_is_given_up() -> None:
    release = threading.Event()
    with peer(lambda _: release.wait(20)) as (_, connector, url):
        begun = time.monotonic()
        error = refused(connector, Call("POST", url, timeout=0.3))
        release.set()
    assert (error.outcome, error.code) == (Outcome.UNKNOWN, "TIMEOUT")
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"])
def test_a_peer_that_drips_is_given_up_though_every_byte_comes_in_time(head: bytes) -> None:
    stop = threading.Event()

    def drip(connection: socket.socket) -> None:
        connection.sendall(head)
        while not stop.wait(0.02):
            connection.sendall(b"H")

    with peer(drip) as (_, connector, url):
        begun = time.monotonic()
        error = refused(connector, Call("GET", url, timeout=0.4))
        stop.set()
    assert (error.outcome, error.code) == (Outcome.RETRYABLE, "TIMEOUT")
    assert time.monotonic() - begun < 10


def test_an_answer_without_end_is_refused() -> None:
    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    with peer(endless) as (_, connector, url):
        error = refused(connector, Call("GET", url, timeout=10))
    assert (error.outcome, error.code) == (Outcome.REFUSED, "TOO_LARGE")


def test_the_largest_answer_is_still_read() -> None:
    body = b"x" * LARGEST_ANSWER
    with peer(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body) as (_, connector, url):
        assert connector.call(Call("GET", url)).body == body


def test_a_compressed_answer_is_refused_unopened() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"
    with peer(answer) as (_, connector, url):
        assert refused(connector, Call("GET", url)).code == "UNREADABLE"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/", "file:///etc/passwd", "http://", "http://a@127.0.0.1/", "http://127.0.0.1\\@x/",
        "http://x/ y", "http://x/\r\nX: y", "http://x/#y", "//x/", "http://x:99999/", "http://[::1/",
        "http://exämple.org/",
    ],
)  # fmt: skip
def test_an_address_that_can_be_read_in_two_ways_is_refused(url: str) -> None:
    assert refused(HttpConnector(Guard()), Call("GET", url)).code == "BAD_ADDRESS"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/", "http://[::1]:8090/", "http://169.254.169.254/latest/"]
)
def test_an_inner_address_is_refused_before_a_socket_is_opened(url: str) -> None:
    error = refused(HttpConnector(Guard()), Call("GET", url))
    assert (error.outcome, error.code) == (Outcome.REFUSED, "TARGET_REFUSED")


def test_a_header_cannot_smuggle_another() -> None:
    with peer(OK) as (served, connector, url):
        error = refused(connector, Call("GET", url, headers={"X-A": "1\r\nX-B: 2"}))
    assert error.code == "BAD_REQUEST"
    assert not any(b"X-B" in request for request in served.requests)


def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with peer(OK) as (_, connector, url):
        assert connector.call(Call("GET", url)).status == 200


def test_a_peer_that_speaks_no_tls_is_refused_or_given_up() -> None:
    with peer(OK) as (_, connector, url):
        error = refused(connector, Call("POST", url.replace("http:", "https:"), timeout=1))
    assert error.outcome is Outcome.RETRYABLE


@pytest.mark.parametrize(
    ("text", "quoted_text"),
    [("a:b", '"a:b"'), ('a"b\\c', '"a\\"b\\\\c"'), ("é\n", '"%C3%A9%0A"'), ("", '""')],
)
def test_a_key_is_sent_as_a_structured_string(text: str, quoted_text: str) -> None:
    assert quoted(text) == quoted_text
