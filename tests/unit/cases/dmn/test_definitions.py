"""The face of decisions: by id or name, with a trace, total but for the budget."""

# ruff: noqa: E501 - a model is read by its elements.

from datetime import UTC, date, datetime

import pytest

from cases.dmn import Decided, read
from cases.errors import NotFound
from cases.feel import FeelError

MODEL = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" id="m" name="Claims" namespace="urn:claims">
  <itemDefinition name="tLevel"><typeRef>string</typeRef><allowedValues><text>"low", "high"</text></allowedValues></itemDefinition>
  <itemDefinition name="tParty">
    <itemComponent name="name"><typeRef>string</typeRef></itemComponent>
    <itemComponent name="age"><typeRef>number</typeRef></itemComponent>
  </itemDefinition>
  <itemDefinition name="tParties" isCollection="true"><typeRef>tParty</typeRef></itemDefinition>
  <inputData id="i1" name="amount"><variable name="amount" typeRef="number"/></inputData>
  <inputData id="i2" name="parties"><variable name="parties" typeRef="tParties"/></inputData>
  <inputData id="i3" name="level"><variable name="level" typeRef="tLevel"/></inputData>
  <businessKnowledgeModel id="k1" name="share">
    <variable name="share" typeRef="number"/>
    <encapsulatedLogic>
      <formalParameter name="total" typeRef="number"/><formalParameter name="heads" typeRef="number"/>
      <literalExpression><text>total / heads</text></literalExpression>
    </encapsulatedLogic>
  </businessKnowledgeModel>
  <decision id="d1" name="Risk">
    <variable name="Risk" typeRef="tLevel"/>
    <informationRequirement><requiredInput href="#i1"/></informationRequirement>
    <decisionTable hitPolicy="FIRST">
      <input label="Amount"><inputExpression typeRef="number"><text>amount</text></inputExpression></input>
      <output name="risk" typeRef="tLevel"/>
      <rule><inputEntry><text>&gt; 1000</text></inputEntry><outputEntry><text>"high"</text></outputEntry></rule>
      <rule><inputEntry><text>-</text></inputEntry><outputEntry><text>"low"</text></outputEntry></rule>
    </decisionTable>
  </decision>
  <decision id="d2" name="Each share">
    <variable name="Each share"/>
    <informationRequirement><requiredInput href="#i1"/></informationRequirement>
    <informationRequirement><requiredInput href="#i2"/></informationRequirement>
    <informationRequirement><requiredDecision href="#d1"/></informationRequirement>
    <knowledgeRequirement><requiredKnowledge href="#k1"/></knowledgeRequirement>
    <context>
      <contextEntry><variable name="heads"/><literalExpression><text>count(parties)</text></literalExpression></contextEntry>
      <contextEntry><variable name="each"/><invocation>
        <literalExpression><text>share</text></literalExpression>
        <binding><parameter name="total"/><literalExpression><text>amount</text></literalExpression></binding>
        <binding><parameter name="heads"/><literalExpression><text>heads</text></literalExpression></binding>
      </invocation></contextEntry>
      <contextEntry><literalExpression><text>{risk: Risk, each: each}</text></literalExpression></contextEntry>
    </context>
  </decision>
  <decision id="d3" name="Level given">
    <variable name="Level given"/>
    <informationRequirement><requiredInput href="#i3"/></informationRequirement>
    <literalExpression><text>level</text></literalExpression>
  </decision>
  <decision id="d4" name="Today"><variable name="Today"/><literalExpression><text>today()</text></literalExpression></decision>
  <decision id="d5" name="Endless"><variable name="Endless"/>
    <literalExpression><text>count(for i in 1..9000000 return i)</text></literalExpression></decision>
  <decisionService id="s1" name="Assess">
    <variable name="Assess"/>
    <outputDecision href="#d2"/><inputDecision href="#d1"/><inputData href="#i1"/><inputData href="#i2"/>
  </decisionService>
</definitions>"""
CLAIM = {"amount": 3000, "parties": [{"name": "Ann", "age": 30}, {"name": "Bob", "age": 40}]}


def decide(decision: str, inputs: dict[str, object]) -> Decided:
    return read(MODEL, "claims.dmn").evaluate(decision, inputs)


def test_a_decision_is_found_by_its_id_and_by_its_name() -> None:
    definitions = read(MODEL)
    assert definitions.decisions == ("d1", "d2", "d3", "d4", "d5")
    assert definitions.names["d2"] == "Each share"
    assert definitions.evaluate("d1", CLAIM).value == definitions.evaluate("Risk", CLAIM).value == "high"


def test_a_decision_that_is_not_there_is_not_found() -> None:
    for name in ("nosuch", "i1", "k1", "share"):
        with pytest.raises(NotFound, match=name):
            decide(name, {})


def test_what_a_decision_needs_is_decided_first() -> None:
    assert decide("d2", CLAIM).value == {"risk": "high", "each": 1500}


def test_the_trace_says_which_rules_fired_on_which_inputs() -> None:
    (trace,) = decide("d2", CLAIM).trace
    assert (trace.decision, trace.rules, trace.inputs, trace.outputs) == (
        "d1",
        (1,),
        {"Amount": 3000},
        ("high",),
    )


def test_a_decision_tells_which_inputs_it_needs() -> None:
    definitions = read(MODEL)
    assert definitions.inputs("d2") == ("amount", "parties")
    assert definitions.inputs("s1") == ("amount", "parties")
    assert definitions.inputs("Today") == ()


def test_what_is_missing_is_null_and_the_notes_say_so() -> None:
    decided = decide("d2", {"amount": 10})
    assert decided.value == {"risk": "low", "each": None}
    assert "the input parties is not given" in decided.notes


@pytest.mark.parametrize(
    ("level", "value"), [("low", "low"), ("medium", None), (3, None), (["high"], "high")]
)
def test_an_input_is_of_its_type_or_null(level: object, value: object) -> None:
    assert decide("d3", {"level": level}).value == value


def test_a_context_of_the_wrong_shape_is_null() -> None:
    decided = decide("d2", {"amount": 10, "parties": [{"name": "Ann"}]})
    assert decided.value == {"risk": "low", "each": None}
    assert any("parties is not of type" in note for note in decided.notes)


def test_one_item_will_do_where_a_list_is_wanted() -> None:
    assert decide("d2", {"amount": 10, "parties": {"name": "Ann", "age": 3}}).value == {
        "risk": "low",
        "each": 10,
    }


def test_a_service_takes_its_input_decisions_as_given() -> None:
    assert decide("Assess", {**CLAIM, "Risk": "low"}).value == {"risk": "low", "each": 1500}


def test_the_clock_is_the_one_that_is_handed_in() -> None:
    definitions = read(MODEL)
    assert definitions.evaluate("Today", {}, datetime(2026, 3, 2, 8, tzinfo=UTC)).value == date(2026, 3, 2)
    assert definitions.evaluate("Today", {}).value is None


def test_a_decision_that_takes_too_many_steps_is_stopped() -> None:
    with pytest.raises(FeelError) as caught:
        decide("Endless", {})
    assert caught.value.code == "FEEL-BUDGET"


def test_the_same_inputs_give_the_same_decision() -> None:
    definitions = read(MODEL)
    assert definitions.evaluate("d2", CLAIM) == definitions.evaluate("d2", CLAIM)
