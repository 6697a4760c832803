"""Scenarios played for a command: each failure said as soon as it is known, then a table and a total."""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO

import click

from cases.errors import Invalid
from cases.scenarios import files, report, runner
from cases.scenarios.document import Refusal, Scenario
from cases.scenarios.runner import Outcome, Setting, Verdict

FAILED = 1
"""How a command ends when a scenario failed."""

TARGET = click.File("w", encoding="utf-8", lazy=False)
"""A file that a report is written to: opened before anything is played."""

_SLIPS = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What a fault of ours looks like while a file is read: it must not keep the others from being played."""


def played(places: Sequence[Path], setting: Setting) -> list[Outcome]:
    """The outcome of every run, each failure said as soon as it is known.

    Raises click.ClickException where there is no scenario file at all.
    """
    found: list[Outcome] = []
    known: dict[str, Path] = {}
    for file in files.below(places):
        for outcome in _outcomes(file, setting, known):
            if outcome.verdict is Verdict.FAILED:
                click.echo(report.failure(outcome))
            found.append(outcome)
    if not found:
        raise click.ClickException(f"there is no scenario in {', '.join(map(str, places))}")
    return found


def finish(outcomes: Sequence[Outcome], target: IO[str] | None = None) -> None:
    """Say how many passed, write the JSON; leave with 1 when one failed."""
    if target is not None:
        target.write(json.dumps(report.as_json(outcomes), indent=1))
    click.echo(report.table(outcomes))
    click.echo(report.total(outcomes))
    if any(outcome.verdict is Verdict.FAILED for outcome in outcomes):
        sys.exit(FAILED)


def _outcomes(file: Path, setting: Setting, known: dict[str, Path]) -> Iterator[Outcome]:
    """What came of a file; one that is no scenario, or has the id of a known one, has failed."""
    try:
        document = files.read(file)
    except Invalid as error:
        yield _unreadable(file, "; ".join(map(str, error.problems)))
        return
    except _SLIPS as error:
        yield _unreadable(file, f"{file}: cannot be read: {type(error).__name__}: {error}")
        return
    first = known.setdefault(document.id, file)
    if first != file and isinstance(document, Scenario):
        yield _unreadable(file, f"{file}: the scenario {document.id} is given in {first}, too")
        return
    yield from runner.play(document if first == file else _renamed(document, file), setting)


def _renamed(document: Scenario | Refusal, file: Path) -> Scenario | Refusal:
    """A refusal is called after its model, and models of two folders may have one name."""
    return replace(document, id=f"{document.id} ({file})")


def _unreadable(file: Path, message: str) -> Outcome:
    return Outcome(id=str(file), area="unreadable", standing="ours", verdict=Verdict.FAILED, message=message)
