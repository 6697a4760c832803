"""Instants, numbers that are handed out once, and blocks that a fork must not share."""

import multiprocessing
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from multiprocessing.connection import Connection

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session

from app.database import Database
from cases.persistence import base
from cases.persistence.base import KeyCounterRow, new_key, new_keys, take_number
from cases.persistence.connections import ConnectionRow
from cases.persistence.people import RoleRow
from tests.integration.cases.persistence.rows import NOW

Transaction = Callable[[], AbstractContextManager[Session]]
PROCESSES = 4
STARTS = 500


def test_an_instant_comes_back_aware_and_in_utc(transaction: Transaction) -> None:
    new_york = timezone(timedelta(hours=-5))
    written = datetime(2026, 3, 2, 23, 30, 0, 123_456, tzinfo=new_york)
    with transaction() as session:
        session.add(ConnectionRow(name="a", base_url="https://a", changed_at=written))
    with transaction() as session:
        read = session.get_one(ConnectionRow, "a").changed_at
    assert read == written
    assert read.utcoffset() == timedelta()


def test_instants_are_ordered_as_time_is(transaction: Transaction) -> None:
    instants = [NOW + timedelta(microseconds=n) for n in (0, 1, 10, 999_999, 1_000_000)]
    far = datetime(9999, 1, 1, tzinfo=UTC)
    with transaction() as session:
        for number, instant in enumerate([far, *reversed(instants)]):
            session.add(ConnectionRow(name=f"c{number}", base_url="x", changed_at=instant))
    with transaction() as session:
        ordered = session.scalars(select(ConnectionRow.changed_at).order_by(ConnectionRow.changed_at)).all()
        later = select(ConnectionRow.name).where(ConnectionRow.changed_at > instants[-1])
        assert len(session.scalars(later.order_by(ConnectionRow.name)).all()) == 1
    assert ordered == [*instants, far]


def test_an_instant_without_a_zone_is_refused(transaction: Transaction) -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - the mistake
    with transaction() as session, pytest.raises(StatementError, match="time zone"):
        session.scalar(select(ConnectionRow.name).where(ConnectionRow.changed_at == naive))


def test_json_and_amounts_keep_every_digit(transaction: Transaction) -> None:
    options = {"amount": Decimal("0.10"), "big": 2**70, "text": "Zürich", "none": None, "list": [True, 1]}
    with transaction() as session:
        session.add(ConnectionRow(name="a", base_url="x", changed_at=NOW, options=options))
        session.add(RoleRow(family="f", name="r", authority=Decimal("5000.10")))
    with transaction() as session:
        assert session.get_one(ConnectionRow, "a").options == options
        assert str(session.get_one(ConnectionRow, "a").options["amount"]) == "0.10"
        assert str(session.get_one(RoleRow, ("f", "r")).authority) == "5000.10"


def test_a_key_is_never_given_twice_though_transactions_roll_back(transaction: Transaction) -> None:
    def take_and_stop() -> None:
        with transaction() as session:
            lost.extend(new_keys(session, 5))
            raise LookupError

    lost: list[int] = []
    used: list[int] = []
    for _ in range(3):
        with pytest.raises(LookupError):
            take_and_stop()
        with transaction() as session:
            used += [new_key(session), *new_keys(session, 3)]
    assert len(set(used)) == len(used) == 12
    assert used == sorted(used)


def test_keys_go_on_beyond_a_block(transaction: Transaction) -> None:
    with transaction() as session:
        keys = new_keys(session, 2_500)
        assert new_key(session) not in keys
    assert len(set(keys)) == 2_500


def test_blocks_are_forgotten_in_a_child_process(transaction: Transaction) -> None:
    with transaction() as session:
        new_key(session)
    take_number(transaction, "a")
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    child = context.Process(target=_tell_blocks, args=(theirs,))
    child.start()
    assert ours.recv() == (0, 0)
    child.join()


def _tell_blocks(pipe: Connection) -> None:
    pipe.send((len(base._KEYS_IN_HAND), len(base._NUMBERS)))


def test_a_number_is_taken_whatever_becomes_of_its_command(transaction: Transaction) -> None:
    first = take_number(transaction, "LN")

    def fail() -> None:
        with transaction() as session:
            new_key(session)
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert [take_number(transaction, "LN") for _ in range(30)] == list(range(first + 1, first + 31))
    assert take_number(transaction, "other") == 1


def test_after_a_restart_numbers_go_on_with_a_gap(transaction: Transaction) -> None:
    assert take_number(transaction, "LN") == 1
    base.forget_blocks()
    assert take_number(transaction, "LN") == 21
    with transaction() as session:
        assert session.get_one(KeyCounterRow, "LN").next == 41


def test_four_processes_take_five_hundred_numbers_and_keys_each_and_none_twice(database: Database) -> None:
    url = database.url
    database.dispose()
    context = multiprocessing.get_context("spawn")
    with context.Pool(PROCESSES) as pool:
        taken = pool.map(_take, [url] * PROCESSES, chunksize=1)
    numbers = [number for of_process, _ in taken for number in of_process]
    keys = [key for _, of_process in taken for key in of_process]
    assert len(set(numbers)) == len(numbers) == PROCESSES * STARTS
    assert len(set(keys)) == len(keys) == PROCESSES * STARTS
    assert max(numbers) < PROCESSES * (STARTS + 20)


def _take(url: str) -> tuple[list[int], list[int]]:
    numbers, keys = [], []
    with Database(url, synchronous="OFF") as opened:
        for start in range(STARTS):
            numbers.append(take_number(opened.transaction, "LN"))
            with opened.transaction() as session:
                keys.append(new_key(session))
                if start % 10 == 0:
                    session.execute(text("SELECT 1"))
    return numbers, keys
