from dataclasses import replace

import pytest

from cases.cmmn.commands import Complete, SetLocal, SetVariables, StartCase, WriteFile
from cases.cmmn.controlmodel import Value
from cases.cmmn.events import FileTransitioned
from tests.builders import human_task, listener, milestone, on, program, stage, user_listener, when
from tests.unit.cases.cmmn.story import Story


def written(story):
    return [
        (event.path[0], event.transition.value)
        for event in story.events
        if isinstance(event, FileTransitioned)
    ]


def test_variables_of_a_command_are_written_before_its_transition_and_in_its_turn():
    story = Story(
        program(human_task("a"), human_task("b", entry=[when(on("a", "complete"), condition="x = 1")]))
    )
    story.open().execute(Complete(item=story.one("a").iid, vars={"x": 1})).has(b="active")
    assert story.file["x"] == 1


def test_what_only_a_turn_sees_is_seen_by_its_conditions_and_forgotten():
    story = Story(program(milestone("m", entry=[when(condition="go = true")]), human_task("a"))).open()
    story.execute(SetVariables(values={"other": 1}, transient={"go": True})).has(m="completed")
    assert "go" not in story.file


def test_setting_creates_then_merges_objects_then_replaces_and_says_nothing_twice():
    story = Story(program(human_task("a"))).open()
    story.execute(SetVariables(values={"x": {"a": 1}}))
    assert written(story) == [("x", "create")]
    story.execute(SetVariables(values={"x": {"b": 2}}))
    assert written(story) == [("x", "update")]
    assert story.file["x"] == {"a": 1, "b": 2}
    story.execute(SetVariables(values={"x": 3, "y": None}, removed=("x",)))
    assert written(story) == [("x", "replace"), ("y", "create"), ("x", "delete")]
    story.execute(SetVariables(values={"y": None}))
    assert written(story) == []


def test_an_empty_set_of_variables_is_refused():
    story = Story(program(human_task("a"))).open()
    assert story.refused(SetVariables()) == "E-ARGUMENT"
    assert story.refused(SetLocal(item=story.one("a").iid)) == "E-ARGUMENT"


def test_local_variables_hide_those_of_the_case_from_their_instance_and_what_is_inside_it():
    story = Story(
        program(
            stage("s", human_task("in", entry=[when(condition="x = 2")]), human_task("other")),
            human_task("out", entry=[when(condition="x = 2")]),
        )
    ).open(x=1)
    story.execute(SetLocal(item=story.one("s").iid, values={"x": 2})).has(
        **{"in": "active", "out": "available"}
    )
    assert written(story) == []
    assert story.file["x"] == 1
    story.execute(SetLocal(item=story.one("s").iid, removed=("x",)))
    assert story.one("s").local == {}


def test_a_variable_is_written_where_one_of_its_name_is_visible():
    story = Story(program(stage("s", human_task("in")))).open()
    story.execute(SetLocal(item=story.one("s").iid, values={"x": 1}))
    story.execute(SetLocal(item=story.one("in").iid, nearest={"x": 2, "y": 3}))
    assert story.one("s").local == {"x": 2}
    assert story.file == {"y": 3}


def test_local_variables_of_the_case_are_its_case_file():
    story = Story(program(human_task("a"))).open()
    story.execute(SetLocal(item=0, values={"x": 1}))
    assert story.file == {"x": 1}


def test_an_ended_instance_takes_no_variables():
    story = Story(program(human_task("a"), human_task("b"))).open().complete("a")
    assert story.refused(SetLocal(item=story.one("a").iid, values={"x": 1})) == "E-STATE"


def test_an_expression_in_place_of_a_name_points_at_what_is_written():
    story = Story(program(human_task("a"))).open(claim={"amount": 1, "by": "ann"})
    story.execute(SetVariables(values={"${claim.amount}": 2, "${fresh}": 3}))
    assert story.file == {"claim": {"amount": 2, "by": "ann"}, "fresh": 3}
    assert story.refused(SetVariables(values={"${1 + 1}": 2})) == "E-ARGUMENT"


@pytest.mark.parametrize(
    ("change", "heard"),
    [
        ("create", [True, False, False]),
        ("update", [False, True, False]),
        ("update-create", [True, True, False]),
        ("delete", [False, False, True]),
        ("all", [True, True, True]),
        ("", [True, True, True]),
    ],
)
def test_a_listener_hears_the_changes_of_its_variable_that_it_names(change, heard):
    def model():
        return program(
            human_task("a"),
            listener("l", "variable", subject=Value("x"), change=change),
            human_task("b", entry=[when(on("l", "occur"))]),
        )

    steps = [
        lambda story: story.execute(SetVariables(values={"x": 1})),
        lambda story: story.execute(SetVariables(values={"x": 2})),
        lambda story: story.execute(SetVariables(removed=("x",))),
    ]
    found = []
    story = Story(model()).open()
    for step in steps:
        step(story)
        found.append(story.state("l") == "completed")
    assert found == [any(heard[: count + 1]) for count in range(3)]


def test_a_listener_ignores_other_variables():
    story = Story(
        program(
            human_task("a"), listener("l", "variable", subject=Value("x"), change="all"), user_listener("u")
        )
    ).open()
    story.execute(SetVariables(values={"y": 1})).has(l="available")
    story.execute(WriteFile(path=("x", "inside"), value=1)).has(l="completed")


def test_who_started_the_case_is_kept_where_the_model_says_so():
    model = program(human_task("a"))
    story = Story(replace(model, definition=replace(model.definition, initiator="initiator")))
    story.execute(StartCase(actor="ann"))
    assert story.file["initiator"] == "ann"
