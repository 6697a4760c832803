"""Names: no drawer of odds and ends, nothing left undone."""

import ast
import re
import subprocess
from collections.abc import Iterator

import pytest

from tests.architecture.contracts import ROOT
from tests.architecture.sources import beside, product

DRAWERS = {
    "util",
    "utils",
    "common",
    "misc",
    "manager",
    "helper",
    "helpers",
    "tools",
    "base_classes",
    "shared_code",
}
DRAWER_CLASS = re.compile(r"(Manager|Helper|Utils?|Misc)$")
UNDONE = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
TEXTS = {".py", ".md", ".html", ".mjs", ".js", ".css", ".toml", ".yml", ".yaml", ".sh"}


def test_no_module_is_a_drawer() -> None:
    parts = {
        (source.path, part.removesuffix(".py")) for source in product() for part in source.path.split("/")
    }
    assert sorted(path for path, part in parts if part.strip("_") in DRAWERS) == []


def test_no_class_is_a_drawer() -> None:
    assert [source.at(node) for source in product() for node in drawers(source.tree)] == []


def test_nothing_is_left_undone() -> None:
    """Not a note in the code: an issue, or a decision."""
    assert [f"{name}:{number}" for name, number, line in lines() if UNDONE.search(line)] == []


def test_rows_are_called_rows() -> None:
    """Whatever has a table is a row, so that a row is never mistaken for a thing."""
    assert [source.at(node) for source in product() for node in unnamed_rows(source.tree)] == []


@pytest.mark.parametrize("text", ["class CaseManager: pass", "class TaskHelper: pass"])
def test_a_drawer_would_be_found(text: str) -> None:
    assert list(drawers(ast.parse(text)))


def test_a_row_without_its_name_would_be_found() -> None:
    assert list(unnamed_rows(ast.parse("class Task(Base):\n    __tablename__ = 'task'")))


def drawers(tree: ast.Module) -> Iterator[ast.ClassDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and DRAWER_CLASS.search(node.name):
            yield node


def unnamed_rows(tree: ast.Module) -> Iterator[ast.ClassDef]:
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.ClassDef)
            and "__tablename__" in assigned(node)
            and not node.name.endswith("Row")
        ):
            yield node


def assigned(node: ast.ClassDef) -> set[str]:
    targets = (target for line in node.body if isinstance(line, ast.Assign) for target in line.targets)
    return {target.id for target in targets if isinstance(target, ast.Name)}


def lines() -> Iterator[tuple[str, int, str]]:
    """Every line of text that git keeps, but of this file."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    names = listed.stdout.splitlines() or [source.path for source in (*product(), *beside())]
    for name in names:
        file = ROOT / name
        if file.suffix in TEXTS and file.is_file() and file.name != "test_names.py":
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
                yield name, number, line
