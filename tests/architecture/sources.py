"""The source files of the house, parsed: what the tests of its architecture look at."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.architecture.contracts import PACKAGES, ROOT


@dataclass(frozen=True, slots=True)
class Source:
    """One Python file, by its path from the root (`cases/feel/lexer.py`)."""

    path: str
    tree: ast.Module
    lines: int

    def at(self, node: ast.AST) -> str:
        """Say where a node stands, as editors read it."""
        return f"{self.path}:{getattr(node, 'lineno', 1)}"


@cache
def product() -> Sequence[Source]:
    """Every file of the three packages."""
    return [source for package in PACKAGES for source in _of(ROOT / package)]


@cache
def beside() -> Sequence[Source]:
    """The tests and benchmarks."""
    return [source for folder in ("tests", "bench") for source in _of(ROOT / folder)]


def _of(folder: Path) -> Iterator[Source]:
    for file in sorted(folder.rglob("*.py")):
        if "node_modules" not in file.parts:
            text = file.read_text(encoding="utf-8")
            path = file.relative_to(ROOT).as_posix()
            yield Source(path, ast.parse(text, path), text.count("\n"))
