"""One instance for each element, the number of an instance, and what repetitions leave behind."""

from dataclasses import replace

import pytest

from cases.cmmn.commands import Refused, SetLocal, Terminate
from cases.cmmn.controlmodel import Aggregated, Aggregation, Value
from cases.cmmn.profile import FLOWABLE, STRICT
from cases.feel import parse
from tests.builders import human_task, program
from tests.unit.cases.cmmn.foreign import foreign, listener, stage, task
from tests.unit.cases.cmmn.story import Story

OVER = {"collectionVariable": "names", "elementVariable": "who", "elementIndexVariable": "place"}


def told(*items, profile=FLOWABLE, **values):
    return Story(foreign(*items, profile=profile)).open(**values)


def locals_of(story, name):
    return [item.local for item in story.instances(name) if item.local.get("who") is not None]


@pytest.mark.parametrize("profile", [STRICT, FLOWABLE])
def test_an_item_waits_for_its_collection_and_then_there_is_one_instance_for_each_element(profile):
    story = told(task("a").repeats(**OVER), task("z"), profile=profile)
    assert story.states("a") == ["available"]
    story.write("names", ["Ana", "Bo"])
    assert story.states("a") == ["terminated", "active", "active"]
    assert [(one["who"], one["place"], one["repetitionCounter"]) for one in locals_of(story, "a")] == [
        ("Ana", 0, 1),
        ("Bo", 1, 2),
    ]
    story.write("names", ["Cy"])
    assert story.states("a") == ["terminated", "active", "active"]


def test_an_empty_collection_makes_no_instance_and_holds_nothing_open():
    story = told(stage("s", task("a").repeats(**OVER)), task("z"))
    story.write("names", []).has(s="completed", a="terminated")


def test_a_collection_that_is_there_at_the_start_is_read_then():
    assert told(task("a").repeats(**OVER), names=[1, 2, 3]).states("a")[1:] == ["active"] * 3


def test_each_event_reads_the_collection_anew_and_the_waiting_item_stays():
    story = told(listener("go").repeats(), task("a").enters("go occur").repeats(**OVER), task("z"))
    story.occur("go")
    assert story.states("a") == ["available"]
    story.write("names", ["Ana"]).occur("go").write("names", ["Bo", "Cy"]).occur("go")
    assert story.states("a") == ["available", "active", "active", "active"]
    assert [one["who"] for one in locals_of(story, "a")] == ["Ana", "Bo", "Cy"]
    assert [one["place"] for one in locals_of(story, "a")] == [0, 0, 1]


def test_a_condition_and_a_collection_are_both_waited_for_whichever_comes_last():
    for first, second in (("ready", "names"), ("names", "ready")):
        values = {"ready": True, "names": ["Ana"]}
        story = told(task("a").enters(when="${ready}").repeats(**OVER), task("z"))
        story.write(first, values[first])
        assert story.states("a") == ["available"]
        story.write(second, values[second])
        assert story.states("a") == ["terminated", "active"]


def test_what_is_no_list_is_an_incident_and_makes_nothing():
    story = told(task("a").repeats(**OVER), task("z"))
    story.write("names", 7)
    assert story.states("a") == ["available"]
    assert [event.code for event in story.events if hasattr(event, "code") and event.code] == ["collection"]


def test_a_collection_beyond_the_limits_refuses_the_whole_command():
    story = told(task("a").repeats(**OVER), task("z"))
    with pytest.raises(Refused, match="too many instances"):
        story.write("names", list(range(1_000)))
    assert story.states("a") == ["available"]


def test_instances_are_numbered_from_one_and_the_rule_sees_the_number():
    story = told(task("a").repeats("${repetitionCounter < 3}"), task("z"))
    story.complete("a").complete("a").complete("a")
    assert [item.local["repetitionCounter"] for item in story.instances("a")] == [1, 2, 3]
    unnumbered = told(task("a").repeats(ignoreCounterVariable="true"), task("z"))
    assert unnumbered.one("a").local == {}


def test_a_rule_with_a_number_stops_what_a_condition_alone_repeats():
    rule = task("a").enters(when="${go}").repeats("${repetitionCounter < 4}", maxInstanceCount="unlimited")
    story = told(rule, task("z")).write("go", True)
    assert story.states("a") == ["active"] * 3


def test_a_condition_that_always_repeats_refuses_the_command():
    story = told(task("a").enters(when="${go}").repeats(), task("z"))
    with pytest.raises(Refused, match="too many instances"):
        story.write("go", True)
    assert story.states("a") == ["available"]


def gathering(*, is_overview):
    rule = Aggregation(
        Value("answers"),
        (Aggregated(Value("ok"), parse("ok")), Aggregated(Value("n"), parse("n"))),
        is_overview,
    )
    one = human_task("ask", repeat="repetitionIndex < 2")
    assert one.repetition is not None
    one = replace(one, repetition=replace(one.repetition, counter="n", aggregations=(rule,)))
    return Story(program(one, human_task("keep"))).open()


def answer(story, **values):
    story.execute(SetLocal(item=story.one("ask").iid, values=values)).complete("ask")


def test_completed_repetitions_leave_a_list_when_the_last_has_ended():
    story = gathering(is_overview=False)
    answer(story, ok=True)
    assert "answers" not in story.file
    answer(story, ok=False)
    story.execute(Terminate(item=story.one("ask").iid))
    assert story.file["answers"] == [{"ok": True, "n": 1}, {"ok": False, "n": 2}]


def test_an_overview_is_there_from_the_first_instance_on():
    story = gathering(is_overview=True)
    assert story.file["answers"] == [{"ok": None, "n": 1}]
    answer(story, ok=True)
    assert story.file["answers"] == [{"ok": True, "n": 1}, {"ok": None, "n": 2}]
