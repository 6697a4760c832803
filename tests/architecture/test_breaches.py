"""Rules that never fire are not rules: each forbidden import, made in a copy, breaks its contract."""

import copy
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import grimp
import pytest
from importlinter.application.use_cases import _register_contract_types, read_user_options
from importlinter.application.user_options import UserOptions
from importlinter.configuration import configure
from importlinter.domain.contract import Contract, registry

from tests.architecture.contracts import PACKAGES, ROOT, modules

# importer, imported, the contract that says no. `*` is any module of the package.
BREACHES = [
    ("cases.cmmn.engine", "sqlalchemy", "pure"),
    ("cases.cmmn.rules", "time", "pure"),
    ("cases.feel.compiler", "socket", "pure"),
    ("cases.policy.access", "uuid", "pure"),
    ("forms.validation", "wtforms", "pure"),
    ("cases.caseapp.lint", "os", "pure"),
    ("cases.policy.access", "forms.definition", "forms-from-above"),
    ("cases.persistence.base", "forms.definition", "forms-from-above"),
    ("app.web.*", "cases.persistence.tasks", "tables"),
    ("cases.connectors.http", "cases.persistence.jobs", "tables"),
    ("cases.connectors.http", "cases.persistence.jobs", "cases"),
    ("cases.queries.*", "cases.services.*", "cases"),
    ("cases.services.service_steps", "cases.scheduler.pool", "cases"),
    ("cases.dmn.tables", "cases.cmmn.metamodel", "cases"),
    ("cases.services.execution", "cases.services.tasks", "services"),
    ("cases.cmmn.metamodel", "cases.cmmn.instance", "core"),
    ("cases.feel.syntax", "cases.feel.parser", "language"),
    ("cases.dmn.model", "cases.dmn.reader", "decisions"),
    ("cases.scheduler.worker", "cases.scheduler.beat", "worker"),
    ("forms.definition", "forms.reader", "forms"),
    ("app.web.*", "app.api.*", "app"),
    ("app.security", "app.web.*", "app"),
    ("app.web.tasks", "app.web.worklist", "places"),
    ("app.web.*", "cases.vault.keyring", "vault"),
    ("cases.services.tasks", "cases.cmmn.engine", "core-door"),
    ("cases.services.tasks", "cases.persistence.store", "hot-path"),
    ("cases.services.tasks", "flask", "without-flask"),
    ("forms.reader", "werkzeug", "without-flask"),
    ("cases.services.tasks", "apscheduler", "beat"),
    ("cases.scheduler.pool", "dramatiq", "beat"),
    ("cases.services.tasks", "smtplib", "outside"),
    ("app.web.*", "urllib3", "outside"),
    ("forms.reader", "cases.feel", "storeys"),
    ("cases.errors", "app.config", "storeys"),
    ("app.database", "app", "factory"),
    ("app.web.*", "app", "factory"),
    ("cases.services.tasks", "app", "factory"),
    ("app.api.*", "flask_sqlalchemy", "engine-room"),
    ("app.auth.session", "sqlalchemy", "engine-room"),
    ("cases.dmn.reader", "lxml", "xml"),
    ("cases.feel.lexer", "cases.feel.expression", "acyclic"),
]


@cache
def options() -> UserOptions:
    configure()
    read = read_user_options(str(ROOT / "pyproject.toml"))
    _register_contract_types(read)
    return read


@cache
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*PACKAGES, include_external_packages=True, cache_dir=None)


def contract(name: str) -> Contract:
    found = next(each for each in options().contracts_options if each["id"] == name)
    made = registry.get_contract_class(found["type"])(
        name=found["name"], session_options=options().session_options, contract_options=found
    )
    assert isinstance(made, Contract)
    return made


def breaches() -> Iterator[tuple[str, str, str]]:
    """Those whose modules exist."""
    for importer, imported, name in BREACHES:
        first = next(any_of(importer, ""), None)
        second = next(any_of(imported, first or ""), None)
        if first and second:
            yield first, second, name


def any_of(name: str, but: str) -> Iterator[str]:
    house = name.split(".", maxsplit=1)[0] in PACKAGES
    if not house:
        yield name
    elif name.endswith(".*"):
        above = name.removesuffix("*")
        yield from sorted(each for each in modules() if each.startswith(above) and each != but)
    elif name in modules():
        yield name


def is_kept(name: str, changed: grimp.ImportGraph) -> bool:
    return contract(name).check(changed, verbose=False).kept


@pytest.mark.parametrize("name", [each["id"] for each in options().contracts_options])
def test_the_house_keeps_its_contract(name: str) -> None:
    assert is_kept(name, copy.deepcopy(graph()))


@pytest.mark.parametrize(("importer", "imported", "name"), list(breaches()))
def test_a_forbidden_import_breaks_its_contract(importer: str, imported: str, name: str) -> None:
    changed = copy.deepcopy(graph())
    if imported not in changed.modules:
        changed.add_module(imported, is_squashed=imported.split(".", maxsplit=1)[0] not in PACKAGES)
    changed.add_import(importer=importer, imported=imported, line_number=1, line_contents="made by a test")
    assert not is_kept(name, changed)


def test_every_contract_has_a_breach_that_breaks_it() -> None:
    there = {each["id"] for each in options().contracts_options}
    assert there == {name for _, _, name in breaches()}


def test_the_command_itself_finds_a_breach_in_a_copy(tmp_path: Path) -> None:
    for package in PACKAGES:
        without_the_rest = shutil.ignore_patterns(
            "node_modules", "static", "__pycache__", "library", "schema"
        )
        shutil.copytree(ROOT / package, tmp_path / package, ignore=without_the_rest)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    errors = tmp_path / "cases" / "errors.py"
    errors.write_text(errors.read_text() + "\nimport app.config\n")
    linter = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run(
        [linter, "--no-cache", "--contract", "storeys"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1, run.stdout
    assert "cases.errors -> app.config" in run.stdout
