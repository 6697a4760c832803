"""What `store` takes and gives: a case as loaded, and all that one command writes, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from cases.persistence.tasks import TaskRowState


@dataclass(frozen=True, slots=True)
class StoredCase:
    """A case as its row has it. `values` are the root items that live apart, by name, as bytes."""

    id: int
    family: str
    deployment_id: int
    definition: str
    business_key: str
    title: str
    state: int
    suspended: bool
    version: int
    seq: int
    head: str
    opened_at: datetime
    closed_at: datetime | None
    doc: bytes
    values: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredTask:
    """A human task as its row has it."""

    id: int
    case_id: int
    family: str
    plan_item: int
    definition: str
    name: str
    state: TaskRowState
    form: str | None
    version: int
    draft: bytes | None
    assignee_id: int | None
    queue_id: int | None
    priority: int
    due_at: datetime
    created_at: datetime
    claimed_at: datetime | None
    four_eyes: tuple[str, ...]
    amount: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseWrite:
    """The row of a case after a command. `version` is the new one; None for `doc`: the document stays."""

    id: int
    version: int
    seq: int
    head: str
    state: int
    suspended: bool
    title: str
    changed_at: datetime
    closed_at: datetime | None
    doc: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseBirth:
    """What the row of a new case has besides, and never changes."""

    family: str
    deployment_id: int
    definition: str
    business_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalWrite:
    """One row of the journal."""

    at: datetime
    actor_id: int
    actor: str
    via: str
    command: str
    command_key: str | None
    commitment: str
    body: bytes
    salt: bytes
    prev: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTask:
    """A task that is offered from now on."""

    plan_item: int
    definition: str
    name: str
    form: str | None
    queue_id: int
    priority: int
    due_at: datetime
    four_eyes: tuple[str, ...]
    amount: Decimal | None
    sla: str | None
    ladder: str | None
    due_text: str | None = None
    warn_at: datetime | None = None
    assignee_id: int | None = None
    owner_id: int | None = None
    description: str | None = None
    category: str | None = None
    facts: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskChange:
    """The open task of a plan item instance is another one by its model now; its due date stays.

    Its draft goes with `drops_draft`, and nobody has it any more where it `is_unassigned`.
    """

    plan_item: int
    definition: str
    name: str
    form: str | None
    queue_id: int
    four_eyes: tuple[str, ...]
    amount: Decimal | None
    description: str | None
    category: str | None
    facts: Mapping[str, object] | None
    drops_draft: bool = False
    is_unassigned: bool = False


@dataclass(frozen=True, slots=True)
class Pinned:
    """The version that a case goes by: a case of a deployment."""

    deployment_id: int
    definition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDue:
    """The open task of a plan item instance is due at another time, and its ladder with it."""

    plan_item: int
    due_at: datetime
    due_text: str | None
    warn_at: datetime | None
    rung: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskMove:
    """The open task of a plan item instance is paused, goes on, or is over; `by` is who completed it."""

    plan_item: int
    state: TaskRowState
    by: int | None = None
    why: str | None = None

    @property
    def is_over(self) -> bool:
        return self.state in (TaskRowState.COMPLETED, TaskRowState.CANCELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskHold:
    """A task changes hands, or work on it begins: who has it since when, and who began it when."""

    task_id: int
    assignee_id: int | None
    claimed_at: datetime | None
    begun_at: datetime | None = None
    begun_by: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """Something for later. One `is_renewed` is woken with what it is given now, not with what it had."""

    kind: str
    plan_item: int | None
    mode: str
    lane: str
    run_at: datetime
    max_attempts: int
    payload: bytes
    state: str = "ready"
    prio: int = 0
    dedup_key: str | None = None
    idem_key: str | None = None
    connection: str | None = None
    topic: str | None = None
    is_renewed: bool = False


@dataclass(frozen=True, slots=True)
class Subscription:
    """A listener waits for something from outside."""

    plan_item: int
    kind: str
    subject: str


@dataclass(frozen=True, slots=True)
class CaseDescription:
    """What people call a case: all three are written."""

    name: str | None
    given_key: str | None
    status: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockWrite:
    """An SLA clock, begun or ended."""

    plan_item: int
    sla: str
    state: str
    started_at: datetime
    due_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldWrite:
    """One declared value that the case is found by."""

    name: str
    ordinal: int
    text: str
    number: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchWrite:
    """All words and declared values of the case, written because one of them changed."""

    words: str
    fields: tuple[FieldWrite, ...]


@dataclass(frozen=True, slots=True)
class ModelFault:
    """An expression of the model failed, and a safe value was used."""

    plan_item: int
    definition: str
    code: str
    message: str


@dataclass(slots=True, kw_only=True)
class Writes:
    """All rows of one command, handed over at once.

    `struck` are plan item instances whose jobs go; `woken` are jobs of instances that are tried again: the
    dead one is made ready once more, or made anew from what is given, should it be gone.
    """

    case: CaseWrite
    journal: JournalWrite
    family: str
    birth: CaseBirth | None = None
    hold: TaskHold | None = None
    moved: list[TaskMove] = field(default_factory=list)
    dues: list[TaskDue] = field(default_factory=list)
    changed: list[TaskChange] = field(default_factory=list)
    tasks: list[NewTask] = field(default_factory=list)
    struck: list[int] = field(default_factory=list)
    woken: list[NewJob] = field(default_factory=list)
    jobs: list[NewJob] = field(default_factory=list)
    clocks: list[ClockWrite] = field(default_factory=list)
    search: SearchWrite | None = None
    values: dict[str, bytes] = field(default_factory=dict)
    dropped_values: list[str] = field(default_factory=list)
    faults: list[ModelFault] = field(default_factory=list)
    subscribed: list[Subscription] = field(default_factory=list)
    unsubscribed: list[int] = field(default_factory=list)
    described: CaseDescription | None = None
    pinned: Pinned | None = None
