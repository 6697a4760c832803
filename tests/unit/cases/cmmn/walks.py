"""Walks: a generated model, and commands one after the other, each step kept with all that it did."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random

import msgspec

from cases.cmmn import engine, instance
from cases.cmmn.agenda import Run
from cases.cmmn.commands import AnyCommand, Refused
from cases.cmmn.effects import Effect
from cases.cmmn.events import AnyEvent, CriterionSatisfied
from cases.cmmn.instance import CASE, CaseInstance, ItemState
from cases.cmmn.metamodel import Program
from tests.modelmaking import make_command, make_pause, make_program, make_start
from tests.unit.cases.cmmn.story import BEGINNING

_encoder = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class Step:
    """One command and what came of it: refused, or a new case with its events and effects."""

    before: CaseInstance
    command: AnyCommand
    now: datetime
    after: CaseInstance
    events: list[AnyEvent] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    refused: Refused | None = None


def step(case: CaseInstance, command: AnyCommand, now: datetime) -> Step:
    """One command on a case; a refusal is an answer too."""
    try:
        outcome = engine.execute(case, command, now)
    except Refused as refused:
        return Step(case, command, now, case, refused=refused)
    return Step(case, command, now, outcome.case, outcome.events, outcome.effects)


def walk(rng: Random, length: int = 12, program: Program | None = None) -> list[Step]:
    """Up to `length` commands after the start of a generated case; none where it cannot be started."""
    case = instance.new(make_program(rng) if program is None else program, 7, "CLM-7")
    now = BEGINNING
    steps = [step(case, make_start(rng), now)]
    if steps[0].refused is not None:
        return []
    for _ in range(length):
        now += make_pause(rng)
        case = steps[-1].after
        steps.append(step(case, make_command(rng, case), now))
    return steps


def written(case: CaseInstance) -> bytes:
    """The whole state, as bytes."""
    return _encoder.encode(case.state)


def run_of(case: CaseInstance, now: datetime) -> Run:
    """A turn in which nothing happens, to ask the rules."""
    return Run(case, now)


def above(case: CaseInstance, iid: int) -> Iterator[ItemState]:
    """The containers of an instance, from its own to the case."""
    while iid != CASE:
        iid = case.state.items[iid].parent
        yield case.state.items[iid]


def place(case: CaseInstance, iid: int) -> tuple[tuple[str, int], ...]:
    """Where an instance stands, whatever its number: id and index of it and of all above it."""
    chain = [case.state.items[iid], *above(case, iid)]
    return tuple((case.plan_item(item.iid).id, item.index) for item in chain)


def fired(steps: list[Step]) -> bool:
    """Whether any criterion fired in these steps."""
    return any(isinstance(event, CriterionSatisfied) for one in steps for event in one.events)


def put_on(command: AnyCommand, iid: int) -> AnyCommand:
    """The same command for another instance."""
    return replace(command, item=iid)  # type: ignore[call-arg]
