"""Where a socket may go: a name is resolved once, its addresses are checked, a checked one is connected to.

Nothing that is not public on the internet is reached, unless the allow-list of the installation names that
host and port (ASVS 1.3.6, 13.2.4). Checking a name first and connecting to the name later would leave time
to change its answer.
"""

import ipaddress
import socket
import time
from dataclasses import dataclass, field

from cases.connectors.base import ConnectorError, Outcome

CONNECT_SECONDS = 5.0
_PORTS = frozenset({80, 443})
_FIRST_FREE_PORT = 1024

_TUNNELS = tuple(
    ipaddress.ip_network(text)
    for text in (
        "64:ff9b::/96",  # NAT64: an IPv4 address in disguise, private ones too
        "64:ff9b:1::/48",
        "2002::/16",  # 6to4
        "2001::/23",  # Teredo and other protocol assignments
        "::ffff:0:0/96",  # mapped: a socket would go to the IPv4 address inside
        "::/96",
        "fec0::/10",  # site-local, long withdrawn, still routed by some
        "192.0.0.0/24",
        "192.88.99.0/24",  # the relays of 6to4
    )
)


@dataclass(frozen=True, slots=True)
class Guard:
    """What this installation allows beyond the public internet: pairs of host (lower case) and port."""

    allowed: frozenset[tuple[str, int]] = field(default_factory=frozenset)

    def connect(self, host: str, port: int, deadline: float) -> socket.socket:
        """A socket connected to a checked address of `host`. `deadline` is on the monotonic clock.

        Raises ConnectorError: REFUSED for a target that is not allowed, RETRYABLE when nobody answers.
        """
        last: OSError | None = None
        for family, address in self.resolve(host, port):
            seconds = min(CONNECT_SECONDS, deadline - time.monotonic())
            if seconds <= 0:
                break
            connection = socket.socket(family, socket.SOCK_STREAM)
            try:
                connection.settimeout(seconds)
                connection.connect(address)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError as error:
                connection.close()
                last = error
            else:
                return connection
        reason = type(last).__name__ if last else "no time left"
        raise ConnectorError(Outcome.RETRYABLE, "UNREACHABLE", f"{host}:{port} cannot be reached: {reason}")

    def resolve(self, host: str, port: int) -> list[tuple[int, tuple[str, int] | tuple[str, int, int, int]]]:
        """All addresses of `host`, each one allowed.

        Raises ConnectorError; one bad address spoils them all.
        """
        listed = (host.lower().rstrip("."), port) in self.allowed
        if not listed and port not in _PORTS and port < _FIRST_FREE_PORT:
            raise ConnectorError(Outcome.REFUSED, "TARGET_REFUSED", f"port {port} is not allowed")
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise ConnectorError(Outcome.RETRYABLE, "UNRESOLVED", f"{host} has no address") from None
        addresses = [(int(family), _numeric(sockaddr)) for family, _, _, _, sockaddr in found]
        if not addresses:
            raise ConnectorError(Outcome.RETRYABLE, "UNRESOLVED", f"{host} has no address")
        if not listed and not all(is_public(str(address[0])) for _, address in addresses):
            raise ConnectorError(
                Outcome.REFUSED,
                "TARGET_REFUSED",
                f"{host}:{port} is not a public address, nor on the allow-list",
            )
        return addresses


def is_public(text: str) -> bool:
    """Whether an address is one that the whole internet can reach, and no tunnel to one that it cannot."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if any(address.version == network.version and address in network for network in _TUNNELS):
        return False
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not address.is_unspecified
        and not address.is_loopback
        and not address.is_link_local
        and not address.is_private
    )


def _numeric(sockaddr: tuple[object, ...]) -> tuple[str, int] | tuple[str, int, int, int]:
    """The address of a TCP socket, in the type that the library leaves open."""
    host, port = str(sockaddr[0]), int(str(sockaddr[1]))
    if len(sockaddr) == 2:
        return (host, port)
    return (host, port, int(str(sockaddr[2])), int(str(sockaddr[3])))
