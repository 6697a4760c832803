"""Who reads which data: computed once for a definition, so that a change finds those that it concerns.

A path and what is read meet when one is the beginning of the other (cmmn-semantics R-3.5f).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cases.cmmn.metamodel import CaseDefinition, PlanItem, Stage, TimerEventListener
from cases.cmmn.workmodel import HumanTask
from cases.feel import Expression

Path = tuple[str, ...]
_NOT_DATA = frozenset({"case", "event", "item", "repetitionIndex", "result", "stage", "turn"})


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
class Watching:
    """What reads plan state (`turn`, `item.state`): it is looked at again whenever anything moved (3.8)."""

    criteria: tuple[int, ...]
    listeners: tuple[int, ...]
    stages: tuple[int, ...]

    def __bool__(self) -> bool:
        return bool(self.criteria or self.listeners or self.stages)


@dataclass(frozen=True, slots=True)
class Readership:
    """All readers of one definition."""

    conditions: Readers
    """Criteria."""
    availability: Readers
    """Event listeners with an available condition."""
    followers: Readers
    """Timers that follow data."""
    applicability: Readers
    """What planning tables offer: the numbers of the stages and human tasks that hold the tables."""
    dues: Readers
    """The due dates of people's tasks."""
    spreads: Readers
    """Items that repeat over a collection."""
    completions: Readers
    """Stages, whose completion depends on data: their own condition, or rules of what they contain."""
    watching: Watching


def readership_of(definition: CaseDefinition) -> Readership:
    """Who reads what in this definition."""
    return Readership(
        conditions=_readers(_conditions(definition)),
        availability=_readers(
            Reader(item.number, static_paths(condition)) for item, condition in _available(definition)
        ),
        followers=_readers(_followers(definition)),
        applicability=_readers(_applicability(definition)),
        dues=_readers(_dues(definition)),
        spreads=_readers(_spreads(definition)),
        completions=_readers(
            Reader(stage, static_paths(condition)) for stage, condition in _completions(definition)
        ),
        watching=Watching(
            tuple(
                one.number
                for one in definition.criteria
                if one.sentry.if_part is not None and watches(one.sentry.if_part.condition)
            ),
            tuple(item.number for item, condition in _available(definition) if watches(condition)),
            tuple(
                dict.fromkeys(stage for stage, condition in _completions(definition) if watches(condition))
            ),
        ),
    )


def meet(one: Path, other: Path) -> bool:
    """Whether one path is the beginning of the other (R-3.5f)."""
    return all(left == right for left, right in zip(one, other, strict=False))


def static_paths(expression: Expression, context: Path | None = None) -> tuple[Path, ...] | None:
    """The case file paths that an expression reads, None for any; `context` is what that name means."""
    found = set()
    for named in _paths(expression):
        path = (*(context or ()), *named[1:]) if named[0] == "context" else named
        if not path:
            return None
        if path[0] not in _NOT_DATA:
            found.add(path)
    return tuple(sorted(found))


def watches(expression: Expression) -> bool:
    """Whether an expression reads plan state, which moves without any data."""
    return any(
        path[0] == "turn" or (path[0] in ("item", "stage") and path[1:2] in ((), ("state",)))
        for path in _paths(expression)
    )


def available_condition(item: PlanItem) -> Expression | None:
    """When a listener is there to be raised; None for always, and for what is no listener."""
    return getattr(item.definition, "available_condition", None)


def _paths(expression: Expression) -> Iterable[Path]:
    for name in expression.names:
        yield (name,) if isinstance(name, str) else tuple(name)


def _available(definition: CaseDefinition) -> Iterable[tuple[PlanItem, Expression]]:
    for item in definition.items:
        condition = available_condition(item)
        if condition is not None:
            yield item, condition


def _conditions(definition: CaseDefinition) -> Iterable[Reader]:
    for criterion in definition.criteria:
        held = criterion.sentry.if_part
        if held is not None:
            yield Reader(criterion.number, static_paths(held.condition, held.context))
        rule = definition.items[criterion.owner].repetition
        is_level = criterion.is_entry and not criterion.sentry.on_parts
        if definition.profile.is_level_triggered and is_level and rule is not None and rule.condition:
            yield Reader(criterion.number, static_paths(rule.condition, rule.context))


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


def _spreads(definition: CaseDefinition) -> Iterable[Reader]:
    for item in definition.items:
        if item.repetition is not None and item.repetition.collection is not None:
            yield Reader(item.number, static_paths(item.repetition.collection))


def _completions(definition: CaseDefinition) -> Iterable[tuple[int, Expression]]:
    for item in definition.items:
        if isinstance(item.definition, Stage) and item.definition.auto_complete_condition is not None:
            yield item.number, item.definition.auto_complete_condition
        if item.stage < 0:
            continue
        if item.neutral is not None and item.neutral.condition is not None:
            yield item.stage, item.neutral.condition
        required = item.required
        if definition.profile.asks_required_again and required is not None and required.condition is not None:
            yield item.stage, required.condition


def _readers(readers: Iterable[Reader]) -> Readers:
    by_root: dict[str, list[Reader]] = defaultdict(list)
    anything: list[int] = []
    for reader in readers:
        if reader.paths is None:
            anything.append(reader.number)
        for root in dict.fromkeys(path[0] for path in reader.paths or ()):
            by_root[root].append(reader)
    return Readers({root: tuple(found) for root, found in by_root.items()}, tuple(anything))
