"""casewright conformance run, casewright model test."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import conformance, models
from cases.scenarios import capabilities, files
from cases.scenarios.document import Refusal, Scenario
from tests.integration.cases.scenarios.test_expectations import HEAD, MODEL

ROOT = Path(__file__).resolve().parents[4]
EMPTY = "there is no scenario in"
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


def run(*arguments: object) -> Result:
    return CliRunner().invoke(conformance.conformance, ["run", *map(str, arguments)])


def test_a_file_is_played_once_however_often_it_is_named(suite: Path) -> None:
    done = run(suite / "good.yaml", suite / "good.yaml", suite)
    assert done.output.splitlines()[-1] == "1 passed, 1 failed, 0 skipped"


def test_where_nothing_is_played_nothing_has_passed(suite: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    for done in (
        run(empty),
        CliRunner().invoke(models.model, ["test", str(suite / "loan.cmmn"), str(empty)]),
    ):
        assert (done.exit_code, f"Error: {EMPTY} {empty}" in done.output) == (1, True), done.output


def test_a_model_of_which_every_scenario_was_skipped_is_not_tested(
    suite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capabilities, "UNCLAIMED", frozenset({"telepathy"}))
    text = (suite / "good.yaml").read_text()
    (suite / "good.yaml").write_text(text.replace("[core]", "[telepathy]"))
    done = CliRunner().invoke(models.model, ["test", str(suite / "loan.cmmn"), str(suite / "good.yaml")])
    assert done.exit_code == 1
    assert "0 passed, 0 failed, 1 skipped" in done.output
    assert "every scenario was skipped" in done.output


def test_a_tag_that_the_language_does_not_have_is_told(suite: Path) -> None:
    done = run(suite, "--needs", "core,telepathy")
    assert (done.exit_code, "there is no tag telepathy" in done.output) == (2, True)


def test_two_files_with_one_id_are_an_error_that_names_both(suite: Path) -> None:
    (suite / "twin.yaml").write_text((suite / "good.yaml").read_text())
    done = run(suite / "good.yaml", suite / "twin.yaml")
    assert done.exit_code == 1
    message = f"{suite / 'twin.yaml'}: the scenario loans/good is given in {suite / 'good.yaml'}, too"
    assert message in done.output
    assert done.output.splitlines()[-1] == "1 passed, 1 failed, 0 skipped"


def test_what_cannot_be_read_fails_and_the_rest_is_played(suite: Path) -> None:
    good = (suite / "good.yaml").read_text()
    clock = "clock: '2026-03-02T09:00:00Z'"
    broken = {
        "day": (good.replace(clock, "clock: '2026-13-45T99:00:00Z'"), "an instant such as"),
        "deep": ("[" * 5_000 + "]" * 5_000, "nested deeper than"),
        "itself": ("a: &a [*a]\n", "nested deeper than"),
        "long": (f"{good}  - set: {{vars: {{a: {'9' * 5_000}}}}}\n", "is to be quoted"),
        "rows": (
            good.replace("stubs:\n", "stubs:\n  D: {kind: decision, rows: 5}\n"),
            "rows of D takes a list",
        ),
        "kind": (f"{good}  - refused: {{step: {{run_jobs: {{}}}}, kind: {{a: b}}}}\n", "no kind of refusal"),
    }
    for name, (text, _) in broken.items():
        (suite / f"{name}.yaml").write_text(text)
    (suite / "dir.yaml").mkdir()
    (suite / "nowhere.yaml").symlink_to(suite / "gone")
    (suite / "bad.yaml").unlink()
    target = suite / "runs.json"
    done = run(suite, "--json", target)
    assert done.exit_code == 1
    found = {Path(one["id"]).stem: one["message"] for one in json.loads(target.read_text())["runs"]}
    for name, (_, words) in broken.items():
        assert words in found[name], found[name]
        assert re.search(rf"{name}\.yaml:\d+: SCENARIO", found[name]), found[name]
    assert "dir.yaml: SCENARIO: cannot be read: Is a directory" in found["dir"]
    assert "nowhere.yaml: SCENARIO: cannot be read: No such file" in found["nowhere"]
    assert found["good"] == ""


def test_a_fault_of_ours_while_a_file_is_read_is_a_failure_of_this_file(
    suite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = files.read

    def breaks(file: Path) -> Scenario | Refusal:
        if file.stem == "bad":
            raise TypeError("a slip")
        return usual(file)

    monkeypatch.setattr(files, "read", breaks)
    done = run(suite)
    assert "bad.yaml: cannot be read: TypeError: a slip" in done.output
    assert done.output.splitlines()[-1] == "1 passed, 1 failed, 0 skipped"


@pytest.mark.parametrize(
    "path", ["../secret.cmmn", "{root}/secret.cmmn", "link.cmmn", "inner/../../secret.cmmn"]
)
def test_no_model_is_read_from_outside_the_roots(suite: Path, tmp_path: Path, path: str) -> None:
    (tmp_path / "secret.cmmn").write_bytes(MODEL)
    inside = tmp_path / "suite"
    (inside / "inner").mkdir(parents=True)
    (inside / "link.cmmn").symlink_to(tmp_path / "secret.cmmn")
    name = path.format(root=tmp_path)
    (inside / "one.yaml").write_text((suite / "good.yaml").read_text().replace("[loan.cmmn]", f"['{name}']"))
    done = run(inside)
    assert (done.exit_code, f"there is no model {name}" in done.output) == (1, True), done.output


def test_a_model_is_found_in_models_beside_the_folder_of_the_scenario(suite: Path, tmp_path: Path) -> None:
    for folder in ("scenarios", "models"):
        (tmp_path / "set" / folder).mkdir(parents=True)
    (tmp_path / "set" / "models" / "loan.cmmn").write_bytes(MODEL)
    text = (suite / "good.yaml").read_text().replace("[loan.cmmn]", "[models/loan.cmmn]")
    (tmp_path / "set" / "scenarios" / "good.yaml").write_text(text)
    done = run(tmp_path / "set")
    assert (done.exit_code, done.output.splitlines()[-1]) == (0, "1 passed, 0 failed, 0 skipped")


def test_a_report_that_cannot_be_written_is_told_before_anything_is_played(suite: Path) -> None:
    target = str(suite / "nowhere" / "x.json")
    for done in (
        run(suite, "--json", target),
        CliRunner().invoke(models.model, ["test", str(suite / "loan.cmmn"), str(suite), "--json", target]),
        CliRunner().invoke(conformance.conformance, ["load", str(suite), "--json", target]),
    ):
        assert done.exit_code == 2
        assert "No such file or directory" in done.output
        assert "passed" not in done.output
        assert "loaded" not in done.output
