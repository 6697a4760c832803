from cases.cmmn.commands import ManualStart, Resume, Suspend
from cases.cmmn.effects import TimerCancelled, TimerSet
from cases.cmmn.profile import FLOWABLE
from tests.unit.cases.cmmn.foreign import foreign, listener, stage, task, timer
from tests.unit.cases.cmmn.story import Story

COMPLETABLE = "${cmmn:isStageCompletable()}"


def told(*items, profile=None, **values):
    return Story(foreign(*items, profile=profile or FLOWABLE)).open(**values)


def test_a_listener_repeats_as_long_as_its_rule_holds_when_it_is_used():
    story = told(
        listener("go").repeats("${more}"), task("a").enters("go occur").repeats(), task("z"), more=True
    )
    story.occur("go").occur("go").write("more", False).occur("go")
    assert story.states("go") == ["completed"] * 3
    assert story.states("a") == ["active"] * 3
    assert [item.index for item in story.instances("go")] == [0, 1, 2]


def test_a_required_listener_holds_its_stage_open():
    inner = stage(
        "s", task("a"), listener("go").required(), task("b").enters("go occur"), autoComplete="true"
    )
    story = told(inner, task("z")).complete("a").has(s="active")
    story.occur("go").complete("b").has(s="completed")


def test_a_listener_that_waits_for_a_completable_stage_does_not_keep_it_from_completing():
    story = told(
        stage("s", task("a"), listener("done", availableCondition=COMPLETABLE)).exits("done occur"), task("z")
    )
    story.has(done="unavailable").complete("a").has(s="completed", done="terminated")


def test_a_listener_is_there_while_its_stage_is_completable_and_only_then():
    story = told(
        stage("s", task("a").manual(), listener("done", availableCondition=COMPLETABLE)).exits("done occur"),
        task("z"),
    )
    story.has(done="available").execute(ManualStart(item=story.one("a").iid)).has(done="unavailable")
    story.complete("a")
    assert story.state("s") == "completed"


def test_a_timer_runs_while_its_condition_holds():
    story = told(timer("t", "PT1H", availableCondition="${ready}"), task("a").enters("t occur"), task("z"))
    story.has(t="unavailable")
    assert story.timers == {}
    story.write("ready", True).has(t="available")
    assert [type(effect) for effect in story.effects] == [TimerSet]
    story.write("ready", False).has(t="unavailable")
    assert [type(effect) for effect in story.effects] == [TimerCancelled]
    story.later(hours=2).has(a="available")
    story.write("ready", True).later(hours=1).has(a="active")


def test_a_condition_that_changed_during_a_suspension_counts_on_resume():
    story = told(
        stage("s", listener("go", availableCondition="${ready}"), task("a").enters("go occur"), task("b")),
        task("z"),
    )
    story.execute(Suspend(item=story.one("s").iid)).write("ready", True)
    story.execute(Resume(item=story.one("s").iid)).has(go="available")
