"""What people call a case, when it is due, and who has it."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from cases.cmmn.commands import CloseCase, TerminateCase
from cases.errors import Conflict, Invalid, NotAllowed, NotFound
from cases.persistence.base import Transaction
from cases.policy.access import SYSTEM, Actor, Grant
from cases.services import audit, people, properties
from cases.services.properties import Changes
from tests.integration.cases.services.calls import NOW, WORK, World, call, case


def opened(transaction: Transaction, **more: object) -> tuple[World, int]:
    world = World(transaction, case("order", WORK, name="An order"))
    return world, world.start("order", **more)


def employed(session: Session, name: str) -> int:
    """Somebody who may act on such cases."""
    user = people.create_user(session, name, name, None, NOW)
    people.grant(session, user, "order", "staff", NOW)
    return user


def test_a_case_says_what_it_was_started_with(transaction: Transaction) -> None:
    _, case_id = opened(transaction, name="Ada's order", given_key="A-1", status="new")
    with transaction() as session:
        told = properties.of(session, case_id, SYSTEM)
    assert (told.name, told.business_key, told.business_status) == ("Ada's order", "A-1", "new")
    assert (told.definition, told.definition_name, told.definition_version) == ("order", "An order", 1)
    assert told.key == "CASE-2026-000001"


def test_what_is_given_changes_and_the_rest_stays(transaction: Transaction) -> None:
    world, case_id = opened(transaction, name="Ada's order", given_key="A-1")
    due = NOW + timedelta(days=3)
    with transaction() as session:
        ana = employed(session, "ana")
        changes = Changes(business_key="A-2", name=None, due_at=due, owner_id=ana)
        properties.change(session, case_id, changes, SYSTEM, world.now)
    with transaction() as session:
        told = properties.of(session, case_id, SYSTEM)
        assert audit.verify(session, None).findings == []
    assert (told.name, told.business_key, told.due_at, told.owner_id) == (None, "A-2", due, ana)
    assert told.assignee_id is None


def test_a_case_is_claimed_once(transaction: Transaction) -> None:
    world, case_id = opened(transaction)
    with transaction() as session:
        ana, bo = (employed(session, name) for name in ("ana", "bo"))
        properties.claim(session, case_id, ana, SYSTEM, world.now)
        properties.claim(session, case_id, ana, SYSTEM, world.now)
        with pytest.raises(Conflict) as refused:
            properties.claim(session, case_id, bo, SYSTEM, world.now)
    assert refused.value.code == "taken"
    with transaction() as session:
        assert properties.of(session, case_id, SYSTEM).assignee_id == ana


def test_what_does_not_fit_is_refused(transaction: Transaction) -> None:
    world, case_id = opened(transaction)
    for wrong in (
        Changes(),
        Changes(name="x" * 1_001),
        Changes(business_status="a\0b"),
        Changes(owner_id=4711),
        Changes(due_at=NOW.replace(tzinfo=None)),
    ):
        with transaction() as session, pytest.raises(Invalid):
            properties.change(session, case_id, wrong, SYSTEM, world.now)
    with transaction() as session, pytest.raises(NotFound):
        properties.change(session, case_id, Changes(name="n"), Actor(7, "eve", "Eve"), world.now)
    with transaction() as session, pytest.raises(NotFound):
        properties.of(session, 4711, SYSTEM)
    world.do(case_id, TerminateCase())
    world.do(case_id, CloseCase())
    with transaction() as session, pytest.raises(Conflict):
        properties.change(session, case_id, Changes(name="n"), SYSTEM, world.now)


def test_a_child_may_have_a_business_key_of_its_own(transaction: Transaction) -> None:
    world = World(transaction, case("parent", call("child")), case("child", WORK))
    world.start("parent", given_key="A-1")
    (child,) = world.children("child")
    with transaction() as session:
        assert properties.of(session, child, SYSTEM).business_key is None


def test_only_who_assigns_work_gives_a_case_to_others(transaction: Transaction) -> None:
    world, case_id = opened(transaction)
    with transaction() as session:
        ana, bo = employed(session, "ana"), employed(session, "bo")
    clerk = Actor(ana, "ana", "Ana", frozenset({Grant("order", "clerk")}))
    for wrong in (Changes(owner_id=ana), Changes(assignee_id=bo)):
        with transaction() as session, pytest.raises(NotAllowed):
            properties.change(session, case_id, wrong, clerk, world.now)
    with transaction() as session, pytest.raises(NotAllowed):
        properties.claim(session, case_id, bo, clerk, world.now)
    with transaction() as session:
        properties.claim(session, case_id, ana, clerk, world.now)
        properties.change(session, case_id, Changes(assignee_id=None), clerk, world.now)
        head = Actor(bo, "bo", "Bo", frozenset({Grant("order", "head", supervisor=True)}))
        properties.change(session, case_id, Changes(owner_id=ana, assignee_id=bo), head, world.now)
    with transaction() as session, pytest.raises(NotAllowed):
        properties.change(session, case_id, Changes(assignee_id=ana), clerk, world.now)


def test_who_has_no_right_here_is_as_unknown_as_anybody(transaction: Transaction) -> None:
    world, case_id = opened(transaction)
    with transaction() as session:
        eve = people.create_user(session, "eve", "Eve", None, NOW)
    told = set()
    for user in (eve, 4711):
        with transaction() as session, pytest.raises(Invalid) as refused:
            properties.claim(session, case_id, user, SYSTEM, world.now)
        told.add(tuple(problem.message for problem in refused.value.problems))
    assert told == {("There is no such person.",)}
