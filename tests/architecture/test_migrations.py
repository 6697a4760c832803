"""Migrations: one line of them, numbered without gaps, that leads to what the code declares."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import Script, ScriptDirectory

from app.cli import upkeep
from app.config import Settings
from tests.architecture.contracts import ROOT

VERSIONS = ROOT / "migrations" / "versions"
MAY_IMPORT = {"sqlalchemy", "alembic", "collections"}


@pytest.fixture
def config(tmp_path: Path) -> Config:
    url = f"sqlite:///{tmp_path / 'casewright.db'}"
    return upkeep.alembic_config(Settings(data_dir=tmp_path, database_url=url, secret_key="unused"))


@pytest.fixture
def scripts(config: Config) -> list[Script]:
    return list(ScriptDirectory.from_config(config).walk_revisions())


def test_there_is_one_head_and_one_beginning(config: Config, scripts: list[Script]) -> None:
    assert len(ScriptDirectory.from_config(config).get_heads()) == 1
    assert [script.down_revision for script in scripts].count(None) == 1


def test_they_are_numbered_without_gaps(scripts: list[Script]) -> None:
    numbers = sorted(script.revision for script in scripts)
    assert numbers == [f"{number:04d}" for number in range(1, len(numbers) + 1)]


def test_a_files_name_begins_with_its_number(scripts: list[Script]) -> None:
    assert [
        script.path for script in scripts if not Path(script.path).name.startswith(f"{script.revision}_")
    ] == []


def test_a_migration_imports_nothing_of_the_house() -> None:
    astray = [
        f"{file.name}: {name}"
        for file in sorted(VERSIONS.glob("*.py"))
        for name in imported(ast.parse(file.read_text()))
        if name.split(".", maxsplit=1)[0] not in MAY_IMPORT
    ]
    assert astray == []


def test_they_lead_to_what_the_code_declares(config: Config) -> None:
    command.upgrade(config, "head")
    command.check(config)


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
