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

from cases.cmmn.controlmodel import (
    Completion,
    Criterion,
    LifecycleListener,
    OnPart,
    Overview,
    ReactivationRule,
    RepetitionRule,
    Rule,
    Value,
)
from cases.cmmn.filemodel import FileModel, Parameter
from cases.cmmn.profile import STRICT, Profile
from cases.cmmn.sketch import Sketch
from cases.cmmn.workmodel import (
    NO_WORK,
    CaseTask,
    DecisionTask,
    ExpressionTask,
    HumanTask,
    ProcessTask,
    ServiceTask,
    Task,
    Work,
)
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
class Stage:
    """A stage, or the plan model itself (SPEC 5.4.8).

    `items` are numbers of plan items, in model order, with those that may be planned into it. With
    `auto_complete_condition` the condition decides whether it completes by itself.
    """

    id: str
    name: str
    auto_complete: bool
    items: tuple[int, ...] = ()
    auto_complete_condition: Expression | None = None
    business_status: Value | None = None
    overview: Overview | None = None


@dataclass(frozen=True, slots=True)
class Milestone:
    """A milestone; when it occurs it writes `{at}` to the root item named after its plan item.

    `variable` names a variable that is true from then on.
    """

    id: str
    name: str
    work: Work = NO_WORK
    variable: Value | None = None
    business_status: Value | None = None
    overview: Overview | None = None


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
    work: Work = NO_WORK
    available_condition: Expression | None = None
    category: Value | None = None


@dataclass(frozen=True, slots=True)
class UserEventListener:
    """An event that a person raises (SPEC 5.4.9.2), offered to `roles` (empty: to everybody)."""

    id: str
    name: str
    roles: tuple[str, ...] = ()
    form: str | None = None
    available_condition: Expression | None = None
    is_repeatable: bool = False
    work: Work = NO_WORK


@dataclass(frozen=True, slots=True)
class EventListener:
    """An event from elsewhere (`kind`: generic, signal, variable, message, intent, reactivate).

    OccurListener raises it. It listens to the signal, or to changes (`change`: create, update, update-create,
    delete, all) of the variable, that `subject` names. `reactivation` is the rule of root items that have
    none, when a listener of the kind reactivate occurs.
    """

    id: str
    name: str
    kind: str = ""
    work: Work = NO_WORK
    subject: Value | None = None
    change: str = ""
    available_condition: Expression | None = None
    is_repeatable: bool = False
    reactivation: ReactivationRule | None = None


PlanItemDefinition = (
    Stage
    | Milestone
    | HumanTask
    | ServiceTask
    | DecisionTask
    | CaseTask
    | ProcessTask
    | Task
    | ExpressionTask
    | TimerEventListener
    | UserEventListener
    | EventListener
)
Worked = HumanTask | ServiceTask | DecisionTask | CaseTask | ProcessTask | Task | ExpressionTask


class Return(StrEnum):
    """What becomes of a root item when an ended case goes on: begun, made to wait, or left as it is."""

    ACTIVATE = "activate"
    DEFAULT = "default"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class PlanItem:
    """A planned use of a definition (SPEC 5.4.5), or one that may be planned (SPEC 5.4.9).

    `stage` is the number of the plan item whose stage contains it (-1: none); `fragment` the id of the plan
    fragment through which it came there. `title` is its name, computed for each instance. `neutral` lets an
    Available instance not hold its container open where it holds (4.7).
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
    title: Value | None = None
    completion: Completion = Completion.DEFAULT
    neutral: Rule | None = None
    reactivation_rule: ReactivationRule | None = None
    listeners: tuple[LifecycleListener, ...] = ()
    is_async: bool = False
    leaves_async: bool = False

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
    """One case of a model, compiled; `sketch` is what its author drew.

    `items[0]` is the plan model; `by_id` and `lines` find plan items and lines of the text. `initiator` names
    the variable that takes who started the case. The last `adhoc` items are those that nobody foresaw (4.6).
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
    listeners: tuple[LifecycleListener, ...] = ()
    initiator: str = ""
    sketch: Sketch | None = None
    by_id: Mapping[str, int] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)
    adhoc: int = 0

    def item(self, id_: str) -> PlanItem:
        """The plan item with this id. Raises KeyError."""
        return self.items[self.by_id[id_]]


@dataclass(frozen=True, slots=True)
class Program:
    """What a case runs on: shared, frozen, made by the catalogue.

    `decisions`: decision id -> the definitions that hold it. `version` counts the deployments of the case.
    """

    definition: CaseDefinition
    decisions: Mapping[str, Definitions] = field(default_factory=dict)
    working_time: WorkingTime | None = None
    zone: str = "UTC"
    family: str = ""
    version: int = 1
