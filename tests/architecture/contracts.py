"""The import contracts of the rooms that exist, drawn from the plan.

`pyproject.toml` holds them: layers not yet built stand in parentheses there, and every other list names only
modules that exist, because import-linter checks nothing at all while a listed module is missing. When a room
has been built, `python -m tests.architecture.contracts` writes them anew; a test fails where the two differ.
"""

import sys
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.architecture.plan import CONTRACTS, Contract

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("app", "cases", "forms")

_LISTS = (
    "containers",
    "source_modules",
    "forbidden_modules",
    "protected_modules",
    "allowed_importers",
    "ignore_imports",
)
_NEEDED = ("containers", "source_modules", "forbidden_modules", "protected_modules", "modules")


def modules(root: Path = ROOT) -> frozenset[str]:
    """Every module and package of the house, by name; a folder counts once it has an `__init__.py`."""
    files = (file.relative_to(root) for package in PACKAGES for file in (root / package).rglob("*.py"))
    return frozenset(".".join(_parts(file)) for file in files if "node_modules" not in file.parts)


def contracts(existing: frozenset[str]) -> list[dict[str, object]]:
    """Return what `pyproject.toml` should hold when these modules exist."""
    drawn = [_drawn(contract, existing) for contract in CONTRACTS]
    return [contract for contract in drawn if all(contract.get(key, True) for key in _NEEDED)]


def _parts(file: Path) -> Sequence[str]:
    parts = file.with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" else parts


def _drawn(contract: Contract, existing: frozenset[str]) -> dict[str, object]:
    drawn = dict(contract)
    for key in _LISTS:
        if key in contract:
            drawn[key] = [name for name in _texts(contract[key]) if _exists(name, existing)]
    if "modules" in contract:
        drawn["modules"] = [name for name in _texts(contract["modules"]) if _matches(name, existing)]
    if "layers" in contract:
        containers = _texts(drawn.get("containers", [""]))
        drawn["layers"] = [_layer(layer, containers, existing) for layer in _texts(contract["layers"])]
    return {key: value for key, value in drawn.items() if value != [] or key in _NEEDED}


def _texts(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, Iterable) else []


def _exists(name: str, existing: frozenset[str]) -> bool:
    """Whether a module of the house exists. What is not of the house, import-linter knows itself."""
    importer = name.split(" -> ", maxsplit=1)[0]
    if importer.split(".")[0] not in PACKAGES:
        return True
    return _matches(importer, existing)


def _matches(name: str, existing: frozenset[str]) -> bool:
    above = name.rstrip(".*")
    return any(module.startswith(f"{above}.") for module in existing) if "*" in name else name in existing


def _layer(layer: str, containers: Sequence[str], existing: frozenset[str]) -> str:
    """Put in parentheses what is not built."""

    def is_built(tail: str) -> bool:
        return any(f"{container}.{tail}".lstrip(".") in existing for container in containers)

    tails = layer.split(" | ")
    return " | ".join(tail if is_built(tail) else f"({tail})" for tail in tails)


def section(existing: frozenset[str]) -> str:
    """Return the section of `pyproject.toml`, one key a line."""
    head = [
        "[tool.importlinter]",
        'root_packages = ["app", "cases", "forms"]',
        "include_external_packages = true",
    ]
    blocks = ["\n".join(head)]
    for contract in contracts(existing):
        lines = [f"{key} = {_toml(value)}" for key, value in contract.items()]
        blocks.append("\n".join(["[[tool.importlinter.contracts]]", *lines]))
    return "\n\n".join(blocks) + "\n"


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        items = [_toml(item) for item in value]
        line = f"[{', '.join(items)}]"
        return line if len(line) < 90 else "[\n" + "".join(f"  {item},\n" for item in items) + "]"
    return f'"{value}"'


def write(root: Path = ROOT) -> None:
    """Put the section in place of the one that stands in `pyproject.toml`, or at its end."""
    file = root / "pyproject.toml"
    kept, _, _ = file.read_text().partition("[tool.importlinter]")
    text = f"{kept.rstrip()}\n\n{section(modules(root))}"
    tomllib.loads(text)
    file.write_text(text)


if __name__ == "__main__":
    write()
    sys.stdout.write("pyproject.toml holds the contracts of the rooms that exist\n")
