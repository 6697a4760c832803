"""States and transitions of CMMN 1.1, clause 8, with the tables that say which may follow which.

Names of transitions are those of the schema (`PlanItemTransition`, `CaseFileItemTransition`), so that a
model's text is a member by value.
"""

from collections.abc import Mapping
from enum import IntEnum, StrEnum


class State(IntEnum):
    """Where a case or plan item instance stands (SPEC Tables 8.5, 8.7, 8.10).

    Numbers are stored: never renumber.
    """

    UNAVAILABLE = 0
    AVAILABLE = 1
    ENABLED = 2
    DISABLED = 3
    ACTIVE = 4
    SUSPENDED = 5
    FAILED = 6
    COMPLETED = 7
    TERMINATED = 8
    CLOSED = 9

    @property
    def word(self) -> str:
        """The standard's word, as in `Active`."""
        return self.name.capitalize()


FINAL = frozenset({State.COMPLETED, State.TERMINATED, State.CLOSED})
SEMI_TERMINAL = frozenset({State.COMPLETED, State.TERMINATED, State.CLOSED, State.DISABLED, State.FAILED})


class Transition(StrEnum):
    """The 17 transitions that an on-part may name, then the others (SPEC Tables 8.6, 8.8, 8.11)."""

    CLOSE = "close"
    COMPLETE = "complete"
    CREATE = "create"
    DISABLE = "disable"
    ENABLE = "enable"
    EXIT = "exit"
    FAULT = "fault"
    MANUAL_START = "manualStart"
    OCCUR = "occur"
    PARENT_RESUME = "parentResume"
    PARENT_SUSPEND = "parentSuspend"
    REACTIVATE = "reactivate"
    REENABLE = "reenable"
    RESUME = "resume"
    START = "start"
    SUSPEND = "suspend"
    TERMINATE = "terminate"
    PARENT_TERMINATE = "parentTerminate"
    INITIATE = "initiate"
    DISMISS = "dismiss"


class FileTransition(StrEnum):
    """The eight transitions of a case file item (SPEC Table 8.2)."""

    ADD_CHILD = "addChild"
    ADD_REFERENCE = "addReference"
    CREATE = "create"
    DELETE = "delete"
    REMOVE_CHILD = "removeChild"
    REMOVE_REFERENCE = "removeReference"
    REPLACE = "replace"
    UPDATE = "update"


Edges = Mapping[Transition, tuple[frozenset[State], State]]
"""Which states a transition leaves, and the one that it reaches."""

_ANY_LIVE = frozenset(
    {State.AVAILABLE, State.ENABLED, State.DISABLED, State.ACTIVE, State.SUSPENDED, State.FAILED}
)
_ENDED = frozenset({State.COMPLETED, State.TERMINATED, State.FAILED, State.SUSPENDED})

CASE_EDGES: Edges = {  # SPEC Tables 8.5 and 8.6
    Transition.COMPLETE: (frozenset({State.ACTIVE}), State.COMPLETED),
    Transition.TERMINATE: (frozenset({State.ACTIVE}), State.TERMINATED),
    Transition.SUSPEND: (frozenset({State.ACTIVE}), State.SUSPENDED),
    Transition.FAULT: (frozenset({State.ACTIVE}), State.FAILED),
    Transition.REACTIVATE: (_ENDED, State.ACTIVE),
    Transition.CLOSE: (_ENDED, State.CLOSED),
}

WORK_EDGES: Edges = {  # stages and tasks: SPEC Tables 8.7 and 8.8
    Transition.ENABLE: (frozenset({State.AVAILABLE}), State.ENABLED),
    Transition.START: (frozenset({State.AVAILABLE}), State.ACTIVE),
    Transition.DISABLE: (frozenset({State.ENABLED}), State.DISABLED),
    Transition.REENABLE: (frozenset({State.DISABLED}), State.ENABLED),
    Transition.MANUAL_START: (frozenset({State.ENABLED}), State.ACTIVE),
    Transition.SUSPEND: (frozenset({State.ACTIVE}), State.SUSPENDED),
    Transition.RESUME: (frozenset({State.SUSPENDED}), State.ACTIVE),
    Transition.PARENT_SUSPEND: (
        frozenset({State.AVAILABLE, State.ENABLED, State.DISABLED, State.ACTIVE}),
        State.SUSPENDED,
    ),
    Transition.COMPLETE: (frozenset({State.ACTIVE}), State.COMPLETED),
    Transition.TERMINATE: (frozenset({State.ACTIVE}), State.TERMINATED),
    Transition.EXIT: (_ANY_LIVE, State.TERMINATED),
    Transition.FAULT: (frozenset({State.ACTIVE}), State.FAILED),
    Transition.REACTIVATE: (frozenset({State.FAILED}), State.ACTIVE),
}

EARLY_EDGES: Edges = {  # the same, where an item may be terminated in every live state
    **WORK_EDGES,
    Transition.TERMINATE: (_ANY_LIVE, State.TERMINATED),
}

MOMENT_EDGES: Edges = {  # milestones and event listeners: SPEC Tables 8.10 and 8.11, and two extensions
    Transition.OCCUR: (frozenset({State.AVAILABLE}), State.COMPLETED),
    Transition.SUSPEND: (frozenset({State.AVAILABLE, State.UNAVAILABLE}), State.SUSPENDED),
    Transition.TERMINATE: (frozenset({State.AVAILABLE, State.UNAVAILABLE}), State.TERMINATED),
    Transition.PARENT_TERMINATE: (
        frozenset({State.AVAILABLE, State.UNAVAILABLE, State.SUSPENDED}),
        State.TERMINATED,
    ),
    Transition.INITIATE: (frozenset({State.UNAVAILABLE}), State.AVAILABLE),
    Transition.DISMISS: (frozenset({State.AVAILABLE}), State.UNAVAILABLE),
}


def reached(edges: Edges, transition: Transition, before: State) -> State | None:
    """Where `transition` leads from `before`, None where the table has no such edge."""
    edge = edges.get(transition)
    return edge[1] if edge is not None and before in edge[0] else None
