"""Laws of values that hold for all of them."""

# ruff: noqa: E501 - a table is read by its rows.

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from cases.feel import FeelError, parse
from cases.feel.budget import Budget
from cases.feel.temporal import Months, read_date, read_datetime, read_duration, read_time, write
from cases.feel.values import (
    Checked,
    add,
    both,
    either,
    equal,
    kind,
    multiply,
    negate,
    opposite,
    order,
    subtract,
)

truths = st.none() | st.booleans()
numbers = st.integers(-(10**30), 10**30) | st.decimals(-(10**20), 10**20, allow_nan=False, places=6)
moments = st.times() | st.dates() | st.datetimes() | st.datetimes(timezones=st.just(UTC)) | st.timedeltas()
scalars = (
    st.none()
    | st.booleans()
    | numbers
    | st.text(max_size=5)
    | moments
    | st.builds(Months, st.integers(-999, 999))
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


@given(truths, truths)
def test_three_valued_logic_obeys_de_morgan(left: bool | None, right: bool | None) -> None:
    assert opposite(both(left, right)) is either(opposite(left), opposite(right))
    assert both(left, right) is both(right, left)
    assert either(left, right) is either(right, left)


@given(values)
def test_a_value_equals_itself(value: object) -> None:
    assert equal(value, value, Budget()) is True


@given(values, values)
def test_equality_is_the_same_both_ways(left: object, right: object) -> None:
    assert equal(left, right, Budget()) in (equal(right, left, Budget()), None)


@given(values, values)
def test_what_has_no_order_has_none_both_ways(left: object, right: object) -> None:
    less, greater = (
        order(left, right, lambda one, other: one < other),
        order(right, left, lambda one, other: one > other),
    )
    assert less is greater


@given(values, values)
def test_arithmetic_of_any_two_values_is_a_value_and_never_raises(left: object, right: object) -> None:
    for operator in ("+", "-", "*", "/", "**"):
        kind(parse(f"a {operator} b").evaluate({"a": left, "b": right}))


@given(numbers, numbers)
def test_addition_may_be_swapped_and_taken_back(left: Checked, right: Checked) -> None:
    assert equal(add(left, right), add(right, left), Budget()) is True
    assert equal(subtract(left, right), negate(subtract(right, left)), Budget()) is True
    assert equal(multiply(left, right), multiply(right, left), Budget()) is True


@given(st.integers(-(10**15), 10**15), st.integers(-(10**15), 10**15))
def test_whole_numbers_count_exactly(left: int, right: int) -> None:
    assert (add(left, right), subtract(left, right), multiply(left, right)) == (
        left + right,
        left - right,
        left * right,
    )


@given(st.dates(), st.times(), st.datetimes(), st.timedeltas(), st.integers(-(10**6), 10**6))
def test_what_is_written_reads_back(
    day: date, moment: time, both_of_them: datetime, span: timedelta, months: int
) -> None:
    assert read_date(write(day)) == day
    assert read_time(write(moment)) == moment
    assert read_datetime(write(both_of_them)) == both_of_them
    assert read_duration(write(span)) == span
    assert read_duration(write(Months(months))) == Months(months)


@given(values)
def test_a_value_passes_through_an_expression_unharmed(value: object) -> None:
    assert parse("v").evaluate({"v": value}) is value


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), values | st.decimals() | st.floats()))
def test_an_expression_is_total(scope: dict[str, object]) -> None:
    for text in (
        "a.b > c and b[1] = c", "a + b - c", "string(a)", "for i in a return i.b", "a in (b, > c, [b..c])", "[1, 2][a]", "for i in a..b return i", "round up(a, b)",
        "count(a) + sum(b)", "sort(a)", "date(a) - date(b)", "min(a, b, c)", "a instance of list<number>", "if a then b else c",
    ):  # fmt: skip
        try:
            parse(text).evaluate(scope)
        except FeelError as error:
            if error.code != "FEEL-BUDGET":
                raise


def test_a_float_is_the_number_that_it_shows() -> None:
    assert parse("f * 3").evaluate({"f": 0.1}) == Decimal("0.3")
