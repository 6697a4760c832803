"""Cases that somebody finds are cases that they may see."""

import pytest

from cases.policy.access import SYSTEM, Actor, Permission, RoleRule, condition, may
from cases.queries import case_list
from tests.integration.cases.queries.conftest import Claims

OTHERS = [
    Actor(90, "none", "Nobody"),
    Actor(91, "other", "Elsewhere", frozenset({RoleRule("clerk").granted_in("other.family")})),
    Actor(
        92, "dana", "A customer", frozenset({RoleRule("claimant", external=True).granted_in("claims.auto")})
    ),
    Actor(93, "root", "Administrator", frozenset({RoleRule("admin", administrator=True).granted_in("*")})),
    SYSTEM,
]


@pytest.mark.parametrize("actor", OTHERS, ids=lambda actor: actor.name)
def test_a_list_shows_what_the_rights_allow_and_no_more(claims: Claims, actor: Actor) -> None:
    claims.new()
    allowed = may(actor, Permission.VIEW_CASE, {"family": "claims.auto"})
    with claims.transaction() as session:
        assert bool(case_list.find(session, actor).lines) is allowed
    assert condition(actor, Permission.VIEW_CASE) is not None


def test_the_latest_case_comes_first_and_pages_give_each_once(
    claims: Claims, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(case_list, "PAGE", 2)
    opened = []
    for number in range(1, 6):
        claims.clock.pass_time(hours=1)
        opened.append(claims.new(number).business_key)
    found: list[str] = []
    after = None
    with claims.transaction() as session:
        for _ in range(5):
            page = case_list.find(session, claims.staff["adam"], "", after)
            found += [line.key for line in page.lines]
            after = page.next
            if after is None:
                break
    assert found == opened[::-1]


def test_signs_of_a_pattern_are_letters_like_others(claims: Claims) -> None:
    claims.new()
    with claims.transaction() as session:
        for text in ("%", "_", "CLM-2026-00000_", "\\"):
            assert not case_list.find(session, claims.staff["adam"], text).lines
