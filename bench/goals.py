"""The goals: the write path against a floor of the same run, lists of many tasks against those of few."""

import random
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from sqlalchemy import select
from sqlalchemy.engine import make_url

from app.database import Database
from bench import databases, lists, observe, reference_case
from bench.finding import Finding
from bench.floor import Floor, PostgreSQLFloor, SQLiteFloor
from bench.lists import Lists
from bench.measure import (
    Operation,
    Plan,
    Round,
    microseconds,
    processor_microseconds,
    rounds_of,
    share_of_rate,
)
from bench.reference_case import Site
from cases.persistence.base import forget_blocks
from cases.persistence.instances import CaseInstanceRow

TASKS_OF_CASE = 2
"""Open tasks of a freshly opened reference case."""

MANY_ITEMS = 300
MOST_STATEMENTS = 8
MOST_IN_CORE = 10
FEW, MANY = 10_000, 100_000
"""Open tasks between which a page may become slower by so much."""

MOST_GROWTH = 1.5
PAGE_ROUNDS = 15
_SHARES = 9
MORE_ROUNDS = 7
"""Beside the rounds that are asked for: those of G7, and the warming up."""

_WARM = 30


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured, and in how large a database."""

    cases: int
    plan: Plan


@dataclass(frozen=True, slots=True)
class Place:
    """A database filled with open cases, its floor, and decisions that nobody took yet."""

    site: Site
    floor: Floor
    decisions: list[int]

    @property
    def next_decision(self) -> Operation:
        """Complete a decision of some case; each only once."""
        return lambda: reference_case.complete(self.site, self.decisions.pop())


def on_postgresql(size: Size, given: str | None) -> Iterator[Finding]:
    """G1, G3, G6 and G7, with a server that waits for its disk."""
    with databases.postgresql(given) as url, _filled(url, size) as place:
        completes = _side_by_side(place, size.plan, "complete")
        yield _rate("G1", "complete a task, PostgreSQL", 50, completes)
        opens = _side_by_side(place, size.plan, "open")
        yield _rate("G3", "open a 12-item case, PostgreSQL", 65, opens)
        yield _share_of_core(place)
        yield _statements(place, "PostgreSQL")


def on_sqlite(size: Size, synchronous: str, bar: int) -> Iterator[Finding]:
    """G14, and what opening costs there; with FULL, also G6."""
    with databases.sqlite_file() as url, _filled(url, size, synchronous) as place:
        completes = _side_by_side(place, size.plan, "complete")
        yield _rate("G14", f"complete a task, SQLite {synchronous}", bar, completes)
        if synchronous == "FULL":
            yield _statements(place, "SQLite")


def on_lists(kind: str, plan: Plan, given: str | None) -> Iterator[Finding]:
    """G10: inbox, queue and overdue board, as a clerk who may see half of it and as a supervisor of all."""
    with (
        tempfile.TemporaryDirectory() as folder,
        databases.pair(kind, given) as (few_url, many_url),
        lists.filled(few_url, Path(folder), FEW) as few,
        lists.filled(many_url, Path(folder), MANY) as many,
    ):
        for page in lists.PAGES:
            yield _growth(page, kind, few, many, plan)


def _growth(page: str, kind: str, few: Lists, many: Lists, plan: Plan) -> Finding:
    """How much longer a page takes, and whether it asks more, when there is ten times as much."""
    asked = []
    for one in (few, many):
        one.ask(page)  # fills the caches of the process
        with lists.counted(one.database) as sent:
            one.ask(page)
        asked.append(len(sent))
    contenders = {"few": lambda: few.ask(page), "many": lambda: many.ask(page)}
    rounds = rounds_of(contenders, Plan(min(plan.rounds, PAGE_ROUNDS), 1, plan.seed))
    growth = share_of_rate(rounds, "few", "many")
    note = (
        f"{microseconds(rounds, 'few') / 1000:.0f} ms at {FEW:,}, "
        f"{microseconds(rounds, 'many') / 1000:.0f} ms at {MANY:,}; {asked[0]} and {asked[1]} statements"
    )
    return Finding(
        "G10",
        f"{page}, {kind}",
        f"<= {MOST_GROWTH}, equal",
        f"{growth:.2f}",
        growth <= MOST_GROWTH and asked[0] == asked[1],
        note,
    )


@contextmanager
def _filled(url: str, size: Size, synchronous: str = "FULL") -> Iterator[Place]:
    with Database(url, synchronous=synchronous) as database:
        site = reference_case.settle(database)
        decisions = reference_case.fill(site, size.cases)
        random.Random(size.plan.seed).shuffle(decisions)
        floor = _floor(site, size.cases, synchronous)
        place = Place(site, floor, decisions)
        _settle_down(place)
        try:
            yield place
        finally:
            floor.close()
    forget_blocks()


def _floor(site: Site, documents: int, synchronous: str) -> Floor:
    with site.database.reading() as session:
        doc = session.scalars(select(CaseInstanceRow.doc).limit(1)).one()
    url = site.database.url
    if not site.database.is_sqlite:
        return PostgreSQLFloor(databases.driver_address(url), documents, doc)
    with site.database.writer.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA wal_autocheckpoint").scalar_one()
        cache = connection.exec_driver_sql("PRAGMA cache_size").scalar_one()
    file = Path(make_url(url).database or "").with_name("floor.db")
    settings = (
        f"PRAGMA synchronous={synchronous}",
        f"PRAGMA wal_autocheckpoint={pages}",
        f"PRAGMA cache_size={cache}",
    )
    return SQLiteFloor(file, settings, documents, doc)


def _settle_down(place: Place) -> None:
    """Statistics and maps as after some hours of work, caches warm, no checkpoint under way."""
    database = place.site.database
    if database.is_sqlite:
        connection = sqlite3.connect(make_url(database.url).database or "")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
    else:
        with database.writer.connect().execution_options(isolation_level="AUTOCOMMIT") as connected:
            connected.exec_driver_sql("VACUUM ANALYZE")
            connected.exec_driver_sql("CHECKPOINT")
    for _ in range(_WARM):
        place.next_decision()
        place.floor.complete()


def _side_by_side(place: Place, plan: Plan, what: str) -> list[Round]:
    product: Callable[[], object] = (
        place.next_decision if what == "complete" else lambda: reference_case.open_case(place.site)
    )
    floor = place.floor.complete if what == "complete" else place.floor.open_case
    return rounds_of({"product": product, "floor": floor}, plan)


def _rate(goal: str, what: str, bar: int, rounds: list[Round]) -> Finding:
    share = share_of_rate(rounds, "product", "floor") * 100
    note = (
        f"{microseconds(rounds, 'product'):,.0f} µs, of which Python "
        f"{processor_microseconds(rounds, 'product'):,.0f}; floor {microseconds(rounds, 'floor'):,.0f} µs, "
        f"{processor_microseconds(rounds, 'floor'):,.0f}"
    )
    return Finding(goal, what, f">= {bar} % of the floor", f"{share:.0f} %", share >= bar, note)


def _share_of_core(place: Place) -> Finding:
    shares = []
    with observe.time_in_core() as spent:
        for turn in range(_SHARES):
            before = spent()
            (measured,) = rounds_of({"product": place.next_decision}, Plan(rounds=1, slices=2, seed=turn))
            shares.append((spent() - before) / measured["product"].seconds * 100)
    share, what = median(shares), "engine and codec in a complete, PostgreSQL"
    return Finding("G7", what, f"<= {MOST_IN_CORE} % of its time", f"{share:.1f} %", share <= MOST_IN_CORE)


def _statements(place: Place, kind: str) -> Finding:
    large = reference_case.settle(place.site.database, MANY_ITEMS)
    small_count = _count(place.site, place.decisions[-5:])
    large_count = _count(large, reference_case.fill(large, 5))
    del place.decisions[-5:]
    is_met = small_count == large_count and max(small_count) <= MOST_STATEMENTS
    measured = f"{max(small_count)} and {max(large_count)}"
    return Finding(
        "G6",
        f"statements of a complete, 12 and {MANY_ITEMS} items, {kind}",
        f"<= {MOST_STATEMENTS}, equal",
        measured,
        is_met,
    )


def _count(site: Site, decisions: list[int]) -> set[int]:
    """Statements of each of these completions but the first, which fills the caches of its process."""
    reference_case.complete(site, decisions[0])
    counts = set()
    with observe.statements(site.database) as sent:
        for task_id in decisions[1:]:
            sent.clear()
            reference_case.complete(site, task_id)
            counts.add(len(sent[0]))
    return counts
