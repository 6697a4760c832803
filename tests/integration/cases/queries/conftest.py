"""The claims app with its people, and claims that stand wherever a test wants them."""

from dataclasses import dataclass
from datetime import datetime

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from cases.persistence.base import Transaction, new_key
from cases.persistence.jobs import IncidentRow, JobRow
from cases.policy.access import SYSTEM, Actor
from cases.queries import sight, why
from cases.queries.why import Reason
from cases.services.execution import Turn
from tests import factories
from tests.conftest import Clock


@dataclass(slots=True)
class Claims:
    """Claims of one office, and what is asked of them."""

    transaction: Transaction
    clock: Clock
    staff: factories.Staff

    @property
    def now(self) -> datetime:
        return self.clock()

    def new(self, number: int = 1) -> Turn:
        return factories.open_claim(self.transaction, number, self.now)

    def triaged(self, number: int = 1, **fraud: object) -> Turn:
        turn = self.new(number)
        factories.triage(self.transaction, turn.case_id, self.now, **fraud)
        return turn

    def reasons(self, turn: Turn, actor: Actor = SYSTEM) -> tuple[Reason, ...]:
        with self.transaction() as session:
            return why.reasons(session, sight.of_id(session, turn.case_id, actor), self.now)

    def job(self, turn: Turn, step: str, **values: object) -> None:
        """The job of a step stands so."""
        with self.transaction() as session:
            item = factories.item_of(session, turn.case_id, step)
            session.execute(
                update(JobRow)
                .where(JobRow.case_id == turn.case_id, JobRow.plan_item == item)
                .values(**values)
            )

    def incident(self, turn: Turn, step: str, **values: object) -> None:
        """A step has given up: its job is dead, and waits with an incident."""
        self.job(turn, step, state="dead", attempts=5, max_attempts=5)
        with self.transaction() as session:
            session.add(self._incident(session, turn, step, values))

    def _incident(self, session: Session, turn: Turn, step: str, values: dict[str, object]) -> IncidentRow:
        item = factories.item_of(session, turn.case_id, step)
        job = (
            session.query(JobRow.id).where(JobRow.case_id == turn.case_id, JobRow.plan_item == item).scalar()
        )
        row = IncidentRow(
            job_id=job or new_key(session),
            case_id=turn.case_id,
            family=factories.CLAIMS,
            plan_item=item,
            definition=step,
            connection="pay",
            kind="step",
            code="timeout",
            message="No answer within 10 s.",
            state="open",
            opened_at=self.now,
        )
        for name, value in values.items():
            setattr(row, name, value)
        return row


@pytest.fixture
def claims(transaction: Transaction, clock: Clock) -> Claims:
    with transaction() as session:
        factories.deploy_claims(session, clock())
        staff = factories.staff(session, clock())
    return Claims(transaction, clock, staff)
