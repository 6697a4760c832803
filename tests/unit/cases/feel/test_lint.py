# ruff: noqa: E501 - a table is read by its rows.

import pytest

from cases.feel import parse, parse_unary
from cases.feel.lint import examine, examine_tests

KNOWN = [("claim", "amount"), ("claim", "type"), ("D2",), ("limit",)]


@pytest.mark.parametrize(
    "text",
    [
        "claim.amount > limit", "D2.track = \"fast\"", "claim.type in (\"a\", \"b\")", "count(claim)", "claim.amount.currency",
        "claim.amount = null", "claim.amount != null", "date(\"2026-03-02\") > D2.when", "now() > D2.due",
        "for i in D2.items return i.price * limit", "1 = 1.0",
    ],
)  # fmt: skip
def test_nothing_is_said_of_a_good_expression(text: str) -> None:
    assert examine(parse(text).tree, KNOWN) == []


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("claim.amout > 5", "FEEL-NAME", "nothing here is called claim.amout"),
        ("nosuch(1)", "FEEL-NAME", "nothing here is called nosuch"),
        ("D3.track = 1", "FEEL-NAME", "nothing here is called D3.track"),
        ("limit = 1 and 1 = \"1\"", "FEEL-NULL", "is always null: number = string"),
        ("limit > null", "FEEL-NULL", "is always null: > null"),
        ("limit + null", "FEEL-NULL", "is always null: it counts with null"),
        ("limit > 1 and D2.when < date(\"31.12.2026\")", "FEEL-NULL", "is always null: \"31.12.2026\" is no date"),
        ("now() > date and time(\"2026-03-02T10:00:00Z\")", "FEEL-TIME", "changes with time alone: no change of data makes it true"),
    ],
)  # fmt: skip
def test_an_author_is_told(text: str, code: str, message: str) -> None:
    (problem,) = examine(parse(text).tree, KNOWN)
    assert (problem.code, problem.message) == (code, message)


def test_an_author_is_told_of_a_cell() -> None:
    (problem,) = examine_tests(parse_unary("> limt").tree, KNOWN)
    assert (problem.code, problem.where) == ("FEEL-NAME", "limt")
    assert examine_tests(parse_unary("> limit, ? < 3").tree, KNOWN) == []
