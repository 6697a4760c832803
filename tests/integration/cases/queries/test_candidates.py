"""Who is offered on the sheet is who the door lets pass, and the loads are those of the board."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from cases.errors import CaseError
from cases.persistence.tasks import HumanTaskRow
from cases.policy.access import Actor
from cases.policy.eligibility import Bar
from cases.queries import candidates
from cases.queries.candidates import Sheet
from cases.queries.task_filters import Day
from cases.services import tasks
from tests.integration.cases.services.loans import NOW, deploy, open_loan, person, task_id

Transaction = Callable[[], AbstractContextManager[Session]]
DAY = Day(NOW, NOW + timedelta(hours=9))


class Team:
    def __init__(self, transaction: Transaction) -> None:
        self.transaction = transaction
        deploy(transaction, idle=0)
        names = [("ana", "clerk"), ("bo", "clerk"), ("hedda", "head"), ("rita", "auditor")]
        self.people = {name: person(transaction, name, role) for name, role in names}
        self.hedda = self.people["hedda"]

    def approval(self, amount: str, decided_by: str) -> int:
        """An approval of this amount, of a loan that somebody has decided."""
        case_id = open_loan(self.transaction, amount).case_id
        with self.transaction() as session:
            decider = self.people[decided_by]
            tasks.complete(session, task_id(session, "T1", case_id), {"outcome": "deny"}, decider, NOW)
            return task_id(session, "T2", case_id)

    def decision(self) -> int:
        case_id = open_loan(self.transaction).case_id
        with self.transaction() as session:
            return task_id(session, "T1", case_id)

    def sheet(self, *ids: int, actor: Actor | None = None) -> Sheet:
        with self.transaction() as session:
            return candidates.sheet(session, actor or self.hedda, ids, DAY)


@pytest.fixture
def team(transaction: Transaction) -> Team:
    return Team(transaction)


def test_each_answer_is_what_the_door_would_say(team: Team) -> None:
    ids = [team.approval("500", "ana"), team.approval("5000", "bo"), team.decision()]
    found = team.sheet(*ids)
    people = {one.name: one for one in (*found.people, *found.others)}
    assert set(people) == {"Ana", "Bo", "Hedda"}
    for name, one in people.items():
        passed, codes = 0, []
        for number in ids:
            try:
                with team.transaction() as session:
                    tasks.assign(session, number, one.id, "", team.hedda, NOW)
                    passed += 1
                    session.rollback()
            except CaseError as refused:
                codes.append(getattr(refused, "code", ""))
        assert one.takes == passed, name
        assert sorted(bar.value for bar, count in one.bars.items() for _ in range(count)) == sorted(codes)
    assert people["Ana"].bars == {Bar.FOUR_EYES: 1, Bar.AUTHORITY: 1}
    assert people["Hedda"].bars == {Bar.ROLE: 1}


def test_loads_are_shown_before_and_after_and_the_freest_of_the_able_comes_first(team: Team) -> None:
    ids = [team.decision() for _ in range(3)]
    with team.transaction() as session:
        tasks.claim(session, ids[0], team.people["ana"], NOW)
    found = team.sheet(*ids)
    assert [(one.name, one.load.open.count, one.after, one.has) for one in found.people] == [
        ("Bo", 0, 3, 0),
        ("Ana", 1, 3, 1),
    ]
    assert [one.name for one in found.others] == ["Hedda"]
    assert (found.held, found.unknown, found.most) == (1, 0, 3)


def test_what_is_over_or_not_ones_to_hand_out_is_not_chosen(team: Team) -> None:
    decided = team.approval("500", "ana")
    with team.transaction() as session:
        case_id = session.get_one(HumanTaskRow, decided).case_id
        over = task_id(session, "T1", case_id)
    found = team.sheet(over, decided, 987_654, decided)
    assert [one.id for one in found.tasks] == [decided]
    assert found.unknown == 2
    assert team.sheet(decided, actor=team.people["ana"]).tasks == ()


def test_many_tasks_cost_no_more_statements_than_few(team: Team) -> None:
    few = [team.approval("500", "ana")]
    many = [*few, *(team.approval("500", "bo") for _ in range(6)), team.decision()]
    assert _statements(team, few) == _statements(team, many)


def _statements(team: Team, ids: list[int]) -> int:
    seen: list[str] = []
    with team.transaction() as session:
        session.execute(select(HumanTaskRow.id).limit(1)).all()
        engine = session.connection().engine

        def note(_c: object, _k: object, statement: str, *_more: object) -> None:
            seen.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        try:
            candidates.sheet(session, team.hedda, ids, DAY)
        finally:
            event.remove(engine, "before_cursor_execute", note)
    return len(seen)
