"""Each code of cmmn-semantics 1.9: one smallest model that has the fault, and one that has not."""

# ruff: noqa: E501 - a row is a table.

from dataclasses import dataclass

import pytest

from cases.cmmn import reader
from cases.cmmn.validation import check
from cases.errors import Invalid

MODEL = "http://www.omg.org/spec/CMMN/20151109/MODEL"
SPACES = (
    f'xmlns="{MODEL}" xmlns:cw="https://casewright.org/cmmn" xmlns:cmmndi="http://www.omg.org/spec/CMMN/20151109/CMMNDI"'
    ' xmlns:dc="http://www.omg.org/spec/CMMN/20151109/DC" xmlns:other="urn:other"'
)


@dataclass(frozen=True)
class Told:
    """One finding as a test compares it."""

    code: str
    where: str
    line: int | None
    is_error: bool


def told(xml: str) -> set[Told]:
    """Everything that is said of a model: by the reader, by what it remarks, and by the validator."""
    try:
        model = reader.read(xml.encode())
    except Invalid as error:
        return {Told(one.code, one.where, one.line, is_error=True) for one in error.problems}
    found = {Told(one.code, one.element, one.line, is_error=False) for one in model.remarks}
    found |= {Told(one.code, one.where, one.line, is_error=False) for one in model.warnings}
    for case in model.cases.values():
        found |= {
            Told(one.problem.code, one.problem.where, one.problem.line, one.is_error) for one in check(case)
        }
    return found


def document(*lines: str) -> str:
    """A document; each line of it is a line."""
    return "\n".join([f'<definitions {SPACES} id="doc" targetNamespace="urn:x">', *lines, "</definitions>"])


def case(*lines: str, before: tuple[str, ...] = (), after: tuple[str, ...] = ()) -> str:
    return document(*before, '<case id="c" name="C">', *lines, "</case>", *after)


def plan(*lines: str, file: tuple[str, ...] = (), roles: str = "", after: tuple[str, ...] = ()) -> str:
    return case(
        *file, '<casePlanModel id="plan" name="Plan">', *lines, "</casePlanModel>", roles, after=after
    )


def item(id_: str, of: str, inside: str = "") -> str:
    return f'<planItem id="{id_}" definitionRef="{of}">{inside}</planItem>'


def on(source: str, event: str, id_: str = "o", more: str = "") -> str:
    return f'<planItemOnPart id="{id_}" sourceRef="{source}"{more}><standardEvent>{event}</standardEvent></planItemOnPart>'


def sentry(parts: str, id_: str = "s") -> str:
    return f'<sentry id="{id_}">{parts}</sentry>'


def task(id_: str, rest: str = "", inside: str = "", kind: str = "humanTask") -> str:
    return f'<{kind} id="{id_}" name="{id_}"{rest}>{inside}</{kind}>'


def looks(text: str) -> str:
    return f'<ifPart id="i"><condition>{text}</condition></ifPart>'


ENTRY, EXIT = '<entryCriterion id="e" sentryRef="s"/>', '<exitCriterion id="x" sentryRef="s"/>'
WORK = (item("A", "dA"), task("dA"))
SOUND = plan(*WORK)
FILE = ('<caseFileModel><caseFileItem id="f" name="loan"/></caseFileModel>',)
IN, OUT = '<input id="in" name="loan" bindingRef="f"/>', '<output id="out" name="loan" bindingRef="f"/>'
REPEATS = '<itemControl><repetitionRule id="rr"/></itemControl>'
NOT_WAITING = ' isBlocking="false"'
ROLES = '<caseRoles id="rs"><role id="r" name="Clerk"/></caseRoles>'
DECISION = ('<decision id="dec"><input id="di" name="loan"/></decision>',)


def waits(parts: str, of: str = task("dB"), inside: str = "") -> tuple[str, ...]:
    """Item B, which waits for these parts, beside task A."""
    return (item("A", "dA"), item("B", "dB", inside + ENTRY), sentry(parts), task("dA"), of)


def leaves(of: str) -> tuple[str, ...]:
    """Item B, which task A ends."""
    return (item("A", "dA"), item("B", "dB", EXIT), sentry(on("A", "complete")), task("dA"), of)


def alone(of: str, inside: str = "") -> tuple[str, ...]:
    return (item("B", "dB", inside), of)


def stage(*lines: str, beside: tuple[str, ...] = (), after: str = "") -> tuple[str, ...]:
    """Stage S, with these lines inside."""
    return (item("S", "dS"), *beside, '<stage id="dS" name="S">', *lines, "</stage>", after)


def timer(text: str, start: str = "") -> tuple[str, ...]:
    """Timer T, and a milestone that hears it."""
    held = f"<timerExpression>{text}</timerExpression>" if text else ""
    return (
        item("A", "dA"), item("T", "dT"), item("M", "dM", ENTRY), sentry(on("T", "occur")), task("dA"),
        f'<timerEventListener id="dT" name="T">{held}{start}</timerEventListener>', '<milestone id="dM" name="M"/>',
    )  # fmt: skip


STARTED = (
    '<planItemStartTrigger id="st" sourceRef="A"><standardEvent>start</standardEvent></planItemStartTrigger>'
)


def heard(of: str) -> tuple[str, ...]:
    """Listener L, which a milestone hears."""
    return (
        item("L", "dL"),
        item("M", "dM", ENTRY),
        sentry(on("L", "occur")),
        of,
        '<milestone id="dM" name="M"/>',
    )


def caused(event: str, criterion: str) -> tuple[str, ...]:
    """Item M, which waits for what a criterion does to item B."""
    return (
        item("A", "dA"), item("B", "dA", EXIT), item("M", "dA", '<entryCriterion id="e" sentryRef="s2"/>'),
        sentry(on("A", "complete")), sentry(on("B", event, "o2", f' exitCriterionRef="{criterion}"'), "s2"), task("dA"),
    )  # fmt: skip


def calls(rest: str) -> str:
    """Two cases that call each other."""
    return case(
        '<casePlanModel id="plan" name="P">', item("A", "dA"), task("dA", ' caseRef="c2"' + rest, kind="caseTask"), "</casePlanModel>",
        after=('<case id="c2"><casePlanModel id="p2" name="P">', item("B", "dB"), task("dB", ' caseRef="c"', kind="caseTask"), "</casePlanModel></case>"),
    )  # fmt: skip


def maps(target: str) -> str:
    mapping = f'<parameterMapping id="pm" sourceRef="in" targetRef="{target}"/>'
    return plan(
        *alone(task("dB", ' decisionRef="dec"', IN + OUT + mapping, "decisionTask")),
        file=FILE,
        after=DECISION,
    )


def offers(of: str, more: str = "", rule: str = "", rest: str = "") -> str:
    table = (
        f'<planningTable id="pt"><discretionaryItem id="D" definitionRef="{of}"{more}/>{rule}</planningTable>'
    )
    return plan(item("A", "dA"), task("dA", rest, table), task("dM"))


def files(*lines: str, before: tuple[str, ...] = ()) -> str:
    return case(
        "<caseFileModel>",
        *lines,
        "</caseFileModel>",
        '<casePlanModel id="plan" name="P">',
        *WORK,
        "</casePlanModel>",
        before=before,
    )


def drawn(*elements: str) -> str:
    shapes = (
        f'<cmmndi:CMMNShape id="sh{one}" cmmnElementRef="{one}"><dc:Bounds x="1" y="1" width="90" height="50"/><cmmndi:CMMNLabel/></cmmndi:CMMNShape>'
        for one in elements
    )
    return plan(
        *WORK, after=("<cmmndi:CMMNDI><cmmndi:CMMNDiagram>", *shapes, "</cmmndi:CMMNDiagram></cmmndi:CMMNDI>")
    )


OLD = document(
    '<case id="c">', '<casePlanModel id="plan" name="P">', *WORK, "</casePlanModel></case>"
).replace("20151109/MODEL", "20131201/MODEL")
DEFINED = (
    '<caseFileItemDefinition id="def" name="d" definitionType="http://www.omg.org/spec/CMMN/DefinitionType/Unspecified"/>',
)
RULE = '<applicabilityRule id="ar"><condition>true</condition></applicabilityRule>'
MERGED = '<defaultControl><requiredRule id="rq"/></defaultControl>'
LAST = '<itemControl><repetitionRule id="rr"/></itemControl>'
CLOSED = (item("S", "dS"), '<stage id="dS" name="S" autoComplete="true">')
PLANNED = ('<planFragment id="dB" name="B">', item("I", "dA"), "</planFragment>")
INNER = (item("I", "dI"), task("dI"))
FRIEND = (item("A", "dA"), item("S", "dS"), '<stage id="dS" name="S">', item("I", "dI", ENTRY))

ROWS: list[tuple[str, bool, str, str, str]] = [
    ("V-01", True, "", plan("<nonsense/>"), SOUND),
    ("V-02", False, "doc", OLD, SOUND),
    ("V-03", False, "plan", plan(*reversed(WORK)), SOUND),
    ("V-04", True, "A", plan(task("A"), item("A", "dA"), task("dA")), SOUND),
    ("V-05", True, "o", plan(*waits(on("nobody", "complete"))), plan(*waits(on("A", "complete")))),
    ("V-06", True, "o", plan(*waits(on("dA", "complete"))), plan(*waits(on("A", "complete")))),
    ("V-07", True, "c", case(), SOUND),
    ("V-08", False, "plan", plan(), SOUND),
    ("V-09", True, "A", plan('<planItem id="A"/>', task("dA")), SOUND),
    ("V-10", True, "B", plan(*stage(*INNER, beside=(item("B", "dI"),))), plan(*stage(*INNER))),
    ("V-11", True, "A", plan(item("A", "plan")), SOUND),
    ("V-12", True, "I", plan(*stage(item("I", "dS"))), plan(*stage(*INNER))),
    ("V-13", False, "I", plan(item("B", "dB"), *PLANNED, task("dA")), SOUND),
    ("V-14", True, "rs", plan(*WORK, roles='<caseRoles id="rs"><role/></caseRoles>'), plan(*WORK, roles=ROLES)),
    ("V-15", True, "plan", plan("<defaultControl/>", *WORK), SOUND),
    ("V-16", True, "e", plan(*WORK, ENTRY), SOUND),
    ("V-17", True, "x", plan(*stage(item("I", "dI"), sentry(on("I", "complete")), task("dI"), EXIT)), plan(*stage(*INNER))),
    ("V-18", True, "B", plan(*waits(on("A", "complete"), task("dB", kind="userEventListener"))), plan(*waits(on("A", "complete")))),
    ("V-19", True, "B", plan(*leaves(task("dB", kind="milestone"))), plan(*leaves(task("dB")))),
    ("V-20", True, "B", plan(*leaves(task("dB", NOT_WAITING))), plan(*leaves(task("dB")))),
    ("V-21", True, "dB", plan(*alone(task("dB", NOT_WAITING, OUT)), file=FILE), plan(*alone(task("dB", "", OUT)), file=FILE)),
    ("V-22", True, "dA", offers("dM", rest=NOT_WAITING), offers("dM")),
    ("V-23", True, "B", plan(*alone(task("dB", kind="userEventListener"), REPEATS)), plan(*alone(task("dB"), REPEATS))),
    ("V-24", True, "e", plan(item("A", "dA"), item("B", "dA", '<entryCriterion id="e"/>'), task("dA")), SOUND),
    ("V-25", True, "e", plan(*stage(item("I", "dI"), sentry(on("I", "complete")), task("dI"), beside=(item("B", "dB", ENTRY),), after=task("dB"))), SOUND),
    ("V-26", True, "s", plan(*waits("")), plan(*waits(on("A", "complete")))),
    ("V-27", True, "i", plan(*waits('<ifPart id="i"/>')), plan(*waits(looks("loan = 1")), file=FILE)),
    ("V-28", True, "o", plan(*waits('<planItemOnPart id="o" sourceRef="A"/>')), plan(*waits(on("A", "complete")))),
    ("V-29", True, "o", plan(*waits(on("A", "occur"))), plan(*waits(on("A", "complete")))),
    ("V-30", True, "o2", plan(*caused("complete", "x")), plan(*caused("exit", "x"))),
    ("V-31", True, "o2", plan(*caused("exit", "e")), plan(*caused("exit", "x"))),
    ("V-32", False, "o", plan(*FRIEND, sentry(on("A", "complete")), task("dI"), "</stage>", task("dA")), plan(*waits(on("A", "complete")))),
    ("V-33", False, "o", plan(item("B", "dB", EXIT), sentry(on("B", "enable")), task("dB")), plan(*leaves(task("dB")))),
    ("V-34", False, "o2", plan(*waits(on("A", "complete") + on("A", "complete", "o2"))), plan(*waits(on("A", "complete") + on("A", "exit", "o2")))),
    ("V-35", True, "B", plan(*waits(looks("loan = 1"), inside=REPEATS), file=FILE), plan(*waits(on("A", "complete"), inside=REPEATS))),
    ("V-36", True, "B", plan(*alone(task("dB", kind="milestone"), REPEATS)), plan(*waits(on("A", "complete"), task("dB", kind="milestone"), REPEATS))),
    ("V-37", False, "I", plan(*CLOSED, item("I", "dI", LAST), task("dI"), "</stage>"), plan(*stage(item("I", "dI", LAST), task("dI")))),
    ("V-38", False, "B", plan(*alone(task("dB", inside=MERGED), REPEATS)), plan(*alone(task("dB"), REPEATS))),
    ("V-39", True, "c1", plan(*waits('<ifPart id="i"><condition id="c1" language="urn:perl">1</condition></ifPart>')), plan(*waits(looks("loan = 1")), file=FILE)),
    ("V-40", True, "c1", plan(*waits('<ifPart id="i"><condition id="c1">1 +</condition></ifPart>')), plan(*waits(looks("loan = 1")), file=FILE)),
    ("V-41", False, "s", plan(*waits(looks("lown = 1")), file=FILE), plan(*waits(looks("loan = 1")), file=FILE)),
    ("V-42", True, "i", plan(*waits('<ifPart id="i" contextRef="A"><condition>true</condition></ifPart>')), plan(*waits('<ifPart id="i" contextRef="f"><condition>true</condition></ifPart>'), file=FILE)),
    ("V-43", True, "dT", plan(*timer("tomorrow")), plan(*timer("P1D"))),
    ("V-44", True, "dT", plan(*timer("R3/2026-03-01T09:00:00Z/PT1H", STARTED)), plan(*timer("PT1H", STARTED))),
    ("V-45", False, "dT", plan(*timer("R/PT1S")), plan(*timer("R/PT1H"))),
    ("V-46", True, "dB", plan(*alone(task("dB", ' processRef="p"', "<processRefExpression>loan</processRefExpression>", "processTask"))), plan(*alone(task("dB", ' processRef="p"', kind="processTask")))),
    ("V-47", True, "dB", plan(*alone(task("dB", kind="caseTask"))), plan(*alone(task("dB", ' caseRef="k"', kind="caseTask")))),
    ("V-48", True, "dA", calls(""), calls(NOT_WAITING)),
    ("V-49", True, "pm", maps("out"), maps("di")),
    ("V-50", True, "in", plan(*alone(task("dB", "", IN)), file=()), plan(*alone(task("dB", "", IN)), file=FILE)),
    ("V-51", True, "dB", plan(*alone(task("dB", ' performerRef="A"')), *WORK), plan(*alone(task("dB", ' performerRef="r"')), roles=ROLES)),
    ("V-52", True, "r2", plan(*WORK, roles='<caseRoles id="rs"><role id="r" name="Clerk"/>\n<role id="r2" name="Clerk"/></caseRoles>'), plan(*WORK, roles=ROLES)),
    ("V-53", True, "D", offers("dM", ' applicabilityRuleRefs="ar"'), offers("dM", ' applicabilityRuleRefs="ar"', RULE)),
    ("V-54", True, "D", offers("dA"), offers("dM")),
    ("V-55", True, "f", files('<caseFileItem id="f" name="loan" definitionRef="def"/>'), files('<caseFileItem id="f" name="loan" definitionRef="def"/>', before=DEFINED)),
    ("V-55", True, "f", files('<caseFileItem id="f" name="loan" multiplicity="Some"/>'), files('<caseFileItem id="f" name="loan" multiplicity="ZeroOrOne"/>')),
    ("V-56", True, "g", files('<caseFileItem id="f" name="loan"/>', '<caseFileItem id="g" name="loan"/>'), files('<caseFileItem id="f" name="loan"/>')),
    ("V-57", True, "g", files('<caseFileItem id="f" name="loan" sourceRef="g"/>', '<caseFileItem id="g" name="bank" sourceRef="f"/>'), files('<caseFileItem id="f" name="loan"/>', '<caseFileItem id="g" name="bank" sourceRef="f"/>')),
    ("V-58", False, "B", plan(*waits(on("B", "complete"))), plan(*waits(on("A", "complete")))),
    ("V-59", False, "L", plan(item("L", "dL"), *WORK, task("dL", kind="userEventListener")), plan(*heard(task("dL", kind="userEventListener")))),
    ("V-60", True, "dL", plan(*heard(task("dL", kind="eventListener"))), plan(*heard(task("dL", ' cw:kind="signal"', kind="eventListener")))),
    ("V-61", True, "dB", plan(*alone(task("dB", ' cw:forn="F1"'))), plan(*alone(task("dB", ' cw:form="F1"')))),
    ("V-62", False, "shghost", drawn("plan", "A", "ghost"), drawn("plan", "A")),
    ("V-62", False, "A", drawn("plan"), drawn("plan", "A")),
    ("V-63", True, "doc", plan(*(item(f"A{number}", "dA") for number in range(1001)), task("dA")), SOUND),
]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "is_error", "where", "faulty", "sound"), ROWS, ids=[f"{row[0]}-{row[2]}" for row in ROWS]
)
def test_each_code_is_told_with_its_element_and_line_and_of_no_sound_model(
    code: str, is_error: bool, where: str, faulty: str, sound: str
) -> None:
    found = [one for one in told(faulty) if one.code == code]
    assert [one.is_error for one in found] == [is_error] * len(found)
    named = [one for one in found if one.where == where]
    assert named, told(faulty)
    if where:
        lines = faulty.split("\n")
        assert f'id="{where}"' in lines[(named[0].line or 0) - 1] or code == "V-14", named
    assert code not in {one.code for one in told(sound)}


def test_there_is_a_model_for_each_code() -> None:
    assert {f"V-{number:02}" for number in range(1, 64)} == {row[0] for row in ROWS}


@pytest.mark.parametrize(
    ("code", "sound"), [(row[0], row[4]) for row in ROWS], ids=[f"{row[0]}-{row[2]}" for row in ROWS]
)
def test_a_sound_model_has_no_error_at_all(code: str, sound: str) -> None:
    assert {one for one in told(sound) if one.is_error} == set(), code
