"""Where a socket may not go, whatever the name of the target looks like (S47)."""

import socket
import threading
import time

import pytest

from cases.connectors.base import ConnectorError, Outcome
from cases.connectors.guard import Guard, is_public


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", "2606:4700:4700::1111", "93.184.216.34"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255",
        "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "239.1.1.1", "255.255.255.255",
        "240.0.0.1", "192.0.0.8", "192.0.0.170", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9",
        "192.88.99.1", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "fec0::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1",
        "2002:7f00:1::", "2001:0:4136:e378::1", "2001:db8::1", "nonsense",
    ],
)  # fmt: skip
def test_every_other_address_is_not(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "::1", "127.1"]
)
def test_this_machine_is_refused_however_its_name_is_written(host: str) -> None:
    with pytest.raises(ConnectorError) as refused:
        Guard().resolve(host, 8090)
    assert refused.value.outcome in {Outcome.REFUSED, Outcome.RETRYABLE}
    assert refused.value.code in {"TARGET_REFUSED", "UNRESOLVED"}


def test_only_the_listed_port_of_a_listed_host_is_allowed() -> None:
    guard = Guard(frozenset({("127.0.0.1", 8090)}))
    assert guard.resolve("127.0.0.1", 8090) == [(socket.AF_INET, ("127.0.0.1", 8090))]
    for host, port in (("127.0.0.1", 8091), ("localhost", 8090), ("127.0.0.2", 8090)):
        with pytest.raises(ConnectorError, match="not a public address"):
            guard.resolve(host, port)


@pytest.mark.parametrize("port", [22, 25, 143, 445, 993])
def test_a_port_of_another_kind_of_service_is_refused_on_public_addresses_too(port: int) -> None:
    with pytest.raises(ConnectorError, match="is not allowed"):
        Guard().resolve("1.1.1.1", port)


def test_one_inner_address_among_the_answers_spoils_them_all(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("1.1.1.1", 443)),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.7", 443)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_named: answers)
    with pytest.raises(ConnectorError) as refused:
        Guard().resolve("two-faced.example", 443)
    assert refused.value.outcome is Outcome.REFUSED


def test_a_name_that_changes_its_answer_is_asked_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def first_listed_then_elsewhere(host: str, port: int, **_named: object) -> list[object]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setattr(socket, "getaddrinfo", first_listed_then_elsewhere)
        Guard(frozenset({("rebinding.example", port)})).connect(
            "rebinding.example", port, time.monotonic() + 5
        ).close()
    assert asked == ["rebinding.example"]


def test_a_closed_port_can_be_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(ConnectorError) as refused:
        Guard(frozenset({("127.0.0.1", port)})).connect("127.0.0.1", port, time.monotonic() + 5)
    assert refused.value.outcome is Outcome.RETRYABLE


def test_a_target_on_the_list_is_connected_to() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def answer_once() -> None:
            server.accept()[0].close()

        accepted = threading.Thread(target=answer_once)
        accepted.start()
        connection = Guard(frozenset({("127.0.0.1", port)})).connect("127.0.0.1", port, time.monotonic() + 5)
        assert connection.getpeername() == ("127.0.0.1", port)
        connection.close()
        accepted.join(5)
