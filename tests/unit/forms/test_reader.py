from collections.abc import Mapping
from decimal import Decimal

import pytest

from forms.definition import FieldType, FormDefinition
from forms.errors import InvalidForm
from forms.reader import read_form
from tests.unit.forms.expressions import parse

JSON = Mapping[str, object]


def document(*fields: JSON) -> JSON:
    return {"key": "f", "title": "F", "fields": list(fields)}


def field(key: str, type_: str = "text", **more: object) -> JSON:
    return {"key": key, "type": type_, "label": "L", **more}


def problems(one: JSON) -> tuple[str, ...]:
    with pytest.raises(InvalidForm) as caught:
        read_form(one, parse)
    return caught.value.problems


def test_a_form_has_sections_or_fields() -> None:
    plain = read_form(document(field("a"), field("b")), parse)
    parted = read_form(
        {
            "key": "f",
            "title": "F",
            "help": "H",
            "sections": [
                {"title": "One", "help": "first", "fields": [field("a")]},
                {"title": "Two", "fields": [field("b")]},
            ],
        },
        parse,
    )
    assert [one.key for one in plain.fields] == [one.key for one in parted.fields] == ["a", "b"]
    assert [section.title for section in parted.sections] == ["One", "Two"]
    assert parted.help == "H"
    assert isinstance(plain, FormDefinition)
    assert plain.field("b").type is FieldType.TEXT
    with pytest.raises(KeyError):
        plain.field("c")


def test_every_key_of_a_field_arrives() -> None:
    one = read_form(
        document(
            field(
                "a",
                "integer",
                min=0,
                max=100,
                required="claim.x == 1",
                help="H",
                editable_by=["r"],
                readable_by=["r"],
            ),
            field("b", "computed", value="a", hidden=True, **{"as": "money"}),
            field(
                "c",
                pattern="[a]",
                min_length=1,
                max_length=2,
                check="c == a",
                message="M",
                visible_if="a == 1",
            ),
            field(
                "d", "choice", choices=[{"value": "v", "label": "V", "offer_if": "a == 1"}], value="claim.v"
            ),
            field("e", "rows", columns=[field("x", "money", min="0.01")]),
            field("g", "lookup", source="claim.list"),
            field("h", format="vin"),
        ),
        parse,
    )
    a, b, c, d, e, g, h = one.fields
    assert (a.minimum, a.maximum, a.help) == (Decimal(0), Decimal(100), "H")
    assert a.editable_by == a.readable_by == frozenset({"r"})
    assert a.required.names == {("claim",)}
    assert (b.hidden, b.shown_as) == (True, FieldType.MONEY)
    assert (c.pattern, c.min_length, c.max_length, c.check.message) == ("[a]", 1, 2, "M")
    assert d.choices[0].offer_if.names == {("a",)}
    assert e.columns[0].minimum == Decimal("0.01")
    assert g.source.names == {("claim",)}
    assert h.format == "vin"


WRONG = [
    (field("a", "texxt"), "'type' is 'texxt'"),
    (field("1a"), "a key is letters"),
    (field("a-b"), "a key is letters"),
    ({"key": "a", "type": "text"}, "'label' is None"),
    (field("a", lable="x"), "'lable' is not known here"),
    (field("a", min=1), "'min' is not known here"),
    (field("a", "integer", min="x"), "'min': Enter a whole number."),
    (field("a", "integer", min=None), "'min': Give a limit."),
    (field("a", "date", max="2026-02-30"), "'max': There is no such day"),
    (field("a", required="1 +"), "'required': not an expression"),
    (field("a", required=1), "'required' is 1, expected an expression"),
    (field("a", visible_if=" "), "'visible_if' is ' '"),
    (field("a", editable_by="adjuster"), "'editable_by' is 'adjuster', expected a list of roles"),
    (field("a", readable_by=[1]), "'readable_by' is [1]"),
    (field("a", "choice"), "a choice needs 'choices'"),
    (field("a", "choice", choices=["a"]), "'choices' is not a list of objects"),
    (field("a", "choice", choices=[{"value": "x", "label": "X"}] * 2), "choice 'x' stands twice"),
    (field("a", "choice", choices=[{"value": " x", "label": "X"}]), "has spaces around"),
    (field("a", "choice", choices=[{"value": "x", "lable": "X", "label": "X"}]), "'lable' is not known"),
    (field("a", pattern="("), "'pattern' is not a pattern"),
    (field("a", format="isbn"), "'format' is 'isbn'"),
    (field("a", max_length=-1), "'max_length' is -1"),
    (field("a", max_length=True), "'max_length' is True"),
    (field("a", min_length=None), "'min_length' is None"),
    (field("a", check="a == 1"), "'check' and 'message' go together"),
    (field("a", message="m"), "'check' and 'message' go together"),
    (field("a", "computed"), "a computed field needs 'value'"),
    (field("a", "computed", value="1", required=True), "'required' is not known here"),
    (field("a", "computed", value="1", hidden="yes"), "'hidden' is 'yes'"),
    (field("a", "computed", value="1", **{"as": "rows"}), "cannot be shown as rows"),
    (field("a", "rows"), "rows need 'columns'"),
    (
        field("a", "rows", columns=[field("x", "rows", columns=[field("y")])]),
        "a column cannot be of type rows",
    ),
    (field("a", "rows", columns=[field("x", visible_if="1 == 1")]), "a column has no 'visible_if'"),
    (field("a", "rows", columns=[field("x"), field("x")]), "column 'x' stands twice"),
    (field("a", help=5), "'help' is 5, expected a text"),
]


@pytest.mark.parametrize(("one", "problem"), WRONG)
def test_a_fault_of_a_field_is_named_with_its_place(one: JSON, problem: str) -> None:
    found = problems(document(one))
    assert any(problem in text for text in found), found
    assert all(text.startswith("fields[0]") for text in found)


def test_every_problem_is_listed() -> None:
    found = problems(
        {"fields": [field("a", required="1 +"), field("b", max_length=-1)], "sections": [], "x": 1}
    )
    assert len(found) == 6


@pytest.mark.parametrize(
    "one",
    [
        {"key": "f", "title": "F"},
        {"key": "f", "title": "F", "fields": []},
        {"key": "f", "title": "F", "sections": 5},
    ],
)
def test_a_form_asks_something(one: JSON) -> None:
    assert problems(one)


def test_two_fields_have_two_keys() -> None:
    assert problems(document(field("a"), field("a"))) == ("fields: key 'a' stands twice",)


DOWNWARD = [
    {"visible_if": "a == 1"},
    {"required": "a == 1"},
    {"value": "a"},
    {"visible_if": "b == 1"},
    {"required": "b.x == 1"},
    {"check": "b == 1", "message": "m"},
]


@pytest.mark.parametrize("keys", DOWNWARD)
def test_a_condition_looks_upwards_only(keys: JSON) -> None:
    (found,) = problems(document(field("a", **keys), field("b")))
    assert "which does not stand above it" in found


def test_a_check_may_read_its_own_answer_and_all_may_read_what_stands_above() -> None:
    own = field("a", check="a == b", message="m", visible_if="b == 1", required="b == 1", value="b")
    assert read_form(document(field("b"), own), parse)


def test_what_is_offered_looks_upwards_only() -> None:
    choices = [{"value": "v", "label": "V", "offer_if": "b == 1"}]
    assert len(problems(document(field("a", "choice", choices=choices), field("b")))) == 1
    assert len(problems(document(field("a", "lookup", source="b"), field("b")))) == 1


def test_a_column_looks_at_the_columns_before_it_and_the_fields_above() -> None:
    def table(*columns: JSON) -> JSON:
        return field("t", "rows", columns=list(columns))

    good = table(field("x"), field("y", required="x == 1", check="y == b", message="m"))
    assert read_form(document(field("b"), good, field("x")), parse)
    for bad in (
        table(field("y", required="x == 1"), field("x")),
        table(field("y", required="b == 1")),
        table(field("y", required="t == 1")),
        table(field("y", required="y == 1")),
        table(field("y", check="x == 1", message="m"), field("x")),
    ):
        assert len(problems(document(bad, field("b")))) == 1, bad
