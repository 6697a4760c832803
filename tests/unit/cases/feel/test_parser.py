"""What is no expression is refused, and the place is told."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.feel import FeelError, parse, parse_unary
from cases.feel.budget import MAX_DEPTH
from cases.feel.syntax import And, Arithmetic, If, Literal, Or, Path

ERRORS = [
    ("", 0, 'a value should stand here, not the end'),
    ("1 +", 3, "a value should stand here, not the end"),
    ("1 + + 2", 4, 'a value should stand here, not "+"'),
    ("(1", 2, '")" should stand here, not the end'),
    ("[1, 2", 5, '"]" should stand here, not the end'),
    ("a b", 2, 'the expression should end here, not "b"'),
    ("x = = 1", 4, 'a value should stand here, not "="'),
    ("if a then b", 11, '"else" should stand here, not the end'),
    ("if a else b", 5, '"then" should stand here, not "else"'),
    ("for x return x", 4, 'a name and "in" should stand here, not "x"'),
    ("some x in xs", 12, '"satisfies" should stand here, not the end'),
    ("a.1", 1, 'the expression should end here, not ".1"'),
    ("a. + 1", 3, 'a name should follow the dot, not "+"'),
    ("1 between 2", 11, '"and" should stand here, not the end'),
    ("x instance number", 11, '"of" should follow "instance", not "number"'),
    ('"abc', 0, "a text has no end"),
    ("@5", 0, "a text should follow the @"),
    ("a # b", 2, "'#' has no meaning here"),
    ("{a 1}", 1, 'a key and a colon should stand here, not "a"'),
    ("{a: 1", 5, '"}" should stand here, not the end'),
    ("f(a: 1, 2)", 8, 'a parameter and a colon should stand here, not "2"'),
    ("[1..2", 5, "the range should be closed by ] or ) or [, not the end"),
    ("]1, 2[", 2, '".." and the end of the range should follow, not ","'),
    ("function(a", 9, 'a parameter should stand here, not "a"'),
    ("import os", 7, 'the expression should end here, not "os"'),
    ("x == 1", 3, 'a value should stand here, not "="'),
    ("a && b", 2, "'&' has no meaning here"),
    ("'abc'", 0, "\"'\" has no meaning here"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "position", "message"), ERRORS, ids=[text for text, _, _ in ERRORS])
def test_what_is_no_expression_is_refused_with_its_place(text: str, position: int, message: str) -> None:
    with pytest.raises(FeelError) as caught:
        parse(text)
    error = caught.value
    assert (error.code, error.position, error.message, error.text) == ("FEEL-SYNTAX", position, message, text)


def test_an_error_shows_the_text_around_its_place() -> None:
    with pytest.raises(FeelError) as caught:
        parse('claim.amount > and claim.type = "auto"')
    assert (
        str(caught.value)
        == 'a value should stand here, not "and" (at 16: claim.amount > ▸and claim.type = "au)'
    )


@pytest.mark.parametrize("text", ["< 5 and", "not(", "1,", ", 1", "> > 3", "- -", "[1..2"])
def test_what_is_no_test_is_refused(text: str) -> None:
    with pytest.raises(FeelError):
        parse_unary(text)


def test_chains_are_flat() -> None:
    assert len(operands := parse(" and ".join(["a"] * 500)).tree.operands) == 500  # type: ignore[union-attr]
    assert isinstance(parse("a and b or c").tree, Or)
    assert isinstance(parse("a and b and c").tree, And)
    assert isinstance(parse("1 + a - 3").tree, Arithmetic)
    assert operands[0] == operands[0]
    tree = parse("a.b.c.d").tree
    assert isinstance(tree, Path)
    assert tree.names == ("b", "c", "d")


def test_a_long_chain_of_branches_is_one_node_and_works() -> None:
    text = "".join(f"if x = {number} then {number} else " for number in range(120)) + "-1"
    expression = parse(text)
    assert isinstance(expression.tree, If)
    assert [expression.evaluate({"x": value}) for value in (0, 119, 120)] == [0, 119, -1]


@pytest.mark.parametrize(
    "opening", ["(", "[", "{a: ", "-", "f(", "if a then 1 else (", "x in (", "function(a) ", "not("]
)
def test_nesting_beyond_the_limit_is_refused(opening: str) -> None:
    with pytest.raises(FeelError) as caught:
        parse(opening * 200 + "1")
    assert caught.value.code in ("FEEL-DEPTH", "FEEL-SYNTAX")


def test_nesting_below_the_limit_is_read() -> None:
    depth = MAX_DEPTH // 2 - 1
    assert parse("(" * depth + "1" + ")" * depth).evaluate({}) == 1


@pytest.mark.parametrize("text", ["=1" * 400, "[1]" * 400, "()" * 400])
def test_a_chain_that_is_not_flat_has_a_limit_of_its_own(text: str) -> None:
    with pytest.raises(FeelError) as caught:
        parse("1" + text)
    assert caught.value.code == "FEEL-DEPTH"


@pytest.mark.parametrize("text", ["[1..a[" * 600, "x in (" * 600, "(a)[" * 900, "not(" * 900, "1..[" * 900])
def test_hostile_brackets_are_refused_at_once(text: str) -> None:
    """None of these is read twice at every level, which would never end."""
    with pytest.raises(FeelError):
        parse(text)
    with pytest.raises(FeelError):
        parse_unary(text)


def test_an_expression_that_is_too_long_is_refused() -> None:
    with pytest.raises(FeelError) as caught:
        parse("1" + "+1" * 3000)
    assert caught.value.code == "FEEL-LENGTH"


def place_of_fault(reader: Callable[[str], object], text: str) -> int:
    try:
        reader(text)
    except FeelError as error:
        return error.position
    return 0


@given(st.text(alphabet='ab1 .,()[]{}"@+-*/<>=?:iinforthelsubd\\\n', max_size=60))
def test_any_text_is_read_or_refused_and_never_breaks(text: str) -> None:
    for reader in (parse, parse_unary):
        assert 0 <= place_of_fault(reader, text) <= len(text)


@given(st.integers(min_value=0) | st.decimals(min_value=0, allow_nan=False, allow_infinity=False, places=4))
def test_a_number_is_read_as_it_is_written(number: object) -> None:
    tree = parse(f"{number:f}" if not isinstance(number, int) else str(number)).tree
    assert isinstance(tree, Literal)
    assert tree.value == number
