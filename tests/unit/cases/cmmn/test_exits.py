from dataclasses import replace

import pytest

from cases.cmmn.commands import Disable, ManualStart
from cases.cmmn.controlmodel import RepetitionRule
from cases.cmmn.events import CaseTransitioned, ExitRefused
from cases.cmmn.lifecycle import Transition
from cases.cmmn.profile import FLOWABLE, STRICT
from tests.builders import human_task, on, program, user_listener, when
from tests.unit.cases.cmmn.foreign import foreign, listener, stage, task
from tests.unit.cases.cmmn.story import Story


def told(*items, profile=STRICT, case_exit=None, **values):
    return Story(foreign(*items, profile=profile, case_exit=case_exit)).open(**values)


@pytest.mark.parametrize(
    ("exit_type", "expected"),
    [
        ("default", ["terminated", "terminated", "terminated"]),
        ("activeInstances", ["enabled", "active", "terminated"]),
        ("activeAndEnabledInstances", ["terminated", "active", "terminated"]),
    ],
)
def test_an_exit_type_spares_instances_that_have_not_begun(exit_type, expected):
    story = told(
        listener("stop").repeats(),
        task("waits").enters("never complete").exits("stop occur", exitType=exit_type),
        task("enabled").manual().exits("stop occur", exitType=exit_type),
        task("works").exits("stop occur", exitType=exit_type),
        task("never"),
    )
    story.occur("stop")
    found = [story.state("enabled"), story.state("waits"), story.state("works")]
    assert found == [
        one.replace("active", "available") if place == 1 else one for place, one in enumerate(expected)
    ]


def test_what_was_spared_is_not_ended_by_the_old_event_later():
    story = told(
        listener("stop").repeats(),
        task("a").manual().exits("stop occur", exitType="activeInstances"),
    )
    story.occur("stop").execute(ManualStart(item=story.one("a").iid)).has(a="active")
    story.occur("stop").has(a="terminated")


def test_after_an_exit_that_spares_others_an_item_without_criteria_repeats_and_after_any_other_it_does_not():
    story = told(
        listener("stop").repeats(),
        task("a").repeats().exits("stop occur", exitType="activeInstances"),
        task("b").repeats().exits("stop occur"),
        task("z"),
    )
    story.occur("stop")
    assert story.states("a") == ["terminated", "active"]
    assert story.states("b") == ["terminated"]


@pytest.mark.parametrize(("ends", "count"), [({"complete"}, 1), ({"complete", "exit"}, 2)])
def test_an_item_repeats_after_the_ends_that_its_rule_names(ends, count):
    rule = RepetitionRule("r", repeats_on=frozenset(Transition(one) for one in ends))
    item = replace(human_task("a", exit=[when(on("stop", "occur"))]), repetition=rule)
    story = Story(program(user_listener("stop"), item, human_task("z"))).open()
    story.occur("stop")
    assert len(story.instances("a")) == count


def completing(how, profile=STRICT):
    inner = stage("s", task("a"), task("b").manual()).exits("stop occur", exitEventType=how)
    return told(
        listener("stop").repeats(), inner, task("after").enters("s complete"), task("z"), profile=profile
    )


def test_an_exit_that_completes_does_so_where_no_work_is_left():
    story = completing("complete")
    story.complete("a").occur("stop").has(s="completed", b="terminated", after="active")
    assert story.one("s").exited_by == "s_exit1"


def test_an_exit_that_completes_too_early_is_used_up_and_told():
    story = completing("complete").occur("stop").has(s="active", a="active")
    assert [event.criterion for event in story.events if isinstance(event, ExitRefused)] == ["s_exit1"]
    story.complete("a").has(s="active")
    story.occur("stop").has(s="completed")


def test_an_exit_that_completes_too_early_refuses_the_command_where_that_is_so():
    story = completing("complete", FLOWABLE)
    command = story.program.definition
    assert command.profile is FLOWABLE
    with pytest.raises(Exception, match="still holds work"):
        story.occur("stop")
    story.has(s="active", stop="available").complete("a").occur("stop").has(s="completed")


def test_an_exit_that_completes_by_force_ends_what_lives_inside():
    completing("forceComplete").occur("stop").has(
        s="completed", a="terminated", b="terminated", after="active"
    )


@pytest.mark.parametrize(
    ("how", "expected"), [("complete", "completed"), ("forceComplete", "completed"), ("exit", "terminated")]
)
def test_the_case_is_left_in_the_same_ways(how, expected):
    story = told(
        listener("stop"),
        task("a").manual(),
        case_exit=task("plan").exits("stop occur", exitEventType=how),
    )
    story.occur("stop")
    assert story.case.case_state.word.lower() == expected
    (ended,) = [one for one in story.events if isinstance(one, CaseTransitioned)]
    assert ended.cause == "plan_exit1"
    story.has(a="terminated")


def test_a_disabled_item_stays_disabled_when_its_stage_completes_by_an_exit():
    story = completing("complete")
    story.execute(Disable(item=story.one("b").iid)).complete("a")
    assert story.states("s") == ["completed"]
