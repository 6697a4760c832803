from cases.cmmn.profile import FLOWABLE, STRICT
from tests.unit.cases.cmmn.foreign import foreign, listener, stage, task
from tests.unit.cases.cmmn.story import Story

NEVER = "${never == 1}"


def told(*items, profile=FLOWABLE, **values):
    return Story(foreign(*items, profile=profile)).open(**values)


def test_every_stage_on_the_way_starts_for_each_of_several_items_that_one_event_reaches():
    inner = [stage(f"t{n}", task(f"b{n}").enters("a complete")).enters(when=NEVER) for n in (1, 2)]
    for profile in (STRICT, FLOWABLE):
        story = told(task("a"), stage("s", *inner).enters(when=NEVER), task("z"), profile=profile)
        story.complete("a").has(s="active", t1="active", t2="active", b1="active", b2="active")


def test_stages_that_have_ended_come_back_for_an_item_that_repeats():
    story = told(
        listener("go").repeats(),
        listener("kill"),
        stage("s", stage("t", task("b").enters("go occur").repeats())).exits("kill occur"),
        task("z"),
    )
    story.occur("go").occur("kill").has(s="terminated", b="terminated")
    story.occur("go")
    assert story.states("s") == ["terminated", "active"]
    assert story.states("t") == ["terminated", "active"]
    assert story.states("b") == ["terminated", "active"]


def test_an_item_that_does_not_repeat_comes_once():
    story = told(
        listener("go").repeats(),
        stage("s", task("b").enters("go occur")),
        task("k").enters("go occur").repeats(),
        task("z"),
    )
    story.occur("go").complete("b").has(s="completed")
    story.occur("go")
    assert story.states("b") == ["completed"]
    assert story.states("s") == ["completed"]


def test_a_stage_with_a_manual_rule_is_enabled_and_only_the_item_itself_begins():
    story = told(
        task("a"),
        stage("s", task("b").enters("a complete"), task("c")).enters(when=NEVER).manual(),
        task("z"),
    )
    story.complete("a").has(s="enabled", b="active")
    assert story.instances("c") == []


def test_two_events_for_an_absent_owner_are_remembered_together_and_used_up_together():
    story = told(
        listener("one").repeats(),
        listener("two").repeats(),
        stage("s", task("b").enters("one occur", "two occur").repeats()).enters(when=NEVER),
        task("z"),
    )
    story.occur("one").has(s="available").occur("two").has(s="active", b="active")
    assert story.case.state.slots == {}
    story.complete("b").occur("one")
    assert story.states("b") == ["completed"]


def test_an_idle_stage_hands_nothing_down_when_it_starts_by_itself():
    items = [
        task("a"),
        stage("s", task("b").enters("a complete", when="${x == 1}"), task("y")).enters(when="${go}"),
        task("z"),
    ]
    story = told(*items, x=0).complete("a").write("go", True).has(s="active", b="available")
    story.write("x", 1).has(b="available")
    story = told(*items, profile=STRICT, x=0).complete("a").write("go", True).write("x", 1)
    story.has(b="active")
