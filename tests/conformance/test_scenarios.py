"""The scenarios of `conformance/spec` that need nothing but the engine; each cites its clause itself."""

import pytest

from tests import shared
from tests.conformance import runner

SPEC = shared.SHARED / "conformance" / "spec"
SCENARIOS = sorted((SPEC / "scenarios").glob("*.yaml")) if SPEC.is_dir() else []
NOT_OURS = {
    "ifpart-error-is-false-with-incident": "FEEL answers null where text meets number (decision 16)",
}


@pytest.mark.shared
@pytest.mark.skipif(not SCENARIOS, reason=shared.MISSING)
@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_a_scenario_holds(path):
    if path.stem in NOT_OURS:
        pytest.skip(NOT_OURS[path.stem])
    scenario = runner.load(path)
    missing = set(scenario["needs"]) - runner.CLAIMED
    if missing:
        pytest.skip(f"not the engine's alone, or not built yet: {sorted(missing)}")
    for run in runner.rows(scenario):
        runner.Runner(run, SPEC).play(run["steps"])
