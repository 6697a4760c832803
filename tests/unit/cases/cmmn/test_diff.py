"""Differences between two versions of a case: each change is told once, and what is equal not at all."""

from dataclasses import replace
from random import Random

import pytest

from cases.cmmn import reader
from cases.cmmn.diff import Change, Kind, What, diff
from cases.cmmn.metamodel import CaseDefinition, Role
from cases.cmmn.routing import Rect
from cases.cmmn.sketch import Sketch
from tests.builders import (
    case,
    defining,
    discretionary,
    file_item,
    human_task,
    milestone,
    on,
    parameter,
    service_task,
    stage,
    timer,
    value,
    when,
    work,
)
from tests.modelmaking import make_program


def told(old: CaseDefinition, new: CaseDefinition) -> list[str]:
    return [one.words for one in diff(old, new)]


def test_two_readings_of_one_model_do_not_differ() -> None:
    xml = (
        '<definitions xmlns="http://www.omg.org/spec/CMMN/20151109/MODEL" targetNamespace="urn:t">{}'
        '<case id="c"><casePlanModel id="p"><planItem id="A" definitionRef="a"/><humanTask id="a"/>'
        "</casePlanModel></case></definitions>"
    )
    old, new = (reader.read(xml.format(space).encode()).cases["c"] for space in ("", "\n\n"))
    assert old.items[1].line != new.items[1].line
    assert diff(old, new) == ()


@pytest.mark.parametrize("seed", range(5))
def test_a_model_does_not_differ_from_itself_and_going_back_undoes_each_change(seed: int) -> None:
    old, new = (make_program(Random(seed + more)).definition for more in (0, 100))
    assert diff(old, old) == ()
    forth, back = diff(old, new), diff(new, old)
    assert forth
    turned = {Kind.ADDED: Kind.REMOVED, Kind.REMOVED: Kind.ADDED}
    whole = [(turned[one.kind], one.what, one.id) for one in forth if one.kind in turned]
    assert sorted(whole) == sorted((one.kind, one.what, one.id) for one in back if one.kind in turned)


def test_items_come_and_go_with_their_criteria() -> None:
    old = case(human_task("a"), human_task("b"))
    new = case(human_task("a"), human_task("c", entry=[when(on("a", "complete"))]))
    assert diff(old, new) == (
        Change(Kind.REMOVED, What.ITEM, "b"),
        Change(Kind.ADDED, What.ITEM, "c"),
        Change(Kind.ADDED, What.CRITERION, "c.entry.0"),
    )
    assert told(old, new)[:2] == ["removed: plan item b", "added: plan item c"]


def test_a_new_name_is_no_new_item() -> None:
    item = defining(human_task("a"), name="Look")
    old, new = case(human_task("a")), case(item)
    items = (new.items[0], replace(new.items[1], name="Look"))
    assert told(old, replace(new, items=items)) == ["renamed: plan item a: a -> Look"]


def test_an_item_in_another_stage_has_moved() -> None:
    old = case(human_task("a"), stage("s", human_task("b")))
    new = case(stage("s", human_task("b"), human_task("a")))
    assert told(old, new) == ["moved: plan item a: plan -> s"]


def test_an_item_that_stands_elsewhere_among_its_neighbours_has_moved() -> None:
    old = case(human_task("a"), human_task("b"), human_task("c"))
    new = case(human_task("c"), human_task("a"), human_task("b"))
    assert told(old, new) == ["moved: plan item c, order: after b -> first"]


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        (human_task("a"), human_task("a", required=True), "required: nothing -> always"),
        (human_task("a", manual="x > 1"), human_task("a", manual="x > 2"), "manual: x > 1 -> x > 2"),
        (human_task("a", repeat=True), human_task("a"), "repetition: always -> nothing"),
        (
            human_task("a", repeat=True),
            human_task("a", repeat=True, at_most=2),
            "repetition.max instances: nothing -> 2",
        ),
        (
            defining(human_task("a"), due=value("8 bh")),
            defining(human_task("a"), due=value("= d")),
            "due: 8 bh -> = d",
        ),
        (timer("a", "PT1H"), timer("a", "PT2H"), "expression: PT1H -> PT2H"),
        (
            timer("a", "PT1H"),
            timer("a", "PT1H", start=on("plan", "start")),
            "start trigger: nothing -> start of plan",
        ),
        (
            defining(human_task("a"), documentation="one"),
            defining(human_task("a"), documentation="two"),
            "documentation: one -> two",
        ),
        (
            human_task("a", work=work(inputs={"n": "x"})),
            human_task("a", work=work(inputs={"n": "y"})),
            "work.inputs[n].value: x -> y",
        ),
        (human_task("a"), defining(human_task("a"), four_eyes=("b", "c")), "four eyes: nothing -> b, c"),
    ],
)
def test_a_field_that_changed_is_told_with_before_and_after(old, new, change: str) -> None:
    assert told(case(old), case(new)) == [f"changed: plan item a, {change}"]


def test_an_item_of_another_type_is_told() -> None:
    assert "changed: plan item a, type: HumanTask -> ServiceTask" in told(
        case(human_task("a")), case(service_task("a"))
    )


def test_what_a_criterion_waits_for_is_told_in_the_words_of_the_model() -> None:
    old = case(human_task("a"), milestone("m", entry=[when(on("a", "complete"), condition="x")]))
    new = case(
        human_task("a"),
        milestone("m", entry=[when(on("a", "exit"), on("/f", "create"), condition="y", mode="onEvent")]),
    )
    assert told(old, new) == [
        "changed: criterion m.entry.0, on: complete of a -> exit of a; create of /f",
        "changed: criterion m.entry.0, if: x -> y",
        "changed: criterion m.entry.0, trigger mode: latched -> onEvent",
    ]


def test_a_source_is_known_by_its_id_not_by_its_number() -> None:
    listens = milestone("m", entry=[when(on("a", "complete"))])
    old, new = case(human_task("a"), listens), case(human_task("b"), human_task("a"), listens)
    assert told(old, new) == ["added: plan item b"]


def test_roles_files_parameters_and_offers_are_compared() -> None:
    old = case(
        discretionary(human_task("a"), roles=("clerk",)),
        roles=("clerk", "boss"),
        file=[file_item("doc", file_item("page")), file_item("x")],
        inputs=[parameter("x", "x")],
    )
    new = case(
        discretionary(human_task("a"), roles=("boss",), rule="x > 1"),
        roles=("clerk",),
        file=[file_item("doc", file_item("page", many=True))],
        inputs=[parameter("x", "doc")],
    )
    new = replace(new, roles=(Role("clerk", "Clerk"),))
    assert told(old, new) == [
        "changed: case case, inputs[x].path: x -> doc",
        "removed: role boss",
        "renamed: role clerk: clerk -> Clerk",
        "removed: file item f.x (x)",
        "changed: file item f.doc.page, multiplicity: ZeroOrOne -> ZeroOrMore",
        "changed: offer a, roles: clerk -> boss",
        "changed: offer a, rules: nothing -> x > 1",
    ]


def test_another_drawing_of_the_same_plan_is_one_change() -> None:
    old = case(human_task("a"))
    new = replace(old, sketch=Sketch({"a": Rect(0, 0, 1, 1)}))
    assert told(old, new) == ["changed: case case, drawing: nothing -> 1 shapes and 0 lines"]


def test_a_stage_that_is_planned_twice_is_compared_place_by_place() -> None:
    xml = (
        '<definitions xmlns="http://www.omg.org/spec/CMMN/20151109/MODEL" targetNamespace="urn:t">'
        '<case id="c"><casePlanModel id="p"><planItem id="S" definitionRef="s"/>{}'
        '<stage id="s"><planItem id="A" definitionRef="a"/><humanTask id="a"/></stage>'
        "</casePlanModel></case></definitions>"
    )
    second = '<planItem id="S2" definitionRef="s"/>'
    old, new = (reader.read(xml.format(more).encode()).cases["c"] for more in (second, ""))
    assert [(one.kind, one.id) for one in diff(old, new)] == [(Kind.REMOVED, "S2"), (Kind.REMOVED, "A")]
