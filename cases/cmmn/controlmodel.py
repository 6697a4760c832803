"""What moves plan items, compiled: rules, criteria and sentries, and what other engines add to them."""

from dataclasses import dataclass
from enum import StrEnum

from cases.cmmn.lifecycle import FileTransition, State, Transition
from cases.feel import Expression


@dataclass(frozen=True, slots=True)
class Value:
    """An attribute that is a literal, or FEEL when its text begins with `=`."""

    text: str
    expression: Expression | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A required or manual activation rule; no condition means true (SPEC 5.4.11)."""

    id: str
    condition: Expression | None = None
    context: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Aggregated:
    """One entry that a finished instance contributes: its name, and its value."""

    name: Value
    value: Expression


@dataclass(frozen=True, slots=True)
class Aggregation:
    """What repetitions leave behind: one record an instance, as a list in the variable `target` (4.7).

    `is_overview`: the list is kept up to date while instances are still live. `is_transient`: only the turn
    in which the last of them ends sees it.
    """

    target: Value
    entries: tuple[Aggregated, ...] = ()
    is_overview: bool = False
    is_transient: bool = False


@dataclass(frozen=True, slots=True)
class RepetitionRule:
    """A repetition rule, with the most instances that may live at once (None: no limit).

    With `collection` there is one instance for each of its elements, which knows it by the names `element`
    and `element_index`. `counter` names the number of the instance counted from 1, `ignores_counter` leaves
    it out. `repeats_on` are the ends after which an item without entry criteria repeats (4.2, 4.7).
    """

    id: str
    condition: Expression | None = None
    context: tuple[str, ...] | None = None
    max_instances: int | None = None
    collection: Expression | None = None
    element: str = ""
    element_index: str = ""
    counter: str = ""
    ignores_counter: bool = False
    aggregations: tuple[Aggregation, ...] = ()
    repeats_on: frozenset[Transition] = frozenset({Transition.COMPLETE, Transition.TERMINATE})


class Completion(StrEnum):
    """Which children a container does not wait for (4.7, parentCompletionRule of an item control)."""

    DEFAULT = "default"
    IGNORE = "ignore"
    IGNORE_IF_AVAILABLE = "ignoreIfAvailable"
    IGNORE_IF_AVAILABLE_OR_ENABLED = "ignoreIfAvailableOrEnabled"
    IGNORE_AFTER_FIRST = "ignoreAfterFirstCompletion"
    IGNORE_AFTER_FIRST_IF_AVAILABLE_OR_ENABLED = "ignoreAfterFirstCompletionIfAvailableOrEnabled"


class ExitType(StrEnum):
    """Which instances of a repeating owner an exit criterion ends (4.7)."""

    DEFAULT = "default"
    ACTIVE = "activeInstances"
    ACTIVE_AND_ENABLED = "activeAndEnabledInstances"


class ExitEvent(StrEnum):
    """How an exit criterion leaves a stage or the case: terminated, or completed (4.7)."""

    EXIT = "exit"
    COMPLETE = "complete"
    FORCE_COMPLETE = "forceComplete"


@dataclass(frozen=True, slots=True)
class ReactivationRule:
    """What becomes of a plan item when its ended case goes on: the first condition that holds decides (4.7).

    A condition that is None does not stand there.
    """

    activate: Expression | None = None
    ignore: Expression | None = None
    default: Expression | None = None


class Scope(StrEnum):
    """Where an action writes: where the name is visible from the item, else the case; the item; the case.

    `transient` is seen by the rest of the turn only.
    """

    NEAREST = "nearest"
    LOCAL = "local"
    CASE = "case"
    TRANSIENT = "transient"


@dataclass(frozen=True, slots=True)
class Assignment:
    """One variable that an action writes; without a value it is removed."""

    scope: Scope
    name: Expression
    value: Expression | None


@dataclass(frozen=True, slots=True)
class Action:
    """An expression of another engine that may write variables: its assignments in order, then its value."""

    assignments: tuple[Assignment, ...] = ()
    value: Expression | None = None


@dataclass(frozen=True, slots=True)
class LifecycleListener:
    """An action carried out when an item, or the case, goes from `source` to `target` (None: any state)."""

    source: State | None
    target: State | None
    action: Action


@dataclass(frozen=True, slots=True)
class Overview:
    """The place of a stage or milestone in the overview of a case, and whether it is shown there."""

    order: int | None = None
    shown: Value | None = None


@dataclass(frozen=True, slots=True)
class PlanItemOnPart:
    """Hears `event` of plan item number `source`; with `exit_criterion`, only an exit that it caused."""

    id: str
    source: int
    event: Transition
    exit_criterion: str | None = None


@dataclass(frozen=True, slots=True)
class FileOnPart:
    """Hears `event` of the case file item at `path`."""

    id: str
    path: tuple[str, ...]
    event: FileTransition


OnPart = PlanItemOnPart | FileOnPart


@dataclass(frozen=True, slots=True)
class IfPart:
    """A condition over the case file; `context` is the path that `context` is bound to."""

    condition: Expression
    context: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Sentry:
    """On-parts and an if-part, all of which must hold (SPEC 5.4.6).

    `trigger_mode`: latched, onEvent or latchedAll.
    """

    id: str
    name: str
    on_parts: tuple[OnPart, ...]
    if_part: IfPart | None
    trigger_mode: str = "latched"


@dataclass(frozen=True, slots=True)
class Criterion:
    """An entry or exit criterion of one plan item (`owner`, its number; 0 for the plan model).

    `exit_type` and `exit_event` say which instances an exit criterion ends, and how.
    """

    number: int
    id: str
    name: str
    is_entry: bool
    owner: int
    sentry: Sentry
    exit_type: ExitType = ExitType.DEFAULT
    exit_event: ExitEvent = ExitEvent.EXIT
