"""CMMN 1.0 is read as if it had been written in 1.1, and the import report says so (V-02)."""

from cases.cmmn import reader
from cases.cmmn.controlmodel import PlanItemOnPart
from cases.cmmn.lifecycle import Transition
from cases.cmmn.metamodel import CaseDefinition, TimerEventListener, UserEventListener
from cases.cmmn.remarks import Kind
from cases.cmmn.workmodel import HumanTask

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/CMMN/20131201/MODEL" targetNamespace="https://example.org">'
)


def case_of(plan: str, after: str = "") -> CaseDefinition:
    text = f'{HEAD}<case id="c"><casePlanModel id="p">{plan}</casePlanModel>{after}</case></definitions>'
    read = reader.read(text.encode())
    assert any((one.kind, one.code) == (Kind.UPGRADED, "V-02") for one in read.remarks)
    return read.cases["c"]


def test_criteria_were_references_to_sentries() -> None:
    case = case_of(
        '<planItem id="A" definitionRef="T"/>'
        '<planItem id="B" definitionRef="T" entryCriteriaRefs="s s2" exitCriteriaRefs="s2"/>'
        '<sentry id="s"><planItemOnPart sourceRef="A"><standardEvent>complete</standardEvent>'
        "</planItemOnPart>"
        "<ifPart><condition><body>a &gt; 1</body></condition></ifPart></sentry>"
        '<sentry id="s2"><ifPart><condition><body>${gone}</body></condition></ifPart></sentry>'
        '<humanTask id="T" description="What to do"/>'
    )
    item = case.item("B")
    assert [one.id for one in item.entry] == ["B.entryCriterion.s", "B.entryCriterion.s2"]
    assert [one.id for one in item.exit] == ["B.exitCriterion.s2"]
    part = item.entry[0].sentry.if_part
    assert part is not None
    assert part.condition.evaluate({"a": 2}) is True
    assert isinstance(item.definition, HumanTask)
    assert item.definition.documentation == "What to do"


def test_an_on_part_named_the_sentry_of_the_exit() -> None:
    case = case_of(
        '<planItem id="A" definitionRef="T" exitCriteriaRefs="gone"/>'
        '<planItem id="B" definitionRef="T" entryCriteriaRefs="after"/>'
        '<sentry id="gone"><ifPart><condition><body>${gone}</body></condition></ifPart></sentry>'
        '<sentry id="after"><planItemOnPart sourceRef="A" sentryRef="gone">'
        '<standardEvent>exit</standardEvent></planItemOnPart></sentry><humanTask id="T"/>'
    )
    (part,) = case.item("B").entry[0].sentry.on_parts
    assert isinstance(part, PlanItemOnPart)
    assert (part.event, part.exit_criterion) == (Transition.EXIT, "A.exitCriterion.gone")


def test_the_plan_has_exit_criteria_too() -> None:
    text = '<casePlanModel id="p" exitCriteriaRefs="s"><planItem id="A" definitionRef="T"/>'
    text += '<sentry id="s"><ifPart><condition><body>${x}</body></condition></ifPart></sentry>'
    text += '<humanTask id="T"/></casePlanModel>'
    read = reader.read(f'{HEAD}<case id="c">{text}</case></definitions>'.encode())
    assert len(read.cases["c"].items[0].exit) == 1


def test_roles_were_repeated() -> None:
    case = case_of(
        '<planItem id="A" definitionRef="T"/><humanTask id="T" performerRef="r2"/>',
        '<caseRoles id="r1" name="clerk"/><caseRoles id="r2" name="chief"/>',
    )
    assert [role.name for role in case.roles] == ["clerk", "chief"]
    assert isinstance(case.item("A").definition, HumanTask)
    assert case.item("A").definition.performer == "chief"


def test_listeners_and_parameters_had_other_names() -> None:
    case = case_of(
        '<planItem id="A" definitionRef="T"/><planItem id="B" definitionRef="U"/>'
        '<planItem id="C" definitionRef="H"/><userEvent id="U"/>'
        '<timerEvent id="T"><timerExpression><body>PT1H</body></timerExpression></timerEvent>'
        '<humanTask id="H"><inputs id="i" name="in"/><outputs id="o" name="out"/></humanTask>'
    )
    timer = case.item("A").definition
    assert isinstance(timer, TimerEventListener)
    assert timer.expression.text == "PT1H"
    assert isinstance(case.item("B").definition, UserEventListener)
    task = case.item("C").definition
    assert isinstance(task, HumanTask)
    assert [one.name for one in task.work.parameters.inputs] == ["in"]
    assert [one.name for one in task.work.parameters.outputs] == ["out"]


def test_an_if_part_had_several_conditions() -> None:
    """And nothing of it an id."""
    plan = (
        '<planItem id="A" definitionRef="T"/><sentry id="s"><ifPart>{}</ifPart></sentry><humanTask id="T"/>'
    )
    for first, second in (("${a &gt; 1}", "${b}"), ("a &gt; 1", "b")):
        bodies = "".join(f"<condition><body>{text}</body></condition>" for text in (first, second))
        text = f'<casePlanModel exitCriteriaRefs="s">{plan.format(bodies)}</casePlanModel>'
        read = reader.read(f"{HEAD}<case>{text}</case></definitions>".encode())
        (case,) = read.cases.values()
        (criterion,) = case.items[0].exit
        assert (case.id, criterion.id) == ("case.1", "case.1.casePlanModel.1.exitCriterion.1")
        part = criterion.sentry.if_part
        assert part is not None
        assert part.condition.evaluate({"a": 2, "b": True}) is True
        assert part.condition.evaluate({"a": 2, "b": False}) is False
