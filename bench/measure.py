"""Rates compared: contenders take turns in slices of equal time, in a shuffled order; medians of ratios."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

Operation = Callable[[], object]

SLICE_SECONDS = 0.06
"""How long one contender works before the next has its turn.

Equal time, not an equal number of operations: a busy machine takes nothing away from a turn that is shorter
than a time slice of the kernel, and from a longer one it does.
"""

LEAST_OPERATIONS = 5


@dataclass(frozen=True, slots=True)
class Work:
    """What one contender did: so many operations in so many seconds, and how many of these it computed."""

    operations: int = 0
    seconds: float = 0.0
    processor: float = 0.0

    def __add__(self, other: "Work") -> "Work":
        return Work(
            self.operations + other.operations,
            self.seconds + other.seconds,
            self.processor + other.processor,
        )

    @property
    def rate(self) -> float:
        """Operations a second."""
        return self.operations / self.seconds


Round = Mapping[str, Work]


@dataclass(frozen=True, slots=True)
class Plan:
    """How often everything is done."""

    rounds: int
    slices: int
    seed: int


def rounds_of(contenders: Mapping[str, Operation], plan: Plan) -> list[Round]:
    """Measure the contenders side by side."""
    order, chance = list(contenders), random.Random(plan.seed)
    measured: list[Round] = []
    for _ in range(plan.rounds):
        done = dict.fromkeys(order, Work())
        for _ in range(plan.slices):
            chance.shuffle(order)
            for name in order:
                done[name] += _slice(contenders[name])
        measured.append(done)
    return measured


def share_of_rate(rounds: Sequence[Round], contender: str, floor: str) -> float:
    """How much of the floor's rate the contender reaches: the median over the rounds."""
    return median(one[contender].rate / one[floor].rate for one in rounds)


def microseconds(rounds: Sequence[Round], contender: str) -> float:
    """How long one operation takes: the median over the rounds. To be read beside others of its run only."""
    return median(one[contender].seconds / one[contender].operations for one in rounds) * 1e6


def processor_microseconds(rounds: Sequence[Round], contender: str) -> float:
    """What of this the process itself computes."""
    return median(one[contender].processor / one[contender].operations for one in rounds) * 1e6


def _slice(operation: Operation) -> Work:
    operations = 0
    wall, busy = time.perf_counter(), time.process_time()
    while operations < LEAST_OPERATIONS or time.perf_counter() - wall < SLICE_SECONDS:
        operation()
        operations += 1
    return Work(operations, time.perf_counter() - wall, time.process_time() - busy)
