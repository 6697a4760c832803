"""Every kind of boxed expression, by itself."""

# ruff: noqa: E501 - a row is a model.

import pytest

from cases.dmn import Decided, read
from cases.feel import FeelError

HEAD = '<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" name="R" namespace="urn:r">\n'


def literal(text: str, type_reference: str = "") -> str:
    reference = f' typeRef="{type_reference}"' if type_reference else ""
    return f"<literalExpression{reference}><text>{text}</text></literalExpression>"


def decide(logic: str, inputs: dict[str, object] | None = None) -> Decided:
    body = (
        f'{HEAD}<inputData id="i" name="xs"/><decision id="d" name="D"><variable name="D"/>'
        f'<informationRequirement><requiredInput href="#i"/></informationRequirement>{logic}</decision></definitions>'
    )
    return read(body.encode()).evaluate("d", inputs if inputs is not None else {"xs": [1, 2, 3]})


def loop(kind: str, body: str, source: str = "xs") -> str:
    tag = "return" if kind == "for" else "satisfies"
    return f'<{kind} iteratorVariable="each one"><in>{literal(source)}</in><{tag}>{literal(body)}</{tag}></{kind}>'


def conditional(condition: str) -> str:
    return f"<conditional><if>{literal(condition)}</if><then>{literal('1')}</then><else>{literal('2')}</else></conditional>"


def context(*entries: tuple[str, str]) -> str:
    return "<context>" + "".join(
        "<contextEntry>" + (f'<variable name="{name}"/>' if name else "") + literal(text) + "</contextEntry>"
        for name, text in entries
    ) + "</context>"  # fmt: skip


FUNCTION = (
    '<functionDefinition><formalParameter name="a" typeRef="number"/><formalParameter name="b c"/>'
    + literal("a - b c")
    + "</functionDefinition>"
)
CALL = (
    "<context><contextEntry><variable name='f'/>" + FUNCTION + "</contextEntry><contextEntry><invocation>" + literal("f")
    + "<binding><parameter name='b c'/>%s</binding><binding><parameter name='a'/>%s</binding></invocation></contextEntry></context>"
)  # fmt: skip

KINDS = [
    (literal("count(xs)"), 3),
    ("<literalExpression/>", None),
    (literal("xs[1]", "string"), None),
    (literal("xs[1]", "number"), 1),
    ("<list>" + literal("xs[1]") + literal('"a"') + "</list>", [1, "a"]),
    ("<relation><column name='a'/><column name='b'/><row>" + literal("1") + literal("2") + "</row></relation>", [{"a": 1, "b": 2}]),
    (context(("a", "xs[2]"), ("b", "a + 1")), {"a": 2, "b": 3}),
    (context(("a", "xs[2]"), ("", "a * 10")), 20),
    (conditional("count(xs) = 3"), 1),
    (conditional("null"), 2),
    (conditional("5"), None),
    (f"<filter><in>{literal('xs')}</in><match>{literal('item > 1')}</match></filter>", [2, 3]),
    (f"<filter><in>{literal('[{a: 1}, {a: 2}]')}</in><match>{literal('a = 2')}</match></filter>", [{"a": 2}]),
    (f"<filter><in>{literal('null')}</in><match>{literal('true')}</match></filter>", []),
    (f"<filter><in>{literal('xs')}</in><match>{literal('5')}</match></filter>", None),
    (loop("for", "each one * 2"), [2, 4, 6]),
    (loop("for", "each one", "1..3"), [1, 2, 3]),
    (loop("for", "each one", "[1..3]"), [1, 2, 3]),
    (loop("for", "each one + count(partial)", "5"), [5]),
    (loop("for", "each one", "null"), None),
    (loop("some", "each one = 3"), True),
    (loop("some", "each one = 9"), False),
    (loop("every", "each one = 3"), False),
    (loop("every", "each one &gt; 0"), True),
    (loop("every", '"a"'), None),
    (loop("some", "true", "null"), None),
    (CALL % (literal("1"), literal("9")), 8),
    (CALL % (literal("1"), literal('"a"')), None),
    (f"<invocation>{literal('xs')}</invocation>", None),
]  # fmt: skip


@pytest.mark.parametrize(("logic", "value"), KINDS, ids=[str(number) for number in range(len(KINDS))])
def test_a_boxed_expression_has_its_value(logic: str, value: object) -> None:
    found = decide(logic).value
    assert found == value
    assert isinstance(found, bool) == isinstance(value, bool)


def test_what_has_the_wrong_type_is_noted() -> None:
    assert decide(literal("xs[1]", "string")).notes == ("the expression is not of type string",)


def test_a_function_of_java_is_not_run() -> None:
    java = "<functionDefinition kind='Java'><formalParameter name='a'/></functionDefinition>"
    called = f"<context><contextEntry><variable name='f'/>{java}</contextEntry><contextEntry>{literal('f(1)')}</contextEntry></context>"
    decided = decide(called)
    assert decided.value is None
    assert decided.notes


def test_a_boxed_loop_has_its_limit_too() -> None:
    with pytest.raises(FeelError):
        decide(loop("for", "each one", "1..99999999"))


def test_a_loop_of_a_missing_input_is_null() -> None:
    assert decide(loop("for", "each one"), {}).value is None
