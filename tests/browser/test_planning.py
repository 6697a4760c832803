"""The case page is where people plan: with and without JavaScript, from optional work to a reopened case."""

import pytest

from app import clock
from cases.persistence.tasks import HumanTaskRow
from cases.services import tasks
from tests.browser.conftest import Sheet, Site

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("script", [True, False])
def test_a_case_is_planned_completed_and_reopened_on_its_page(site: Site, script: bool) -> None:
    advised = site.advice()
    path = advised.start()
    page = site.page("mia", script=script).page
    page.goto(path)
    page.get_by_role("button", name="Add Visit").click()
    page.wait_for_url(f"**{path}")
    page.get_by_role("link", name="Add a task").click()
    page.fill("#name", "Ring the bank")
    page.select_option("#place", label="Stage Visit")
    page.get_by_role("button", name="Add the task").click()
    page.wait_for_url(f"**{path}")
    assert "Ring the bank" in page.locator("section[aria-labelledby=tasks]").inner_text()
    for name in ("Make an appointment", "Go there", "Ring the bank"):
        do(site, advised.cases[path], name)
    advised.answer(path, site.staff["mia"])

    head = site.page("hedda", script=script).page
    head.goto(path)
    head.get_by_role("link", name="Complete the case").click()
    head.locator("main").get_by_role("button", name="Complete the case").click()
    head.wait_for_url(f"**{path}")
    head.get_by_role("link", name="Reopen the case").click()
    head.fill("#reason", "She wrote again")
    head.get_by_label("Answer the request").select_option(label="Begins now")
    head.get_by_role("button", name="Reopen the case").click()
    head.wait_for_url(f"**{path}")
    assert "The case goes on: She wrote again" in head.locator("ul.tl").inner_text()
    assert "Answer the request" in head.locator("section[aria-labelledby=tasks]").inner_text()


def test_the_team_is_changed_on_the_page_and_a_click_on_why_explains_an_item(site: Site) -> None:
    advised = site.advice()
    path = advised.start(team={"hedda": frozenset()})
    sheet: Sheet = site.page("hedda")
    page = sheet.page
    page.goto(path)
    page.select_option("#team-user", label="Mia Sol")
    page.select_option("#team-role", label="Expert")
    page.get_by_role("button", name="Give the role").click()
    page.get_by_role("button", name="Take Expert from Mia Sol").click()
    assert "no role" in page.locator("section[aria-labelledby=team]").inner_text()
    page.click("#plan-list > summary")
    page.get_by_role("link", name="Why Send a letter").click()
    assert "Answer the request is done: not yet" in page.locator("main").inner_text()
    assert sheet.faults() == []


def do(site: Site, case_id: int, name: str) -> None:
    """Mia does the task of this name, elsewhere."""
    now = clock.host_now()
    with site.transaction() as session:
        row = session.query(HumanTaskRow).filter_by(case_id=case_id, name=name).one()
        tasks.claim(session, row.id, site.staff["mia"], now)
        tasks.complete(session, row.id, {}, site.staff["mia"], now)
