"""These tests may have a database."""

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

__all__ = [
    "database",
    "database_url",
    "postgresql_server",
    "postgresql_url",
    "reading",
    "sqlite_template",
    "sqlite_url",
    "transaction",
]
