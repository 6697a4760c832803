"""casewright conformance dmn."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import conformance

MODEL = b"""<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" namespace="n" name="m">
  <inputData id="i" name="n"><variable name="n" typeRef="number"/></inputData>
  <decision id="d" name="twice"><variable name="twice" typeRef="number"/>
    <informationRequirement><requiredInput href="#i"/></informationRequirement>
    <literalExpression><text>n * 2</text></literalExpression></decision>
</definitions>"""
TESTS = """<testCases xmlns="http://www.omg.org/spec/DMN/20160719/testcase"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    xmlns:xsd="http://www.w3.org/2001/XMLSchema"><modelName>{model}</modelName>
  <testCase id="1"><inputNode name="n"><value xsi:type="xsd:decimal">{given}</value></inputNode>
    <resultNode name="twice" type="decision">
      <expected><value xsi:type="xsd:decimal">6</value></expected></resultNode>
  </testCase>
  <testCase id="2"><inputNode name="n"><value xsi:type="xsd:string">x</value></inputNode>
    <resultNode name="twice" type="decision"><expected><value xsi:nil="true"/></expected></resultNode>
  </testCase>
</testCases>"""


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    """A kit of one group."""
    group = tmp_path / "compliance-level-2" / "0001-twice"
    group.mkdir(parents=True)
    (group / "0001-twice.dmn").write_bytes(MODEL)
    write(tmp_path)
    return tmp_path


def write(kit: Path, *, given: int = 3, model: str = "0001-twice.dmn") -> None:
    text = TESTS.format(model=model, given=given)
    (kit / "compliance-level-2" / "0001-twice" / "0001-twice-test-01.xml").write_text(text, encoding="utf-8")


def run(kit: Path) -> tuple[Result, list[dict[str, object]]]:
    target = kit / "nodes.json"
    done = CliRunner().invoke(conformance.conformance, ["dmn", str(kit), "--json", str(target)])
    return done, json.loads(target.read_text(encoding="utf-8"))["nodes"]


def test_a_kit_that_is_met_is_counted_by_level(kit: Path) -> None:
    done, nodes = run(kit)
    assert done.exit_code == 0
    assert done.output.splitlines()[-1] == "2 passed, 0 failed, 0 skipped"
    assert "100.00 %" in done.output
    common = {"group": "0001-twice", "level": "2", "node": "twice", "result": "passed", "message": ""}
    assert nodes == [
        {**common, "test_case": "1", "expected_null": False},
        {**common, "test_case": "2", "expected_null": True},
    ]


def test_a_result_that_differs_is_said_and_the_exit_is_1(kit: Path) -> None:
    write(kit, given=4)
    done, nodes = run(kit)
    assert done.exit_code == 1
    assert done.output.splitlines()[-1] == "1 passed, 1 failed, 0 skipped"
    assert "FAILED 2/0001-twice 1 twice: found 8, not 6" in done.output
    assert [node["result"] for node in nodes] == ["failed", "passed"]


def test_a_model_that_is_missing_fails_its_tests(kit: Path) -> None:
    write(kit, model="nope.dmn")
    done, nodes = run(kit)
    assert (done.exit_code, [node["result"] for node in nodes]) == (1, ["failed"])


def test_a_folder_without_test_cases_is_an_error(tmp_path: Path) -> None:
    done = CliRunner().invoke(conformance.conformance, ["dmn", str(tmp_path)])
    assert (done.exit_code, "no test cases" in done.output) == (1, True)
