"""casewright model lint, report, diff, export, casewright deploy: a case app looked at, written, stored."""

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO

import click

from app import clock
from app.cli import playing
from app.config import Settings
from app.database import Database, scratches
from cases import catalogue
from cases.caseapp import archive, lint, reader
from cases.cmmn import diff, writer
from cases.cmmn import reader as cmmn_reader
from cases.cmmn.metamodel import CaseDefinition
from cases.cmmn.remarks import Kind, Remark
from cases.errors import Invalid, Problem
from cases.policy.access import SYSTEM
from cases.scenarios import files
from cases.scenarios.runner import Setting, Verdict
from cases.services import deployments

_REFUSED = 1
_DIFFERENT, _TROUBLE = 1, 2
_MODELS = (".cmmn", ".cmmn.xml")
_WHAT = click.Path(exists=True, path_type=Path)
_TARGET = click.Path(dir_okay=False, path_type=Path)


@click.group("model")
def model() -> None:
    """Models and case apps, without an installation: no database is opened."""


@model.command("lint")
@click.argument("path", metavar="FILE", type=_WHAT)
def lint_command(path: Path) -> None:
    """Say what is wrong with a model or a case app; exit 1 when it would be refused."""
    try:
        findings = lint.check(reader.read(_files(path)))
    except Invalid as error:
        print_problems(path, error.problems)
        sys.exit(_REFUSED)
    errors = lint.errors(findings)
    print_problems(path, errors)
    print_problems(path, (one.problem for one in findings if not one.is_error), mark="warning: ")
    sys.exit(_REFUSED if errors else 0)


@model.command("report")
@click.argument("path", metavar="FILE", type=_WHAT)
def report(path: Path) -> None:
    """Say what became of each part of a model that was written for another engine, or loosely.

    One line each: mapped, upgraded, ignored or refused, and why; exit 1 when a model is refused.
    """
    try:
        files = _files(path)
    except Invalid as error:
        print_problems(path, error.problems)
        sys.exit(_REFUSED)
    is_refused = False
    for name in sorted(files):
        if not name.endswith(_MODELS):
            continue
        for first, times in _grouped(cmmn_reader.report(files[name], name)):
            is_refused = is_refused or first.kind is Kind.REFUSED
            print_problems(path, [Problem(first.code, _told(first, times), first.element, first.line, name)])
    sys.exit(_REFUSED if is_refused else 0)


@model.command("diff")
@click.argument("old", type=_WHAT)
@click.argument("new", type=_WHAT)
def diff_command(old: Path, new: Path) -> None:
    """Say what is different between two models or case apps; exit 0 when nothing is, 2 when one is refused.

    Elements are compared by their ids: what they do, not how their file is written.
    """
    before, after = _cases(old), _cases(new)
    if len(before) == len(after) == 1:
        one, other = next(iter(before.values())), next(iter(after.values()))
        told = [change.words for change in diff.diff(one, other)]
    else:
        told = [f"removed: case {id_}" for id_ in before if id_ not in after]
        for id_, case in after.items():
            told += (
                [f"{id_}: {change.words}" for change in diff.diff(before[id_], case)]
                if id_ in before
                else [f"added: case {id_}"]
            )
    for line in told:
        click.echo(line)
    sys.exit(_DIFFERENT if told else 0)


@model.command("export")
@click.argument("path", metavar="FILE", type=_TARGET)
@click.option("--to", "target", type=_TARGET, help="Write this file instead of printing.")
@click.option("--standard", "is_standard", is_flag=True, help="CMMN 1.1 alone; say on stderr what is lost.")
def export(path: Path, target: Path | None, *, is_standard: bool) -> None:
    """Write a model as CMMN 1.1, put right and with a drawing; exit 1 when it is refused."""
    try:
        model = cmmn_reader.read(path.read_bytes(), path.name)
        found = writer.write_standard(model) if is_standard else writer.Standard(writer.write(model), ())
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}") from None
    except Invalid as error:
        print_problems(path, error.problems)
        sys.exit(_REFUSED)
    for first, times in _grouped(found.remarks):
        click.echo(f"{path}: {first.code}: {_told(first, times)}", err=True)
    if target is None:
        click.echo(found.xml, nl=False)
    else:
        target.write_bytes(found.xml)


@model.command("test")
@click.argument("path", metavar="FILE", type=_WHAT)
@click.argument("scenarios", metavar="SCENARIO...", nargs=-1, required=True, type=_WHAT)
@click.option("--json", "target", type=playing.TARGET, help="Write this file, too.")
def test_command(path: Path, scenarios: Sequence[Path], target: IO[str] | None) -> None:
    """Play scenarios on a model or a case app; exit 1 when one fails, or none ran.

    A run in which all of them are skipped has tested nothing.
    """
    try:
        app = _files(path)
    except Invalid as error:
        print_problems(path, error.problems)
        sys.exit(_REFUSED)
    with scratches() as fresh:
        setting = Setting(fresh=fresh, find=files.model, app=app)
        outcomes = playing.played(scenarios, setting)
    playing.finish(outcomes, target)
    if all(one.verdict is Verdict.SKIPPED for one in outcomes):
        raise click.ClickException("every scenario was skipped: nothing was tested")


@click.command("deploy")
@click.argument("path", metavar="DIR", type=_WHAT)
def deploy(path: Path) -> None:
    """Store a case app (a folder, a zip, a bare model) as a new version, unless it is the newest already."""
    settings = Settings.from_environment(os.environ)
    database = Database(
        settings.database_url, synchronous=settings.sqlite_synchronous, secret_key=settings.secret_key
    )
    try:
        files = _files(path)
        key = reader.read(files).key
        with database, database.transaction() as session:
            deployments.deploy(session, files, SYSTEM, clock.now(settings))
            newest = catalogue.latest(session, key)
    except Invalid as error:
        print_problems(path, error.problems)
        sys.exit(_REFUSED)
    click.echo(f"{key} version {newest.version}: deployment {newest.deployment_id}")


def print_problems(path: Path, problems: Iterable[Problem], mark: str = "") -> None:
    """One line a problem: `file:line: code: reason`."""
    for problem in problems:
        file = path / problem.file if path.is_dir() else path
        place = file if problem.line is None else f"{file}:{problem.line}"
        click.echo(f"{place}: {problem.code}: {mark}{problem.message}")


def _files(path: Path) -> dict[str, bytes]:
    """The files of a folder, a zip or a single model. Raises Invalid."""
    return archive.unpack(path.read_bytes()) if path.suffix == ".zip" else archive.folder(path)


def _cases(path: Path) -> dict[str, CaseDefinition]:
    """All cases of a model or a case app, by id; says what is wrong, and exits, where one is refused."""
    try:
        read = [
            cmmn_reader.read(content, name)
            for name, content in sorted(_files(path).items())
            if name.endswith(_MODELS)
        ]
    except Invalid as error:
        print_problems(path, error.problems)
        sys.exit(_TROUBLE)
    return {id_: case for model in read for id_, case in model.cases.items()}


def _told(first: Remark, times: int) -> str:
    return f"{first.kind}: {first.message}" + (f" ({times} times)" if times > 1 else "")


def _grouped(remarks: Iterable[Remark]) -> list[tuple[Remark, int]]:
    """The first of all remarks that say the same, and how many they are, what is refused first."""
    found: dict[tuple[Kind, str, str], list[Remark]] = {}
    for one in remarks:
        found.setdefault((one.kind, one.code, one.message), []).append(one)
    return [(alike[0], len(alike)) for alike in found.values()]
