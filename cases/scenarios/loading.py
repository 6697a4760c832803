"""Models of a suite, one after the other: read, checked, drawn, and each case begun until it waits.

What is refused is refused with its reasons; what goes wrong on the way is told as an error, and the next
model has its turn all the same.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from cases.cmmn import diagram, reader
from cases.cmmn.commands import Refused, StartCase
from cases.errors import CaseError, Invalid, Problem
from cases.scenarios.wire import Store
from cases.scenarios.world import Mistaken, World

_REASONS = 3
_MISTAKES = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RuntimeError,
    SQLAlchemyError,
    TypeError,
    ValueError,
)
"""What a fault of ours looks like: it is the very thing that such a run is to find."""
_OURS = "while it ran: "


class Result(StrEnum):
    """What came of a model."""

    LOADED = "loaded"
    REFUSED = "refused"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Loaded:
    """One model: why not, whether all its cases came to wait or end, how often its drawing overlaps."""

    path: str
    result: Result
    reason: str = ""
    reached_wait: bool = False
    overlaps: int = 0


def load(path: str, data: bytes, store: Store) -> Loaded:
    """Load one model, and begin its cases in a store that holds nothing else."""
    try:
        model = reader.read(data, path)
        faults = [one for case in model.cases.values() for one in diagram.overlaps(diagram.draw(case))]
        world = World(store=store, find=lambda _: data)
        world.deploy([path])
    except Invalid as error:
        return Loaded(path, Result.REFUSED, _reasons(error.problems))
    except _MISTAKES as error:
        return Loaded(path, Result.ERROR, f"{type(error).__name__}: {error}")
    stuck = [reason for key in model.cases if (reason := _begin(world, key))]
    is_error = any(reason.startswith(_OURS) for reason in stuck)
    return Loaded(
        path=path,
        result=Result.ERROR if is_error else Result.LOADED,
        reason="; ".join(stuck),
        reached_wait=not stuck,
        overlaps=len(faults),
    )


def _begin(world: World, key: str) -> str:
    """Begin a case without any input, until it waits or has ended; why it does neither, or nothing."""
    try:
        world.open(key, StartCase())
        world.rest()
    except Refused as error:
        return f"case {key}: {error.code}: {error.message}"
    except (CaseError, Mistaken) as error:
        return f"case {key}: {error}"
    except _MISTAKES as error:
        return f"{_OURS}case {key}: {type(error).__name__}: {error}"
    return ""


def as_json(loaded: Iterable[Loaded]) -> dict[str, Any]:
    """The report for programs."""
    return {
        "models": [
            {
                "path": one.path,
                "result": one.result.value,
                "reason": one.reason,
                "reached_wait": one.reached_wait,
                "overlaps": one.overlaps,
            }
            for one in loaded
        ]
    }


def table(loaded: Sequence[Loaded]) -> str:
    """By folder: how many were loaded, refused, in error, came to wait; how many drawings overlap."""
    lines = [f"{'folder':<40} {'loaded':>7} {'refused':>8} {'errors':>7} {'waiting':>8} {'overlaps':>9}"]
    for folder in sorted({_folder(one) for one in loaded}):
        held = [one for one in loaded if _folder(one) == folder]
        counts = Counter(one.result for one in held)
        lines.append(
            f"{folder:<40} {counts[Result.LOADED]:>7} {counts[Result.REFUSED]:>8} {counts[Result.ERROR]:>7}"
            f" {sum(one.reached_wait for one in held):>8} {sum(one.overlaps > 0 for one in held):>9}"
        )
    return "\n".join(lines)


def total(loaded: Sequence[Loaded]) -> str:
    """The line below the table."""
    counts = Counter(one.result for one in loaded)
    return f"{counts[Result.LOADED]} loaded, {counts[Result.REFUSED]} refused, {counts[Result.ERROR]} errors"


def is_sound(loaded: Iterable[Loaded]) -> bool:
    """Whether nothing went wrong: a refusal with its reasons is an answer."""
    return all(one.result is not Result.ERROR and one.overlaps == 0 for one in loaded)


def _folder(one: Loaded) -> str:
    head = one.path.rpartition("/")[0]
    return head.partition("/")[0] or "."


def _reasons(problems: Sequence[Problem]) -> str:
    """The first reasons in full, and how many more there are."""
    told = [_reason(problem) for problem in problems[:_REASONS]]
    more = len(problems) - len(told)
    return "; ".join(told + ([f"and {more} more"] if more > 0 else []))


def _reason(problem: Problem) -> str:
    line = "" if problem.line is None else f"line {problem.line}: "
    return f"{line}{problem.code}: {problem.message}"
