"""What tasks do, compiled: people's work, steps, decisions and calls (SPEC 5.4.10)."""

from dataclasses import dataclass
from enum import StrEnum

from cases.cmmn.controlmodel import Action, Value
from cases.cmmn.filemodel import NO_PARAMETERS, Input, Output, Parameters
from cases.feel import Expression


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

    The answer replaces the root item `answer_to` (None: the plan item's id; empty: no item takes it, and its
    members become variables, or what the outputs make of them). Where the standard's own outputs
    are declared, they alone are written, unless the model says what the answer is or where it goes.
    `gives_all` and `takes_all`: all variables go to what is called, and all come back from it.
    """

    inputs: tuple[Input, ...] = ()
    answer: Expression | None = None
    answer_to: str | None = None
    outputs: tuple[Output, ...] = ()
    parameters: Parameters = NO_PARAMETERS
    gives_all: bool = False
    takes_all: bool = False

    @property
    def keeps_answer(self) -> bool:
        """Whether the answer itself is written."""
        return not self.parameters.outputs or self.answer is not None or self.answer_to is not None


NO_WORK = Work()


@dataclass(frozen=True, slots=True)
class TaskListener:
    """An action carried out at an event of a human task: create, assignment, complete."""

    event: str
    action: Action


@dataclass(frozen=True, slots=True)
class HumanTask:
    """A human task (SPEC 5.4.10.2) with form, offered roles, due text, four eyes, authority.

    `blocking` decides in place of `is_blocking`. `id_variable` and `completer_variable` name variables that
    take the id of the task, and who completed it. `listeners` are actions by event: create, assignment,
    complete.
    """

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
    work: Work = NO_WORK
    documentation: str = ""
    blocking: Expression | None = None
    assignee: Value | None = None
    owner: Value | None = None
    candidates: Value | None = None
    category: Value | None = None
    description: Value | None = None
    id_variable: Value | None = None
    completer_variable: Value | None = None
    listeners: tuple[TaskListener, ...] = ()


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
    work: Work = NO_WORK
    documentation: str = ""
    blocking: Expression | None = None


@dataclass(frozen=True, slots=True)
class DecisionTask:
    """A decision, evaluated within the turn (SPEC 5.4.10.5).

    `reference` names it by an expression (decisionRefExpression). `shape` is how hits become the answer
    (single, list, map, collect; empty: as the table says), `spreads` writes each output as a root item of its
    own, `faults_without_hit` fails the task where no rule fires, `no_hit_faults` computes whether.
    """

    id: str
    name: str
    decision: str
    is_blocking: bool = True
    work: Work = NO_WORK
    documentation: str = ""
    reference: Value | None = None
    shape: str = ""
    spreads: bool = False
    faults_without_hit: bool = False
    no_hit_faults: Expression | None = None
    blocking: Expression | None = None
    same_deployment: bool = False


class Ending(StrEnum):
    """How what a task has called ended: a case that an exit criterion of its own ended has exited."""

    COMPLETED = "completed"
    TERMINATED = "terminated"
    EXITED = "exited"
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
    work: Work = NO_WORK
    may_complete_early: bool = False
    child_terminated: Then = Then.EXIT
    propagates_fault: bool = False
    blocking: Expression | None = None
    business_key: Value | None = None
    inherits_business_key: bool = False
    id_variable: Value | None = None
    same_deployment: bool = False
    may_use_default_tenant: bool = False


@dataclass(frozen=True, slots=True)
class ProcessTask:
    """Starts a process, through a port (SPEC 5.4.10.3): an id, or an expression for it.

    `external` is what a declared process is called where it lives (its `externalRef`).
    """

    id: str
    name: str
    process: Value
    is_blocking: bool = True
    work: Work = NO_WORK
    child_terminated: Then = Then.EXIT
    blocking: Expression | None = None
    business_key: Value | None = None
    inherits_business_key: bool = False
    id_variable: Value | None = None
    same_deployment: bool = False
    external: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """Abstract work outside the engine; when blocking it waits for an external complete (SPEC 5.4.10).

    `kind` says who does it: nobody in particular (empty), or `external-worker`, `http`, `mail`, `script`,
    `send-event`, `service` (code of another engine), `casePage` (a page, nothing to be done). `topic` is what
    workers ask for, the event that is sent, the language of a script or the name of the code; `fields` are
    what such a task is set up with, by name.
    """

    id: str
    name: str
    is_blocking: bool = True
    work: Work = NO_WORK
    kind: str = ""
    topic: Value | None = None
    fields: tuple[tuple[str, Value], ...] = ()
    blocking: Expression | None = None
    documentation: str = ""


@dataclass(frozen=True, slots=True)
class ExpressionTask:
    """A service task that is an expression, evaluated within the turn (4.7).

    Its value goes into `result_variable`, which only the rest of the turn sees where it `is_transient`.
    """

    id: str
    name: str
    action: Action
    result_variable: Value | None = None
    is_transient: bool = False
    is_blocking: bool = True
    work: Work = NO_WORK
    blocking: Expression | None = None
    documentation: str = ""
