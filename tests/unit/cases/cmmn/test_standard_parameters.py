"""Inputs, outputs and mappings of the standard (cmmn-semantics 6.4)."""

from cases import dmn
from cases.cmmn import parameters
from cases.cmmn.agenda import Run
from cases.cmmn.commands import StartCase
from cases.cmmn.effects import HumanTaskOpened
from cases.cmmn.events import IncidentRaised
from cases.cmmn.filemodel import Parameters
from cases.cmmn.metamodel import Program
from tests.builders import (
    case,
    decision_task,
    file_item,
    handover,
    human_task,
    milestone,
    on,
    parameter,
    program,
    when,
    work,
)
from tests.unit.cases.cmmn.story import Story
from tests.unit.cases.cmmn.test_parameters import TRIAGE, raised


def standard(**given):
    return work(standard=Parameters(**{name: tuple(values) for name, values in given.items()}))


def opened(story):
    return next(effect for effect in story.effects if isinstance(effect, HumanTaskOpened))


def test_a_task_is_handed_what_its_inputs_are_bound_to_refined():
    given = standard(inputs=[parameter("sum", "claim.sum", "context * 2"), parameter("gone", "nothing.here")])
    story = Story(program(human_task("a", work=given))).open(claim={"sum": 4})
    assert opened(story).inputs == {"sum": 8, "gone": None}


def test_an_output_creates_merges_an_object_and_replaces_all_else_null_too():
    given = standard(outputs=[parameter("r", "doc"), parameter("n", "count")])
    story = Story(program(human_task("a", work=given, repeat=True), human_task("keep"))).open()
    story.complete("a", r={"p": 1}, n=1)
    assert (story.file, raised(story)) == (
        {"doc": {"p": 1}, "count": 1},
        [("doc", "create"), ("count", "create")],
    )
    story.complete("a", r={"q": 2}, n=None)
    assert story.file == {"doc": {"p": 1, "q": 2}, "count": None}
    assert raised(story) == [("doc", "update"), ("count", "replace")]


def test_an_output_that_did_not_come_and_a_result_nobody_declared_write_nothing():
    given = standard(outputs=[parameter("r", "doc")])
    story = Story(program(human_task("a", work=given), human_task("keep"))).open()
    story.complete("a", other=1)
    assert story.file == {}


def test_outputs_are_refined_and_heard_with_the_completion():
    given = standard(outputs=[parameter("r", "doc.total", "context + 1")])
    story = Story(
        program(
            human_task("a", work=given),
            milestone("m", entry=[when(on("a", "complete"), condition="doc.total = 5")]),
            human_task("keep"),
            file=[file_item("doc", file_item("total"))],
        )
    ).open()
    story.complete("a", r=4).has(m="completed")


def test_an_output_that_cannot_be_computed_is_a_fault_and_writes_nothing():
    given = standard(outputs=[parameter("n", "count"), parameter("r", "doc", "function(x) x")])
    story = Story(program(human_task("a", work=given), human_task("keep"))).open()
    story.complete("a", n=1, r="x").has(a="failed")
    assert story.file == {}
    assert any(isinstance(event, IncidentRaised) for event in story.events)


def test_a_decision_gets_what_is_mapped_to_its_inputs_and_gives_what_is_mapped_from_its_outputs():
    given = standard(
        inputs=[parameter("request", "request")],
        outputs=[parameter("lane", "lane")],
        given=[handover("request", "amount", "request.sum + 50")],
        taken=[handover("track", "lane", 'context + "!"')],
    )
    definition = case(decision_task("d", "Triage", work=given), human_task("keep"))
    story = Story(Program(definition, {"Triage": dmn.read(TRIAGE, "t.dmn")})).open(request={"sum": 30})
    assert story.file == {"request": {"sum": 30}, "lane": "fast!"}


def test_case_inputs_are_there_before_any_rule_and_heard_by_root_items():
    story = Story(
        program(
            human_task("a", required="claim.sum > 3"),
            milestone("m", entry=[when(on("/claim", "create"))]),
            inputs=[parameter("sum", "claim.sum", "context + 1"), parameter("free")],
            file=[file_item("claim", file_item("sum"))],
        )
    )
    story.execute(StartCase(parameters={"sum": 3, "free": "x"})).has(m="completed")
    assert story.one("a").required
    assert story.file["claim"] == {"sum": 4}
    assert story.file["free"] == "x"


def test_an_input_that_the_case_does_not_know_or_cannot_refine_is_refused():
    story = Story(program(human_task("a"), inputs=[parameter("sum", "claim", "function(x) x")]))
    assert story.refused(StartCase(parameters={"other": 1})) == "E-ARGUMENT"
    assert story.refused(StartCase(parameters={"sum": 1})) == "E-ARGUMENT"


def test_case_outputs_are_what_is_there_and_no_more():
    given = [parameter("sum", "claim.sum", "context * 2"), parameter("none", "no.where"), parameter("x")]
    story = Story(program(human_task("a"), outputs=given)).open(claim={"sum": 2}, x=1)
    assert parameters.of_case(Run(story.case, story.now)) == {"sum": 4, "x": 1}
