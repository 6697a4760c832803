"""The suites beside the project, through the store; each scenario cites its clause itself."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from app.database import Database, scratches
from cases.scenarios import files, runner
from cases.scenarios.runner import Setting, Verdict
from tests import shared

SUITES = shared.SHARED / "conformance"
MODELS = SUITES / "models" / "flowable"
PLAYED = [SUITES / name for name in ("spec", "differential", "flowable") if (SUITES / name).is_dir()]
FILES = list(files.below(PLAYED))

pytestmark = [pytest.mark.shared, pytest.mark.skipif(not FILES, reason=shared.MISSING)]


@pytest.fixture(scope="module")
def fresh() -> Iterator[Callable[[], AbstractContextManager[Database]]]:
    with scratches() as found:
        yield found


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_scenario_holds(fresh: Callable[[], AbstractContextManager[Database]], path: Path) -> None:
    setting = Setting(fresh=fresh, find=lambda found, name: files.model(found, name, [MODELS]))
    outcomes = list(runner.play(files.read(path), setting))
    assert [one.message for one in outcomes if one.verdict is Verdict.FAILED] == []
    if all(one.verdict is Verdict.SKIPPED for one in outcomes):
        pytest.skip(outcomes[0].message)
