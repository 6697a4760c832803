"""One scenario from begin to end, each row on a world of its own; every step is saved and loaded again."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from cases.caseapp import lint, reader
from cases.errors import CaseError, Invalid, Problem
from cases.scenarios import capabilities, expectations, steps
from cases.scenarios.document import Refusal, Run, Scenario, Step
from cases.scenarios.values import shown
from cases.scenarios.wire import Store
from cases.scenarios.world import BEGINNING, Differs, Mistaken, World
from forms.errors import InvalidAnswers

LOGGER = logging.getLogger("casewright.scenarios")
STRICT = "strict"
"""The profile under which sets of one's own, and imported scenarios of the standard, are played."""

REFUSALS = (CaseError, InvalidAnswers)
"""How the services say no."""

_VENDORS = ("extension", "deviation")


class Verdict(StrEnum):
    """What came of a run."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a run. `step` counts from 1; `message` says what was expected, and what was found."""

    id: str
    area: str
    standing: str
    verdict: Verdict
    row: int | None = None
    step: int | None = None
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What scenarios are played on: fresh databases, models by path, or a whole case app."""

    fresh: Callable[[], AbstractContextManager[Store]]
    find: Callable[[Scenario | Refusal, str], bytes]
    app: Mapping[str, bytes] | None = None
    wanted: frozenset[str] = frozenset()


class _Stopped(Exception):
    """A step did not go as the scenario says; `step` is its number in the outermost list."""

    def __init__(self, step: Step, message: str) -> None:
        super().__init__(message)
        self.step = step
        self.message = message


def play(document: Scenario | Refusal, setting: Setting) -> Iterator[Outcome]:
    """The outcome of each run; one that needs what is not claimed, or not wanted, is skipped."""
    if isinstance(document, Refusal):
        yield _guarded(document, None, partial(_refused, document, setting))
        return
    lacking = capabilities.missing(document.needs) | (
        document.needs - setting.wanted if setting.wanted else frozenset()
    )
    if lacking:
        yield _outcome(document, Verdict.SKIPPED, message=f"needs {', '.join(sorted(lacking))}")
        return
    for run in document.runs:
        yield _guarded(document, run.row, partial(_play_run, document, run, setting))


def _guarded(document: Scenario | Refusal, row: int | None, play_it: Callable[[], Outcome]) -> Outcome:
    """A fault of ours is a failure of this run, and must not keep the others from being played."""
    try:
        return play_it()
    except Exception as error:
        LOGGER.debug("scenario_raised", exc_info=True)
        return _outcome(document, Verdict.FAILED, row, message=f"raised {type(error).__name__}: {error}")


def _play_run(scenario: Scenario, run: Run, setting: Setting) -> Outcome:
    with setting.fresh() as store:
        world = World(
            store=store,
            find=lambda path: setting.find(scenario, path),
            now=scenario.clock or BEGINNING,
            stubs=run.stubs,
            config=scenario.config,
            profile=None if scenario.standing in _VENDORS else STRICT,
            app=setting.app,
        )
        for name in sorted(set(_people(run.steps))):
            world.person(name)
        try:
            if scenario.models or setting.app is not None:
                world.deploy(list(scenario.models))
        except CaseError as refused:
            message = f"the models were refused: {_said(refused)}"
            return _outcome(scenario, Verdict.FAILED, run.row, 0, message)
        for number, step in enumerate(run.steps, 1):
            try:
                _step(world, step)
            except _Stopped as stopped:
                where = f"line {stopped.step.line}, {stopped.step.verb}: "
                return _outcome(scenario, Verdict.FAILED, run.row, number, where + stopped.message)
    return _outcome(scenario, Verdict.PASSED, run.row)


def _people(given: object) -> Iterator[str]:
    """Whom a scenario expects to have work: they are known before it begins, as in an installation."""
    if isinstance(given, Step):
        yield from _people(given.arguments)
        yield from _people(given.steps)
    elif isinstance(given, Mapping):
        for key, value in given.items():
            if key == "assignee" and isinstance(value, str):
                yield value
            else:
                yield from _people(value)
    elif isinstance(given, list | tuple):
        for one in given:
            yield from _people(one)


def _step(world: World, step: Step) -> None:
    """Carry one step out. Raises _Stopped where it does not go as the scenario says."""
    try:
        match step.verb:
            case "expect":
                expectations.check(world, step.arguments)
            case "repeat":
                for _ in range(step.arguments["times"]):
                    _all(world, step.steps)
            case "refused":
                _must_be_refused(world, step)
            case _:
                world.mark()
                steps.act(world, step.verb, step.arguments)
    except REFUSALS as refused:
        kind = steps.kind_of(refused, step.verb)
        message = f"expected it to be carried out, but it was refused as {kind}: {_said(refused)}"
        raise _Stopped(step, message) from refused
    except (Differs, Mistaken) as different:
        raise _Stopped(step, str(different)) from different
    except _Stopped:
        raise
    except Exception as error:
        # A fault of ours is a failure of this run, and must not keep the others from being played.
        LOGGER.debug("scenario_raised", exc_info=True)
        raise _Stopped(step, f"raised {type(error).__name__}: {error}") from error


def _all(world: World, inner: Sequence[Step]) -> None:
    for step in inner:
        _step(world, step)


def _must_be_refused(world: World, step: Step) -> None:
    (inner,) = step.steps
    kinds = step.arguments["kinds"]
    before = _everything(world)
    world.mark()
    try:
        steps.act(world, inner.verb, inner.arguments)
    except REFUSALS as refused:
        kind = steps.kind_of(refused, inner.verb)
        if kind not in kinds and "any" not in kinds:
            message = (
                f"{inner.verb}: expected a refusal as {' or '.join(kinds)}, found {kind}: {_said(refused)}"
            )
            raise _Stopped(step, message) from refused
    else:
        raise _Stopped(step, f"{inner.verb}: expected a refusal as {' or '.join(kinds)}, found none")
    after = _everything(world)
    if step.arguments["unchanged"] and before != after:
        changed = [name for name in before if before[name] != after.get(name)]
        raise _Stopped(step, f"{inner.verb}: expected nothing to change, found another {shown(changed)}")


def _everything(world: World) -> dict[str, str]:
    """All that a refusal leaves as it was: plan items, case file, roles, memory and timers of every case."""
    found = {f"case {case.id}": repr(world.instance(case.id).state) for case in world.cases()}
    found["jobs"] = repr([(job.id, job.kind, job.run_at, job.state) for job in world.jobs()])
    return found


def _refused(refusal: Refusal, setting: Setting) -> Outcome:
    """A model that must be refused: for the reasons given, and for no other."""
    found = _problems(refusal, setting)
    if not found:
        return _outcome(refusal, Verdict.FAILED, message=f"expected {_wanted(refusal)}, found no error")
    there = ", ".join(f"{one.code} at {one.where or '?'}" for one in found)
    for rule, elements in refusal.errors:
        if not any(one.code == rule and one.where in elements for one in found):
            message = f"expected {rule} at {' or '.join(sorted(elements))}, found {there}"
            return _outcome(refusal, Verdict.FAILED, message=message)
    allowed = {rule for rule, _ in refusal.errors} | refusal.may
    if {one.code for one in found} - allowed:
        return _outcome(refusal, Verdict.FAILED, message=f"expected {_wanted(refusal)} alone, found {there}")
    return _outcome(refusal, Verdict.PASSED)


def _problems(refusal: Refusal, setting: Setting) -> list[Problem]:
    try:
        app = reader.read({refusal.model: setting.find(refusal, refusal.model)})
    except Invalid as error:
        return list(error.problems)
    return lint.errors(lint.check(app))


def _wanted(refusal: Refusal) -> str:
    return ", ".join(f"{rule} at {' or '.join(sorted(elements))}" for rule, elements in refusal.errors)


def _outcome(
    document: Scenario | Refusal,
    verdict: Verdict,
    row: int | None = None,
    step: int | None = None,
    message: str = "",
) -> Outcome:
    return Outcome(
        id=document.id,
        area=document.area,
        standing=document.standing,
        verdict=verdict,
        row=row,
        step=step,
        message=message,
    )


def _said(error: CaseError | InvalidAnswers) -> str:
    """What was refused, on one line."""
    if isinstance(error, Invalid):
        return "; ".join(str(problem) for problem in error.problems)
    return str(error)
