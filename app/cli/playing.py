"""Scenarios played for a command: each failure said as soon as it is known, then a table and a total."""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from cases.errors import Invalid
from cases.scenarios import files, report, runner
from cases.scenarios.runner import Outcome, Setting, Verdict

FAILED = 1
"""How a command ends when a scenario failed."""


def played(places: Sequence[Path], setting: Setting) -> list[Outcome]:
    """The outcome of every run, each failure said as soon as it is known."""
    found = []
    for file in files.below(places):
        for outcome in _outcomes(file, setting):
            if outcome.verdict is Verdict.FAILED:
                click.echo(report.failure(outcome))
            found.append(outcome)
    return found


def finish(outcomes: Sequence[Outcome], target: Path | None = None) -> None:
    """Say how many passed, write the JSON; leave with 1 when one failed."""
    if target is not None:
        target.write_text(json.dumps(report.as_json(outcomes), indent=1), encoding="utf-8")
    click.echo(report.table(outcomes))
    click.echo(report.total(outcomes))
    if any(outcome.verdict is Verdict.FAILED for outcome in outcomes):
        sys.exit(FAILED)


def _outcomes(file: Path, setting: Setting) -> Iterator[Outcome]:
    """What came of a file; one that is no scenario has failed."""
    try:
        document = files.read(file)
    except Invalid as error:
        message = "; ".join(map(str, error.problems))
        yield Outcome(
            id=str(file), area="unreadable", standing="ours", verdict=Verdict.FAILED, message=message
        )
        return
    yield from runner.play(document, setting)
