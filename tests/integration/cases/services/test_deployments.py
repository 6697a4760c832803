"""A case app is stored once it lints; what is stored never changes."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cases import catalogue
from cases.caseapp import archive, lint
from cases.errors import Invalid, NotFound
from cases.persistence.definitions import DeploymentRow
from cases.persistence.instances import CaseInstanceRow
from cases.persistence.journal import AuditEntryRow
from cases.persistence.people import FamilyRow, RoleRow
from cases.policy.access import SYSTEM
from cases.services import deployments
from tests.integration.cases.services.calls import WORK, World, call, case
from tests.integration.cases.services.loans import deploy
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


def test_a_case_is_found_by_its_key_within_its_family_and_each_deployment_is_a_version(
    transaction: Transaction,
) -> None:
    world = World(transaction, case("order", WORK, name="One"))
    other = world.deploy(case("order", WORK, name="Two"))
    acme = world.deploy(case("order", WORK, name="Three"), family="acme")
    with transaction() as session:
        everybody = catalogue.case_by_key(session, "order")
        assert (everybody.deployment_id, everybody.version, everybody.name) == (other, 2, "Two")
        theirs = catalogue.case_by_key(session, "order", "acme")
        assert (theirs.deployment_id, theirs.version, theirs.name) == (acme, 1, "Three")
        assert catalogue.case_app(session, acme).family == "acme"
        with pytest.raises(NotFound):
            catalogue.case_by_key(session, "order", "umbrella")
        found = [(one.tenant, one.key, one.version) for one in catalogue.definitions(session)]
        assert found == [("", "order", 1), ("", "order", 2), ("acme", "order", 1)]
        deployments.withdraw(session, other, SYSTEM, NOW)
        assert catalogue.case_by_key(session, "order").version == 1
    case_id = world.start("order", "acme")
    with transaction() as session:
        row = session.get_one(CaseInstanceRow, case_id)
        assert (row.family, row.deployment_id) == ("acme", acme)


def test_a_family_calls_the_cases_of_every_family_only_where_its_model_says_so(
    transaction: Transaction,
) -> None:
    world = World(transaction, case("child", WORK))
    caller = world.deploy(case("parent", call("child")), family="acme")
    with transaction() as session:
        with pytest.raises(NotFound):
            catalogue.callee(session, caller, "child", pinned=False, default=False)
        found = catalogue.callee(session, caller, "child", pinned=False, default=True)
        assert (found.deployment_id, found.tenant) == (world.deployment, "")


def test_an_app_calls_its_own_case_as_it_was_deployed_with_it_and_others_by_their_apps(
    transaction: Transaction,
) -> None:
    deploy(transaction)
    world = World(transaction)
    caller = world.deploy(case("caller", call("loans")), family="loans")
    with transaction() as session:
        own = catalogue.latest(session, "loans").deployment_id
        assert catalogue.callee(session, own, "loan", pinned=False, default=False).deployment_id == own
        for key in ("loans", "loans:loan"):
            found = catalogue.callee(session, caller, key, pinned=False, default=False)
            assert (found.deployment_id, found.key) == (own, "loan")


def test_an_id_that_no_row_has_room_for_refuses_its_model(transaction: Transaction) -> None:
    world = World(transaction)
    for plan in (case("c" * 201, WORK), case("c", WORK.replace('id="W"', f'id="{"w" * 201}"'))):
        with pytest.raises(Invalid) as refused:
            world.deploy(plan)
        assert {problem.code for problem in refused.value.problems} == {"ID_LENGTH"}


def test_cases_that_call_themselves_without_waiting_are_warned_of(transaction: Transaction) -> None:
    world = World(transaction, case("a", call("b", 'isBlocking="false"')), case("b", WORK))
    second = 'id="D" definitionRef="d.D"/><caseTask id="d.D" name="Call" isBlocking="false" caseRef="a"/>'
    circle = world.deploy(case("a", call("b", 'isBlocking="false"')), case("b", f"<planItem {second}"))
    with transaction() as session:
        app = catalogue.case_app(session, circle)
        before = catalogue.case_app(session, world.deployment)
    assert [one.problem.where for one in lint.check(app) if one.problem.code == "V-48"] == ["C", "D"]
    assert [one for one in lint.check(before) if one.problem.code == "V-48"] == []
