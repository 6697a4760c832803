"""The stub server of a scenario: it stands for the network, answers by its routes, keeps what was sent."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from sqlalchemy.orm import Session

from cases.connectors.base import Answer, Call, ConnectorError, Outcome
from cases.services.http_tasks import THROUGH

Stubs = Mapping[str, Mapping[str, Any]]


class Store(Protocol):
    """A database, opened by whoever plays the scenario."""

    def transaction(self) -> AbstractContextManager[Session]: ...

    def reading(self) -> AbstractContextManager[Session]: ...


class StubServer:
    """A connector that reaches the routes of a scenario, whatever host and scheme their addresses name."""

    def __init__(self, stubs: Stubs) -> None:
        servers = (stub for stub in stubs.values() if stub["kind"] == "http-server")
        self.routes: Sequence[Mapping[str, Any]] = [route for one in servers for route in one["routes"]]
        self.outbox: list[Mapping[str, Any]] = []

    def call(self, call: Call) -> Answer:
        """The answer of the route for this method and address. Raises ConnectorError where there is none."""
        self.outbox.append({"kind": "http", "method": call.method, "headers": dict(call.headers)})
        for route in self.routes:
            if (route["method"].upper(), route["url"]) == (call.method.upper(), call.url):
                respond = route["respond"]
                headers = {
                    str(name).lower(): str(value) for name, value in respond.get("headers", {}).items()
                }
                body = str(respond.get("body", "")).encode()
                return Answer(respond["status"], body, headers, str(respond.get("reason", "")))
        raise ConnectorError(Outcome.REFUSED, "UNREACHABLE", f"no route for {call.method} {call.url}")


class Wired:
    """A store whose sessions reach the stub server in place of the network."""

    def __init__(self, store: Store, server: StubServer) -> None:
        self._store = store
        self._server = server

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One transaction of the store."""
        with self._store.transaction() as session:
            session.info[THROUGH] = self._server
            yield session

    def reading(self) -> AbstractContextManager[Session]:
        """One moment of the store."""
        return self._store.reading()
