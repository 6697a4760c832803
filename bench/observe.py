"""Looking at the product at work: the statements of a connection, the time spent in engine and codec."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import event
from sqlalchemy.pool import ConnectionPoolEntry

from app.database import Database
from cases.cmmn import engine
from cases.persistence import codec

_AROUND = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA", "--")
"""What is not counted: the frame of a transaction, and what SQLite's triggers do within a statement."""


@contextmanager
def statements(database: Database) -> Iterator[list[list[str]]]:
    """All statements of the writer's connections within the block, as their driver sends them.

    There is a list for each time that this thread took a connection from the pool; what another one sends,
    such as the bell, is not counted.
    """
    sent: list[list[str]] = []
    here = threading.get_ident()
    usual: Any = psycopg.Cursor.execute  # every kind of cursor inherits it

    def checked_out(connection: Any, entry: ConnectionPoolEntry, proxy: Any) -> None:  # noqa: ANN401, ARG001
        if threading.get_ident() != here:
            return
        sent.append([])
        if not isinstance(connection, psycopg.Connection):
            connection.set_trace_callback(lambda text: _note(sent, text))

    def execute(cursor: Any, query: Any, *given: Any, **named: Any) -> Any:  # noqa: ANN401 - the driver's own
        if threading.get_ident() == here:
            _note(sent, str(query))
        return usual(cursor, query, *given, **named)

    event.listen(database.writer, "checkout", checked_out)
    setattr(psycopg.Cursor, "execute", execute)  # noqa: B010 - mypy would not have it
    try:
        yield sent
    finally:
        setattr(psycopg.Cursor, "execute", usual)  # noqa: B010
        event.remove(database.writer, "checkout", checked_out)
        database.writer.dispose()  # no connection that reports to us stays in use


@contextmanager
def time_in_core() -> Iterator[Callable[[], float]]:
    """Within the block: how many seconds were spent in the engine and the codec so far."""
    spent = [0.0]
    places: list[tuple[Any, str]] = [
        (engine, "execute"),
        (codec, "pack_state"),
        (codec, "unpack_state"),
        (codec, "pack_entry"),
        (codec, "pack"),
    ]
    kept = [(module, name, getattr(module, name)) for module, name in places]
    for module, name, function in kept:
        setattr(module, name, _timed(function, spent))
    try:
        yield lambda: spent[0]
    finally:
        for module, name, function in kept:
            setattr(module, name, function)


def _timed(function: Callable[..., Any], spent: list[float]) -> Callable[..., Any]:
    def timed(*given: object, **named: object) -> object:
        began = time.perf_counter()
        try:
            return function(*given, **named)
        finally:
            spent[0] += time.perf_counter() - began

    return timed


def _note(sent: list[list[str]], text: str) -> None:
    """What is said now belongs to the connection that was taken last: one thread takes one after another."""
    if sent and not text.lstrip().upper().startswith(_AROUND):
        sent[-1].append(text)
