"""Values of scenario files: what equals what, and what a case file holds of them."""

from decimal import Decimal

import pytest

from cases.scenarios import values


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (1, Decimal("1.0")),
        ({"a": None}, {}),
        ({}, {"a": None}),
        ({"instant": "2024-03-04T08:00:00Z"}, "2024-03-04T09:00:00+01:00"),
        ({"local_date": "2024-03-04"}, "2024-03-04"),
        ({"json": [1, {"a": 2}]}, [1, {"a": 2}]),
    ],
)
def test_what_is_equal(wanted: object, found: object) -> None:
    assert values.equal(wanted, found)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (1, "1"),
        (1, True),
        (None, False),
        ([1, 2], [2, 1]),
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"instant": "2024-03-04T08:00:00Z"}, "2024-03-04T08:00:01Z"),
        ({"instant": "2024-03-04T08:00:00Z"}, None),
        ("a", ["a"]),
    ],
)
def test_what_is_not(wanted: object, found: object) -> None:
    assert not values.equal(wanted, found)


def test_rows_are_paired_one_to_one() -> None:
    def fits(row: object, one: object) -> bool:
        return row in (one, "any")

    assert values.paired(["any", "a"], ["a", "b"], fits)
    assert not values.paired(["a", "a"], ["a", "b"], fits)
    assert not values.paired(["any"], ["a", "b"], fits)


def test_rows_that_only_wait_for_a_repetition_are_taken_out() -> None:
    assert values.counted({"A": ["active", "waiting"], "B": "waiting"}) == {"A": {"active": 1}, "B": {}}
