"""No expression of another engine can hold ours: neither its translation nor what it computes."""

import pytest

from cases.feel import FeelError, parse
from cases.feel.juel import translate

LONG = "x" * 900


@pytest.mark.parametrize(
    "text",
    [
        "${" + "(" * 3000 + "1" + ")" * 3000 + "}",
        "${" + "!" * 3000 + "a}",
        "${" + "-" * 3000 + "a}",
        "${" + "a ? b : " * 3000 + "c}",
        "${" + "[" * 3000 + "}",
        "${" + "f(" * 3000 + "}",
        "${" + "{'a':" * 3000 + "}",
        "${" + "empty " * 3000 + "a}",
        "${" + "a[" * 3000 + "}",
        "${" + "'" + "\\" * 3001,
        "${" * 3000,
        "$" + "{" * 3000,
        "x" * 100_001,
        "${a" + " + a" * 50_000 + "}",
    ],
)
def test_a_text_that_is_too_deep_or_too_long_is_refused(text: str) -> None:
    with pytest.raises(FeelError):
        translate(text)


@pytest.mark.parametrize(
    "text",
    ["${a" + ".b" * 300 + "}", "${a" + " + 1" * 1000 + "}", "${a" + " && b" * 200 + "}", "${a}" * 500],
)
def test_a_long_text_that_is_flat_is_translated(text: str) -> None:
    parse(translate(text).value or "").evaluate({})


@pytest.mark.parametrize(
    "text",
    [
        "${a" + " == a" * 200 + "}",
        "${a" + " - a + a" * 200 + "}",
        "${a" + ".trim()" * 300 + "}",
        "${a" + "[0]" * 300 + "}",
    ],
)
def test_a_chain_that_nests_is_refused_when_it_is_read(text: str) -> None:
    with pytest.raises(FeelError) as refusal:
        parse(translate(text).value or "")
    assert refusal.value.code in ("FEEL-DEPTH", "FEEL-LENGTH", "FEEL-JUEL")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("${'" + LONG + "'.repeat(400).replaceAll('x', '" + LONG + "')}", "FEEL-BUDGET"),
        ("${'x'.repeat(400000) += 'x'.repeat(400000)}", "FEEL-BUDGET"),
        ("${'x'.repeat(400000).concat('x'.repeat(400000))}", "FEEL-BUDGET"),
        ("${'x'.repeat(1e14)}", "FEEL-BUDGET"),
        ("${'x'.repeat(1e400)}", "FEEL-JUEL"),
        ("${'a'.matches('a{1000}{1000}')}", "FEEL-JUEL"),
        ("${'x'.repeat(499999).split('').size() > 0 and list.contains(1)}", "FEEL-BUDGET"),
        ("${list.containsAll(list)}", "FEEL-BUDGET"),
    ],
)
def test_what_would_take_for_ever_is_stopped(text: str, code: str) -> None:
    with pytest.raises(FeelError) as refusal:
        parse(translate(text).value or "").evaluate({"list": list(range(20_000))})
    assert refusal.value.code == code


def test_a_pattern_that_is_bad_for_others_takes_one_pass() -> None:
    text = "${'" + "a" * 2000 + "!'.matches('(a+)+')}"
    assert parse(translate(text).value or "").evaluate({}) is False


@pytest.mark.parametrize(
    "text", ["${9.9e6000 * 9.9e6000}", "${date.plusYears(999999999999)}", "${date.plusDays(1e14)}"]
)
def test_what_no_number_or_date_can_hold_is_null(text: str) -> None:
    assert parse(translate(text).value or "").evaluate({"date": "2026-03-02"}) is None
