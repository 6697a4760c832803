"""Where PostgreSQL and SQLite differ outside the hot path: insert or leave, insert or change, the bell."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Engine
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
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


def ring(engine: Engine) -> None:
    """Wake whoever waits for jobs. A bell that fails costs a moment: the beat looks by itself, too.

    PostgreSQL commits a notification as it commits data; nobody needs to wait until this one is on the disk.
    """
    if engine.dialect.name != "postgresql":
        return
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(_RING)
    except DBAPIError:
        return


_RING = f"SELECT set_config('synchronous_commit', 'off', true), pg_notify('{WAKE_CHANNEL}', '')"


def _insert(session: Session, row: type[Base]) -> postgresql.Insert | sqlite.Insert:
    dialect = session.connection().dialect.name
    return postgresql.insert(row) if dialect == "postgresql" else sqlite.insert(row)
