"""The metamodel of CMMN 1.1 (clause 5), compiled: frozen values, references resolved to numbers.

A plan item is known by its `number`, its place in `CaseDefinition.items` (document order, the plan model's
own item is number 0; a stage that is planned twice is there twice). A criterion is known by its `number` in
`CaseDefinition.criteria`. Numbers are stable for one text of a model, and only for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from cases.cmmn.filemodel import NO_PARAMETERS, FileModel, Input, Output, Parameter, Parameters
from cases.cmmn.lifecycle import FileTransition, Transition
from cases.cmmn.profile import STRICT, Profile
from cases.dmn import Definitions
from cases.feel import Expression


class WorkingTime(Protocol):
    """Business time, as the case's calendar counts it; `policy.calendar` answers it."""

    def due(self, text: str, anchor: datetime) -> datetime:
        """The instant that `text` (`8 bh`, `10 bd`, a duration, an instant) names, counted from `anchor`.

        Raises ValueError.
        """
        ...


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
class RepetitionRule:
    """A repetition rule, with the most instances that may live at once (None: no limit)."""

    id: str
    condition: Expression | None = None
    context: tuple[str, ...] | None = None
    max_instances: int | None = None


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
    """An entry or exit criterion of one plan item (`owner`, its number; 0 for the plan model)."""

    number: int
    id: str
    name: str
    is_entry: bool
    owner: int
    sentry: Sentry


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a step is tried, and the waits between in seconds: `first`, times `factor`, up to `cap`."""

    attempts: int = 8
    first: float = 2.0
    factor: float = 2.0
    cap: float = 3600.0
    jitter: float = 0.2


@dataclass(frozen=True, slots=True)
class FallbackOperation:
    """Another operation is called; with `after`, only once that operation has said that nothing happened."""

    connection: str
    operation: str
    after: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class FallbackAnswer:
    """The step completes with this answer."""

    answer: Expression


@dataclass(frozen=True, slots=True)
class FallbackFault:
    """The step faults, and an incident opens."""


Fallback = FallbackOperation | FallbackAnswer | FallbackFault


@dataclass(frozen=True, slots=True)
class Work:
    """What every kind of work reads and writes.

    The answer replaces the root item `answer_to` (None: the plan item's id). Where the standard's own outputs
    are declared, they alone are written, unless the model says what the answer is or where it goes.
    """

    inputs: tuple[Input, ...] = ()
    answer: Expression | None = None
    answer_to: str | None = None
    outputs: tuple[Output, ...] = ()
    parameters: Parameters = NO_PARAMETERS

    @property
    def keeps_answer(self) -> bool:
        """Whether the answer itself is written."""
        return not self.parameters.outputs or self.answer is not None or self.answer_to is not None


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage, or the plan model itself (SPEC 5.4.8).

    `items` are numbers of plan items, in model order, with those that may be planned into it.
    """

    id: str
    name: str
    auto_complete: bool
    items: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Milestone:
    """A milestone; when it occurs it writes `{at}` to the root item named after its plan item."""

    id: str
    name: str
    work: Work = Work()


@dataclass(frozen=True, slots=True)
class HumanTask:
    """A human task (SPEC 5.4.10.2) with form, offered roles, due text, four eyes, authority."""

    id: str
    name: str
    is_blocking: bool = True
    performer: str | None = None
    form: str | None = None
    role: Value | None = None
    or_higher: tuple[str, ...] = ()
    due: Value | None = None
    priority: Value | None = None
    sla: str | None = None
    ladder: str | None = None
    four_eyes: tuple[str, ...] = ()
    approvals: Value | None = None
    authority: Expression | None = None
    work: Work = Work()
    documentation: str = ""


@dataclass(frozen=True, slots=True)
class ServiceTask:
    """An automated step: one operation of a connection, called durably (decisions, "The model language")."""

    id: str
    name: str
    connection: str
    operation: str
    is_blocking: bool = True
    key: Expression | None = None
    timeout: float = 30.0
    retry: Retry = Retry()
    fallbacks: tuple[Fallback, ...] = ()
    compensation: str | None = None
    point_of_no_return: bool = False
    work: Work = Work()
    documentation: str = ""


@dataclass(frozen=True, slots=True)
class DecisionTask:
    """A decision, evaluated within the turn (SPEC 5.4.10.5)."""

    id: str
    name: str
    decision: str
    is_blocking: bool = True
    work: Work = Work()
    documentation: str = ""


class Ending(StrEnum):
    """How what a task has called ended."""

    COMPLETED = "completed"
    TERMINATED = "terminated"
    FAILED = "failed"


class Then(StrEnum):
    """What becomes of a task whose call was ended from inside."""

    EXIT = "exit"
    COMPLETE = "complete"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class CaseTask:
    """Starts another case (SPEC 5.4.10.4), named by `case`: an id, or an expression for it.

    `may_complete_early`: people may complete the task while the child runs. `propagates_fault`: a child that
    failed fails the task.
    """

    id: str
    name: str
    case: Value
    is_blocking: bool = True
    work: Work = Work()
    may_complete_early: bool = False
    child_terminated: Then = Then.EXIT
    propagates_fault: bool = False


@dataclass(frozen=True, slots=True)
class ProcessTask:
    """Starts a process, through a port (SPEC 5.4.10.3): an id, or an expression for it."""

    id: str
    name: str
    process: Value
    is_blocking: bool = True
    work: Work = Work()
    child_terminated: Then = Then.EXIT


@dataclass(frozen=True, slots=True)
class Task:
    """Abstract work outside the engine; when blocking it waits for an external complete (SPEC 5.4.10)."""

    id: str
    name: str
    is_blocking: bool = True
    work: Work = Work()


@dataclass(frozen=True, slots=True)
class TimerEventListener:
    """A timer (SPEC 5.4.9.1).

    `anchor` (FEEL) replaces the instant of arming; `follows` re-arms it when that path changes.
    """

    id: str
    name: str
    expression: Value
    start_trigger: OnPart | None = None
    calendar: str | None = None
    anchor: Expression | None = None
    follows: tuple[str, ...] | None = None
    work: Work = Work()


@dataclass(frozen=True, slots=True)
class UserEventListener:
    """An event that a person raises (SPEC 5.4.9.2), offered to `roles` (empty: to everybody)."""

    id: str
    name: str
    roles: tuple[str, ...] = ()
    form: str | None = None
    available_condition: Expression | None = None
    is_repeatable: bool = False
    work: Work = Work()


@dataclass(frozen=True, slots=True)
class EventListener:
    """An event from elsewhere (`kind`: signal, variable, message, intent), raised by OccurListener."""

    id: str
    name: str
    kind: str = ""
    work: Work = Work()


PlanItemDefinition = (
    Stage
    | Milestone
    | HumanTask
    | ServiceTask
    | DecisionTask
    | CaseTask
    | ProcessTask
    | Task
    | TimerEventListener
    | UserEventListener
    | EventListener
)
Worked = HumanTask | ServiceTask | DecisionTask | CaseTask | ProcessTask | Task


class Return(StrEnum):
    """What becomes of a root item when an ended case goes on: begun, made to wait, or left as it is."""

    ACTIVATE = "activate"
    DEFAULT = "default"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class PlanItem:
    """A planned use of a definition (SPEC 5.4.5), or one that may be planned (SPEC 5.4.9).

    `stage` is the number of the plan item whose stage contains it (-1: none); `fragment` the id of the plan
    fragment through which it came there.
    """

    number: int
    id: str
    name: str
    definition: PlanItemDefinition
    stage: int
    depth: int
    entry: tuple[Criterion, ...] = ()
    exit: tuple[Criterion, ...] = ()
    required: Rule | None = None
    repetition: RepetitionRule | None = None
    manual: Rule | None = None
    line: int = 0
    is_discretionary: bool = False
    fragment: str = ""
    reactivation: Return = Return.IGNORE

    @property
    def answer_to(self) -> str:
        """Name of the root case file item that takes this item's latest answer."""
        if isinstance(self.definition, Stage):
            return self.id
        return self.definition.work.answer_to or self.id


@dataclass(frozen=True, slots=True)
class Discretionary:
    """What a planning table offers (SPEC 5.4.9): one item, or all those of a plan fragment.

    `holder` is the stage or human task whose table it is, `items` are the plan items that planning makes
    instances of, all in one stage. Of each of `roles` one must be held, each of `rules` must hold: those of
    the item itself and of every table around it.
    """

    id: str
    name: str
    holder: int
    items: tuple[int, ...]
    roles: tuple[frozenset[str], ...] = ()
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Role:
    """A case role (SPEC 5.3.5)."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class CaseDefinition:
    """One case of a model, compiled.

    `items[0]` is the plan model; `by_id` and `lines` find plan items and lines of the text.
    """

    id: str
    name: str
    items: tuple[PlanItem, ...]
    criteria: tuple[Criterion, ...]
    roles: tuple[Role, ...] = ()
    discretionary: tuple[Discretionary, ...] = ()
    inputs: tuple[Parameter, ...] = ()
    outputs: tuple[Parameter, ...] = ()
    file: FileModel = field(default_factory=FileModel)
    profile: Profile = STRICT
    title: Expression | None = None
    documentation: str = ""
    by_id: Mapping[str, int] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)

    def item(self, id_: str) -> PlanItem:
        """The plan item with this id. Raises KeyError."""
        return self.items[self.by_id[id_]]


@dataclass(frozen=True, slots=True)
class Program:
    """What a case runs on: shared, frozen, made by the catalogue.

    `decisions`: decision id -> the definitions that hold it.
    """

    definition: CaseDefinition
    decisions: Mapping[str, Definitions] = field(default_factory=dict)
    working_time: WorkingTime | None = None
    zone: str = "UTC"
    family: str = ""
