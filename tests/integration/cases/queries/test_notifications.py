"""What people are told: each their own, the latest first, and nothing that they may not see."""

from dataclasses import replace

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from cases.persistence.people import UserRow
from cases.persistence.tasks import HumanTaskRow
from cases.policy.access import Actor
from cases.queries import notifications
from cases.services import notifications as notices
from cases.services import people
from cases.services.execution import Turn
from cases.services.notifications import Notice
from tests import factories
from tests.integration.cases.queries.conftest import Claims


def test_a_person_is_told_what_happened_to_which_task_and_by_whom(claims: Claims) -> None:
    turn = claims.triaged()
    adam, cora = claims.staff["adam"], claims.staff["cora"]
    with claims.transaction() as session:
        task = _task(session, turn)
        note: dict[str, object] = {"note": "Ana is away.", "batch": 7}
        notices.tell(
            session,
            [replace(_notice(adam, turn, task.id, notices.ASSIGNED, **note), by_id=cora.user_id)],
            claims.now,
        )
        (line,) = notifications.latest(session, adam)
    assert (line.kind, line.by, line.details) == ("assigned", "Cora Diaz", note)
    assert (line.task_id, line.task_name, line.case_key) == (task.id, task.name, turn.business_key)
    assert line.created_at == claims.now
    assert not line.is_read
    assert line.case_title
    assert line.zone == "America/New_York"


def test_what_a_rule_tells_is_by_nobody(claims: Claims) -> None:
    turn = claims.triaged()
    with claims.transaction() as session:
        notices.tell(session, [_notice(claims.staff["adam"], turn, None, notices.REMIND)], claims.now)
        (line,) = notifications.latest(session, claims.staff["adam"])
    assert (line.by, line.task_id, line.task_name) == ("", None, "")


def test_everybody_sees_their_own_notices_the_latest_first(claims: Claims) -> None:
    turn = claims.triaged()
    adam, ana = claims.staff["adam"], claims.staff["ana"]
    with claims.transaction() as session:
        for kind in (notices.REMIND, notices.WARN, notices.OVERDUE):
            told = [_notice(adam, turn, None, kind), _notice(ana, turn, None, notices.ESCALATED)]
            notices.tell(session, told, claims.now)
        assert [line.kind for line in notifications.latest(session, adam)] == ["overdue", "warn", "remind"]
        assert [line.kind for line in notifications.latest(session, adam, limit=2)] == ["overdue", "warn"]
        assert notifications.unread(session, adam) == 3
        assert notifications.unread(session, claims.staff["sven"]) == 0


def test_what_came_after_the_page_was_drawn_stays_unread(claims: Claims) -> None:
    turn = claims.triaged()
    adam, ana = claims.staff["adam"], claims.staff["ana"]
    with claims.transaction() as session:
        for _ in range(3):
            notices.tell(session, [_notice(one, turn, None, "warn") for one in (adam, ana)], claims.now)
        newest, middle, oldest = notifications.latest(session, adam)
        notices.mark_read(session, adam, middle.id, claims.now)
        assert [line.is_read for line in notifications.latest(session, adam)] == [False, True, True]
        assert notifications.unread(session, adam) == 1
        assert notifications.unread(session, ana) == 3
        assert newest.id > middle.id > oldest.id


def test_many_unread_notices_are_counted_to_a_cap(claims: Claims, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifications, "COUNTED_TO", 4)
    turn = claims.triaged()
    adam = claims.staff["adam"]
    with claims.transaction() as session:
        notices.tell(session, [_notice(adam, turn, None, "warn") for _ in range(6)], claims.now)
        assert notifications.unread(session, adam) == 4


def test_who_lost_the_right_to_see_a_case_does_not_get_its_name(claims: Claims) -> None:
    turn = claims.triaged()
    adam = claims.staff["adam"]
    with claims.transaction() as session:
        task = _task(session, turn).id
        notices.tell(
            session, [_notice(adam, turn, task, "taken_away", note="Ilse Brandt is away.")], claims.now
        )
        (line,) = notifications.latest(session, replace(adam, grants=frozenset()))
    assert (line.kind, line.created_at) == ("taken_away", claims.now)
    assert (line.task_id, line.task_name, line.case_key, line.case_title) == (None, "", "", "")
    assert line.details == {}


def test_a_task_whose_answer_is_hidden_from_a_person_has_no_name_for_them(claims: Claims) -> None:
    """What fraud specialists do in a claim exists for nobody else (case-models.md section 3)."""
    turn = claims.triaged(dup=True, hour=3, prior=3, shared=True)
    iris, ida = claims.staff["iris"], claims.staff["ida"]
    with claims.transaction() as session:
        of_claim = select(HumanTaskRow).where(HumanTaskRow.case_id == turn.case_id)
        hidden = session.scalars(of_claim.where(HumanTaskRow.definition == "NY4")).one()
        told_both = [_notice(one, turn, hidden.id, "warn", rung=2) for one in (iris, ida)]
        notices.tell(session, told_both, claims.now)
        (told,) = notifications.latest(session, iris)
        (seen,) = notifications.latest(session, ida)
    assert (told.task_id, told.task_name, told.details) == (None, "", {})
    assert (seen.task_id, seen.task_name, seen.details) == (hidden.id, hidden.name, {"rung": 2})


def test_notices_go_with_the_person(claims: Claims) -> None:
    turn = claims.triaged()
    with claims.transaction() as session:
        user = people.create_user(session, "temp", "Temp", factories.password_hash(), claims.now)
        gone = Actor(user, "temp", "Temp", claims.staff["adam"].grants)
        notices.tell(session, [_notice(gone, turn, None, "warn")], claims.now)
        assert notifications.unread(session, gone) == 1
    with claims.transaction() as session:
        session.execute(delete(UserRow).where(UserRow.id == user))
    with claims.transaction() as session:
        assert notifications.latest(session, gone) == []


def _task(session: Session, turn: Turn) -> HumanTaskRow:
    return session.scalars(
        select(HumanTaskRow).where(HumanTaskRow.case_id == turn.case_id).order_by(HumanTaskRow.id)
    ).first() or pytest.fail("the claim has no task")


def _notice(actor: Actor, turn: Turn, task: int | None, kind: str, **details: object) -> Notice:
    return Notice(actor.user_id, kind, factories.CLAIMS, turn.case_id, task, details=details)
