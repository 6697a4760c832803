"""A model is read whole, or refused with every reason, its element and its line."""

import re
from pathlib import Path

import pytest

from cases.cmmn import reader
from cases.cmmn.controlmodel import PlanItemOnPart
from cases.cmmn.filemodel import WriteMode
from cases.cmmn.lifecycle import Transition
from cases.cmmn.metamodel import Milestone, Return, Stage
from cases.cmmn.validation import check
from cases.cmmn.workmodel import (
    DecisionTask,
    FallbackAnswer,
    FallbackFault,
    FallbackOperation,
    HumanTask,
    ProcessTask,
    Retry,
    ServiceTask,
)
from cases.errors import Invalid

ROOT = Path(__file__).parents[4]

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/CMMN/20151109/MODEL" xmlns:cw="https://casewright.org/cmmn"'
    ' id="d" targetNamespace="https://example.org"><case id="c">'
)
TAIL = "</case></definitions>"


def plan(inner: str, before: str = "") -> bytes:
    return f'{HEAD}{before}<casePlanModel id="plan" name="Plan">{inner}</casePlanModel>{TAIL}'.encode()


def codes(xml: bytes) -> list[str]:
    with pytest.raises(Invalid) as caught:
        reader.read(xml, "model.cmmn")
    return [problem.code for problem in caught.value.problems]


def test_the_example_of_the_reference_is_read() -> None:
    text = (ROOT / "docs/reference/model.md").read_text(encoding="utf-8")
    example = re.findall(r"```xml\n(<\?xml.*?)```", text, re.DOTALL)[-1]
    case = reader.read(example.encode()).cases["loan"]
    assert [item.id for item in case.items] == ["plan", "SV1", "T1", "M1"]
    step = case.item("SV1").definition
    assert isinstance(step, ServiceTask)
    assert (step.connection, step.operation, step.timeout) == ("bureau", "score", 5.0)
    assert isinstance(step.fallbacks[0], FallbackAnswer)
    assert case.item("M1").required is not None
    assert case.title is not None
    assert case.title.evaluate({"applicant": {"name": "Ada"}}) == "Loan for Ada"
    part = case.item("T1").entry[0].sentry.on_parts[0]
    assert part == PlanItemOnPart("on.T1.after-check", case.by_id["SV1"], Transition.COMPLETE)


def test_a_service_step_keeps_its_whole_contract() -> None:
    case = reader.read(
        plan(
            '<planItem id="SV6" definitionRef="d.SV6"/>'
            '<task id="d.SV6" name="Pay" cw:connection="pay" cw:operation="pay" cw:timeout="PT10S"'
            ' cw:retry="5, PT2S x3 to PT10M, jitter 0.1" cw:answerTo="PAY"'
            ' cw:key="&quot;pay:&quot; + string(settlement.version)"'
            ' cw:fallback="operation pay2.pay after pay.find; answer {note: &quot;a;b&quot;}; fault">'
            "<extensionElements>"
            '<cw:in name="amount">settlement.net</cw:in><cw:answer>{id: result.paymentId}</cw:answer>'
            '<cw:out path="payments" mode="append">result</cw:out></extensionElements></task>'
        )
    ).cases["c"]
    step = case.item("SV6").definition
    assert isinstance(step, ServiceTask)
    assert step.retry == Retry(5, 2.0, 3.0, 600.0, 0.1)
    operation, answer, fault = step.fallbacks
    assert operation == FallbackOperation("pay2", "pay", ("pay", "find"))
    assert isinstance(answer, FallbackAnswer)
    assert answer.answer.evaluate({}) == {"note": "a;b"}
    assert fault == FallbackFault()
    assert step.key is not None
    assert step.key.evaluate({"settlement": {"version": 3}}) == "pay:3"
    assert step.work.inputs[0].name == "amount"
    assert (step.work.outputs[0].path, step.work.outputs[0].mode) == (("payments",), WriteMode.APPEND)
    assert case.item("SV6").answer_to == "PAY"


def test_a_human_task_knows_whom_it_is_offered_to() -> None:
    case = reader.read(
        plan(
            '<planItem id="T5" definitionRef="d.T5"/>'
            '<humanTask id="d.T5" name="Approve" cw:form="T5" cw:role="= D4.role" cw:orHigher="boss director"'
            ' cw:due="8 bh" cw:fourEyes="T3 T4" cw:authority="settlement.net"/>'
        )
    ).cases["c"]
    task = case.item("T5").definition
    assert isinstance(task, HumanTask)
    assert task.role is not None
    assert task.role.expression is not None
    assert task.role.expression.evaluate({"D4": {"role": "senior"}}) == "senior"
    assert (task.or_higher, task.four_eyes, task.form) == (("boss", "director"), ("T3", "T4"), "T5")
    assert task.due is not None
    assert (task.due.text, task.due.expression) == ("8 bh", None)


def test_a_stage_that_is_planned_twice_is_there_twice() -> None:
    case = reader.read(
        plan(
            '<planItem id="A" definitionRef="S"/><planItem id="B" definitionRef="S"/>'
            '<stage id="S" name="Twice"><planItem id="T" definitionRef="d.T"/>'
            '<planItem id="M" definitionRef="d.M"><entryCriterion id="x" sentryRef="s"/></planItem>'
            '<sentry id="s"><planItemOnPart id="o" sourceRef="T"><standardEvent>complete</standardEvent>'
            '</planItemOnPart></sentry><humanTask id="d.T"/><milestone id="d.M"/></stage>'
        )
    ).cases["c"]
    assert [(item.id, item.stage, item.depth) for item in case.items] == [
        ("plan", -1, 0),
        ("A", 0, 1),
        ("T", 1, 2),
        ("M", 1, 2),
        ("B", 0, 1),
        ("T", 4, 2),
        ("M", 4, 2),
    ]
    sources = [
        item.entry[0].sentry.on_parts[0] for item in case.items if isinstance(item.definition, Milestone)
    ]
    assert [part.source for part in sources if isinstance(part, PlanItemOnPart)] == [2, 5]
    twice = case.items[1].definition
    assert isinstance(twice, Stage)
    assert twice.items == (2, 3)


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        (plan('<planItem id="A"/>'), ["V-09"]),
        (plan('<planItem id="A" definitionRef="nowhere"/>'), ["V-05"]),
        (plan('<planItem id="A" definitionRef="plan"/>'), ["V-11"]),
        (
            plan(
                '<planItem id="A" definitionRef="S"/>'
                '<stage id="S"><planItem id="B" definitionRef="S"/></stage>'
            ),
            ["V-12"],
        ),
        (
            plan(
                '<planItem id="A" definitionRef="T"><entryCriterion id="x" sentryRef="gone"/></planItem>'
                '<humanTask id="T"/>'
            ),
            ["V-05"],
        ),
        (
            plan(
                '<planItem id="A" definitionRef="T"><entryCriterion id="x" sentryRef="s"/></planItem>'
                '<sentry id="s"/><humanTask id="T"/>'
            ),
            ["V-26"],
        ),
        (
            plan(
                '<planItem id="A" definitionRef="T"><entryCriterion id="x" sentryRef="s"/></planItem>'
                '<sentry id="s"><planItemOnPart id="o" sourceRef="T"><standardEvent>complete</standardEvent>'
                '</planItemOnPart></sentry><humanTask id="T"/>'
            ),
            ["V-06"],
        ),
        (
            plan(
                '<planItem id="A" definitionRef="T"><entryCriterion id="x" sentryRef="s"/></planItem>'
                '<sentry id="s"><ifPart id="i"><condition>a +</condition></ifPart></sentry>'
                '<humanTask id="T"/>'
            ),
            ["V-40"],
        ),
        (
            plan(
                '<planItem id="A" definitionRef="E"><itemControl><requiredRule/></itemControl></planItem>'
                '<userEventListener id="E"/>'
            ),
            ["V-23"],
        ),
        (plan('<planItem id="A" definitionRef="T"/><humanTask id="T" cw:rolle="x"/>'), ["V-61"]),
        (plan('<planItem id="A" definitionRef="T"/><task id="T" cw:connection="pay"/>'), ["V-47"]),
        (
            plan(
                '<planItem id="A" definitionRef="T"/>'
                '<task id="T" cw:connection="p" cw:operation="o" cw:retry="often"/>'
            ),
            ["V-43"],
        ),
        (plan('<planItem id="A" definitionRef="T"/><caseTask id="T"/>'), ["V-47"]),
        (plan('<planItem id="A" definitionRef="T"/><processTask id="T"/>'), ["V-47"]),
        (plan('<planItem id="A" definitionRef="T"/><caseTask id="T" caseRef="c"/>'), ["V-48"]),
        (
            plan(
                '<planItem id="A" definitionRef="T"/><caseTask id="T" caseRef="other">'
                '<caseRefExpression>"other"</caseRefExpression></caseTask>'
            ),
            ["V-46"],
        ),
        (
            plan('<planItem id="A" definitionRef="T"/><caseTask id="T" caseRef="o" cw:childTerminated="x"/>'),
            ["V-61"],
        ),
        (
            plan(
                '<planItem id="A" definitionRef="T"/><decisionTask id="T" decisionRef="D">'
                '<decisionRefExpression>"D"</decisionRefExpression></decisionTask>'
            ),
            ["V-46"],
        ),
        (f"{HEAD}{TAIL}".encode(), ["V-07"]),
        (b"<definitions/>", ["V-01"]),
        (plan("<wrong/>"), ["V-01"]),
    ],
)
def test_a_broken_model_is_refused_with_the_code_of_its_fault(xml: bytes, expected: list[str]) -> None:
    assert codes(xml) == expected


def test_a_problem_names_file_line_and_element() -> None:
    xml = plan('\n<planItem id="A" definitionRef="nowhere"/>\n<planItem id="B"/>')
    with pytest.raises(Invalid) as caught:
        reader.read(xml, "model.cmmn")
    first, second = caught.value.problems
    assert (first.file, first.line, first.where) == ("model.cmmn", 2, "A")
    assert str(second).startswith("model.cmmn:3: V-09: plan item B")


def test_more_plan_items_than_allowed_are_refused() -> None:
    items = "".join(f'<planItem id="i{number}" definitionRef="T"/>' for number in range(12))
    with pytest.raises(Invalid, match="at most 10"):
        reader.read(plan(items + '<humanTask id="T"/>'), largest=10)
    assert len(reader.read(plan(items + '<humanTask id="T"/>'), largest=13).cases["c"].items) == 13


TABLE = (
    '<planItem id="T" definitionRef="dT"/>'
    '<planningTable id="tab" authorizedRoleRefs="r1">'
    '<discretionaryItem id="D" definitionRef="dD" applicabilityRuleRefs="ok"/>'
    '<planningTable id="inner"><discretionaryItem id="F" name="Both" definitionRef="dF"'
    ' authorizedRoleRefs="r2"/></planningTable>'
    '<applicabilityRule id="ok"><condition>x &gt; 1</condition></applicabilityRule></planningTable>'
    '<humanTask id="dT"><planningTable id="own"><discretionaryItem id="E" definitionRef="dD"/>'
    '</planningTable></humanTask><humanTask id="dD"/>'
    '<planFragment id="dF"><planItem id="F1" definitionRef="dD"/><planItem id="F2" definitionRef="dD"/>'
    "</planFragment>"
)
ROLES = '<caseRoles id="roles"><role id="r1" name="clerk"/><role id="r2" name="boss"/></caseRoles>'


def with_table(*change: str) -> bytes:
    inner = TABLE.replace(*change) if change else TABLE
    text = f'{HEAD}<casePlanModel id="plan" name="Plan">{inner}</casePlanModel>{ROLES}{TAIL}'
    return text.encode()


def test_planning_tables_nest_and_hold_items_and_fragments() -> None:
    case = reader.read(with_table()).cases["c"]
    assert [(item.id, item.is_discretionary, item.fragment) for item in case.items[1:]] == [
        ("T", False, ""),
        ("E", True, ""),
        ("D", True, ""),
        ("F1", True, "dF"),
        ("F2", True, "dF"),
    ]
    offers = {offer.id: offer for offer in case.discretionary}
    assert case.items[offers["E"].holder].id == "T"
    assert case.items[offers["E"].items[0]].stage == 0
    assert [case.items[number].id for number in offers["F"].items] == ["F1", "F2"]
    assert offers["F"].name == "Both"
    assert offers["F"].roles == (frozenset({"clerk"}), frozenset({"boss"}))
    assert [rule.id for rule in offers["D"].rules] == ["ok"]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('applicabilityRuleRefs="ok"', 'applicabilityRuleRefs="r1"', "V-53"),
        ('<humanTask id="dT">', '<humanTask id="dT" isBlocking="false">', "V-22"),
        ('id="E" definitionRef="dD"', 'id="E" definitionRef="dT"', "V-54"),
        ('authorizedRoleRefs="r2"', 'authorizedRoleRefs="dD"', "V-51"),
        ('<planItem id="F2" definitionRef="dD"/>', '<planItem id="F2" definitionRef="dF"/>', "V-12"),
        (
            '<planItem id="T"',
            '<planItem id="G" definitionRef="dF"><itemControl/></planItem><planItem id="T"',
            "V-23",
        ),
    ],
)
def test_a_planning_table_that_cannot_be_is_refused(old: str, new: str, code: str) -> None:
    assert codes(with_table(old, new)) == [code]


def test_a_fragment_in_the_plan_stands_for_its_items() -> None:
    used = '<planItem id="T" definitionRef="dT"/><planItem id="G" definitionRef="dF"/>'
    case = reader.read(with_table('<planItem id="T" definitionRef="dT"/>', used)).cases["c"]
    assert [item.id for item in case.items if not item.is_discretionary] == ["plan", "T", "F1", "F2"]
    found = {finding.problem.where for finding in check(case) if finding.problem.code == "V-13"}
    assert found == {"F1", "F2"}


ITEMS = (
    '<caseFileModel><caseFileItem id="fa" name="a"><children><caseFileItem id="fb" name="b"'
    ' multiplicity="ZeroOrMore"><children><caseFileItem id="fc" name="c"/></children></caseFileItem>'
    "</children></caseFileItem></caseFileModel>"
)
CALL = (
    '<planItem id="T" definitionRef="dT"/><decisionTask id="dT" decisionRef="D">'
    '<input id="i" name="given" bindingRef="fa"><bindingRefinement>context.b</bindingRefinement></input>'
    '<output id="o" name="out" bindingRef="fa"/>'
    '<parameterMapping id="m1" sourceRef="i" targetRef="di"><transformation>given[1]</transformation>'
    '</parameterMapping><parameterMapping id="m2" sourceRef="do" targetRef="o"/></decisionTask>'
)


def with_call(*change: str) -> bytes:
    inner = CALL.replace(*change) if change else CALL
    case = f'{ITEMS}<casePlanModel id="plan" name="Plan">{inner}</casePlanModel><input id="ci" name="start"/>'
    decision = (
        '</case><decision id="D"><input id="di" name="number"/><output id="do" name="answer"/></decision>'
    )
    return f"{HEAD}{case}{decision}</definitions>".encode()


def test_parameters_and_mappings_of_the_standard_are_read() -> None:
    case = reader.read(with_call()).cases["c"]
    task = case.item("T").definition
    assert isinstance(task, DecisionTask)
    standard = task.work.parameters
    assert [(one.name, one.path, one.refinement is None) for one in standard.inputs] == [
        ("given", ("a",), False)
    ]
    assert [(one.source, one.target) for one in standard.given] == [("given", "number")]
    assert [(one.source, one.target) for one in standard.taken] == [("answer", "out")]
    assert [one.name for one in case.inputs] == ["start"]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('name="given" bindingRef="fa"', 'name="given" bindingRef="dT"', "V-50"),
        ('name="given" bindingRef="fa"', 'name="given" bindingRef="fc"', "V-50"),
        ('targetRef="di"', 'targetRef="o"', "V-49"),
        ('sourceRef="do"', "", "V-49"),
        ("<transformation>given[1]", "<transformation>given[", "V-40"),
    ],
)
def test_parameters_that_lead_nowhere_are_refused(old: str, new: str, code: str) -> None:
    assert codes(with_call(old, new)) == [code]


def test_a_root_item_says_whether_it_comes_back_and_a_slip_is_reported() -> None:
    item = '<planItem id="A" definitionRef="T" cw:reactivation="{}"/><humanTask id="T"/>'
    assert reader.read(plan(item.format("activate"))).cases["c"].item("A").reactivation is Return.ACTIVATE
    assert codes(plan(item.format("never"))) == ["V-61"]
    assert codes(plan(item.format("ignore").replace("reactivation", "reactivate"))) == ["V-61"]


def with_condition(condition: str, definitions: str = "") -> bytes:
    text = plan(
        '<planItem id="A" definitionRef="T"><entryCriterion id="e" sentryRef="s"/></planItem>'
        f'<sentry id="s"><ifPart>{condition}</ifPart></sentry><humanTask id="T"/>'
    ).decode()
    return text.replace("<definitions ", f"<definitions {definitions} ", 1).encode()


@pytest.mark.parametrize(
    ("condition", "definitions"),
    [
        ("<condition>a = 1</condition>", ""),
        ("<condition>a = 1</condition>", 'expressionLanguage="http://www.w3.org/1999/XPath"'),
        ('<condition language="FEEL">a = 1</condition>', 'expressionLanguage="urn:groovy"'),
        ('<condition language="http://www.omg.org/spec/FEEL/20140401">a = 1</condition>', ""),
        ('<condition language="https://www.omg.org/spec/DMN/20191111/FEEL/">a = 1</condition>', ""),
        ("<condition>${a == 1}</condition>", 'expressionLanguage="http://www.w3.org/1999/XPath"'),
        ("<condition>#{a == 1}</condition>", 'expressionLanguage="urn:groovy"'),
        ('<condition language="juel">a == 1</condition>', ""),
        ("<condition>a == 1</condition>", 'expressionLanguage="http://java.sun.com/products/EL"'),
        ("<condition><documentation>Why</documentation>${a == 1}</condition>", ""),
    ],
)
def test_a_condition_is_read_in_its_own_language(condition: str, definitions: str) -> None:
    part = reader.read(with_condition(condition, definitions)).cases["c"].criteria[0].sentry.if_part
    assert part is not None
    assert (part.condition.evaluate({"a": 1}), part.condition.evaluate({"a": 2})) == (True, False)


@pytest.mark.parametrize(
    ("condition", "definitions"),
    [
        ('<condition language="groovy">a == 1</condition>', ""),
        ('<condition language="http://www.w3.org/1999/XPath">/a = 1</condition>', ""),
        ("<condition>a = 1</condition>", 'expressionLanguage="urn:groovy"'),
    ],
)
def test_a_language_that_nobody_speaks_here_is_refused(condition: str, definitions: str) -> None:
    assert codes(with_condition(condition, definitions)) == ["V-39"]


def test_an_empty_condition_of_a_sentry_is_refused_and_that_of_a_rule_holds() -> None:
    assert codes(with_condition("<condition/>")) == ["V-27"]
    case = reader.read(
        plan(
            '<planItem id="A" definitionRef="T"><itemControl><requiredRule><condition/></requiredRule>'
            '</itemControl></planItem><humanTask id="T"/>'
        )
    ).cases["c"]
    required = case.item("A").required
    assert required is not None
    assert required.condition is None


def test_a_case_file_item_knows_its_type_and_what_it_refers_to() -> None:
    items = (
        '<caseFileModel><caseFileItem id="f1" name="claim" definitionRef="fd" targetRefs="f2 f3"/>'
        '<caseFileItem id="f2" name="policy"><children><caseFileItem id="f3" name="page"/></children>'
        "</caseFileItem></caseFileModel>"
    )
    text = plan('<planItem id="A" definitionRef="T"/><humanTask id="T"/>', items).decode()
    declared = (
        '<caseFileItemDefinition id="fd" definitionType="urn:x-case:json-schema" structureRef="claim"/>'
    )
    case = reader.read(text.replace("<case ", f"{declared}<case ", 1).encode()).cases["c"]
    claim = case.file.by_id["f1"]
    assert (claim.definition_type, claim.structure) == ("urn:x-case:json-schema", "claim")
    assert claim.targets == (("policy",), ("policy", "page"))
    assert case.file.roots[0] == claim
    assert "V-06" in codes(text.replace("f2 f3", "f2 T").replace('definitionRef="fd"', "").encode())


def test_several_cases_of_one_document_share_one_limit() -> None:
    one = '<case id="{}"><casePlanModel id="p{}">{}</casePlanModel></case>'
    inner = '<planItem id="i{0}{1}" definitionRef="T{0}"/>'
    cases = "".join(
        one.format(
            name, name, "".join(inner.format(name, n) for n in range(6)) + f'<humanTask id="T{name}"/>'
        )
        for name in ("a", "b")
    )
    text = HEAD.partition("<case ")[0] + cases + "</definitions>"
    assert set(reader.read(text.encode(), largest=14).cases) == {"a", "b"}
    with pytest.raises(Invalid, match="at most 11"):
        reader.read(text.encode(), largest=11)


def test_a_process_is_known_by_what_it_is_called_outside() -> None:
    text = plan('<planItem id="A" definitionRef="T"/><processTask id="T" processRef="pay"/>').decode()
    text = text.replace("</definitions>", '<process id="pay" externalRef="pay-v2"/></definitions>')
    task = reader.read(text.encode()).cases["c"].item("A").definition
    assert isinstance(task, ProcessTask)
    assert (task.process.text, task.external) == ("pay", "pay-v2")
