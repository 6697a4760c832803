"""Timers that are due."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.persistence.instances import CaseInstanceRow
from cases.persistence.jobs import JobRow
from cases.persistence.journal import JournalRow
from cases.policy.access import SYSTEM
from cases.services import audit, instances, timers
from tests.integration.cases.services.loans import NOW, deploy, open_loan

Transaction = Callable[[], AbstractContextManager[Session]]
DUE = NOW + timedelta(hours=48)


@pytest.fixture
def job_id(transaction: Transaction) -> int:
    """The job of the timer that is due first."""
    deploy(transaction)
    open_loan(transaction)
    with transaction() as session:
        return session.scalars(select(JobRow.id).order_by(JobRow.run_at)).first() or 0


def test_a_timer_that_is_due_fires_once_and_its_job_is_struck(transaction: Transaction, job_id: int) -> None:
    with transaction() as session:
        turn = timers.fire(session, job_id, DUE)
        assert turn is not None
        assert turn.case.file()["M1"] == {"at": "2026-03-04T15:00:00Z"}
    with transaction() as session:
        assert timers.fire(session, job_id, DUE) is None
        assert session.get(JobRow, job_id) is None
        assert session.scalars(select(JournalRow.command)).all() == ["StartCase", "FireTimer"]
        assert audit.verify(session, None).findings == []


def test_a_timer_that_is_not_due_stays(transaction: Transaction, job_id: int) -> None:
    with transaction() as session:
        assert timers.fire(session, job_id, DUE - timedelta(seconds=1)) is None
    with transaction() as session:
        assert session.get(JobRow, job_id) is not None
        assert session.scalars(select(CaseInstanceRow.version)).all() == [1]


def test_a_timer_of_a_case_that_is_paused_does_not_fire(transaction: Transaction, job_id: int) -> None:
    with transaction() as session:
        case_id = session.scalars(select(CaseInstanceRow.id)).one()
        instances.suspend(session, case_id, SYSTEM, "test", NOW)
    with transaction() as session:
        assert timers.fire(session, job_id, DUE) is None


def test_many_timers_fire_in_one_transaction(transaction: Transaction, job_id: int) -> None:
    for _ in range(3):
        open_loan(transaction)
    with transaction() as session:
        due = session.scalars(select(JobRow.id).where(JobRow.run_at <= DUE)).all()
        assert timers.fire_all(session, [*due, 4711], DUE) == 4
    with transaction() as session:
        assert session.scalars(select(JobRow.id).where(JobRow.run_at <= DUE)).all() == []
        assert session.scalars(select(CaseInstanceRow.version)).all() == [2, 2, 2, 2]


def test_a_job_of_nothing_is_nothing(transaction: Transaction) -> None:
    with transaction() as session:
        assert timers.fire(session, 4711, NOW) is None
