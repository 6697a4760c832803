"""Conditions are said by titles and labels; what is not common stays unsaid."""

from collections.abc import Mapping
from pathlib import Path

import pytest

import cases
from cases import feel
from cases.caseapp import archive, reader
from cases.queries import conditions
from cases.queries.conditions import Glossary, Group, Told, Unsaid

LIBRARY = Path(cases.__path__[0]) / "library"


@pytest.fixture(scope="module")
def glossary() -> Glossary:
    app = reader.read(archive.folder(LIBRARY / "claims.auto"))
    return Glossary(app, app.cases["claims"])


def told(text: str, glossary: Glossary, **scope: object) -> Told:
    said = conditions.tell(feel.parse(text), glossary, scope)
    assert isinstance(said, Told), said
    return said


def test_a_comparison_has_the_title_of_its_field_and_the_label_of_its_choice(glossary: Glossary) -> None:
    said = told('T4.recommendation = "pay_total_loss"', glossary, T4={"recommendation": "deny"})
    assert (said.subject.title, said.subject.owner) == ("Recommendation", "Recommend settlement")
    assert (said.verb, said.values) == ("=", ("Pay as a total loss",))
    assert said.subject.value == "Deny"


def test_a_path_without_a_form_is_humanised(glossary: Glossary) -> None:
    said = told('D2.track != "deny_review"', glossary, D2={"track": "fast"})
    assert (said.subject.title, said.subject.owner, said.subject.value) == (
        "Track",
        "Choose the track",
        "fast",
    )
    assert said.values == ("deny review",)


def test_what_stands_on_the_left_may_be_the_value(glossary: Glossary) -> None:
    said = told("0 < SV8.candidates", glossary)
    assert (said.subject.title, said.verb, said.values) == ("Candidates", ">", (0,))


@pytest.mark.parametrize(
    ("text", "verb"),
    [
        ("M4.at != null", "reached"),
        ("M4.at = null", "unreached"),
        ("T4 = null", "unknown"),
        ("T4 != null", "known"),
        ("SV3.dup = true", "true"),
        ("SV3.dup != true", "false"),
        ("SV3.dup", "true"),
        ("not(SV3.dup)", "false"),
        ('not(D2.track = "fast")', "!="),
        ('D2.track in ("fast", "standard")', "in"),
        ('not(D2.track in ["fast", "standard"])', "not in"),
        ("D2.priority between 1 and 3", "between"),
        ("T5.settlementVersion = settlement.version", "present"),
        ("T5.approvals >= D4.approvalsNeeded", ">="),
    ],
)
def test_common_conditions_have_a_verb(text: str, verb: str, glossary: Glossary) -> None:
    assert told(text, glossary).verb == verb


def test_a_count_says_so(glossary: Glossary) -> None:
    said = told("count(vehicles) >= 3", glossary, vehicles=[{}, {}])
    assert said.subject.counted
    assert (said.subject.title, said.subject.value) == ("Vehicles", 2)


def test_and_and_or_are_groups_and_a_part_without_words_stays_in_its_place(glossary: Glossary) -> None:
    text = 'D2.track = "fast" and (SV8.candidates = 0 or SV8.candidates + 1 = 2)'
    said = conditions.tell(feel.parse(text), glossary, {})
    assert isinstance(said, Group)
    first, second = said.parts
    assert isinstance(first, Told)
    assert isinstance(second, Group)
    assert second.is_any
    assert [type(part) for part in second.parts] == [Told, Unsaid]


@pytest.mark.parametrize(
    "text", ["1 + 1 = 2", "if a then b else c", 'some x in a satisfies x = "b"', "SV1.a * 2 > 3"]
)
def test_what_is_not_common_keeps_its_feel(text: str, glossary: Glossary) -> None:
    assert conditions.tell(feel.parse(text), glossary, {}) == Unsaid(text)


def test_every_condition_of_the_shipped_model_has_words(glossary: Glossary) -> None:
    unsaid = [
        criterion.id
        for criterion in glossary.definition.criteria
        if criterion.sentry.if_part is not None
        and _is_unsaid(criterion.sentry.if_part.condition, glossary, {})
    ]
    assert unsaid == []


def test_a_denied_group_turns_each_part_around(glossary: Glossary) -> None:
    said = conditions.tell(feel.parse('not(D2.track = "fast" and SV3.dup)'), glossary, {})
    assert isinstance(said, Group)
    assert said.is_any
    assert [part.verb for part in said.parts if isinstance(part, Told)] == ["!=", "false"]


def test_a_result_is_shown_by_titles_and_labels(glossary: Glossary) -> None:
    shown = glossary.shown(
        ("D4",), {"approverRole": "senior_adjuster", "reserveUsd": 5, "type": "pay_repair"}
    )
    assert shown == {"Approver role": "Senior adjuster", "Reserve (USD)": 5, "Type": "Pay the repair"}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("lossAt", "Loss at"),
        ("netPayableUsd", "Net payable (USD)"),
        ("VIN", "VIN"),
        ("police_report", "Police report"),
    ],
)
def test_names_are_written_as_people_write_them(name: str, words: str) -> None:
    assert conditions.humanised(name) == words


def test_the_parts_that_must_all_be_true_are_evaluated_alone() -> None:
    first, second = conditions.conjuncts(feel.parse("a = 1 and b = 2"))
    assert (first.evaluate({"a": 1, "b": 5}), second.evaluate({"a": 1, "b": 5})) == (True, False)
    assert (first.names, second.names) == (frozenset({("a",)}), frozenset({("b",)}))


def _is_unsaid(condition: feel.Expression, glossary: Glossary, scope: Mapping[str, object]) -> bool:
    said = conditions.tell(condition, glossary, scope)
    parts = said.parts if isinstance(said, Group) else (said,)
    return any(isinstance(part, Unsaid) for part in parts)
