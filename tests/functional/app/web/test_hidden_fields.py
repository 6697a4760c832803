"""A field that is hidden has no value (R126): not in what was submitted, not in the case, not anywhere."""

import json
import re

import pytest
from flask import Flask

from app.cli.cases import case
from cases.persistence import codec
from cases.persistence.journal import JournalRow
from cases.persistence.tasks import HumanTaskRow
from tests import factories
from tests.functional.app.conftest import Browser, Office

CLAUSE = "Exclusion 7b of 2019"
REASON = "The policy had lapsed two weeks before the loss."
DENIED = {"decision": "deny", "clause": CLAUSE, "reason": REASON}


@pytest.fixture
def key(office: Office) -> str:
    """A claim whose cover is to be denied, so that somebody must say by which clause."""
    turn = office.claim()
    answer = {"result": "found", "inForceAtLoss": False, "premiumPaid": False, "perilCovered": True}
    facts = {"prior": 0, "pct": 10, "police": True, "hour": 10, "dup": False, "shared": False, "watch": False}
    for step, found in (
        ("SV1", {**answer, "daysPolicyStartToLoss": 400, "deductible": 500}),
        ("SV2", {"result": "sent"}),
        ("SV8", {"candidates": 0}),
        ("SV3", {**facts, "sev": "minor"}),
    ):
        factories.answer_step(office.transaction, turn.case_id, step, found, office.now)
    return turn.business_key


@pytest.fixture
def sven(office: Office, key: str) -> Browser:
    """Who may deny and override, with the task in hand."""
    browser = office.browser("sven")
    found = re.search(r"/tasks/\d+", browser.get(f"/cases/{key}").raw)
    assert found is not None
    browser.link = found[0]  # type: ignore[attr-defined]
    browser.post(f"{found[0]}/claim")
    browser.get(found[0])
    return browser


def link(browser: Browser) -> str:
    found: str = browser.link  # type: ignore[attr-defined]
    return found


def test_what_is_hidden_by_another_answer_is_absent_from_everything(
    app: Flask, office: Office, key: str, sven: Browser
) -> None:
    sven.post(f"{link(sven)}/draft", DENIED)
    page = sven.post(f"{link(sven)}/complete", {**DENIED, "decision": "override_cover"})
    assert page.status == 303, page.text
    shown = app.test_cli_runner().invoke(case, ["show", key, "--json"])
    assert shown.exit_code == 0, shown.output
    answer = json.loads(shown.output)["data"]["T2"]
    assert answer["decision"] == "override_cover"
    assert "clause" not in answer
    assert CLAUSE not in shown.output
    assert CLAUSE not in sven.get(f"/cases/{key}").raw
    with office.database.reading() as session:
        task = session.query(HumanTaskRow).filter_by(definition="T2").one()
        assert task.draft is None
        bodies = [codec.unpack_entry(row.body or b"") for row in session.query(JournalRow)]
    assert CLAUSE not in repr(bodies)


def test_a_hidden_field_demands_nothing_and_a_shown_one_does(sven: Browser) -> None:
    page = sven.post(f"{link(sven)}/complete", {"decision": "deny", "clause": "", "reason": REASON})
    assert page.status == 422
    assert {str(href) for href in page.all("//*[@role='alert']//a/@href")} == {"#clause"}
    assert sven.post(f"{link(sven)}/complete", {"decision": "override_cover", "reason": REASON}).status == 303


def test_what_was_hidden_is_back_when_it_is_shown_again_in_the_same_draft(sven: Browser) -> None:
    sven.post(f"{link(sven)}/draft", DENIED)
    page = sven.post(f"{link(sven)}/draft", {**DENIED, "decision": "override_cover"}, **{"X-Live": "1"})
    assert CLAUSE not in page.raw
    # The page does not hold the hidden field now, so a browser does not send it any more.
    for answers in ({"decision": "override_cover", "reason": "x"}, {"decision": "deny", "reason": REASON}):
        page = sven.post(f"{link(sven)}/draft", answers, **{"X-Live": "1"})
    assert page.one("//input[@id='clause']").get("value") == CLAUSE
    assert sven.get(link(sven)).one("//input[@id='clause']").get("value") == CLAUSE


def test_what_was_hidden_is_back_when_bad_answers_bring_it_up_again(sven: Browser) -> None:
    sven.post(f"{link(sven)}/draft", {**DENIED, "decision": "override_cover"})
    page = sven.post(f"{link(sven)}/complete", {"decision": "deny", "reason": REASON})
    assert page.status == 422
    assert page.one("//input[@id='clause']").get("value") == CLAUSE


def test_what_somebody_emptied_stays_empty(sven: Browser) -> None:
    sven.post(f"{link(sven)}/draft", DENIED)
    page = sven.post(f"{link(sven)}/draft", {**DENIED, "clause": ""}, **{"X-Live": "1"})
    assert not page.one("//input[@id='clause']").get("value")
