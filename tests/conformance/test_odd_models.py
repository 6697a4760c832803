"""Odd but valid models, as other tools write them, are read, drawn without overlaps, and begin."""

from pathlib import Path

import pytest

from app.database import scratches
from cases.scenarios import loading
from cases.scenarios.loading import Result

ODD = sorted((Path(__file__).parent / "odd").glob("*.cmmn"))


@pytest.mark.parametrize("path", ODD, ids=lambda path: path.stem)
def test_an_odd_model_is_loaded_drawn_and_comes_to_wait(path: Path) -> None:
    with scratches() as fresh, fresh() as store:
        found = loading.load(path.name, path.read_bytes(), store)
    assert (found.result, found.reason, found.reached_wait, found.overlaps) == (Result.LOADED, "", True, 0)
