"""What every test may ask for: the folder beside the project, a clock one can set.

Databases are for the kinds of test that may have one: see `tests/databases.py`, and who imports it.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import hypothesis
import pytest
from playwright.sync_api import Browser

from tests import shared
from tests.browsing import chromium

# A shared machine is slow at times: that is no failure of a property.
hypothesis.settings.register_profile("casewright", deadline=None, print_blob=True)
hypothesis.settings.register_profile("deep", deadline=None, print_blob=True, max_examples=2_000)
hypothesis.settings.load_profile("casewright")


Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


@dataclass(slots=True)
class Clock:
    """A clock that stands until it is moved."""

    time: datetime = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def pass_time(self, **parts: float) -> datetime:
        """Move on by so many `hours`, `days`, ...; return what time it is then."""
        self.time += timedelta(**parts)
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def shared_folder() -> Path:
    """The folder `../shared`; without it the test is skipped."""
    if not shared.SHARED.is_dir():
        pytest.skip(shared.MISSING)
    return shared.SHARED


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The one Chromium of this run; it starts when the first test asks for it."""
    with chromium() as found:
        yield found


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    return _required(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    return _required(report)


def _required(report: Report) -> Report:
    """Turn a skip for want of `../shared` into a failure where the folder is required."""
    if report.skipped and shared.is_required() and "shared" in str(report.longrepr):
        report.outcome = "failed"
        report.longrepr = f"CASEWRIGHT_REQUIRE_SHARED=1, but {shared.MISSING}"
    return report
