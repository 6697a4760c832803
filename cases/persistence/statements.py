"""Hand-written SQL for `store`: the cursor of one transaction, and texts of inserts, made once and kept."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any, Protocol, cast

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from cases.persistence.base import new_keys

_ROWS_AT_ONCE = 500
"""So many rows a statement: SQLite takes 32,766 parameters."""

_VALUES_AT_ONCE = 30_000
"""So many values go into one sending: PostgreSQL takes 65,535 parameters."""

Row = tuple[object, ...]


class _Cursor(Protocol):
    """What of a driver's cursor is used."""

    rowcount: int

    def execute(self, sql: str, parameters: Sequence[object] = ...) -> object: ...
    def fetchone(self) -> Any: ...  # noqa: ANN401 - a row of any shape
    def fetchall(self) -> Any: ...  # noqa: ANN401 - rows of any shape
    def close(self) -> object: ...


class Hand:
    """The cursor of one transaction, and how its database likes to be spoken to."""

    def __init__(self, session: Session) -> None:
        connection = session.connection()
        self.session = session
        self.is_sqlite = connection.dialect.name == "sqlite"
        self._connection = connection
        self._driver_error: type[Exception] = connection.dialect.loaded_dbapi.Error
        self._cursor = _cursor_of(connection)
        self._kept: list[str] = []
        self._values: list[object] = []

    def __enter__(self) -> "Hand":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._cursor.close()

    def run(self, sql: str, parameters: Sequence[object]) -> int:
        """Do it; how many rows it touched."""
        text = sql if self.is_sqlite else _for_postgresql(sql)
        try:
            self._cursor.execute(text, parameters)
        except self._driver_error as error:
            raise self._told(text, error) from error
        return self._cursor.rowcount

    def rows(self, sql: str, parameters: Sequence[object]) -> list[Any]:
        """Ask it."""
        self.run(sql, parameters)
        return list(self._cursor.fetchall())

    def put(self, sql: str, parameters: Sequence[object]) -> None:
        """Write it, now or with the next `send`: nobody asks what came of it, or in which order it was done.

        What is put down together must touch no row twice: PostgreSQL does it as one statement, which saves a
        round trip for each part of it.
        """
        if self.is_sqlite:
            self.run(sql, parameters)
            return
        if len(self._values) + len(parameters) > _VALUES_AT_ONCE:
            self.send()
        self._kept.append(sql)
        self._values.extend(parameters)

    def send(self) -> None:
        """Write what was put down and not yet written."""
        if self._kept:
            texts, values = tuple(self._kept), self._values
            self._kept, self._values = [], []
            self.run(_together(texts), values)

    def _told(self, sql: str, error: Exception) -> Exception:
        """The driver's error as SQLAlchemy would tell it, without the parameters: they may be personal."""
        dialect = self._connection.dialect
        is_lost = dialect.is_disconnect(cast(Any, error), self._connection.connection.dbapi_connection, None)
        told = DBAPIError.instance(
            sql, None, error, self._driver_error, connection_invalidated=is_lost, dialect=dialect
        )
        if is_lost:
            self._connection.invalidate(error)
        return told

    def instant(self, value: datetime | None) -> object:
        """An instant as this database keeps it."""
        if value is None or not self.is_sqlite:
            return value
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def insert_numbered(hand: Hand, table: str, columns: str, rows: Sequence[Row]) -> None:
    """Insert rows that get a key: from `new_keys`, or, where that takes a statement, from SQLite itself."""
    for part in _parts(rows):
        if hand.is_sqlite:
            hand.put(insert_text(table, columns, len(part)), _flat(part))
            continue
        keys = new_keys(hand.session, len(part))
        numbered = [(key, *row) for key, row in zip(keys, part, strict=True)]
        hand.put(insert_text(table, f"id, {columns}", len(part)), _flat(numbered))


def insert_in_parts(hand: Hand, table: str, columns: str, rows: Sequence[Row], put: str) -> None:
    for part in _parts(rows):
        hand.put(insert_text(table, columns, len(part)) + put, _flat(part))


def _parts(rows: Sequence[Row]) -> Iterable[Sequence[Row]]:
    return (rows[first : first + _ROWS_AT_ONCE] for first in range(0, len(rows), _ROWS_AT_ONCE))


def _flat(rows: Sequence[Row]) -> list[object]:
    return [value for row in rows for value in row]


def marks(count: int) -> str:
    return ", ".join("?" * count)


@cache
def insert_text(table: str, columns: str, rows: int) -> str:
    row = f"({marks(columns.count(',') + 1)})"
    return f"INSERT INTO {table} ({columns}) VALUES {', '.join([row] * rows)}"  # noqa: S608 - names of ours


@lru_cache(maxsize=512)
def _together(texts: tuple[str, ...]) -> str:
    """PostgreSQL: all of them as one statement."""
    if len(texts) == 1:
        return texts[0]
    named = ", ".join(f"w{number} AS ({text})" for number, text in enumerate(texts))
    return f"WITH {named} SELECT 1"


@lru_cache(maxsize=512)
def _for_postgresql(sql: str) -> str:
    """The same with numbered marks, as PostgreSQL itself has them."""
    first, *rest = sql.split("?")
    return first + "".join(f"${number}{text}" for number, text in enumerate(rest, 1))


def _cursor_of(connection: Connection) -> _Cursor:
    """A cursor of the transaction; of psycopg the one that takes a text as it is, and does not parse it."""
    driver = connection.connection.driver_connection
    if isinstance(driver, psycopg.Connection):
        return cast(_Cursor, psycopg.RawCursor(driver))
    return cast(_Cursor, connection.connection.cursor())
