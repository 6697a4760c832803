"""Who hears what, computed once for a definition: on-parts by source, conditions by the data they read.

A turn costs what it touches, because it asks these tables instead of walking the model.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from cases.cmmn.controlmodel import Criterion, FileOnPart, OnPart, PlanItemOnPart
from cases.cmmn.filemodel import FileItem
from cases.cmmn.lifecycle import FileTransition, Transition
from cases.cmmn.metamodel import (
    CaseDefinition,
    Discretionary,
    EventListener,
    Milestone,
    PlanItem,
    TimerEventListener,
    UserEventListener,
)
from cases.cmmn.workmodel import HumanTask
from cases.feel import Expression

K = TypeVar("K")
V = TypeVar("V")
Path = tuple[str, ...]
_NOT_DATA = frozenset({"case", "event", "item", "repetitionIndex", "result", "stage", "turn"})
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
class Reader:
    """Something that is looked at again when data under one of its paths changes; None: whatever changes."""

    number: int
    paths: tuple[Path, ...] | None


@dataclass(frozen=True, slots=True)
class Readers:
    """Readers by the root item that they read, and those that may read anything."""

    by_root: Mapping[str, tuple[Reader, ...]]
    anything: tuple[int, ...]

    def touched(self, path: Path) -> Iterable[int]:
        """The numbers of those that a change at `path` concerns."""
        yield from self.anything
        for reader in self.by_root.get(path[0], ()):
            if any(meet(own, path) for own in reader.paths or ()):
                yield reader.number


@dataclass(frozen=True, slots=True)
class Wiring:
    """The tables of one definition. Indexed by plan item number unless said otherwise."""

    on_item: Mapping[tuple[int, Transition], tuple[Ear, ...]]
    on_file: Mapping[tuple[Path, FileTransition], tuple[Ear, ...]]
    starts_on_item: Mapping[tuple[int, Transition], tuple[Start, ...]]
    starts_on_file: Mapping[tuple[Path, FileTransition], tuple[Start, ...]]
    conditions: Readers
    """Of criteria."""
    availability: Readers
    """Of user event listeners."""
    followers: Readers
    """Of timers that follow data."""
    applicability: Readers
    """Of what planning tables offer: the numbers of the stages and human tasks that hold the tables."""
    offers: Mapping[tuple[int, str], Discretionary]
    """What may be planned, by the number of the plan item that holds the table and by its id."""
    tables: Mapping[int, tuple[Discretionary, ...]]
    """The same by holder, in model order."""
    dues: Readers
    """Of the due dates of people's tasks."""
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


def meet(one: Path, other: Path) -> bool:
    """Whether one path is the beginning of the other (R-3.5f)."""
    return all(left == right for left, right in zip(one, other, strict=False))


def is_listener(item: PlanItem) -> bool:
    """Whether this is an event listener."""
    return isinstance(item.definition, TimerEventListener | UserEventListener | EventListener)


def static_paths(expression: Expression, context: Path | None = None) -> tuple[Path, ...] | None:
    """The case file paths that an expression reads, None for any; `context` is what that name means."""
    found = set()
    for name in expression.names:
        path = (name,) if isinstance(name, str) else tuple(name)
        if path[0] == "context":
            path = (*(context or ()), *path[1:])
            if not path:
                return None
        if path[0] not in _NOT_DATA:
            found.add(path)
    return tuple(sorted(found))


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
        on_item[part.source, part.event].append(ear)
        if is_listener(definition.items[part.source]):
            audience[part.source].append(ear)
            listeners_of[ear.owner].append(part.source)
    tables: dict[int, list[Discretionary]] = defaultdict(list)
    for offer in definition.discretionary:
        tables[offer.holder].append(offer)
    starts_on_item, starts_on_file = _starts(definition, containers)
    return Wiring(
        on_item=_frozen(on_item),
        on_file=_frozen(on_file),
        starts_on_item=_frozen(starts_on_item),
        starts_on_file=_frozen(starts_on_file),
        conditions=_readers(_conditions(definition)),
        availability=_readers(_availability(definition)),
        followers=_readers(_followers(definition)),
        applicability=_readers(_applicability(definition)),
        offers={(offer.holder, offer.id): offer for offer in definition.discretionary},
        tables=_frozen(tables),
        dues=_readers(_dues(definition)),
        containers=containers,
        by_place={(item.stage, item.id): item.number for item in definition.items},
        is_moment=tuple(
            isinstance(item.definition, Milestone) or is_listener(item) for item in definition.items
        ),
        repeats_by_event=tuple(item.repetition is not None and bool(item.entry) for item in definition.items),
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
            on_item[trigger.source, trigger.event].append(start)
        elif isinstance(trigger, FileOnPart):
            on_file[trigger.path, trigger.event].append(Start(item.number, 0))
    return on_item, on_file


def _conditions(definition: CaseDefinition) -> Iterable[Reader]:
    for criterion in definition.criteria:
        held = criterion.sentry.if_part
        if held is not None:
            yield Reader(criterion.number, static_paths(held.condition, held.context))


def _availability(definition: CaseDefinition) -> Iterable[Reader]:
    for item in definition.items:
        if isinstance(item.definition, UserEventListener) and item.definition.available_condition is not None:
            yield Reader(item.number, static_paths(item.definition.available_condition))


def _applicability(definition: CaseDefinition) -> Iterable[Reader]:
    for offer in definition.discretionary:
        for rule in offer.rules:
            if rule.condition is not None:
                yield Reader(offer.holder, static_paths(rule.condition, rule.context))


def _followers(definition: CaseDefinition) -> Iterable[Reader]:
    for item in definition.items:
        if isinstance(item.definition, TimerEventListener) and item.definition.follows is not None:
            yield Reader(item.number, (item.definition.follows,))


def _dues(definition: CaseDefinition) -> Iterable[Reader]:
    for item in definition.items:
        task = item.definition
        if isinstance(task, HumanTask) and task.due is not None and task.due.expression is not None:
            yield Reader(item.number, static_paths(task.due.expression))


def _readers(readers: Iterable[Reader]) -> Readers:
    by_root: dict[str, list[Reader]] = defaultdict(list)
    anything: list[int] = []
    for reader in readers:
        if reader.paths is None:
            anything.append(reader.number)
        for root in dict.fromkeys(path[0] for path in reader.paths or ()):
            by_root[root].append(reader)
    return Readers(_frozen(by_root), tuple(anything))
