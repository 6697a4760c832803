"""casewright.find_cases: other cases of the family that have declared values in common."""

from typing import Any

import pytest

from cases.errors import NotFound
from cases.persistence.base import take_number
from cases.policy.access import SYSTEM
from cases.services import instances, lookups
from tests.integration.cases.services.outside import World


def opened(world: World, **claim: Any) -> int:
    number = take_number(world.transaction, "LN")
    new = instances.NewCase(app_key="loans", inputs={"claim": claim}, number=number)
    with world.transaction() as session:
        return instances.start(session, new, SYSTEM, "test", world.now).case_id


def found(world: World, asking: int, family: str = "loans", **inputs: Any) -> list[str]:
    with world.transaction() as session:
        answer = lookups.look(session, "find_cases", inputs, asking, family)
    assert answer["candidates"] == len(answer["keys"])
    assert [case["key"] for case in answer["cases"]] == answer["keys"]
    return list(answer["keys"])


@pytest.fixture
def three(world: World) -> list[int]:
    return [
        opened(world, policy="P-1", day="2026-03-01"),
        opened(world, policy="P-1", day="2026-03-02"),
        opened(world, policy="P-2", day="2026-03-02"),
    ]


def test_the_asking_case_is_left_out(world: World, three: list[int]) -> None:
    assert found(world, three[0], all={"policy": "P-1"}) == ["LN-2026-0002"]
    assert found(world, 0, all={"policy": "P-1"}) == ["LN-2026-0001", "LN-2026-0002"]


def test_any_wants_one_field_and_all_wants_every_one(world: World, three: list[int]) -> None:
    either = {"policy": "P-1", "day": "2026-03-02"}
    assert found(world, three[0], any=either) == ["LN-2026-0002", "LN-2026-0003"]
    assert found(world, three[0], all=either) == ["LN-2026-0002"]
    assert found(world, 0, any={"policy": ["P-2", "P-3"]}, all={"day": "2026-03-02"}) == ["LN-2026-0003"]


def test_an_interval_has_both_its_ends(world: World, three: list[int]) -> None:
    day = {"from": "2026-03-01", "to": "2026-03-01"}
    assert found(world, three[1], all={"day": day}) == ["LN-2026-0001"]
    assert found(world, 0, all={"day": {"from": "2026-03-02"}}) == ["LN-2026-0002", "LN-2026-0003"]


@pytest.mark.parametrize(
    "inputs",
    [
        {},
        {"any": {}},
        {"any": {"policy": None}},
        {"any": {"policy": []}},
        {"all": {"policy": "P-1", "day": None}},
        {"any": {"policy": None}, "all": {"day": "2026-03-02"}},
        {"all": {"nothing": "P-1"}},
        {"all": {"policy": "' OR 1=1 --"}},
        {"all": "P-1"},
    ],
)
def test_a_question_that_asks_for_nothing_finds_nothing(
    world: World, three: list[int], inputs: dict[str, Any]
) -> None:
    assert three
    assert found(world, 0, **inputs) == []


def test_another_family_is_not_looked_into(world: World, three: list[int]) -> None:
    assert three
    assert found(world, 0, family="other", all={"policy": "P-1"}) == []


def test_there_is_no_other_operation(world: World) -> None:
    with world.transaction() as session, pytest.raises(NotFound):
        lookups.look(session, "drop_cases", {}, 0, "loans")
