"""How values look: by table."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from flask import Flask

from app.presentation import filters

DASH = "\N{EN DASH}"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(0, "0 m"), (59, "59 m"), (60, "1 h 00 m"), (125, "2 h 05 m"), (1440, "1 d"), (1500, "1 d 1 h")],
)
def test_a_length_of_time_is_told_in_its_two_largest_units(minutes: int, words: str) -> None:
    assert filters.lasting(timedelta(minutes=minutes)) == words


@pytest.mark.parametrize(
    ("due", "tone", "used"),
    [(-1, "red", 100), (1, "amber", 90), (1.99, "amber", 80), (2.01, "green", 80), (5, "green", 50)],
)
def test_a_deadline_turns_amber_in_its_last_fifth_and_red_when_it_is_over(
    due: float, tone: str, used: int
) -> None:
    began = NOON - timedelta(hours=10 - due)
    found = filters.deadline(NOON + timedelta(hours=due), began, NOON)
    assert found is not None
    assert (found.tone, found.used) == (tone, used)


def test_what_is_never_due_has_no_badge() -> None:
    assert filters.deadline(None, NOON, NOON) is None
    assert filters.deadline(datetime(9999, 1, 1, tzinfo=UTC), NOON, NOON) is None


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, DASH),
        ("", DASH),
        ([], DASH),
        ({}, DASH),
        (True, "Yes"),
        (False, "No"),
        (0, "0"),
        (Decimal("7840.50"), "7,840.5"),
        ("2026-02-27", "27 Feb 2026"),
        ("2026-13-99", "2026-13-99"),
        ("<b>", "<b>"),
        (["a", 1], "a, 1"),
        ({"lossType": "theft"}, "Loss type: theft"),
    ],
)
def test_a_value_of_the_case_file_in_one_line(app: Flask, value: object, shown: str) -> None:
    with app.test_request_context("/"):
        assert filters.plain(value) == shown


@pytest.mark.parametrize(
    ("name", "letters"), [("Ana Lindqvist", "AL"), ("ana", "A"), ("Jo van der Berg", "JB"), ("", "?")]
)
def test_initials(name: str, letters: str) -> None:
    assert filters.initials(name) == letters
