"""What all tables share: the base class, naming, column types, and numbers that are handed out once."""

import os
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from weakref import WeakKeyDictionary

import msgspec
from sqlalchemy import (
    DDL,
    BigInteger,
    DateTime,
    Dialect,
    Engine,
    Integer,
    MetaData,
    Sequence,
    String,
    Text,
    column,
    event,
    func,
    select,
    table,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.types import TypeDecorator

Transaction = Callable[[], AbstractContextManager[Session]]
"""What is handed to whoever needs transactions of its own: each call is one, committed as its block ends."""

KEY_BLOCK = "key"
"""The row of `key_block` that numbers cases, tasks and jobs."""

_KEYS_AT_ONCE = 1_000
_NUMBERS_AT_ONCE = 20

Key = BigInteger().with_variant(Integer(), "sqlite")
"""A key from `new_key`, or a reference to one. On SQLite it is the row's own number, and costs no index."""

_ENCODER = msgspec.json.Encoder(decimal_format="number", order="deterministic")
_DECODER = msgspec.json.Decoder(float_hook=Decimal)


class Base(DeclarativeBase):
    """The base of every row class."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Instant(TypeDecorator[datetime]):
    """An aware instant, UTC. PostgreSQL keeps it so, SQLite as text of one width, which sorts as time."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"an instant has a time zone: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002 - SQLAlchemy's
    ) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Exact(TypeDecorator[Decimal]):
    """A decimal number as text: what money is compared by is never rounded by a database."""

    impl = String(40)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's
        return None if value is None else str(value)

    def process_result_value(
        self,
        value: str | None,
        dialect: Dialect,  # noqa: ARG002 - SQLAlchemy's
    ) -> Decimal | None:
        return None if value is None else Decimal(value)


class Json(TypeDecorator[Any]):
    """A JSON value as text, its numbers `Decimal`s or `int`s, never floats. `Any`: it is a JSON border."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: object, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's
        return None if value is None else json_text(value)

    def process_result_value(
        self,
        value: str | None,
        dialect: Dialect,  # noqa: ARG002 - SQLAlchemy's
    ) -> Any | None:  # noqa: ANN401 - a JSON border
        return None if value is None else _DECODER.decode(value)


class KeyBlockRow(Base):
    """On SQLite the next key, moved on in the transaction that uses it. PostgreSQL has `KEY_SEQUENCE`."""

    __tablename__ = "key_block"
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    next: Mapped[int] = mapped_column(BigInteger)


class KeyCounterRow(Base):
    """The next number of a business key such as `claims.auto:2026`; taken in blocks, never given twice."""

    __tablename__ = "key_counter"
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    next: Mapped[int] = mapped_column(BigInteger)


KEY_SEQUENCE = Sequence("key_sequence", start=1, increment=_KEYS_AT_ONCE, metadata=Base.metadata)
"""PostgreSQL's blocks of keys: each value begins one. A block whose transaction rolls back is simply lost."""


def json_text(value: object) -> str:
    """A JSON value as a column of `Json` keeps it."""
    return _ENCODER.encode(value).decode()


def storable(text: str) -> str:
    """Text without what no database stores: NUL, and halves of characters."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "")


def also_create(dialect: str, text: str) -> None:
    """Have `create_all` run this text, after the tables: what no table says of itself."""
    ddl = DDL(text.replace("%", "%%"))  # type: ignore[no-untyped-call]
    event.listen(Base.metadata, "after_create", ddl.execute_if(dialect=dialect))


def new_key(session: Session) -> int:
    """A key for a case, a task or a job, never given out before."""
    return new_keys(session, 1)[0]


def new_keys(session: Session, count: int) -> list[int]:
    """As many keys as asked for, in ascending order, though not always without gaps."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        return _keys_of_row(connection, count)
    with _KEYS_LOCK:
        return [_key_of_sequence(connection) for _ in range(count)]


def take_number(transaction: Transaction, counter: str) -> int:
    """The next number of a counter, in a transaction of its own; never call it inside an open one.

    A number handed out is never handed out again, whatever becomes of the command that wanted it.
    """
    with _NUMBERS_LOCK:
        with transaction() as session:
            engine = session.connection().engine
            kept = _NUMBERS.setdefault(engine, {})
            block = kept.get(counter) or _numbers_of_row(session, counter)
        # Only here is the transaction committed, and the block ours.
        number = block.start
        kept[counter] = block[1:]
        return number


def forget_blocks() -> None:
    """Forget what this process has in hand: after a fork, both would hand out the same."""
    _KEYS_IN_HAND.clear()
    _NUMBERS.clear()


def _key_of_sequence(connection: Connection) -> int:
    block = _KEYS_IN_HAND.get(connection.engine)
    if not block:
        first = connection.execute(select(KEY_SEQUENCE.next_value())).scalar_one()
        block = range(first, first + _KEYS_AT_ONCE)
    _KEYS_IN_HAND[connection.engine] = block[1:]
    return block.start


def _keys_of_row(connection: Connection, count: int) -> list[int]:
    """Keys above all that was given out, here or by SQLite as rows were inserted; and it goes on above these.

    Nothing is kept: a block of a transaction that rolls back would be handed out twice.
    """
    given = select(func.coalesce(func.max(_SEQUENCE.c.seq), 0) + 1).scalar_subquery()
    insert = sqlite.insert(KeyBlockRow).values(name=KEY_BLOCK, next=given + count)
    above = insert.on_conflict_do_update(
        index_elements=[KeyBlockRow.name], set_={"next": func.max(KeyBlockRow.next, given) + count}
    )
    end = connection.execute(above.returning(KeyBlockRow.next)).scalar_one()
    connection.execute(update(_SEQUENCE).values(seq=func.max(_SEQUENCE.c.seq, end - 1)))
    return list(range(end - count, end))


def _numbers_of_row(session: Session, counter: str) -> range:
    postgres = session.connection().dialect.name == "postgresql"
    insert = postgresql.insert(KeyCounterRow) if postgres else sqlite.insert(KeyCounterRow)
    taken = (
        insert.values(name=counter, next=_NUMBERS_AT_ONCE + 1)
        .on_conflict_do_update(
            index_elements=[KeyCounterRow.name], set_={"next": KeyCounterRow.next + _NUMBERS_AT_ONCE}
        )
        .returning(KeyCounterRow.next)
    )
    end = session.execute(taken).scalar_one()
    return range(end - _NUMBERS_AT_ONCE, end)


_SEQUENCE = table("sqlite_sequence", column("name"), column("seq", Integer))
"""What SQLite has numbered by itself: the rows of a command, as `store` inserts them."""

for _table in ("human_task", "job"):
    also_create("sqlite", f"INSERT INTO sqlite_sequence (name, seq) VALUES ('{_table}', 0)")  # noqa: S608

_KEYS_LOCK = threading.Lock()
_NUMBERS_LOCK = threading.Lock()
_KEYS_IN_HAND: WeakKeyDictionary[Engine, range] = WeakKeyDictionary()
_NUMBERS: WeakKeyDictionary[Engine, dict[str, range]] = WeakKeyDictionary()
os.register_at_fork(after_in_child=forget_blocks)
