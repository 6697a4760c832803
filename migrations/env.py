"""How a migration meets a database: which, in which transaction, and what SQLite must be given back after it.

`config.attributes["url"]` names the database; `casewright` fills it from the settings.
"""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.pool import NullPool

from cases.persistence import TABLES, sqlite
from cases.persistence.base import Base, Exact, Instant, Json

assert TABLES  # noqa: S101 - names what fills the metadata

_PLAIN = {Instant: "sa.DateTime(timezone=True)", Json: "sa.Text()", Exact: "sa.String(length=40)"}
_MIGRATING = 4_207_000_001


def run() -> None:
    """Bring the database to the version asked for, in one transaction."""
    engine = _engine(_url())
    try:
        with _alone(engine), engine.connect() as connection, connection.begin():
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATING})
            _migrate(connection)
            if connection.dialect.name == "sqlite":
                _give_back(connection)
                _must_be_whole(connection)
    finally:
        engine.dispose()


def render_item(kind: str, item: object, autogen: AutogenContext) -> str | bool:  # noqa: ARG001 - Alembic's
    """A migration imports no house type: what it wrote once must not change when the type does."""
    return _PLAIN.get(type(item), False) if kind == "type" else False


def include_name(name: str | None, kind: str, parents: dict[str, Any]) -> bool:  # noqa: ARG001 - Alembic's
    """SQLite's full-text table with its shadows, and PostgreSQL's index, have no twin to compare."""
    full_text = name is not None and name.startswith(("case_search_words", "case_search_tsv"))
    return not (full_text and kind in ("table", "index"))


def _migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        render_item=render_item,
        include_name=include_name,
        compare_type=True,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def _url() -> str:
    url = context.config.attributes.get("url")
    if not url:
        raise RuntimeError("no database was named: migrations are run by `casewright`")
    return str(url)


def _engine(url: str) -> Engine:
    """An engine of its own: no statement is too long here, and SQLite must not follow foreign keys.

    It rebuilds a table by dropping the old one, which would take the rows that refer to it along.
    """
    if not url.startswith("sqlite"):
        return create_engine(url, poolclass=NullPool, hide_parameters=True)
    file = sqlite.file_of(url)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
    sqlite.make_writer(engine, "FULL")
    event.listen(engine, "connect", _without_foreign_keys)
    return engine


def _without_foreign_keys(dbapi: Any, record: object) -> None:  # noqa: ANN401, ARG001 - SQLAlchemy's
    dbapi.execute("PRAGMA foreign_keys=OFF")


def _alone(engine: Engine) -> AbstractContextManager[None]:
    return (
        sqlite.Gate(sqlite.file_of(engine.url)).passed() if engine.dialect.name == "sqlite" else nullcontext()
    )


def _give_back(connection: Connection) -> None:
    """Make again the triggers and full-text tables that went with a rebuilt table."""
    there = set(connection.scalars(text("SELECT name FROM sqlite_master")))
    if "alembic_version" not in there or "journal" not in there:
        return
    for name, create in sqlite.objects().items():
        if name not in there:
            connection.exec_driver_sql(create)


def _must_be_whole(connection: Connection) -> None:
    broken = connection.execute(text("PRAGMA foreign_key_check")).all()
    if broken:
        raise RuntimeError(f"rows refer to rows that are not there: {broken[:10]}")


run()
