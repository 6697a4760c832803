from hypothesis import given
from hypothesis import strategies as st

from cases.policy.separation import Deed, Place, in_the_way

ADAM, CORA, DORA, DAN, MARA = 1, 2, 3, 4, 5
ADJUSTMENT, SETTLEMENT, SECOND = Place("S3", 10), Place("S5", 20), Place("S5", 30)
FOUR_EYES = ("T3", "T4", "T5")
DEEDS = [
    Deed("T3", ADAM, ADJUSTMENT),
    Deed("T4", ADAM, ADJUSTMENT),
    Deed("T5", CORA, SETTLEMENT),
    Deed("T1", DORA, Place("S1", 5)),
]


def refused(
    user: int, place: Place = SETTLEMENT, persons: dict[int, int] | None = None, deeds: list[Deed] = DEEDS
) -> bool:
    return bool(in_the_way(user, FOUR_EYES, deeds, place, persons))


def test_who_prepared_a_settlement_does_not_approve_it() -> None:
    assert refused(ADAM)
    assert [deed.item for deed in in_the_way(ADAM, FOUR_EYES, DEEDS, SETTLEMENT)] == ["T3", "T4"]


def test_who_approved_once_does_not_approve_twice() -> None:
    assert refused(CORA)


def test_who_did_something_else_may() -> None:
    assert not refused(DORA)


def test_a_new_run_of_the_stage_is_a_new_round_of_approvals_but_the_preparer_stays_out() -> None:
    assert not refused(CORA, SECOND)
    assert refused(ADAM, SECOND)


def test_neither_the_substitute_nor_who_is_substituted_is_the_second_pair_of_eyes() -> None:
    deeds = [Deed("T4", DAN, ADJUSTMENT, on_behalf_of=MARA)]
    assert refused(DAN, deeds=deeds)
    assert refused(MARA, deeds=deeds)
    assert not refused(CORA, deeds=deeds)


def test_a_second_account_is_no_second_person() -> None:
    persons = {ADAM: ADAM, 101: ADAM}
    assert refused(101, persons=persons)
    assert not refused(101)
    assert refused(ADAM, persons=persons, deeds=[Deed("T4", 101, ADJUSTMENT)])


def test_without_four_eyes_nobody_is_in_the_way() -> None:
    assert in_the_way(ADAM, (), DEEDS, SETTLEMENT) == ()


users = st.integers(1, 4)
places = st.sampled_from([ADJUSTMENT, SETTLEMENT, SECOND])
deeds = st.lists(
    st.builds(Deed, st.sampled_from([*FOUR_EYES, "T1"]), users, places, st.none() | users), max_size=6
)


@given(users, deeds, places, st.dictionaries(st.integers(1, 4), users))
def test_who_is_let_through_did_none_of_it_under_any_account(
    user: int, done: list[Deed], place: Place, persons: dict[int, int]
) -> None:
    if refused(user, place, persons, done):
        return
    same = {account for account in range(1, 5) if persons.get(account, account) == persons.get(user, user)}
    for deed in done:
        if deed.item in FOUR_EYES and (deed.place == place or deed.place.stage != place.stage):
            assert deed.user_id not in same
            assert deed.on_behalf_of not in same
