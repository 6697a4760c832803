"""The supervisors' board: each number is that of its list, and no number costs more than its cap."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.orm import Session

from cases.errors import NotFound
from cases.persistence.people import UserRow
from cases.persistence.tasks import NO_DUE_DATE, HumanTaskRow, QueueRow
from cases.policy.access import Actor
from cases.queries import board, board_lines
from cases.queries.board import Show
from cases.queries.task_filters import Day
from cases.services import batches, notifications, tasks
from cases.services.batches import Pick, Wanted
from cases.services.notifications import Notice
from tests.integration.cases.services.loans import FAMILY, NOW, deploy, open_loan, person, task_id

Transaction = Callable[[], AbstractContextManager[Session]]
LATER = NOW + timedelta(days=4)
DAY = Day(LATER, LATER + timedelta(hours=9))


class Team:
    def __init__(self, transaction: Transaction) -> None:
        self.transaction = transaction
        deploy(transaction, idle=0)
        self.ana, self.bo = person(transaction, "ana", "clerk"), person(transaction, "bo", "clerk")
        self.hedda = person(transaction, "hedda", "head")

    def task(self, due: datetime, who: Actor | None = None, warn: datetime | None = None) -> int:
        case_id = open_loan(self.transaction).case_id
        with self.transaction() as session:
            number = task_id(session, "T1", case_id)
            if who is not None:
                tasks.claim(session, number, who, NOW)
            session.execute(
                update(HumanTaskRow).where(HumanTaskRow.id == number).values(due_at=due, warn_at=warn)
            )
        return number


@pytest.fixture
def team(transaction: Transaction) -> Team:
    return Team(transaction)


def hours(number: float) -> datetime:
    return LATER + timedelta(hours=number)


def test_each_number_is_that_of_the_list_behind_it(team: Team) -> None:
    team.task(hours(-3), team.ana, hours(-5))
    team.task(hours(-2), None, None)
    team.task(hours(2), team.ana, hours(-1))
    team.task(hours(3), team.bo, hours(1))
    team.task(hours(30), None, hours(-1))
    team.task(NO_DUE_DATE, team.bo)
    with team.transaction() as session:
        found = board.load(session, team.hedda, DAY)
        for show, number in found.figures.items():
            page = board.late(session, team.hedda, show, DAY)
            assert number.count == len(page.lines) > 0, show
            listed = [(line.id, line.assignee_id) for line in page.lines]
            assert board.all_late(session, team.hedda, show, DAY) == listed
        assert {show.value: one.count for show, one in found.figures.items()} == {
            "overdue": 2,
            "at_risk": 2,
            "today": 2,
            "unassigned": 2,
        }
        for load in found.people:
            kinds = {Show.OPEN: load.open, Show.OVERDUE: load.overdue}
            kinds |= {Show.AT_RISK: load.at_risk, Show.TODAY: load.today}
            for show, number in kinds.items():
                page = board.of_person(session, team.hedda, int(load.key), show, DAY)
                assert number.count == len(page.lines), (load.name, show)
                listed = [(line.id, line.assignee_id) for line in page.lines]
                assert board.all_of_person(session, team.hedda, int(load.key), show, DAY) == listed
            assert board.person_load(session, team.hedda, int(load.key), DAY) == load
        names = [(one.name, one.open.count, one.oldest_due) for one in found.people]
        assert names == [("Ana", 2, hours(-3)), ("Bo", 2, hours(3)), ("Hedda", 0, None)]
        assert [(one.name, one.open.count, one.overdue.count) for one in found.queues] == [("Clerk", 2, 1)]
        assert found.most == 2


def test_the_most_overdue_comes_first_and_what_is_at_risk_after_what_is_late(team: Team) -> None:
    at_risk = team.task(hours(2), team.bo, hours(-1))
    late = team.task(hours(-1), team.ana, hours(-2))
    latest = team.task(hours(-9))
    team.task(hours(3), team.ana, hours(1))
    with team.transaction() as session:
        page = board.late(session, team.hedda, Show.LATE, DAY)
    assert [line.id for line in page.lines] == [latest, late, at_risk]
    assert [(line.assignee, line.queue) for line in page.lines] == [
        ("", "Clerk"),
        ("Ana", "Clerk"),
        ("Bo", "Clerk"),
    ]


def test_a_list_goes_on_on_its_next_page_without_a_gap(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board_lines, "PAGE", 2)
    ids = [team.task(hours(-9 + number)) for number in range(5)]
    found: list[int] = []
    after = None
    with team.transaction() as session:
        while True:
            page = board.late(session, team.hedda, Show.LATE, DAY, after)
            found += [line.id for line in page.lines]
            after = page.next
            if after is None:
                break
    assert found == ids


def test_a_line_says_who_was_told_last(team: Team) -> None:
    number = team.task(hours(-1), team.ana)
    with team.transaction() as session:
        case_id = session.get_one(HumanTaskRow, number).case_id
        for who, kind in ((team.ana, "warn"), (team.hedda, "escalated")):
            notice = Notice(who.user_id, kind, FAMILY, case_id, number)
            notifications.tell(session, [notice], hours(-0.5))
        [line] = board.late(session, team.hedda, Show.OVERDUE, DAY).lines
    assert line.told is not None
    assert (line.told.name, line.told.kind, line.told.at) == ("Hedda", "escalated", hours(-0.5))


def test_right_after_tasks_were_handed_over_everybodys_numbers_are_right(team: Team) -> None:
    ids = [team.task(hours(-1), team.ana) for _ in range(3)]
    with team.transaction() as session:
        picks = [Pick(number, team.ana.user_id) for number in ids]
        batches.reassign(session, Wanted(picks, team.bo.user_id), team.hedda, LATER)
    with team.transaction() as session:
        counted = board.loads(session, team.hedda, [team.ana.user_id, team.bo.user_id], DAY)
        assert counted[team.ana.user_id].overdue.count == 0
        assert counted[team.bo.user_id].overdue.count == 3


def test_who_has_left_with_open_work_is_seen_and_who_has_left_without_is_not(team: Team) -> None:
    team.task(hours(-1), team.bo)
    with team.transaction() as session:
        for who in (team.ana, team.bo):
            session.get_one(UserRow, who.user_id).state = "disabled"
    with team.transaction() as session:
        found = board.load(session, team.hedda, DAY)
        assert [(one.name, one.is_here) for one in found.people] == [("Bo", False), ("Hedda", True)]
        with pytest.raises(NotFound):
            board.person_load(session, team.hedda, team.ana.user_id, DAY)


def test_who_supervises_nothing_sees_nothing(team: Team) -> None:
    team.task(hours(-1), team.bo)
    with team.transaction() as session:
        found = board.load(session, team.ana, DAY)
        assert not any(found.figures.values())
        assert found.people == ()
        assert board.late(session, team.ana, Show.LATE, DAY).lines == ()
        assert board.of_person(session, team.ana, team.bo.user_id, Show.OPEN, DAY).lines == ()


def test_beyond_the_cap_there_are_only_more(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board, "COUNTED_TO", 3)
    for number in range(4):
        team.task(hours(-1 - number), team.ana)
    with team.transaction() as session:
        found = board.load(session, team.hedda, DAY)
    assert [str(found.figures[Show.OVERDUE]), str(found.people[0].open)] == ["2+", "2+"]


def test_no_number_and_no_list_looks_at_all_open_tasks(team: Team) -> None:
    """The plans of both databases: an index for each range, never the whole table."""
    number = team.task(hours(-1), team.ana, hours(-2))
    with team.transaction() as session:
        one = (
            session.execute(select(HumanTaskRow.__table__).where(HumanTaskRow.id == number)).mappings().one()
        )
        queue = session.scalars(select(QueueRow.id)).first()
        rows = [
            {
                **one,
                "id": number + 10_000 + at,
                "queue_id": queue,
                "assignee_id": (1_000 + at % 30) if at % 3 else None,
                "due_at": hours(at - 100),
                "warn_at": hours(at - 120),
            }
            for at in range(6000)
        ]
        session.execute(insert(HumanTaskRow), rows)
    with team.transaction() as session:
        session.execute(text("ANALYZE"))
        statements = [
            board._people(["loans"], DAY, 1),
            board_lines._keys(board._arms(session, ["loans"], Show.LATE, DAY), None, 51).select(),
            board_lines._keys(board._arms(session, ["loans"], Show.UNASSIGNED, DAY), None, 51).select(),
        ]
        for statement in statements:
            plan = plan_of(session, statement)
            assert "SCAN human_task" not in plan.replace("SCAN human_task USING", "")
            assert "Seq Scan on human_task" not in plan


def plan_of(session: Session, statement: object) -> str:
    engine = session.get_bind()
    compiled = statement.compile(engine, compile_kwargs={"literal_binds": True})  # type: ignore[attr-defined]
    word = "EXPLAIN QUERY PLAN" if engine.dialect.name == "sqlite" else "EXPLAIN"
    rows = session.connection().exec_driver_sql(f"{word} {compiled}".replace("%", "%%"))
    return "\n".join(str(row[-1]) for row in rows)
