"""The requirements of security by their numbers, at the doors of a whole application."""

from tests.databases import (
    database,
    database_url,
    postgresql_server,
    postgresql_url,
    reading,
    sqlite_template,
    sqlite_url,
    transaction,
)
from tests.functional.app.conftest import app, office, settings

__all__ = [
    "app",
    "database",
    "database_url",
    "office",
    "postgresql_server",
    "postgresql_url",
    "reading",
    "settings",
    "sqlite_template",
    "sqlite_url",
    "transaction",
]
