"""`execute(case, command, now) -> Outcome`: one turn, run until nothing moves. The only door of the core.

Pure at the door: the case that is handed in stays as it was, whatever happens (cmmn-semantics 3.5).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from cases.cmmn import (
    activation,
    aggregation,
    command_handlers,
    completion,
    due_dates,
    exits,
    listeners,
    migration,
    migration_rules,
    operations,
    orphans,
    rules,
    sentries,
)
from cases.cmmn.agenda import Arm, Begin, Leave, Offer, Repeat, Run
from cases.cmmn.commands import AnyCommand, Migrate, Refused
from cases.cmmn.controlmodel import Criterion
from cases.cmmn.effects import Effect
from cases.cmmn.events import AnyEvent, CaseTransitioned, ItemTransitioned
from cases.cmmn.instance import CASE, CaseInstance, Seed
from cases.cmmn.lifecycle import State, Transition
from cases.cmmn.metamodel import Program, TimerEventListener
from cases.cmmn.readership import available_condition

_ELIGIBLE = frozenset(
    {
        Transition.CREATE,
        Transition.ENABLE,
        Transition.START,
        Transition.MANUAL_START,
        Transition.RESUME,
        Transition.PARENT_RESUME,
        Transition.REACTIVATE,
        Transition.FAULT,
    }
)
_BACK = frozenset({Transition.RESUME, Transition.PARENT_RESUME, Transition.REACTIVATE})


@dataclass(frozen=True, slots=True)
class Outcome:
    """The case after the turn, what happened in it, and what the outside must do."""

    case: CaseInstance
    events: list[AnyEvent]
    effects: list[Effect]


def execute(case: CaseInstance, command: AnyCommand, now: datetime) -> Outcome:
    """One turn: the command, and all that follows from it. Raises Refused, and then nothing has happened."""
    run = Run(case, now)
    run.is_completable = partial(completion.may_complete_by_hand, run)
    run.begin_wave()
    if run.state.is_reopened:  # whether it is complete again was not asked in the turn that reopened it
        run.containers.add(CASE)
    command_handlers.begin(run, command)
    _come_to_rest(run)
    return Outcome(
        CaseInstance(case.program, run.state, run.live, run.at_work), run.events, run.net_effects()
    )


def migrate(case: CaseInstance, command: Migrate, versions: Mapping[str, Program], now: datetime) -> Outcome:
    """One turn on another version of the model, found by the name that the command says (8.3).

    Raises Refused, with every rule that forbids it, and then nothing has happened.
    """
    run = Run(case, now)
    run.versions = versions
    run.is_completable = partial(completion.may_complete_by_hand, run)
    run.begin_wave()
    migration.begin(run, command)
    if command.plan.freeze:
        _act(run)
    else:
        _come_to_rest(run)
    broken = migration_rules.broken(run)
    if broken:
        raise Refused(migration.E_MIGRATION, "; ".join(broken), case.case_state)
    return Outcome(CaseInstance(run.program, run.state, run.live, run.at_work), run.events, run.net_effects())


def _come_to_rest(run: Run) -> None:
    while True:
        _act(run)
        if not (_decide_exits(run) or _decide_entries(run) or _complete(run)):
            break
        run.begin_wave()
    for iid in run.to_be_dated:
        due_dates.follow(run, run.item(iid))
    sentries.forget_events(run)


def _act(run: Run) -> None:
    """Phase 1: operations are performed; when the wave is over all its occurrences are heard (R-3.5d)."""
    while run.operations:
        operations.perform(run, run.operations.popleft())
    if run.wiring.gathering:
        aggregation.write(run)
    for path in dict.fromkeys(run.changed):
        sentries.look_at_readers(run, path)
    run.changed.clear()
    for event in run.occurrences():
        sentries.latch(run, event)
        _look(run, event)
    if run.wiring.starts_on_item or run.wiring.starts_on_file:
        _start_timers(run)
    if run.wiring.variable_listeners:
        listeners.hear(run, run.occurrences())
    if run.wiring.readers.watching and run.wave_begins < len(run.events):
        sentries.look_at_watchers(run)
    run.end_wave()


def _start_timers(run: Run) -> None:
    for event in run.occurrences():
        for timer in sentries.starts(run, event):
            run.queue(Arm(timer))


def _look(run: Run, event: AnyEvent) -> None:
    """Owners that are eligible from now on are looked at, and what came back from a suspension (R-3.6a)."""
    if isinstance(event, ItemTransitioned):
        if event.transition in _ELIGIBLE:
            sentries.look_at_item(run, run.item(event.item))
        if event.transition in _BACK:
            _look_again(run, event.item)
    elif isinstance(event, CaseTransitioned) and event.after is State.ACTIVE:
        sentries.look_at_item(run, run.item(CASE))
        _look_again(run, CASE)


def _look_again(run: Run, iid: int) -> None:
    sentries.look_into_container(run, iid)
    for child in run.each_child(iid):
        if child.state is State.FAILED:  # nothing is told of it, but its exit criteria were deferred
            sentries.look_at_item(run, child)
    run.containers.add(iid)
    sentries.look_at_collection(run, run.item(iid))
    if available_condition(run.plan_item(iid)) is not None:
        run.looked_at[iid] = None


def _decide_exits(run: Run) -> bool:
    """Phase 2, exits: outermost first; they take effect before entries are looked at (D4, R-3.5b)."""
    for iid in run.looked_at:
        _look_at_listener(run, iid)
    run.looked_at.clear()
    if not run.dirty:
        return bool(run.operations)
    fired: dict[int, list[int]] = {}
    criteria = run.definition.criteria
    leaving = [key for key in run.dirty if not criteria[key[1]].is_entry]
    for iid, number in sorted(leaving, key=lambda key: _place(run, key)):
        criterion = criteria[number]
        item = run.item(iid)
        if exits.may_exit(run, item) and sentries.is_satisfied(run, criterion, item):
            if exits.loses_to_entry(run, item):
                continue
            fired.setdefault(iid, []).append(number)
            del run.dirty[iid, number]
    for iid, numbers in fired.items():
        run.queue(Leave(iid, tuple(numbers)))
    return bool(run.operations)


def _look_at_listener(run: Run, iid: int) -> None:
    plan_item = run.plan_item(iid)
    if available_condition(plan_item) is not None:
        run.queue(Offer(iid))
    if isinstance(plan_item.definition, TimerEventListener) and plan_item.definition.follows is not None:
        run.queue(Arm(iid))


def _decide_entries(run: Run) -> bool:
    """Phase 2, entries, seeds of repetitions, and owners whose stages wait to be started from below."""
    if not (run.dirty or run.dirty_seeds or run.dirty_slots):
        return False
    fired: dict[tuple[int, ...], tuple[tuple[int, ...], list[int]]] = {}
    for iid, number in run.dirty:
        criterion, item = run.definition.criteria[number], run.item(iid)
        if (
            criterion.is_entry
            and item.state is State.AVAILABLE
            and sentries.is_satisfied(run, criterion, item)
        ):
            place = _place(run, (iid, number))[:4]
            fired.setdefault(place, ((iid,), []))[1].append(number)
    for parent, number in run.dirty_seeds:
        criterion, seed = (
            run.definition.criteria[number],
            run.seed(run.definition.criteria[number].owner, parent),
        )
        if seed is not None and _seed_fires(run, criterion, seed):
            owner = run.definition.items[criterion.owner]
            place = (owner.depth, owner.number, seed.next_index, parent)
            fired.setdefault(place, ((parent, owner.number), []))[1].append(number)
    for place in sorted(fired):
        target, criteria = fired[place]
        ordered = tuple(sorted(criteria))
        run.queue(Begin(target[0], ordered) if len(target) == 1 else Repeat(target[0], target[1], ordered))
    for number in sorted(run.dirty_slots):
        activation.decide(run, run.definition.criteria[number])
    run.dirty.clear()
    run.dirty_seeds.clear()
    run.dirty_slots.clear()
    return bool(run.operations)


def _seed_fires(run: Run, criterion: Criterion, seed: Seed) -> bool:
    """A seed grows by an event; by a condition alone only where the instances are limited (4.2, V-35)."""
    repetition = run.definition.items[criterion.owner].repetition
    is_active = run.item(seed.parent).state is State.ACTIVE
    if criterion.number in run.wiring.levels.get(criterion.owner, ()):
        return is_active and sentries.is_true(run, criterion, seed) and rules.repeats(run, seed, seed.parent)
    is_level = not criterion.sentry.on_parts and (repetition is None or repetition.max_instances is None)
    if not criterion.is_entry or is_level:
        if criterion.number in seed.spent:
            sentries.condition_holds(run, criterion, seed, None)
        return False
    return is_active and sentries.is_satisfied(run, criterion, seed)


def _complete(run: Run) -> bool:
    """Phase 3: one container at a time, innermost first; then listeners that nobody hears, or that watch."""
    return completion.complete_deepest(run) or orphans.remove(run) or listeners.watch(run)


def _place(run: Run, key: tuple[int, int]) -> tuple[int, ...]:
    """Where a criterion stands in the order of decision: depth, model position, index, the criterion."""
    item = run.item(key[0])
    return (run.definition.items[item.number].depth, item.number, item.index, item.iid, key[1])
