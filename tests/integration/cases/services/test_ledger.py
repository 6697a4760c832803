"""What people change outside cases: one chain, whoever writes to it at once."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.persistence import codec
from cases.persistence.journal import AuditEntryRow
from cases.policy.access import SYSTEM
from cases.services import audit, ledger
from tests.integration.cases.services.loans import NOW

Transaction = Callable[[], AbstractContextManager[Session]]
WRITERS, EACH = 3, 8


def test_entries_are_numbered_without_gaps_and_chained(transaction: Transaction) -> None:
    with transaction() as session:
        numbers = [
            ledger.record(session, "role.granted", "user:7", {"role": "clerk"}, actor=SYSTEM, now=NOW)
            for _ in range(3)
        ]
    assert numbers == [1, 2, 3]
    with transaction() as session:
        first, second, _ = session.scalars(select(AuditEntryRow).order_by(AuditEntryRow.id))
        assert second.prev == first.hash
        assert codec.unpack(first.body or b"") == {"role": "clerk"}
        assert (first.action, first.subject, first.actor, first.at) == (
            "role.granted",
            "user:7",
            "system",
            NOW,
        )


def test_several_who_write_at_once_make_one_chain(transaction: Transaction) -> None:
    def write() -> None:
        for number in range(EACH):
            with transaction() as session:
                ledger.record(session, "x", f"s:{number}", {}, actor=SYSTEM, now=NOW)

    threads = [threading.Thread(target=write) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with transaction() as session:
        report = audit.verify(session, None)
    assert (report.findings, report.entries) == ([], WRITERS * EACH)


def test_an_entry_that_is_rolled_back_leaves_no_gap(transaction: Transaction) -> None:
    with transaction() as session:
        point = session.begin_nested()
        ledger.record(session, "x", "lost", {}, actor=SYSTEM, now=NOW)
        point.rollback()
        assert ledger.record(session, "x", "kept", {}, actor=SYSTEM, now=NOW) == 1
