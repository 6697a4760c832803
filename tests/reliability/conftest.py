"""Kills, pauses and races, with processes of their own. These tests may have a database."""

from tests.databases import (
    database_url,
    postgresql_server,
    postgresql_url,
    sqlite_template,
    sqlite_url,
)
from tests.integration.cases.services.conftest import database, served, world, world_with

__all__ = [
    "database",
    "database_url",
    "postgresql_server",
    "postgresql_url",
    "served",
    "sqlite_template",
    "sqlite_url",
    "world",
    "world_with",
]
