"""Tasks that call a case or a process, and what comes back (cmmn-semantics 7.1, 7.2)."""

import pytest

from cases.cmmn.behaviors import MAX_DEPTH
from cases.cmmn.commands import (
    ChildEnded,
    ChildStarted,
    CloseCase,
    Complete,
    Reactivate,
    StartCase,
    SuspendCase,
    Terminate,
    TerminateCase,
)
from cases.cmmn.effects import CaseEnded, ChildCancelled, ChildOpened, ChildPaused, WorkOpened
from cases.cmmn.events import Noted
from cases.cmmn.filemodel import Parameters
from cases.cmmn.workmodel import Ending, Then
from tests.builders import (
    case_task,
    handover,
    human_task,
    milestone,
    on,
    parameter,
    process_task,
    program,
    when,
    work,
)
from tests.unit.cases.cmmn.story import Story


def of(story, kind):
    return [effect for effect in story.effects if isinstance(effect, kind)]


def ended(story, ending=Ending.COMPLETED, name="call", **given):
    return ChildEnded(item=story.one(name).iid, ending=ending, **given)


def calling(*others, **given):
    return Story(program(case_task("call", **given), human_task("keep"), *others))


def test_a_blocking_task_opens_a_child_with_mapped_inputs_and_the_team_and_waits():
    standard = Parameters(
        (parameter("house", "house"),),
        (parameter("price", "price"),),
        (handover("house", "object"),),
        (handover("value", "price"),),
    )
    story = calling(work=work(standard=standard))
    story.execute(StartCase(inputs={"house": 1}, team={"ann": frozenset()}, caller="9.1", depth=1))
    (opened,) = of(story, ChildOpened)
    assert (opened.case, opened.inputs, opened.is_blocking) == ("other", {"object": 1}, True)
    assert (opened.team, opened.depth) == ({"ann": frozenset()}, 2)
    story.execute(ChildStarted(item=opened.item, reference="12")).has(call="active")
    story.execute(ended(story, outputs={"value": 5})).has(call="completed")
    assert story.file["price"] == 5


def test_a_task_that_does_not_wait_is_done_when_its_child_has_begun_and_hears_no_more():
    story = calling(is_blocking=False).open().has(call="active")
    story.execute(ChildStarted(item=story.one("call").iid)).has(call="completed")
    assert of(story, ChildCancelled) == []
    story.execute(ended(story))
    assert [event.kind for event in story.events if isinstance(event, Noted)] == ["call completed"]


def test_an_end_told_twice_or_too_late_changes_nothing():
    story = calling().open()
    story.execute(ended(story))
    story.execute(ended(story, Ending.FAILED, code="X")).has(call="completed")
    assert len(story.events) == 1


@pytest.mark.parametrize(
    ("then", "state"), [(Then.EXIT, "terminated"), (Then.COMPLETE, "completed"), (Then.FAULT, "failed")]
)
def test_a_child_ended_from_inside_ends_its_task_as_the_model_says(then, state):
    story = calling(child_terminated=then).open()
    story.execute(ended(story, Ending.TERMINATED)).has(call=state)


def test_a_child_that_fails_fails_its_task_only_where_the_model_says_so():
    story = calling().open()
    story.execute(ended(story, Ending.FAILED)).has(call="active")
    story = calling(propagates_fault=True).open()
    story.execute(ended(story, Ending.FAILED, code="X")).has(call="failed")
    story.execute(Reactivate(item=story.one("call").iid))
    assert of(story, ChildOpened)[0].again


def test_what_comes_back_while_the_task_is_suspended_is_taken_up_on_resume():
    story = calling(milestone("m", entry=[when(on("call", "complete"))])).open()
    story.execute(SuspendCase())
    assert of(story, ChildPaused) == [ChildPaused(story.one("call").iid, paused=True)]
    story.execute(ended(story)).has(call="suspended")
    story.execute(ended(story, Ending.FAILED)).has(call="suspended")
    story.resume().has(call="completed", m="completed")
    assert story.case.state.returned == {}


def test_a_task_that_ends_takes_its_child_with_it():
    story = calling().open()
    story.execute(Terminate(item=story.one("call").iid))
    assert of(story, ChildCancelled) == [ChildCancelled(story.one("call").iid, "command")]


def test_people_complete_a_calling_task_only_where_the_model_lets_them():
    story = calling().open()
    assert story.refused(Complete(item=story.one("call").iid)) == "E-STATE"
    story = calling(may_complete_early=True).open().complete("call").has(call="completed")
    assert len(of(story, ChildCancelled)) == 1


def test_what_calls_nothing_takes_no_return():
    story = calling().open()
    assert story.refused(ended(story, name="keep")) == "E-STATE"
    assert story.refused(ended(story, outputs={"x": object()})) == "E-ARGUMENT"


def test_a_call_by_an_expression_is_resolved_when_it_starts_and_fails_where_it_names_nothing():
    assert of(calling(called="= kind").open(kind="loan"), ChildOpened)[0].case == "loan"
    calling(called="= kind").open().has(call="failed")


def test_cases_that_call_each_other_too_deep_fail():
    story = calling()
    story.execute(StartCase(caller="1.1", depth=MAX_DEPTH)).has(call="failed")


def test_a_called_case_tells_its_caller_of_its_end_with_its_outputs():
    story = Story(program(human_task("a"), outputs=[parameter("x")]))
    story.execute(StartCase(inputs={"x": 1}, caller="7.3", depth=1)).complete("a")
    assert of(story, CaseEnded) == [CaseEnded(0, "7.3", Ending.COMPLETED, {"x": 1})]
    story.execute(CloseCase())
    assert of(story, CaseEnded) == []


@pytest.mark.parametrize("paused", [False, True])
def test_a_called_case_that_is_ended_or_closed_says_so(paused):
    story = Story(program(human_task("a"))).execute(StartCase(caller="7.3"))
    story.execute(SuspendCase() if paused else TerminateCase())
    if paused:
        story.execute(CloseCase())
    assert [effect.ending for effect in of(story, CaseEnded)] == [Ending.TERMINATED]


def test_a_case_that_nobody_called_tells_nobody():
    story = Story(program(human_task("a"))).open().complete("a")
    assert of(story, CaseEnded) == []


def test_a_called_case_has_the_team_of_its_caller_with_the_roles_that_it_knows():
    story = Story(program(human_task("a"), roles=["clerk"]))
    story.execute(StartCase(caller="7.3", team={"ann": frozenset({"clerk", "king"})}))
    assert story.case.state.team == {"ann": ["clerk"]}


def test_a_process_is_work_outside_that_is_named_and_fails_with_a_code():
    fixed = milestone("m", entry=[when(on("p", "fault"), condition='event.code = "NO_FUNDS"')])
    story = Story(program(process_task("p"), human_task("keep"), fixed)).open()
    assert of(story, WorkOpened)[0].target == "process"
    story.execute(ended(story, Ending.FAILED, "p", code="NO_FUNDS")).has(p="failed", m="completed")


def test_a_process_nobody_waits_for_is_begun_all_the_same():
    story = Story(program(process_task("p", is_blocking=False), human_task("keep"))).open()
    assert len(of(story, WorkOpened)) == 1
    story.has(p="completed")
