"""The reference page of forms and its schema tell what the reader does."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from cases import feel
from forms.definition import FieldType
from forms.errors import InvalidForm
from forms.fieldtypes import TYPES
from forms.identifiers import FORMATS
from forms.reader import _allowed, read_form
from tests.unit.forms.test_reader import WRONG, document

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/reference/forms.md").read_text()
SCHEMA = json.loads((ROOT / "docs/reference/forms.schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)
EXAMPLES = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
SHIPPED = sorted((ROOT / "cases/library").glob("*/forms/*.json"))
NOT_SAYABLE = (
    "stands twice",
    "'pattern' is not",
    "spaces around",
    "is not an expression",
    "not an expression",
    "There is no such day",
    "' '",
)
"""What a schema cannot say, or says of the language: the reader says it."""

JSON = Mapping[str, object]


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["key"])
def test_every_example_of_the_page_is_a_form(example: JSON) -> None:
    assert not list(VALIDATOR.iter_errors(example))
    assert read_form(example, feel.parse, feel.FeelError).key == example["key"]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: "/".join(path.parts[-3:]))
def test_every_form_that_ships_is_one(path: Path) -> None:
    document = json.loads(path.read_text())
    assert not [error.message for error in VALIDATOR.iter_errors(document)]
    assert read_form(document, feel.parse, feel.FeelError).key == path.stem


@pytest.mark.parametrize(("one", "problem"), WRONG)
def test_schema_and_reader_refuse_the_same(one: JSON, problem: str) -> None:
    with pytest.raises(InvalidForm):
        read_form(document(one), feel.parse, feel.FeelError)
    if not any(text in problem for text in NOT_SAYABLE):
        assert list(VALIDATOR.iter_errors(document(one))), problem


def test_schema_and_reader_know_the_same_keys() -> None:
    branches = {
        part["then"]["properties"]["type"]["const"]: part["then"]
        for part in SCHEMA["$defs"]["field"]["allOf"]
    }
    assert set(branches) == set(FieldType)
    for kind in FieldType:
        assert set(branches[kind]["properties"]) == set(_allowed(kind)), kind
    columns = {part["then"]["properties"]["type"]["const"] for part in SCHEMA["$defs"]["column"]["allOf"]}
    assert columns == {kind for kind in FieldType if TYPES[kind].column}
    assert set(branches["text"]["properties"]["format"]["enum"]) == set(FORMATS)


def test_the_page_names_every_type_and_every_key() -> None:
    keys = frozenset().union(*(_allowed(kind) for kind in FieldType)) - {"type"}
    for name in (*FieldType, *keys, *FORMATS):
        assert f"`{name}`" in PAGE, name
