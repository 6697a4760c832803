"""What the outside must do after a turn: data only, which the shell turns into rows and jobs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cases.cmmn.workmodel import Ending


@dataclass(frozen=True, slots=True)
class HumanTaskOpened:
    """A person's task: a row to be offered.

    `due` is a text of `policy.deadlines`; `amount` must be covered by one's authority.
    """

    item: int
    definition: str
    name: str
    form: str | None
    roles: tuple[str, ...]
    due: str | None
    priority: int
    four_eyes: tuple[str, ...] = ()
    amount: object = None
    sla: str | None = None
    ladder: str | None = None
    inputs: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HumanTaskPaused:
    """The task's item was suspended (`paused`) or resumed."""

    item: int
    paused: bool


@dataclass(frozen=True, slots=True)
class HumanTaskDue:
    """The due date of an open task follows its data: its text is another one now, counted as at first."""

    item: int
    definition: str
    due: str | None


@dataclass(frozen=True, slots=True)
class HumanTaskClosed:
    """The task is over: completed, or cancelled for a reason."""

    item: int
    completed: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TimerSet:
    """A timer is to fire at `due`; replaces an earlier one of the same item."""

    item: int
    definition: str
    fire_no: int
    due: datetime
    follows: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class TimerCancelled:
    """No timer of this item is wanted any more."""

    item: int


@dataclass(frozen=True, slots=True)
class WorkOpened:
    """A service step (or external task, or process, which `target` names) is to be performed: a job.

    `key` is the model's idempotency key if it has one. `again` is true after a reactivation: the job of
    this item, dead until now, is made ready anew with the key that it had.
    """

    item: int
    definition: str
    inputs: Mapping[str, object] = field(default_factory=dict)
    key: str | None = None
    again: bool = False
    target: str = ""


@dataclass(frozen=True, slots=True)
class ChildOpened:
    """Another case is to be started: `case` by these inputs, with the team of its caller (7.1).

    `depth` is for its own StartCase. A blocking task waits for its end, any other for its beginning alone.
    `again` is true after a reactivation: the child that failed goes on, or another one starts.
    """

    item: int
    definition: str
    case: str
    inputs: Mapping[str, object] = field(default_factory=dict)
    is_blocking: bool = True
    team: Mapping[str, frozenset[str]] | None = None
    depth: int = 1
    again: bool = False


@dataclass(frozen=True, slots=True)
class ChildPaused:
    """The task that called a case was suspended (`paused`) or resumed, and the child with it."""

    item: int
    paused: bool


@dataclass(frozen=True, slots=True)
class ChildCancelled:
    """The task that called a case is over, however it ended: a child that still runs is terminated."""

    item: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CaseEnded:
    """The case has ended, and the task that called it is to be told, with the outputs of the case."""

    item: int
    caller: str
    ending: Ending
    outputs: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WorkCancelled:
    """The work of this item is over, however it ended; its job and its open incident go."""

    item: int
    reason: str = ""


Effect = (
    HumanTaskOpened
    | HumanTaskPaused
    | HumanTaskDue
    | HumanTaskClosed
    | TimerSet
    | TimerCancelled
    | WorkOpened
    | WorkCancelled
    | ChildOpened
    | ChildPaused
    | ChildCancelled
    | CaseEnded
)
