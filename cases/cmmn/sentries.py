"""Sentries: occurrences latched, criteria to look at gathered; a criterion is satisfied or not (3.2-3.6)."""

import msgspec

from cases.cmmn import casefile, evaluation
from cases.cmmn.agenda import Begin, Run
from cases.cmmn.controlmodel import Criterion, PlanItemOnPart
from cases.cmmn.evaluation import NotComputed
from cases.cmmn.events import (
    AnyEvent,
    ConditionHeld,
    CriterionReleased,
    CriterionSatisfied,
    FileTransitioned,
    ItemTransitioned,
)
from cases.cmmn.instance import CASE, ItemState, Memory, Seed
from cases.cmmn.lifecycle import FINAL, FileTransition, State
from cases.cmmn.wiring import Ear, Start

Told = dict[str, object]


def latch(run: Run, event: AnyEvent) -> None:
    """Every on-part in scope that names this transition remembers it (R-3.4), whatever else holds."""
    if isinstance(event, ItemTransitioned):
        ears = run.wiring.on_item.get((run.state.items[event.item].number, event.transition))
        if ears is None or event.cause in run.wiring.unheard:
            return
        told: Told | None = None
        if event.code or event.message:
            told = {"code": event.code, "message": event.message}
        for ear in ears:
            if ear.exit_criterion is None or ear.exit_criterion == event.criterion:
                _hear(run, ear, run.ancestor(event.item, ear.scope), event.seq, told)
    elif isinstance(event, FileTransitioned) and run.wiring.on_file:
        path: Told = {"path": casefile.written(event.path)}
        for ear in _file_ears(run, event):
            _hear(run, ear, CASE, event.seq, path)


def starts(run: Run, event: AnyEvent) -> list[int]:
    """The timers in scope, not yet armed, whose start trigger names this transition (5.2)."""
    found: tuple[Start, ...] = ()
    source = CASE
    match event:
        case ItemTransitioned(cause=cause) if cause not in run.wiring.unheard and run.wiring.starts_on_item:
            source = event.item
            number = run.state.items[source].number
            found = run.wiring.starts_on_item.get((number, event.transition), ())
        case FileTransitioned() if run.wiring.starts_on_file:
            found = run.wiring.starts_on_file.get((casefile.names_of(event.path), event.transition), ())
    return [
        iid
        for start in found
        for iid in run.live.get(start.timer, ())
        if run.state.items[iid].timer is None
        and run.ancestor(iid, start.scope) == run.ancestor(source, start.scope)
    ]


def forget_events(run: Run) -> None:
    """The end of a turn: criteria that want everything at once remember nothing (3.3, `onEvent`)."""
    for number in run.wiring.momentary:
        _forget(run, run.definition.criteria[number])


def look_at_item(run: Run, item: ItemState) -> None:
    """The criteria of an owner that is eligible from now on: what was completed earlier counts (R-3.6a)."""
    plan_item = run.definition.items[item.number]
    remembering = run.wiring.remembering
    criteria = plan_item.exit
    if item.state is State.AVAILABLE:
        criteria = (*plan_item.entry, *criteria)
    for criterion in criteria:
        number = criterion.number
        if not criterion.sentry.on_parts or number in item.memory or number in remembering:
            run.dirty[item.iid, number] = None


def look_into_container(run: Run, iid: int) -> None:
    """The seeds in a container that is Active again, and what waits for stages in it."""
    for number in [
        number for number, seeds in run.state.seeds.items() if any(one.parent == iid for one in seeds)
    ]:
        seed = run.seed(number, iid)
        for criterion in run.definition.items[number].entry:
            if seed is not None and criterion.number in seed.memory:
                run.dirty_seeds[iid, criterion.number] = None
    for slots in run.state.slots.values():
        for number in slots:
            run.dirty_slots[number] = None


def look_at_readers(run: Run, path: tuple[str, ...]) -> None:
    """The criteria and listeners whose static paths meet a changed path (R-3.5f)."""
    names = casefile.names_of(path)
    for number in run.wiring.readers.conditions.touched(names):
        _look_at_condition(run, number)
    for number in run.wiring.readers.availability.touched(names):
        run.looked_at.update(dict.fromkeys(run.live.get(number, ())))
    for number in run.wiring.readers.followers.touched(names):
        run.looked_at.update(dict.fromkeys(run.live.get(number, ())))
    for number in run.wiring.readers.applicability.touched(names):
        run.containers.update(run.live.get(number, ()))
    for number in run.wiring.readers.dues.touched(names):
        run.to_be_dated.update(dict.fromkeys(run.live.get(number, ())))
    for number in run.wiring.readers.completions.touched(names):
        run.containers.update(run.live.get(number, ()))
    for number in run.wiring.readers.spreads.touched(names):
        for iid in run.live.get(number, ()):
            look_at_collection(run, run.state.items[iid])


def look_at_collection(run: Run, item: ItemState) -> None:
    """An item that waits for its collection begins, or its criteria without on-parts are asked (4.7)."""
    if item.state is not State.AVAILABLE or run.wiring.spreading.get(item.number, True):
        return
    entry = run.definition.items[item.number].entry
    if not entry:
        run.queue(Begin(item.iid))
    for criterion in entry:
        run.dirty[item.iid, criterion.number] = None


def look_at_watchers(run: Run) -> None:
    """Something moved: criteria and stages that read plan state are looked at again (3.8)."""
    watching = run.wiring.readers.watching
    for number in watching.criteria:
        _look_at_condition(run, number)
    for number in watching.stages:
        run.containers.update(run.live.get(number, ()))


def wake(run: Run, number: int, parent: int) -> None:
    """An item may repeat from now on: criteria that need no event for that are asked at once (4.2)."""
    for criterion in run.wiring.wakes.get(number, ()):
        run.dirty_seeds[parent, criterion] = None


def is_satisfied(run: Run, criterion: Criterion, holder: ItemState | Seed) -> bool:
    """Whether all parts hold now, for an owner or for the seed of its next repetition."""
    memory = holder.memory.get(criterion.number)
    if criterion.number in run.wiring.remembering:
        return _was_satisfied(run, criterion, holder, memory)
    if criterion.sentry.on_parts and (memory is None or not memory.is_full):
        return False
    return condition_holds(run, criterion, holder, memory)


def condition_holds(run: Run, criterion: Criterion, holder: ItemState | Seed, memory: Memory | None) -> bool:
    """Whether the if-part holds; one that cannot be computed does not, and an incident says so (3.8).

    Without on-parts a criterion that has fired must be seen false before it may fire again (R-3.6b).
    """
    if criterion.sentry.if_part is None:
        return True
    found = is_true(run, criterion, holder, memory)
    if criterion.number not in holder.spent:
        return found
    if not found:
        owner = run.definition.items[criterion.owner].id
        run.record(CriterionReleased(run.seq(), run.wave, _place(holder), owner, criterion.id))
    return False


def is_true(run: Run, criterion: Criterion, holder: ItemState | Seed, memory: Memory | None = None) -> bool:
    """What the if-part gives now, whether the criterion has fired already or not; an error is false (3.8)."""
    held = criterion.sentry.if_part
    if held is None:
        return True
    names = evaluation.with_context(evaluation.names_at(run, holder, memory), held.context)
    try:
        return evaluation.truth(run, held.condition, names)
    except NotComputed as error:
        run.incident(_place(holder), "condition", f"{criterion.id}: {error.message}")
        return False


def consume(
    run: Run, iid: int, criterion: Criterion, memory: Memory | None, *, declined: bool = False
) -> None:
    """The criterion fired: its memory, and no other, is used up (3.6). For a seed `iid` is the container."""
    consumed = [] if memory is None else memory.occurred
    owner = run.definition.items[criterion.owner].id
    run.record(CriterionSatisfied(run.seq(), run.wave, iid, owner, criterion.id, consumed, declined))


def _was_satisfied(run: Run, criterion: Criterion, holder: ItemState | Seed, memory: Memory | None) -> bool:
    """As `is_satisfied`, where an if-part that was true once counts as true (3.3, latchedAll)."""
    is_full = memory is not None and memory.is_full
    if memory is not None and memory.holds:
        return is_full
    if not condition_holds(run, criterion, holder, memory):
        return False
    is_absent = isinstance(holder, Seed) and run.seed(holder.number, holder.parent) is None
    if not (is_full or is_absent):
        owner = run.definition.items[criterion.owner].id
        run.record(ConditionHeld(run.seq(), run.wave, _place(holder), owner, criterion.id))
    return is_full


def _look_at_condition(run: Run, number: int) -> None:
    criterion = run.definition.criteria[number]
    for iid in run.live.get(criterion.owner, ()):
        if _may_fire(run, criterion, run.state.items[iid]):
            run.dirty[iid, number] = None
    for seed in run.state.seeds.get(criterion.owner, ()):
        if number in seed.spent or (criterion.is_entry and _may_fire(run, criterion, seed)):
            run.dirty_seeds[seed.parent, number] = None


def _file_ears(run: Run, event: FileTransitioned) -> tuple[Ear, ...]:
    path = casefile.names_of(event.path)
    ears = run.wiring.on_file.get((path, event.transition), ())
    if event.transition is FileTransition.REPLACE and path not in run.wiring.file_items:
        # On an item that nobody declared, writing it anew is also an update (6.5).
        ears = (*ears, *run.wiring.on_file.get((path, FileTransition.UPDATE), ()))
    return ears


def _hear(run: Run, ear: Ear, scope: int, seq: int, told: Told | None) -> None:
    is_present = False
    items = run.state.items
    for iid in run.live.get(ear.owner, ()):
        if run.ancestor(iid, ear.scope) != scope:
            continue
        is_present = True
        if not ear.is_entry or _waits(items[iid]):
            item = run.own(iid)
            item.memory = _remembering(run, item.memory, ear, seq, told)
            run.dirty[iid, ear.criterion] = None
    if not ear.is_entry:
        return
    for seed in run.state.seeds.get(ear.owner, ()):
        if run.ancestor(seed.parent, ear.scope) == scope:
            is_present = True
            memory = _remembering(run, seed.memory, ear, seq, told)
            run.put_seed(msgspec.structs.replace(seed, memory=memory))
            run.dirty_seeds[seed.parent, ear.criterion] = None
    if (
        not is_present
        and ear.criterion in run.wiring.crossing
        and run.definition.profile.cross_stage != "ignore"
    ):
        _hear_for_an_absent_owner(run, ear, scope, seq, told)


def _hear_for_an_absent_owner(run: Run, ear: Ear, scope: int, seq: int, told: Told | None) -> None:
    """Where a stage between scope and owner has not started yet, the scope remembers for it."""
    way = run.definition.profile.cross_stage
    if (
        scope < 0
        or run.state.items[scope].state in FINAL
        or not (way == "revive" or _may_come(run, ear, scope))
    ):
        return
    slots = run.state.slots.get(scope, {})
    run.state.slots[scope] = _remembering(run, slots, ear, seq, told)
    part = run.definition.criteria[ear.criterion].sentry.on_parts[ear.part]
    if isinstance(part, PlanItemOnPart) and way in ("spec", "revive"):
        run.dirty_slots[ear.criterion] = None


def _may_come(run: Run, ear: Ear, scope: int) -> bool:
    """Whether a stage of the chain, not Active now, can still bring the owner into being."""
    places = [scope]
    for number in ear.chain:
        if any(seed.parent in places for seed in run.state.seeds.get(number, ())):
            return True
        inner = [iid for iid in run.live.get(number, ()) if run.state.items[iid].parent in places]
        if any(_has_not_started(run.state.items[iid]) for iid in inner):
            return True
        places = inner
    return False


def _has_not_started(item: ItemState) -> bool:
    state = item.before if item.state is State.SUSPENDED else item.state
    return state in (State.AVAILABLE, State.ENABLED, State.DISABLED)


def _remembering(
    run: Run, known: dict[int, Memory], ear: Ear, seq: int, told: Told | None
) -> dict[int, Memory]:
    memory = known.get(ear.criterion)
    if memory is None:
        occurred, holds = [0] * len(run.definition.criteria[ear.criterion].sentry.on_parts), False
        event = told
    else:
        occurred, holds = memory.occurred.copy(), memory.holds
        event = told or memory.event
    occurred[ear.part] = seq
    return {**known, ear.criterion: Memory(occurred, event, holds)}


def _waits(item: ItemState) -> bool:
    return item.state is State.AVAILABLE or (item.state is State.SUSPENDED and item.before is State.AVAILABLE)


def _may_fire(run: Run, criterion: Criterion, holder: ItemState | Seed) -> bool:
    """Whether only the condition decides: all on-parts occurred, or there are none, or it is remembered."""
    if isinstance(holder, ItemState) and criterion.is_entry and holder.state is not State.AVAILABLE:
        return False
    if not criterion.sentry.on_parts or criterion.number in run.wiring.remembering:
        return True
    memory = holder.memory.get(criterion.number)
    return memory is not None and memory.is_full


def _forget(run: Run, criterion: Criterion) -> None:
    number = criterion.number
    for iid in run.live.get(criterion.owner, ()):
        if number in run.state.items[iid].memory:
            item = run.own(iid)
            item.memory = {other: memory for other, memory in item.memory.items() if other != number}
    for seed in run.state.seeds.get(criterion.owner, ()):
        if number in seed.memory:
            kept = {other: memory for other, memory in seed.memory.items() if other != number}
            run.put_seed(msgspec.structs.replace(seed, memory=kept))
    for container in [iid for iid, slots in run.state.slots.items() if number in slots]:
        run.drop_slot(container, number)


def _place(holder: ItemState | Seed) -> int:
    return holder.parent if isinstance(holder, Seed) else holder.iid
