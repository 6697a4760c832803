"""G6, G18, G20: a command costs the same statements however large its case, and never more than eight."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database import Database
from cases.persistence.jobs import JobRow
from cases.persistence.tasks import HumanTaskRow
from cases.policy.access import SYSTEM, Actor
from cases.services import deployments, instances, tasks
from tests.integration.cases.services.loans import NOW, app_files, open_loan, person, task_id

MOST = 8
SMALL, LARGE = 3, 291
"""Idle tasks beside the nine items of the app: 12 items, and 300."""

_FREE = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "--", "PRAGMA")


@contextmanager
def counted(session: Session) -> Iterator[list[str]]:
    """The statements that reach the database on this connection, without those that only frame them."""
    statements: list[str] = []

    def note(sql: str) -> None:
        if not sql.upper().startswith(_FREE):
            statements.append(" ".join(sql.split()))

    driver = session.connection().connection.driver_connection
    if isinstance(driver, psycopg.Connection):
        with _listening(driver, note):
            yield statements
    else:
        assert driver is not None
        driver.set_trace_callback(note)
        yield statements
        driver.set_trace_callback(None)


@contextmanager
def _listening(driver: psycopg.Connection, note: Callable[[str], None]) -> Iterator[None]:
    """Hear what all cursors of this connection execute: every kind of them inherits this one method."""
    usual = psycopg.Cursor.execute

    def execute(cursor: psycopg.Cursor, query: object, *args: object, **kwargs: object) -> object:
        if cursor.connection is driver:
            note(str(query))
        return usual(cursor, query, *args, **kwargs)  # type: ignore[arg-type]

    psycopg.Cursor.execute = execute  # type: ignore[assignment, method-assign]
    try:
        yield
    finally:
        psycopg.Cursor.execute = usual  # type: ignore[method-assign]


def _with_ladder(files: dict[str, bytes]) -> dict[str, bytes]:
    """The same app, with a ladder of three rungs for all its tasks."""
    ladder = """
[ladders.usual]
rungs = [
  {at = "50%", who = ["assignee"], does = "remind"},
  {at = "100%", who = ["head"], does = "overdue"},
  {at = "+8 bh", who = ["head"], does = "release"},
]
"""
    app = files["app.toml"].decode().replace('calendar = "NY"', 'calendar = "NY"\nladder = "usual"', 1)
    return {**files, "app.toml": (app + ladder).encode()}


@pytest.fixture(params=[SMALL, LARGE])
def opened(request: pytest.FixtureRequest, database: Database) -> tuple[Database, Actor]:
    """A case of 12 items, then one of 300; others went before, so that nothing is met for the first time."""
    with database.transaction() as session:
        deployments.deploy(session, _with_ladder(app_files(request.param)), SYSTEM, NOW)
    ana = person(database.transaction, "ana", "clerk")
    for _ in range(2):
        case_id = open_loan(database.transaction).case_id
        with database.transaction() as session:
            tasks.complete(session, task_id(session, "T1", case_id), {"outcome": "deny"}, ana, NOW)
    return database, ana


def test_completing_a_task_takes_at_most_eight_statements(opened: tuple[Database, Actor]) -> None:
    """With a draft, a next task, a service job, a timer that is cancelled, and a clock with three rungs."""
    database, ana = opened
    case_id = open_loan(database.transaction, due="2026-03-06T10:00").case_id
    with database.transaction() as session:
        number = task_id(session, "T1", case_id)
        tasks.claim(session, number, ana, NOW)
        tasks.save_draft(session, number, {"note": "half"}, ana, NOW)
    with database.transaction() as session, counted(session) as statements:
        tasks.complete(session, number, {"outcome": "grant"}, ana, NOW)
        session.flush()
    with database.transaction() as session:
        rungs = session.scalars(
            select(JobRow.plan_item).where(JobRow.case_id == case_id, JobRow.kind == "rung")
        )
        assert rungs.all() == [session.get_one(HumanTaskRow, task_id(session, "T2", case_id)).plan_item]
    kinds = [statement.split("(")[0].split(" SET ")[0].split(" FROM ")[0][:30] for statement in statements]
    # PostgreSQL takes what is only written as one: read, update the case, strike the timer, all the rest.
    assert len(statements) == (MOST if database.is_sqlite else 4), kinds


def test_claiming_a_task_takes_four_at_most(opened: tuple[Database, Actor]) -> None:
    """Read the case with the task; write version and head, one row of the journal, the task. No document."""
    database, ana = opened
    case_id = open_loan(database.transaction).case_id
    with database.transaction() as session:
        number = task_id(session, "T1", case_id)
        with counted(session) as statements:
            tasks.claim(session, number, ana, NOW)
    # PostgreSQL takes the row of the journal and the task as one.
    assert len(statements) == (4 if database.is_sqlite else 3), statements
    assert not any("doc = " in statement for statement in statements)


def test_opening_a_case_takes_as_many_as_it_has_kinds_of_rows(opened: tuple[Database, Actor]) -> None:
    database, _ = opened
    new = instances.NewCase(app_key="loans", inputs={"applicant": {"name": "Ada", "id": "p-1"}}, number=99)
    with database.transaction() as session, counted(session) as statements:
        instances.start(session, new, SYSTEM, "test", NOW)
    tables = [table for statement in statements for table in re.findall(r"INSERT INTO (\w+)", statement)]
    # SQLite tells of a statement once more for each trigger that it sets off.
    tables = [table for table in dict.fromkeys(tables) if table != "key_block"]
    expected = ["case_instance", "journal", "human_task", "job", "sla_clock", "case_search", "case_field"]
    assert tables == expected
