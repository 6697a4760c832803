"""The inbox as rows: who sees what, in which order, page after page."""

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from cases.errors import NotFound
from cases.persistence.tasks import NO_DUE_DATE, HumanTaskRow
from cases.policy.access import Actor
from cases.queries import task_filters, worklist
from cases.queries.worklist import View
from tests.integration.cases.queries.conftest import Claims


def test_pages_give_each_task_once_in_the_order_of_urgency(
    claims: Claims, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worklist, "PAGE", 2)
    for number in range(1, 6):
        claims.clock.pass_time(hours=1)
        claims.triaged(number)
    adam, seen = claims.staff["adam"], []
    after = None
    with claims.transaction() as session:
        for _ in range(5):
            page = worklist.look(session, view(session, adam, "adjuster", claims.now), after)
            seen += [(line.due_at, line.priority, line.id) for line in page.lines]
            after = page.next
            if after is None:
                break
    assert len(seen) == 5
    assert seen == sorted(set(seen))


def test_a_task_without_a_due_date_comes_last_and_shows_none(claims: Claims) -> None:
    first, second = claims.triaged(1), claims.triaged(2)
    with claims.transaction() as session:
        _due(session, first.case_id).due_at = NO_DUE_DATE
    with claims.transaction() as session:
        page = worklist.look(session, view(session, claims.staff["adam"], "adjuster", claims.now))
    assert [line.case_key for line in page.lines] == [second.business_key, first.business_key]
    assert page.lines[1].due_at is None


def test_equal_due_dates_are_ordered_by_priority(claims: Claims) -> None:
    first, second = claims.triaged(1), claims.triaged(2)
    with claims.transaction() as session:
        _due(session, second.case_id).due_at = _due(session, first.case_id).due_at
        _due(session, second.case_id).priority = 1
    with claims.transaction() as session:
        page = worklist.look(session, view(session, claims.staff["adam"], "adjuster", claims.now))
    assert [line.case_key for line in page.lines] == [second.business_key, first.business_key]


def test_counts_stop_at_their_cap(claims: Claims, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(1, 4):
        claims.triaged(number)
    monkeypatch.setattr(worklist, "COUNTED_TO", 2)
    with claims.transaction() as session:
        _, reach = worklist.queue(session, claims.staff["adam"], "adjuster")
        (found,) = worklist.totals(session, [reach])
    assert str(found) == "1+"


def test_nobody_looks_into_the_queue_of_a_role_that_they_have_not(claims: Claims) -> None:
    claims.triaged()
    outsider = Actor(99, "out", "Outsider")
    with claims.transaction() as session:
        for actor in (claims.staff["iris"], claims.staff["ida"], outsider):
            with pytest.raises(NotFound):
                worklist.queue(session, actor, "claims.auto:adjuster")
        assert not worklist.mine(session, outsider).lines
        assert not worklist.may_take(session, outsider)


def test_an_auditor_sees_every_queue_and_works_in_none(claims: Claims) -> None:
    claims.triaged()
    otto = claims.staff["otto"]
    with claims.transaction() as session:
        page = worklist.look(session, view(session, otto, "claims.auto:adjuster", claims.now))
        assert len(page.lines) == 1
        assert worklist.queues(session, otto) == ()


def view(session: Session, actor: Actor, key: str, now: datetime) -> View:
    _, reach = worklist.queue(session, actor, key)
    return View(reach, task_filters.day_of(now, "UTC"), me=actor.user_id)


def _due(session: Session, case_id: int) -> HumanTaskRow:
    return session.query(HumanTaskRow).where(HumanTaskRow.case_id == case_id).one()
