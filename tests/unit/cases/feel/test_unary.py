"""The cells of a decision table."""

# ruff: noqa: E501 - a table is read by its rows.

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.feel import FeelError, Scope, parse_unary

SCOPE = {"limit": 10, "wanted": ["a", "b"], "span": "x"}
CELLS = [
    ("-", 1, True), ("-", None, True), (" - ", "a", True), ("null", None, True), ("null", 0, False), ("true", True, True),
    ("true", False, False), ("true", None, False), ("false", False, True), ("false", None, False), ("true", "true", False),
    ('"a"', "a", True), ('"a"', "b", False), ('"a"', None, False), ('"a","b"', "b", True), ('"a", "b"', "c", False),
    ("12", 12, True), ("12", Decimal("12.0"), True), ("12", 12.0, True), ("12", "12", False), ("12", True, False),
    (">=3", 3, True), (">=3", 2, False), (">=3", None, False), (">=3", "4", False), (">=3", True, False), ("<=0", -1, True),
    ("<7", 7, False), (">30", 31, True), ("= 3", 3, True), ("!= 3", 4, True), ("!= 3", "a", False), ("[1..5]", 5, True),
    ("(1..5]", 1, False), ("[1..5)", 5, False), ("[1..5]", None, False), ("[1..5]", "3", False), ("<1,>5", 6, True),
    ("<1,>5", 3, False), ("[1..3],[7..9]", 8, True), ("not(1)", 2, True), ("not(1)", 1, False), ('not("a","b")', "c", True),
    ('not("a","b")', "a", False), ("not(>3)", None, False), ("not(null)", None, False), ("not(null)", 1, True), ("> limit", 11, True),
    ("> limit", 9, False), ("> nosuch", 9, False), ("nosuch", None, False), ("[5..3]", None, False), ("limit", 10, True), ("limit + 1", 11, True), ("wanted", "a", True), ("wanted", "c", False),
    ("? > 3 and ? < 5", 4, True), ("? > 3 and ? < 5", 5, False), ("count(?) > 1", [1, 2], True), ("? in wanted", "b", True),
    ("not(? in wanted)", "c", True), ("not(? > 3)", 3, True), ("some i in ? satisfies i > 2", [1, 3], True), ("-5", -5, True), ("-limit", -10, True),
    ("> -3", 0, True), ('date("2026-03-02")', date(2026, 3, 2), True), ('>= @"2026-03-02"', date(2026, 3, 3), True),
    ('[@"2026-03-01"..@"2026-03-31"]', date(2026, 4, 1), False), ("[1, 2]", [1, 2], True), ("[1, 2]", 2, True), ("(> 5)", 6, True),
    ('starts with(?, "ab")', "abc", True), ("if ? > 1 then true else false", 2, True), ("{a: 1}", {"a": 1}, True),
    ("not(true) or false", False, True),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "value", "passes"), CELLS, ids=[f"{text} | {value}" for text, value, _ in CELLS]
)
def test_a_cell_passes_what_it_names(text: str, value: object, passes: bool) -> None:
    assert parse_unary(text).evaluate(SCOPE, value) is passes


@given(
    st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.integers()) | st.dates() | st.floats()
)
def test_a_cell_answers_yes_or_no_to_any_value(value: object) -> None:
    for text in (
        "-",
        "null",
        "> 5",
        '"a", "b"',
        "[1..5]",
        "not(3)",
        "? > 3",
        "not(null)",
        'date("2026-03-02")',
    ):
        assert parse_unary(text).evaluate({}, value) in (True, False)


def test_a_number_that_is_none_passes_no_number_test() -> None:
    for strange in (float("nan"), Decimal("NaN"), Decimal("sNaN")):
        for text in ("> 5", "<= 5", "5", "[1..5]"):
            assert parse_unary(text).evaluate({}, strange) is False


def test_a_cell_that_takes_too_many_steps_is_stopped() -> None:
    with pytest.raises(FeelError) as caught:
        parse_unary("some i in 1..1000, j in 1..1000 satisfies ? = i + j + 0.5").evaluate(Scope(), 3)
    assert caught.value.code == "FEEL-BUDGET"
