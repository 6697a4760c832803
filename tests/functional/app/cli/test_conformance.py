"""casewright conformance run, casewright model test."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli import conformance, models
from tests.integration.cases.scenarios.test_expectations import HEAD, MODEL

ROOT = Path(__file__).resolve().parents[4]
CLAIMS = ROOT / "cases" / "library" / "claims.auto"


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """Two scenarios, of which one fails, and a file that is none."""
    (tmp_path / "loan.cmmn").write_bytes(MODEL)
    (tmp_path / "good.yaml").write_text(HEAD.format(name="good") + "  - expect: {tasks: [Look]}\n")
    (tmp_path / "bad.yaml").write_text(HEAD.format(name="bad") + "  - expect: {tasks: []}\n")
    return tmp_path


def test_a_suite_says_each_failure_the_table_and_the_total_and_exits_with_1(suite: Path) -> None:
    target = suite / "runs.json"
    done = CliRunner().invoke(conformance.conformance, ["run", str(suite), "--json", str(target)])
    lines = done.output.splitlines()
    assert done.exit_code == 1
    assert lines[0].startswith("FAILED loans/bad (extension): step 3, line 12, expect: tasks: expected")
    assert lines[-1] == "1 passed, 1 failed, 0 skipped"
    runs = json.loads(target.read_text())["runs"]
    assert [(run["id"], run["result"]) for run in runs] == [("loans/bad", "failed"), ("loans/good", "passed")]


def test_a_file_that_is_no_scenario_is_a_failure_with_its_line(suite: Path) -> None:
    (suite / "bad.yaml").write_text("scenario: loans/odd\ncolour: red\n")
    done = CliRunner().invoke(conformance.conformance, ["run", str(suite)])
    assert done.exit_code == 1
    assert "bad.yaml:2: SCENARIO: a scenario has no key colour" in done.output


def test_only_scenarios_that_need_nothing_else_are_played(suite: Path) -> None:
    done = CliRunner().invoke(conformance.conformance, ["run", str(suite), "--needs", "timer"])
    assert (done.exit_code, done.output.splitlines()[-1]) == (0, "0 passed, 0 failed, 2 skipped")


def test_a_model_is_tested_by_scenarios_that_name_no_model(suite: Path) -> None:
    text = (suite / "good.yaml").read_text().replace("models: [loan.cmmn]\n", "models: []\n", 1)
    (suite / "good.yaml").write_text(text.replace("  - deploy: {models: [loan.cmmn], as: d}\n", ""))
    done = CliRunner().invoke(models.model, ["test", str(suite / "loan.cmmn"), str(suite / "good.yaml")])
    assert (done.exit_code, done.output.splitlines()[-1]) == (0, "1 passed, 0 failed, 0 skipped")


def test_the_scenarios_of_the_claims_app_hold() -> None:
    done = CliRunner().invoke(models.model, ["test", str(CLAIMS), str(CLAIMS / "scenarios")])
    assert done.exit_code == 0, done.output
