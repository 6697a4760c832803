from cases.cmmn import readership
from cases.feel import parse
from tests.builders import case, milestone, when


def paths(text, context=None):
    return readership.static_paths(parse(text), context)


def test_an_expression_names_the_data_that_it_reads_and_nothing_else():
    assert paths("claim.amount > 5 and D2.track = case.key") == (("D2", "track"), ("claim", "amount"))
    assert paths('event.code = "A" and item.index < 2 and repetitionIndex = 0') == ()
    assert paths("context.value < 3", ("loan", "collateral")) == (("loan", "collateral", "value"),)
    assert paths("context.x.value < 3") == (("x", "value"),)
    assert paths("count(context) > 3") is None


def test_two_paths_meet_when_one_is_the_beginning_of_the_other():
    assert readership.meet(("claim",), ("claim", "amount"))
    assert readership.meet(("claim", "amount"), ("claim",))
    assert not readership.meet(("claim", "amount"), ("claim", "date"))


def test_a_condition_is_looked_at_for_its_own_data_and_one_without_paths_for_all():
    definition = case(
        milestone("a", entry=[when(condition="claim.amount > 5")]),
        milestone("b", entry=[when(condition="x = 1 and claim.date = null")]),
        milestone("c", entry=[when(condition="count(context) > 0")]),
    )
    conditions = readership.readership_of(definition).conditions
    assert set(conditions.touched(("claim", "amount"))) == {0, 2}
    assert set(conditions.touched(("claim",))) == {0, 1, 2}
    assert set(conditions.touched(("y",))) == {2}


def test_what_reads_plan_state_is_looked_at_whenever_anything_moved():
    assert readership.watches(parse("turn.completable"))
    assert readership.watches(parse('item.state = "active"'))
    assert not readership.watches(parse("item.index < 2 and claim.amount > 5"))
