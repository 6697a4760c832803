"""What a table or an expression has that no one wants is told, each fault by its code."""

# ruff: noqa: E501 - a row is a table.

import pytest

from cases.dmn import Definitions, read
from cases.dmn.validation import validate

HEAD = '<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" name="R" namespace="urn:r">\n'


def table(policy: str, rules: list[tuple[str, str]], allowed: str = "") -> Definitions:
    values = f"<inputValues><text>{allowed}</text></inputValues>" if allowed else ""
    rows = "".join(
        f"<rule>{cell('inputEntry', one)}{cell('inputEntry', other)}{cell('outputEntry', '1')}</rule>\n"
        for one, other in rules
    )
    return read(
        (
            f'{HEAD}<inputData id="a" name="a"/><inputData id="b" name="b"/><decision id="d" name="D">'
            '<informationRequirement><requiredInput href="#a"/></informationRequirement>'
            '<informationRequirement><requiredInput href="#b"/></informationRequirement>'
            f'<decisionTable hitPolicy="{policy}">'
            f"<input>{cell('inputExpression', 'a')}{values}</input><input>{cell('inputExpression', 'b')}</input>"
            f'<output name="o"/>\n{rows}</decisionTable></decision></definitions>'
        ).encode()
    )


def cell(tag: str, text: str) -> str:
    escaped = text.replace("<", "&lt;").replace(">", "&gt;")
    return f"<{tag}><text>{escaped}</text></{tag}>"


def literal(text: str) -> Definitions:
    return read(
        (
            f'{HEAD}<inputData id="a" name="a"/><decision id="d" name="D">'
            '<informationRequirement><requiredInput href="#a"/></informationRequirement>'
            f"<context><contextEntry><variable name='x'/><literalExpression><text>a</text></literalExpression></contextEntry>"
            f"<contextEntry><literalExpression>{'<text>' + text + '</text>'}</literalExpression></contextEntry></context>"
            "</decision></definitions>"
        ).encode()
    )


def told(definitions: Definitions) -> list[tuple[str, str, int | None]]:
    return [(problem.code, problem.message, problem.line) for problem in validate(definitions)]


@pytest.mark.parametrize(
    ("policy", "rules"),
    [
        ("UNIQUE", [("< 0", "-"), ("[0..10]", "-"), ("> 10", "-")]),
        ("UNIQUE", [("true", "true"), ("true", "false"), ("false", "-")]),
        ("FIRST", [("> 5", "-"), ("> 3", "-"), ("-", "-")]),
        ("FIRST", [("null", "-"), ('"x"', "> 3"), ("-", "-")]),
        ("COLLECT", [("> 5", "-"), ("> 3", "-")]),
        ("UNIQUE", [('"x"', "-"), ('"y"', "-"), ('not("x", "y")', "-")]),
        ("UNIQUE", [("> b", "-"), ("> 3", "-")]),
        ("UNIQUE", [("<= 1.5", "-"), ("> 1.5", "-")]),
    ],
)
def test_nothing_is_said_of_a_good_table(policy: str, rules: list[tuple[str, str]]) -> None:
    assert told(table(policy, rules)) == []


@pytest.mark.parametrize(
    ("policy", "rules", "code", "message"),
    [
        ("UNIQUE", [("< 0", "-"), ("> 0", "-")], "DMN-GAP", "no rule is for a = 0"),
        ("FIRST", [("<= 3", "-"), ("> 4", "-")], "DMN-GAP", "no rule is for a = 4"),
        ("UNIQUE", [("true", "< 5"), ("false", "-"), ("true", "> 5")], "DMN-GAP", "no rule is for a = true, b = 5"),
        ("UNIQUE", [("[0..5]", "-"), ("[5..9]", "-"), ("<0,>9", "-")], "DMN-OVERLAP", "rules 1 and 2 are both for a = 5"),
        ("UNIQUE", [("> 0", "true"), ("<= 0", "-"), ("3", "-"), ("> 0", "false")], "DMN-OVERLAP", "rules 1 and 3 are both for a = 3, b = true"),
        ("FIRST", [("> 3", "-"), ("> 5", "-"), ("-", "-")], "DMN-NEVER", "rule 2 never fires"),
        ("FIRST", [("true", "-"), ("false", "-"), ("null", "-"), ("-", "-"), ("-", "1")], "DMN-NEVER", "rule 5 never fires"),
        ("COLLECT", [("[5..3]", "-"), ("> 3", "-")], "DMN-NEVER", "rule 1 never fires"),
    ],
)  # fmt: skip
def test_a_fault_of_a_table_is_told(
    policy: str, rules: list[tuple[str, str]], code: str, message: str
) -> None:
    assert (code, message) in [found[:2] for found in told(table(policy, rules))]


def test_a_fault_is_told_with_the_line_of_its_rule() -> None:
    found = told(table("FIRST", [("-", "-"), ("> 5", "-")]))
    assert found == [("DMN-NEVER", "rule 2 never fires", 4)]


def test_values_that_are_not_allowed_need_no_rule() -> None:
    assert told(table("UNIQUE", [('"x"', "-"), ('"y"', "-")], '"x", "y"')) == []
    assert told(table("UNIQUE", [('"x"', "-")], '"x", "y"')) == [("DMN-GAP", "no rule is for a = y", 2)]


def test_a_name_that_nothing_has_is_told() -> None:
    assert told(literal("x + a")) == []
    assert [found[:2] for found in told(literal("x + z"))] == [("FEEL-NAME", "nothing here is called z")]


def test_a_large_table_is_judged_in_time() -> None:
    """Thirty rules of two columns that all overlap a little: many pieces, but no endless search."""
    rules = [(f"[{number}..{number + 3}]", f"[{number * 2}..{number * 2 + 9}]") for number in range(30)]
    codes = {code for code, _, _ in told(table("UNIQUE", rules))}
    assert codes == {"DMN-GAP", "DMN-OVERLAP"}
