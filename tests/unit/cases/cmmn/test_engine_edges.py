"""What is asked too late, written too large, or told in a form that nothing can keep."""

from dataclasses import replace
from decimal import Decimal

import pytest

from cases.cmmn.commands import (
    AddAdHoc,
    Complete,
    Disable,
    Enable,
    RescheduleTimer,
    ResumeCase,
    SetLocal,
    SetVariables,
    SuspendCase,
    Terminate,
)
from cases.cmmn.controlmodel import RepetitionRule
from cases.cmmn.effects import WorkCancelled
from cases.cmmn.events import ConditionHeld, IncidentRaised
from cases.cmmn.profile import FLOWABLE
from cases.cmmn.workmodel import Task
from cases.feel import parse
from tests.builders import Planned, defining, having, human_task, on, program, timer, value, when
from tests.unit.cases.cmmn.foreign import foreign
from tests.unit.cases.cmmn.foreign import task as foreign_task
from tests.unit.cases.cmmn.story import Story


def nested(depth):
    found = 1
    for _ in range(depth):
        found = [found]
    return found


def doubled(times):
    found = 1
    for _ in range(times):
        found = [found, found]
    return found


def test_a_condition_that_held_is_remembered_in_the_wave_in_which_its_owner_began():
    watched = foreign_task("a").enters("b complete").exits("c complete", when="${ok == true}")
    story = Story(foreign(watched, foreign_task("b"), foreign_task("c"))).open(ok=True).complete("b")
    assert any(isinstance(one, ConditionHeld) for row in story.rows for one in row)
    for row in story.rows:
        waves = [one.wave for one in row]
        assert waves == sorted(waves)


def test_what_was_disabled_is_not_enabled_once_its_container_has_completed():
    story = Story(program(human_task("a", manual=True), human_task("b"))).open()
    story.execute(Disable(item=1)).execute(Complete(item=2)).has(plan="completed")
    assert story.refused(Enable(item=1)) == "E-STATE"


@pytest.mark.parametrize(
    "wrong",
    [float("inf"), float("nan"), Decimal("NaN"), nested(3_000), doubled(30), "\ud800", {"\udfff": 1}],
    ids=["infinite", "no number", "no decimal", "deep", "shared", "half a character", "half a name"],
)
def test_what_cannot_be_kept_is_refused(wrong):
    story = Story(program(human_task("a"))).open()
    assert story.refused(SetVariables(values={"x": wrong})) == "E-ARGUMENT"


def test_data_of_some_depth_are_kept():
    story = Story(program(human_task("a"))).open().execute(SetVariables(values={"x": nested(100)}))
    assert story.file["x"] == nested(100)


def test_a_due_date_that_is_no_day_is_told_as_an_incident():
    story = Story(program(defining(human_task("a"), due=value("= d")), human_task("b"), profile=FLOWABLE))
    story.open(d="2026-13-45")
    assert [one.code for one in story.events if isinstance(one, IncidentRaised)] == ["work"]


def test_what_nobody_foresaw_never_has_the_id_of_what_the_model_has():
    again = human_task("adhoc_1", entry=[when(on("/x", "replace"))], repeat=True)
    story = Story(program(again, human_task("b"))).open(x=1)
    story.execute(AddAdHoc(item=0, kind="humanTask", name="extra"))
    story.execute(SetVariables(values={"x": 2})).execute(SetVariables(values={"x": 3}))
    assert story.states("adhoc_1") == ["active", "active"]
    assert [one.id for one in story.case.program.definition.items][-1] == "adhoc:1"


def test_a_timer_is_not_moved_to_an_instant_without_a_zone():
    story = Story(program(timer("t", "PT1H"), human_task("b"))).open()
    assert story.refused(RescheduleTimer(item=1, due=story.now.replace(tzinfo=None))) == "E-ARGUMENT"


def test_a_collection_that_was_written_during_a_suspension_counts_on_resume():
    rule = RepetitionRule("r", collection=parse("xs"), element="x")
    each = replace(human_task("a"), repetition=rule)
    story = Story(program(each, human_task("b"))).open().execute(SuspendCase())
    story.execute(SetVariables(values={"xs": [1, 2]})).execute(ResumeCase())
    assert story.states("a") == ["terminated", "active", "active"]


def test_a_variable_of_the_case_need_not_be_there_to_be_removed():
    story = Story(program(human_task("a"))).open()
    story.execute(SetLocal(item=0, values={"x": 1}, removed=("nothing",)))
    assert story.file == {"x": 1}


def test_no_work_is_cancelled_for_a_page():
    page = Planned("p", Task("d.p", "p", kind="casePage"))
    story = Story(program(page, human_task("b"))).open().execute(Terminate(item=1))
    assert not [one for one in story.effects if isinstance(one, WorkCancelled)]


def test_a_name_is_cut_where_nobody_reads_on():
    named = having(human_task("a"), title=value('= string join(for i in 1..2000 return "x", "")'))
    assert len(Story(program(named)).open().one("a").name) == 1_000


@pytest.mark.parametrize(
    ("new", "text"),
    [("[$1]", "b[an][an]a"), ("$12", "ban2an2a"), ("\\\\$1", "b$1$1a"), ("$9", None), ("$x", None)],
)
def test_a_replacement_names_groups_as_java_does(new, text):
    condition = f"${{x.replaceAll('(an)','{new}') == '{text}'}}"
    story = Story(foreign(foreign_task("a").enters(when=condition), foreign_task("b"))).open(x="banana")
    if text is None:
        assert [one.code for one in story.events if isinstance(one, IncidentRaised)] == ["condition"]
        story.has(a="available")
    else:
        story.has(a="active")
