"""Rungs of a ladder as rows: each once, in order, with what it does and who is told of it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.cmmn.commands import Note, Resume, Suspend, WriteFile
from cases.persistence import codec
from cases.persistence.clocks import SlaClockRow
from cases.persistence.jobs import IncidentRow, JobRow
from cases.persistence.journal import JournalRow
from cases.persistence.notifications import NotificationRow
from cases.persistence.people import MembershipRow
from cases.persistence.tasks import NO_DUE_DATE, HumanTaskRow
from cases.policy.access import SYSTEM
from cases.scheduler import worker
from cases.services import (
    audit,
    deployments,
    escalations,
    execution,
    instances,
    notifications,
    people,
    tasks,
)
from cases.services.execution import Turn
from tests.integration.cases.services.loans import NOW, app_files, open_loan, person, task_id

Transaction = Callable[[], AbstractContextManager[Session]]

ZONE = ZoneInfo("America/New_York")
_LADDER = """
[ladders.usual]
rungs = [
  {at = "50%", who = ["assignee"], does = "remind"},
  {at = "75%", who = ["assignee", "head"], does = "warn"},
  {at = "100%", who = ["head"], does = "overdue"},
  {at = "+8 bh", who = ["auditor"], does = "release"},
]
"""
# T1 begins on Monday, 10:00, and is due after 8 working hours: on Tuesday at 10:00.
REMINDED, WARNED = (2, 14), (2, 16)
OVERDUE, RELEASED = (3, 10), (4, 10)


def at(day: int, hour: float) -> datetime:
    midnight = datetime(2026, 3, day, tzinfo=ZONE)
    return (midnight + timedelta(hours=hour)).astimezone(UTC)


@pytest.fixture
def desk(transaction: Transaction) -> "Desk":
    files = app_files(0)
    app = files["app.toml"].decode()
    app = app.replace('zone = "America/New_York"\n\n', 'zone = "America/New_York"\nladder = "usual"\n\n', 1)
    files["app.toml"] = (app + _LADDER).encode()
    with transaction() as session:
        deployments.deploy(session, files, SYSTEM, NOW)
    return Desk(transaction)


class Desk:
    """Loans whose tasks have a ladder, and the people who look after them."""

    def __init__(self, transaction: Transaction) -> None:
        self.transaction = transaction
        self.ana = person(transaction, "ana", "clerk")
        self.hugo = person(transaction, "hugo", "head")
        self.otto = person(transaction, "otto", "auditor")

    def open(self, **more: Any) -> Turn:
        return open_loan(self.transaction, now=NOW, **more)

    def claimed(self) -> Turn:
        turn = self.open()
        with self.transaction() as session:
            tasks.claim(session, task_id(session, "T1", turn.case_id), self.ana, NOW)
        return turn

    def tick(self, now: datetime) -> None:
        worker.tick(self.transaction, now)

    def task(self, turn: Turn, definition: str = "T1") -> HumanTaskRow:
        with self.transaction() as session:
            row = session.get_one(HumanTaskRow, task_id(session, definition, turn.case_id))
            session.expunge(row)
            return row

    def rungs(self, turn: Turn) -> list[tuple[int, datetime]]:
        """The jobs of rungs of this case."""
        with self.transaction() as session:
            rows = session.scalars(
                select(JobRow).where(JobRow.case_id == turn.case_id, JobRow.kind == "rung")
            ).all()
            return sorted((codec.unpack(row.payload or b"")["rung"], row.run_at) for row in rows)

    def told(self) -> list[tuple[int, str, int]]:
        """Who was told what, by which rung, in the order of telling."""
        with self.transaction() as session:
            rows = session.scalars(select(NotificationRow).order_by(NotificationRow.id)).all()
            return [(row.user_id, row.kind, (row.details or {})["rung"]) for row in rows]

    def notes(self, turn: Turn) -> list[dict[str, Any]]:
        """What the journal says of rungs."""
        with self.transaction() as session:
            rows = session.scalars(
                select(JournalRow).where(JournalRow.case_id == turn.case_id).order_by(JournalRow.version)
            ).all()
            commands = [(row.actor, row.via, codec.unpack_entry(row.body or b"")[0]) for row in rows]
        return [
            {"actor": actor, "via": via, **command.data}
            for actor, via, command in commands
            if isinstance(command, Note) and command.kind == escalations.ESCALATED
        ]

    def change(self, turn: Turn, path: str, value: object, now: datetime) -> None:
        with self.transaction() as session:
            command = WriteFile(path=tuple(path.split(".")), value=value)
            execution.execute(session, turn.case_id, command, SYSTEM, "test", now)


def test_a_task_is_opened_with_the_job_of_its_first_rung_alone(desk: Desk) -> None:
    turn = desk.open()
    assert desk.rungs(turn) == [(1, at(*REMINDED))]
    task = desk.task(turn)
    assert (task.ladder, task.rung, task.due_text, task.warn_at) == ("usual", 0, "8 bh", at(*WARNED))
    assert task.due_at == at(*OVERDUE)


def test_each_rung_comes_at_its_time_does_what_it_says_and_makes_the_next(desk: Desk) -> None:
    turn = desk.claimed()
    ana, hugo, otto = desk.ana.user_id, desk.hugo.user_id, desk.otto.user_id
    for when, told, following in (
        (REMINDED, [(ana, "remind", 1)], [(2, at(*WARNED))]),
        (WARNED, [(ana, "warn", 2), (hugo, "warn", 2)], [(3, at(*OVERDUE))]),
        (OVERDUE, [(hugo, "overdue", 3)], [(4, at(*RELEASED))]),
        (RELEASED, [(ana, "taken_away", 4), (otto, "escalated", 4)], []),
    ):
        before = desk.told()
        desk.tick(at(*when) - timedelta(seconds=1))
        assert desk.told() == before
        desk.tick(at(*when))
        desk.tick(at(*when))
        assert desk.told() == before + told
        assert desk.rungs(turn) == following
    task = desk.task(turn)
    assert (task.rung, task.priority, task.assignee_id, task.claimed_at) == (4, 1, None, None)
    assert task.climbed == [
        at(*when).replace(tzinfo=None).isoformat() + "Z" for when in (REMINDED, WARNED, OVERDUE, RELEASED)
    ]


def test_the_journal_says_by_which_rule_and_why(desk: Desk) -> None:
    turn = desk.claimed()
    for when in (REMINDED, WARNED, OVERDUE, RELEASED):
        desk.tick(at(*when))
    notes = desk.notes(turn)
    assert [(one["rung"], one["at"], one["does"]) for one in notes] == [
        (1, "50%", "remind"),
        (2, "75%", "warn"),
        (3, "100%", "overdue"),
        (4, "+8 bh", "release"),
    ]
    assert all((one["actor"], one["via"], one["ladder"]) == ("system", "ladder", "usual") for one in notes)
    assert [bool(one.get("breach")) for one in notes] == [False, False, True, False]
    assert (notes[3]["from"], notes[3]["user"]) == (desk.ana.user_id, None)
    with desk.transaction() as session:
        assert audit.verify(session, None).findings == []


def test_nobody_is_reminded_of_a_task_that_nobody_has(desk: Desk) -> None:
    turn = desk.open()
    for when in (REMINDED, WARNED, OVERDUE, RELEASED):
        desk.tick(at(*when))
    hugo, otto = desk.hugo.user_id, desk.otto.user_id
    assert desk.told() == [(hugo, "warn", 2), (hugo, "overdue", 3), (otto, "escalated", 4)]
    assert desk.task(turn).rung == 4


def test_rungs_that_came_due_while_nothing_ran_are_climbed_one_after_the_other(desk: Desk) -> None:
    turn = desk.claimed()
    desk.tick(at(16, 12))
    assert [one["rung"] for one in desk.notes(turn)] == [1, 2, 3, 4]
    assert desk.rungs(turn) == []
    assert desk.task(turn).assignee_id is None


def test_what_is_completed_escalates_no_more(desk: Desk) -> None:
    turn = desk.claimed()
    desk.tick(at(*REMINDED))
    with desk.transaction() as session:
        tasks.complete(
            session, task_id(session, "T1", turn.case_id), {"outcome": "deny"}, desk.ana, at(2, 15)
        )
    assert desk.rungs(turn) == []
    desk.tick(at(16, 12))
    assert [one["rung"] for one in desk.notes(turn)] == [1]


def test_a_case_that_ends_takes_its_rungs_along(desk: Desk) -> None:
    turn = desk.open()
    with desk.transaction() as session:
        instances.terminate(session, turn.case_id, "withdrawn", SYSTEM, "test", at(2, 11))
    assert desk.rungs(turn) == []


def test_the_rung_of_a_paused_task_waits_until_it_goes_on(desk: Desk) -> None:
    turn = desk.claimed()
    item = desk.task(turn).plan_item
    with desk.transaction() as session:
        execution.execute(session, turn.case_id, Suspend(item), SYSTEM, "test", at(2, 11))
    desk.tick(at(*OVERDUE))
    assert desk.told() == []
    with desk.transaction() as session:
        execution.execute(session, turn.case_id, Resume(item), SYSTEM, "test", at(3, 11))
    desk.tick(at(3, 12))
    assert [one["rung"] for one in desk.notes(turn)] == [1, 2, 3]


def test_a_job_whose_rung_was_climbed_meanwhile_does_nothing(desk: Desk) -> None:
    turn = desk.claimed()
    with desk.transaction() as session:
        (job,) = session.scalars(select(JobRow.id).where(JobRow.kind == "rung")).all()
        session.get_one(HumanTaskRow, task_id(session, "T1", turn.case_id)).rung = 1
    with desk.transaction() as session:
        assert not escalations.climb(session, job, at(*WARNED))
    assert desk.told() == []


def test_a_rung_that_fails_half_way_leaves_nothing_behind_and_is_climbed_later(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn = desk.claimed()

    def fail(*_args: object) -> None:
        raise RuntimeError("the notices cannot be written")

    with monkeypatch.context() as patch:
        patch.setattr(notifications, "tell", fail)
        desk.tick(at(*REMINDED))
    task = desk.task(turn)
    assert (task.rung, task.climbed, desk.notes(turn), desk.told()) == (0, None, [], [])
    assert [number for number, _ in desk.rungs(turn)] == [1]
    desk.tick(at(*REMINDED) + timedelta(minutes=1))
    assert [one["rung"] for one in desk.notes(turn)] == [1]
    assert desk.told() == [(desk.ana.user_id, "remind", 1)]


def test_who_has_a_role_no_more_or_left_is_not_told(desk: Desk) -> None:
    desk.open()
    with desk.transaction() as session:
        gone = people.create_user(session, "gone", "Gone", None, NOW)
        people.grant(session, gone, "loans", "head", NOW)
        people.disable(session, gone, NOW)
        over = people.create_user(session, "over", "Over", None, NOW)
        people.grant(session, over, "loans", "head", NOW)
        session.get_one(MembershipRow, (over, "loans", "head")).until = at(2, 12)
    desk.tick(at(*WARNED))
    assert desk.told() == [(desk.hugo.user_id, "warn", 2)]


def test_a_due_date_that_moves_away_takes_warning_and_rungs_along(desk: Desk) -> None:
    """T2 is due when the applicant's data say so."""
    turn = desk.open(due="2026-03-04T10:00")
    with desk.transaction() as session:
        tasks.complete(session, task_id(session, "T1", turn.case_id), {"outcome": "deny"}, desk.ana, NOW)
    begun = desk.task(turn, "T2")
    assert (begun.due_at, begun.warn_at) == (at(4, 10), at(3, 14))
    assert desk.rungs(turn) == [(1, at(3, 10))]
    desk.tick(at(3, 15))
    assert desk.task(turn, "T2").rung == 2
    desk.change(turn, "applicant.due", "2026-03-10T10:00", at(3, 15))
    moved = desk.task(turn, "T2")
    # 48 working hours now, of which 13 have passed: the reminder is due once more, on Thursday.
    assert (moved.due_at, moved.due_text, moved.rung) == (at(10, 10), "2026-03-10T10:00", 0)
    assert desk.rungs(turn) == [(1, at(5, 10))]
    desk.tick(at(3, 16))
    assert desk.task(turn, "T2").rung == 0


def test_a_due_date_that_comes_nearer_repeats_nothing(desk: Desk) -> None:
    turn = desk.open(due="2026-03-06T10:00")
    with desk.transaction() as session:
        tasks.complete(session, task_id(session, "T1", turn.case_id), {"outcome": "deny"}, desk.ana, NOW)
    desk.tick(at(4, 10))
    assert desk.task(turn, "T2").rung == 1
    desk.change(turn, "applicant.due", "2026-03-04T12:00", at(4, 10))
    desk.tick(at(4, 13))
    assert [one["rung"] for one in desk.notes(turn)] == [1, 2, 3]


def test_a_due_date_that_goes_leaves_no_rung(desk: Desk) -> None:
    turn = desk.open(due="2026-03-06T10:00")
    with desk.transaction() as session:
        tasks.complete(session, task_id(session, "T1", turn.case_id), {"outcome": "deny"}, desk.ana, NOW)
    desk.change(turn, "applicant.due", None, at(2, 11))
    gone = desk.task(turn, "T2")
    assert (gone.due_at, gone.due_text, gone.warn_at) == (NO_DUE_DATE, None, None)
    assert desk.rungs(turn) == []
    desk.change(turn, "applicant.due", "2026-03-04T10:00", at(2, 12))
    assert desk.rungs(turn) == [(1, at(3, 10))]


def test_data_that_a_due_date_does_not_read_leaves_it_alone(desk: Desk) -> None:
    turn = desk.open(due="2026-03-06T10:00")
    with desk.transaction() as session:
        tasks.complete(session, task_id(session, "T1", turn.case_id), {"outcome": "deny"}, desk.ana, NOW)
    before = desk.task(turn, "T2").version
    desk.change(turn, "applicant.name", "Bea", at(2, 11))
    assert desk.task(turn, "T2").version == before


def test_a_clock_ends_met_or_missed(desk: Desk) -> None:
    """The policy gives 16 working hours from Monday, 10:00: until Wednesday, 10:00."""
    in_time, late = desk.claimed(), desk.claimed()
    for turn, when in ((in_time, at(4, 10)), (late, at(4, 10) + timedelta(seconds=1))):
        with desk.transaction() as session:
            tasks.complete(session, task_id(session, "T1", turn.case_id), {"outcome": "deny"}, desk.ana, when)
    with desk.transaction() as session:
        states = dict(session.execute(select(SlaClockRow.case_id, SlaClockRow.state)).all())
    assert states == {in_time.case_id: "met", late.case_id: "missed"}


def test_many_rungs_at_one_moment_are_each_climbed_once(desk: Desk) -> None:
    turns = [desk.claimed() for _ in range(60)]
    desk.tick(at(*WARNED))
    desk.tick(at(*WARNED))
    told = desk.told()
    assert len(told) == 60 * 3
    assert [len(desk.notes(turn)) for turn in turns] == [2] * 60
    with desk.transaction() as session:
        assert session.scalars(select(IncidentRow.id)).all() == []
