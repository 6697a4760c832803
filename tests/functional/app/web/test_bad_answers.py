"""Bad answers to a form: they come back as they were sent, each with its reason, and nothing is stored."""

import re

import pytest
from sqlalchemy import func, select

from cases.persistence.base import Base
from tests import factories
from tests.functional.app.conftest import Browser, Office, Page
from tests.functional.app.web.test_tasks import GOOD

NUL = "a\x00b"


@pytest.fixture
def link(office: Office) -> str:
    office.triaged()
    found = re.search(r"/tasks/\d+", office.browser("adam").get("/work/queue/adjuster").raw)
    assert found is not None
    return found[0]


@pytest.fixture
def adam(office: Office, link: str) -> Browser:
    browser = office.browser("adam")
    browser.post(f"{link}/claim")
    browser.get(link)
    return browser


def counts(office: Office) -> dict[str, int]:
    with office.database.reading() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }


def reasons(page: Page, field: str) -> str:
    """What stands at a field, found as a screen reader finds it."""
    control = page.one(f"//*[@id='{field}']")
    assert control.get("aria-invalid") == "true"
    return " ".join(
        page.one(f"//*[@id='{name}']").text_content() for name in control.get("aria-describedby").split()
    )


@pytest.mark.parametrize(
    ("field", "sent", "reason"),
    [
        ("notes", "x" * 10_001, "10000"),
        ("repairCost", "1e3", "amount"),
        ("repairCost", "-1", "0"),
        ("repairCost", "NaN", "amount"),
        ("repairCost", "9" * 60, "amount"),
        ("actualCashValue", "0", "more than 0"),
        ("severity", "gigantic", "offered"),
        ("repairCost", ["1", "2"], "amount"),
        ("liability", ["insured", "shared"], "one answer"),
        ("notes", "a\x07b", "control characters"),
    ],
)
def test_each_comes_back_with_its_reason_and_the_others_are_kept(
    office: Office, link: str, adam: Browser, field: str, sent: object, reason: str
) -> None:
    before = counts(office)
    page = adam.post(f"{link}/complete", {**GOOD, field: sent})
    assert page.status == 422
    assert reason in reasons(page, field)
    assert {str(href) for href in page.all("//*[@role='alert']//a/@href")} == {f"#{field}"}
    for name in ("actualCashValue", "repairCost"):
        if name != field:
            assert float(page.one(f"//*[@id='{name}']").get("value")) == float(GOOD[name])
    assert counts(office) == before
    assert adam.post(f"{link}/complete", GOOD).status == 303


@pytest.mark.parametrize(
    "name", ["state", "T3", "claim.injuries", "__class__", "liability.x", "csrf", "x" * 500]
)
def test_a_name_that_the_form_does_not_have_is_refused(
    office: Office, link: str, adam: Browser, name: str
) -> None:
    before = counts(office)
    page = adam.post(f"{link}/complete", {**GOOD, name: "1"})
    assert page.status == 422
    assert "The form does not ask for this" in page.one("//*[@role='alert']").text_content()
    assert counts(office) == before


@pytest.mark.parametrize("action", ["complete", "draft"])
def test_a_character_that_no_store_keeps_is_refused_and_nothing_is_stored(
    office: Office, link: str, adam: Browser, action: str
) -> None:
    before = counts(office)
    page = adam.post(f"{link}/{action}", {**GOOD, "notes": NUL})
    assert page.status == 400
    assert "character" in page.text
    assert counts(office) == before


def test_an_answer_to_what_one_may_not_answer_is_refused(office: Office) -> None:
    turn = office.claim()
    duplicate = {"candidates": 1, "cases": [{"key": "CLM-1", "title": "One", "state": "active"}]}
    for step, answer in (
        ("SV1", {"result": "found", "inForceAtLoss": True, "premiumPaid": True, "perilCovered": True}),
        ("SV8", duplicate),
    ):
        factories.answer_step(office.transaction, turn.case_id, step, answer, office.now)
    browser = office.browser("iris")
    found = re.search(r"/tasks/\d+", browser.get(f"/cases/{turn.business_key}").raw)
    if found is None:
        browser = office.browser("adam")
        found = re.search(r"/tasks/\d+", browser.get(f"/cases/{turn.business_key}").raw)
    assert found is not None
    browser.post(f"{found[0]}/claim")
    page = browser.get(found[0])
    assert page.all("//form[@id='task-form']"), page.text
    page = browser.post(
        f"{found[0]}/complete", {"decision": "not_duplicate", "candidates-0-key": "CLM-FORGED"}
    )
    assert page.status == 422
    assert "may not answer" in page.text
    assert "CLM-FORGED" not in page.raw
