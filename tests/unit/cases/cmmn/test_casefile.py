from decimal import Decimal

import pytest

from cases.cmmn import casefile
from cases.cmmn.casefile import NoSuchPath

VALUES = {"claim": {"amount": 5, "document": [{"title": "a"}, {"title": "b"}]}}


def test_a_path_leads_through_objects_and_lists():
    assert casefile.read(VALUES, ("claim", "document", "[1]", "title")) == "b"
    assert casefile.read_or_null(VALUES, ("claim", "nothing")) is None


@pytest.mark.parametrize(
    "path",
    [
        ("x",),
        ("claim", "[0]"),
        ("claim", "document", "[2]"),
        ("claim", "document", "[x]"),
        ("claim", "amount", "y"),
    ],
)
def test_a_path_that_leads_nowhere_says_so(path):
    with pytest.raises(NoSuchPath):
        casefile.read(VALUES, path)


def test_a_new_value_copies_what_lies_on_its_path_and_nothing_else():
    changed = casefile.with_value(VALUES, ("claim", "amount"), 6)
    assert changed["claim"]["amount"] == 6
    assert VALUES["claim"]["amount"] == 5
    assert changed["claim"]["document"] is VALUES["claim"]["document"]


def test_a_value_at_the_end_of_a_list_makes_it_longer_but_not_beyond():
    changed = casefile.with_value(VALUES, ("claim", "document", "[2]"), {"title": "c"})
    assert len(changed["claim"]["document"]) == 3
    with pytest.raises(NoSuchPath):
        casefile.with_value(VALUES, ("claim", "document", "[4]"), {})


def test_what_is_missing_on_the_way_is_made():
    assert casefile.with_value({}, ("a", "b", "[0]", "c"), 1) == {"a": {"b": [{"c": 1}]}}
    with pytest.raises(NoSuchPath):
        casefile.with_value(VALUES, ("claim", "amount", "euros"), 1)
    with pytest.raises(NoSuchPath):
        casefile.with_value(VALUES, (), 1)


def test_an_element_taken_out_of_a_list_closes_the_gap():
    changed = casefile.without(VALUES, ("claim", "document", "[0]"))
    assert changed["claim"]["document"] == [{"title": "b"}]
    assert casefile.without(VALUES, ("claim",)) == {}
    with pytest.raises(NoSuchPath):
        casefile.without(VALUES, ("claim", "payout"))


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (1, Decimal("1.0"), True),
        (1, True, False),
        (0, False, False),
        (True, True, True),
        (None, None, True),
        (None, False, False),
        ("1", 1, False),
        ([1, {"a": None}], [1, {"a": None}], True),
        ([1], [1, 2], False),
        ({"a": 1}, {"a": True}, False),
        ({"a": 1}, {"b": 1}, False),
        ([], {}, False),
    ],
)
def test_equal_means_equal_as_json(one, other, equal):
    assert casefile.same(one, other) is equal
    assert casefile.same(other, one) is equal


def test_a_path_is_written_as_people_read_it():
    assert casefile.written(("claim", "document", "[1]", "title")) == "/claim/document[1]/title"
    assert casefile.names_of(("claim", "document", "[1]")) == ("claim", "document")
