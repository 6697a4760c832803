"""A case app is stored once it lints; what is stored never changes."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cases.caseapp import archive
from cases.errors import Invalid, NotFound
from cases.persistence.definitions import DeploymentRow
from cases.persistence.journal import AuditEntryRow
from cases.persistence.people import FamilyRow, RoleRow
from cases.policy.access import SYSTEM
from cases.services import deployments
from tests.unit.cases.caseapp.apps import files

Transaction = Callable[[], AbstractContextManager[Session]]
NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


def count(session: Session, table: type[DeploymentRow | AuditEntryRow]) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def test_an_app_is_stored_whole_with_its_family_and_its_roles(transaction: Transaction) -> None:
    with transaction() as session:
        number = deployments.deploy(session, files(), SYSTEM, NOW)
    with transaction() as session:
        row = session.get_one(DeploymentRow, number)
        assert (row.app_key, row.family, row.version, row.title, row.state) == (
            "loans",
            "loans",
            1,
            "Loans",
            "active",
        )
        assert archive.unpack(row.archive) == files()
        family = session.scalars(select(FamilyRow)).one()
        assert (family.key, family.owner) == ("loans", "head")
        assert session.get_one(RoleRow, ("loans", "clerk")).authority == Decimal("1000.50")


def test_the_same_app_again_is_no_new_version(transaction: Transaction) -> None:
    with transaction() as session:
        first = deployments.deploy(session, files(), SYSTEM, NOW)
        assert deployments.deploy(session, archive.unpack(archive.pack(files())), SYSTEM, NOW) == first
        assert (count(session, DeploymentRow), count(session, AuditEntryRow)) == (1, 1)


def test_an_app_that_goes_back_to_what_it_was_is_a_new_version(transaction: Transaction) -> None:
    with transaction() as session:
        first = deployments.deploy(session, files(), SYSTEM, NOW)
        deployments.deploy(session, files(app=("Loans", "Credits")), SYSTEM, NOW)
        third = deployments.deploy(session, files(), SYSTEM, NOW)
        assert third != first
        assert session.get_one(DeploymentRow, third).version == 3


def test_a_version_that_was_withdrawn_can_be_deployed_anew(transaction: Transaction) -> None:
    with transaction() as session:
        first = deployments.deploy(session, files(), SYSTEM, NOW)
        deployments.withdraw(session, first, SYSTEM, NOW)
        assert deployments.deploy(session, files(), SYSTEM, NOW) != first


def test_a_role_comes_to_mean_what_the_new_version_says(transaction: Transaction) -> None:
    with transaction() as session:
        deployments.deploy(session, files(), SYSTEM, NOW)
        deployments.deploy(session, files(app=("authority = 1000.50", "read_only = true")), SYSTEM, NOW)
        role = session.get_one(RoleRow, ("loans", "clerk"))
        assert (role.authority, role.read_only) == (None, True)


def test_an_app_that_does_not_lint_is_refused_with_every_problem(transaction: Transaction) -> None:
    wrong = files(
        model=('cw:role="clerk"', 'cw:role="clark"'), app=('value = "applicant.id"', 'value = "aplicant.id"')
    )
    with pytest.raises(Invalid) as error, transaction() as session:
        deployments.deploy(session, wrong, SYSTEM, NOW)
    assert {problem.code for problem in error.value.problems} == {"A-01", "A-06"}
    with transaction() as session:
        assert count(session, DeploymentRow) == 0


def test_a_warning_refuses_nothing(transaction: Transaction) -> None:
    with transaction() as session:
        assert deployments.deploy(session, files(model=(' or T1.decision = "refuse"', "")), SYSTEM, NOW)


def test_only_what_is_deployed_can_be_withdrawn(transaction: Transaction) -> None:
    with pytest.raises(NotFound), transaction() as session:
        deployments.withdraw(session, 99, SYSTEM, NOW)


def test_a_fingerprint_tells_files_apart_however_they_are_cut() -> None:
    assert deployments.fingerprint({"a": b"b", "c": b""}) != deployments.fingerprint({"a": b"", "c": b"b"})
    assert deployments.fingerprint({"a": b"1", "b": b"2"}) == deployments.fingerprint({"b": b"2", "a": b"1"})
