"""SQLite as a store: pragmas, the gate that writers pass one by one, readers that cannot write, triggers.

A transaction that may write passes the gate (an advisory lock on a file beside the database, which the kernel
hands on in the order of asking, and frees when its holder dies), then begins IMMEDIATE: no writer waits in
vain for one that only read so far, and a storm of jobs does not starve the pages.
"""

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.engine.url import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from cases.persistence import journal, search

OLDEST = (3, 40, 0)
"""The oldest SQLite that is tested."""

BUSY_MS = 10_000
LARGEST_LOG = 64 * 1024 * 1024
_NETWORK = frozenset(
    {
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "afs",
        "ceph",
        "glusterfs",
        "fuse.glusterfs",
        "fuse.sshfs",
        "ncpfs",
    }
)
_CHECKPOINT_PAGES = 10_000
"""The writer folds the log back after so many pages: one that changed often meanwhile is copied once."""

_CACHE_KIB = 64 * 1024

Lock = Callable[[int, int], None]
"""`fcntl.flock`, or what calls it where it may block (a thread pool under gevent)."""


def objects() -> dict[str, str]:
    """Name -> text of all triggers and full-text tables: what a table rebuilt by a migration loses."""
    return search.sqlite_full_text() | journal.sqlite_triggers()


def file_of(url: str | URL) -> Path:
    """The database's file. Raises ValueError for one in memory, which a single connection alone would see."""
    name = make_url(url).database
    if not name or name == ":memory:":
        raise ValueError("SQLite needs a file: a database in memory is another one for each connection")
    return Path(name)


def make_writer(engine: Engine, synchronous: str) -> None:
    """Have the engine's connections begin IMMEDIATE and keep what they commit."""
    pragmas = (
        f"PRAGMA synchronous={synchronous}",
        "PRAGMA journal_mode=WAL",
        f"PRAGMA wal_autocheckpoint={_CHECKPOINT_PAGES}",
        f"PRAGMA cache_size=-{_CACHE_KIB}",
        # What is erased later must not lie about in pages that were freed long before.
        "PRAGMA secure_delete=ON",
    )
    _connect_with(engine, pragmas)
    event.listen(engine, "begin", _begin_immediate)


def make_reader(engine: Engine) -> None:
    """Have the engine's connections see one moment, and refuse to write."""
    _connect_with(engine, ("PRAGMA query_only=ON",))
    event.listen(engine, "begin", _begin)


class Gate:
    """Where writers queue: a lock on a file of its own, beside the database."""

    def __init__(self, database: Path, lock: Lock = fcntl.flock) -> None:
        self._path = str(database.with_name(database.name + ".gate"))
        self._lock = lock

    @contextmanager
    def passed(self) -> Iterator[None]:
        """Wait for one's turn; the next comes when the block ends, or the process does."""
        gate = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._lock(gate, fcntl.LOCK_EX)
            yield
        finally:
            os.close(gate)


def fold_log(engine: Engine, database: Path, over: int = LARGEST_LOG) -> None:
    """Fold a write-ahead log that has grown over 64 MB back into the database, unless somebody reads it.

    To be called by who holds the gate: it does not wait, but others would.
    """
    try:
        if os.stat(f"{database}-wal").st_size <= over:  # noqa: PTH116 - at every commit
            return
    except FileNotFoundError:
        return
    with engine.connect() as connection:
        cursor = connection.connection.cursor()
        cursor.execute("PRAGMA busy_timeout=0")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        cursor.execute(f"PRAGMA busy_timeout={BUSY_MS}")
        cursor.close()


def empty_log(engine: Engine) -> bool:
    """Fold the whole log back and cut it off, so that nothing deleted is left in it; False while it is read.

    To be called by who holds the gate.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        cursor = connection.connection.cursor()
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        row = cursor.fetchone()
        cursor.close()
    return row is not None and not row[0]


def rewrite(engine: Engine) -> None:
    """Write the whole database anew, without what deleted and changed rows left behind in its pages and log.

    To be called by who holds the gate, outside a transaction.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        cursor = connection.connection.cursor()
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        cursor.close()


def network_file_system(file: Path, mounts: str) -> str | None:
    """The kind of network file system that the file lies on, by `/proc/self/mountinfo`; None where local.

    Locks and shared memory do not hold there: two hosts would destroy the database.
    """
    best, kind = Path("/"), ""
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        if not after:
            continue
        point = Path(before.split()[4].replace("\\040", " "))
        if file.is_relative_to(point) and len(point.parts) >= len(best.parts):
            best, kind = point, after.split()[0]
    return kind if kind in _NETWORK else None


def _connect_with(engine: Engine, pragmas: tuple[str, ...]) -> None:
    def connected(dbapi: DBAPIConnection, record: ConnectionPoolEntry) -> None:  # noqa: ARG001 - SQLAlchemy's
        # Without this the driver would begin, deferred, whenever it sees fit.
        dbapi.isolation_level = None
        cursor = dbapi.cursor()
        for pragma in (f"PRAGMA busy_timeout={BUSY_MS}", "PRAGMA foreign_keys=ON", *pragmas):
            cursor.execute(pragma)
        cursor.close()

    event.listen(engine, "connect", connected)


def _begin_immediate(connection: Connection) -> None:
    _begin_by(connection, "BEGIN IMMEDIATE")


def _begin(connection: Connection) -> None:
    _begin_by(connection, "BEGIN")


def _begin_by(connection: Connection, text: str) -> None:
    """By the driver: SQLAlchemy would look twice at every word of it. Raises as SQLAlchemy does."""
    driver = connection.connection.driver_connection
    if driver is None:
        raise TypeError("a connection that begins has its driver's")
    try:
        driver.execute(text)
    except sqlite3.Error as error:
        raise DBAPIError.instance(text, None, error, sqlite3.Error, dialect=connection.dialect) from error
