"""What the conditions of a form read besides its answers: the moment, the day in the app's zone, the case."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from cases.persistence import drafts
from cases.persistence.tasks import HumanTaskRow
from cases.policy.access import SYSTEM, Actor
from cases.queries import sight
from cases.services import deployments, tasks
from forms.errors import InvalidAnswers
from tests.integration.cases.services.loans import NOW, app_files, open_loan, person, task_id

Transaction = Callable[[], AbstractContextManager[Session]]

FORM = b"""
{"key": "T1", "title": "Decide", "fields": [
  {"key": "outcome", "type": "choice", "label": "Outcome", "required": true,
   "choices": [{"value": "grant", "label": "Grant"}, {"value": "deny", "label": "Deny"}]},
  {"key": "day", "type": "date", "label": "From", "check": "day >= today()", "message": "Not in the past."},
  {"key": "note", "type": "text", "label": "Note", "visible_if": "case.key = \\"LN-2026-0001\\""},
  {"key": "stamp", "type": "computed", "label": "When", "value": "string(now())"},
  {"key": "whose", "type": "computed", "label": "Family", "value": "case.family"}
]}
"""
LATE = datetime(2026, 3, 3, 3, 0, tzinfo=UTC)
"""The third of March in UTC, and still the second in New York."""


@pytest.fixture
def clerk(transaction: Transaction) -> Actor:
    with transaction() as session:
        deployments.deploy(session, {**app_files(), "forms/T1.json": FORM}, SYSTEM, NOW)
    open_loan(transaction)
    ana = person(transaction, "ana", "clerk")
    with transaction() as session:
        tasks.claim(session, task_id(session, "T1"), ana, NOW)
    return ana


def test_a_form_reads_the_moment_the_day_and_the_case(transaction: Transaction, clerk: Actor) -> None:
    answers = {"outcome": "grant", "day": "2026-03-02", "note": "kept"}
    with transaction() as session:
        turn = tasks.complete(session, task_id(session, "T1"), answers, clerk, LATE)
    with transaction() as session:
        kept = sight.of_id(session, turn.case_id, SYSTEM).case.file()["T1"]
    assert isinstance(kept, dict)
    assert (kept["note"], kept["whose"]) == ("kept", "loans")
    assert str(kept["stamp"]).startswith("2026-03-0")


def test_a_day_that_has_passed_in_the_zone_of_the_app_is_refused(
    transaction: Transaction, clerk: Actor
) -> None:
    with transaction() as session, pytest.raises(InvalidAnswers) as caught:
        tasks.complete(
            session, task_id(session, "T1"), {"outcome": "grant", "day": "2026-03-01"}, clerk, LATE
        )
    assert dict(caught.value.errors) == {"day": ("Not in the past.",)}


def test_a_draft_keeps_what_it_held_of_fields_that_are_not_sent(
    transaction: Transaction, clerk: Actor
) -> None:
    for answers in ({"note": "long text", "outcome": "deny"}, {"outcome": "grant"}, {"day": ""}):
        with transaction() as session:
            tasks.save_draft(session, task_id(session, "T1"), answers, clerk, NOW)
    with transaction() as session:
        row = session.query(HumanTaskRow).filter_by(definition="T1").one()
        kept = drafts.unpack(row.draft)
        assert kept.answers == {"note": "long text", "outcome": "grant", "day": None}
