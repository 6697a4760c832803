"""Deployed case apps: the newest begins cases, running ones keep theirs, and each is parsed once."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from cases import catalogue
from cases.errors import NotFound
from cases.policy.access import SYSTEM
from cases.services import deployments
from tests.unit.cases.caseapp.apps import MODEL, files

Transaction = Callable[[], AbstractContextManager[Session]]
NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


@pytest.fixture
def versions(transaction: Transaction) -> tuple[int, int]:
    """Two versions of an app; the second has another title."""
    with transaction() as session:
        first = deployments.deploy(session, files(), SYSTEM, NOW)
    with transaction() as session:
        second = deployments.deploy(session, files(app=("Loans", "Credits")), SYSTEM, NOW)
    return first, second


def test_a_case_begins_on_the_newest_version_that_is_not_withdrawn(
    transaction: Transaction, versions: tuple[int, int]
) -> None:
    with transaction() as session:
        newest = catalogue.latest(session, "loans")
        assert (newest.deployment_id, newest.version, newest.app.title) == (versions[1], 2, "Credits")
        deployments.withdraw(session, versions[1], SYSTEM, NOW)
        assert catalogue.latest(session, "loans").deployment_id == versions[0]
        deployments.withdraw(session, versions[0], SYSTEM, NOW)
        with pytest.raises(NotFound):
            catalogue.latest(session, "loans")


def test_a_running_case_keeps_the_version_that_it_began_on(
    transaction: Transaction, versions: tuple[int, int]
) -> None:
    with transaction() as session:
        assert [catalogue.case_app(session, one).title for one in versions] == ["Loans", "Credits"]
        deployments.withdraw(session, versions[0], SYSTEM, NOW)
        assert catalogue.case_app(session, versions[0]).title == "Loans"


def test_an_app_is_parsed_once_and_its_program_is_one_object(
    transaction: Transaction, reading: Transaction, versions: tuple[int, int]
) -> None:
    with transaction() as session:
        app = catalogue.case_app(session, versions[0])
        program = catalogue.program(session, versions[0], "loan")
    with reading() as session:
        assert catalogue.case_app(session, versions[0]) is app
        assert catalogue.program(session, versions[0], "loan") is program
        assert catalogue.program(session, versions[1], "loan") is not program


def test_a_program_has_the_decisions_the_zone_and_the_business_time_of_its_app(
    transaction: Transaction, versions: tuple[int, int]
) -> None:
    with transaction() as session:
        program = catalogue.program(session, versions[0], "loan")
    assert set(program.decisions) == {"rate"}
    assert (program.zone, program.family) == ("America/New_York", "loans")
    assert program.working_time is not None
    # Monday 15:00 UTC is 10:00 in New York; the calendar of the app has a break from 12 to 13.
    assert program.working_time.due("3 bh", NOW) == datetime(2026, 3, 2, 19, 0, tzinfo=UTC)


def test_a_bare_model_has_no_business_time(transaction: Transaction) -> None:
    with transaction() as session:
        bare = deployments.deploy(session, {"loan.cmmn": MODEL.encode()}, SYSTEM, NOW)
        program = catalogue.program(session, bare, "loan")
    assert program.working_time is not None
    with pytest.raises(ValueError, match="business time needs a calendar"):
        program.working_time.due("3 bh", NOW)


def test_what_there_is_not_is_not_found(transaction: Transaction, versions: tuple[int, int]) -> None:
    with transaction() as session:
        assert catalogue.form(session, versions[0], "T1").title == "Decide"
        for look in (
            lambda: catalogue.form(session, versions[0], "T9"),
            lambda: catalogue.program(session, versions[0], "lone"),
            lambda: catalogue.case_app(session, 99),
            lambda: catalogue.latest(session, "lones"),
        ):
            with pytest.raises(NotFound):
                look()


def test_the_apps_that_are_active_are_listed_once_each(
    transaction: Transaction, versions: tuple[int, int]
) -> None:
    with transaction() as session:
        deployments.deploy(session, files(app=('key = "loans"', 'key = "another"')), SYSTEM, NOW)
        assert [(one.app.key, one.version) for one in catalogue.active(session)] == [
            ("another", 1),
            ("loans", 2),
        ]
    assert versions
