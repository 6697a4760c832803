"""Each field of a profile, once as the standard has it and once as the engine that it is named for."""

from dataclasses import fields, replace

import pytest

from cases.cmmn.commands import Complete, Disable, Reenable, SetVariables, Terminate
from cases.cmmn.profile import CAMUNDA, FLOWABLE, STRICT
from tests.unit.cases.cmmn.foreign import foreign, listener, stage, task
from tests.unit.cases.cmmn.story import Story


def only(**one):
    """Strict but for one field."""
    return replace(STRICT, **one)


def began(*items, profile, case_exit=None, values=None, **how):
    return Story(foreign(*items, profile=profile, case_exit=case_exit, **how)).open(**(values or {}))


def iid(story, name):
    return story.one(name).iid


def test_every_field_is_a_choice_of_the_house_or_what_another_engine_does_otherwise():
    unused = {
        one.name
        for one in fields(STRICT)
        if getattr(STRICT, one.name) == getattr(FLOWABLE, one.name) == getattr(CAMUNDA, one.name)
    }
    assert unused == {"failed_blocks", "absent_manual_rule"}
    assert (CAMUNDA.strict_exit, CAMUNDA.cross_stage) == (True, "ignore")


@pytest.mark.parametrize(("profile", "expected"), [(STRICT, "active"), (only(gates_first=True), "available")])
def test_a_false_repetition_rule_may_hold_the_first_instance_back(profile, expected):
    story = began(task("a"), task("b").enters("a complete").repeats("${false}"), task("z"), profile=profile)
    story.complete("a").has(b=expected)


@pytest.mark.parametrize(("is_level", "active"), [(False, 1), (True, 3)])
def test_a_condition_alone_may_repeat_an_item_as_long_as_it_holds(is_level, active):
    profile = only(is_level_triggered=is_level)
    story = began(task("a").enters(when="${go}").repeats(maxInstanceCount="3"), task("z"), profile=profile)
    story.write("go", True)
    assert story.states("a") == ["active"] * active


def test_an_instance_that_ended_is_followed_while_the_condition_holds():
    story = began(task("a").enters(when="${go}").repeats(maxInstanceCount="1"), task("z"), profile=FLOWABLE)
    story.write("go", True).complete("a")
    assert story.states("a") == ["completed", "active"]
    story.write("go", False).complete("a")
    assert story.states("a") == ["completed", "completed"]


@pytest.mark.parametrize(
    ("profile", "expected"), [(STRICT, "available"), (only(remembers_conditions=True), "active")]
)
def test_an_if_part_that_was_true_may_count_as_true_when_the_event_comes(profile, expected):
    story = began(
        task("a"),
        task("b").enters("a complete", when="${x == 1}"),
        task("z"),
        profile=profile,
        values={"x": 1},
    )
    story.write("x", 0).complete("a").has(b=expected)


@pytest.mark.parametrize(("profile", "count"), [(STRICT, 2), (only(repeats_terminated=False), 1)])
def test_an_item_ended_by_hand_repeats_or_does_not(profile, count):
    story = began(task("a").repeats(), task("z"), profile=profile)
    story.execute(Terminate(item=iid(story, "a")))
    assert len(story.instances("a")) == count


@pytest.mark.parametrize(
    ("profile", "expected"), [(STRICT, "terminated"), (only(leaves_waiting_children=True), "available")]
)
def test_a_stage_ended_by_hand_may_leave_what_waits_in_it_until_the_case_ends(profile, expected):
    story = began(task("a"), stage("s", task("b").enters("a complete"), task("c")), profile=profile)
    story.execute(Terminate(item=iid(story, "s"))).has(b=expected, c="terminated")
    story.complete("a")
    assert story.state("b") in ("terminated", "active")


@pytest.mark.parametrize("state", ["available", "enabled"])
def test_an_item_may_be_terminated_before_it_is_active_where_that_is_so(state):
    waiting = task("a").enters("z complete") if state == "available" else task("a").manual()
    story = began(waiting, task("z"), profile=STRICT)
    assert story.refused(Terminate(item=iid(story, "a"))) == "E-STATE"
    story = began(waiting, task("z"), profile=only(terminates_early=True))
    story.has(a=state).execute(Terminate(item=iid(story, "a"))).has(a="terminated")


@pytest.mark.parametrize(
    ("profile", "expected"), [(STRICT, "terminated"), (only(exits_disabled=False), "disabled")]
)
def test_exit_criteria_reach_what_is_disabled_or_do_not(profile, expected):
    story = began(task("a").manual().exits("b complete"), task("b"), task("z"), profile=profile)
    story.execute(Disable(item=iid(story, "a"))).complete("b").has(a=expected)


@pytest.mark.parametrize(
    ("profile", "expected"), [(STRICT, "disabled"), (only(ends_disabled=True), "terminated")]
)
def test_what_is_disabled_stays_so_or_ends_with_its_container(profile, expected):
    story = began(stage("s", task("a").manual(), task("b")), task("z"), profile=profile)
    story.execute(Disable(item=iid(story, "a"))).complete("b").has(s="completed", a=expected)


@pytest.mark.parametrize(
    ("profile", "expected"), [(STRICT, "active"), (only(asks_required_again=True), "completed")]
)
def test_a_required_rule_binds_once_or_is_asked_again(profile, expected):
    story = began(
        task("a"),
        task("b").enters(when="${never}").required("${x == 0}"),
        profile=profile,
        values={"x": 0},
        autoComplete="true",
    )
    story.complete("a").has(plan="active").write("x", 1).has(plan=expected)


@pytest.mark.parametrize(
    ("profile", "expected"), [(STRICT, "active"), (only(requires_once=True), "completed")]
)
def test_a_required_item_that_repeats_is_done_with_each_or_with_its_first_completion(profile, expected):
    story = began(
        stage("s", task("a").repeats().required().manual(), autoComplete="true"), task("z"), profile=profile
    )
    story.execute(Disable(item=iid(story, "a")))
    story = began(
        stage("s", task("a").repeats().required(), task("b"), autoComplete="true"), task("z"), profile=profile
    )
    story.complete("b").complete("a")
    assert story.state("s") == "active"  # the next repetition is at work
    story = began(
        stage("s", task("a").repeats("${again}").required().manual("${again2}"), autoComplete="true"),
        task("z"),
        profile=profile,
        values={"again": True, "again2": False},
    )
    story.write("again2", True).complete("a").has(s=expected)


@pytest.mark.parametrize(
    ("profile", "expected"), [(STRICT, "available"), (only(announces_start=True), "active")]
)
def test_a_reenable_may_be_heard_as_enable(profile, expected):
    story = began(
        task("c"),
        task("a").manual(),
        stage("s", task("b").enters("a enable"), task("y")).enters("c complete"),
        task("z"),
        profile=replace(profile, cross_stage="ignore"),
    )
    story.execute(Disable(item=iid(story, "a"))).complete("c").has(b="available")
    story.execute(Reenable(item=iid(story, "a"))).has(b=expected)


@pytest.mark.parametrize(
    ("profile", "expected"), [(STRICT, "available"), (only(hears_leftovers=True), "active")]
)
def test_the_exit_of_what_is_left_over_is_history_or_heard(profile, expected):
    inner = stage("s", task("a"), task("b").enters(when="${never}"), autoComplete="true")
    story = began(inner, task("c").enters("b exit"), task("z"), profile=profile)
    story.complete("a").has(b="terminated", c=expected)


@pytest.mark.parametrize(
    ("profile", "expected"), [(STRICT, "terminated"), (only(enters_first=True), "active")]
)
def test_of_an_entry_and_an_exit_by_one_event_one_wins(profile, expected):
    story = began(task("a"), task("b").enters("a complete").exits("a complete"), task("z"), profile=profile)
    story.complete("a").has(b=expected)


@pytest.mark.parametrize(
    ("profile", "expected"), [(STRICT, "available"), (only(orphaned_by_start=True), "terminated")]
)
def test_a_listener_is_heard_as_long_as_an_owner_lives_or_waits(profile, expected):
    story = began(
        task("a"), listener("l"), task("b").enters("l occur").enters("a complete"), task("z"), profile=profile
    )
    story.complete("a").has(b="active", l=expected)


@pytest.mark.parametrize(
    ("profile", "expected"), [(STRICT, "available"), (only(case_exit_hears=False), "terminated")]
)
def test_the_exit_of_the_case_hears_a_listener_or_does_not(profile, expected):
    story = began(
        listener("l"),
        task("a").exits("l occur"),
        task("z"),
        case_exit=task("plan").exits("l occur", "z complete"),
        profile=profile,
    )
    story.complete("a").has(l=expected)


def test_a_stage_may_be_completed_twice_and_an_ended_case_take_no_data_where_that_is_so():
    items = (stage("s", task("a")), task("z"))
    story = began(*items, profile=STRICT).complete("a").has(s="completed")
    assert story.refused(Complete(item=iid(story, "s"))) == "E-STATE"
    story.complete("z").write("x", 1)
    story = began(*items, profile=FLOWABLE).complete("a").execute(Complete(item=iid(story, "s")))
    story.complete("z").has(plan="completed")
    assert story.refused(SetVariables(values={"x": 1})) == "E-UNKNOWN"
