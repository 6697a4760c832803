"""What a turn of the engine alone costs: a task completes and starts the next, in cases of all sizes."""

import gc
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median

from bench.finding import Finding
from cases.cmmn import engine, instance, reader
from cases.cmmn.commands import Complete, StartCase
from cases.cmmn.instance import CaseInstance
from cases.cmmn.metamodel import Program

SIZES = (12, 100, 1_000)
"""Items of a case: the ratios are to the first."""

MOST_MICROSECONDS = 60.0
MOST_GROWTH = 3.0
_IN_A_STAGE = 11
_NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
_ROUNDS = 21
"""Of which the first warms up."""

_TURNS_OF_ROUND = 50

_STAGE = """<stage id="d.s{0}" name="s{0}">{1}{2}
<sentry id="e{0}"><planItemOnPart id="o{0}" sourceRef="t{0}.0"><standardEvent>complete</standardEvent>
</planItemOnPart><ifPart id="f{0}"><condition><![CDATA[approved = true]]></condition></ifPart></sentry>
{3}</stage>"""


@dataclass(frozen=True, slots=True)
class Cost:
    """The median turn in a case of so many items."""

    items: int
    microseconds: float


def findings() -> Iterator[Finding]:
    """The turn of a small case against its bar, and the same turn in larger ones against that."""
    costs = measure()
    small = costs[0]
    yield Finding(
        "T1",
        f"A turn of the engine, {small.items} items",
        f"<= {MOST_MICROSECONDS:.0f} us",
        f"{small.microseconds:.1f}",
        small.microseconds <= MOST_MICROSECONDS,
    )
    for large in costs[1:]:
        ratio = large.microseconds / small.microseconds
        yield Finding(
            "T2",
            f"The same turn, {large.items:,} items",
            f"<= {MOST_GROWTH:.0f} x the small one",
            f"{ratio:.2f}",
            ratio <= MOST_GROWTH,
            f"{large.microseconds:.1f} us",
        )


def measure() -> list[Cost]:
    """The medians of turns in cases of all sizes, which take turns so that a busy machine slows all alike."""
    cases = [_opened(items) for items in SIZES]
    taken: list[list[int]] = [[] for _ in cases]
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        for number in range(_ROUNDS):
            for times, case in zip(taken, cases, strict=True):
                found = _times(case)
                times.extend(found if number else [])
    finally:
        if was_collecting:
            gc.enable()
    return [
        Cost(len(list(case.items())) - 1, median(times) / 1_000)
        for case, times in zip(cases, taken, strict=True)
    ]


def model(items: int) -> bytes:
    """Stages of eleven tasks each; in every stage the first one, completed, starts the second."""
    stages = max(1, round(items / (_IN_A_STAGE + 1)))
    plan = "".join(f'<planItem id="s{stage}" definitionRef="d.s{stage}"/>' for stage in range(stages))
    return (
        '<definitions xmlns="http://www.omg.org/spec/CMMN/20151109/MODEL" targetNamespace="urn:bench">'
        f'<case id="c"><casePlanModel id="plan" name="plan">{plan}'
        f"{''.join(_stage(stage) for stage in range(stages))}</casePlanModel></case></definitions>"
    ).encode()


def _times(case: CaseInstance) -> list[int]:
    command, times = Complete(item=_first_task(case)), []
    for _ in range(_TURNS_OF_ROUND):
        began = time.perf_counter_ns()
        engine.execute(case, command, _NOW)
        times.append(time.perf_counter_ns() - began)
    return times


def _stage(stage: int) -> str:
    def task(number: int) -> str:
        criterion = f'<entryCriterion id="c{stage}" sentryRef="e{stage}"/>' if number == 1 else ""
        name = f"t{stage}.{number}"
        return f'<planItem id="{name}" definitionRef="d.{name}">{criterion}</planItem>'

    numbers = range(_IN_A_STAGE)
    defined = "".join(f'<humanTask id="d.t{stage}.{number}" name="t{number}"/>' for number in numbers)
    return _STAGE.format(stage, "".join(task(number) for number in numbers), "", defined)


def _opened(items: int) -> CaseInstance:
    definition = reader.read(model(items)).cases["c"]
    begun = instance.new(Program(definition), 1, "BENCH-1")
    return engine.execute(begun, StartCase(inputs={"approved": True}), _NOW).case


def _first_task(case: CaseInstance) -> int:
    return case.live(case.program.definition.by_id["t0.0"])[0]
