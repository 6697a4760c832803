"""What the outside must do after a turn: data only, which the shell turns into rows and jobs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cases.cmmn.workmodel import Ending


@dataclass(frozen=True, slots=True)
class HumanTaskOpened:
    """A person's task: a row to be offered.

    `name` is the name of this instance. `due` is a text of `policy.deadlines`: an instant, a date, a duration
    or business time; `amount` must be covered by one's authority. `candidates` are users and roles that may
    claim it, beside `roles`.
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
    assignee: str | None = None
    owner: str | None = None
    candidates: tuple[str, ...] = ()
    description: str | None = None
    category: str | None = None


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
class HumanTaskChanged:
    """An open task is another one by its model now (8.3): `task` is how it would be opened.

    Its draft goes with `drops_draft`, and whoever has it gives it back where it `is_unassigned`; its due date
    stays.
    """

    task: HumanTaskOpened
    drops_draft: bool = False
    is_unassigned: bool = False

    @property
    def item(self) -> int:
        return self.task.item


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
    category: str | None = None


@dataclass(frozen=True, slots=True)
class TimerCancelled:
    """No timer of this item is wanted any more."""

    item: int


@dataclass(frozen=True, slots=True)
class WorkOpened:
    """A service step (or external task, or process, which `target` names) is to be performed: a job.

    `key` is the model's idempotency key if it has one. `again` is true after a reactivation: the job of
    this item, dead until now, is made ready anew with the key that it had. `kind` is the kind of work:
    service (a step of ours, or code of another engine), process, task (abstract work), external-worker, http,
    mail, script, send-event, and async: an item that begins
    or leaves asynchronously, for which Proceed is the answer. `topic` is what workers ask for, `fields` are
    computed from those of the task.
    """

    item: int
    definition: str
    inputs: Mapping[str, object] = field(default_factory=dict)
    key: str | None = None
    again: bool = False
    target: str = ""
    kind: str = "service"
    topic: str | None = None
    fields: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChildOpened:
    """Another case is to be started: `case` by these inputs, with the team of its caller (7.1).

    `variables` are root items of its case file (StartCase.inputs), `inputs` its declared ones. `business_key`
    is its StartCase.business_key. `same_deployment`: the version that was deployed with the caller is meant.
    `tells_all` is for its StartCase, too.
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
    variables: Mapping[str, object] = field(default_factory=dict)
    business_key: str | None = None
    same_deployment: bool = False
    may_use_default_tenant: bool = False
    tells_all: bool = False


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


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A listener waits for what `subject` names (`kind`: signal, variable, message, generic, intent)."""

    item: int
    kind: str
    subject: str


@dataclass(frozen=True, slots=True)
class Unsubscribed:
    """A listener waits no longer."""

    item: int


@dataclass(frozen=True, slots=True)
class CaseDescribed:
    """What people call the case has changed; all three are told."""

    item: int
    name: str | None
    business_key: str | None
    business_status: str | None


Effect = (
    HumanTaskOpened
    | HumanTaskPaused
    | HumanTaskDue
    | HumanTaskChanged
    | HumanTaskClosed
    | TimerSet
    | TimerCancelled
    | WorkOpened
    | WorkCancelled
    | ChildOpened
    | ChildPaused
    | ChildCancelled
    | CaseEnded
    | Subscribed
    | Unsubscribed
    | CaseDescribed
)
