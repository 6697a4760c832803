"""`make bench`: measure the goals, print a table, fail where one is missed."""

import argparse
import logging
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench import goals, turns
from bench.finding import Finding
from bench.goals import Size
from bench.measure import SLICE_SECONDS, Plan

QUICK = Size(cases=5_000, plan=Plan(rounds=11, slices=3, seed=1))
LONG = Size(cases=50_000, plan=Plan(rounds=31, slices=6, seed=1))

FASTEST = 1_500
"""More tasks a second than this are completed nowhere: so many cases are needed."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asked for."""

    size: Size
    postgresql: str | None
    only: frozenset[str]


def main(arguments: Sequence[str]) -> int:
    """Print what was found; 1 where a goal is missed."""
    logging.disable(logging.INFO)  # pages note each request; here nobody reads it
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(2))  # the server and the files are taken away then, too
    asked = _asked(arguments)
    plan, began = asked.size.plan, time.monotonic()
    print(
        f"{asked.size.cases * goals.TASKS_OF_CASE:,} open tasks; medians of {plan.rounds} rounds of "
        f"{plan.slices} turns each; seed {plan.seed}",
        flush=True,
    )
    findings = []
    for finding in _findings(asked):
        findings.append(finding)
        print(_line(finding), flush=True)
    missed = [finding.goal for finding in findings if not finding.is_met]
    print(f"{time.monotonic() - began:.0f} s; " + (f"missed: {', '.join(missed)}" if missed else "all met"))
    return 1 if missed else 0


def _asked(arguments: Sequence[str]) -> Asked:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="under three minutes: fewer cases, fewer rounds")
    parser.add_argument("--cases", type=int, help="open cases to begin with, two open tasks each")
    parser.add_argument("--rounds", type=int, help="rounds of which the median is taken, at least 5")
    parser.add_argument("--seed", type=int, default=1, help="shuffles the order of turns")
    parser.add_argument("--postgresql", metavar="URL", help="a server to measure on, in place of an own one")
    parser.add_argument(
        "--only", default="turns,postgresql,full,normal,lists", help="which of these, with commas between"
    )
    given = parser.parse_args(arguments)
    usual = QUICK if given.quick else LONG
    rounds = max(given.rounds or usual.plan.rounds, 5)
    size = Size(given.cases or usual.cases, Plan(rounds, usual.plan.slices, given.seed))
    seconds = SLICE_SECONDS * (rounds + goals.MORE_ROUNDS) * size.plan.slices
    needed = round(seconds * FASTEST)
    if size.cases < needed:
        parser.error(f"in so many rounds {needed:,} cases could be completed: --cases must be at least that")
    return Asked(size, given.postgresql, frozenset(given.only.split(",")))


def _findings(asked: Asked) -> Iterator[Finding]:
    if "turns" in asked.only:
        yield from turns.findings()
    if "postgresql" in asked.only:
        yield from goals.on_postgresql(asked.size, asked.postgresql)
    if "full" in asked.only:
        yield from goals.on_sqlite(asked.size, "FULL", 45)
    if "normal" in asked.only:
        yield from goals.on_sqlite(asked.size, "NORMAL", 35)
    if "lists" in asked.only:
        for kind in ("postgresql", "sqlite"):
            yield from goals.on_lists(kind, asked.size.plan, asked.postgresql)


def _line(finding: Finding) -> str:
    met = "met" if finding.is_met else "MISSED"
    line = f"{finding.goal:<4} {finding.what:<52} {finding.bar:<22} {finding.measured:<10} {met}"
    return f"{line}\n     {finding.note}" if finding.note else line


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
