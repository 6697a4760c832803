"""An ended case goes on (cmmn-semantics 4.9)."""

from dataclasses import replace

from cases.cmmn.commands import (
    CloseCase,
    Complete,
    Fail,
    Note,
    Reactivate,
    ReactivateCase,
    SuspendCase,
    TerminateCase,
)
from cases.cmmn.metamodel import Program, Return
from tests.builders import (
    case,
    discretionary,
    human_task,
    milestone,
    on,
    program,
    stage,
    user_listener,
    when,
)
from tests.unit.cases.cmmn.story import Story


def over(*children, **given):
    """A case whose task `a` was its last work."""
    story = Story(program(human_task("a"), *children, auto_complete=True, **given)).open()
    return story.complete("a").has(plan="completed")


def test_what_is_named_gets_a_new_instance_and_the_old_ones_stay():
    story = over(human_task("b", entry=[when(on("a", "exit"))]), human_task("c", manual=True))
    story.execute(ReactivateCase(activate=("b",), default=("a", "c")))
    assert (story.states("a"), story.states("b"), story.states("c")) == (
        ["completed", "active"],
        ["terminated", "active"],
        ["terminated", "enabled"],
    )
    story.complete("b").complete("a").has(plan="completed")


def test_an_item_by_default_waits_for_its_criteria_again():
    story = over(milestone("m", entry=[when(on("a", "complete"), on("a", "start"))]))
    story.execute(ReactivateCase(activate=("a",), default=("m",)))
    assert story.states("m")[-1] == "available"
    story.complete("a")
    assert story.states("m")[-1] == "completed"


def test_a_model_says_itself_what_comes_back():
    definition = case(human_task("a"), human_task("b", entry=[when(on("a", "exit"))]), auto_complete=True)
    kept = replace(definition.items[2], reactivation=Return.ACTIVATE)
    story = Story(Program(replace(definition, items=(*definition.items[:2], kept)))).open().complete("a")
    story.execute(ReactivateCase()).has(b="active", a="completed")


def test_a_case_that_would_be_complete_at_once_waits_for_the_next_command():
    story = over()
    story.execute(ReactivateCase()).has(plan="active")
    story.execute(Note(kind="seen")).has(plan="completed")


def test_what_was_planned_into_an_ended_case_is_made_when_it_goes_on():
    story = over(discretionary(human_task("x")))
    story.plan("x")
    assert story.instances("x") == []
    story.execute(ReactivateCase()).has(x="active")


def test_a_closed_case_forgets_what_was_planned_and_stays_closed():
    story = over(discretionary(human_task("x"))).plan("x").execute(CloseCase())
    assert story.case.state.planned == {}
    assert story.refused(ReactivateCase()) == "E-STATE"


def test_only_an_ended_case_and_only_root_items_come_back():
    story = Story(
        program(human_task("a"), stage("s", human_task("b")), discretionary(human_task("x")))
    ).open()
    assert story.refused(ReactivateCase()) == "E-STATE"
    story.execute(SuspendCase())
    assert story.refused(ReactivateCase()) == "E-SUSPENDED"
    story.resume().execute(TerminateCase())
    assert story.refused(ReactivateCase(activate=("b",))) == "E-UNKNOWN"
    assert story.refused(ReactivateCase(default=("x",))) == "E-ARGUMENT"


def test_a_condition_that_ended_the_case_must_be_seen_false_before_it_ends_it_again():
    story = Story(program(human_task("a"), exit=[when(condition="stop")])).open()
    story.write("stop", True).has(plan="terminated")
    story.execute(ReactivateCase(activate=("a",))).has(plan="active")
    story.write("stop", False).write("stop", True).has(plan="terminated")


def test_the_event_that_ended_the_case_ends_it_again():
    story = Story(program(human_task("a"), user_listener("go"), exit=[when(on("go", "occur"))])).open()
    story.occur("go").has(plan="terminated")
    story.execute(ReactivateCase(activate=("a", "go"))).has(plan="active")
    story.occur("go").has(plan="terminated")


def test_a_failed_item_of_an_ended_case_may_be_tried_again_and_repeats_beside_the_new_one():
    repeating = human_task("a", repeat="repetitionIndex < 3")
    story = Story(program(repeating, human_task("b"))).open()
    first = story.one("a").iid
    story.execute(Fail(item=first, code="X")).execute(TerminateCase())
    story.execute(ReactivateCase(activate=("a",)))
    assert [item.index for item in story.instances("a")] == [0, 1]
    second = story.instances("a")[1].iid
    story.execute(Complete(item=second))
    assert [item.index for item in story.instances("a")] == [0, 1, 2]
    assert story.refused(Reactivate(item=first)) == "E-STATE"
