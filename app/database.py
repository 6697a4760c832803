"""The one place that makes engines. A door's transaction is a `with` block of `transaction()` or `reading()`.

`Database` is usable without an application, by a command that has none, a scenario, a test; within one, its
engines are those of Flask-SQLAlchemy. No session here is the scoped one of that extension, which begins at
the first read and ends with the request: the SQLite gate would be held while a page is drawn.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Self, TypeVar

from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

import cases.persistence
from app.config import Settings, UnsafeSettings
from cases.persistence import sqlite
from cases.persistence.base import Base
from cases.persistence.dialect import DUE_NOW, Bell
from cases.services import execution

db = SQLAlchemy(metadata=Base.metadata, disable_autonaming=True)

TABLES = cases.persistence.TABLES
"""Naming them here makes the metadata whole wherever a database is opened."""

Result = TypeVar("Result")

_KEY = "casewright.database"
_READING = "reading"
_POOL_WAIT_SECONDS = 5
_POSTGRESQL_SETTINGS = {
    "lock_timeout": "5s",
    "statement_timeout": "30s",
    "idle_in_transaction_session_timeout": "10s",
    "timezone": "UTC",
    "jit": "off",
}


class Database:
    """A store: a writer's engine, a reader's, and on SQLite the gate."""

    def __init__(
        self,
        url: str,
        *,
        synchronous: str = "FULL",
        secret_key: str = "",
        engines: tuple[Engine, Engine] | None = None,
    ) -> None:
        self.url = url
        # What opens secrets at rest goes with the session that reads them (cases.services.connections).
        self._info = {"secret_key": secret_key}
        self.is_sqlite = url.startswith("sqlite")
        writer, reader = engines or _engines(url)
        if self.is_sqlite:
            self.writer, self.reader = writer, reader
            sqlite.make_writer(writer, synchronous)
            sqlite.make_reader(reader)
            self._file: Path | None = sqlite.file_of(url)
            self._gate: sqlite.Gate | None = sqlite.Gate(self._file)
        else:
            self.writer = writer
            # READ COMMITTED would show each statement of a page another moment.
            self.reader = reader.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            self._file, self._gate = None, None
        self._bell = Bell(self.writer)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One transaction: committed when the block ends, rolled back when it raises."""
        writing = Session(self.writer, expire_on_commit=False, info=self._info)
        with self._turn(), writing as session:
            with session.begin():
                session.connection()
                yield session
            is_due = session.info.get(DUE_NOW, False)
            if self._file is not None:
                sqlite.fold_log(self.writer, self._file)
        if is_due:
            self._bell.ring()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One moment of the database, in which nothing can be written."""
        with Session(self.reader, expire_on_commit=False, autoflush=False, info=self._info) as session:
            yield session

    def create_tables(self) -> None:
        """Make all tables at once, as the migrations leave them: for a database that lives only a while."""
        with self._turn(), self.writer.begin() as connection:
            Base.metadata.create_all(connection)

    def compact(self) -> None:
        """Leave nothing of deleted rows in the file of SQLite; PostgreSQL looks after its own."""
        if self.is_sqlite:
            with self._turn():
                sqlite.rewrite(self.writer)

    def empty_log(self) -> bool:
        """Leave nothing of deleted rows in the log of SQLite; False while somebody reads in it."""
        if not self.is_sqlite:
            return True
        with self._turn():
            return sqlite.empty_log(self.writer)

    def dispose(self) -> None:
        """Ring what is due, and close all connections."""
        self._bell.close()
        self.writer.dispose()
        self.reader.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.dispose()

    def _turn(self) -> AbstractContextManager[None]:
        return self._gate.passed() if self._gate else nullcontext()


def init_app(app: Flask, settings: Settings) -> None:
    """Give the application its database. Nothing is opened, and no table is made."""
    options = _options(settings.database_url)
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = options
    app.config["SQLALCHEMY_BINDS"] = {_READING: {"url": settings.database_url, **options}}
    if settings.is_sqlite:
        file = sqlite.file_of(settings.database_url)
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _must_be_local(file)
    db.init_app(app)
    with app.app_context():
        engines = (db.engines[None], db.engines[_READING])
    app.extensions[_KEY] = Database(
        settings.database_url,
        synchronous=settings.sqlite_synchronous,
        secret_key=settings.secret_key,
        engines=engines,
    )


def database() -> Database:
    """The database of the application that serves this request, command or test."""
    kept = current_app.extensions[_KEY]
    if not isinstance(kept, Database):
        raise TypeError(f"the application was given no database but {kept!r}")
    return kept


def transaction() -> AbstractContextManager[Session]:
    """One transaction of the application's database (`Database.transaction`)."""
    return database().transaction()


def changed(work: Callable[[Session], Result]) -> Result:
    """Do the work in one transaction; again where the database had done nothing (`execution.retrying`)."""
    return execution.retrying(transaction, work)


def reading() -> AbstractContextManager[Session]:
    """One moment of the application's database (`Database.reading`)."""
    return database().reading()


@contextmanager
def scratch() -> Iterator[Database]:
    """A fresh database of one's own, gone when the block ends: for scenarios and rehearsals of whole apps."""
    with (
        tempfile.TemporaryDirectory(prefix="casewright-") as folder,
        Database(f"sqlite:///{Path(folder) / 'scratch.db'}", synchronous="OFF") as fresh,
    ):
        fresh.create_tables()
        yield fresh


@contextmanager
def scratches() -> Iterator[Callable[[], AbstractContextManager[Database]]]:
    """What gives a fresh database each time it is called: copies of one whose tables are made once."""
    with tempfile.TemporaryDirectory(prefix="casewright-") as folder:
        blank = Path(folder) / "blank.db"
        with Database(f"sqlite:///{blank}", synchronous="OFF") as first:
            first.create_tables()
            first.empty_log()

        @contextmanager
        def fresh() -> Iterator[Database]:
            with tempfile.TemporaryDirectory(dir=folder) as place:
                copy = Path(place) / "scratch.db"
                shutil.copyfile(blank, copy)
                with Database(f"sqlite:///{copy}", synchronous="OFF") as database:
                    yield database

        yield fresh


def _must_be_local(file: Path) -> None:
    mounts = Path("/proc/self/mountinfo")
    found = sqlite.network_file_system(file.resolve(), mounts.read_text()) if mounts.exists() else None
    if found is not None:
        raise UnsafeSettings(f"SQLite does not work on a network file system ({found}): {file}.")


def _engines(url: str) -> tuple[Engine, Engine]:
    writer = create_engine(url, **_options(url))
    return writer, create_engine(url, **_options(url)) if url.startswith("sqlite") else writer


def _options(url: str) -> dict[str, Any]:  # `Any`: SQLAlchemy's own options
    """How engines are made. Parameters are people's data, and the text of an error ends up in logs."""
    if url.startswith("sqlite"):
        return {
            "hide_parameters": True,
            "connect_args": {"timeout": sqlite.BUSY_MS / 1000, "check_same_thread": False},
        }
    settings = " ".join(f"-c {name}={value}" for name, value in _POSTGRESQL_SETTINGS.items())
    return {
        "hide_parameters": True,
        "pool_timeout": _POOL_WAIT_SECONDS,
        "connect_args": {
            "options": settings,
            "application_name": "casewright",
            "tcp_user_timeout": 10_000,
            "prepare_threshold": 2,
        },
    }
