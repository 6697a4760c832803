"""The import contracts: those of the plan, written down, and kept."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture.contracts import ROOT, contracts, modules

REMEDY = "python -m tests.architecture.contracts writes the contracts of the rooms that exist"


def written() -> dict[str, dict[str, object]]:
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    return {contract["id"]: contract for contract in tools["importlinter"]["contracts"]}


def planned() -> dict[str, dict[str, object]]:
    return {str(contract["id"]): contract for contract in contracts(modules())}


def test_every_contract_of_a_room_that_exists_is_written_down() -> None:
    assert list(written()) == list(planned()), REMEDY


@pytest.mark.parametrize("name", list(planned()))
def test_a_contract_names_all_modules_that_exist_and_no_others(name: str) -> None:
    assert written().get(name) == planned()[name], REMEDY


def test_a_module_is_planned_once_in_its_container() -> None:
    for contract in planned().values():
        layers = contract.get("layers", [])
        assert isinstance(layers, list)
        tails = [tail for layer in layers for tail in layer.split(" | ")]
        assert len(tails) == len(set(tails)), contract["id"]


def test_all_contracts_are_kept() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-4000:]
