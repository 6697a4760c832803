"""casewright conformance load: models read, drawn and begun, and what came of each."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import conformance
from cases.cmmn import diagram
from cases.cmmn.tidiness import Overlap
from cases.scenarios import loading
from cases.scenarios.world import World

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/CMMN/20151109/MODEL" id="d" targetNamespace="urn:x">\n'
    '<case id="{key}" name="Case"><casePlanModel id="plan" name="Plan">\n'
)
TAIL = "</casePlanModel></case></definitions>"
WORK = '<planItem id="A" definitionRef="t"/><humanTask id="t" name="Task"/>'


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """A model that waits, one that ends at once, and one that is refused, in two folders."""
    write(tmp_path / "ours" / "waits.cmmn", WORK)
    write(
        tmp_path / "ours" / "ends.cmmn", '<planItem id="A" definitionRef="m"/><milestone id="m" name="Done"/>'
    )
    write(tmp_path / "others" / "deep" / "refused.cmmn.xml", '<planItem id="A" definitionRef="nothing"/>')
    (tmp_path / "ours" / "README.md").write_text("no model", encoding="utf-8")
    return tmp_path


def write(path: Path, inside: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    key = path.name.partition(".")[0]
    path.write_text(HEAD.format(key=key) + inside + TAIL, encoding="utf-8")


def load(*arguments: object) -> Result:
    return CliRunner().invoke(conformance.conformance, ["load", *map(str, arguments)])


def test_each_model_is_loaded_or_refused_with_its_reason(suite: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.json"
    result = load(suite, "--json", target)
    assert result.exit_code == 0, result.output
    found = {one["path"]: one for one in json.loads(target.read_text(encoding="utf-8"))["models"]}
    assert set(found) == {"ours/waits.cmmn", "ours/ends.cmmn", "others/deep/refused.cmmn.xml"}
    for path in ("ours/waits.cmmn", "ours/ends.cmmn"):
        assert found[path] == {
            "path": path, "result": "loaded", "reason": "", "reached_wait": True, "overlaps": 0
        }  # fmt: skip
    refused = found["others/deep/refused.cmmn.xml"]
    assert (refused["result"], refused["reached_wait"]) == ("refused", False)
    assert refused["reason"].startswith("line 3: V-05: ")
    assert result.output.splitlines()[-1] == "2 loaded, 1 refused, 0 errors"


def test_one_model_may_be_named(suite: Path) -> None:
    result = load(suite / "ours" / "waits.cmmn")
    assert result.exit_code == 0
    assert result.output.splitlines()[-1] == "1 loaded, 0 refused, 0 errors"


def test_a_drawing_that_overlaps_fails_the_run(suite: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagram, "overlaps", lambda _: [Overlap("box", "A", "B")])
    result = load(suite)
    assert result.exit_code == 1
    assert "loaded: ours/waits.cmmn: 1 overlaps" in result.output


def test_a_fault_of_ours_is_an_error_and_the_next_model_has_its_turn(
    suite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = World.open

    def breaks(world: World, key: str, *rest: object) -> int:
        if key == "ends":
            raise TypeError("a slip")
        return usual(world, key, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(World, "open", breaks)
    result = load(suite)
    assert result.exit_code == 1
    assert "error: ours/ends.cmmn: while it ran: case ends: TypeError: a slip" in result.output
    assert result.output.splitlines()[-1] == "1 loaded, 1 refused, 1 errors"


def test_a_case_that_never_comes_to_rest_has_not_reached_a_wait_state(
    suite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(_: World) -> None:
        raise loading.Mistaken("the cases of the run do not come to rest")

    monkeypatch.setattr(World, "rest", never)
    result = load(suite / "ours" / "waits.cmmn")
    assert "loaded: waits.cmmn: case waits: the cases of the run do not come to rest" in result.output


def test_what_cannot_be_read_is_an_error_and_the_next_model_has_its_turn(suite: Path) -> None:
    (suite / "ours" / "gone.cmmn").symlink_to(suite / "nowhere")
    (suite / "ours" / "folder.cmmn").mkdir()
    result = load(suite)
    assert result.exit_code == 1
    assert "error: ours/gone.cmmn: cannot be read: No such file or directory" in result.output
    assert "error: ours/folder.cmmn: cannot be read: Is a directory" in result.output
    assert result.output.splitlines()[-1] == "2 loaded, 1 refused, 2 errors"


def test_where_there_is_no_model_nothing_was_loaded(tmp_path: Path) -> None:
    result = load(tmp_path)
    assert (result.exit_code, f"there is no model in {tmp_path}" in result.output) == (1, True)
