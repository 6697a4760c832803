"""The history is as it was written, or the place where it is not is named."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.database import Database
from cases.cmmn.commands import Note
from cases.persistence import codec
from cases.persistence.journal import journal_fields
from cases.policy import chain
from cases.policy.access import SYSTEM
from cases.services import audit, execution, ledger, tasks
from cases.vault import keyring
from tests.integration.cases.services.loans import NOW, deploy, open_loan, person, task_id

Transaction = Callable[[], AbstractContextManager[Session]]
RING = keyring.ring("a secret key of forty or more characters")


@pytest.fixture
def case_id(transaction: Transaction) -> int:
    """A case with a history of four rows, and a ledger with more than three entries."""
    deploy(transaction)
    case_id = open_loan(transaction).case_id
    ana, bo = person(transaction, "ana", "clerk"), person(transaction, "bo", "clerk")
    with transaction() as session:
        tasks.claim(session, task_id(session, "T1"), ana, NOW)
        tasks.complete(session, task_id(session, "T1"), {"outcome": "grant"}, ana, NOW)
        tasks.complete(session, task_id(session, "T2"), {}, bo, NOW)
        for number in range(3):
            ledger.record(session, "setting.changed", f"setting:{number}", {"to": number}, actor=ana, now=NOW)
    return case_id


def without_triggers(session: Session, *statements: str) -> None:
    """Change what nobody may change, as somebody with the database's own password could."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL session_replication_role = replica"))
    else:
        for table in ("journal", "audit_entry", "checkpoint"):
            for name in (f"{table}_kept", f"{table}_fixed"):
                connection.execute(text(f"DROP TRIGGER IF EXISTS {name}"))
    for statement in statements:
        connection.execute(text(statement))


def found(transaction: Transaction) -> list[str]:
    with transaction() as session:
        return [str(finding) for finding in audit.verify(session, RING).findings]


def test_what_nobody_touched_verifies(transaction: Transaction, case_id: int) -> None:
    with transaction() as session:
        assert audit.checkpoint(session, RING, NOW) == 1
        report = audit.verify(session, RING)
    assert report.findings == []
    assert (report.cases, report.rows, report.checkpoints, report.erased) == (1, 4, 1, 0)
    assert report.entries >= 3


JOURNAL_CHANGES = [
    ("UPDATE journal SET actor = 'eve' WHERE version = 2", 2),
    ("UPDATE journal SET actor_id = 0 WHERE version = 3", 3),
    ("UPDATE journal SET at = '2020-01-01 00:00:00.000000' WHERE version = 2", 2),
    ("UPDATE journal SET command = 'FireTimer' WHERE version = 4", 4),
    ("UPDATE journal SET via = 'api' WHERE version = 1", 1),
    ("UPDATE journal SET command_key = 'k' WHERE version = 1", 1),
    ("UPDATE journal SET commitment = hash WHERE version = 2", 2),
    ("UPDATE journal SET body = salt WHERE version = 3", 3),
    ("UPDATE journal SET salt = body WHERE version = 3", 3),
    ("UPDATE journal SET hash = prev WHERE version = 3", 3),
    ("UPDATE journal SET prev = hash WHERE version = 3", 3),
    ("DELETE FROM journal WHERE version = 2", 2),
    ("DELETE FROM journal WHERE version = 4", 4),
    ("UPDATE journal SET version = 9 WHERE version = 2", 2),
    ("UPDATE case_instance SET version = 9", 9),
    ("UPDATE case_instance SET head = 'x'", 4),
]


def changed(session: Session, statement: str) -> list[str]:
    """What is found once this was done; then it is undone."""
    with session.begin_nested() as point:
        without_triggers(session, statement)
        findings = [str(finding) for finding in audit.verify(session, RING).findings]
        session.expire_all()
        point.rollback()
    return findings


def test_a_change_of_the_journal_is_found_with_its_row(transaction: Transaction, case_id: int) -> None:
    with transaction() as session:
        for statement, row in JOURNAL_CHANGES:
            findings = changed(session, statement)
            assert any(one.startswith(f"case {case_id}, row {row}:") for one in findings), statement
        assert audit.verify(session, RING).findings == []


def test_a_change_of_the_state_is_found(transaction: Transaction, case_id: int) -> None:
    with transaction() as session:
        doc = session.execute(text("SELECT doc FROM case_instance")).scalar_one()
        state = codec.unpack_state(bytes(doc), {})
        state.file.values["applicant"] = {"amount": 1_000_000}
        changed = codec.pack_state(state).doc
        session.execute(text("UPDATE case_instance SET doc = :doc"), {"doc": changed})
    assert found(transaction) == [f"case {case_id}, row 4: the state is not what the journal says"]


def test_a_journal_written_anew_with_fitting_hashes_is_found_by_the_state(
    transaction: Transaction, case_id: int
) -> None:
    """Who knows how hashes are made can make a chain that holds; not one that the state follows from."""
    with transaction() as session:
        row = session.execute(text("SELECT * FROM journal WHERE version = 4")).mappings().one()
        body, salt = codec.pack(["CloseCase", {}, []]), b"0123456789abcdef"
        commitment = chain.commitment(body, salt)
        at = row["at"] if not isinstance(row["at"], str) else NOW
        fields = journal_fields({**row, "at": at})
        hash_ = chain.row_hash(row["prev"], fields, commitment)
        without_triggers(session)
        session.execute(
            text("UPDATE journal SET body = :b, salt = :s, commitment = :c, hash = :h WHERE version = 4"),
            {"b": body, "s": salt, "c": commitment, "h": hash_},
        )
        session.execute(text("UPDATE case_instance SET head = :h"), {"h": hash_})
    assert found(transaction) == [f"case {case_id}, row 4: the state is not what the journal says"]


def test_what_was_cut_off_whole_is_found_by_the_checkpoint(transaction: Transaction, case_id: int) -> None:
    """The whole case goes with its journal: everything that is left fits, but for what was signed."""
    with transaction() as session:
        assert audit.checkpoint(session, RING, NOW) == 1
        without_triggers(
            session,
            "DELETE FROM human_task",
            "DELETE FROM job",
            "DELETE FROM sla_clock",
            "DELETE FROM case_field",
            "DELETE FROM case_search",
            "DELETE FROM journal",
            "DELETE FROM case_instance",
        )
    assert found(transaction) == [f"case {case_id}, row 4: is not as checkpoint 1 saw it"]


def test_a_case_without_a_journal_is_found(transaction: Transaction, case_id: int) -> None:
    with transaction() as session:
        without_triggers(session, "DELETE FROM journal")
    assert found(transaction) == [f"case {case_id}, row 4: has no journal"]


LEDGER_CHANGES = [
    "UPDATE audit_entry SET actor = 'eve' WHERE id = 2",
    "UPDATE audit_entry SET subject = 'x' WHERE id = 1",
    "UPDATE audit_entry SET body = salt WHERE id = 2",
    "DELETE FROM audit_entry WHERE id = 2",
    "DELETE FROM audit_entry WHERE id = (SELECT max(id) FROM audit_entry)",
    "UPDATE chain_head SET n = 99",
]


def test_a_change_of_the_ledger_is_found(transaction: Transaction, case_id: int) -> None:
    with transaction() as session:
        for statement in LEDGER_CHANGES:
            assert any(one.startswith("audit_entry, row ") for one in changed(session, statement)), statement


CHECKPOINT_CHANGES = [
    "UPDATE checkpoint SET n = 9 WHERE id = 2",
    "UPDATE checkpoint SET root = prev WHERE id = 1",
    "UPDATE checkpoint SET at = '2020-01-01 00:00:00.000000' WHERE id = 2",
    "UPDATE checkpoint SET sig = NULL WHERE id = 1",
    "DELETE FROM checkpoint WHERE id = 1",
]


def test_a_change_of_a_checkpoint_is_found(transaction: Transaction, case_id: int) -> None:
    with transaction() as session:
        assert audit.checkpoint(session, RING, NOW) == 1
        assert audit.checkpoint(session, RING, NOW) is None
        ledger.record(session, "more", "x", {}, actor=SYSTEM, now=NOW)
        assert audit.checkpoint(session, RING, NOW + timedelta(hours=2)) == 2
        assert audit.verify(session, RING).findings == []
        for statement in CHECKPOINT_CHANGES:
            assert any(one.startswith("checkpoints, row ") for one in changed(session, statement)), statement


def test_a_checkpoint_of_another_installation_is_found(transaction: Transaction, case_id: int) -> None:
    with transaction() as session:
        audit.checkpoint(session, keyring.ring("another secret key of forty characters"), NOW)
    assert found(transaction) == ["checkpoints, row 1: is not signed by this installation"]


def test_what_was_erased_still_verifies(transaction: Transaction, case_id: int) -> None:
    with transaction() as session:
        session.execute(text("UPDATE journal SET body = NULL, salt = NULL WHERE version = 2"))
        report = audit.verify(session, RING)
    assert (report.findings, report.erased) == ([], 1)


def test_work_that_goes_on_beside_it_is_no_finding(
    database: Database, case_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    journals = audit._journals

    def interrupted(session: Session) -> Iterator[object]:
        for number, journal in enumerate(journals(session)):
            if number == 0:
                with database.transaction() as another:
                    execution.execute(another, case_id, Note("seen", {}), SYSTEM, "test", NOW)
                    execution.execute(another, second, Note("seen", {}), SYSTEM, "test", NOW)
            yield journal

    second = open_loan(database.transaction).case_id
    monkeypatch.setattr(audit, "_journals", interrupted)
    with database.reading() as session:
        report = audit.verify(session, RING)
    assert [str(finding) for finding in report.findings] == []
    assert report.cases == 2


def test_what_was_erased_by_half_is_found(transaction: Transaction, case_id: int) -> None:
    with transaction() as session:
        session.execute(text("UPDATE journal SET salt = NULL WHERE version = 2"))
    assert found(transaction) == [f"case {case_id}, row 2: is erased by half"]
