"""Where PostgreSQL and SQLite differ outside the hot path: insert or leave, insert or change, the bell."""

import sqlite3
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

from sqlalchemy import Engine
from sqlalchemy import exc as failures
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from cases.persistence.base import Base

WAKE_CHANNEL = "casewright_job"
"""What PostgreSQL's listeners hear after a commit that left jobs due at once."""

DUE_NOW = "jobs_due_now"
"""The mark in `session.info` of a transaction that leaves jobs due at once."""


def insert_unless_there(session: Session, row: type[Base], values: Mapping[str, object]) -> bool:
    """Insert a row unless one with an equal key is there; whether it was inserted."""
    insert = _insert(session, row).values(**values).on_conflict_do_nothing()
    return session.execute(insert.returning(*row.__table__.primary_key)).first() is not None


def insert_or_change(
    session: Session, row: type[Base], values: Mapping[str, object], key: Sequence[str]
) -> None:
    """Insert a row, or change the one that has this `key`."""
    insert = _insert(session, row).values(**values)
    changed = {name: insert.excluded[name] for name in values if name not in key}
    session.execute(insert.on_conflict_do_update(index_elements=list(key), set_=changed))


def is_trouble(error: failures.DBAPIError) -> bool:
    """Whether the database itself is in trouble, or busy: what was asked of it may be right all the same.

    Anything else (a value that is too long, a row that is there already) is a fault of what was asked.
    """
    if error.connection_invalidated or isinstance(error, failures.InterfaceError):
        return True
    state = getattr(error.orig, "sqlstate", None)
    if isinstance(state, str):
        return state in _BUSY or state[:2] in _AWAY
    code = getattr(error.orig, "sqlite_errorcode", None)
    if isinstance(code, int):
        return code & 0xFF in _TROUBLE_OF_SQLITE
    # psycopg has no state for a connection that broke, or never stood.
    return isinstance(error, failures.OperationalError)


class Bell:
    """Wakes whoever waits for jobs, from a thread of its own: who commits waits for no answer.

    Commits that follow each other closely ring once. A bell that fails, or is killed with its process, costs
    a moment: the beat looks by itself, too. The thread ends when there is nothing to ring, and a process that
    ends by itself waits for it.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._has_ears = engine.dialect.name == "postgresql"
        self._asked = threading.Condition()
        self._is_due = False
        self._is_closing = False
        self._ringer: threading.Thread | None = None

    def ring(self) -> None:
        """Ring soon; at once where it has not rung just now."""
        if not self._has_ears:
            return
        with self._asked:
            self._is_due = True
            # After a fork there is the object of a thread that only the parent has: it is not alive.
            if self._ringer is None or not self._ringer.is_alive():
                self._ringer = threading.Thread(target=self._work, name="bell", daemon=False)
                with suppress(RuntimeError):  # no thread to be had: what was committed stands, unheard
                    self._ringer.start()
            self._asked.notify()

    def close(self) -> None:
        """Ring what is due, and be still."""
        with self._asked:
            self._is_closing = True
            self._asked.notify()
            ringer = self._ringer
        if ringer is not None:
            ringer.join(_CLOSING_SECONDS)
        self._is_closing = False

    def _work(self) -> None:
        while self._is_wanted():
            _ring(self._engine)
            time.sleep(_CLOSE_SECONDS)

    def _is_wanted(self) -> bool:
        """Wait for the next ringing a while; whether there is one. The thread is over when there is none."""
        with self._asked:
            self._asked.wait_for(lambda: self._is_due or self._is_closing, _LINGER_SECONDS)
            is_due, self._is_due = self._is_due, False
            if not is_due:
                self._ringer = None
            return is_due


_BUSY = frozenset({"40001", "40P01", "55P03", "57P01", "57P02", "57P03", "57P04", "25006"})
"""Serialization, deadlock, lock timeout; a server that is stopping, starting, or only a copy of another."""

_AWAY = frozenset({"08", "53", "58"})
"""Classes of PostgreSQL's states: no connection, no room (disk, memory, connections), a system that fails."""

_TROUBLE_OF_SQLITE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOTADB,
    }
)

_CLOSE_SECONDS = 0.01
"""What is committed in this time after a ringing is told by one more."""

_LINGER_SECONDS = 0.25
_CLOSING_SECONDS = 5.0


def _ring(engine: Engine) -> None:
    """A notification is committed as data are; nobody needs to wait until this one is on the disk."""
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(_RING)
    except (failures.DBAPIError, failures.TimeoutError):
        return


_RING = f"SELECT set_config('synchronous_commit', 'off', true), pg_notify('{WAKE_CHANNEL}', '')"


def _insert(session: Session, row: type[Base]) -> postgresql.Insert | sqlite.Insert:
    dialect = session.connection().dialect.name
    return postgresql.insert(row) if dialect == "postgresql" else sqlite.insert(row)
