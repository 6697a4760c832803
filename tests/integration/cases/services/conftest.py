"""A database whose sessions carry a key for secrets, a peer, and the world of both."""

from collections.abc import Iterator

import pytest

from app.database import Database
from cases.persistence.base import forget_blocks
from tests.integration.cases.services.outside import SECRET_KEY, Opener, Peer, World, app_files, peer


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with Database(database_url, synchronous="OFF", secret_key=SECRET_KEY) as opened:
        yield opened
    forget_blocks()


@pytest.fixture
def served() -> Iterator[Peer]:
    with peer() as opened:
        yield opened


@pytest.fixture
def world(database: Database, served: Peer) -> World:
    return World(database, served)


@pytest.fixture
def world_with(database: Database, served: Peer) -> Opener:
    """A world whose step is retried, and falls back, as the test says."""
    return lambda **settings: World(database, served, app_files(**settings))
