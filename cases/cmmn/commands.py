"""What may be asked of a case, and the answer no. One frozen value a command (cmmn-semantics 3.10)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cases.cmmn.lifecycle import State
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
    """What all commands carry: who asks, with which roles in this family (None: the house itself)."""

    actor: str = "system"
    roles: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class StartCase(Command):
    """Begin the case with these root items of its case file, and these of its declared inputs by name.

    `team`: its members with their case roles; None admits everybody with whatever they are (3.10).
    `caller` is the reference of the task that called the case, which is told of its end; `depth` counts the
    cases above it.
    """

    inputs: Mapping[str, object] = field(default_factory=dict)
    parameters: Mapping[str, object] = field(default_factory=dict)
    team: Mapping[str, frozenset[str]] | None = None
    caller: str = ""
    depth: int = 0


@dataclass(frozen=True, slots=True)
class ManualStart(Command):
    """Start an Enabled stage or task."""

    item: int


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
    """A timer that follows data is armed anew."""

    item: int


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
class CloseCase(Command):
    """Close an ended case: nothing changes any more."""


ItemCommand = (
    ManualStart
    | Disable
    | Reenable
    | Complete
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
    | Note
    | SuspendCase
    | ResumeCase
    | ReactivateCase
    | CompleteCase
    | TerminateCase
    | CloseCase
)
