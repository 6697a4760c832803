"""Houses for claims on their way to a payment, as fixtures; and what befalls such a claim."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.database import Database
from cases.persistence.base import forget_blocks
from cases.policy.access import SYSTEM
from cases.services import instances, service_steps
from tests.acceptance.paying import SECRET_KEY, Claim, Claims, Outside, served

NET = 512.4
"""What the house pays for a windshield of `paying.claim`."""

HASTY = "PT0.4S"


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Outside]:
    with served(tmp_path) as found:
        yield found


@pytest.fixture
def house(sqlite_url: str, outside: Outside) -> Iterator[Claims]:
    """For rows that depend on nothing of the database."""
    yield from _house(sqlite_url, outside)


@pytest.fixture
def either(database_url: str, outside: Outside) -> Iterator[Claims]:
    """For rows that depend on locks and leases: on both databases."""
    yield from _house(database_url, outside)


@pytest.fixture
def hasty(sqlite_url: str, outside: Outside) -> Iterator[Claims]:
    """A house that waits for a payment no longer than a moment."""
    yield from _house(sqlite_url, outside, HASTY)


def _house(url: str, outside: Outside, timeout: str | None = None) -> Iterator[Claims]:
    with Database(url, synchronous="OFF", secret_key=SECRET_KEY) as database:
        yield Claims(database, outside, timeout)
    forget_blocks()


def failed(house: Claims, outside: Outside, status: int = 503) -> Claim:
    """A claim whose payment has failed for good; both providers are well again."""
    outside.switch("pay", always=status)
    outside.switch("pay2", always=status)
    case = house.fast()
    house.run()
    outside.switch("pay")
    outside.switch("pay2")
    return case


def called(house: Claims) -> tuple[service_steps.Prepared, service_steps.Result]:
    """The payment is called, and nothing is written down: here a worker dies, or somebody is faster."""
    lease = house.lease()
    assert lease is not None
    with house.transaction() as session:
        prepared = service_steps.prepare(session, lease, house.now)
    assert prepared is not None
    return prepared, service_steps.call(prepared)


def terminate(house: Claims, case: Claim) -> None:
    with house.transaction() as session:
        instances.terminate(session, case.id, "A mistake.", SYSTEM, "test", house.now)


def letter() -> dict[str, object]:
    text = "Dear Rosa Delgado, we cannot pay your claim."
    return {"reasonCodes": ["peril_excluded"], "letter": text, "sentVia": "mail"}
