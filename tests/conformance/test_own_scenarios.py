"""Scenarios of our own over models of other makers and over models made for them, through the store."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from app.database import Database, scratches
from cases.scenarios import files, runner
from cases.scenarios.document import Scenario
from cases.scenarios.runner import Setting, Verdict
from tests import shared

HERE = Path(__file__).parent
MODELS = [HERE / "models", shared.SHARED / "conformance" / "models" / "flowable"]
FILES = list(files.below([HERE / "scenarios"]))

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def fresh() -> Iterator[Callable[[], AbstractContextManager[Database]]]:
    with scratches() as found:
        yield found


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_scenario_of_our_own_holds(
    fresh: Callable[[], AbstractContextManager[Database]], path: Path
) -> None:
    found = files.read(path)
    assert isinstance(found, Scenario)
    if not MODELS[1].is_dir() and not all((MODELS[0] / name).is_file() for name in found.models):
        pytest.skip(shared.MISSING)
    setting = Setting(fresh=fresh, find=lambda one, name: files.model(one, name, MODELS))
    outcomes = list(runner.play(found, setting))
    assert [one.message for one in outcomes if one.verdict is Verdict.FAILED] == []
    assert {one.verdict for one in outcomes} == {Verdict.PASSED}
