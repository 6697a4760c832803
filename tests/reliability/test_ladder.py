"""The ladder of claims, with two workers that are killed between rungs: each once, none lost, none doubled.

The clock is the installation's, and is moved: to the day before Thanksgiving, then to the Friday before
summer time begins. All that is expected is written down in local time.
"""

import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from app.database import Database
from cases.cmmn.commands import Note, WriteFile
from cases.persistence import codec
from cases.persistence.base import forget_blocks
from cases.persistence.jobs import IncidentRow, JobRow
from cases.persistence.journal import JournalRow
from cases.persistence.notifications import NotificationRow
from cases.persistence.tasks import HumanTaskRow
from cases.policy.access import SYSTEM
from cases.services import audit, execution, identity, ladder_rows, people, tasks
from cases.services.escalations import ESCALATED
from cases.services.execution import Turn
from tests import factories
from tests.acceptance.installation import Installation, wait_for

ZONE = ZoneInfo("America/New_York")
WORKERS = ("worker", "second worker")
HOURS = 8
"""Working hours that an assessment is given here, so that a holiday or a weekend lies among them."""

MANY = 8
_RUNGS = [1, 2, 3, 4]


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


@dataclass(slots=True)
class Office:
    """An installation without pages: its database in hand, its workers as processes."""

    installation: Installation
    database: Database
    staff: factories.Staff
    director: int
    opened: int = 0

    @property
    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(self.installation.clock_file.read_text()))

    def set_clock(self, moment: datetime) -> None:
        self.installation.move_clock((moment - datetime.now(UTC)).total_seconds())

    def start(self) -> None:
        self.installation.start(*WORKERS)

    def kill(self) -> None:
        for name in WORKERS:
            self.installation.kill(name, signal.SIGKILL)

    def assessment(self, began: datetime) -> int:
        """A claim whose assessment began then, is due after `HOURS`, and is Adam's; its task's number."""
        self.opened += 1
        turn = factories.open_claim(self.database.transaction, self.opened, began)
        factories.triage(self.database.transaction, turn.case_id, began)
        self.give(turn, HOURS, began)
        with self.database.transaction() as session:
            task = session.scalars(
                select(HumanTaskRow.id).where(
                    HumanTaskRow.case_id == turn.case_id, HumanTaskRow.definition == "T3"
                )
            ).one()
            tasks.claim(session, task, self.staff["adam"], began)
        return task

    def give(self, turn: Turn | int, hours: int, now: datetime) -> None:
        """The data that the due date of an assessment is made of say so many hours now."""
        case_id = turn if isinstance(turn, int) else turn.case_id
        command = WriteFile(path=("D2", "decideWithinBusinessHours"), value=hours)
        with self.database.transaction() as session:
            execution.execute(session, case_id, command, SYSTEM, "test", now)

    def row(self, task: int) -> HumanTaskRow:
        with self.database.reading() as session:
            row = session.get_one(HumanTaskRow, task)
            session.expunge(row)
            return row

    def next_at(self, task: int) -> datetime | None:
        """When the job of the next rung of this task is due."""
        row = self.row(task)
        with self.database.reading() as session:
            return session.scalar(
                select(JobRow.run_at).where(
                    JobRow.case_id == row.case_id,
                    JobRow.plan_item == row.plan_item,
                    JobRow.kind == ladder_rows.KIND,
                )
            )

    def climbed(self, *task_ids: int, rung: int) -> None:
        """Wait until all of these tasks have climbed so many rungs."""
        wait_for(f"rung {rung}", lambda: all(self.row(task).rung == rung for task in task_ids))

    def told(self, task: int) -> Counter[tuple[int, str]]:
        """Who was told what of this task."""
        with self.database.reading() as session:
            rows = session.execute(
                select(NotificationRow.user_id, NotificationRow.kind).where(NotificationRow.task_id == task)
            )
            return Counter((user, kind) for user, kind in rows)

    def notes(self, task: int) -> list[dict[str, Any]]:
        """What the journal says of rungs of this task, in its order."""
        row = self.row(task)
        with self.database.reading() as session:
            bodies = session.scalars(
                select(JournalRow.body)
                .where(JournalRow.case_id == row.case_id, JournalRow.command == "Note")
                .order_by(JournalRow.version)
            ).all()
        commands = [codec.unpack_entry(body or b"")[0] for body in bodies]
        return [
            dict(command.data)
            for command in commands
            if isinstance(command, Note)
            and command.kind == ESCALATED
            and command.data["item"] == row.plan_item
        ]


@pytest.fixture
def office(database_url: str, tmp_path: Path) -> Iterator[Office]:
    installation = Installation(tmp_path, database_url)
    with Database(database_url, synchronous="OFF") as database:
        now = local("2026-11-25T14:00")
        with database.transaction() as session:
            factories.deploy_claims(session, now)
            staff = factories.staff(session, now)
            director = people.create_user(session, "dora", "Dora Lang", factories.password_hash(), now)
            people.grant(session, director, factories.CLAIMS, "claims_director", now)
            assert identity.grants_of(session, director, now)
        try:
            yield Office(installation, database, staff, director)
        finally:
            installation.close()
    forget_blocks()


def test_every_rung_comes_once_across_a_holiday_a_weekend_and_summer_time(office: Office) -> None:
    _over_thanksgiving(office)
    _into_summer_time(office)
    _nothing_is_left(office)


def _over_thanksgiving(office: Office) -> None:
    """From Wednesday, 15:00: two hours that day, none on Thursday, six on Friday; released on Monday."""
    began = local("2026-11-25T15:00")
    office.set_clock(began)
    first = office.assessment(began)
    assert office.row(first).due_at == local("2026-11-27T15:00")
    office.start()
    _climb(office, first, 1, "2026-11-27T11:00")
    office.kill()
    _climb(office, first, 2, "2026-11-27T13:00", restart=True)
    _climb(office, first, 3, "2026-11-27T15:00")
    office.kill()
    _climb(office, first, 4, "2026-11-30T15:00", restart=True)
    office.kill()
    _is_whole(office, first)


def _into_summer_time(office: Office) -> None:
    """From Friday, 13:00; the clocks go forward on Sunday. Many at one moment, and one whose date moves."""
    began = local("2027-03-12T13:00")
    office.set_clock(began)
    many = [office.assessment(began) for _ in range(MANY)]
    moved = office.assessment(began)
    assert office.row(moved).due_at == local("2027-03-15T13:00")
    office.set_clock(local("2027-03-15T10:00"))
    office.start()
    office.climbed(*many, moved, rung=1)
    # A day more: of 16 hours now, 5 have passed. The reminder is due once more, and nothing of the old date.
    office.give(office.row(moved).case_id, 2 * HOURS, office.now)
    assert office.row(moved).rung == 0
    assert office.row(moved).due_at == local("2027-03-16T13:00")
    assert office.next_at(moved) == local("2027-03-15T13:00")
    office.kill()
    office.set_clock(local("2027-03-15T13:00:01"))
    office.start()
    office.climbed(*many, rung=3)
    office.climbed(moved, rung=1)
    office.kill()
    office.set_clock(local("2027-03-18T09:00"))
    office.start()
    office.climbed(*many, moved, rung=4)
    for task in many:
        _is_whole(office, task)
    assert [note["rung"] for note in office.notes(moved)] == [1, *_RUNGS]
    assert office.told(moved) == _expected(office) + Counter({(office.staff["adam"].user_id, "remind"): 1})


def _climb(office: Office, task: int, rung: int, when: str, *, restart: bool = False) -> None:
    """The job of this rung is for this very moment; when it has come, one of the workers climbs it."""
    at = local(when)
    assert office.next_at(task) == at
    assert office.row(task).rung == rung - 1
    office.set_clock(at)
    if restart:
        office.start()
    office.climbed(task, rung=rung)
    assert datetime.fromisoformat((office.row(task).climbed or [""])[-1]) >= at


def _is_whole(office: Office, task: int) -> None:
    """All four rungs, each once, in order; everybody told once; the task urgent, and free again."""
    notes = office.notes(task)
    assert [note["rung"] for note in notes] == _RUNGS
    assert [note["does"] for note in notes] == ["remind", "warn", "overdue", "release"]
    assert office.told(task) == _expected(office)
    row = office.row(task)
    assert (row.assignee_id, row.priority, row.rung, len(row.climbed or ())) == (None, 1, 4, 4)


def _expected(office: Office) -> Counter[tuple[int, str]]:
    adam, cora = office.staff["adam"].user_id, office.staff["cora"].user_id
    return Counter(
        {
            (adam, "remind"): 1,
            (adam, "warn"): 1,
            (cora, "warn"): 1,
            (cora, "overdue"): 1,
            (adam, "taken_away"): 1,
            (office.director, "escalated"): 1,
        }
    )


def _nothing_is_left(office: Office) -> None:
    with office.database.reading() as session:
        assert session.scalar(select(func.count()).where(JobRow.kind == ladder_rows.KIND)) == 0
        assert session.scalars(select(IncidentRow.kind).where(IncidentRow.kind == "rung")).all() == []
        assert audit.verify(session, None).findings == []
