"""Transactions at the doors: what ends one, what survives it, and what the worker hears of it."""

from pathlib import Path

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app import database as doors
from app.config import Settings
from app.database import Database
from cases.persistence.base import KeyCounterRow
from cases.persistence.dialect import DUE_NOW, WAKE_CHANNEL
from cases.services import execution


def count(database: Database) -> int:
    with database.reading() as session:
        return session.query(KeyCounterRow).count()


def test_a_transaction_ends_with_its_block(database: Database) -> None:
    with database.transaction() as session:
        session.add(KeyCounterRow(name="kept", next=1))
    with pytest.raises(LookupError):
        _write_and_stop(database)
    assert count(database) == 1


def _write_and_stop(database: Database) -> None:
    with database.transaction() as session:
        session.add(KeyCounterRow(name="lost", next=1))
        session.flush()
        raise LookupError


def test_a_reader_cannot_write(database: Database) -> None:
    with database.reading() as session, pytest.raises(DBAPIError):
        session.execute(text("DELETE FROM key_counter"))


def test_what_is_read_at_one_door_is_of_one_moment(database: Database) -> None:
    with database.reading() as session:
        before = session.scalar(text("SELECT count(*) FROM key_counter"))
        with database.transaction() as another:
            another.add(KeyCounterRow(name="between", next=1))
        assert session.scalar(text("SELECT count(*) FROM key_counter")) == before == 0
    assert count(database) == 1


@pytest.mark.parametrize("door", ["transaction", "reading"])
def test_the_text_of_an_error_holds_nothing_that_was_handed_over(database: Database, door: str) -> None:
    with pytest.raises(DBAPIError) as failed, getattr(database, door)() as session:
        session.execute(text("SELECT nothing FROM nowhere WHERE name = :name"), {"name": "Ilse Brandt"})
    assert "nowhere" in str(failed.value)
    assert "Ilse" not in str(failed.value)


def test_after_reading_the_same_connection_can_write(database: Database) -> None:
    for _ in range(3):
        count(database)
        with database.transaction() as session:
            session.execute(text("DELETE FROM key_counter"))


def test_the_doors_of_an_application_are_those_of_its_database(database_url: str, tmp_path: Path) -> None:
    app = Flask("test")
    settings = Settings(data_dir=tmp_path, database_url=database_url, secret_key="k" * 40)
    doors.init_app(app, settings)
    with app.app_context():
        with doors.transaction() as session:
            session.add(KeyCounterRow(name="kept", next=1))
        with doors.reading() as session:
            assert session.query(KeyCounterRow).count() == 1
        doors.database().dispose()


def test_postgresql_does_not_wait_for_ever(postgresql_url: str) -> None:
    expected = {
        "lock_timeout": "5s",
        "statement_timeout": "30s",
        "idle_in_transaction_session_timeout": "10s",
        "TimeZone": "UTC",
        "application_name": "casewright",
    }
    with Database(postgresql_url) as database, database.transaction() as session:
        found = {name: session.execute(text(f"SHOW {name}")).scalar_one() for name in expected}
    assert found == expected


def test_a_commit_that_leaves_jobs_due_rings_the_bell_and_no_other_does(postgresql_url: str) -> None:
    address = postgresql_url.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(address, autocommit=True) as ear, Database(postgresql_url) as database:
        ear.execute(f"LISTEN {WAKE_CHANNEL}")
        with database.transaction() as session:
            session.execute(text("SELECT 1"))
        with database.transaction() as session:
            session.info[DUE_NOW] = True
        heard = list(ear.notifies(timeout=5, stop_after=1))
        assert len(heard) == 1
        assert list(ear.notifies(timeout=0.1)) == []


def test_commits_that_follow_each_other_closely_share_a_bell(postgresql_url: str) -> None:
    address = postgresql_url.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(address, autocommit=True) as ear:
        ear.execute(f"LISTEN {WAKE_CHANNEL}")
        with Database(postgresql_url) as database:
            for _ in range(50):
                with database.transaction() as session:
                    session.info[DUE_NOW] = True
        heard = list(ear.notifies(timeout=0))
    assert 1 <= len(heard) < 50


def test_a_database_that_is_closed_has_rung_for_its_last_commit(postgresql_url: str) -> None:
    address = postgresql_url.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(address, autocommit=True) as ear:
        ear.execute(f"LISTEN {WAKE_CHANNEL}")
        for _ in range(3):
            with Database(postgresql_url) as database, database.transaction() as session:
                session.info[DUE_NOW] = True
            assert len(list(ear.notifies(timeout=0))) == 1


def test_what_is_rolled_back_rings_no_bell(postgresql_url: str) -> None:
    address = postgresql_url.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(address, autocommit=True) as ear, Database(postgresql_url) as database:
        ear.execute(f"LISTEN {WAKE_CHANNEL}")
        with pytest.raises(LookupError):
            _mark_and_stop(database)
        assert list(ear.notifies(timeout=0.2)) == []


def _mark_and_stop(database: Database) -> None:
    with database.transaction() as session:
        session.info[DUE_NOW] = True
        raise LookupError


def test_work_goes_on_after_a_connection_was_cut(postgresql_url: str) -> None:
    cuts = []

    def work(session: Session) -> int:
        pid: int = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
        if not cuts:
            with psycopg.connect(postgresql_url.replace("+psycopg", ""), autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s)", [pid])
            cuts.append(pid)
        session.execute(text("SELECT 1"))
        return pid

    with Database(postgresql_url) as database:
        assert execution.retrying(database.transaction, work) not in cuts
    assert len(cuts) == 1
