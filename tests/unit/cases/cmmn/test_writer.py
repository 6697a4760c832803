"""What is written and read again is the same model, with all that others put into it (I-35)."""

from dataclasses import replace
from random import Random

import pytest

from cases import xmldoc
from cases.cmmn import diff as diffs
from cases.cmmn import reader, writer
from cases.cmmn.controlmodel import Completion, ReactivationRule
from cases.cmmn.diff import diff
from cases.cmmn.lifecycle import FileTransition
from cases.cmmn.metamodel import CaseDefinition, Return
from cases.cmmn.reader import Model
from cases.cmmn.remarks import Kind
from cases.cmmn.workmodel import FallbackAnswer, FallbackFault, FallbackOperation, Retry
from cases.errors import Invalid
from cases.feel import parse
from tests.builders import (
    case,
    case_task,
    decision_task,
    defining,
    discretionary,
    event_listener,
    file_item,
    handover,
    having,
    human_task,
    milestone,
    on,
    parameter,
    process_task,
    service_task,
    stage,
    task,
    timer,
    user_listener,
    value,
    when,
    work,
)
from tests.modelmaking import make_program
from tests.unit.cases.cmmn.compiled import plain

MODEL = "http://www.omg.org/spec/CMMN/20151109/MODEL"
HEAD = (
    f'<definitions xmlns="{MODEL}" xmlns:flowable="http://flowable.org/cmmn" xmlns:acme="urn:acme"'
    ' xmlns:cw="https://casewright.org/cmmn" id="defs" targetNamespace="urn:test" author="Ann">'
)
LITTLE = HEAD.replace('xmlns:flowable="http://flowable.org/cmmn"', "") + (
    '<case id="c" name="C"><casePlanModel id="p" name="P">'
    '<planItem id="A" definitionRef="a"/>'
    '<planItem id="B" definitionRef="b"><entryCriterion id="e" sentryRef="s"/></planItem>'
    '<sentry id="s"><planItemOnPart id="on" sourceRef="A"><standardEvent>complete</standardEvent>'
    "</planItemOnPart></sentry>"
    '<humanTask id="a" name="First"/><userEventListener id="unused"/><humanTask id="b" name="Second"/>'
    "</casePlanModel></case></definitions>"
)


def read(xml: str | bytes, **given: object) -> Model:
    return reader.read(xml.encode() if isinstance(xml, str) else xml, **given)  # type: ignore[arg-type]


def again(model: Model) -> Model:
    """The model after an export and an import, which changes nothing but lines."""
    written = writer.write(model)
    profile = next(iter(model.cases.values())).profile
    found = read(written, profile=profile)
    assert writer.write(found) == written
    return found


def made(definition: CaseDefinition) -> tuple[CaseDefinition, bytes]:
    """A case made by code, written and read again, and the document."""
    written = writer.write(Model("", {definition.id: definition}))
    found = again(read(written, profile=definition.profile))
    return found.cases[definition.id], written


def test_a_document_keeps_what_nobody_here_understands() -> None:
    xml = HEAD + (
        '<extensionElements><acme:build by="me">x &amp; y<acme:step/> z </acme:build></extensionElements>'
        '<textAnnotation id="note"><text> mind   the gap </text></textAnnotation></definitions>'
    )
    body = (
        '<case id="c" acme:colour="red"><documentation> Two\n  lines </documentation><casePlanModel id="p">'
        '<planItem id="A" definitionRef="a"/><humanTask id="a" name="A" flowable:assignee="${who}">'
        "<extensionElements><acme:x><acme:y>1</acme:y><acme:y/></acme:x></extensionElements></humanTask>"
        "</casePlanModel></case>"
    )
    xml = xml.replace("<extensionElements><acme:build", body + "<extensionElements><acme:build", 1)
    model = read(xml)
    written = writer.write(model).decode()
    assert '<acme:build by="me">x &amp; y<acme:step/> z </acme:build>' in written
    assert "<acme:x><acme:y>1</acme:y><acme:y/></acme:x>" in written
    assert 'acme:colour="red"' in written
    assert 'flowable:assignee="${who}"' in written
    assert "<documentation> Two\n  lines </documentation>" in written.replace(' id="c.documentation.1"', "")
    assert "<text> mind   the gap </text>" in written
    assert plain(again(model).cases) == plain(model.cases)


def test_who_wrote_it_is_said_and_the_author_stays() -> None:
    root = xmldoc.parse(writer.write(read(LITTLE)))
    assert (root.get("exporter"), root.get("author")) == ("Casewright", "Ann")


def test_the_version_of_the_exporter_is_that_of_the_product(request: pytest.FixtureRequest) -> None:
    project = (request.config.rootpath / "pyproject.toml").read_text()
    assert f'\nversion = "{writer.VERSION}"\n' in project


def test_each_element_stands_on_a_line_of_its_own() -> None:
    lines = writer.write(read(LITTLE.replace("><", ">\n\n <"))).decode().splitlines()
    assert '      <planItem id="A" definitionRef="a"/>' in lines
    assert all(line.strip() for line in lines)


@pytest.mark.parametrize(
    "text",
    ["a ]]&gt; b", "&#x1F9FE; &#x20BB7;", "a&#10;b&#9;c&#13;d", "&lt;x&gt; &amp;amp; &quot;", "&#x85;&#xA0;"],
)
def test_odd_signs_survive_in_names_texts_and_extensions(text: str) -> None:
    xml = LITTLE.replace('name="First"', f'name="{text}" acme:note="{text}"').replace(
        '<casePlanModel id="p"', f'<documentation>{text}</documentation><casePlanModel id="p"'
    )
    model = read(xml)
    found = again(model)
    assert plain(found.cases) == plain(model.cases)
    before, after = (xmldoc.parse(one) for one in (xml.encode(), found.document))
    for root in (before, after):
        held = next(one for one in root.iter() if one.get("id") == "a")
        assert held.get("{urn:acme}note") == next(iter(before.iter(f"{{{MODEL}}}humanTask"))).get("name")
    documentation = f"{{{MODEL}}}documentation"
    assert next(after.iter(documentation)).text == next(before.iter(documentation)).text


def test_a_very_long_attribute_survives() -> None:
    long = "x" * 199_000
    model = read(LITTLE.replace('id="a" name="First"', f'id="a" name="First" acme:note="{long}"'))
    assert long.encode() in again(model).document


@pytest.mark.parametrize("sign", ["\x00", "\x1b", "\x08", "\ufffe", "\ud800"])
def test_a_control_character_from_a_program_is_refused_with_the_element_that_has_it(sign: str) -> None:
    definition = case(defining(human_task("a"), name=f"bad {sign}"))
    with pytest.raises(Invalid) as refused:
        writer.write(Model("", {"case": definition}))
    assert [(one.code, one.where) for one in refused.value.problems] == [("XML-SIGN", "d.a")]


# --- drawings ---------------------------------------------------------------------------------------------


def shapes(xml: bytes) -> dict[str, tuple[str, ...]]:
    found = {}
    for one in xmldoc.parse(xml).iter():
        if xmldoc.local_name(one) == "CMMNShape":
            bounds = next(xmldoc.children(one, "Bounds"))
            place = tuple(str(bounds.get(name)) for name in ("x", "y", "width", "height"))
            found[str(one.get("cmmnElementRef"))] = place
    return found


def test_what_nobody_drew_is_drawn_with_a_shape_for_each_item_and_criterion() -> None:
    written = writer.write(read(LITTLE))
    assert set(shapes(written)) == {"p", "A", "B", "e"}
    assert b'cmmnElementRef="on" sourceCMMNElementRef="A" targetCMMNElementRef="e"' in written
    assert not [one for one in read(written).warnings if one.code == "V-62"]


def test_our_drawing_is_no_author_s_and_is_made_anew_with_the_model() -> None:
    written = writer.write(read(LITTLE))
    assert read(written).cases["c"].sketch is None
    more = written.replace(
        b'<planItem id="A" definitionRef="a"/>',
        b'<planItem id="A" definitionRef="a"/><planItem id="A2" definitionRef="a"/>',
    )
    assert set(shapes(writer.write(read(more)))) == {"p", "A", "A2", "B", "e"}


def test_our_drawing_is_the_author_s_as_soon_as_somebody_moved_something() -> None:
    written = writer.write(read(LITTLE))
    x, y, width, height = shapes(written)["A"]
    moved = written.replace(
        f'<dc:Bounds x="{x}" y="{y}" width="{width}"'.encode(),
        f'<dc:Bounds x="7" y="{y}" width="{width}"'.encode(),
    )
    model = read(moved)
    assert model.cases["c"].sketch is not None
    assert shapes(writer.write(model))["A"] == ("7", y, width, height)
    assert plain(again(model).cases) == plain(model.cases)


def test_two_cases_are_drawn_below_one_another() -> None:
    other = LITTLE[LITTLE.index("<case ") : LITTLE.index("</definitions>")]
    for id_ in ("c", "p", "A", "B", "e", "s", "on", "a", "b", "unused"):
        other = other.replace(f'"{id_}"', f'"{id_}2"')
    found = shapes(writer.write(read(LITTLE.replace("</definitions>", f"{other}</definitions>"))))
    assert float(found["p2"][1]) > float(found["p"][1]) + float(found["p"][3])


def test_a_stage_that_is_planned_twice_has_its_content_drawn_once() -> None:
    xml = HEAD + (
        '<case id="c"><casePlanModel id="p"><planItem id="S" definitionRef="s"/>'
        '<planItem id="S2" definitionRef="s"/><stage id="s"><planItem id="A" definitionRef="a"/>'
        '<humanTask id="a" name="A"/></stage></casePlanModel></case></definitions>'
    )
    written = writer.write(read(xml))
    drawn = [one for one in xmldoc.parse(written).iter() if xmldoc.local_name(one) == "CMMNShape"]
    assert [one.get("cmmnElementRef") for one in drawn] == ["p", "S", "A", "S2"]
    assert [one.get("isCollapsed") for one in drawn] == [None, None, None, "true"]


# --- made by code -----------------------------------------------------------------------------------------


def everything() -> CaseDefinition:
    """A case with each thing that the standard and our own attributes can say."""
    bound = work(
        inputs={"n": "amount + 1"},
        answer="result.x",
        answer_to="kept",
        outputs={"word": '"]]>"', "+doc.page": "{}", "&doc": "{a: 1}"},
    )
    step = defining(
        service_task("pay", key='"pay:" + word', work=bound),
        timeout=2.5,
        retry=Retry(3, 0.5, 2.5, 600.0, 0.0),
        fallbacks=(
            FallbackOperation("other", "pay", ("other", "find")),
            FallbackAnswer(parse('{a: "x; y"}')),
            FallbackFault(),
        ),
        compensation="outside.undo",
        point_of_no_return=True,
    )
    person = defining(
        human_task("ask", role='= if amount > 1 then "boss" else "clerk"', manual="ok"),
        performer="boss",
        form="F1",
        or_higher=("boss", "clerk"),
        due=value("8 bh"),
        priority=value("= amount"),
        sla="fast",
        ladder="none",
        four_eyes=("pay", "call"),
        approvals=value("2"),
        authority=parse("amount"),
        documentation="What is to be done",
    )
    mapped = replace(
        work().parameters,
        inputs=(parameter("given", "amount", "context + 1"),),
        outputs=(parameter("taken", "doc"),),
        given=(handover("given", "their.in", "given * 2"),),
        taken=(handover("their.out", "taken"),),
    )
    inner = stage(
        "inner",
        step,
        milestone(
            "reached", entry=[when(on("pay", "complete"), on("/doc/page", "addChild"), mode="onEvent")]
        ),
        timer("later", "= due", start=on("pay", "start"), anchor="now()", follows="doc.title"),
        discretionary(task("extra"), roles=("boss",), rule="amount > 3"),
        auto_complete=True,
        repeat="amount < 3",
        at_most=2,
        required=True,
        exit=[when(condition="context != null", context=("doc",))],
    )
    call = case_task("call", called='= "other"', work=work(standard=mapped), may_complete_early=True)
    process = defining(process_task("proc"), external="ext", process=value("proc.decl"))
    return replace(
        case(
            having(person, reactivation=Return.ACTIVATE),
            inner,
            call,
            process,
            defining(decision_task("rate", "grade"), documentation="rated"),
            user_listener("go", roles=("clerk",), condition="amount > 1", repeatable=True),
            event_listener("heard", "signal"),
            discretionary(human_task("help"), roles=("clerk", "boss"), at="ask"),
            exit=[when(on("inner", "exit", "inner.exit.0"))],
            roles=("clerk", "boss"),
            file=[file_item("doc", file_item("page", many=True), file_item("title")), file_item("amount")],
            inputs=[parameter("amount", "amount")],
            outputs=[parameter("doc", "doc")],
        ),
        title=parse('"Case of " + doc.title'),
        documentation="About it",
    )


def test_a_case_made_by_code_is_written_from_the_metamodel_alone() -> None:
    definition = everything()
    found, _ = made(definition)
    assert diff(definition, found) == ()


def test_a_path_that_an_on_part_names_is_declared() -> None:
    definition = case(human_task("a", entry=[when(on("/who/name", "update"))]))
    found, written = made(definition)
    assert found.file.by_id["file.who.name"].path == ("who", "name")
    part = found.criteria[0].sentry.on_parts[0]
    assert (part.path, part.event) == (("who", "name"), FileTransition.UPDATE)
    assert b"caseFileModel" in written


@pytest.mark.parametrize(
    "planned",
    [
        having(human_task("a"), completion=Completion.IGNORE),
        having(human_task("a"), reactivation_rule=ReactivationRule(activate=parse("true"))),
        defining(human_task("a"), assignee=value("ann")),
        defining(human_task("a"), blocking=parse("x")),
        defining(task("a"), kind="http"),
    ],
)
def test_what_no_document_can_say_is_refused_not_left_out(planned) -> None:
    with pytest.raises(Invalid) as refused:
        writer.write(Model("m.cmmn", {"case": case(planned)}))
    assert {(one.code, one.where, one.file) for one in refused.value.problems} == {("X-01", "a", "m.cmmn")}


def generated(seed: int) -> None:
    definition = make_program(Random(seed)).definition
    if _names_no_criterion(definition):
        with pytest.raises(Invalid, match="V-31"):
            made(definition)
        return
    found, _ = made(definition)
    changes = diff(definition, found)
    assert [
        one for one in changes if one.kind is not diffs.Kind.ADDED or one.what is not diffs.What.FILE_ITEM
    ] == []


def _names_no_criterion(definition: CaseDefinition) -> bool:
    """Whether an on-part wants an exit criterion that its source does not have."""
    known = {one.id for one in definition.criteria}
    parts = [part for one in definition.criteria for part in one.sentry.on_parts]
    return bool({getattr(part, "exit_criterion", None) for part in parts} - known - {None})


@pytest.mark.parametrize("seed", range(6))
def test_models_out_of_a_hat_come_back_alike(seed: int) -> None:
    generated(seed)


@pytest.mark.deep
@pytest.mark.parametrize("start", range(6, 606, 50))
def test_many_models_out_of_a_hat_come_back_alike(start: int) -> None:
    for seed in range(start, start + 50):
        generated(seed)


# --- the standard alone -----------------------------------------------------------------------------------


def test_the_standard_alone_has_nothing_foreign_and_says_what_was_lost() -> None:
    xml = LITTLE.replace('name="First"', 'name="First" cw:due="8 bh" acme:colour="red"').replace(
        '<humanTask id="b" name="Second"/>',
        '<humanTask id="b" name="Second"><extensionElements><acme:x/></extensionElements></humanTask>',
    )
    found = writer.write_standard(read(xml))
    told = [(one.kind, one.code, one.message, one.element) for one in found.remarks]
    assert told == [
        (Kind.LOST, "E-01", "cw:due='8 bh' of humanTask is left out", "a"),
        (Kind.LOST, "E-01", "acme:colour='red' of humanTask is left out", "a"),
        (Kind.LOST, "E-01", "<acme:x> of humanTask is left out", "b"),
    ]
    for word in (b"casewright.org", b"urn:acme", b"extensionElements"):
        assert word not in found.xml
    assert b"CMMNShape" in found.xml
    once = read(found.xml)
    assert writer.write_standard(once).xml == found.xml


def test_in_the_standard_alone_variables_are_case_file_items() -> None:
    xml = LITTLE.replace(
        "</sentry>", '<ifPart id="if"><condition>amount &gt; 3 and A.done</condition></ifPart></sentry>'
    )
    found = writer.write_standard(read(xml))
    case_ = read(found.xml).cases["c"]
    assert [(one.name, one.definition_type) for one in case_.file.roots] == [
        ("A", "http://www.omg.org/spec/CMMN/DefinitionType/Unspecified"),
        ("amount", "http://www.omg.org/spec/CMMN/DefinitionType/Unspecified"),
    ]
    assert [one.message for one in found.remarks if one.code == "E-02"] == [
        "the variable A is a case file item",
        "the variable amount is a case file item",
    ]


def test_in_the_standard_alone_a_listener_for_a_variable_is_an_on_part() -> None:
    camunda = "http://camunda.org/schema/1.0/cmmn"
    xml = LITTLE.replace("xmlns:acme", f'xmlns:camunda="{camunda}" xmlns:acme').replace(
        '<sentry id="s">',
        '<sentry id="s"><extensionElements><camunda:variableOnPart variableName="v">'
        "<camunda:variableEvent>create</camunda:variableEvent></camunda:variableOnPart></extensionElements>",
    )
    model = read(xml)
    found = read(writer.write_standard(model).xml)
    parts = found.cases["c"].criteria[0].sentry.on_parts
    assert [(one.path, one.event) for one in parts if hasattr(one, "path")] == [
        (("v",), FileTransition.CREATE)
    ]
    assert len(parts) == 2


def test_in_the_standard_alone_expressions_say_their_language() -> None:
    condition = '<ifPart id="if"><condition>${amount &gt; 3}</condition></ifPart></sentry>'
    model = read(LITTLE.replace("</sentry>", condition))
    xml = writer.write_standard(model).xml
    assert b'expressionLanguage="https://www.omg.org/spec/DMN/20211108/FEEL/"' in xml
    assert b'language="http://www.jcp.org/en/jsr/detail?id=245">${amount &gt; 3}<' in xml
    before, after = (one.cases["c"].criteria[0].sentry for one in (model, read(xml)))
    assert plain(before.if_part) == plain(after.if_part)
