"""What is offered to whom, and the planning of it; the teams that it depends on."""

import pytest

from cases.errors import Conflict, NotAllowed, NotFound
from cases.persistence.base import Transaction
from cases.policy.access import SYSTEM, Actor, Grant
from cases.services import planning, teams
from tests.integration.cases.services.calls import NOW, World, case

PLAN = """<planItem id="W" definitionRef="d.W"/>
  <planningTable id="table">
    <discretionaryItem id="D" name="Second opinion" definitionRef="d.D" authorizedRoleRefs="r.expert"/>
    <discretionaryItem id="E" name="Call" definitionRef="d.E"/>
  </planningTable>
  <humanTask id="d.W" name="Work"/><humanTask id="d.D" name="Opinion"/><humanTask id="d.E" name="Call"/>"""
ROLES = '<caseRoles id="roles"><role id="r.expert" name="expert"/></caseRoles>'
FAMILY = "advice"

ANA = Actor(1, "ana", "Ana", frozenset({Grant(FAMILY, "clerk")}))
BO = Actor(2, "bo", "Bo", frozenset({Grant(FAMILY, "expert")}))
HEAD = Actor(3, "head", "Head", frozenset({Grant(FAMILY, "head", supervisor=True)}))
LOOKER = Actor(4, "lo", "Lo", frozenset({Grant(FAMILY, "auditor", read_only=True)}))
EVE = Actor(5, "eve", "Eve")


def advice(transaction: Transaction, **more: object) -> tuple[World, int]:
    world = World(transaction, case("advice", PLAN, roles=ROLES))
    return world, world.start("advice", **more)


def names(world: World, case_id: int, actor: Actor) -> list[str]:
    with world.transaction() as session:
        return [one.discretionary for one in planning.offered(session, case_id, actor, NOW)]


def test_what_is_offered_depends_on_the_roles_of_who_asks(transaction: Transaction) -> None:
    world, case_id = advice(transaction)
    assert names(world, case_id, SYSTEM) == ["D", "E"]
    assert names(world, case_id, BO) == ["D", "E"]
    assert names(world, case_id, ANA) == ["E"]
    assert names(world, case_id, LOOKER) == []
    with transaction() as session, pytest.raises(NotFound):
        planning.offered(session, case_id, EVE, NOW)


def test_what_is_planned_is_work_like_any_other(transaction: Transaction) -> None:
    world, case_id = advice(transaction)
    with transaction() as session:
        planning.plan(session, case_id, 0, "D", BO, NOW)
    assert world.states(case_id)["D"] == "active"
    with transaction() as session:
        with pytest.raises(NotAllowed):
            planning.plan(session, case_id, 0, "D", ANA, NOW)
        with pytest.raises(NotAllowed):
            planning.plan(session, case_id, 0, "E", LOOKER, NOW)
        with pytest.raises(NotFound):
            planning.plan(session, case_id, 0, "E", EVE, NOW)
        with pytest.raises(NotFound):
            planning.plan(session, case_id, 0, "F", SYSTEM, NOW)


def test_the_roles_of_a_team_count_where_there_is_one(transaction: Transaction) -> None:
    world, case_id = advice(transaction, team={"ana": frozenset()})
    assert names(world, case_id, ANA) == ["E"]
    with transaction() as session:
        with pytest.raises(NotAllowed):
            teams.assign(session, case_id, "ana", "expert", ANA, NOW)
        teams.assign(session, case_id, "head", "expert", SYSTEM, NOW)
        teams.assign(session, case_id, "ana", "expert", HEAD, NOW)
    assert names(world, case_id, ANA) == ["D", "E"]
    with transaction() as session:
        assert teams.team_of(session, case_id, ANA) == {"ana": {"expert"}, "head": {"expert"}}
        teams.remove(session, case_id, "ana", "expert", SYSTEM, NOW)
        with pytest.raises(NotFound):
            teams.assign(session, case_id, "ana", "nobody", SYSTEM, NOW)
    assert names(world, case_id, ANA) == ["E"]


def test_a_case_without_a_team_has_no_roles_to_give(transaction: Transaction) -> None:
    _, case_id = advice(transaction)
    with transaction() as session, pytest.raises(Conflict):
        teams.assign(session, case_id, "ana", "expert", SYSTEM, NOW)
    with transaction() as session:
        assert teams.team_of(session, case_id, ANA) is None
        with pytest.raises(NotFound):
            teams.team_of(session, case_id, EVE)
