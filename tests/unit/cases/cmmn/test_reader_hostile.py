"""A model that would cost too much is refused with one clear problem, after little work."""

from random import Random

import pytest

from cases import xmldoc
from cases.cmmn import reader
from cases.errors import Invalid, Problem

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/CMMN/20151109/MODEL" xmlns:flowable="http://flowable.org/cmmn"'
    ' targetNamespace="https://example.org"><case id="c"><casePlanModel id="p" name="P">'
)
TAIL = "</casePlanModel></case></definitions>"
ITEM = '<planItem id="a" definitionRef="s0"/>'
TASK = '<humanTask id="T"/>'


STRANGE = (
    "",
    "x",
    "${a}",
    "${",
    "#{someBean.x()}",
    "-1",
    "9" * 30,
    "a b",
    "=",
    "p:q",
    "T",
    "s",
    "i1",
    "true",
)
DAMAGED = (
    '<planItem id="i1" definitionRef="T"><itemControl><extensionElements>'
    '<flowable:parentCompletionRule type="x"/></extensionElements>'
    '<repetitionRule flowable:maxInstanceCount="2" flowable:collectionVariable="c"/></itemControl>'
    '<entryCriterion id="e1" sentryRef="s"/>'
    '<exitCriterion id="x1" sentryRef="s" flowable:exitType="default"/></planItem>'
    '<planItem id="i2" definitionRef="D"/><planItem id="i3" definitionRef="S"/>'
    '<sentry id="s"><planItemOnPart id="o1" sourceRef="i2"><standardEvent>complete</standardEvent>'
    "</planItemOnPart><ifPart><condition>${a &gt; 1}</condition></ifPart></sentry>"
    '<humanTask id="T" flowable:assignee="${who}" flowable:candidateUsers="a,${b}"><extensionElements>'
    '<flowable:taskListener event="create" expression="${x}"/></extensionElements></humanTask>'
    '<caseTask id="D" caseRef="k"><extensionElements><flowable:in source="a" target="b"/>'
    '<flowable:out sourceExpression="${a}" target="b"/></extensionElements></caseTask>'
    '<stage id="S"><planItem id="i4" definitionRef="L"/><eventListener id="L" flowable:eventType="signal"'
    ' flowable:signalRef="z"/></stage>'
)


def items(count: int) -> str:
    return "".join(f'<planItem id="i{number}" definitionRef="T"/>' for number in range(count)) + TASK


def repeated(count: int, text: str) -> str:
    return "".join(text.replace("{n}", str(n)).replace("{m}", str(n + 1)) for n in range(count))


def expression(text: str) -> str:
    rule = f"<requiredRule><condition>${{{text}}}</condition></requiredRule>"
    return f'<planItem id="a" definitionRef="T"><itemControl>{rule}</itemControl></planItem>{TASK}'


def problems(text: str) -> list[Problem]:
    with pytest.raises(Invalid) as caught:
        reader.read(text.encode(), "hostile.cmmn")
    return list(caught.value.problems)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("XML-DOCTYPE", f'<!DOCTYPE definitions SYSTEM "http://127.0.0.1:9/x.dtd">{HEAD}{TASK}{TAIL}'),
        ("XML-DOCTYPE", '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>'),
        ("XML-SIZE", HEAD + items(200_000) + TAIL),
        ("V-63", HEAD + items(5_000) + TAIL),
        ("XML-ELEMENTS", HEAD + "<a/>" * 400_000 + TAIL),
        ("XML-DEPTH", "<a>" * 300_000),
        ("XML-TEXT", HEAD.replace('name="P"', f'name="{"x" * 1_000_000}"') + TASK + TAIL),
        ("XML-ATTRIBUTES", HEAD + "<task " + repeated(200, 'a{n}="" ') + "/>" + TAIL),
        (
            "V-63",
            HEAD
            + ITEM
            + repeated(
                60,
                '<stage id="s{n}"><planItem id="x{n}" definitionRef="s{m}"/>'
                '<planItem id="y{n}" definitionRef="s{m}"/></stage>',
            )
            + '<stage id="s60"/>'
            + TAIL,
        ),
        (
            "V-63",
            HEAD
            + ITEM
            + repeated(900, '<stage id="s{n}"><planItem id="x{n}" definitionRef="s{m}"/></stage>')
            + '<stage id="s900"/>'
            + TAIL,
        ),
        (
            "V-63",
            HEAD
            + ITEM
            + repeated(
                900,
                '<humanTask id="s{n}"><planningTable><discretionaryItem id="x{n}" definitionRef="s{m}"/>'
                "</planningTable></humanTask>",
            )
            + '<humanTask id="s900"/>'
            + TAIL,
        ),
        (
            "V-63",
            HEAD
            + items(900).replace(
                'definitionRef="T"/>', 'definitionRef="T"><entryCriterion sentryRef="s"/></planItem>'
            )
            + '<sentry id="s">'
            + repeated(
                9_000,
                '<planItemOnPart sourceRef="i1"><standardEvent>complete</standardEvent></planItemOnPart>',
            )
            + "</sentry>"
            + TAIL,
        ),
        (
            "V-63",
            HEAD
            + items(900).replace(TASK, "")
            + '<task id="T"><extensionElements>'
            + '<flowable:in source="a" target="b"/>' * 9_000
            + "</extensionElements></task>"
            + TAIL,
        ),
        ("V-40", HEAD + expression("(" * 50_000 + "a" + ")" * 50_000) + TAIL),
        ("V-40", HEAD + expression("a + " * 40_000 + "a") + TAIL),
        ("V-05", HEAD + f'<planItem id="a" definitionRef="{"x" * 150_000}"/>' + TAIL),
    ],
)
def test_what_is_too_much_is_refused_with_one_problem(code: str, text: str) -> None:
    found = problems(text)
    assert code in {problem.code for problem in found}
    assert all(len(str(problem)) < 1_500 for problem in found)


def test_of_many_problems_only_so_many_are_kept_as_somebody_reads() -> None:
    text = HEAD + repeated(900, '<planItem id="i{n}" definitionRef="nothing{n}"/>') + TAIL
    assert len(problems(text)) == 200


def test_a_document_of_too_many_elements_never_becomes_a_tree() -> None:
    """Who counts the tree says the line; who counts while reading has none."""
    (problem,) = problems(HEAD + "\n<a/>" * 300_000 + TAIL)
    assert (problem.code, problem.line) == ("XML-ELEMENTS", None)
    (problem,) = problems("\n<a>" * 150 + "</a>" * 150)
    assert (problem.code, problem.line) == ("XML-DEPTH", 102)


def test_cases_that_call_each_other_in_every_way_are_asked_once_each() -> None:
    inner = "".join(
        f'<case id="c{n}"><casePlanModel id="p{n}">'
        + "".join(
            f'<planItem id="i{n}.{m}" definitionRef="t{n}.{m}"/><caseTask id="t{n}.{m}" caseRef="c{m}"/>'
            for m in range(25)
        )
        + "</casePlanModel></case>"
        for n in range(25)
    )
    found = problems(HEAD.partition("<case ")[0] + inner + "</definitions>")
    assert {problem.code for problem in found} == {"V-48"}


@pytest.mark.parametrize("seed", range(40))
def test_a_model_that_was_damaged_anyhow_is_read_or_refused_and_never_breaks_the_reader(seed: int) -> None:
    random = Random(seed)
    root = xmldoc.parse((HEAD + DAMAGED + TAIL).encode())
    for _ in range(5):
        elements = [one for one in root.iter() if isinstance(one.tag, str)]
        damage(random, random.choice(elements), elements)
    for remark in reader.report(xmldoc.tostring(root)):
        assert remark.code
        assert remark.message


def damage(random: Random, element: xmldoc.Element, elements: list[xmldoc.Element]) -> None:
    other = random.choice(elements)
    match random.randrange(6):
        case 0 if element.attrib:
            element.set(random.choice(sorted(map(str, element.attrib))), random.choice(STRANGE))
        case 1 if element.getparent() is not None:
            element.getparent().remove(element)
        case 2:
            element.text = random.choice(STRANGE)
        case 3:
            element.tag = other.tag
        case 4:
            space = random.choice(("http://flowable.org/cmmn", "urn:other"))
            element.tag = f"{{{space}}}{xmldoc.local_name(element)}"
        case _:
            for name, value in other.attrib.items():
                element.set(name, value)
