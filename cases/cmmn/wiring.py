"""Who hears what, computed once for a definition: on-parts by source, conditions by the data they read.

A turn costs what it touches, because it asks these tables instead of walking the model.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from cases.cmmn.controlmodel import Criterion, FileOnPart, OnPart, PlanItemOnPart
from cases.cmmn.filemodel import FileItem
from cases.cmmn.lifecycle import EARLY_EDGES, WORK_EDGES, Edges, FileTransition, Transition
from cases.cmmn.metamodel import (
    CaseDefinition,
    Discretionary,
    EventListener,
    Milestone,
    PlanItem,
    TimerEventListener,
    UserEventListener,
)
from cases.cmmn.readership import Path, Readership, readership_of

K = TypeVar("K")
V = TypeVar("V")
_UNHEARD = frozenset({"parentCompleted", "closed", "deleted", "orphaned", "spread"})
_KEPT = 256


@dataclass(frozen=True, slots=True)
class Ear:
    """One on-part of one criterion, as its source finds it (R-3.4).

    Source and owner must share their container (or themselves) of plan item `scope`. `chain` are the stages
    from below `scope` down to the owner's own: where one of them is not active, there is no owner yet.
    """

    criterion: int
    part: int
    owner: int
    is_entry: bool
    scope: int
    chain: tuple[int, ...]
    exit_criterion: str | None = None


@dataclass(frozen=True, slots=True)
class Start:
    """The start trigger of a timer."""

    timer: int
    scope: int


@dataclass(frozen=True, slots=True)
class Wiring:
    """The tables of one definition. Indexed by plan item number unless said otherwise."""

    on_item: Mapping[tuple[int, Transition], tuple[Ear, ...]]
    on_file: Mapping[tuple[Path, FileTransition], tuple[Ear, ...]]
    starts_on_item: Mapping[tuple[int, Transition], tuple[Start, ...]]
    starts_on_file: Mapping[tuple[Path, FileTransition], tuple[Start, ...]]
    offers: Mapping[tuple[int, str], Discretionary]
    """What may be planned, by the number of the plan item that holds the table and by its id."""
    tables: Mapping[int, tuple[Discretionary, ...]]
    """The same by holder, in model order."""
    containers: tuple[tuple[int, ...], ...]
    """The stages above each plan item, outermost first."""
    by_place: Mapping[tuple[int, str], int]
    """The number of a plan item, by the number of its stage and its id."""
    is_moment: tuple[bool, ...]
    """Milestones and event listeners: they occur."""
    repeats_by_event: tuple[bool, ...]
    """Whether the next repetition is made by an entry criterion, from a seed."""
    entries: tuple[frozenset[int], ...]
    """The numbers of the entry criteria of each plan item."""
    crossing: frozenset[int]
    """Numbers of the entry criteria that hear something outside their owner's stage."""
    momentary: tuple[int, ...]
    """Numbers of the criteria that want all their events in one turn (`onEvent`)."""
    audience: Mapping[int, tuple[Ear, ...]]
    """Event listener -> the on-parts that name it."""
    listeners_of: Mapping[int, tuple[int, ...]]
    """Owner of criteria -> the event listeners that they name."""
    file_items: Mapping[Path, FileItem]
    readers: Readership
    work_edges: Edges
    """Which transitions stages and tasks may make."""
    unheard: frozenset[str]
    """Causes of transitions that are history only: no on-part hears them (R-2.4c, 4.7)."""
    remembering: frozenset[int]
    """Numbers of the criteria with on-parts whose if-part is remembered once it was true (latchedAll)."""
    levels: Mapping[int, tuple[int, ...]]
    """Repeating owner -> its entry criteria without on-parts that repeat it as long as they hold."""
    wakes: Mapping[int, tuple[int, ...]]
    """Repeating owner -> the entry criteria that are asked as soon as it may repeat."""
    variable_listeners: tuple[int, ...]
    """Event listeners for changes of variables."""
    repeats_on: Mapping[int, frozenset[Transition]]
    """The ends after which an item without entry criteria repeats."""
    spreading: Mapping[int, bool]
    """Items that repeat over a collection, and whether events make them do so."""
    counters: Mapping[int, str]
    """What repeating items call the number of an instance, counted from 1."""
    gathering: tuple[int, ...]
    """Items whose repetitions leave something behind (variable aggregation)."""


_wirings: dict[int, tuple[CaseDefinition, Wiring]] = {}


def wiring_of(definition: CaseDefinition) -> Wiring:
    """The tables of this definition, made at the first asking."""
    known = _wirings.get(id(definition))
    if known is not None and known[0] is definition:
        return known[1]
    while len(_wirings) >= _KEPT:
        _wirings.pop(next(iter(_wirings)), None)
    wiring = _wire(definition)
    _wirings[id(definition)] = (definition, wiring)
    return wiring


def is_listener(item: PlanItem) -> bool:
    """Whether this is an event listener."""
    return isinstance(item.definition, TimerEventListener | UserEventListener | EventListener)


def _wire(definition: CaseDefinition) -> Wiring:
    containers = _containers(definition)
    ears = [ear for criterion in definition.criteria for ear in _ears(criterion, containers)]
    on_item: dict[tuple[int, Transition], list[Ear]] = defaultdict(list)
    on_file: dict[tuple[Path, FileTransition], list[Ear]] = defaultdict(list)
    audience: dict[int, list[Ear]] = defaultdict(list)
    listeners_of: dict[int, list[int]] = defaultdict(list)
    for ear in ears:
        part = definition.criteria[ear.criterion].sentry.on_parts[ear.part]
        if isinstance(part, FileOnPart):
            on_file[part.path, part.event].append(ear)
            continue
        for event in _heard_as(part.event, definition):
            on_item[part.source, event].append(ear)
        if is_listener(definition.items[part.source]):
            audience[part.source].append(ear)
            listeners_of[ear.owner].append(part.source)
    tables: dict[int, list[Discretionary]] = defaultdict(list)
    for offer in definition.discretionary:
        tables[offer.holder].append(offer)
    starts_on_item, starts_on_file = _starts(definition, containers)
    levels = _levels(definition)
    return Wiring(
        on_item=_frozen(on_item),
        on_file=_frozen(on_file),
        starts_on_item=_frozen(starts_on_item),
        starts_on_file=_frozen(starts_on_file),
        offers={(offer.holder, offer.id): offer for offer in definition.discretionary},
        tables=_frozen(tables),
        containers=containers,
        by_place={(item.stage, item.id): item.number for item in definition.items},
        is_moment=tuple(
            isinstance(item.definition, Milestone) or is_listener(item) for item in definition.items
        ),
        repeats_by_event=tuple(
            item.repetition is not None and item.repetition.collection is None and bool(item.entry)
            for item in definition.items
        ),
        entries=tuple(frozenset(one.number for one in item.entry) for item in definition.items),
        crossing=frozenset(ear.criterion for ear in ears if ear.is_entry and _crosses(ear, definition)),
        momentary=tuple(
            criterion.number
            for criterion in definition.criteria
            if criterion.sentry.trigger_mode == "onEvent"
        ),
        audience=_frozen(audience),
        listeners_of=_frozen(listeners_of),
        file_items={item.path: item for item in definition.file.by_id.values()},
        readers=readership_of(definition),
        work_edges=EARLY_EDGES if definition.profile.terminates_early else WORK_EDGES,
        unheard=_UNHEARD - {"parentCompleted"} if definition.profile.hears_leftovers else _UNHEARD,
        remembering=_remembering(definition),
        levels=levels,
        wakes=_wakes(definition, levels),
        variable_listeners=tuple(
            item.number
            for item in definition.items
            if isinstance(item.definition, EventListener) and item.definition.kind == "variable"
        ),
        repeats_on=_repeats_on(definition),
        spreading=_spreading(definition),
        counters={
            item.number: item.repetition.counter
            for item in definition.items
            if item.repetition is not None and item.repetition.counter and not item.repetition.ignores_counter
        },
        gathering=tuple(
            item.number
            for item in definition.items
            if item.repetition is not None and item.repetition.aggregations
        ),
    )


def _frozen(table: Mapping[K, list[V]]) -> dict[K, tuple[V, ...]]:
    return {key: tuple(values) for key, values in table.items()}


def _containers(definition: CaseDefinition) -> tuple[tuple[int, ...], ...]:
    found: list[tuple[int, ...]] = []
    for item in definition.items:
        found.append(() if item.stage < 0 else (*found[item.stage], item.stage))
    return tuple(found)


def _ears(criterion: Criterion, containers: tuple[tuple[int, ...], ...]) -> Iterable[Ear]:
    owner = criterion.owner
    for position, part in enumerate(criterion.sentry.on_parts):
        source = part.source if isinstance(part, PlanItemOnPart) else 0
        scope = _scope(owner, source, containers, is_exit=not criterion.is_entry)
        above = containers[owner]
        chain = above[above.index(scope) + 1 :] if scope in above else ()
        exit_criterion = part.exit_criterion if isinstance(part, PlanItemOnPart) else None
        yield Ear(criterion.number, position, owner, criterion.is_entry, scope, chain, exit_criterion)


def _scope(owner: int, source: int, containers: tuple[tuple[int, ...], ...], *, is_exit: bool) -> int:
    """The plan item whose instance must be the same for both; 0 is the case.

    A stage that exits on something within itself means within this instance of it, and an item that hears a
    stage around it means the instance that it lives in: so `source` or `owner` itself where one contains
    the other.
    """
    if source in containers[owner]:
        return source
    if is_exit and (owner == source or owner in containers[source]):
        return owner
    shared = [one for one, other in zip(containers[owner], containers[source], strict=False) if one == other]
    return shared[-1] if shared else 0


def _crosses(ear: Ear, definition: CaseDefinition) -> bool:
    """Whether the event may come from outside the owner's stage; what is planned waits until it is."""
    part = definition.criteria[ear.criterion].sentry.on_parts[ear.part]
    is_planned = definition.items[ear.owner].is_discretionary
    return bool(ear.chain) and isinstance(part, PlanItemOnPart) and not is_planned


def _starts(
    definition: CaseDefinition, containers: tuple[tuple[int, ...], ...]
) -> tuple[dict[tuple[int, Transition], list[Start]], dict[tuple[Path, FileTransition], list[Start]]]:
    on_item: dict[tuple[int, Transition], list[Start]] = defaultdict(list)
    on_file: dict[tuple[Path, FileTransition], list[Start]] = defaultdict(list)
    for item in definition.items:
        trigger: OnPart | None = (
            item.definition.start_trigger if isinstance(item.definition, TimerEventListener) else None
        )
        if isinstance(trigger, PlanItemOnPart):
            start = Start(item.number, _scope(item.number, trigger.source, containers, is_exit=False))
            for event in _heard_as(trigger.event, definition):
                on_item[trigger.source, event].append(start)
        elif isinstance(trigger, FileOnPart):
            on_file[trigger.path, trigger.event].append(Start(item.number, 0))
    return on_item, on_file


def _heard_as(event: Transition, definition: CaseDefinition) -> tuple[Transition, ...]:
    """The transitions that an on-part on `event` hears: itself, and those that announce themselves as it."""
    if definition.profile.announces_start:
        if event is Transition.START:
            return (event, Transition.MANUAL_START)
        if event is Transition.ENABLE:
            return (event, Transition.REENABLE)
    return (event,)


def _remembering(definition: CaseDefinition) -> frozenset[int]:
    modes = {"latchedAll", "latched"} if definition.profile.remembers_conditions else {"latchedAll"}
    return frozenset(
        one.number
        for one in definition.criteria
        if one.sentry.on_parts and one.sentry.if_part is not None and one.sentry.trigger_mode in modes
    )


def _levels(definition: CaseDefinition) -> dict[int, tuple[int, ...]]:
    if not definition.profile.is_level_triggered:
        return {}
    found = {
        item.number: tuple(one.number for one in item.entry if not one.sentry.on_parts)
        for item in definition.items
        if item.repetition is not None and item.repetition.collection is None
    }
    return {number: criteria for number, criteria in found.items() if criteria}


def _wakes(definition: CaseDefinition, levels: Mapping[int, tuple[int, ...]]) -> dict[int, tuple[int, ...]]:
    remembering = _remembering(definition)
    found = {
        item.number: (
            *levels.get(item.number, ()),
            *(one.number for one in item.entry if one.number in remembering),
        )
        for item in definition.items
        if item.repetition is not None
    }
    return {number: criteria for number, criteria in found.items() if criteria}


def _repeats_on(definition: CaseDefinition) -> dict[int, frozenset[Transition]]:
    left_out = () if definition.profile.repeats_terminated else (Transition.TERMINATE,)
    return {
        item.number: item.repetition.repeats_on.difference(left_out)
        for item in definition.items
        if item.repetition is not None and item.repetition.collection is None and not item.entry
    }


def _spreading(definition: CaseDefinition) -> dict[int, bool]:
    return {
        item.number: any(one.sentry.on_parts for one in item.entry)
        for item in definition.items
        if item.repetition is not None and item.repetition.collection is not None
    }
