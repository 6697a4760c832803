"""An answer by hand: what is asked for by a contract, and every fault at its field."""

from decimal import Decimal

import pytest

from cases.caseapp import by_hand
from cases.caseapp.by_hand import DOCUMENT, Asked
from cases.caseapp.document import OperationSpec
from cases.errors import Invalid
from cases.feel import parse

SCHEMA = {
    "type": "object",
    "required": ["inForce", "kind"],
    "properties": {
        "inForce": {"type": "boolean"},
        "kind": {"enum": ["car", "van"]},
        "age": {"type": ["number", "null"], "minimum": 0, "maximum": 900},
        "seats": {"type": "integer"},
        "parts": {"type": "array"},
    },
}
OPERATION = OperationSpec(
    name="find",
    method="GET",
    path="/find",
    answer=parse("{found: body.inForce, kind: body.kind, age: body.age, note: body.note}"),
    schema=SCHEMA,
)
BARE = OperationSpec(name="say", method="POST", path="/say")


def test_the_questions_are_those_of_the_schema_and_of_what_the_answer_reads() -> None:
    assert by_hand.questions(OPERATION) == (
        Asked("inForce", "boolean", required=True),
        Asked("kind", "choice", required=True, choices=("car", "van")),
        Asked("age", "number", least="0", most="900"),
        Asked("seats", "integer"),
        Asked("parts", "json"),
        Asked("note", "string"),
    )


def test_a_good_answer_becomes_the_result_that_the_service_would_have_given() -> None:
    given = {"inForce": "true", "kind": "van", "age": " 4.5 ", "seats": "", "parts": "[1]", "note": "Old."}
    found = by_hand.result_of(OPERATION, {}, given)
    assert found == {"found": True, "kind": "van", "age": Decimal("4.5"), "note": "Old."}


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("inForce", ""),
        ("inForce", "perhaps"),
        ("kind", "bus"),
        ("age", "old"),
        ("age", "NaN"),
        ("age", "-1"),
        ("age", "901"),
        ("seats", "2.5"),
        ("parts", "[1"),
        ("parts", "{}"),
    ],
)
def test_what_breaks_the_contract_is_told_at_its_field_once(field: str, text: str) -> None:
    with pytest.raises(Invalid) as refused:
        by_hand.result_of(OPERATION, {}, {"inForce": "true", "kind": "car", field: text})
    assert [problem.where for problem in refused.value.problems] == [field]


def test_where_no_field_is_named_the_whole_answer_is_asked_for_as_json() -> None:
    assert by_hand.questions(BARE) == (Asked(DOCUMENT, "json", required=True),)
    assert by_hand.result_of(BARE, {}, {DOCUMENT: '{"a": {"b": 1}}'}) == {"a": {"b": 1}}
    for text in ("", "[1]", "nonsense"):
        with pytest.raises(Invalid) as refused:
            by_hand.result_of(BARE, {}, {DOCUMENT: text})
        assert [problem.where for problem in refused.value.problems] == [DOCUMENT]


def test_a_step_pays_where_it_changes_something_and_is_told_an_amount() -> None:
    reading = OperationSpec(name="find", method="GET", path="/", read_only=True)
    assert by_hand.moves_money(BARE, {"amount": Decimal(5)})
    assert not by_hand.moves_money(BARE, {"to": "somebody"})
    assert not by_hand.moves_money(reading, {"amount": Decimal(5)})
    assert not by_hand.moves_money(None, {"amount": Decimal(5)})
