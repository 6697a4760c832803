"""casewright model simulate: findings with their traces, and the exit that a build can heed."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli.simulate import simulate

LIBRARY = Path(__file__).parents[4] / "cases" / "library" / "claims.auto"
HEAD = """<definitions xmlns="http://www.omg.org/spec/CMMN/20151109/MODEL" targetNamespace="urn:x">
 <case id="c" name="C"><casePlanModel id="plan" name="C" autoComplete="false">"""
TAIL = """<humanTask id="d" name="Task"/></casePlanModel></case></definitions>"""
WAITING = """<planItem id="a" definitionRef="d"><entryCriterion id="ea" sentryRef="sa"/></planItem>
<planItem id="b" definitionRef="d"><entryCriterion id="eb" sentryRef="sb"/></planItem>
<sentry id="sa"><planItemOnPart id="pa" sourceRef="b"><standardEvent>complete</standardEvent>
</planItemOnPart></sentry>
<sentry id="sb"><planItemOnPart id="pb" sourceRef="a"><standardEvent>complete</standardEvent>
</planItemOnPart></sentry>"""
CHAIN = """<planItem id="a" definitionRef="d"/>
<planItem id="b" definitionRef="d"><entryCriterion id="eb" sentryRef="sb"/></planItem>
<sentry id="sb"><planItemOnPart id="pb" sourceRef="a"><standardEvent>complete</standardEvent>
</planItemOnPart></sentry>"""


def ran(tmp_path: Path, plan: str, *options: str) -> Result:
    model = tmp_path / "model.cmmn"
    model.write_text(HEAD + plan + TAIL, encoding="utf-8")
    return CliRunner().invoke(simulate, [str(model), "--walks", "10", "--budget", "200", *options])


def test_a_dead_end_is_told_with_its_trace_and_the_exit_is_1(tmp_path: Path) -> None:
    done = ran(tmp_path, WAITING)
    assert done.exit_code == 1
    assert "c: DEAD END a: nothing can happen any more" in done.output
    assert "1. the case begins\n" in done.output
    assert "1 dead end, 0 loop, 2 never reached, 0 cannot be computed" in done.output


def test_a_sound_model_exits_with_0_and_says_what_was_looked_at(tmp_path: Path) -> None:
    done = ran(tmp_path, CHAIN)
    assert done.exit_code == 0, done.output
    assert "2 of 2 items reached, 1 of 1 criteria fired" in done.output
    assert "walks ended: Completed 10" in done.output


def test_the_report_is_written_as_json(tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    ran(tmp_path, WAITING, "--json", str(target))
    (report,) = json.loads(target.read_text(encoding="utf-8"))
    assert report["findings"][0]["kind"] == "deadEnd"
    assert report["findings"][0]["trace"][0]["words"] == "the case begins"
    assert report["coverage"]["is_whole"] is True


def test_what_may_be_ended_by_hand_is_no_dead_end_for_who_says_so(tmp_path: Path) -> None:
    assert ran(tmp_path, WAITING, "--by-hand").exit_code == 0


def test_cases_begin_with_what_a_file_holds(tmp_path: Path) -> None:
    inputs = tmp_path / "inputs.jsonl"
    inputs.write_text('{"kind": "odd"}\n', encoding="utf-8")
    assert 'the case begins with kind = "odd"' in ran(tmp_path, WAITING, "--inputs", str(inputs)).output


def test_a_model_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    done = ran(tmp_path, '<planItem id="a" definitionRef="nowhere"/>')
    assert done.exit_code == 1
    assert "V-" in done.output


def test_the_shipped_app_raises_no_alarm_with_its_forms_tables_and_payloads() -> None:
    done = CliRunner().invoke(simulate, [str(LIBRARY), "--walks", "40", "--budget", "300"])
    assert done.exit_code == 0, done.output
    assert "0 dead end, 0 loop" in done.output
    assert "Completed" in done.output


@pytest.mark.parametrize("profile", ["strict", "flowable", "camunda"])
def test_a_profile_may_be_chosen(tmp_path: Path, profile: str) -> None:
    assert ran(tmp_path, CHAIN, "--profile", profile).exit_code == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": 1}\n{"a": \n', "inputs.jsonl:2: this is no JSON"),
        ("[1]\n", "inputs.jsonl:1: a line takes a JSON object"),
        ("[" * 100_000, "inputs.jsonl:1: this is no JSON"),
        ('{"a": ' + "9" * 5_000 + "}", "inputs.jsonl:1: this is no JSON"),
    ],
    ids=["broken", "no object", "deep", "long"],
)
def test_what_cases_begin_with_is_named_with_its_line_where_it_is_no_json(
    tmp_path: Path, text: str, words: str
) -> None:
    begin = tmp_path / "inputs.jsonl"
    begin.write_text(text, encoding="utf-8")
    done = ran(tmp_path, CHAIN, "--inputs", str(begin))
    assert (done.exit_code, words in done.output) == (1, True), done.output


def test_a_file_of_inputs_that_is_missing_is_told(tmp_path: Path) -> None:
    done = ran(tmp_path, CHAIN, "--inputs", str(tmp_path / "gone.jsonl"))
    assert (done.exit_code, "does not exist" in done.output) == (2, True)


def test_a_report_that_cannot_be_written_is_told_before_anything_is_played(tmp_path: Path) -> None:
    done = ran(tmp_path, CHAIN, "--json", str(tmp_path / "gone" / "x.json"))
    assert (done.exit_code, "items reached" in done.output) == (2, False)


def test_what_is_wrong_with_a_folder_is_told_at_the_folder(tmp_path: Path) -> None:
    done = CliRunner().invoke(simulate, [str(tmp_path)])
    assert done.exit_code == 1
    assert done.output.startswith(f"{tmp_path}")
    assert "::" not in done.output
