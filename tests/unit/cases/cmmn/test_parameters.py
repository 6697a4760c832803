from decimal import Decimal

import pytest

from cases import dmn
from cases.cmmn import parameters
from cases.cmmn.agenda import Run
from cases.cmmn.commands import Complete, ManualStart, OccurListener, StartCase
from cases.cmmn.effects import HumanTaskOpened, WorkOpened
from cases.cmmn.events import DecisionMade, FileTransitioned, IncidentRaised
from cases.cmmn.filemodel import Parameters
from cases.cmmn.metamodel import Program
from tests.builders import (
    case,
    decision_task,
    event_listener,
    file_item,
    handover,
    human_task,
    milestone,
    on,
    parameter,
    program,
    service_task,
    timer,
    user_listener,
    when,
    work,
)
from tests.unit.cases.cmmn.story import Story

TRIAGE = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="https://example.org/d">
  <inputData id="amount" name="amount"><variable name="amount" typeRef="number"/></inputData>
  <decision id="Triage" name="Triage"><variable name="Triage"/>
    <informationRequirement><requiredInput href="#amount"/></informationRequirement>
    <decisionTable hitPolicy="UNIQUE">
      <input><inputExpression><text>amount</text></inputExpression></input>
      <output name="track"/>
      <rule><inputEntry><text>&lt; 100</text></inputEntry>
        <outputEntry><text>"fast"</text></outputEntry></rule>
      <rule><inputEntry><text>[100..1000]</text></inputEntry>
        <outputEntry><text>"slow"</text></outputEntry></rule>
    </decisionTable>
  </decision>
</definitions>"""


def raised(story):
    return [
        (".".join(event.path), event.transition.value)
        for event in story.events
        if isinstance(event, FileTransitioned)
    ]


def test_an_answer_replaces_the_root_item_named_after_its_task_and_does_not_merge():
    story = Story(program(human_task("T3", repeat=True), human_task("keep"))).open()
    story.complete("T3", decision="pay", note="x").complete("T3", decision="deny")
    assert story.file == {"T3": {"decision": "deny"}}
    assert raised(story) == [("T3", "replace")]


def test_no_answer_leaves_the_last_one_alone_and_an_empty_one_is_an_answer():
    story = Story(program(human_task("a", repeat=True), human_task("keep"))).open().complete("a", x=1)
    story.complete("a")
    assert story.file == {"a": {"x": 1}}
    story.execute(Complete(item=story.one("a").iid, answer={}))
    assert story.file == {"a": {}}


def test_an_answer_may_be_computed_from_result_and_file_and_go_to_another_item():
    answer = work(answer="{total: result.net + file.claim.fee}", answer_to="sum")
    story = Story(program(human_task("a", work=answer), human_task("keep"))).open(claim={"fee": 3})
    story.complete("a", net=Decimal("4.5"))
    assert story.file["sum"] == {"total": Decimal("7.5")}
    assert "a" not in story.file


def test_outputs_see_the_answer_and_what_outputs_before_them_wrote():
    outputs = work(
        outputs={
            "settlement.net": "a.gross - result.deductible",
            "settlement.version": "if settlement.version = null then 1 else settlement.version + 1",
            "+history": "settlement.net",
            "&settlement": "{by: case.key}",
        }
    )
    story = Story(program(human_task("a", work=outputs, repeat=True), human_task("keep"))).open()
    story.complete("a", gross=100, deductible=30)
    assert story.file["settlement"] == {"net": 70, "version": 1, "by": "CLM-2026-000007"}
    story.complete("a", gross=90, deductible=30)
    assert story.file["settlement"]["version"] == 2
    assert story.file["history"] == [70, 60]


def test_outputs_are_written_before_the_transition_and_their_events_are_heard_with_it():
    story = Story(
        program(
            human_task("a", work=work(outputs={"verdict": "result.verdict"})),
            milestone("m", entry=[when(on("/verdict", "create"), on("a", "complete"))]),
            human_task("b", exit=[when(on("/verdict", "create"))]),
        )
    ).open()
    story.complete("a", verdict="unsafe").has(a="completed", m="completed", b="terminated")
    kinds = [type(event).__name__ for event in story.events]
    assert kinds.index("FileTransitioned") < kinds.index("ItemTransitioned")


def test_an_output_of_null_replaces_but_neither_merges_nor_appends():
    outputs = work(outputs={"x": "result.nothing", "&y": "result.nothing", "+z": "result.nothing"})
    story = Story(program(human_task("a", work=outputs), human_task("keep"))).open(x=1, y={"k": 1})
    story.complete("a", b=1)
    assert story.file == {"x": None, "y": {"k": 1}, "a": {"b": 1}}


def test_an_output_that_leads_nowhere_fails_the_task_and_writes_nothing():
    for path in ("+claim", "claim.amount.euros"):
        story = Story(
            program(human_task("a", work=work(outputs={"done": "true", path: "1"})), human_task("keep"))
        )
        story.open(claim={"amount": 5}).complete("a", b=1).has(a="failed")
        assert story.file == {"claim": {"amount": 5}}
        assert any(isinstance(event, IncidentRaised) for event in story.events)


def test_dates_and_durations_enter_the_case_file_as_text():
    moment = 'date and time("2026-03-01T09:00:00+02:00")'
    spans = 'span: duration("PT2H"), months: duration("P1Y")'
    values = f'{{day: date("2026-03-01"), moment: {moment}, {spans}}}'
    story = (
        Story(program(human_task("a", work=work(answer=values)), human_task("keep")))
        .open()
        .complete("a", x=1)
    )
    assert story.file["a"] == {
        "day": "2026-03-01",
        "moment": "2026-03-01T07:00:00Z",
        "span": "PT2H",
        "months": "P1Y",
    }


def test_what_is_no_data_fails_the_task():
    story = Story(program(human_task("a", work=work(answer="function(x) x")), human_task("keep"))).open()
    story.complete("a", x=1).has(a="failed")


def test_a_step_is_handed_its_inputs_and_the_key_of_the_model():
    pay = service_task(
        "pay",
        work=work(inputs={"amount": "settlement.net", "to": '"iban"'}),
        key='"pay:" + string(settlement.version)',
    )
    story = Story(program(pay)).open(settlement={"net": 70, "version": 2})
    assert story.effects == [WorkOpened(1, "pay", {"amount": 70, "to": "iban"}, "pay:2", False)]


def test_a_task_sees_its_inputs_as_they_were_when_it_started():
    story = Story(program(human_task("check", manual=True, work=work(inputs={"quote": "quote"})))).open(
        quote={"sum": 90}
    )

    story.execute(ManualStart(item=story.one("check").iid))
    (opened,) = [effect for effect in story.effects if isinstance(effect, HumanTaskOpened)]
    assert opened.inputs == {"quote": {"sum": 90}}


def test_a_milestone_writes_when_it_was_reached_and_then_its_outputs():
    story = Story(program(milestone("M4", work=work(outputs={"first": "M4.at"})), human_task("keep"))).open()
    assert story.file == {"M4": {"at": "2026-03-02T14:00:00Z"}, "first": "2026-03-02T14:00:00Z"}


def test_a_milestone_whose_outputs_fail_is_reached_all_the_same():
    story = Story(program(milestone("M4", work=work(outputs={"+claim": "1"})), human_task("keep"))).open(
        claim=5
    )
    story.has(M4="completed")
    assert story.file == {"claim": 5, "M4": {"at": "2026-03-02T14:00:00Z"}}
    assert any(isinstance(event, IncidentRaised) for event in story.events)


def test_a_listener_writes_the_answer_of_its_form_and_an_event_its_payload():
    story = Story(
        program(user_listener("ask"), event_listener("reply"), timer("t", "PT1H"), human_task("keep"))
    ).open()
    story.occur("ask", question="why?")
    story.execute(OccurListener(item=story.one("reply").iid, payload={"text": "so"}))
    story.later(hours=1)
    assert story.file == {"ask": {"question": "why?"}, "reply": {"text": "so"}}
    story.has(ask="completed", reply="completed", t="completed")


def triage(**given):
    decide = decision_task(
        "D2", "Triage", work=work(inputs={"amount": "claim.amount"}, **given), repeat="again = true"
    )
    return Story(Program(case(decide, human_task("keep")), decisions={"Triage": dmn.read(TRIAGE)}))


def test_a_decision_is_made_within_the_turn_and_leaves_its_trace():
    story = triage(outputs={"lane": "result"}).open(claim={"amount": 50}).has(D2="completed")
    (made,) = [event for event in story.events if isinstance(event, DecisionMade)]
    assert (made.decision, made.rules, made.inputs, made.result) == (
        "Triage",
        [1],
        {"amount": 50},
        story.file["D2"],
    )
    assert story.file["lane"] == story.file["D2"]


def test_a_decision_without_a_result_leaves_the_file_alone_but_never_an_old_answer():
    story = triage(outputs={"lane": "result"}).open(claim={"amount": 5000}).has(D2="completed")
    assert story.file == {"claim": {"amount": 5000}}
    story = triage(outputs={"lane": "result"}).open(claim={"amount": 5000}, D2="fast", lane="x")
    assert (story.file["D2"], story.file["lane"]) == (None, "x")


def test_a_decision_that_nobody_deployed_fails_its_task():
    story = Story(program(decision_task("D9", "Nowhere"), human_task("keep"))).open().has(D9="failed")
    assert any(isinstance(event, IncidentRaised) and "Nowhere" in event.message for event in story.events)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("= D2.role", ("clerk",)), ("= D2.roles", ("a", "b")), ("boss", ("boss",)), ("= D2.none", ())],
)
def test_a_task_is_offered_to_the_roles_that_its_value_names(text, expected):
    story = Story(program(human_task("a", role=text))).open(D2={"role": "clerk", "roles": ["a", "b"]})
    (opened,) = story.effects
    assert opened.roles == expected


# --- inputs, outputs and mappings of the standard (6.4)


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
