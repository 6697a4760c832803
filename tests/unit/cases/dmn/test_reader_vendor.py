"""Decisions as Flowable and Camunda write them: other cells, other words, inputs that nobody declares."""

from decimal import Decimal

import pytest

from cases import dmn
from cases.errors import Invalid

NAMESPACES = [
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
    "http://www.omg.org/spec/DMN/20151101",
    "http://www.omg.org/spec/DMN/20180521/MODEL/",
    "https://www.omg.org/spec/DMN/20191111/MODEL/",
    "https://www.omg.org/spec/DMN/20211108/MODEL/",
    "https://www.omg.org/spec/DMN/20230324/MODEL/",
]


def model(body: str, namespace: str = NAMESPACES[2]) -> bytes:
    vendors = 'xmlns:flowable="http://flowable.org/dmn" xmlns:camunda="http://camunda.org/schema/1.0/dmn"'
    return f'<definitions xmlns="{namespace}" {vendors} namespace="n" name="m">{body}</definitions>'.encode()


def table(cell: str, output: str = "1", *, policy: str = 'hitPolicy="FIRST"', kind: str = "") -> str:
    entry = cell.replace("&", "&amp;").replace("<", "&lt;")
    return (
        f'<decision id="d" name="D"><decisionTable {policy}><input><inputExpression {kind}><text>x</text>'
        f'</inputExpression></input><output name="out"/><rule><inputEntry><text>{entry}</text></inputEntry>'
        f"<outputEntry><text>{output}</text></outputEntry></rule></decisionTable></decision>"
    )


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_a_model_of_any_version_is_read(namespace: str) -> None:
    found = dmn.read(model(table('"a"'), namespace))
    assert found.evaluate("d", {"x": "a"}).value == 1


@pytest.mark.parametrize(
    ("cell", "passes", "fails"),
    [
        ('== "1"', "1", "2"),
        ("== 1", 1, 2),
        ("=='a'", "a", "b"),
        ("!= 'a'", "b", "a"),
        ("'a'", "a", "b"),
        ('"a"', "a", "b"),
        ("&lt; 5".replace("&lt;", "<"), 4, 5),
        (">= 5", 5, 4),
        ("!= 5", 4, 5),
        ("5", 5, 4),
        ("", 4, None),
        ("-", 4, None),
        ("true", True, False),
        ("== true", True, False),
        ("${x > 5}", 6, 5),
        ("#{x > 5 && limit < 9}", 6, 5),
        ("x > 5 && x < 9", 6, 9),
        ("x == 5 || x == 6", 6, 7),
        (".startsWith('ab')", "abc", "ba"),
        ("x.startsWith('ab')", "abc", "ba"),
        ("== date:toDate('2026-03-01')", "2026-03-01", "2026-03-02"),
        ("< date:toDate('2026-03-01')", "2026-02-28", "2026-03-01"),
        ("${collection:contains(x, 'a')}", ["a", "b"], ["b"]),
        ("collection:noneOf(x, 'a', 'c')", ["b"], ["a"]),
        ("${empty x}", "", "a"),
    ],
)
def test_a_cell_of_a_vendor_means_what_it_means_there(cell: str, passes: object, fails: object) -> None:
    found = dmn.read(model(table(cell)))
    assert found.evaluate("d", {"x": passes, "limit": 5}).value == 1
    if fails is not None:
        assert found.evaluate("d", {"x": fails, "limit": 5}).value is None


@pytest.mark.parametrize(
    ("output", "value"),
    [
        ("${x + 1}", Decimal(6)),
        ("x + 1", 6),
        ("'a'", "a"),
        ("x == 5", True),
        ("x == 5 ? x.toString() : 'no'", "5"),
        ("${x > 3 ? 'big' : 'small'}", "big"),
        ("x > 3 &amp;&amp; true", True),
    ],
)
def test_an_output_of_a_vendor_is_computed(output: str, value: object) -> None:
    assert dmn.read(model(table("-", output))).evaluate("d", {"x": 5}).value == value


@pytest.mark.parametrize(
    "policy", ['hitPolicy="FIRST"', 'hitPolicy="first"', 'flowable:hitPolicy="FIRST"', ""]
)
def test_a_hit_policy_is_read_in_any_namespace_and_case(policy: str) -> None:
    assert dmn.read(model(table("-", policy=policy))).evaluate("d", {"x": 1}).value == 1


@pytest.mark.parametrize(
    "policy", ['hitPolicy="RULE_ORDER"', 'hitPolicy="OUTPUT ORDER"', 'hitPolicy="COLLECT"']
)
def test_a_policy_of_many_hits_gives_a_list(policy: str) -> None:
    assert dmn.read(model(table("-", policy=policy))).evaluate("d", {"x": 1}).value == [1]


@pytest.mark.parametrize("kind", ["integer", "long", "double", "number", "feel:number", "json", "collection"])
def test_the_types_of_vendors_are_known(kind: str) -> None:
    found = dmn.read(model(table("5", kind=f'typeRef="{kind}"')))
    assert found.evaluate("d", {"x": 5}).value == 1


def test_an_element_without_id_goes_by_its_name() -> None:
    body = table("5").replace('id="d" ', "")
    assert dmn.read(model(body)).evaluate("D", {"x": 5}).value == 1


@pytest.mark.parametrize(
    ("cell", "code", "reason"),
    [
        ("${someBean.check(x)}", "FEEL-JUEL", "someBean is a Java object"),
        (".nope()", "FEEL-JUEL", "the method nope of"),
        ("date:nope()", "FEEL-JUEL", "the function date:nope is not known"),
        ("> ", "FEEL-SYNTAX", "a value should stand here"),
        ("${x = 1}", "FEEL-JUEL", "cannot write variables"),
    ],
)
def test_a_cell_that_cannot_be_translated_is_refused_with_its_reason(
    cell: str, code: str, reason: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        dmn.read(model(table(cell)))
    (problem,) = refusal.value.problems
    assert (problem.code, problem.where) == (code, "D")
    assert reason in problem.message


SERVICE = (
    '<decisionService id="s" name="S"><outputDecision href="#second"/><encapsulatedDecision href="#first"/>'
    "</decisionService>"
    '<decision id="first" name="First"><decisionTable hitPolicy="FIRST"><input>'
    '<inputExpression typeRef="number"><text>age</text></inputExpression></input><output name="group"/>'
    '<rule><inputEntry><text>&lt; 18</text></inputEntry><outputEntry><text>"young"</text></outputEntry>'
    "</rule>"
    '<rule><inputEntry><text>-</text></inputEntry><outputEntry><text>"old"</text></outputEntry></rule>'
    "</decisionTable></decision>"
    '<decision id="second" name="Second"><informationRequirement><requiredDecision href="#first"/>'
    '</informationRequirement><decisionTable hitPolicy="FIRST"><input><inputExpression><text>group</text>'
    "</inputExpression></input><input><inputExpression><text>vip</text></inputExpression></input>"
    '<output name="price"/><output name="note"/>'
    '<rule><inputEntry><text>== "young"</text></inputEntry><inputEntry><text>-</text></inputEntry>'
    '<outputEntry><text>5</text></outputEntry><outputEntry><text>"half"</text></outputEntry></rule>'
    "<rule><inputEntry><text>-</text></inputEntry><inputEntry><text>true</text></inputEntry>"
    '<outputEntry><text>8</text></outputEntry><outputEntry><text>"vip"</text></outputEntry></rule>'
    "</decisionTable></decision>"
)


def test_a_service_of_a_vendor_hands_its_inputs_to_its_decisions_and_outputs_on_by_name() -> None:
    found = dmn.read(model(SERVICE))
    assert found.inputs("s") == ("vip", "age")
    assert found.evaluate("s", {"age": 12, "vip": False}).value == {"price": 5, "note": "half"}
    assert found.evaluate("S", {"age": 50, "vip": True}).value == {"price": 8, "note": "vip"}


def test_a_decision_that_declares_its_inputs_sees_no_others() -> None:
    body = '<inputData id="i" name="y"/>' + table("5")
    assert dmn.read(model(body)).evaluate("d", {"x": 5}).value is None
