"""casewright conformance ...: the engine held against suites that others wrote; no installation is opened."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import click

from app.cli import dmn_kit, playing
from app.database import scratches
from cases.scenarios import capabilities, files, loading
from cases.scenarios.loading import Loaded, Result
from cases.scenarios.runner import Setting

_FAILED = 1
_PLACE = click.Path(exists=True, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group("conformance")
def conformance() -> None:
    """Hold the engine against a suite of scenarios, decisions or models."""


conformance.add_command(dmn_kit.dmn)


@conformance.command("run")
@click.argument("places", metavar="DIR...", nargs=-1, required=True, type=_PLACE)
@click.option("--models", "roots", multiple=True, type=_FOLDER, help="Where models are looked for, too.")
@click.option("--needs", help="Play only scenarios that need nothing but these tags: core,timer")
@click.option("--json", "target", type=playing.TARGET, help="Write what came of each run to this file.")
def run(places: Sequence[Path], roots: Sequence[Path], needs: str | None, target: IO[str] | None) -> None:
    """Play scenario files against the engine, through the store; exit 1 when one fails."""
    wanted = frozenset(tag.strip() for tag in (needs or "").split(",") if tag.strip())
    unknown = capabilities.unknown(wanted)
    if unknown:
        raise click.BadParameter(f"there is no tag {', '.join(sorted(unknown))}", param_hint="--needs")
    with scratches() as fresh:
        setting = Setting(
            fresh=fresh, find=lambda found, path: files.model(found, path, roots), wanted=wanted
        )
        playing.finish(playing.played(places, setting), target)


@conformance.command("load")
@click.argument("place", metavar="DIR", type=_PLACE)
@click.option("--json", "target", type=playing.TARGET, help="Write what came of each model to this file.")
def load(place: Path, target: IO[str] | None) -> None:
    """Read, check and draw every model below DIR, and begin its cases; exit 1 when something goes wrong.

    A model that is refused with its reasons is no error.
    """
    found = []
    paths = models_below(place)
    if not paths:
        raise click.ClickException(f"there is no model in {place}")
    with scratches() as fresh, click.progressbar(paths, label="Loading models", file=sys.stderr) as each:
        for path in each:
            name = str(path.relative_to(place)) if place.is_dir() else path.name
            try:
                content = path.read_bytes()
            except OSError as error:
                found.append(Loaded(name, Result.ERROR, f"cannot be read: {error.strerror}"))
                continue
            with fresh() as store:
                found.append(loading.load(name, content, store))
    if target is not None:
        target.write(json.dumps(loading.as_json(found), indent=1))
    for one in found:
        if one.reason or one.overlaps:
            click.echo(f"{one.result.value}: {one.path}: {one.reason or f'{one.overlaps} overlaps'}")
    click.echo(loading.table(found))
    click.echo(loading.total(found))
    if not loading.is_sound(found):
        sys.exit(_FAILED)


def models_below(place: Path) -> list[Path]:
    """The models of a folder and all below it, or this one model."""
    if place.is_file():
        return [place]
    return sorted(path for path in place.rglob("*") if path.name.endswith((".cmmn", ".cmmn.xml")))
