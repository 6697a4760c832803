"""Files -> CaseApp, or every problem with its file and line."""

from datetime import date, time
from decimal import Decimal

import pytest

from cases.caseapp import reader
from cases.caseapp.document import BreakerSpec, StatusFault
from cases.errors import Invalid
from tests.unit.cases.caseapp.apps import MODEL, files


def problems(given: dict[str, bytes]) -> list[tuple[str, str, int | None]]:
    with pytest.raises(Invalid) as error:
        reader.read(given)
    return [(problem.code, problem.file, problem.line) for problem in error.value.problems]


def test_an_app_is_read_whole() -> None:
    app = reader.read(files())
    assert (app.key, app.family, app.case, app.calendar, app.zone) == (
        "loans",
        "loans",
        "loan",
        "NY",
        "America/New_York",
    )
    assert app.roles["clerk"].authority == Decimal("1000.50")
    assert app.roles["clerk"].rule.granted_in("loans").authority == Decimal("1000.50")
    assert set(app.cases) == {"loan"}
    assert set(app.decisions) == {"rate"}
    assert set(app.forms) == {"T1"}
    assert app.search["person"].value.evaluate({"applicant": {"id": "A-1"}}) == "A-1"
    assert not app.is_bare


def test_a_calendar_has_days_breaks_and_closing_days() -> None:
    calendar = reader.read(files()).calendars["NY"]
    assert calendar.days == {0, 1, 2, 3, 5}
    assert calendar.hours == ((time(9), time(12)), (time(13), time(0)))
    assert calendar.closed == {date(2026, 12, 24)}


def test_an_operation_says_what_each_status_means() -> None:
    bureau = reader.read(files()).connections["bureau"]
    assert bureau.breaker == BreakerSpec(5, 60.0, 120.0)
    score = bureau.operations["score"]
    assert (score.method, score.read_only, score.idempotent) == ("GET", True, True)
    assert score.status[402] == StatusFault("unpaid")
    missing = score.status[404]
    assert not isinstance(missing, StatusFault)
    assert missing.evaluate({}) == {"score": None}


def test_a_bare_model_is_wrapped() -> None:
    app = reader.read({"loan.cmmn": MODEL.encode()})
    assert app.is_bare
    assert (app.key, app.title, app.case, app.owner) == ("loan", "Loan", "loan", "")


def test_files_of_data_are_not_read() -> None:
    app = reader.read({**files(), "data/broken.json": b"{", "data/other.cmmn": b"<"})
    assert set(app.cases) == {"loan"}


@pytest.mark.parametrize(
    ("part", "old", "new", "expected"),
    [
        ("app", 'title = "Loans"', "title = Loans", ("APP-TOML", "app.toml", 3)),
        ("app", 'title = "Loans"', "title = 5", ("APP-SCHEMA", "app.toml", 3)),
        ("app", 'owner = "head"\n', "", ("APP-SCHEMA", "app.toml", 1)),
        ("app", 'title = "Clerk"', 'titel = "Clerk"', ("APP-SCHEMA", "app.toml", 10)),
        ("app", 'case = "loan"', 'case = "lone"', ("APP-REFERENCE", "app.toml", 5)),
        ("app", 'answer = "{score: body.score}"', 'answer = "{score: "', ("APP-FEEL", "app.toml", 28)),
        ("app", '404 = "{score: null}"', '404 = "{score"', ("APP-FEEL", "app.toml", 32)),
        ("app", 'within = "PT60S"', 'within = "P1M"', ("APP-SCHEMA", "app.toml", 23)),
        ("app", '"09:00-12:00"', '"12:00-09:00"', ("APP-CALENDAR", "app.toml", 14)),
        ("app", '"2026-12-24"', '"2026-02-30"', ("APP-CALENDAR", "app.toml", 19)),
        ("app", "loans.schema.json", "other.schema.json", ("APP-REFERENCE", "app.toml", 41)),
        ("app", 'York"\n\n[roles', 'Gotham"\n\n[roles', ("APP-ZONE", "app.toml", 8)),
        ("model", 'sourceRef="SV1"', 'sourceRef="SV9"', ("V-05", "loan.cmmn", 14)),
        ("form", '"choice"', '"choise"', ("FORM", "forms/T1.json", None)),
        ("form", '"T1"', '"T2"', ("FORM", "forms/T1.json", None)),
        ("form", '"fields": [', '"fields": ', ("JSON", "forms/T1.json", 4)),
        ("schema", '{"type": "object", "r', '{"type": "thing", "r', ("APP-SCHEMA", "app.toml", 41)),
    ],
)  # fmt: skip
def test_a_problem_has_its_file_and_its_line(
    part: str, old: str, new: str, expected: tuple[str, str, int | None]
) -> None:
    assert expected in problems(files(**{part: (old, new)}))


def test_all_problems_of_all_files_are_found_at_once() -> None:
    found = problems(
        files(
            app=('title = "Loans"', "title = 5"),
            model=('sourceRef="SV1"', 'sourceRef="SV9"'),
            table=("<text>score</text>", "<text>score +</text>"),
            form=('"choice"', '"choise"'),
        )
    )
    assert {file for _, file, _ in found} == {"app.toml", "loan.cmmn", "rate.dmn", "forms/T1.json"}


def test_a_case_or_a_decision_that_stands_twice_is_refused() -> None:
    given = files()
    given["again.cmmn"] = given["loan.cmmn"]
    given["again.dmn"] = given["rate.dmn"]
    assert [code for code, _, _ in problems(given)] == ["APP-TWICE", "APP-TWICE"]


@pytest.mark.parametrize("task", ['caseTask id="d.C" caseRef="other"', 'processTask id="d.C" processRef="p"'])
def test_a_task_that_calls_something_is_taken(task: str) -> None:
    model = f"""<definitions xmlns="http://www.omg.org/spec/CMMN/20151109/MODEL" targetNamespace="https://example.org">
  <case id="loan"><casePlanModel id="plan" name="Loan">
    <planItem id="C" definitionRef="d.C"/>
    <{task} name="Another"/>
  </casePlanModel></case>
  <case id="other"><casePlanModel id="plan.2">
    <planItem id="M" definitionRef="d.M"/><milestone id="d.M"/>
  </casePlanModel></case>
  <process id="p" name="P"/>
</definitions>"""
    assert set(reader.read({"model.cmmn": model.encode()}).cases) == {"loan", "other"}


def test_an_app_without_a_model_is_none() -> None:
    with pytest.raises(Invalid, match="no model"):
        reader.read({"README.md": b"# Nothing"})
