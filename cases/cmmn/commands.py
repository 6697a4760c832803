"""What may be asked of a case, and the answer no. One frozen value a command (cmmn-semantics 3.10)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from msgspec import UNSET, UnsetType

from cases.cmmn.lifecycle import State
from cases.cmmn.migration_plan import EMPTY
from cases.cmmn.migration_plan import Plan as MigrationPlan
from cases.cmmn.workmodel import Ending

E_FORBIDDEN = "E-FORBIDDEN"
E_STATE = "E-STATE"
E_SUSPENDED = "E-SUSPENDED"
E_UNKNOWN = "E-UNKNOWN"
E_ARGUMENT = "E-ARGUMENT"
E_DIVERGED = "E-DIVERGED"


class Refused(Exception):
    """The command is refused, and the case stays as it was (cmmn-semantics 2.8).

    `state` is where the thing stands now.
    """

    def __init__(self, code: str, message: str, state: State | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.state = state


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What all commands carry: who asks, with which roles in this family (None: the house itself).

    `vars` are written to the case file as root items before anything else happens, in the same wave (6.5).
    `transient` are names that the expressions of this turn see, and nothing remembers.
    """

    actor: str = "system"
    roles: frozenset[str] | None = None
    vars: Mapping[str, object] = field(default_factory=dict)
    transient: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StartCase(Command):
    """Begin the case with these root items of its case file, and these of its declared inputs by name.

    `team`: its members with their case roles; None admits everybody with whatever they are (3.10).
    `caller` is the reference of the task that called the case, which is told of its end; `depth` counts the
    cases above it; with `tells_all` it is told all variables, not the outputs alone. `name`, `business_key`
    and `business_status` are what people call the case (see Describe).
    """

    inputs: Mapping[str, object] = field(default_factory=dict)
    parameters: Mapping[str, object] = field(default_factory=dict)
    team: Mapping[str, frozenset[str]] | None = None
    caller: str = ""
    depth: int = 0
    name: str | None = None
    business_key: str | None = None
    business_status: str | None = None
    tells_all: bool = False


@dataclass(frozen=True, slots=True)
class ManualStart(Command):
    """Start an Enabled stage or task. `child_vars` are variables of the case that a case task starts."""

    item: int
    child_vars: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Enable(Command):
    """Enable an Available stage or task whatever its criteria; a Disabled one is enabled again.

    `local` become local variables of the instance.
    """

    item: int
    local: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Disable(Command):
    """Disable an Enabled stage or task."""

    item: int


@dataclass(frozen=True, slots=True)
class Reenable(Command):
    """Enable a Disabled stage or task again."""

    item: int


@dataclass(frozen=True, slots=True)
class Complete(Command):
    """Complete an Active task with its answer, or a stage by hand (answer None)."""

    item: int
    answer: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class ForceComplete(Command):
    """Complete an Active stage by hand, whatever still lives in it: that is ended."""

    item: int


@dataclass(frozen=True, slots=True)
class Proceed(Command):
    """The job of an item that begins or leaves asynchronously runs: the item goes on (4.7).

    Ignored where the item waits for no such job any more.
    """

    item: int


@dataclass(frozen=True, slots=True)
class Fail(Command):
    """An Active task has failed: fault."""

    item: int
    code: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class Reactivate(Command):
    """Try a Failed item again."""

    item: int


@dataclass(frozen=True, slots=True)
class ExitFailed(Command):
    """Give a Failed item up."""

    item: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Terminate(Command):
    """End one item by hand."""

    item: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Suspend(Command):
    """Suspend one item."""

    item: int


@dataclass(frozen=True, slots=True)
class Resume(Command):
    """Resume one item that was suspended directly."""

    item: int


@dataclass(frozen=True, slots=True)
class OccurUser(Command):
    """A person raises an event, with the answer of its form if it has one."""

    item: int
    answer: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class OccurListener(Command):
    """An event from elsewhere arrives."""

    item: int
    payload: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class FireTimer(Command):
    """A timer is due. A stale `fire_no` is ignored; one that comes early is refused with E-STATE."""

    item: int
    fire_no: int


@dataclass(frozen=True, slots=True)
class ChildStarted(Command):
    """The case or process that a task calls has begun; `reference` names it."""

    item: int
    reference: str = ""


@dataclass(frozen=True, slots=True)
class ChildEnded(Command):
    """The case or process that a task called has ended, with its outputs by name, or with a failure."""

    item: int
    ending: Ending
    outputs: Mapping[str, object] = field(default_factory=dict)
    code: str = ""
    message: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class RescheduleTimer(Command):
    """A timer that waits is due at another instant; without one, a timer that follows data is armed anew."""

    item: int
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class SetLocal(Command):
    """Write and remove local variables of one instance, which its case file does not know (6.5).

    `nearest` are written where a variable of that name is visible from there, else to the case file.
    """

    item: int
    values: Mapping[str, object] = field(default_factory=dict)
    removed: tuple[str, ...] = ()
    nearest: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan(Command):
    """Plan what a table offers: `item` is the stage or human task that holds the table (0: the case)."""

    item: int
    discretionary: str


@dataclass(frozen=True, slots=True)
class AssignRole(Command):
    """Give a member of the case team one more case role, by its name; who was no member becomes one."""

    user: str
    role: str


@dataclass(frozen=True, slots=True)
class RemoveRole(Command):
    """Take a case role from a member of the case team; the member stays."""

    user: str
    role: str


@dataclass(frozen=True, slots=True)
class WriteFile(Command):
    """Write one path of the case file (`mode`: create, replace, update, delete, append)."""

    path: tuple[str, ...]
    value: object
    mode: str = "replace"


@dataclass(frozen=True, slots=True)
class SetVariables(Command):
    """Write root items of the case file, all in one wave, and delete others (6.5)."""

    values: Mapping[str, object] = field(default_factory=dict)
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Describe(Command):
    """What people call the case: its name, the key that they know it by, where its business stands.

    UNSET leaves as it is, None removes. `business_key` is not the installation's own key of the case.
    """

    name: str | UnsetType | None = UNSET
    business_key: str | UnsetType | None = UNSET
    business_status: str | UnsetType | None = UNSET


@dataclass(frozen=True, slots=True)
class AddAdHoc(Command):
    """Somebody adds an item that no model foresaw (4.6): a human task, a case task or a stage.

    `item` is the stage that it goes to (0: the case). A human task has a performer (a role) and a form if it
    needs them, a case task names its `case`.
    """

    item: int
    kind: str
    name: str
    performer: str | None = None
    form: str | None = None
    case: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Note(Command):
    """Something worth a row in the journal that moves no plan item, such as a claim or a late reply."""

    kind: str
    data: Mapping[str, object] = field(default_factory=dict)
    writes: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SuspendCase(Command):
    """Pause the whole case."""


@dataclass(frozen=True, slots=True)
class ResumeCase(Command):
    """Go on with a paused case."""


@dataclass(frozen=True, slots=True)
class ReactivateCase(Command):
    """Go on with an ended case (4.9).

    Root items by their ids: those of `activate` get an instance that begins whatever its entry criteria,
    those of `default` one that waits for them.
    """

    reason: str = ""
    activate: tuple[str, ...] = ()
    default: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CompleteCase(Command):
    """Complete the case by hand, where its required items are done."""


@dataclass(frozen=True, slots=True)
class TerminateCase(Command):
    """End the case at once."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class DeleteCase(Command):
    """Take the case out of the way: it and its children end at once, and nothing reacts to that."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class CloseCase(Command):
    """Close an ended case: nothing changes any more."""


@dataclass(frozen=True, slots=True)
class Migrate(Command):
    """Go on by another version of the model, as the plan says (8.3); `engine.migrate` carries it out.

    `source` and `target` are what the house calls the two versions: they stand in the journal, so that replay
    finds both. The same for both changes the state alone.
    """

    source: str
    target: str
    plan: MigrationPlan = EMPTY


ItemCommand = (
    ManualStart
    | Enable
    | Disable
    | Reenable
    | Complete
    | ForceComplete
    | Proceed
    | Fail
    | Reactivate
    | ExitFailed
    | Terminate
    | Suspend
    | Resume
    | OccurUser
    | OccurListener
    | FireTimer
    | RescheduleTimer
    | SetLocal
    | ChildStarted
    | ChildEnded
)
"""What is asked of one instance."""

AnyCommand = (
    StartCase
    | ItemCommand
    | Plan
    | AssignRole
    | RemoveRole
    | WriteFile
    | SetVariables
    | Describe
    | AddAdHoc
    | Note
    | SuspendCase
    | ResumeCase
    | ReactivateCase
    | CompleteCase
    | TerminateCase
    | DeleteCase
    | CloseCase
)
