"""An installation with as many open tasks as one likes, and its lists as pages that somebody asks for.

A hundred cases are opened by the product's own corridor; the rest are copies of their rows with due dates
and holders of their own. Half of the tasks belong to a family that the clerk may not see.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, insert, select
from sqlalchemy.orm import Session

from app import create_app
from app import database as app_database
from app.config import Settings
from app.database import Database
from bench import reference_case
from cases.persistence.base import forget_blocks
from cases.persistence.instances import CaseInstanceRow
from cases.persistence.tasks import HumanTaskRow, TaskRowState
from cases.policy.access import SYSTEM
from cases.services import deployments, identity, people

PEOPLE = 100
OPENED = 50
"""Cases of each family that are really opened."""

FAMILIES = ("reference", "elsewhere")
CLERK, SUPERVISOR = "clara", "hedda"
PAGES = {
    "inbox of a clerk": (CLERK, "/work/mine"),
    "queue of a clerk": (CLERK, "/work/queue/reference:clerk"),
    "inbox of a supervisor": (SUPERVISOR, "/work/mine"),
    "overdue board": (SUPERVISOR, "/workload"),
}
"""Who asks for which page."""

_AT_ONCE = 2_000
_APART = 1_000_000
"""The key of a copy is this much larger than that of what it was copied from."""

_TWO_WEEKS = 14 * 24 * 60
_HELD_OF_TEN = 4


@dataclass(frozen=True, slots=True)
class Lists:
    """The application over one database, and a browser of each who asks."""

    app: Flask
    database: Database
    clients: dict[str, FlaskClient]

    def ask(self, page: str) -> str:
        """The page, drawn. Raises ValueError where it is refused."""
        name, path = PAGES[page]
        answer = self.clients[name].get(path)
        if answer.status_code != 200:
            raise ValueError(f"{path} is answered {answer.status}")
        return answer.get_data(as_text=True)


@contextmanager
def filled(url: str, folder: Path, tasks: int) -> Iterator[Lists]:
    """The application over this migrated database, with so many open tasks."""
    settings = Settings(data_dir=folder, database_url=url, secret_key="k" * 40, sqlite_synchronous="OFF")
    app = create_app(settings)
    with app.app_context():
        database = app_database.database()
    now = datetime.now(UTC)
    staff = _settle(database, now)
    _copy(database, tasks, staff, now)
    clients = {name: _signed_in(app, database, name, now) for name in (CLERK, SUPERVISOR)}
    try:
        yield Lists(app, database, clients)
    finally:
        database.dispose()
        forget_blocks()


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """What the product sends within the block, but for the note that somebody is still there."""
    sent: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        if not statement.startswith("UPDATE user_session"):  # once in a while, whatever is asked
            sent.append(statement)

    engines = {database.writer, database.reader}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)


def _settle(database: Database, now: datetime) -> list[int]:
    """Deploy one app for each family and make the people; those who hold tasks."""
    site = reference_case.settle(database)
    with database.transaction() as session:
        files = reference_case.app_files()
        manifest = files["app.toml"].decode().replace('"REF-', '"ELS-')
        manifest = manifest.replace('key = "reference"', 'key = "elsewhere"')
        deployments.deploy(session, {**files, "app.toml": manifest.encode()}, SYSTEM, now)
        supervisor = people.create_user(session, SUPERVISOR, "Hedda", None, now)
        for family in FAMILIES:
            people.grant(session, supervisor, family, "head", now)
        staff = [identity.actor_named(session, CLERK, now).user_id]
        for number in range(1, PEOPLE):
            someone = people.create_user(session, f"clerk{number}", f"Clerk {number}", None, now)
            people.grant(session, someone, FAMILIES[number % 2], "clerk", now)
            staff.append(someone)
    for one in (site, replace(site, app_key="elsewhere")):
        reference_case.fill(one, OPENED)
    return staff


def _copy(database: Database, tasks: int, staff: list[int], now: datetime) -> None:
    """Copy until there are so many tasks; each has a due date and a holder of its own."""
    with database.reading() as session:
        cases = _rows(session, CaseInstanceRow)
        originals = _rows(session, HumanTaskRow)
    made, turn = len(originals), 0
    while made < tasks:
        turn += 1
        copies = [_moved(row, turn, made + at, staff, now) for at, row in enumerate(originals)]
        copies = copies[: tasks - made]
        kept = {row["case_id"] for row in copies}
        with database.transaction() as session:
            copied = [_case(row, turn) for row in cases]
            _insert(session, CaseInstanceRow, [row for row in copied if row["id"] in kept])
            _insert(session, HumanTaskRow, copies)
        made += len(copies)
    with database.writer.connect().execution_options(isolation_level="AUTOCOMMIT") as connected:
        connected.exec_driver_sql("ANALYZE" if database.is_sqlite else "VACUUM ANALYZE")


def _rows(session: Session, table: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - any table
    found = session.execute(select(table.__table__).order_by(table.id)).mappings()
    return [dict(row) for row in found]


def _insert(session: Session, table: Any, rows: list[dict[str, Any]]) -> None:  # noqa: ANN401 - any table
    for first in range(0, len(rows), _AT_ONCE):
        session.execute(insert(table.__table__), rows[first : first + _AT_ONCE])


def _case(row: dict[str, Any], turn: int) -> dict[str, Any]:
    return {**row, "id": row["id"] + turn * _APART, "business_key": f"{row['business_key']}-{turn}"}


def _moved(row: dict[str, Any], turn: int, number: int, staff: list[int], now: datetime) -> dict[str, Any]:
    """A copy of a task: within a fortnight before or after now, four of ten with somebody of its family."""
    mixed = number * 2_654_435_761 % 2**32
    due = now + timedelta(minutes=mixed % (2 * _TWO_WEEKS) - _TWO_WEEKS)
    among = staff[FAMILIES.index(row["family"]) :: 2]
    holder = among[mixed // 7 % len(among)] if mixed // 11 % 10 < _HELD_OF_TEN else None
    return {
        **row,
        "id": row["id"] + turn * _APART,
        "case_id": row["case_id"] + turn * _APART,
        "state": TaskRowState.OPEN,
        "assignee_id": holder,
        "claimed_at": None if holder is None else now,
        "due_at": due,
        "warn_at": due - timedelta(hours=8),
    }


def _signed_in(app: Flask, database: Database, name: str, now: datetime) -> FlaskClient:
    """A browser with the cookie of somebody: the check of a password takes its time."""
    with database.transaction() as session:
        token = identity.open_session(session, identity.actor_named(session, name, now).user_id, now)
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token
    return client
