"""An erased case: nothing of the person is left anywhere, and its history is still proven."""

import json
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.database import Database
from cases.errors import Conflict, Invalid, NotAllowed, NotFound
from cases.persistence import codec, erasing
from cases.persistence.base import Base
from cases.persistence.batches import BatchItemRow, BatchRow
from cases.persistence.governance import ErasureRow
from cases.persistence.instances import CaseInstanceRow, CaseIntakeRow
from cases.persistence.jobs import IncidentRow, JobRow, SubscriptionRow
from cases.persistence.journal import AuditEntryRow, JournalRow
from cases.persistence.messages import CorrelationRow, InboxRow
from cases.persistence.notifications import NotificationRow
from cases.persistence.outbox import OutboxRow
from cases.policy.access import SYSTEM
from cases.services import audit, connections, instances, retention, tasks
from tests.integration.cases.services.loans import NOW, deploy, open_loan, person, task_id

Transaction = Callable[[], AbstractContextManager[Session]]

LATER = NOW + timedelta(days=900)
DIGEST = "d1" * 32
"""By which a draft would be known again."""

CANARY = "Zanzibar"
"""In every value that comes from outside, in every place where one is kept."""

HOLDS_DATA = {
    "case_instance", "case_value", "case_intake", "case_search", "case_field", "journal", "human_task", "job",
    "incident", "inbox", "correlation", "outbox", "batch", "batch_item", "notification", "subscription",
}  # fmt: skip
HOLDS_NONE = {
    "case_link": "two numbers and how they belong together",
    "sla_clock": "times",
    "erasure": "what is left",
    "audit_entry": "what was done outside cases",
    "chain_head": "hashes",
    "checkpoint": "hashes",
    "idempotency": "goes by itself after a day",
    "family": "", "user": "", "role": "", "membership": "", "user_session": "", "throttle": "",
    "deployment": "", "case_definition": "",
    "connection": "", "secret": "", "allowed_target": "", "breaker": "", "bucket": "",
    "key_block": "", "key_counter": "", "queue": "", "queue_member": "", "worker": "", "endpoint": "",
}  # fmt: skip


def filled(transaction: Transaction) -> str:
    """An ended case with the canary in every place that holds data of a case."""
    deploy(transaction)
    turn = open_loan(transaction, name=f"Ada {CANARY}", id=f"p-{CANARY}", story=f"{CANARY} " * 2_000)
    clerk = person(transaction, "ana", "clerk")
    with transaction() as session:
        tasks.claim(session, task_id(session, "T1"), clerk, NOW)
        tasks.save_draft(session, task_id(session, "T1"), {"note": f"half {CANARY}"}, clerk, NOW)
        tasks.complete(
            session, task_id(session, "T1"), {"outcome": "deny", "note": f"all {CANARY}"}, clerk, NOW
        )
    with transaction() as session:
        instances.terminate(session, turn.case_id, f"withdrawn by {CANARY}", SYSTEM, "test", NOW)
        _fill_the_rest(session, turn.case_id)
        _tell(session, turn.case_id, clerk.user_id)
    return turn.business_key


def _fill_the_rest(session: Session, case_id: int) -> None:
    """Rows that only a service, a message or a failure leaves behind, as they would leave them."""
    told = codec.pack({"who": CANARY})
    session.add(CaseIntakeRow(app_key="loans", intake_key=f"web:{CANARY}", sha256="a" * 64, case_id=case_id))
    session.add(
        InboxRow(
            id=900_001,
            msg_id="m-1",
            received_at=NOW,
            sha256="a" * 64,
            body=json.dumps({"name": CANARY}).encode(),
            case_id=case_id,
            state="done",
        )
    )
    session.add(
        JobRow(
            id=900_002,
            kind="step",
            case_id=case_id,
            plan_item=1,
            mode="lease",
            run_at=NOW,
            state="dead",
            idem_key=f"score:{CANARY}",
            payload=told,
            last_error=CANARY,
            created_at=NOW,
        )
    )
    session.flush()
    session.add(
        IncidentRow(
            job_id=900_002,
            case_id=case_id,
            family="loans",
            kind="step",
            code="E",
            message=f"no {CANARY}",
            details={"sent": CANARY},
            opened_at=NOW,
            reason=CANARY,
        )
    )
    session.add(
        OutboxRow(
            id=900_003,
            job_id=900_002,
            subscription_id=1,
            case_id=case_id,
            seq=1,
            msg_id="o-1",
            body=told,
            created_at=NOW,
        )
    )
    session.add(
        CorrelationRow(
            corr_id="c-1",
            case_id=case_id,
            plan_item=1,
            token="t" * 64,
            expires_at=LATER,
            reply_to=f"https://example.org/{CANARY}",
            state="waiting",
        )
    )
    session.execute(
        text(
            "UPDATE human_task SET draft = :d, ended_why = :w, name = :w, description = :w, category = :w, "
            "facts = :f WHERE case_id = :c"
        ),
        {"d": told, "w": CANARY, "f": json.dumps({"note": CANARY}), "c": case_id},
    )
    session.execute(
        text("UPDATE case_instance SET name = :w, given_key = :w, status = :w WHERE id = :c"),
        {"w": CANARY, "c": case_id},
    )
    session.add(SubscriptionRow(case_id=case_id, plan_item=1, kind="signal", subject=CANARY))


def _tell(session: Session, case_id: int, user_id: int) -> None:
    """What was asked for many tasks at once, and what somebody was told."""
    session.add(
        NotificationRow(user_id=user_id, kind="assigned", case_id=case_id, details=CANARY, created_at=NOW)
    )
    batch = BatchRow(kind="reassign", state="done", by_id=user_id, note=CANARY, total=1, created_at=NOW)
    session.add(batch)
    session.flush()
    session.add(BatchItemRow(batch_id=batch.id, position=0, case_id=case_id, message=CANARY))


def cells(session: Session) -> Iterable[tuple[str, bytes]]:
    """Every cell of every table as bytes, unpacked where the codec packed it."""
    for table in Base.metadata.sorted_tables:
        for row in session.execute(select(table)):
            for value in row:
                raw = bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
                yield table.name, raw
                if len(raw) > 2 and raw[0] & ~16 in (0, 1) and raw[1] == codec.VERSION:
                    yield table.name, codec._unpacked(raw)


def holding(session: Session) -> set[str]:
    return {table for table, value in cells(session) if CANARY.encode() in value}


def erased(transaction: Transaction, key: str) -> None:
    with transaction() as session:
        retention.erase(session, key, "Article 17", SYSTEM, LATER)


def test_a_new_table_must_say_whether_an_erasure_concerns_it() -> None:
    assert set(Base.metadata.tables) == HOLDS_DATA | set(HOLDS_NONE)


def test_nothing_of_the_person_is_left_in_any_row(transaction: Transaction) -> None:
    key = filled(transaction)
    with transaction() as session:
        assert holding(session) == HOLDS_DATA
    erased(transaction, key)
    with transaction() as session:
        assert holding(session) == set()
        left = session.query(CaseInstanceRow).one()
        assert (left.business_key, left.title) == (key, key)
        assert session.query(IncidentRow).one().state == "resolved"
        for row in erasing.EMPTIED:
            assert session.query(row).count() == 0


def test_what_was_asked_for_many_keeps_no_digest_of_answers_and_waits_for_nothing(
    transaction: Transaction,
) -> None:
    key = filled(transaction)
    with transaction() as session:
        batch = session.query(BatchRow).one().id
        case_id = session.query(CaseInstanceRow).one().id
        for place, state in enumerate(("running", "waiting", "done"), start=1):
            seen = {"assignee": 1, "back": 2, "version": 3, "draft": DIGEST}
            before = None if state == "waiting" else {"assignee": None, "version": 4, "draft": DIGEST}
            session.add(
                BatchItemRow(
                    batch_id=batch,
                    position=place,
                    case_id=case_id,
                    seen=seen,
                    before=before,
                    state=state,
                    message=CANARY,
                )
            )
    erased(transaction, key)
    with transaction() as session:
        assert all(DIGEST.encode() not in value for _, value in cells(session))
        items = session.query(BatchItemRow).filter(BatchItemRow.position > 0).order_by(BatchItemRow.position)
        kept = {"assignee": 1, "back": 2, "version": 3}
        held = {"assignee": None, "version": 4}
        assert [(one.state, one.code, one.message, one.seen, one.before) for one in items] == [
            ("done", "LEFT", "", kept, held),
            ("refused", "ERASED", "", kept, None),
            ("done", "", "", kept, held),
        ]
        assert [one.done_at for one in items] == [LATER, LATER, None]


def test_nothing_of_the_person_is_left_in_the_files_of_sqlite(sqlite_url: str) -> None:
    with Database(sqlite_url, secret_key="k" * 40) as database:
        key = filled(database.transaction)
        folder = Path(sqlite_url.removeprefix("sqlite:///")).parent
        assert any(CANARY.encode() in file.read_bytes() for file in folder.glob("casewright.db*"))
        erased(database.transaction, key)
        assert database.empty_log()
        left = [
            file.name for file in folder.glob("*.db*") if CANARY.lower().encode() in file.read_bytes().lower()
        ]
        assert left == []


def test_the_chain_of_an_erased_case_verifies_and_replay_begins_at_its_snapshot(
    transaction: Transaction,
) -> None:
    key = filled(transaction)
    with transaction() as session:
        audit.checkpoint(session, connections.ring_of(session), NOW)
        before = session.query(JournalRow).count()
    erased(transaction, key)
    with transaction() as session:
        report = audit.verify(session, connections.ring_of(session))
        assert (report.findings, report.erased) == ([], 1)
        rows = session.query(JournalRow).order_by(JournalRow.version).all()
        bodies = [row.body is None and row.salt is None for row in rows]
        # One row for the closing, and one, the last, that says who erased it and why.
        assert bodies == [True] * (before + 1) + [False]
        command, _ = codec.unpack_entry(rows[-1].body or b"")
        assert (rows[-1].actor, rows[-1].via, command.data["reason"]) == (  # type: ignore[union-attr]
            "system",
            "erasure",
            "Article 17",
        )
        entry = session.query(AuditEntryRow).filter_by(action="case.erase").one()
        assert (entry.subject, codec.unpack(entry.body or b"")["reason"]) == (f"case:{key}", "Article 17")


CHANGES = [
    ("UPDATE erasure SET reason = 'none'", "is not as it was signed"),
    ("UPDATE erasure SET actor = 'eve'", "is not as it was signed"),
    ("UPDATE erasure SET snapshot = sig", "is not as it was signed"),
    ("UPDATE erasure SET version = 1", "was erased though it came after"),
    ("UPDATE erasure SET head = 'x'", "is not as its erasure saw it"),
    ("DELETE FROM erasure", "the state that its erasure left is missing"),
    ("UPDATE case_instance SET doc = (SELECT sig FROM erasure)", "cannot be replayed"),
]


def test_a_change_of_what_an_erasure_left_is_found(transaction: Transaction) -> None:
    erased(transaction, filled(transaction))
    for statement, reason in CHANGES:
        with transaction() as session, session.begin_nested() as point:
            session.execute(text(statement))
            session.expire_all()
            findings = [str(one) for one in audit.verify(session, connections.ring_of(session)).findings]
            point.rollback()
        assert any(reason in one for one in findings), (statement, findings)


def test_bodies_of_a_running_case_may_not_be_written_again(transaction: Transaction) -> None:
    erased(transaction, filled(transaction))
    for change in ("body = :b", "salt = :b", "actor = 'eve'"):
        with pytest.raises(DBAPIError), transaction() as session:
            session.execute(text(f"UPDATE journal SET {change} WHERE version = 1"), {"b": b"x" * 16})


def test_only_an_ended_case_that_is_not_held_is_erased_once_by_who_may(transaction: Transaction) -> None:
    deploy(transaction)
    turn = open_loan(transaction)
    clerk, stranger = person(transaction, "ana", "clerk"), person(transaction, "eve")

    def refused(code: str) -> None:
        with pytest.raises(Conflict) as caught:
            erased(transaction, turn.business_key)
        assert caught.value.code == code

    refused("NOT_ENDED")
    with transaction() as session:
        instances.terminate(session, turn.case_id, "", SYSTEM, "test", NOW)
        session.execute(update(CaseInstanceRow).values(hold_until=LATER + timedelta(days=1)))
    refused("HELD")
    with transaction() as session:
        session.execute(update(CaseInstanceRow).values(hold_until=LATER))
        for actor, error in ((clerk, NotAllowed), (stranger, NotFound)):
            with pytest.raises(error):
                retention.erase(session, turn.business_key, "r", actor, LATER)
        with pytest.raises(Invalid):
            retention.erase(session, turn.business_key, " ", SYSTEM, LATER)
        with pytest.raises(NotFound):
            retention.erase(session, "LN-0000-0000", "r", SYSTEM, LATER)
        assert session.query(ErasureRow).count() == 0
    erased(transaction, turn.business_key)
    refused("ERASED")


def test_an_erased_case_takes_nothing_more(transaction: Transaction) -> None:
    key = filled(transaction)
    erased(transaction, key)
    with transaction() as session:
        row = session.query(CaseInstanceRow).one()
        for change in (instances.suspend, instances.resume, instances.close):
            with pytest.raises(Conflict):
                change(session, row.id, SYSTEM, "test", LATER)


def test_the_same_matter_sent_again_opens_no_second_case(transaction: Transaction) -> None:
    erased(transaction, filled(transaction))
    new = instances.NewCase(
        app_key="loans", inputs={"applicant": {}}, number=77, intake_key=f"web:{CANARY}", sha256="a" * 64
    )
    with pytest.raises(Conflict) as caught, transaction() as session:
        instances.start(session, new, SYSTEM, "test", LATER)
    assert caught.value.code == instances.E_KNOWN


def test_a_number_is_not_given_again_after_an_erasure(transaction: Transaction) -> None:
    key = filled(transaction)
    erased(transaction, key)
    assert key == "LN-2026-0001"
    assert open_loan(transaction).business_key == "LN-2026-0002"
