"""The floor: the least that a transaction of this shape can cost, by the bare driver, in tables of its own.

Complete: BEGIN, read a document for update, update it, insert six rows in one statement, COMMIT. Open: insert
a document and nineteen rows. The same document as the product's, as many of them, the same settings.
"""

import random
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import psycopg

_EVENTS_OF_COMPLETE = 6
_EVENTS_OF_OPEN = 19
_EVENT = '["ItemTransitioned",[7,"S1","complete",4]]'
_TABLES = (
    "CREATE TABLE floor_case (id BIGINT PRIMARY KEY, version BIGINT NOT NULL, doc {bytes} NOT NULL)",
    "CREATE TABLE floor_event (case_id BIGINT, seq BIGINT, item INT, data TEXT, PRIMARY KEY (case_id, seq))",
)


class Floor(Protocol):
    """The two transactions that everything is compared with."""

    def complete(self) -> None: ...
    def open_case(self) -> None: ...
    def close(self) -> None: ...


class SQLiteFloor:
    """The floor of SQLite, in a file of its own beside the product's."""

    def __init__(self, file: Path, settings: Sequence[str], documents: int, doc: bytes) -> None:
        self._connection = sqlite3.connect(file, isolation_level=None)
        self._work = _Work(documents, doc)
        for setting in ("PRAGMA journal_mode=WAL", *settings):
            self._connection.execute(setting)
        for table in _TABLES:
            self._connection.execute(table.format(bytes="BLOB"))
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany("INSERT INTO floor_case VALUES (?, ?, ?)", self._work.documents())
        self._connection.execute("COMMIT")
        marks = "(?, ?, ?, ?)"
        self._six, self._nineteen = (
            f"INSERT INTO floor_event VALUES {', '.join([marks] * rows)}"
            for rows in (_EVENTS_OF_COMPLETE, _EVENTS_OF_OPEN)
        )

    def complete(self) -> None:
        cursor, number = self._connection.cursor(), self._work.any()
        cursor.execute("BEGIN IMMEDIATE")
        row = cursor.execute("SELECT version, doc FROM floor_case WHERE id = ?", (number,)).fetchone()
        cursor.execute(
            "UPDATE floor_case SET version = ?, doc = ? WHERE id = ?", (row[0] + 1, row[1], number)
        )
        cursor.execute(self._six, self._work.events(number, _EVENTS_OF_COMPLETE))
        cursor.execute("COMMIT")

    def open_case(self) -> None:
        cursor, number = self._connection.cursor(), self._work.new()
        cursor.execute("BEGIN IMMEDIATE")
        cursor.execute("INSERT INTO floor_case VALUES (?, ?, ?)", (number, 1, self._work.doc))
        cursor.execute(self._nineteen, self._work.events(number, _EVENTS_OF_OPEN))
        cursor.execute("COMMIT")

    def close(self) -> None:
        self._connection.close()


class PostgreSQLFloor:
    """The floor of PostgreSQL, in tables of its own in the product's database, every statement prepared."""

    def __init__(self, address: str, documents: int, doc: bytes) -> None:
        self._connection = psycopg.connect(address, autocommit=True, prepare_threshold=1)
        self._work = _Work(documents, doc)
        with self._connection.cursor() as cursor:
            for table in _TABLES:
                cursor.execute(table.format(bytes="BYTEA"))
            cursor.execute("ALTER TABLE floor_case ALTER doc SET STORAGE EXTERNAL")
            cursor.execute("ALTER TABLE floor_case SET (fillfactor = 70)")
            with cursor.copy("COPY floor_case FROM STDIN") as copy:
                for row in self._work.documents():
                    copy.write_row(row)
        marks = "(%s, %s, %s, %s)"
        self._six, self._nineteen = (
            f"INSERT INTO floor_event VALUES {', '.join([marks] * rows)}"
            for rows in (_EVENTS_OF_COMPLETE, _EVENTS_OF_OPEN)
        )

    def complete(self) -> None:
        cursor, number = self._connection.cursor(), self._work.any()
        cursor.execute("BEGIN")
        read = "SELECT version, doc FROM floor_case WHERE id = %s FOR UPDATE"
        version, doc = self._row(cursor.execute(read, (number,)).fetchone())
        cursor.execute(
            "UPDATE floor_case SET version = %s, doc = %s WHERE id = %s", (version + 1, doc, number)
        )
        cursor.execute(self._six, self._work.events(number, _EVENTS_OF_COMPLETE))
        cursor.execute("COMMIT")

    def open_case(self) -> None:
        cursor, number = self._connection.cursor(), self._work.new()
        cursor.execute("BEGIN")
        cursor.execute("INSERT INTO floor_case VALUES (%s, %s, %s)", (number, 1, self._work.doc))
        cursor.execute(self._nineteen, self._work.events(number, _EVENTS_OF_OPEN))
        cursor.execute("COMMIT")

    def close(self) -> None:
        self._connection.close()

    @staticmethod
    def _row(found: Any) -> tuple[int, bytes]:  # noqa: ANN401 - a row of any shape
        return found[0], found[1]


class _Work:
    """Which document is next, and the rows that go with it."""

    def __init__(self, documents: int, doc: bytes) -> None:
        self.doc = doc
        self._count = documents
        self._last = documents
        self._seq = 0
        self._chance = random.Random(documents)

    def documents(self) -> list[tuple[int, int, bytes]]:
        return [(number + 1, 1, self.doc) for number in range(self._count)]

    def any(self) -> int:
        return self._chance.randrange(self._count) + 1

    def new(self) -> int:
        self._last += 1
        return self._last

    def events(self, number: int, rows: int) -> list[object]:
        first = self._seq
        self._seq += rows
        return [value for n in range(rows) for value in (number, first + n, 7, _EVENT)]
