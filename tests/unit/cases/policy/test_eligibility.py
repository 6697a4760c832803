"""Who may take a task: by role, by four eyes, by authority, in this order."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from cases.policy import assignment, eligibility, separation
from cases.policy.access import Actor, Grant, Permission, may
from cases.policy.eligibility import Bar, Offer
from cases.policy.separation import Deed, Place

HERE = Place("S", 1)


def clerk(number: int = 1, **how: object) -> Actor:
    return Actor(number, "c", "C", frozenset({Grant("loans", "clerk", **how)}))  # type: ignore[arg-type]


def offer(**how: object) -> Offer:
    return Offer("loans", frozenset({"clerk"}), **how)  # type: ignore[arg-type]


def test_nothing_is_in_the_way_of_who_has_the_role() -> None:
    assert eligibility.bar(clerk(), offer()) is None


def test_another_role_another_family_and_one_that_only_looks_are_no_candidates() -> None:
    assert eligibility.bar(clerk(), Offer("loans", frozenset({"head"}))) is Bar.ROLE
    assert eligibility.bar(clerk(), Offer("claims", frozenset({"clerk"}))) is Bar.ROLE
    assert eligibility.bar(clerk(read_only=True), offer()) is Bar.ROLE


def test_four_eyes_come_before_authority() -> None:
    poor = clerk(authority=Decimal(10))
    assert eligibility.bar(poor, offer(amount=Decimal(11))) is Bar.AUTHORITY
    assert eligibility.bar(poor, offer(amount=Decimal(10))) is None
    assert eligibility.bar(poor, offer(amount=Decimal(11), barred=frozenset({1}))) is Bar.FOUR_EYES


def test_who_acted_for_another_and_that_other_are_both_barred() -> None:
    deeds = [Deed("T1", 1, HERE, on_behalf_of=2), Deed("T9", 3, HERE), Deed("T1", 4, Place("S", 2))]
    assert eligibility.barred(("T1",), deeds, HERE) == {1, 2}


ROLES = st.frozensets(st.sampled_from(["clerk", "head", "auditor"]), max_size=3)


@given(held=ROLES, offered=ROLES, read_only=st.booleans(), amount=st.none() | st.integers(0, 20))
def test_a_person_without_a_bar_is_one_that_the_door_lets_pass(
    held: frozenset[str], offered: frozenset[str], read_only: bool, amount: int | None
) -> None:
    grants = frozenset(Grant("loans", role, read_only=read_only, authority=Decimal(10)) for role in held)
    person, sum_ = Actor(1, "p", "P", grants), None if amount is None else Decimal(amount)
    facts = {"family": "loans", "candidates": offered, "assignee": None}
    by_the_door = may(person, Permission.WORK_TASK, facts) and assignment.has_authority(
        person, "loans", offered, sum_
    )
    assert (eligibility.bar(person, Offer("loans", offered, amount=sum_)) is None) == by_the_door


@given(st.lists(st.tuples(st.sampled_from(["T1", "T2"]), st.integers(1, 4), st.integers(1, 2)), max_size=6))
def test_barred_are_those_in_whose_way_a_deed_is(done: list[tuple[str, int, int]]) -> None:
    deeds = [Deed(item, user, Place("S", run)) for item, user, run in done]
    found = eligibility.barred(("T1",), deeds, HERE)
    for user in range(1, 5):
        assert (user in found) == bool(separation.in_the_way(user, ("T1",), deeds, HERE))
