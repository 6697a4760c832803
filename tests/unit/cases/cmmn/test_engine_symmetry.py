"""What undoes itself, and what makes no difference (cmmn-semantics 10: I-09, I-10, I-19)."""

from dataclasses import replace
from random import Random

from hypothesis import HealthCheck, given, settings

from cases.cmmn import instance
from cases.cmmn.commands import (
    AnyCommand,
    ItemCommand,
    Plan,
    ReactivateCase,
    Resume,
    ResumeCase,
    Suspend,
    SuspendCase,
)
from cases.cmmn.controlmodel import Criterion, PlanItemOnPart
from cases.cmmn.instance import CASE, CaseInstance
from cases.cmmn.lifecycle import FINAL, State
from cases.cmmn.metamodel import CaseDefinition, PlanItem, Program, Stage, TimerEventListener
from tests.examples import examples
from tests.modelmaking import dice, make_command, make_pause, make_program, make_start
from tests.unit.cases.cmmn.story import BEGINNING
from tests.unit.cases.cmmn.walks import Step, fired, place, step, walk

MANY = settings(max_examples=examples(60), suppress_health_check=list(HealthCheck))


@MANY
@given(rng=dice())
def test_i_09_a_pause_changes_nothing(rng: Random) -> None:
    """Suspended and resumed at once: everything stands where it stood, unless somebody listens to that.

    A case that was reopened by the last command is asked by the next one whether it is complete (4.9).
    """
    steps = walk(rng, rng.randint(0, 10))
    if not steps or steps[-1].after.case_state is not State.ACTIVE:
        return
    accepted = [one.command for one in steps if one.refused is None]
    if isinstance(accepted[-1], ReactivateCase):
        return
    case, now = steps[-1].after, steps[-1].now
    stages = [item.iid for item in case.items() if item.iid != CASE and item.state is State.ACTIVE]
    iid = rng.choice([CASE, *stages])
    pause, resume = (SuspendCase(), ResumeCase()) if iid == CASE else (Suspend(item=iid), Resume(item=iid))
    paused = step(case, pause, now)
    resumed = step(paused.after, resume, now)
    if fired([paused, resumed]):
        return
    assert paused.refused is None
    assert resumed.refused is None
    assert _states(resumed.after) == _states(case)


@MANY
@given(rng=dice())
def test_i_10_who_was_paused_alone_stays_paused_when_those_around_go_on(rng: Random) -> None:
    steps = walk(rng, rng.randint(0, 10))
    if not steps or steps[-1].after.case_state is not State.ACTIVE:
        return
    case, now = steps[-1].after, steps[-1].now
    active = [item.iid for item in case.items() if item.iid != CASE and item.state is State.ACTIVE]
    if not active:
        return
    iid = rng.choice(active)
    story = [step(case, Suspend(item=iid), now)]
    for command in (SuspendCase(), ResumeCase()):
        story.append(step(story[-1].after, command, now))
    if fired(story) or any(one.refused for one in story):
        return
    assert story[-1].after.state.items[iid].state is State.SUSPENDED
    assert story[-1].after.case_state is State.ACTIVE


@MANY
@given(rng=dice())
def test_i_19_the_order_of_parts_and_of_neighbours_makes_no_difference(rng: Random) -> None:
    program = make_program(rng, largest=12)
    order = list(range(len(program.definition.items)))
    rng.shuffle(order)
    other = Program(shuffled(program.definition, order, rng), program.decisions, family=program.family)
    start, now = make_start(rng), BEGINNING
    one = step(instance.new(program, 7, "CLM-7"), start, now)
    two = step(instance.new(other, 7, "CLM-7"), start, now)
    for _ in range(8):
        assert (one.refused is None) == (two.refused is None), (one.refused, two.refused)
        assert _places(one.after) == _places(two.after)
        if one.refused is not None and not one.after.state.items:
            return
        now += make_pause(rng)
        command = make_command(rng, one.after)
        translated = _translated(command, one, two)
        if translated is None:
            continue
        one, two = step(one.after, command, now), step(two.after, translated, now)


def shuffled(definition: CaseDefinition, order: list[int], rng: Random) -> CaseDefinition:
    """The same model with its items and their criteria in another order; their ids stay."""
    ranks = {number: rank for rank, number in enumerate(order)}
    walked: list[int] = []

    def descend(number: int) -> None:
        walked.append(number)
        for child in sorted(_children(definition, number), key=ranks.__getitem__):
            descend(child)

    descend(CASE)
    new = {old: number for number, old in enumerate(walked)}
    criteria: list[Criterion] = []
    items = tuple(_moved(definition.items[old], new, criteria, rng) for old in walked)
    offers = [
        replace(
            offer,
            holder=new[offer.holder],
            items=tuple(sorted(new[number] for number in offer.items)),
        )
        for offer in definition.discretionary
    ]
    return replace(
        definition,
        items=items,
        criteria=tuple(criteria),
        discretionary=tuple(offers),
        by_id={id_: new[number] for id_, number in definition.by_id.items()},
    )


def _children(definition: CaseDefinition, number: int) -> list[int]:
    return [item.number for item in definition.items if item.stage == number]


def _moved(item: PlanItem, new: dict[int, int], criteria: list[Criterion], rng: Random) -> PlanItem:
    kept = {"entry": list(item.entry), "exit": list(item.exit)}
    for side in kept.values():
        rng.shuffle(side)
        for place_, criterion in enumerate(side):
            parts = [
                replace(part, source=new[part.source]) if isinstance(part, PlanItemOnPart) else part
                for part in criterion.sentry.on_parts
            ]
            rng.shuffle(parts)
            side[place_] = replace(
                criterion,
                number=len(criteria),
                owner=new[item.number],
                sentry=replace(criterion.sentry, on_parts=tuple(parts)),
            )
            criteria.append(side[place_])
    definition = item.definition
    if isinstance(definition, Stage):
        definition = replace(definition, items=tuple(sorted(new[number] for number in definition.items)))
    elif isinstance(definition, TimerEventListener) and isinstance(definition.start_trigger, PlanItemOnPart):
        trigger = definition.start_trigger
        definition = replace(definition, start_trigger=replace(trigger, source=new[trigger.source]))
    return replace(
        item,
        number=new[item.number],
        stage=new.get(item.stage, -1),
        definition=definition,
        entry=tuple(kept["entry"]),
        exit=tuple(kept["exit"]),
    )


def _translated(command: AnyCommand, one: Step, two: Step) -> AnyCommand | None:
    """The command for the instance that stands in the same place; None where a number means nothing."""
    if not isinstance(command, ItemCommand | Plan):
        return command
    if command.item >= len(one.after.state.items):
        return None
    wanted = place(one.after, command.item)
    found = [item.iid for item in two.after.items() if place(two.after, item.iid) == wanted]
    assert len(found) == 1, wanted
    return replace(command, item=found[0])


def _states(case: CaseInstance) -> dict[int, State]:
    return {item.iid: item.state for item in case.items()}


def _places(case: CaseInstance) -> dict[tuple[tuple[str, int], ...], State]:
    return {
        place(case, item.iid): State.TERMINATED if item.state in FINAL and item.iid else item.state
        for item in case.items()
    }
