"""casewright model simulate: a model, or a case app, played with virtual time; no installation is opened."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO
from zoneinfo import ZoneInfo

import click

from app.cli.models import print_problems
from app.cli.playing import TARGET
from cases import catalogue
from cases.caseapp import archive, intake, reader
from cases.caseapp.document import CaseApp
from cases.cmmn import playing, samples, simulation
from cases.cmmn.exploring import Progress
from cases.cmmn.findings import Finding, Kind, Report
from cases.cmmn.instance import CaseInstance
from cases.cmmn.metamodel import CaseDefinition, UserEventListener
from cases.cmmn.playing import Settings
from cases.cmmn.profile import CAMUNDA, FLOWABLE, STRICT
from cases.cmmn.samples import Names
from cases.cmmn.workmodel import HumanTask
from cases.errors import Invalid, Problem
from forms import validation
from forms.definition import Field, FieldType, FormDefinition
from forms.errors import InvalidAnswers

_STOPS = 1
_ROUNDS = 6
_JSON = "JSON"
_PAYLOADS = "data/payloads.jsonl"
_BEGINNINGS = 8
_NUMBERS = 8
_PROFILES = {"strict": STRICT, "flowable": FLOWABLE, "camunda": CAMUNDA}
_EVERY = 50
_WHAT = click.Path(exists=True, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_TITLES = {
    Kind.DEAD_END: "DEAD END",
    Kind.LOOP: "LOOP",
    Kind.NEVER: "never reached",
    Kind.NOT_COMPUTED: "cannot be computed",
}
_DEFAULTS: Mapping[FieldType, object] = {
    FieldType.TEXT: "text",
    FieldType.LONG_TEXT: "a longer text",
    FieldType.INTEGER: 1,
    FieldType.DECIMAL: Decimal(1),
    FieldType.MONEY: Decimal(1000),
    FieldType.BOOL: True,
    FieldType.DATE: date(2026, 1, 5).isoformat(),
    FieldType.DATETIME: "2026-01-05T09:00",
    FieldType.CASE_REF: "CASE-1",
    FieldType.ROWS: [],
    FieldType.FILES: [],
}


@click.command("simulate")
@click.argument("path", metavar="FILE", type=_WHAT)
@click.option(
    "--walks", default=200, show_default=True, type=click.IntRange(0), help="How many random walks."
)
@click.option("--depth", default=120, show_default=True, type=click.IntRange(1), help="Their longest.")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same walks.")
@click.option("--budget", default=6000, show_default=True, help="Turns of the search through all states.")
@click.option("--profile", type=click.Choice(sorted(_PROFILES)), help="Read it as this engine would.")
@click.option("--by-hand", is_flag=True, help="Ending stages and the case by hand counts as a way on.")
@click.option("--inputs", "begin", type=_FILE, help="What cases begin with: a JSON object a line.")
@click.option("--json", "target", type=TARGET, help="Write the whole report to this file.")
def simulate(
    path: Path, target: IO[str] | None, profile: str | None, begin: Path | None, **asked: int
) -> None:
    """Play a model, or a case app: dead ends, loops, items never reached; exit 1 when it can stand still."""
    try:
        files = archive.unpack(path.read_bytes()) if path.suffix == ".zip" else archive.folder(path)
        app = reader.read(files)
        inputs = _inputs(app, files, begin)
    except Invalid as error:
        print_problems(path, error.problems)
        sys.exit(_STOPS)
    if profile is not None:
        cases = {key: replace(one, profile=_PROFILES[profile]) for key, one in app.cases.items()}
        app = replace(app, cases=cases)
    settings = Settings(
        turns=asked["budget"],
        walks=asked["walks"],
        depth=asked["depth"],
        seed=asked["seed"],
        may_end_by_hand=bool(asked["by_hand"]),
        inputs=inputs,
    )
    reports = [report_on(app, key, settings, _progress(key)) for key in app.cases]
    for report in reports:
        _tell(report)
    if target is not None:
        text = json.dumps([asdict(report) for report in reports], indent=2, default=str)
        target.write(text + "\n")
    sys.exit(_STOPS if any(report.stops for report in reports) else 0)


def report_on(app: CaseApp, case: str, asked: Settings, progress: Progress) -> Report:
    """One case of an app, answered by its forms where it has any."""
    program = catalogue.program_of(app, case)
    gate = _Forms(app, program.definition) if app.forms else None
    settings = replace(asked, given=_choices(app, program.definition), gate=gate)
    return simulation.simulate(program, settings, progress)


def _inputs(app: CaseApp, files: Mapping[str, bytes], begin: Path | None) -> tuple[Mapping[str, object], ...]:
    """What cases begin with: the lines of a file, or the payloads that an app brings along.

    Raises Invalid for a line of the app, click.ClickException for one of the file, that is no JSON object.
    """
    if begin is not None:
        try:
            return tuple(_lines(begin.read_bytes(), str(begin)))
        except Invalid as error:
            (problem,) = error.problems
            raise click.ClickException(f"{problem.file}:{problem.line}: {problem.message}") from None
        except OSError as error:
            raise click.ClickException(f"{begin}: cannot be read: {error.strerror}") from None
    lines = list(_lines(files.get(_PAYLOADS, b""), _PAYLOADS))
    found = [
        reading.inputs
        for spec in app.intakes.values()
        for line in lines
        if not (reading := intake.read(spec, line.get("payload"), playing.BEGINNING)).errors
    ]
    return tuple(found[:_BEGINNINGS])


def _lines(content: bytes, file: str) -> Iterator[dict[str, object]]:
    """The JSON object of each line that is not empty. Raises Invalid."""
    for number, line in enumerate(content.splitlines(), 1):
        if not line.strip():
            continue
        try:
            found = json.loads(line, parse_float=Decimal)
        except (ArithmeticError, RecursionError, ValueError) as error:
            raise Invalid([Problem(_JSON, f"this is no JSON: {error}", line=number, file=file)]) from None
        if not isinstance(found, dict):
            raise Invalid([Problem(_JSON, "a line takes a JSON object", line=number, file=file)])
        yield found


class _Forms:
    """What the forms of an app make of an answer that was made up: filled in where they ask for more."""

    def __init__(self, app: CaseApp, definition: CaseDefinition) -> None:
        self.app = app
        self.definition = definition
        self.zone = ZoneInfo(app.zone)

    def __call__(
        self, id_: str, answer: Mapping[str, object], case: CaseInstance, now: datetime
    ) -> Mapping[str, object] | None:
        """The answers as they would be accepted, None where they would not be."""
        form = self.app.forms.get(_form_of(self.definition, id_))
        if form is None:
            return answer
        given = dict(answer)
        scope = {**case.file(), "case": {"id": 1, "key": "SIM-1", "family": self.app.family}}
        for _ in range(_ROUNDS):
            try:
                taken = validation.accept(form, given, tuple(self.app.roles), scope, zone=self.zone, now=now)
            except InvalidAnswers as error:
                if not _mended(form, given, error):
                    return None
            else:
                return {**taken.values}
        return None


def _mended(form: FormDefinition, given: dict[str, object], error: InvalidAnswers) -> bool:
    """What was not asked is left out, what is missing is filled in; whether that changed anything."""
    before = dict(given)
    for name in error.errors:
        one = next((field for field in form.fields if field.key == name.partition("-")[0]), None)
        if one is None:
            given.pop(name, None)
        elif one.key in given:
            del given[one.key]
        else:
            value = _default(one)
            if value is not None:
                given[one.key] = value
    return given != before


def _default(one: Field) -> object:
    """Something that the field takes."""
    if one.type is FieldType.CHOICE and one.choices:
        return one.choices[0].value
    if one.type is FieldType.CHOICES and one.choices:
        return [one.choices[0].value]
    known = _DEFAULTS.get(one.type)
    if isinstance(known, str) and one.type in (FieldType.TEXT, FieldType.LONG_TEXT):
        return known * (1 + (one.min_length or 0) // len(known))
    if isinstance(one.minimum, Decimal) and isinstance(known, Decimal | int):
        return max(one.minimum, Decimal(known))
    return known


def _choices(app: CaseApp, definition: CaseDefinition) -> dict[Names, tuple[object, ...]]:
    """What the forms offer, by the path that it is written to."""
    found: dict[Names, tuple[object, ...]] = {}
    numbers = _spread(samples.numbers_of(catalogue.program_of(app, definition.id)))
    for item in definition.items[1:]:
        form = app.forms.get(_form_of(definition, item.id))
        for one in () if form is None else form.fields:
            path = (item.answer_to, one.key)
            if one.type is FieldType.CHOICE and one.choices:
                found[path] = tuple(choice.value for choice in one.choices)
            elif one.type is FieldType.BOOL:
                found[path] = (True, False)
            elif one.type in (FieldType.MONEY, FieldType.DECIMAL, FieldType.INTEGER) and numbers:
                found[path] = tuple(number for number in numbers if _is_within(one, number))
    return found


def _spread(numbers: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """Some of many numbers, small and large ones, each a little more than what something compares with."""
    step = max(1, len(numbers) // _NUMBERS)
    return tuple(number + 1 for number in numbers[::step])


def _is_within(one: Field, number: Decimal) -> bool:
    low, high = one.minimum, one.maximum
    above = not isinstance(low, Decimal) or number >= low
    return above and (not isinstance(high, Decimal) or number <= high)


def _form_of(definition: CaseDefinition, id_: str) -> str:
    number = definition.by_id.get(id_)
    worked = None if number is None else definition.items[number].definition
    return (worked.form or "") if isinstance(worked, HumanTask | UserEventListener) else ""


def _progress(case: str) -> Progress:
    """Says how far it is, on a terminal alone."""
    if not sys.stderr.isatty():
        return lambda _done, _of: None

    def tell(done: int, of: int) -> None:
        if done % _EVERY == 0:
            click.echo(f"\r{case}: {done} of {of} ", nl=False, err=True)

    return tell


def _tell(report: Report) -> None:
    coverage = report.coverage
    for finding in report.findings:
        _tell_finding(report.case, finding)
    seen = "all there are" if coverage.is_whole else "more were not looked at"
    click.echo(
        f"{report.case}: {len(coverage.reached)} of {coverage.items} items reached,"
        f" {len(coverage.fired)} of {coverage.criteria} criteria fired;"
        f" {coverage.states} states ({seen}), {coverage.walks} walks, {coverage.turns} turns"
    )
    if coverage.ends:
        click.echo("walks ended: " + ", ".join(f"{word} {count}" for word, count in coverage.ends.items()))
    counts = [f"{sum(one.kind is kind for one in report.findings)} {_TITLES[kind].lower()}" for kind in Kind]
    click.echo(", ".join(counts))


def _tell_finding(case: str, finding: Finding) -> None:
    place = f" {finding.item}" if finding.item else ""
    click.echo(f"{case}: {_TITLES[finding.kind]}{place}: {finding.message}")
    for number, step in enumerate(finding.trace, 1):
        at = f"  [{step.at}]" if step.by == "time" else ""
        click.echo(f"  {number:>3}. {step.words}{at}")
