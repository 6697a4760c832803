"""What was written stays as it was written, on both databases."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from cases.persistence import store
from cases.persistence.base import new_key
from cases.persistence.journal import AuditEntryRow, CheckpointRow, JournalRow
from tests.integration.cases.persistence.rows import NOW, state_of, writes_for

Transaction = Callable[[], AbstractContextManager[Session]]


@pytest.fixture
def written(transaction: Transaction) -> Transaction:
    """One row in each of the chains."""
    with transaction() as session:
        store.save(session, writes_for(state_of(new_key(session))))
        entry = AuditEntryRow(
            id=1,
            at=NOW,
            actor_id=0,
            actor="system",
            via="test",
            action="a",
            subject="s",
            commitment="c" * 64,
            body=b"body",
            salt=b"salt",
            prev="0" * 64,
            hash="1" * 64,
        )
        point = CheckpointRow(at=NOW, upto=NOW, n=1, heads=b"h", prev="0" * 64, root="1" * 64)
        session.add_all([entry, point])
    return transaction


COLUMNS = {
    "journal": [column.name for column in JournalRow.__table__.columns],
    "audit_entry": [column.name for column in AuditEntryRow.__table__.columns],
    "checkpoint": [column.name for column in CheckpointRow.__table__.columns],
}
ERASABLE = {("journal", "body"), ("journal", "salt"), ("audit_entry", "body"), ("audit_entry", "salt")}


def refusal(session: Session, statement: str) -> str:
    """Why the database says no; empty where it does not."""
    point = session.begin_nested()
    try:
        session.execute(text(statement))
    except DBAPIError as error:
        return str(error.orig)
    finally:
        point.rollback()
    return ""


def other_value(session: Session, table: str, column: str) -> str:
    """Something of the column's type that does not stand there."""
    value = session.execute(text(f"SELECT {column} FROM {table}")).scalar_one()
    match value:
        case int():
            return f"{column} + 1"
        case bytes() | memoryview():
            return (
                "CAST('other' AS BLOB)" if session.get_bind().dialect.name == "sqlite" else "'other'::bytea"
            )
        case None if column == "key_id":
            return "'k'"
        case None if column == "sig":
            return "CAST('x' AS BLOB)" if session.get_bind().dialect.name == "sqlite" else "'x'::bytea"
        case None:
            return "'k'"
        case str() if "-" not in value[:5]:
            return f"'{'x' * len(value)}'"
    return "'2020-01-01 00:00:00.000000'"


@pytest.mark.parametrize("table", sorted(COLUMNS))
def test_no_column_of_a_chain_can_be_changed(written: Transaction, table: str) -> None:
    with written() as session:
        for column in COLUMNS[table]:
            value = other_value(session, table, column)
            why = refusal(session, f"UPDATE {table} SET {column} = {value}")
            assert f"{table} is append-only" in why, column


@pytest.mark.parametrize("table", sorted(COLUMNS))
def test_no_row_of_a_chain_can_be_deleted(written: Transaction, table: str) -> None:
    with written() as session:
        assert f"{table} is append-only" in refusal(session, f"DELETE FROM {table}")
        if session.get_bind().dialect.name == "postgresql":
            assert f"{table} is append-only" in refusal(session, f"TRUNCATE {table}")


def test_only_body_and_salt_can_be_erased(written: Transaction) -> None:
    with written() as session:
        for table, columns in COLUMNS.items():
            for column in columns:
                value = session.execute(text(f"SELECT {column} FROM {table}")).scalar_one()
                may_go = (table, column) in ERASABLE or (value is None and table != "checkpoint")
                why = refusal(session, f"UPDATE {table} SET {column} = NULL")
                assert (why == "") is may_go, (table, column)


def test_what_was_erased_does_not_come_back(written: Transaction) -> None:
    with written() as session:
        session.execute(text("UPDATE journal SET body = NULL, salt = NULL"))
        blob = "CAST('x' AS BLOB)" if session.get_bind().dialect.name == "sqlite" else "'x'::bytea"
        assert "append-only" in refusal(session, f"UPDATE journal SET body = {blob}")
        assert session.scalars(select(JournalRow.hash)).all() == [f"{1:064}"]
