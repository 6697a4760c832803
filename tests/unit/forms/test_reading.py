from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms import reading
from forms.reading import Unreadable

NUMBERS = {
    "12": Decimal(12),
    " 12.50 ": Decimal("12.50"),
    "-0.5": Decimal("-0.5"),
    "+3": Decimal(3),
    "0.1234567890123456789012345678901234": Decimal("0.1234567890123456789012345678901234"),
    5: Decimal(5),
    0.1: Decimal("0.1"),
    Decimal("1E+3"): Decimal(1000),
}


@pytest.mark.parametrize(
    ("raw", "amount"),
    [("1,000", 1000), ("-12,000", -12000), ("1,234,567", 1234567), ("999,000,000,000", 999000000000)],
)
def test_commas_between_groups_of_three_are_read_over(raw: str, amount: int) -> None:
    assert reading.read_integer(raw, UTC) == amount
    assert reading.read_decimal(f"{raw}.5", UTC) == Decimal(f"{amount}.5")
    assert str(reading.read_money(f"{raw}.50", UTC)) == f"{amount}.50"


@pytest.mark.parametrize("raw", NUMBERS)
def test_a_number_is_read_exactly(raw: object) -> None:
    found = reading.read_decimal(raw, UTC)
    assert found == NUMBERS[raw]
    assert isinstance(found, Decimal)
    assert "E" not in str(found)


@pytest.mark.parametrize(
    "raw",
    [
        "1e6",
        "1,00",
        "10,000,00",
        "1000,000",
        "0,500",
        ",100",
        "1,000,",
        "1.000,00",
        "1.500,000",
        "1.",
        ".5",
        "NaN",
        "Infinity",
        "0x1",
        "١٢",
        "1 2",
        True,
        float("nan"),
        float("inf"),
        [1, 2],
        {},
        Decimal("NaN"),
        Decimal("1E+40"),
        Decimal("1E-40"),
        10**40,
        "1" * 20 + "." + "1" * 20,
        Decimal("1E+999999"),
    ],
)
def test_what_is_no_plain_number_is_refused(raw: object) -> None:
    for read in (reading.read_decimal, reading.read_money, reading.read_integer):
        with pytest.raises(Unreadable):
            read(raw, UTC)


def test_zero_has_no_sign() -> None:
    assert str(reading.read_money("-0.00", UTC)) == "0.00"


@pytest.mark.parametrize(
    ("raw", "text"), [("12", "12.00"), (12.5, "12.50"), ("0.100", "0.10"), (Decimal("7.10"), "7.10")]
)
def test_money_has_two_places(raw: object, text: str) -> None:
    assert str(reading.read_money(raw, UTC)) == text


@pytest.mark.parametrize("raw", ["0.001", 0.125])
def test_money_is_never_rounded(raw: object) -> None:
    with pytest.raises(Unreadable, match="two decimal places"):
        reading.read_money(raw, UTC)


@given(st.integers(-(10**30), 10**30))
def test_cents_survive_the_way_through_text(cents: int) -> None:
    amount = Decimal(cents).scaleb(-2)
    assert reading.read_money(format(amount, "f"), UTC) == amount


@pytest.mark.parametrize(
    ("raw", "value"), [("7", 7), (7, 7), (7.0, 7), (Decimal("7.0"), 7), ("-7", -7), ("9" * 34, 10**34 - 1)]
)
def test_a_whole_number_is_an_int(raw: object, value: int) -> None:
    found = reading.read_integer(raw, UTC)
    assert found == value
    assert type(found) is int


@pytest.mark.parametrize("raw", ["7.0", 7.5, Decimal("0.1"), "9" * 35])
def test_what_is_not_whole_is_refused(raw: object) -> None:
    with pytest.raises(Unreadable):
        reading.read_integer(raw, UTC)


@pytest.mark.parametrize(
    ("raw", "value"),
    [("true", True), ("Yes", True), ("on", True), ("0", False), ("no", False), (True, True), (False, False)],
)
def test_yes_is_yes_and_no_is_no(raw: object, value: bool) -> None:
    assert reading.read_yes_or_no(raw, UTC) is value


@pytest.mark.parametrize("raw", ["maybe", 1, 0, "ja"])
def test_anything_else_is_neither(raw: object) -> None:
    with pytest.raises(Unreadable):
        reading.read_yes_or_no(raw, UTC)


def test_a_day_is_one_of_the_calendar() -> None:
    assert reading.read_day(" 2024-02-29 ", UTC) == date(2024, 2, 29)
    for raw in (
        "2026-02-29",
        "2026-2-1",
        "20260201",
        "2026-W01-1",
        "0000-01-01",
        20260201,
        "2026-01-01T00:00",
    ):
        with pytest.raises(Unreadable):
            reading.read_day(raw, UTC)


def test_a_moment_is_kept_in_utc() -> None:
    found = reading.read_moment("2026-03-02T09:00:00.5-05:00", UTC)
    assert found == datetime(2026, 3, 2, 14, 0, 0, 500_000, tzinfo=UTC)
    for raw in (
        "2026-03-02",
        "2026-03-02T25:00",
        "2026-03-02 09:00",
        "0001-01-01T00:00+14:00",
        5,
        "2026-03-02T09",
    ):
        with pytest.raises(Unreadable):
            reading.read_moment(raw, UTC)


def test_lines_have_one_kind_of_newline() -> None:
    assert reading.read_long_text(" a\r\nb\rc\td ", UTC) == "a\nb\nc\td"


@pytest.mark.parametrize("raw", ["a\x00b", "a\x1bb", "a\ud800b", 5, ["a", "b"], {"a": 1}])
def test_a_text_is_plain(raw: object) -> None:
    for read in (reading.read_text, reading.read_long_text, reading.read_reference):
        with pytest.raises(Unreadable):
            read(raw, UTC)


def test_what_is_worked_out_takes_no_answer() -> None:
    with pytest.raises(Unreadable, match="worked out"):
        reading.read_nothing("x", UTC)


def test_one_line_is_one_line() -> None:
    with pytest.raises(Unreadable):
        reading.read_text("a\nb", UTC)


def test_a_reference_is_the_key_of_a_case() -> None:
    assert reading.read_reference("CLM-2026-000123", UTC) == "CLM-2026-000123"
    for raw in ("CLM 1", "../x", "-x", "x" * 65):
        with pytest.raises(Unreadable):
            reading.read_reference(raw, UTC)


def test_several_texts_are_each_given_once() -> None:
    assert reading.read_texts(["", " a ", "b"], UTC) == ["a", "b"]
    assert reading.read_texts("a", UTC) == ["a"]
    assert reading.read_texts([""], UTC) is None
    for raw in (["a", "a"], [1], {"a": 1}, ["a\x00"], 5):
        with pytest.raises(Unreadable):
            reading.read_texts(raw, UTC)


READERS = [
    reading.read_text,
    reading.read_long_text,
    reading.read_integer,
    reading.read_decimal,
    reading.read_money,
    reading.read_yes_or_no,
    reading.read_day,
    reading.read_moment,
    reading.read_texts,
    reading.read_reference,
]


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("raw", [None, "", "  ", [], [""], [" "]])
def test_an_empty_answer_is_none(read: Callable[[object, object], object], raw: object) -> None:
    assert read(raw, UTC) is None
