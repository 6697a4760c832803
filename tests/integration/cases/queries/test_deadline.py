"""A deadline as the page shows it: the sum, line by line, and what happens on the way."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import select, update

from cases.cmmn.commands import WriteFile
from cases.persistence.tasks import NO_DUE_DATE, HumanTaskRow
from cases.policy.access import SYSTEM
from cases.queries import deadline, sight, snapshot, task_page, timeline
from cases.queries.deadline import Deadline
from cases.scheduler import worker
from cases.services import execution
from cases.services.execution import Turn
from tests import factories
from tests.integration.cases.queries.conftest import Claims

ZONE = ZoneInfo("America/New_York")


def test_a_deadline_is_explained_line_by_line(claims: Claims) -> None:
    found = _deadline(claims, claims.triaged())
    assert found.text.endswith(" bh")
    assert (found.calendar, found.zone, found.ladder) == ("NY", "America/New_York", "claims")
    assert found.lines[0].startswith(f"{found.text} from ")
    assert found.lines[-1] == f"due {found.due_at.astimezone(ZONE):%a %Y-%m-%d %H:%M %Z}"
    assert len(found.lines) > 3


def test_its_rungs_stand_with_their_times_and_whom_they_tell(claims: Claims) -> None:
    found = _deadline(claims, claims.triaged())
    assert [(rung.text, rung.does, rung.who, rung.state) for rung in found.rungs] == [
        ("50%", "remind", ("assignee",), "next"),
        ("75%", "warn", ("assignee", "Claims supervisor"), "later"),
        ("100%", "overdue", ("Claims supervisor",), "later"),
        ("+8 bh", "release", ("Claims director",), "later"),
    ]
    assert found.rungs[1].at == found.warn_at
    assert found.rungs[2].at == found.due_at
    assert [rung.at for rung in found.rungs] == sorted(rung.at for rung in found.rungs)


def test_a_rung_that_was_climbed_says_when(claims: Claims) -> None:
    turn = claims.triaged()
    late = _deadline(claims, turn).rungs[1].at + timedelta(minutes=5)
    worker.tick(claims.transaction, late)
    rungs = _deadline(claims, turn).rungs
    assert [(rung.state, rung.climbed_at) for rung in rungs] == [
        ("climbed", late),
        ("climbed", late),
        ("next", None),
        ("later", None),
    ]


def test_what_was_done_in_time_has_no_next_rung(claims: Claims) -> None:
    turn = claims.triaged()
    with claims.transaction() as session:
        session.execute(update(HumanTaskRow).where(HumanTaskRow.case_id == turn.case_id).values(state=4))
    assert {rung.state for rung in _deadline(claims, turn).rungs} == {"passed"}


def test_a_deadline_far_away_leaves_out_the_days_in_the_middle(claims: Claims) -> None:
    turn = claims.triaged()
    with claims.transaction() as session:
        row = session.scalars(select(HumanTaskRow).where(HumanTaskRow.case_id == turn.case_id)).one()
        row.due_text, row.due_at = "P200D", row.created_at + timedelta(days=200)
    assert len(_deadline(claims, turn).lines) <= deadline.MOST_LINES + 1
    with claims.transaction() as session:
        row = session.scalars(select(HumanTaskRow).where(HumanTaskRow.case_id == turn.case_id)).one()
        row.due_text, row.due_at = "400 bd", datetime(2027, 10, 5, 21, tzinfo=UTC)
    lines = _deadline(claims, turn).lines
    assert (len(lines), lines[deadline.MOST_LINES // 2]) == (deadline.MOST_LINES + 1, "…")


def test_a_task_that_is_never_due_has_none(claims: Claims) -> None:
    turn = claims.triaged()
    with claims.transaction() as session:
        row = session.scalars(select(HumanTaskRow).where(HumanTaskRow.case_id == turn.case_id)).one()
        row.due_at = NO_DUE_DATE
        assert deadline.of_task(sight.of_id(session, turn.case_id, SYSTEM), row) is None


def test_the_page_of_a_task_and_the_document_of_a_case_show_the_same(claims: Claims) -> None:
    turn = claims.triaged()
    found = _deadline(claims, turn)
    with claims.transaction() as session:
        row = session.scalars(select(HumanTaskRow).where(HumanTaskRow.case_id == turn.case_id)).one()
        assert task_page.load(session, row.id, claims.staff["adam"]).deadline == found
        document = snapshot.of(session, turn.business_key, SYSTEM, claims.now)
    (task,) = _plain(document)["tasks"]
    assert [(rung["rung"], rung["text"], rung["state"]) for rung in task["rungs"]] == [
        (rung.number, rung.text, rung.state) for rung in found.rungs
    ]


def test_the_document_says_what_a_clock_has_used(claims: Claims) -> None:
    """Somebody is to say whether a claim is a duplicate; the claim is to be triaged within 4 hours."""
    turn = claims.new()
    policy = {"result": "found", "inForceAtLoss": True, "premiumPaid": True, "perilCovered": True}
    factories.answer_step(claims.transaction, turn.case_id, "SV1", policy, claims.now)
    found = {"candidates": 1, "cases": [], "keys": ["CLM-2026-000009"]}
    factories.answer_step(claims.transaction, turn.case_id, "SV8", found, claims.now)
    with claims.transaction() as session:
        document = snapshot.of(session, turn.business_key, SYSTEM, claims.now + timedelta(days=1))
    (clock,) = _plain(document)["clocks"]
    assert (clock["sla"], clock["state"], clock["used"]) == ("triage", "running", "PT8H0M0S")
    assert clock["started_at"] < clock["due_at"]


def test_the_history_says_that_a_due_date_moved_with_its_data(claims: Claims) -> None:
    turn = claims.triaged()
    before = _deadline(claims, turn)
    with claims.transaction() as session:
        command = WriteFile(path=("D2", "decideWithinBusinessHours"), value=5)
        execution.execute(session, turn.case_id, command, SYSTEM, "hand", claims.now)
        seen = sight.of_id(session, turn.case_id, claims.staff["adam"])
        (line,) = [one for one in timeline.entries(session, seen) if one.what == "due"]
    assert (line.definition, line.detail) == ("T3", "5 bh")
    after = _deadline(claims, turn)
    assert (after.text, after.started_at) == ("5 bh", before.started_at)
    assert after.due_at < before.due_at


def _plain(document: dict[str, object]) -> dict[str, Any]:
    return dict(json.loads(msgspec.json.Encoder(decimal_format="number").encode(document)))


def _deadline(claims: Claims, turn: Turn) -> Deadline:
    with claims.transaction() as session:
        row = session.scalars(select(HumanTaskRow).where(HumanTaskRow.case_id == turn.case_id)).one()
        found = deadline.of_task(sight.of_id(session, turn.case_id, SYSTEM), row)
    assert found is not None
    return found
