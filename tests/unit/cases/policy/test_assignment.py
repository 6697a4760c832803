from decimal import Decimal

import pytest

from cases.policy.access import Actor, Grant, RoleRule
from cases.policy.assignment import covering, covers, has_authority, offered_roles

RULES = {
    rule.name: rule
    for rule in (
        RoleRule("adjuster", authority=Decimal(5000)),
        RoleRule("supervisor", supervisor=True, authority=Decimal(100000)),
        RoleRule("director"),
        RoleRule("auditor", read_only=True),
        RoleRule("claimant", external=True),
    )
}
FAMILY = "claims.auto"
OFFERED = [
    ("adjuster", "", {"adjuster"}),
    ("adjuster", "supervisor director", {"adjuster", "supervisor", "director"}),
    (["adjuster", "director"], ("supervisor",), {"adjuster", "director", "supervisor"}),
    (None, "", {"adjuster", "supervisor", "director"}),
    ("", "director", {"adjuster", "supervisor", "director"}),
    ([], "", {"adjuster", "supervisor", "director"}),
    ("claimant", "", {"claimant"}),
]


@pytest.mark.parametrize(("named", "higher", "roles"), OFFERED)
def test_a_task_is_offered_to_the_roles_named_and_those_above(
    named: object, higher: object, roles: set[str]
) -> None:
    assert offered_roles(named, higher, RULES) == roles


COVERED = [
    (Decimal(5000), Decimal("5000.00"), True),
    (Decimal(5000), Decimal("5000.01"), False),
    (Decimal(5000), 4999, True),
    (None, Decimal("1E+30"), True),
    (Decimal(0), None, True),
    (None, "4000", False),
    (None, True, False),
    (None, Decimal("NaN"), False),
    (None, 3.5, False),
    (None, [], False),
]


@pytest.mark.parametrize(("authority", "amount", "enough"), COVERED)
def test_an_authority_reaches_as_far_as_its_amount(
    authority: Decimal | None, amount: object, enough: bool
) -> None:
    assert covers(authority, amount) is enough


def actor(*grants: Grant) -> Actor:
    return Actor(1, "ada", "Ada", frozenset(grants))


def test_the_authority_counts_of_a_role_that_the_task_is_offered_to() -> None:
    both = actor(RULES["adjuster"].granted_in(FAMILY), RULES["supervisor"].granted_in(FAMILY))
    assert has_authority(both, FAMILY, {"adjuster", "supervisor"}, 9000)
    assert not has_authority(both, FAMILY, {"adjuster"}, 9000)
    assert not has_authority(both, "other", {"adjuster", "supervisor"}, 1)
    (grant,) = covering(both.grants, FAMILY, {"adjuster", "supervisor"}, 9000)
    assert grant.role == "supervisor"


@pytest.mark.parametrize("role", ["auditor", "claimant"])
def test_who_only_looks_or_stands_outside_decides_nothing(role: str) -> None:
    assert not has_authority(actor(RULES[role].granted_in(FAMILY)), FAMILY, {role}, None)
