"""What a simulation found: dead ends, loops, items never reached, failing conditions; and what it covered."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What is wrong."""

    DEAD_END = "deadEnd"  # nothing can happen any more, and the case is not ended
    LOOP = "loop"  # it never comes to rest, or goes round for ever with no way to an end
    NEVER = "never"  # no route led to this item
    NOT_COMPUTED = "notComputed"  # an expression has no value that may stand there


STOPS = frozenset({Kind.DEAD_END, Kind.LOOP})


@dataclass(frozen=True, slots=True)
class Step:
    """One move of a trace, in words: whose it is, and when in virtual time (ISO 8601)."""

    words: str
    by: str
    at: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing, with the shortest trace that shows it; `waiting` are the items that stand there, by id.

    An item that was never reached has no trace.
    """

    kind: Kind
    item: str
    message: str
    trace: tuple[Step, ...] = ()
    waiting: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much was looked at. `is_whole`: every state that the tried values lead to was seen.

    `ends` counts how the walks ended.
    """

    items: int
    reached: tuple[str, ...]
    never: tuple[str, ...]
    criteria: int
    fired: tuple[str, ...]
    states: int
    turns: int
    walks: int
    is_whole: bool
    ends: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Report:
    """All of it; the worst first, and of those the shortest trace first."""

    case: str
    findings: tuple[Finding, ...]
    coverage: Coverage

    @property
    def stops(self) -> bool:
        """Whether a case of this model can stand still, or run, for ever."""
        return any(one.kind in STOPS for one in self.findings)
