from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from decimal import Decimal
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.definition import FormDefinition
from forms.errors import InvalidAnswers
from forms.reader import read_form
from forms.validation import accept, draft
from tests.unit.forms.expressions import parse

ADJUSTER = {"adjuster"}
JSON = Mapping[str, object]


def form(*fields: JSON, **more: object) -> FormDefinition:
    return read_form({"key": "f", "title": "F", "fields": list(fields), **more}, parse)


def field(key: str, type_: str = "text", **more: object) -> JSON:
    return {"key": key, "type": type_, "label": key.title(), **more}


def errors(
    definition: FormDefinition,
    answers: JSON,
    roles: set[str] = ADJUSTER,
    file: JSON | None = None,
    **more: ZoneInfo,
) -> Mapping[str, tuple[str, ...]]:
    with pytest.raises(InvalidAnswers) as caught:
        accept(definition, answers, roles, file or {}, **more)
    return caught.value.errors


def values(
    definition: FormDefinition,
    answers: JSON,
    roles: set[str] = ADJUSTER,
    file: JSON | None = None,
    **more: ZoneInfo,
) -> Mapping[str, object]:
    return accept(definition, answers, roles, file or {}, **more).values


def choices(*names: str) -> list[JSON]:
    return [{"value": name, "label": name.title()} for name in names]


# Role x field x state: what one may do with a field, and what becomes of an answer to it.

RIGHTS = {
    "free": {},
    "mine": {"editable_by": ["adjuster"]},
    "theirs": {"editable_by": ["senior"]},
    "nobody's": {"editable_by": []},
    "secret": {"readable_by": ["senior"]},
    "given": {"editable_by": [], "value": "claim.note"},
    "secretly given": {"readable_by": [], "value": "claim.note"},
}
STATES = {"shown": "claim.open == True", "hidden": "claim.open == False"}
EXPECTED = {
    ("free", "shown"): ({"x": "typed"}, {"x": None}),
    ("mine", "shown"): ({"x": "typed"}, {"x": None}),
    ("theirs", "shown"): ("refused", {}),
    ("nobody's", "shown"): ("refused", {}),
    ("secret", "shown"): ("refused", {}),
    ("given", "shown"): ("refused", {"x": "from the file"}),
    ("secretly given", "shown"): ("refused", {"x": "from the file"}),
    ("free", "hidden"): ({}, {}),
    ("mine", "hidden"): ({}, {}),
    ("theirs", "hidden"): ("refused", {}),
    ("nobody's", "hidden"): ("refused", {}),
    ("secret", "hidden"): ("refused", {}),
    ("given", "hidden"): ("refused", {}),
    ("secretly given", "hidden"): ("refused", {}),
}


@pytest.mark.parametrize(("right", "state"), list(product(RIGHTS, STATES)))
def test_a_right_and_a_condition_decide_what_becomes_of_an_answer(right: str, state: str) -> None:
    definition = form(field("x", visible_if=STATES[state], **RIGHTS[right]))
    file = {"claim": {"open": True, "note": "from the file"}}
    sent, unsent = EXPECTED[right, state]
    if sent == "refused":
        assert errors(definition, {"x": "typed"}, file=file) == {"x": ("You may not answer this.",)}
    else:
        assert values(definition, {"x": "typed"}, file=file) == sent
    assert values(definition, {}, file=file) == unsent


def test_one_of_several_roles_is_enough() -> None:
    definition = form(field("x", editable_by=["senior"]))
    assert values(definition, {"x": "a"}, roles={"adjuster", "senior"}) == {"x": "a"}


def test_nobody_is_asked_for_what_he_may_not_answer() -> None:
    assert values(form(field("x", required=True, editable_by=["senior"])), {}) == {}


# R126: a hidden field has no value.

HIDING = form(
    field("payee", "choice", choices=choices("insured", "split")),
    field("reason", required=True, visible_if="payee == 'split'"),
    field("copy", "computed", value="reason"),
)


def test_a_field_that_is_hidden_has_no_value_even_when_it_is_sent() -> None:
    assert values(HIDING, {"payee": "insured", "reason": "mine"}) == {"payee": "insured", "copy": None}


def test_a_hidden_field_is_null_to_what_reads_it_and_does_not_show_through_from_the_case_file() -> None:
    assert values(HIDING, {"payee": "insured"}, file={"reason": "old"})["copy"] is None


def test_a_hidden_field_is_not_required_and_shown_again_it_is() -> None:
    assert errors(HIDING, {"payee": "split"}) == {"reason": ("This must be answered.",)}


def test_a_hidden_field_with_nonsense_in_it_does_not_stop_anybody() -> None:
    definition = form(field("more", "bool"), field("count", "integer", visible_if="more == True"))
    assert values(definition, {"more": "false", "count": "lots"}) == {"more": False}


def test_a_draft_remembers_what_is_hidden_and_brings_it_back() -> None:
    kept = draft(HIDING, {"payee": "split", "reason": "mine"}, ADJUSTER, {})
    kept = draft(HIDING, {**kept, "payee": "insured"}, ADJUSTER, {})
    assert "reason" not in values(HIDING, kept)
    kept = draft(HIDING, {**kept, "payee": "split"}, ADJUSTER, {})
    assert values(HIDING, kept) == {"payee": "split", "reason": "mine", "copy": "mine"}


def test_a_draft_demands_nothing_and_keeps_what_cannot_be_read_as_it_was_typed() -> None:
    definition = form(
        field("need", required=True),
        field("count", "integer", max=5),
        field("day", "date"),
        field("sum", "money"),
        field("theirs", editable_by=["senior"]),
        field("table", "rows", columns=[field("a", "integer"), field("b")]),
        field("list", "rows", columns=[field("a")]),
    )
    answers = {
        "count": "7",
        "day": "2026-02-30",
        "sum": "1.5",
        "theirs": "x",
        "table-0-a": "x",
        "table-0-b": "kept",
        "list": "none",
        "stray": "y",
    }
    assert draft(definition, answers, ADJUSTER, {}) == {
        "count": 7,
        "day": "2026-02-30",
        "sum": Decimal("1.50"),
        "table": [{"a": "x", "b": "kept"}],
    }


@pytest.mark.parametrize("type_", ["integer", "decimal", "money", "bool", "date", "datetime", "case_ref"])
def test_a_draft_keeps_what_was_typed_and_completing_is_refused_until_it_can_be_read(type_: str) -> None:
    definition = form(field("x", type_))
    kept = draft(definition, {"x": [" 4.100,00 €"]}, ADJUSTER, {})
    assert kept == {"x": " 4.100,00 €"}
    assert draft(definition, kept, ADJUSTER, {}) == kept
    assert list(errors(definition, kept)) == ["x"]


def test_a_draft_keeps_no_character_that_a_store_could_choke_on_and_nothing_but_text() -> None:
    definition = form(field("x", "money"), field("y", "money"))
    assert draft(definition, {"x": "4\x00,1\ud800", "y": {"a": 1}}, ADJUSTER, {}) == {"x": "4,1"}


def test_a_draft_knows_an_answer_that_was_taken_away() -> None:
    assert draft(form(field("x"), field("y")), {"x": " "}, ADJUSTER, {}) == {"x": None}


# What is sent.


def test_an_answer_that_the_form_does_not_ask_for_is_an_error() -> None:
    found = errors(form(field("x")), {"x": "a", "y": "b", "x-0-z": "c", "csrf_token": "t"})
    assert found == dict.fromkeys(("y", "x-0-z", "csrf_token"), ("The form does not ask for this.",))


def test_a_missing_answer_is_null_and_every_missing_required_one_is_named() -> None:
    definition = form(field("a", required=True), field("b", required="claim.big == True"), field("c"))
    assert values(definition, {"a": "x"}) == {"a": "x", "b": None, "c": None}
    assert set(errors(definition, {"a": "  "}, file={"claim": {"big": True}})) == {"a", "b"}


def test_pages_and_programs_are_answered_alike() -> None:
    definition = form(
        field("count", "integer"),
        field("sum", "money"),
        field("ratio", "decimal"),
        field("yes", "bool"),
        field("day", "date"),
        field("at", "datetime"),
        field("one", "choice", choices=choices("a", "b")),
        field("many", "choices", choices=choices("a", "b")),
        field("table", "rows", columns=[field("who"), field("pct", "integer")]),
        field("papers", "files"),
    )
    browser = {
        "count": ["12"],
        "sum": ["12.5"],
        "ratio": ["0.125"],
        "yes": ["true"],
        "day": ["2026-03-02"],
        "at": ["2026-03-02T14:00Z"],
        "one": ["a"],
        "many": ["", "b", "a"],
        "table-0-who": ["x"],
        "table-0-pct": ["40"],
        "table-3-who": ["y"],
        "table-3-pct": ["60"],
        "table-4-who": [""],
        "table-4-pct": [" "],
        "papers": ["", "doc-1"],
    }
    program = {
        "count": 12,
        "sum": Decimal("12.5"),
        "ratio": 0.125,
        "yes": True,
        "day": "2026-03-02",
        "at": "2026-03-02T09:00:00-05:00",
        "one": "a",
        "many": ["b", "a"],
        "table": [{"who": "x", "pct": 40}, {"who": "y", "pct": 60}],
        "papers": ["doc-1"],
    }
    expected = {
        "count": 12,
        "sum": Decimal("12.50"),
        "ratio": Decimal("0.125"),
        "yes": True,
        "day": "2026-03-02",
        "at": "2026-03-02T14:00:00Z",
        "one": "a",
        "many": ["b", "a"],
        "table": [{"who": "x", "pct": 40}, {"who": "y", "pct": 60}],
        "papers": ["doc-1"],
    }
    assert values(definition, browser) == expected == values(definition, program)
    assert str(values(definition, browser)["sum"]) == "12.50"


def test_what_was_accepted_is_accepted_again() -> None:
    definition = form(field("sum", "money"), field("at", "datetime"), field("day", "date"))
    once = values(definition, {"sum": "1", "at": "2026-03-02T14:00", "day": "2026-03-02"})
    assert values(definition, once) == once


def test_a_time_without_an_offset_is_meant_where_the_form_stands_and_early_when_it_occurs_twice() -> None:
    zone = ZoneInfo("America/New_York")
    found = values(form(field("at", "datetime")), {"at": "2026-11-01T01:30"}, zone=zone)
    assert found == {"at": "2026-11-01T05:30:00Z"}


def test_a_choice_that_is_not_offered_here_is_refused() -> None:
    definition = form(
        field(
            "do",
            "choice",
            choices=[*choices("pay"), {"value": "siu", "label": "S", "offer_if": "claim.siu == True"}],
        )
    )
    assert values(definition, {"do": "siu"}, file={"claim": {"siu": True}}) == {"do": "siu"}
    for sent in ("siu", "nothing of the kind"):
        assert set(errors(definition, {"do": sent})) == {"do"}


def test_each_of_several_choices_must_be_offered() -> None:
    definition = form(field("why", "choices", choices=choices("a", "b"), max_length=1))
    assert set(errors(definition, {"why": ["a", "c"]})) == {"why"}
    assert errors(definition, {"why": ["a", "b"]}) == {"why": ("Give 1 entries or fewer.",)}
    assert errors(definition, {"why": ["a", "a"]}) == {"why": ("Give each answer once.",)}


def test_a_lookup_takes_what_its_source_lists_and_anything_where_it_lists_nothing() -> None:
    definition = form(field("shop", "lookup", source="shops"))
    file = {"shops": ["Anna", {"value": "b", "label": "Bert"}, 3, {"label": "no value"}]}
    assert values(definition, {"shop": "b"}, file=file) == {"shop": "b"}
    assert set(errors(definition, {"shop": "Bert"}, file=file)) == {"shop"}
    assert values(definition, {"shop": "Carl"}) == {"shop": "Carl"}


def test_a_check_is_asked_of_an_answer_and_not_of_a_gap() -> None:
    definition = form(field("a", "integer", check="a != 3", message="Not three."))
    assert errors(definition, {"a": 3}) == {"a": ("Not three.",)}
    assert values(definition, {"a": 4}) == {"a": 4}
    assert values(definition, {}) == {"a": None}


def test_a_check_that_gives_null_is_not_true() -> None:
    assert set(errors(form(field("a", "integer", check="a < b", message="!")), {"a": 1})) == {"a"}


def test_one_fault_does_not_make_a_second() -> None:
    definition = form(
        field("a", "integer"),
        field("b", "integer", check="a < b", message="More than a."),
        field("c", required="a != 1"),
        field("d", "computed", value="a", check="d == 1", message="One."),
    )
    assert set(errors(definition, {"a": "x", "b": 1})) == {"a"}


def test_a_condition_sees_dates_as_dates_and_numbers_as_numbers() -> None:
    definition = form(
        field("day", "date"),
        field("n", "decimal"),
        field("late", "computed", value="claim.limit < day"),
        field("big", "computed", value="1 < n"),
    )
    found = values(definition, {"day": "2026-03-02", "n": "10"}, file={"claim": {"limit": date(2026, 3, 1)}})
    assert found == {"day": "2026-03-02", "n": 10, "late": True, "big": True}


# Rows.

SPLIT = form(
    field("payee", "choice", choices=choices("insured", "split"), required=True),
    field(
        "split",
        "rows",
        visible_if="payee == 'split'",
        required=True,
        max_length=3,
        check="sum(split.pct) == 100",
        message="The shares must add up to 100.",
        columns=[field("payee", required=True), field("pct", "integer", min=1, max=100, required=True)],
    ),
)


def test_rows_are_checked_cell_by_cell_and_as_a_whole() -> None:
    good = {"payee": "split", "split": [{"payee": "a", "pct": 40}, {"payee": "b", "pct": 60}]}
    assert values(SPLIT, good) == good
    assert errors(SPLIT, {"payee": "split", "split-0-payee": "a", "split-0-pct": "40"}) == {
        "split": ("The shares must add up to 100.",)
    }
    assert errors(SPLIT, {"payee": "split", "split-0-payee": "", "split-0-pct": "101"}) == {
        "split-0-payee": ("This must be answered.",),
        "split-0-pct": ("Enter 100 or less.",),
    }


@pytest.mark.parametrize("raw", ["text", [1], {"payee": "a"}, 5])
def test_what_is_no_list_of_rows_is_refused(raw: object) -> None:
    assert errors(SPLIT, {"payee": "split", "split": raw}) == {"split": ("Give a list of rows.",)}


def test_rows_without_anything_in_them_are_no_rows() -> None:
    for raw in (None, [], "", [{}], [{"payee": " ", "pct": None}]):
        assert errors(SPLIT, {"payee": "split", "split": raw}) == {"split": ("This must be answered.",)}


def test_rows_have_a_limit_and_no_columns_but_their_own() -> None:
    one = {"payee": "a", "pct": 25}
    assert errors(SPLIT, {"payee": "split", "split": [one] * 4}) == {"split": ("Give 3 entries or fewer.",)}
    assert errors(SPLIT, {"payee": "split", "split": [one | {"x": 1}]})["split-0-x"]
    assert errors(SPLIT, {"payee": "split", "split": [one] * 201})["split"] == ("Give 200 entries or fewer.",)


def test_a_column_sees_the_columns_before_it() -> None:
    table = field(
        "t",
        "rows",
        columns=[
            field("a", "integer"),
            field("b", "integer", required="a == 1", check="a < b", message="More."),
        ],
    )
    definition = form(field("x"), table)
    assert errors(definition, {"t": [{"a": 1}, {"a": 2, "b": 1}]}) == {
        "t-0-b": ("This must be answered.",),
        "t-1-b": ("More.",),
    }


def test_rows_that_nobody_fills_show_their_own_columns_of_what_the_file_lists() -> None:
    table = field(
        "found", "rows", editable_by=[], value="SV8.cases", columns=[field("case"), field("sum", "money")]
    )
    file = {"SV8": {"cases": [{"case": "CLM-1", "sum": "2", "secret": 1}, "no row"]}}
    assert values(form(table), {}, file=file) == {"found": [{"case": "CLM-1", "sum": Decimal("2.00")}]}
    assert values(form(table), {}, file={"SV8": {"cases": 3}}) == {"found": None}


TEXTS = st.sampled_from(
    ["", " ", "split", "insured", "payee", "pct", "100", "1e9", "\x00", "\ud800", "é" * 2000]
)


@given(
    st.dictionaries(
        st.sampled_from(["payee", "split", "split-0-pct", "split-x", "other"]),
        st.one_of(
            TEXTS,
            st.lists(TEXTS, max_size=3),
            st.none(),
            st.integers(),
            st.lists(st.dictionaries(TEXTS, TEXTS, max_size=3), max_size=3),
        ),
    )
)
def test_no_answer_whatever_is_more_than_refused(answers: JSON) -> None:
    draft(SPLIT, answers, ADJUSTER, {})
    with suppress(InvalidAnswers):
        assert accept(SPLIT, answers, ADJUSTER, {}).values["payee"] in ("insured", "split")


def test_a_choice_is_offered_to_the_roles_that_it_names() -> None:
    senior = {"value": "override", "label": "O", "offered_to": ["senior"]}
    asked = form(field("decision", "choice", choices=[*choices("deny"), senior]))
    assert accept(asked, {"decision": "deny"}, ADJUSTER, {}).values == {"decision": "deny"}
    assert accept(asked, {"decision": "override"}, {"senior"}, {}).values == {"decision": "override"}
    assert list(errors(asked, {"decision": "override"})) == ["decision"]
