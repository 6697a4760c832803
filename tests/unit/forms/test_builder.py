from collections.abc import Mapping
from html.parser import HTMLParser

import pytest

from forms.builder import DrawnForm, build, show_errors
from forms.definition import FieldType
from forms.errors import InvalidAnswers
from forms.reader import read_form
from forms.validation import accept
from forms.widgets import FIELDS
from tests.unit.forms.expressions import parse

JSON = Mapping[str, object]
ROLES = {"adjuster"}
CHOICES = [{"value": "a", "label": "A & B"}, {"value": "b", "label": "B", "offer_if": "claim.big == True"}]

MORE: Mapping[FieldType, JSON] = {
    FieldType.CHOICE: {"choices": CHOICES},
    FieldType.CHOICES: {"choices": CHOICES},
    FieldType.ROWS: {
        "columns": [
            {"key": "who", "type": "text", "label": "Who"},
            {"key": "pct", "type": "integer", "label": "%"},
        ]
    },
    FieldType.COMPUTED: {"value": "claim.net"},
    FieldType.LOOKUP: {"source": "shops"},
}
FILE = {"claim": {"net": "4000.00"}, "shops": ["Anna's"]}


class Page(HTMLParser):
    """The elements of a piece of HTML, in order: (tag, attributes)."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(str(html))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.found if tag in tags]

    def controls(self) -> list[dict[str, str | None]]:
        return [one for one in self.all("input", "select", "textarea") if one.get("type") != "hidden"]


def drawn(*fields: JSON, answers: JSON | None = None, roles: set[str] = ROLES) -> DrawnForm:
    definition = read_form({"key": "f", "title": "F", "fields": list(fields)}, parse)
    return build(definition, roles, answers or {}, FILE)


def field(key: str, type_: str = "text", **more: object) -> JSON:
    return {"key": key, "type": type_, "label": key.title(), **MORE.get(FieldType(type_), {}), **more}


@pytest.mark.parametrize("type_", FieldType)
def test_every_type_is_drawn_and_tied_to_its_words(type_: FieldType) -> None:
    form = drawn(field("x", type_, help="So and so."))
    page = Page(form["x"]())
    control = next(one for _, one in page.found if one.get("id") == "x")
    assert control["aria-describedby"] == "x-help"
    assert form["x"].label.field_id == "x"
    assert form["x"].description == "So and so."
    if form["x"].group and type_ != FieldType.FILES:
        assert control["role"] in ("group", "radiogroup")
    ids = [one["id"] for _, one in page.found if "id" in one]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("type_", sorted(set(FieldType) - {FieldType.COMPUTED}))
def test_an_error_is_linked_to_its_control(type_: FieldType) -> None:
    form = drawn(field("x", type_))
    show_errors(form, InvalidAnswers({"x": ["Wrong."]}))
    assert form["x"].errors == ["Wrong."]
    page = Page(form["x"]())
    described = [one for _, one in page.found if "x-error" in (one.get("aria-describedby") or "")]
    assert described
    assert form["x"].error_id == "x-error"


@pytest.mark.parametrize("type_", FieldType)
def test_what_one_may_not_edit_sends_nothing(type_: FieldType) -> None:
    form = drawn(field("x", type_, **({} if type_ == FieldType.COMPUTED else {"editable_by": ["senior"]})))
    page = Page(form["x"]())
    assert all("disabled" in one for one in page.controls())
    assert not [one for one in page.all("input") if one.get("type") == "hidden"]
    assert form["x"].editable is False


def test_what_is_drawn_and_sent_back_unchanged_is_accepted() -> None:
    definition = read_form(
        {
            "key": "f",
            "title": "F",
            "fields": [
                field(f"{type_}_{state}", type_, **rights)
                for type_ in FieldType
                if type_ != FieldType.COMPUTED
                for state, rights in (
                    ("mine", {}),
                    ("theirs", {"editable_by": []}),
                    ("secret", {"readable_by": []}),
                )
            ],
        },
        parse,
    )
    sent: dict[str, list[str]] = {}
    for one in build(definition, ROLES, {}, FILE):
        for control in Page(one()).all("input", "select", "textarea"):
            if (
                "disabled" not in control
                and control.get("name")
                and control.get("type") not in ("radio", "checkbox", "file")
            ):
                sent.setdefault(control["name"], []).append(control.get("value") or "")
    assert all(value is None for value in accept(definition, sent, ROLES, FILE).values.values())


def test_what_is_hidden_is_not_on_the_page() -> None:
    form = drawn(
        field("a"),
        field("b", visible_if="a == 'x'"),
        field("c", readable_by=["senior"]),
        field("d", "computed", hidden=True),
        field("e", "computed"),
    )
    assert [one.name for one in form] == ["a", "e"]
    assert [one.name for one in form.sections[0].fields] == ["a", "e"]


def test_a_section_without_a_field_to_show_is_not_drawn() -> None:
    sections = [
        {"title": "Seen", "fields": [field("a")]},
        {"title": "Unseen", "fields": [field("b", readable_by=[])]},
    ]
    definition = read_form({"key": "f", "title": "F", "sections": sections}, parse)
    assert [section.title for section in build(definition, ROLES, {}, FILE).sections] == ["Seen"]


def test_an_answer_stands_over_what_is_prefilled() -> None:
    assert drawn(field("a", value="claim.net"))["a"].text() == "4000.00"
    assert drawn(field("a", value="claim.net"), answers={"a": "5"})["a"].text() == "5"
    assert drawn(field("a", value="claim.net"), answers={"a": ""})["a"].text() == ""


def test_what_cannot_be_read_is_shown_as_it_was_sent() -> None:
    form = drawn(field("a", "integer"), field("b", "rows"), answers={"a": ["12x"], "b-3-pct": ["<9>"]})
    assert Page(form["a"]()).controls()[0]["value"] == "12x"
    cells = {one["name"]: one["value"] for one in Page(form["b"]()).controls()}
    assert cells == {
        "b-3-who": "",
        "b-3-pct": "<9>",
        "b-4-who": "",
        "b-4-pct": "",
        "b-5-who": "",
        "b-5-pct": "",
    }


def test_a_cell_has_a_name_for_the_ear_and_its_own_error() -> None:
    form = drawn(field("b", "rows"), answers={"b": [{"who": "x", "pct": 5}]})
    show_errors(form, InvalidAnswers({"b-0-pct": ["Too few."], "b": ["Not a hundred."]}))
    page = Page(form["b"]())
    cell = next(one for one in page.controls() if one["name"] == "b-0-pct")
    assert cell["aria-label"] == "%, row 1"
    assert cell["aria-invalid"] == "true"
    assert cell["aria-describedby"] == "b-0-pct-error"
    assert {"id": "b-0-pct-error", "class": "invalid-feedback d-block"} in page.all("p")
    assert form["b"].errors == ["Not a hundred."]


def test_rows_end_where_the_form_ends_them() -> None:
    assert len(drawn(field("b", "rows", max_length=1))["b"].cells) == 1
    assert len(drawn(field("b", "rows", max_length=1), answers={"b": [{"who": "x"}]})["b"].cells) == 1
    assert len(drawn(field("b", "rows", editable_by=[]))["b"].cells) == 0


def test_an_error_without_a_field_is_shown_with_the_form() -> None:
    form = drawn(field("a"))
    show_errors(form, InvalidAnswers({"zz": ["The form does not ask for this."]}))
    assert form.form_errors == ["zz: The form does not ask for this."]


def test_only_what_is_offered_can_be_chosen_and_the_choice_is_marked() -> None:
    many = [{"value": str(number), "label": f"Number {number}"} for number in range(5)]
    page = Page(drawn(field("a", "choice", choices=many), answers={"a": "3"})["a"]())
    assert [(one["value"], "selected" in one) for one in page.all("option")] == [
        ("", False),
        *((str(number), number == 3) for number in range(5)),
    ]
    boxes = Page(drawn(field("a", "choices"), answers={"a": ["a"]})["a"]())
    assert [(one["value"], "checked" in one) for one in boxes.controls()] == [("a", True)]
    yes = Page(drawn(field("a", "bool"), answers={"a": False})["a"]())
    assert [(one["value"], "checked" in one) for one in yes.controls()] == [
        ("true", False),
        ("false", True),
        ("", False),
    ]


def test_a_few_short_choices_stand_side_by_side_and_many_or_long_ones_in_a_list() -> None:
    few = [{"value": name, "label": name.title()} for name in ("yes", "no", "unsure")]
    form = drawn(field("a", "choice", choices=few, required=True), answers={"a": "no"})
    page = Page(form["a"]())
    assert [(one["type"], one["value"], "checked" in one) for one in page.controls()] == [
        ("radio", "yes", False),
        ("radio", "no", True),
        ("radio", "unsure", False),
    ]
    assert form["a"].group
    long = [{"value": "a", "label": "What takes more than one line to say"}]
    listed = drawn(field("a", "choice", choices=long))["a"]
    assert Page(listed()).all("select")
    assert not listed.group


def test_an_answer_that_is_not_asked_for_can_be_taken_back() -> None:
    offered = {
        required: [
            one["value"] for one in Page(drawn(field("a", "bool", required=required))["a"]()).controls()
        ]
        for required in (True, False)
    }
    assert offered == {True: ["true", "false"], False: ["true", "false", ""]}


def test_nothing_in_an_answer_becomes_markup() -> None:
    evil = '"><script>alert(1)</script>%s%(x)s'
    for type_ in sorted(set(FieldType) - {FieldType.COMPUTED, FieldType.ROWS}):
        page = Page(drawn(field("x", type_, label=evil, help=evil), answers={"x": evil})["x"]())
        assert not page.all("script")
    form = drawn(
        field("x", "rows", columns=[{"key": "a", "type": "text", "label": evil}]), answers={"x-0-a": evil}
    )
    show_errors(form, InvalidAnswers({"x-0-a": [evil]}))
    assert not Page(form["x"]()).all("script")


def test_a_text_that_begins_with_a_line_keeps_it() -> None:
    html = str(drawn(field("x", "long_text"), answers={"x": "a\nb"})["x"]())
    assert ">\na\nb</textarea>" in html


def test_required_is_said_aloud() -> None:
    control = Page(drawn(field("x", required="claim.net == '4000.00'"))["x"]()).controls()[0]
    assert control["aria-required"] == "true"
    assert drawn(field("x", required=True))["x"].required
    assert "required" not in control


def test_there_is_a_face_for_every_type() -> None:
    assert set(FIELDS) == set(FieldType)


def test_a_lookup_that_lists_nothing_is_a_plain_text() -> None:
    page = Page(drawn(field("x", "lookup", source="nowhere"))["x"]())
    assert not page.all("datalist")
    assert drawn(field("x", "lookup"))["x"].kind == "lookup"
    assert [one["value"] for one in Page(drawn(field("x", "lookup"))["x"]()).all("option")] == ["Anna's"]


def test_rows_that_are_none_are_drawn_blank() -> None:
    assert len(drawn(field("b", "rows"), answers={"b": "nonsense"})["b"].cells) == 2


def test_a_draft_that_cannot_be_read_yet_is_shown_as_it_was_typed_and_never_the_prefill() -> None:
    net = field("net", "money", value="claim.net")
    form = drawn(net, answers={"net": "4,1"})
    assert Page(form["net"]()).controls()[0]["value"] == "4,1"
    assert form["net"].errors == ["Not yet valid. Enter an amount, for example 1250.00."]
    assert not drawn(net)["net"].errors


def test_a_cell_that_cannot_be_read_yet_is_shown_as_it_was_typed_with_a_note() -> None:
    form = drawn(field("x", "rows"), answers={"x": [{"who": "Ana", "pct": "half"}]})
    who, pct = form["x"].cells[0]
    assert Page(pct()).controls()[0]["value"] == "half"
    assert not who.errors
    assert pct.errors == ["Not yet valid. Enter a whole number."]


def test_what_is_wrong_stands_below_a_field_once() -> None:
    definition = read_form({"key": "f", "title": "F", "fields": [field("x", "money")]}, parse)
    with pytest.raises(InvalidAnswers) as refused:
        accept(definition, {"x": "half"}, ROLES, FILE)
    form = build(definition, ROLES, {"x": "half"}, FILE)
    show_errors(form, refused.value)
    assert form["x"].errors == ["Enter an amount, for example 1250.00."]
