"""Do model, tables, forms, roles and connections of an app fit together? One code, one way of being wrong."""

import pytest

from cases.caseapp import lint, reader
from tests.unit.cases.caseapp.apps import files

_LADDER = """
[ladders.usual]
rungs = [
  {at = "50%", who = ["assignee"], does = "remind"},
  {at = "+8 bh", who = ["clerk"], does = "release"},
]
"""


def codes(given: dict[str, bytes]) -> set[tuple[str, bool]]:
    return {(one.problem.code, one.is_error) for one in lint.check(reader.read(given))}


def test_an_app_in_which_all_fits_has_no_finding() -> None:
    assert codes(files()) == set()


@pytest.mark.parametrize(
    ("part", "old", "new", "code"),
    [
        ("model", 'cw:role="clerk"', 'cw:role="clark"', "A-01"),
        ("model", 'cw:visible="clerk"', 'cw:visible="clark"', "A-01"),
        ("model", 'cw:form="T1"', 'cw:form="T7"', "A-02"),
        ("model", 'decisionRef="rate"', 'decisionRef="rates"', "A-03"),
        ("model", '<cw:in name="score">', '<cw:in name="points">', "A-03"),
        ("model", 'cw:operation="score"', 'cw:operation="scores"', "A-04"),
        ("model", '"answer {score: null}"', '"operation bureau2.score; fault"', "A-04"),
        ("model", '<cw:in name="person">', '<cw:in name="people">', "A-04"),
        ("model", ' cw:fallback="answer {score: null}"', "", "A-07"),
        ("model", 'cw:fourEyes="T1"', 'cw:fourEyes="T9"', "A-08"),
        ("model", 'cw:due="8 bh"', 'cw:due="8 bh" cw:sla="soon"', "A-08"),
        ("model", 'cw:due="8 bh"', 'cw:due="8 bh" cw:ladder="steep"', "A-08"),
        ("app", 'calendar = "NY"', 'calendar = "NY"\nladder = "steep"', "A-08"),
        ("app", "[roles.clerk]", _LADDER.replace("usual", "none") + "[roles.clerk]", "A-08"),
        ("app", "[roles.clerk]", _LADDER.replace('"clerk"', '"clark"') + "[roles.clerk]", "A-01"),
        ("app", "[roles.clerk]", _LADDER + "[roles.clerk]\nexternal = true", "A-01"),
        ("app", "[roles.clerk]", _LADDER.replace("+8 bh", "8 bh") + "[roles.clerk]", "A-11"),
        ("app", "[roles.clerk]", _LADDER.replace("50%", "120%") + "[roles.clerk]", "A-11"),
        ("app", "[roles.clerk]", '[sla.soon]\ntitle = "Soon"\nwithin = "soon"\n[roles.clerk]', "A-11"),
        ("model", "SV1.score</cw:in>", "SVI.score</cw:in>", "C-05"),
        ("form", '"editable_by": ["clerk"]', '"editable_by": ["clark"]', "A-05"),
        ("form", '"visible_if": "SV1.score > 3"', '"visible_if": "SVI.score > 3"', "A-05"),
        ("app", 'calendar = "NY"', 'calendar = "LA"', "A-06"),
        ("app", 'key = "id"\nschema', 'key = "id"\ncase = "loam"\nschema', "A-06"),
        ("app", "applicant = ", "aplicant = ", "A-06"),
        ("app", 'value = "applicant.id"', 'value = "aplicant.id"', "A-06"),
        ("app", 'value = "applicant.id"', 'value = "own.id"', "A-10"),
        (
            "model",
            '<case id="loan" name="Loan">',
            '<case id="loan" name="Loan" cw:title="own.id">',
            "A-10",
        ),
        ("model", 'name="applicant"/>', 'name="applicant" cw:masked="true"/>', "A-10"),
    ],
)
def test_what_does_not_fit_is_an_error(part: str, old: str, new: str, code: str) -> None:
    assert (code, True) in codes(files(**{part: (old, new)}))


def test_a_ladder_for_all_tasks_may_be_declined_by_one() -> None:
    usual = ('calendar = "NY"', f'calendar = "NY"\nladder = "usual"\n{_LADDER}')
    declined = ('cw:due="8 bh"', 'cw:due="8 bh" cw:ladder="none"')
    given = files(app=usual, model=declined)
    given["app.toml"] = given["app.toml"].replace(_LADDER.encode(), b"") + _LADDER.encode()
    assert codes(given) == set()
    app = reader.read(given)
    assert app.ladder_of(None) == "usual"
    assert app.ladder_of("none") is None


def test_a_choice_that_no_condition_asks_for_is_a_warning() -> None:
    assert codes(files(model=(' or T1.decision = "refuse"', ""))) == {("C-06", False)}


def test_a_form_and_a_decision_that_nothing_names_are_warnings() -> None:
    given = files()
    given["forms/T2.json"] = given["forms/T1.json"].replace(b'"key": "T1"', b'"key": "T2"')
    given["other.dmn"] = given["rate.dmn"].replace(b'id="rate"', b'id="other"')
    assert codes(given) == {("A-09", False)}


def test_a_finding_has_the_file_and_the_line_that_is_to_be_mended() -> None:
    app = reader.read(files(model=('cw:fourEyes="T1"', 'cw:fourEyes="T9"')))
    [finding] = lint.check(app)
    assert (finding.problem.file, finding.problem.line) == ("loan.cmmn", 31)


def test_the_rules_of_the_house_do_not_hold_for_a_bare_model() -> None:
    assert codes({"loan.cmmn": files()["loan.cmmn"]}) == set()


def test_a_name_that_nothing_writes_is_only_a_warning_in_a_bare_model_and_within_a_filter() -> None:
    slip = ("SV1.score</cw:in>", "SVI.score</cw:in>")
    assert codes({"loan.cmmn": files(model=slip)["loan.cmmn"]}) == {("C-05", False)}
    filtered = ("applicant.id</cw:in>", 'applicant[kind = "first"].id</cw:in>')
    assert codes(files(model=filtered)) == {("C-05", False)}


def test_what_decisions_and_expressions_are_worth_is_said_as_a_warning() -> None:
    assert codes(files(table=("<text>-</text>", "<text>&lt;5</text>"))) == {("DMN-GAP", False)}
    assert codes(files(model=('D1 = "ask"', 'D1 = "ask" and T1 &lt; null'))) == {("FEEL-NULL", False)}
