"""States and transitions of CMMN 1.1, clause 8, with the tables that say which may follow which.

Names of transitions are those of the schema (`PlanItemTransition`, `CaseFileItemTransition`), so that a
model's text is a member by value.
"""

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
