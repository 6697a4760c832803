"""The life of a human task beside its plan item: where it can stand, what may be done there, and by whom.

The plan item decides whether there is work, the task who does it. `access` says who may touch the task at
all; this table says what its present state and its present holder allow.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from cases.errors import Conflict, NotAllowed
from cases.policy.access import Actor, Permission, may


class TaskState(IntEnum):
    """Where a task stands, as it is stored: never renumber. An open one is claimed when somebody has it."""

    OPEN = 2
    SUSPENDED = 3
    COMPLETED = 4
    CANCELLED = 5


class Move(StrEnum):
    """What can be done with a task."""

    CLAIM = "claim"
    RELEASE = "release"
    ASSIGN = "assign"
    DRAFT = "draft"
    BEGIN = "begin"
    PAUSE = "pause"
    GO_ON = "go_on"
    COMPLETE = "complete"
    SUSPEND = "suspend"
    RESUME = "resume"
    CANCEL = "cancel"


class Who(StrEnum):
    """Who makes a move, as the task sees them."""

    CANDIDATE = "candidate"  # it is offered, nobody has it
    HOLDER = "holder"  # they have it
    SUPERVISOR = "supervisor"  # they hand out work in this family
    ENGINE = "engine"  # its plan item moved


@dataclass(frozen=True, slots=True)
class Life:
    """The state of a task, and the user who has it; None while it waits for somebody."""

    state: TaskState
    assignee: int | None = None


TABLE: Mapping[Move, tuple[frozenset[TaskState], TaskState | None, frozenset[Who]]] = {
    Move.CLAIM: (frozenset({TaskState.OPEN}), None, frozenset({Who.CANDIDATE, Who.HOLDER})),
    Move.RELEASE: (frozenset({TaskState.OPEN}), None, frozenset({Who.HOLDER, Who.SUPERVISOR})),
    Move.ASSIGN: (frozenset({TaskState.OPEN, TaskState.SUSPENDED}), None, frozenset({Who.SUPERVISOR})),
    Move.DRAFT: (frozenset({TaskState.OPEN}), None, frozenset({Who.HOLDER})),
    Move.BEGIN: (frozenset({TaskState.OPEN}), None, frozenset({Who.HOLDER, Who.CANDIDATE})),
    Move.PAUSE: (
        frozenset({TaskState.OPEN}),
        TaskState.SUSPENDED,
        frozenset({Who.HOLDER, Who.CANDIDATE, Who.SUPERVISOR}),
    ),
    Move.GO_ON: (
        frozenset({TaskState.SUSPENDED}),
        TaskState.OPEN,
        frozenset({Who.HOLDER, Who.CANDIDATE, Who.SUPERVISOR}),
    ),
    Move.COMPLETE: (frozenset({TaskState.OPEN}), TaskState.COMPLETED, frozenset({Who.HOLDER, Who.CANDIDATE})),
    Move.SUSPEND: (frozenset({TaskState.OPEN}), TaskState.SUSPENDED, frozenset({Who.ENGINE})),
    Move.RESUME: (frozenset({TaskState.SUSPENDED}), TaskState.OPEN, frozenset({Who.ENGINE})),
    Move.CANCEL: (
        frozenset({TaskState.OPEN, TaskState.SUSPENDED}),
        TaskState.CANCELLED,
        frozenset({Who.ENGINE}),
    ),
}
"""Of each move: the states it is made from, the state it leads to (None: it stays), and who makes it."""


def after(life: Life, move: Move, actor: Actor, family: str, to: int | None = None) -> Life:
    """What the task is after a move; `to` is whom it is assigned to.

    Claiming what one has already changes nothing; completing, or beginning, what nobody has claims it on the
    way. A person pauses a task with its plan item.
    Raises Conflict where the state does not allow the move (`state`), somebody else was faster (`taken`) or
    nobody has it (`unclaimed`); NotAllowed where the move is another's.
    """
    origins, target, movers = TABLE[move]
    if life.state not in origins:
        raise Conflict(f"The task is {life.state.name.lower()}.", code="state")
    if move is Move.RELEASE and life.assignee is None:
        raise Conflict("Nobody has the task.", code="unclaimed")
    if movers.isdisjoint(standing(life, actor, family)):
        if move is Move.CLAIM:
            raise Conflict("Somebody else has the task.", code="taken")
        raise NotAllowed(f"To {move} this task is for another.", code="holder")
    return Life(life.state if target is None else target, _assignee(life, move, actor, to))


def standing(life: Life, actor: Actor, family: str) -> frozenset[Who]:
    """What the actor is to this task. Nobody has a task that is not assigned, so it waits for a candidate."""
    if actor.kind == "system":
        return frozenset({Who.ENGINE})
    found = {Who.SUPERVISOR} if may(actor, Permission.ASSIGN_TASK, {"family": family}) else set()
    if life.assignee is None:
        found.add(Who.CANDIDATE)
    elif life.assignee == actor.user_id:
        found.add(Who.HOLDER)
    return frozenset(found)


def _assignee(life: Life, move: Move, actor: Actor, to: int | None) -> int | None:
    match move:
        case Move.CLAIM | Move.COMPLETE | Move.BEGIN:
            return actor.user_id
        case Move.RELEASE:
            return None
        case Move.ASSIGN:
            return to
        case _:
            return life.assignee
