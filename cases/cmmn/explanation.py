"""An explanation as data: why a plan item stands where it stands, what would move it. Doors find words."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from cases.cmmn.choices import Choice
from cases.cmmn.lifecycle import State, Transition


class Reason(StrEnum):
    """Why the item is (not) at work: one for everything that a case can show."""

    NOT_STARTED = "notStarted"  # the case has not begun
    AT_WORK = "atWork"
    HELD = "held"  # a job of the house is to let it go on
    FOR_CRITERION = "forCriterion"  # an entry criterion is not satisfied
    FOR_PERSON = "forPerson"  # somebody may start it
    DISABLED = "disabled"
    SUSPENDED = "suspended"  # by hand
    SUSPENDED_AROUND = "suspendedAround"  # something around it is suspended
    FAILED = "failed"
    COMPLETED = "completed"
    TERMINATED = "terminated"
    CLOSED = "closed"
    FOR_STAGE = "forStage"  # the stage around it is not active
    STAGE_ENDED = "stageEnded"  # the stage around it is over
    NOT_PLANNED = "notPlanned"  # discretionary, and nobody has planned it
    PLANNED = "planned"  # it was planned, and comes when its container is active
    TO_REPEAT = "toRepeat"  # the next repetition waits for its criterion
    NOT_OFFERED = "notOffered"  # the condition of the listener does not hold
    FOR_TIME = "forTime"  # the timer is set
    FOR_TRIGGER = "forTrigger"  # the timer is to be set when something happens
    WITHOUT_TIME = "withoutTime"  # the timer's expression names no instant
    FOR_EVENT = "forEvent"  # the listener waits to be raised
    NEVER_MADE = "neverMade"  # its container runs, and nothing makes it: it was passed over


@dataclass(frozen=True, slots=True)
class Since:
    """The last transition of the item: its number in the journal, and what caused it."""

    seq: int
    transition: Transition
    criterion: str = ""
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition and what came of it: `value` as the engine sees it, `read` the values by path.

    `error` says why it could not be computed; the safe value is used then.
    """

    id: str
    text: str
    value: bool
    read: Mapping[str, object]
    error: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One on-part: `seq` of its latest occurrence that is remembered, 0 while it is missing.

    `source` is the id of a plan item, empty for one of the case file, which `path` names. `may_come`:
    something lives, or may yet be made, that can bring the event.
    """

    id: str
    event: str
    source: str = ""
    name: str = ""
    path: str = ""
    exit_criterion: str = ""
    seq: int = 0
    may_come: bool = True


@dataclass(frozen=True, slots=True)
class Told:
    """One criterion: its parts, its condition, and whether its owner is in a state in which it may fire.

    `is_spent`: it has fired, and its condition must be seen false before it fires again (R-3.6b). `mode` is
    how long events are remembered; `was_true`: the condition held once, and that is remembered too.
    """

    id: str
    name: str
    is_entry: bool
    parts: tuple[Part, ...]
    condition: Condition | None
    is_eligible: bool
    is_spent: bool = False
    mode: str = "latched"
    was_true: bool = False

    @property
    def missing(self) -> tuple[Part, ...]:
        """The on-parts that have not occurred."""
        return tuple(part for part in self.parts if not part.seq)

    @property
    def is_satisfied(self) -> bool:
        """Whether all parts hold."""
        holds = self.condition is None or self.condition.value or self.was_true
        return not self.missing and not self.is_spent and holds


@dataclass(frozen=True, slots=True)
class RuleTold:
    """A rule: `kind` is manual, required, repetition, available, autoComplete."""

    kind: str
    value: bool
    condition: Condition | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Child:
    """One row of the completion matrix: a child, and why it blocks ('' where it does not).

    `by_hand`: it blocks completion by hand too.
    """

    item: int
    definition: str
    name: str
    state: State
    required: bool
    blocks: str = ""
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Matrix:
    """Whether a stage, or the case, may complete: by itself, by hand, and what is in the way (4.4)."""

    completes_itself: bool
    may_complete_by_hand: bool
    auto_complete: bool
    children: tuple[Child, ...]
    plannable: tuple[str, ...] = ()

    @property
    def blocking(self) -> tuple[Child, ...]:
        """The children that are in the way."""
        return tuple(child for child in self.children if child.blocks)


@dataclass(frozen=True, slots=True)
class Suspension:
    """Who is suspended (an iid, 0 for the case), what that interrupted, and what waits for the resume."""

    item: int
    name: str
    before: State | None
    deferred: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Timer:
    """When the timer is due ('' while it is not set), and what it waits for."""

    due: str
    schedule: str = ""
    trigger: Part | None = None
    follows: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that may be planned: from whose table, whether now, and why not.

    `missing`: the role groups of which nobody in the team holds one; `holder_state` is None where there is
    no instance with the table.
    """

    id: str
    name: str
    holder: int
    holder_name: str
    holder_state: State | None
    is_offered: bool
    rules: tuple[Condition, ...] = ()
    roles: tuple[frozenset[str], ...] = ()
    missing: tuple[frozenset[str], ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the item failed, and what can be done: the words of commands."""

    code: str
    message: str
    remedies: tuple[str, ...] = ("reactivate", "exitFailed")


@dataclass(frozen=True, slots=True)
class Right:
    """A command that its state lets people ask, and the roles that it is for (none: for everybody)."""

    command: str
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recipe:
    """What would move the item, in order, as few steps as were found; `goal` is where that leads.

    `is_complete`: done exactly so, with nothing in between, it does. Otherwise `steps` is empty and
    `obstacle` says why: over, unneeded, notFound.
    """

    goal: str
    steps: tuple[Choice, ...] = ()
    is_complete: bool = False
    obstacle: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """All that there is to say about one item of a case, at one moment.

    `item` is -1 where there is no instance; `parent` is then the container that it would be in, -1 where
    that is not there either. `outstanding` is what it waits for outside: person, work, case, process,
    decision.
    """

    item: int
    number: int
    definition: str
    name: str
    reason: Reason
    state: State | None = None
    index: int = 0
    parent: int = -1
    since: Since | None = None
    entered_by: str = ""
    exited_by: str = ""
    criteria: tuple[Told, ...] = ()
    rules: tuple[RuleTold, ...] = ()
    matrix: Matrix | None = None
    suspension: Suspension | None = None
    timer: Timer | None = None
    planning: tuple[Offer, ...] = ()
    failure: Failure | None = None
    outstanding: str = ""
    rights: tuple[Right, ...] = ()
    recipe: Recipe | None = None
