"""The translation itself: what is assigned, what is refused and where, and the models that all can see."""

import re
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest
from lxml import etree

from cases.feel import FeelError, parse
from cases.feel.builtins import juel_dates, juel_functions, juel_lists, juel_methods, juel_texts
from cases.feel.juel import translate, translate_condition
from tests.shared import MISSING, SHARED

MODELS = SHARED / "conformance" / "models"
WANTED = 0.95
LIBRARIES = [module.LIBRARY for module in (juel_dates, juel_functions, juel_lists, juel_methods, juel_texts)]


@pytest.mark.parametrize(
    ("text", "assignments", "value"),
    [
        ("${planItemInstance.setVariable('x', 1)}", [("nearest", '"x"', "1")], None),
        ("${caseInstance.setVariable('x', n + 1)}", [("case", '"x"', "juel plus(n, 1)")], None),
        ("${planItemInstance.setVariableLocal('x', y)}", [("local", '"x"', "y")], None),
        ("${task.setLocalVariable(name, null)}", [("local", "name", "null")], None),
        ("${execution.setTransientVariable('x', true)}", [("transient", '"x"', "true")], None),
        ("${variableContainer.removeVariable('x')}", [("nearest", '"x"', None)], None),
        ("${caseInstance.removeVariable('x')}", [("case", '"x"', None)], None),
        ("${caseExecution.setVariable('x', 1)}", [("nearest", '"x"', "1")], None),
        ("${x = y}", [("nearest", '"x"', "y")], "x"),
        ("${x = 1; y = x; y}", [("nearest", '"x"', "1"), ("nearest", '"y"', "x")], "y"),
        ("${planItemInstance.caseInstance.setVariable('x', 1); 2}", [("case", '"x"', "1")], "2"),
    ],
)
def test_what_an_expression_writes_becomes_assignments_in_order(
    text: str, assignments: list[object], value: str | None
) -> None:
    found = translate(text)
    assert (list(found.assignments), found.value) == (assignments, value)


@pytest.mark.parametrize(
    ("text", "position", "reason"),
    [
        ("${someBean.isSatisfied()}", 11, "someBean is a Java object"),
        ("${orderService.find(1)}", 15, "orderService is a Java object"),
        ("${order.recalculate()}", 8, "the method recalculate of order is not known here"),
        ("${task:get(id).assignee}", 2, "the function task:get is not known here"),
        ("${f(1)}", 2, "the function f is not known here"),
        ("${var:lt(x)}", 2, "the function var:lt with 1 arguments is not known here"),
        ("${var:nope(x)}", 2, "the function var:nope with 1 arguments is not known here"),
        ("${planItemInstances.nope()}", 20, "the method nope of planItemInstances is not known"),
        ("${x.getClass()}", 4, "the method getClass"),
        ("${x.class.forName('y')}", 10, "the method forName"),
        ("${x -> x + 1}", 4, "'->' has no meaning here"),
        ("${x +}", 5, "a value should stand here"),
        ("${x", 2, "the expression has no closing brace"),
        ("${x § y}", 3, "'§' has no meaning here"),
        ("${x y}", 4, "'y' has no meaning here"),
        ("${}", 2, "a value should stand here"),
        ("${a.b = 1}", 6, "a part of a value cannot be written"),
        ("${x ? execution.setVariable('y', 1) : 2}", 36, "a variable may be written only by an expression"),
        ("${1 + task.setVariable('y', 1)}", 30, "a variable may be written only by an expression"),
        ("${planItemInstance.variables}", 19, "planItemInstance is a Java object, and no value"),
        ("${" + "(" * 70 + "1" + ")" * 70 + "}", 32, "nested too deeply"),
    ],
)
def test_what_cannot_be_translated_is_refused_with_its_place_and_reason(
    text: str, position: int, reason: str
) -> None:
    with pytest.raises(FeelError, match=re.escape(reason)) as refusal:
        translate(text)
    assert (refusal.value.code, refusal.value.position) == ("FEEL-JUEL", position)


@pytest.mark.parametrize(
    ("text", "feel"),
    [("${x}", "x"), ("true", "true"), (" ${a && b} ", "juel truth(a) and juel truth(b)"), ("false", "false")],
)
def test_a_condition_is_one_expression_or_a_word(text: str, feel: str) -> None:
    assert translate_condition(text) == feel


@pytest.mark.parametrize("text", ["x > 1", "${a}${b}", "", "${planItemInstance.setVariable('x', true)}"])
def test_a_condition_that_is_a_text_or_writes_is_refused(text: str) -> None:
    with pytest.raises(FeelError, match="a condition"):
        translate_condition(text)


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("${a.b == c['d']}", {("a", "b"), ("c", "d")}),
        ("${var:get('x y')}", {("x y",)}),
        ("${planItemInstances.active().count()}", {("turn", "items")}),
        ("${list[i].name}", {("list",), ("i",)}),
        ("${for > in$}", {("for",), ("in$",)}),
        ("${s.substring(n)}", {("s",), ("n",)}),
    ],
)
def test_the_translation_tells_what_it_reads(text: str, paths: set[tuple[str, ...]]) -> None:
    assert parse(translate(text).value or "").names == paths


def test_no_function_of_java_hides_another() -> None:
    names = Counter(name for library in LIBRARIES for name in library.overloads)
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.skipif(not MODELS.is_dir(), reason=MISSING)
def test_nineteen_in_twenty_expressions_of_public_models_are_translated(
    capsys: pytest.CaptureFixture[str],
) -> None:
    texts = Counter(chain.from_iterable(map(attributes, sorted(MODELS.rglob("*.*")))))
    refused = {text: reason for text in texts if (reason := refusal_of(text))}
    share = 1 - sum(texts[text] for text in refused) / texts.total()
    report = [f"{texts.total()} expressions of public models, {share:.1%} translated; refused:"]
    report += [f"  {texts[text]} x {text}\n      {reason}" for text, reason in refused.items()]
    with capsys.disabled():
        sys.stdout.write("\n".join(["", *report, ""]))
    assert share >= WANTED
    assert texts.total() > 700
    assert all("is not known here" in reason or "is a Java object" in reason for reason in refused.values())


def attributes(model: Path) -> Iterator[str]:
    """The attributes and texts of a model that hold an expression."""
    if model.name.endswith((".cmmn", ".cmmn.xml", ".dmn")):
        for element in etree.parse(model).iter(etree.Element):
            found = (element.text or "", *element.attrib.values())
            yield from (text for text in found if "${" in text or "#{" in text)


def refusal_of(text: str) -> str:
    """Why a text cannot be translated; the empty text where it can."""
    try:
        found = translate(text)
        for feel in chain([found.value], *(assignment[1:] for assignment in found.assignments)):
            if feel is not None:
                parse(feel)
    except FeelError as refusal:
        return str(refusal)
    return ""
