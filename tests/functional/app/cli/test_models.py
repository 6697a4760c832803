"""casewright model lint and casewright deploy."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import models
from cases.caseapp import archive
from tests.unit.cases.caseapp.apps import MODEL, files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The app as a folder."""
    return written(tmp_path / "loans", files())


def written(folder: Path, given: dict[str, bytes]) -> Path:
    for name, data in given.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def lint(path: Path) -> Result:
    return CliRunner().invoke(models.model, ["lint", str(path)])


def test_a_sound_app_is_silent_as_folder_and_as_zip(folder: Path, tmp_path: Path) -> None:
    zipped = tmp_path / "loans.zip"
    zipped.write_bytes(archive.pack(files()))
    for path in (folder, zipped):
        done = lint(path)
        assert (done.exit_code, done.output) == (0, "")


def test_each_problem_is_a_line_with_file_and_line_and_the_exit_is_1(tmp_path: Path) -> None:
    wrong = files(model=('cw:role="clerk"', 'cw:role="clark"'), app=('calendar = "NY"', 'calendar = "LA"'))
    done = lint(written(tmp_path / "loans", wrong))
    assert done.exit_code == 1
    assert f"{tmp_path}/loans/loan.cmmn:31: A-01: T1 names the role clark" in done.output
    assert f"{tmp_path}/loans/app.toml: A-06: the calendar LA" in done.output


def test_a_warning_says_so_and_is_no_failure(tmp_path: Path) -> None:
    done = lint(written(tmp_path / "loans", files(model=(' or T1.decision = "refuse"', ""))))
    assert done.exit_code == 0
    assert ": C-06: warning: " in done.output


def test_a_bare_model_is_linted_by_the_rules_of_models(tmp_path: Path) -> None:
    model = tmp_path / "loan.cmmn"
    model.write_text(MODEL)
    assert lint(model).exit_code == 0
    model.write_text(MODEL.replace('sourceRef="SV1"', 'sourceRef="SV9"'))
    done = lint(model)
    assert done.exit_code == 1
    assert done.output.startswith(f"{model}:14: V-05: ")


def test_linting_opens_no_database(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASEWRIGHT_DATABASE_URL", "sqlite:////nowhere/at/all.db")
    monkeypatch.setenv("CASEWRIGHT_DATA_DIR", str(tmp_path / "untouched"))
    assert lint(folder).exit_code == 0
    assert not (tmp_path / "untouched").exists()


def test_deploying_twice_is_one_version(
    folder: Path, tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CASEWRIGHT_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("CASEWRIGHT_DATA_DIR", str(tmp_path / "data"))
    for _ in range(2):
        done = CliRunner().invoke(models.deploy, [str(folder)])
        assert (done.exit_code, done.output) == (0, "loans version 1: deployment 1\n")
    written(folder, files(app=("Loans", "Credits")))
    assert "loans version 2" in CliRunner().invoke(models.deploy, [str(folder)]).output


def test_what_does_not_lint_is_not_deployed(
    tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CASEWRIGHT_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("CASEWRIGHT_DATA_DIR", str(tmp_path / "data"))
    wrong = written(tmp_path / "loans", files(model=('cw:role="clerk"', 'cw:role="clark"')))
    done = CliRunner().invoke(models.deploy, [str(wrong)])
    assert done.exit_code == 1
    assert "A-01" in done.output


FOREIGN = """<definitions xmlns="http://www.omg.org/spec/CMMN/20151109/MODEL" targetNamespace="https://example.org"
  xmlns:flowable="http://flowable.org/cmmn"><case id="c"><casePlanModel id="p">
  <humanTask id="T" flowable:assignee="${who}" flowable:colour="red"/>
  <planItem id="A" definitionRef="T"/><planItem id="B" definitionRef="T"/>
</casePlanModel></case></definitions>"""


def report(path: Path) -> Result:
    return CliRunner().invoke(models.model, ["report", str(path)])


def test_an_import_is_told_line_by_line(tmp_path: Path) -> None:
    model = tmp_path / "foreign.cmmn"
    model.write_text(FOREIGN)
    done = report(model)
    assert done.exit_code == 0
    assert f"{model}:3: I-01: mapped: flowable:assignee of humanTask is understood" in done.output
    assert f"{model}:3: V-61: ignored: flowable:colour of humanTask is unknown" in done.output
    assert ": V-03: upgraded: children of casePlanModel p are put in order" in done.output


def test_a_refused_model_is_told_with_the_reason_and_exit_1(tmp_path: Path) -> None:
    model = tmp_path / "foreign.cmmn"
    model.write_text(FOREIGN.replace("${who}", "${whoBean.ask()}"))
    done = report(model)
    assert done.exit_code == 1
    assert done.output.startswith(
        f"{model}:3: V-40: refused: ${{whoBean.ask()}} in humanTask is not understood"
    )


def test_what_was_put_right_or_left_out_is_a_warning_of_lint(tmp_path: Path) -> None:
    model = tmp_path / "foreign.cmmn"
    model.write_text(FOREIGN)
    done = lint(model)
    assert done.exit_code == 0
    assert "V-03: warning: " in done.output
    assert "V-61: warning: flowable:colour" in done.output


PLAIN = """<definitions xmlns="http://www.omg.org/spec/CMMN/20151109/MODEL" targetNamespace="https://example.org"
  xmlns:cw="https://casewright.org/cmmn"><case id="c"><casePlanModel id="p">
  <planItem id="A" definitionRef="T"/><humanTask id="T" name="Look" cw:due="8 bh"/>
</casePlanModel></case></definitions>"""


def invoked(*words: object) -> Result:
    return CliRunner().invoke(models.model, [str(word) for word in words])


def test_an_exported_model_is_the_same_model(tmp_path: Path) -> None:
    model, target = tmp_path / "foreign.cmmn", tmp_path / "out.cmmn"
    model.write_text(FOREIGN)
    assert invoked("export", model, "--to", target).exit_code == 0
    assert 'flowable:colour="red"' in target.read_text()
    done = invoked("diff", model, target)
    assert (done.exit_code, done.output) == (0, "")
    assert invoked("export", model).stdout == target.read_text()


def test_the_standard_alone_is_written_and_what_is_lost_is_told_beside_it(tmp_path: Path) -> None:
    model, target = tmp_path / "plain.cmmn", tmp_path / "out.cmmn"
    model.write_text(PLAIN)
    done = invoked("export", model, "--standard", "--to", target)
    assert done.exit_code == 0
    assert done.stderr == f"{model}: E-01: lost: cw:due='8 bh' of humanTask is left out\n"
    assert "casewright.org" not in target.read_text()


def test_what_is_refused_is_not_exported(tmp_path: Path) -> None:
    model, target = tmp_path / "plain.cmmn", tmp_path / "out.cmmn"
    model.write_text(PLAIN.replace('definitionRef="T"', 'definitionRef="nothing"'))
    done = invoked("export", model, "--to", target)
    assert (done.exit_code, target.exists()) == (1, False)
    assert f"{model}:3: V-05: " in done.output
    assert invoked("export", tmp_path / "missing.cmmn").exit_code == 1


def test_a_difference_is_told_in_words_with_exit_1_and_trouble_with_exit_2(tmp_path: Path) -> None:
    old, new = tmp_path / "old.cmmn", tmp_path / "new.cmmn"
    old.write_text(PLAIN)
    new.write_text(PLAIN.replace("8 bh", "9 bh"))
    done = invoked("diff", old, new)
    assert (done.exit_code, done.output) == (1, "changed: plan item A, due: 8 bh -> 9 bh\n")
    new.write_text("<nothing/>")
    assert invoked("diff", old, new).exit_code == 2


def test_cases_of_several_are_matched_by_their_ids(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new.cmmn"
    old.mkdir()
    for id_ in ("c", "d"):
        (old / f"{id_}.cmmn").write_text(PLAIN.replace('<case id="c">', f'<case id="{id_}">'))
    new.write_text(PLAIN)
    assert invoked("diff", old, new).output == "removed: case d\n"
    assert invoked("diff", new, old).output == "added: case d\n"
