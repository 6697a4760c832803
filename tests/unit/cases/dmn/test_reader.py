"""DMN files that are wrong say so, with the line; those that are right are read."""

# ruff: noqa: E501 - a row is a file.

import pytest

from cases.dmn import read, read_leniently
from cases.errors import Invalid

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" id="d" name="Rules" namespace="urn:rules">
"""
INPUT = '<inputData id="i" name="amount"><variable name="amount" typeRef="number"/></inputData>\n'
NEEDS = '<informationRequirement><requiredInput href="#i"/></informationRequirement>\n'


def dmn(body: str, head: str = HEAD) -> bytes:
    return f"{head}{body}</definitions>".encode()


def literal(text: str, identity: str = "d1", needs: str = NEEDS) -> str:
    return (
        f'<decision id="{identity}" name="Decision {identity}">\n{needs}'
        f"<literalExpression><text>{text}</text></literalExpression>\n</decision>\n"
    )


def table(cells: str, attributes: str = "") -> str:
    return (
        f'<decision id="t" name="Table">\n{NEEDS}<decisionTable {attributes}>\n'
        "<input><inputExpression><text>amount</text></inputExpression></input>\n"
        f'<output name="out"/>\n{cells}</decisionTable></decision>\n'
    )


FAULTS = [
    ("<a/>", "XML-SYNTAX", 3),
    (INPUT + literal("1 +"), "FEEL-SYNTAX", 6),
    (INPUT + literal("\n\n  1 +\n +"), "FEEL-SYNTAX", 9),
    (INPUT + literal("1 + amount", needs='<informationRequirement><requiredInput href="#z"/></informationRequirement>'), "DMN-REFERENCE", 5),
    (INPUT + INPUT, "DMN-TWICE", 4),
    ('<decision/>', "DMN-ID", 3),
    ('<import name="o" namespace="urn:other" importType="https://www.omg.org/spec/DMN/20230324/MODEL/"/>', "DMN-IMPORT", 3),
    ('<inputData id="i" name="a"><variable name="a" typeRef="nosuch"/></inputData>', "DMN-TYPE", 3),
    (INPUT + table("<rule>\n<inputEntry><text>&gt; </text></inputEntry><outputEntry><text>1</text></outputEntry></rule>"), "FEEL-SYNTAX", 10),
    (INPUT + table("<rule>\n<inputEntry><text>1</text></inputEntry></rule>"), "DMN-CELLS", 9),
    (INPUT + table("", 'hitPolicy="SOMETIMES"'), "DMN-HIT-POLICY", 6),
    (INPUT + table("", 'hitPolicy="COLLECT" aggregation="AVERAGE"'), "DMN-HIT-POLICY", 6),
    ('<decision id="t" name="T"><decisionTable>\n<input/><output/></decisionTable></decision>', "DMN-EMPTY", 4),
    ('<decision id="t" name="T"><decisionTable/></decision>', "DMN-OUTPUT", 3),
    ('<decision id="t" name="T"><conditional><if><literalExpression><text>true</text></literalExpression></if>\n<then><literalExpression/></then></conditional></decision>', "DMN-EMPTY", 3),
    ('<decision id="t" name="T"><relation><column name="a"/><row/></relation></decision>', "DMN-CELLS", 3),
    (literal("1", "a", '<informationRequirement><requiredDecision href="#a"/></informationRequirement>'), "DMN-CYCLE", 3),
]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "code", "line"), FAULTS, ids=[f"{code}-{number}" for number, (_, code, _) in enumerate(FAULTS)]
)
def test_a_fault_is_told_with_its_line(body: str, code: str, line: int) -> None:
    data = dmn(body) if code != "XML-SYNTAX" else HEAD.encode() + body.encode()
    with pytest.raises(Invalid) as caught:
        read(data, "rules.dmn")
    first = caught.value.problems[0]
    assert (first.code, first.line, first.file) == (code, line, "rules.dmn")


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(Invalid) as caught:
        read(dmn(INPUT + literal("1 +", "a") + literal("2 +", "b")))
    assert [problem.where for problem in caught.value.problems] == ["Decision a", "Decision b"]


@pytest.mark.parametrize(
    "data",
    [
        b"<definitions/>",
        b'<definitions xmlns="http://www.omg.org/spec/CMMN/20151109/MODEL"/>',
        b'<case xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/"/>',
    ],
)
def test_what_is_no_dmn_is_refused(data: bytes) -> None:
    for reader in (read, read_leniently):
        with pytest.raises(Invalid, match="no DMN"):
            reader(data)


@pytest.mark.parametrize(
    "namespace",
    [
        "http://www.omg.org/spec/DMN/20180521/MODEL/",
        "https://www.omg.org/spec/DMN/20191111/MODEL/",
        "https://www.omg.org/spec/DMN/20211108/MODEL/",
    ],
)
def test_every_version_of_the_standard_is_read(namespace: str) -> None:
    head = HEAD.replace("https://www.omg.org/spec/DMN/20230324/MODEL/", namespace)
    definitions = read(dmn(INPUT + literal("amount * 2"), head))
    assert definitions.evaluate("d1", {"amount": 4}).value == 8


def test_a_lenient_reader_makes_null_of_a_faulty_expression_and_keeps_the_rest() -> None:
    definitions, problems = read_leniently(dmn(INPUT + literal("1 +", "a") + literal("amount", "b")))
    assert [problem.code for problem in problems] == ["FEEL-SYNTAX"]
    assert (definitions.evaluate("a", {}).value, definitions.evaluate("b", {"amount": 2}).value) == (None, 2)


def test_names_with_spaces_and_signs_are_known_within_the_file() -> None:
    body = (
        '<inputData id="i" name="net-amount due"/>\n'
        + literal("net-amount due + 1")
        + literal(
            "Decision d1 * 2",
            "d2",
            '<informationRequirement><requiredDecision href="#d1"/></informationRequirement>',
        )
    )
    assert read(dmn(body)).evaluate("Decision d2", {"net-amount due": 4}).value == 10


def test_a_file_may_import_another() -> None:
    other = read(dmn(INPUT + literal("amount * 2", "twice"), HEAD.replace("urn:rules", "urn:other")))
    body = (
        '<import name="lib" namespace="urn:other" importType="https://www.omg.org/spec/DMN/20230324/MODEL/"/>\n'
        + literal(
            "lib.Decision twice + 1",
            "d1",
            '<informationRequirement><requiredDecision href="urn:other#twice"/></informationRequirement>',
        )
    )
    definitions = read(dmn(body), imported=[other])
    assert definitions.evaluate("d1", {"lib": {"amount": 5}}).value == 11
    assert definitions.evaluate("d1", {"lib.amount": 5}).value == 11
    assert definitions.inputs("d1") == ("lib.amount",)
