"""The migrations make what the code declares, no more and no less, on both databases."""

import re
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, text

from app.cli import upkeep
from app.config import Settings
from app.database import Database
from cases.persistence import sqlite
from cases.persistence.base import Base


@pytest.fixture
def config(database_url: str, tmp_path: Path) -> Config:
    return upkeep.alembic_config(Settings(data_dir=tmp_path, database_url=database_url, secret_key="unused"))


def test_the_newest_version_has_nothing_to_add(config: Config) -> None:
    command.check(config)


def test_one_can_go_back_and_forth(config: Config, database_url: str) -> None:
    command.downgrade(config, "base")
    with Database(database_url) as database, database.reading() as session:
        left = _names(session.connection())
    of_sqlite = {name for name in left if name.startswith("sqlite_")}
    assert left - of_sqlite <= {"alembic_version", "alembic_version_pkc"}
    command.upgrade(config, "head")
    command.check(config)


def test_an_upgraded_database_is_as_a_fresh_one(sqlite_url: str, tmp_path: Path) -> None:
    with Database(f"sqlite:///{tmp_path / 'fresh.db'}") as fresh, Database(sqlite_url) as upgraded:
        fresh.create_tables()
        with fresh.reading() as one, upgraded.reading() as other:
            made, migrated = _sqlite_texts(one.connection()), _sqlite_texts(other.connection())
    migrated.pop("alembic_version")
    assert set(made) == set(migrated)
    for name in sqlite.objects():
        assert made[name] == migrated[name], name


def test_an_upgraded_postgresql_is_as_a_fresh_one(postgresql_url: str) -> None:
    with Database(postgresql_url) as database:
        with database.reading() as session:
            migrated = _postgresql_texts(session.connection())
        with database.transaction() as session:
            session.execute(text("DROP SCHEMA public CASCADE"))
            session.execute(text("CREATE SCHEMA public"))
        database.create_tables()
        with database.reading() as session:
            made = _postgresql_texts(session.connection())
    assert made == {name: text_ for name, text_ in migrated.items() if "alembic_version" not in name}


def test_a_rebuilt_table_gets_its_triggers_and_full_text_back(config: Config, sqlite_url: str) -> None:
    """Alembic rebuilds a table of SQLite to change it, and its triggers go with the old one."""
    engine = create_engine(sqlite_url)
    with engine.begin() as connection:
        for table in ("journal", "case_search"):
            connection.execute(text(f"DROP TABLE {table}"))
        Base.metadata.tables["journal"].create(connection)
        Base.metadata.tables["case_search"].create(connection)
    engine.dispose()
    config.attributes["url"] = sqlite_url
    command.upgrade(config, "head")
    with Database(sqlite_url) as database, database.reading() as session:
        assert sqlite.objects().keys() <= _names(session.connection())


def _names(connection: Connection) -> set[str]:
    if connection.dialect.name == "sqlite":
        return set(connection.scalars(text("SELECT name FROM sqlite_master")))
    found = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    functions = "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
    return set(connection.scalars(text(f"{found} UNION {functions}")))


def _sqlite_texts(connection: Connection) -> dict[str, str]:
    rows = connection.execute(text("SELECT name, coalesce(sql, '') FROM sqlite_master"))
    return {name: re.sub(r"\s+", " ", sql) for name, sql in rows if not name.startswith("sqlite_")}


def _postgresql_texts(connection: Connection) -> dict[str, str]:
    """Columns, indexes, constraints, triggers, functions, storage, options: as the database writes them."""
    found = {}
    for kind, query in _CATALOGUE.items():
        for name, value in connection.execute(text(query)):
            found[f"{kind} {name}"] = re.sub(r"\s+", " ", value)
    return found


_TABLES = "pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
_CATALOGUE = {
    "column": "SELECT table_name || '.' || column_name,"
    " data_type || is_nullable || coalesce(column_default, '')"
    " FROM information_schema.columns WHERE table_schema = 'public'",
    "index": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "constraint": "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE connamespace = 'public'::regnamespace AND contype <> 'n'",
    "trigger": "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "function": "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    "storage": "SELECT relname || '.' || attname, attstorage::text FROM pg_attribute a, "
    f"{_TABLES} AND c.oid = a.attrelid",
    "options": f"SELECT relname, coalesce(array_to_string(reloptions, ','), '') FROM {_TABLES}",
    "sequence": "SELECT sequencename, increment_by::text FROM pg_sequences WHERE schemaname = 'public'",
}
