from dataclasses import replace

from cases.cmmn.commands import Describe, SetVariables, StartCase, Terminate
from cases.cmmn.controlmodel import RepetitionRule, Value
from cases.cmmn.effects import CaseDescribed, HumanTaskOpened, Subscribed, Unsubscribed
from cases.cmmn.events import IncidentRaised
from cases.feel import parse
from tests.builders import defining, having, human_task, listener, milestone, on, program, stage, when
from tests.unit.cases.cmmn.story import Story


def titled(planned, text):
    return having(planned, title=Value("", parse(text)))


def names(story):
    return [story.case.name_of(item.iid) for item in story.case.items()][1:]


def test_each_instance_has_a_name_of_its_own():
    story = Story(program(titled(human_task("a", repeat="n < 3"), '"round " + string(item.index + n)'))).open(
        n=1
    )
    assert names(story) == ["round 1"]
    story.execute(SetVariables(values={"n": 2})).complete("a")
    assert names(story) == ["round 1", "round 3"]


def test_a_name_is_computed_again_when_the_item_begins():
    story = Story(program(titled(human_task("a", entry=[when(condition="x != null")]), '"for " + x')))
    story.open().execute(SetVariables(values={"x": "ann"}))
    assert names(story) == ["for ann"]
    assert next(one.name for one in story.effects if isinstance(one, HumanTaskOpened)) == "for ann"


def test_a_name_that_cannot_be_computed_is_the_one_of_the_plan_item():
    story = Story(program(titled(human_task("a"), "1 + x"), titled(milestone("m"), "{}"))).open()
    assert names(story)[:1] == ["a"]
    assert not any(
        isinstance(event, IncidentRaised) and event.code == "name" and event.item == 1
        for event in story.events
    )


def test_a_name_that_speaks_of_an_element_waits_for_the_element():
    rule = RepetitionRule("r", collection=parse("list"), element="one", element_index="place")
    planned = replace(titled(human_task("a"), '"do " + one'), repetition=rule)
    story = Story(program(planned, human_task("b"))).open()
    assert names(story)[0] == "a"
    story.execute(SetVariables(values={"list": ["x", "y"]}))
    assert [name for name in names(story) if name.startswith("do")] == ["do x", "do y"]


def test_a_signal_listener_is_subscribed_while_it_is_there():
    story = Story(
        program(listener("l", "signal", subject=Value("alarm")), stage("s", human_task("a")))
    ).open()
    assert Subscribed(story.one("l").iid, "signal", "alarm") in story.effects
    story.execute(Terminate(item=story.one("l").iid))
    assert Unsubscribed(1) in story.effects


def test_a_subject_may_be_computed():
    story = Story(program(listener("l", "signal", subject=Value("", parse('"alarm " + x'))), human_task("a")))
    story.open(x="7")
    assert [one.subject for one in story.effects if isinstance(one, Subscribed)] == ["alarm 7"]


def test_what_people_call_a_case_is_kept_and_told():
    story = Story(program(human_task("a")))
    story.execute(StartCase(name="Ann's claim", business_key="K7", business_status="new"))
    assert CaseDescribed(0, "Ann's claim", "K7", "new") in story.effects
    story.execute(Describe(business_status=None))
    assert story.effects == [CaseDescribed(0, "Ann's claim", "K7", None)]
    assert story.execute(Describe(name="Ann's claim")).events == []
    state = story.case.state
    assert (state.name, state.given_key, state.business_status) == ("Ann's claim", "K7", None)


def test_stages_and_milestones_say_where_the_business_of_the_case_stands():
    story = Story(
        program(
            defining(stage("s", human_task("a")), business_status=Value("in review")),
            defining(
                milestone("m", entry=[when(on("s", "complete"))]),
                business_status=Value("", parse('"done " + x')),
            ),
            human_task("b"),
        )
    ).open(x="well")
    assert story.case.state.business_status == "in review"
    story.complete("a")
    assert story.case.state.business_status == "done well"


def test_a_milestone_that_is_reached_sets_its_variable():
    story = Story(
        program(
            human_task("a"), defining(milestone("m", entry=[when(on("a", "complete"))]), variable=Value("ok"))
        )
    )
    assert story.open().complete("a").file["ok"] is True
