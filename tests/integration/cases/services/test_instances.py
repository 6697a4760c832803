"""Whole cases, opened by several at once; numbers that never repeat (R131)."""

import multiprocessing
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.database import Database
from cases.caseapp import reader
from cases.cmmn.commands import ReactivateCase
from cases.errors import Conflict, Invalid, NotFound
from cases.persistence.base import forget_blocks
from cases.persistence.clocks import SlaClockRow
from cases.persistence.instances import CaseInstanceRow
from cases.persistence.jobs import JobRow
from cases.persistence.search import CaseFieldRow, CaseSearchRow
from cases.persistence.tasks import HumanTaskRow
from cases.policy.access import SYSTEM
from cases.services import audit, instances, numbers, retention
from tests.integration.cases.services.calls import WORK, World, call, case
from tests.integration.cases.services.loans import NOW, app_files, deploy, open_loan

Transaction = Callable[[], AbstractContextManager[Session]]
PROCESSES = 4
STARTS = 500
MORE = 5


def test_four_processes_open_cases_at_once_and_no_key_twice_nor_after_an_erasure(
    database: Database,
) -> None:
    deploy(database.transaction, idle=0)
    url = database.url
    database.dispose()
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        assert pool.starmap(_open_many, [(url, STARTS)] * PROCESSES, chunksize=1) == [STARTS] * PROCESSES
    _must_be_unique(database, PROCESSES * STARTS)
    with database.transaction() as session:
        assert session.scalar(select(func.count(JobRow.id.distinct()))) == 2 * PROCESSES * STARTS
        newest = session.scalars(select(func.max(CaseInstanceRow.business_key))).one()
        case_id = session.scalars(
            select(CaseInstanceRow.id).where(CaseInstanceRow.business_key == newest)
        ).one()
        instances.terminate(session, case_id, "", SYSTEM, "test", NOW)
        retention.erase(session, newest, "asked for", SYSTEM, NOW)
    # Whoever starts afterwards knows nothing of the blocks that were handed out before.
    database.dispose()
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        assert pool.starmap(_open_many, [(url, MORE)] * PROCESSES, chunksize=1) == [MORE] * PROCESSES
    _must_be_unique(database, PROCESSES * (STARTS + MORE))


def _must_be_unique(database: Database, cases: int) -> None:
    with database.reading() as session:
        for column in (CaseInstanceRow.id, CaseInstanceRow.business_key, HumanTaskRow.id):
            assert session.scalar(select(func.count(column.distinct()))) == cases


def _open_many(url: str, starts: int) -> int:
    with Database(url, synchronous="OFF") as opened:
        for _ in range(starts):
            open_loan(opened.transaction)
    return starts


def test_the_number_of_a_case_that_is_gone_is_not_given_again(transaction: Transaction) -> None:
    deploy(transaction)
    open_loan(transaction)
    newest = open_loan(transaction)
    with transaction() as session:
        for row in (HumanTaskRow, JobRow, SlaClockRow, CaseSearchRow, CaseFieldRow):
            session.execute(delete(row).where(row.case_id == newest.case_id))
        session.execute(delete(CaseInstanceRow).where(CaseInstanceRow.id == newest.case_id))
    assert open_loan(transaction).business_key == "LN-2026-0003"
    forget_blocks()
    assert open_loan(transaction).business_key == "LN-2026-0021"


@pytest.mark.parametrize(
    ("pattern", "counter", "key"),
    [
        ("CLM-{yyyy}-{seq:6}", "CLM-2026-{seq:6}", "CLM-2026-000042"),
        ("LN-{seq:1}", "LN-{seq:1}", "LN-42"),
    ],
)
def test_a_pattern_names_its_counter_and_its_keys(pattern: str, counter: str, key: str) -> None:
    files = app_files()
    files["app.toml"] = files["app.toml"].replace(b"LN-{yyyy}-{seq:4}", pattern.encode())
    app = reader.read(files)
    assert numbers.counter_of(app, NOW) == counter
    assert numbers.business_key(app, 42, NOW) == key


def test_the_year_of_a_number_is_that_of_the_app_s_zone() -> None:
    app = reader.read(app_files())
    eve = datetime(2027, 1, 1, 3, 0, tzinfo=UTC)
    assert numbers.business_key(app, 7, eve) == "LN-2026-0007"


def test_a_case_goes_on_with_the_version_it_began_on(transaction: Transaction) -> None:
    deploy(transaction)
    old = open_loan(transaction)
    deploy(transaction, idle=6)
    new = open_loan(transaction)
    with transaction() as session:
        first, second = (session.get_one(CaseInstanceRow, turn.case_id).deployment_id for turn in (old, new))
        assert first != second
        instances.suspend(session, old.case_id, SYSTEM, "test", NOW)
        instances.resume(session, old.case_id, SYSTEM, "test", NOW)
        assert audit.verify(session, None).findings == []


def two_cases(transaction: Transaction) -> tuple[World, int, int]:
    world = World(transaction, case("parent", call("child")), case("child", WORK))
    return world, world.start("parent"), world.start("parent")


def test_several_cases_end_in_one_command_or_none_does(transaction: Transaction) -> None:
    world, first, second = two_cases(transaction)
    with transaction() as session, pytest.raises(NotFound):
        instances.terminate_all(session, [first, 4711], "enough", SYSTEM, "test", NOW)
    assert world.states(first)["case"] == "active"
    with transaction() as session:
        with pytest.raises(Invalid):
            instances.terminate_all(session, [], "enough", SYSTEM, "test", NOW)
        instances.terminate_all(session, [second, first, first], "enough", SYSTEM, "test", NOW)
    assert {world.states(one)["case"] for one in (first, second)} == {"terminated"}
    with transaction() as session, pytest.raises(Conflict):
        instances.terminate_all(session, [first, second], "enough", SYSTEM, "test", NOW)


def test_a_case_that_is_deleted_stays_readable_and_takes_those_with_it_that_it_waits_for(
    transaction: Transaction,
) -> None:
    world, first, _ = two_cases(transaction)
    child = world.children("child")[0]
    with transaction() as session:
        instances.delete(session, first, "a mistake", SYSTEM, "test", world.now)
    world.rest()
    assert world.states(first) == {"C": "terminated", "T": "terminated", "case": "terminated"}
    assert world.states(child)["case"] == "terminated"
    assert world.states(world.children("child")[1])["case"] == "active"
    with transaction() as session:
        assert audit.verify(session, None).findings == []


def test_an_ended_case_goes_on_with_what_is_named(transaction: Transaction) -> None:
    world, first, _ = two_cases(transaction)
    with transaction() as session, pytest.raises(Conflict):
        instances.complete(session, first, SYSTEM, "test", NOW)
    with transaction() as session:
        instances.terminate(session, first, "enough", SYSTEM, "test", NOW)
        wanted = ReactivateCase(reason="after all", activate=("T",))
        instances.reactivate(session, first, wanted, SYSTEM, "test", NOW)
    assert world.states(first)["case"] == "active"
    assert world.states(first)["T"] == "active"
