"""These tests may have a database, and whole installations made of processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests import databases
from tests.acceptance.installation import Installation
from tests.browsing import chromium
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

KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]


@pytest.fixture(scope="session", params=KINDS)
def installation(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, shared_folder: Path
) -> Iterator[Installation]:
    """A whole installation on each kind of database: web, worker and outside services as processes."""
    folder = tmp_path_factory.mktemp(f"installation-{request.param}")
    facts = [shared_folder / "product" / "data" / "payloads" / "claims.auto.jsonl"]
    if request.param == "sqlite":
        yield from _running(Installation(folder, None, facts))
        return
    with databases.cloned(request.getfixturevalue("postgresql_server")) as url:
        yield from _running(Installation(folder, url, facts))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


def _running(installation: Installation) -> Iterator[Installation]:
    try:
        installation.prepare()
        installation.start()
        yield installation
    finally:
        installation.close()
