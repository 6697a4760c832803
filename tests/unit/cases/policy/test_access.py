from collections.abc import Mapping
from dataclasses import fields as fields_of
from decimal import Decimal
from itertools import product
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.policy import access
from cases.policy.access import (
    CASE_FACTS,
    SYSTEM,
    TASK_FACTS,
    TASK_PERMISSIONS,
    Actor,
    AllOf,
    Always,
    AnyOf,
    Condition,
    Contains,
    FieldIn,
    Grant,
    Never,
    Permission,
    RoleRule,
    all_of,
    any_of,
    condition,
    holds,
    may,
)

FAMILY, OTHER = "claims.auto", "compliance.aml"
RULES = {
    "adjuster": RoleRule("adjuster", authority=Decimal(5000)),
    "senior": RoleRule("senior"),
    "supervisor": RoleRule("supervisor", supervisor=True),
    "operator": RoleRule("operator", operator=True),
    "admin": RoleRule("admin", administrator=True),
    "auditor": RoleRule("auditor", read_only=True),
    "chief auditor": RoleRule(
        "chief auditor", read_only=True, supervisor=True, operator=True, administrator=True
    ),
    "claimant": RoleRule("claimant", external=True),
    "loud claimant": RoleRule(
        "loud claimant", external=True, supervisor=True, operator=True, administrator=True
    ),
}


def actor(*roles: str, family: str = FAMILY, user_id: int = 7) -> Actor:
    return Actor(user_id, "ada", "Ada", frozenset(RULES[role].granted_in(family) for role in roles))


SEES = {Permission.VIEW_CASE, Permission.VIEW_JOURNAL, Permission.VIEW_TASK}
ACTS = SEES | {Permission.START_CASE, Permission.ACT_ON_CASE}
STEERS = {Permission.STEER_CASE, Permission.VIEW_INCIDENT, Permission.RESOLVE_INCIDENT}
MATRIX: Mapping[str, set[Permission]] = {
    "adjuster": ACTS | {Permission.WORK_TASK},
    "senior": ACTS,
    "supervisor": ACTS | STEERS | {Permission.ASSIGN_TASK},
    "operator": ACTS | STEERS,
    "admin": ACTS | {Permission.ADMINISTER},
    "auditor": SEES,
    "chief auditor": SEES | {Permission.VIEW_INCIDENT},
    "claimant": set(),
    "loud claimant": set(),
}
TASK = {
    "family": FAMILY,
    "candidates": frozenset({"adjuster", "auditor", "claimant"}),
    "assignee": None,
    "state": 2,
}


@pytest.mark.parametrize(("role", "permission"), list(product(MATRIX, Permission)))
def test_a_role_has_the_permissions_of_the_table_and_no_others(role: str, permission: Permission) -> None:
    assert may(actor(role), permission, TASK) is (permission in MATRIX[role])


@pytest.mark.parametrize(("role", "permission"), list(product(MATRIX, Permission)))
def test_no_role_reaches_into_another_family(role: str, permission: Permission) -> None:
    facts = {**TASK, "family": OTHER, "assignee": 7}
    assert not may(actor(role), permission, facts)
    assert not may(actor(role, family=access.INSTALLATION), permission, facts)


@pytest.mark.parametrize("permission", Permission)
def test_nobody_without_a_role_may_do_anything_and_the_house_may_do_everything(
    permission: Permission,
) -> None:
    assert condition(actor(), permission) == Never()
    assert condition(SYSTEM, permission) == Always()


def test_an_assignee_works_a_task_that_is_offered_to_others() -> None:
    mine = {**TASK, "candidates": frozenset({"senior"}), "assignee": 7}
    assert may(actor("adjuster"), Permission.WORK_TASK, mine)
    assert not may(actor("adjuster"), Permission.WORK_TASK, {**mine, "assignee": 8})
    assert not may(actor("adjuster"), Permission.WORK_TASK, {**mine, "assignee": None})


@pytest.mark.parametrize("role", [None, "auditor", "claimant"])
def test_an_assignee_who_may_no_longer_act_works_nothing(role: str | None) -> None:
    roles = (role,) if role else ()
    assert not may(actor(*roles), Permission.WORK_TASK, {**TASK, "assignee": 7})


def test_a_role_of_one_family_is_no_candidate_in_another_where_one_has_another_role() -> None:
    grants = frozenset({Grant(FAMILY, "adjuster"), Grant(OTHER, "senior")})
    someone = Actor(7, "ada", "Ada", grants)
    assert not may(someone, Permission.WORK_TASK, {**TASK, "family": OTHER})
    assert may(someone, Permission.WORK_TASK, TASK)


def test_an_actor_knows_the_roles_of_each_family() -> None:
    someone = actor("adjuster", "senior")
    assert someone.roles(FAMILY) == {"adjuster", "senior"}
    assert someone.roles(OTHER) == frozenset()
    assert someone.holds(FAMILY, "senior")
    assert not someone.holds(OTHER, "senior")
    assert RULES["adjuster"].granted_in(FAMILY) == Grant(FAMILY, "adjuster", authority=Decimal(5000))


def test_a_rule_and_a_grant_have_the_same_properties() -> None:
    assert [one.name for one in fields_of(RoleRule)][1:] == [one.name for one in fields_of(Grant)][2:]


@pytest.mark.parametrize(("role", "permission"), list(product(MATRIX, Permission)))
def test_a_condition_asks_about_known_facts_only(role: str, permission: Permission) -> None:
    allowed = TASK_FACTS if permission in TASK_PERMISSIONS else CASE_FACTS
    assert access.fields(condition(actor(role, "adjuster"), permission)) <= allowed


def test_equal_actors_have_equal_conditions() -> None:
    for permission in Permission:
        assert condition(actor("adjuster", "senior"), permission) == condition(
            actor("senior", "adjuster"), permission
        )


# The language of rights. Who adds a member here writes its other face, in `persistence.rights` and its test.

MEMBERS: Mapping[type, tuple[str, ...]] = {
    Never: (),
    Always: (),
    FieldIn: ("field", "values"),
    Contains: ("field", "value"),
    AnyOf: ("parts",),
    AllOf: ("parts",),
}


def test_the_language_of_rights_has_these_members_and_no_others() -> None:
    assert {one: tuple(field.name for field in fields_of(one)) for one in get_args(Condition)} == dict(
        MEMBERS
    )


FACTS = {"family": "a", "assignee": None, "candidates": frozenset({"x"})}
ASKED = [
    (Never(), False),
    (Always(), True),
    (FieldIn("family", frozenset({"a", "b"})), True),
    (FieldIn("family", frozenset({"b"})), False),
    (FieldIn("family", frozenset()), False),
    (FieldIn("assignee", frozenset({1})), False),
    (Contains("candidates", "x"), True),
    (Contains("candidates", "y"), False),
    (AnyOf((Never(), Always())), True),
    (AnyOf((Never(), Never())), False),
    (AllOf((Always(), Always())), True),
    (AllOf((Always(), Never())), False),
]


@pytest.mark.parametrize(("one", "answer"), ASKED)
def test_each_member_is_asked_of_an_object(one: Condition, answer: bool) -> None:
    assert holds(one, FACTS) is answer


def test_a_fact_that_is_missing_or_no_set_is_a_mistake_and_no_refusal() -> None:
    with pytest.raises(LookupError, match="'state'"):
        holds(FieldIn("state", frozenset({2})), FACTS)
    with pytest.raises(TypeError, match="'family'"):
        holds(Contains("family", "a"), FACTS)


conditions = st.recursive(
    st.sampled_from([one for one, _ in ASKED if not isinstance(one, AnyOf | AllOf)]),
    lambda inner: st.lists(inner, min_size=1, max_size=3).flatmap(
        lambda parts: st.sampled_from([any_of(parts), all_of(parts)])
    ),
    max_leaves=8,
)


@given(st.lists(conditions, max_size=4))
def test_the_shortest_form_means_the_same(parts: list[Condition]) -> None:
    either, every = any_of(parts), all_of(parts)
    assert holds(either, FACTS) is any(holds(part, FACTS) for part in parts)
    assert holds(every, FACTS) is all(holds(part, FACTS) for part in parts)
    for short, kind in ((either, AnyOf), (every, AllOf)):
        if isinstance(short, kind):
            assert len(short.parts) > 1
            assert not any(isinstance(part, Never | Always) for part in short.parts)
