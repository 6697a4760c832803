"""Handing work over at a screen: the sheet over the list, without JavaScript, on a phone; what axe says."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from app import clock
from cases.persistence.tasks import HumanTaskRow
from cases.scheduler import worker
from tests.browser.conftest import SIZES, THEMES, Site

pytestmark = pytest.mark.browser
RESULT = re.compile(r"/batches/[0-9]+")


def late(site: Site, count: int) -> None:
    """So many claims that wait for an adjuster, and are late."""
    for number in range(1, count + 1):
        site.claim(number)
    with site.transaction() as session:
        due = clock.host_now() - timedelta(hours=3)
        session.execute(
            update(HumanTaskRow)
            .where(HumanTaskRow.state == 2)
            .values(due_at=due, warn_at=due - timedelta(hours=2))
        )


def tick(page: Page, count: int) -> None:
    for number in range(count):
        page.locator(".pk").nth(number).click()


def test_late_tasks_are_ticked_given_to_somebody_and_given_back(site: Site) -> None:
    late(site, 3)
    page = site.page("cora").page
    page.goto("/workload")
    tick(page, 2)
    page.keyboard.press("r")
    sheet = page.locator("dialog.sheet")
    expect(sheet).to_be_visible()
    assert page.evaluate("document.activeElement.name") == "to"
    sheet.get_by_role("searchbox").fill("adam")
    expect(sheet.locator("label.p1:visible")).to_have_count(1)
    sheet.get_by_role("searchbox").press("Enter")
    button = sheet.locator("button[data-submit]")
    expect(button).to_have_text("Reassign 2 tasks to Adam Olsen")
    sheet.locator("#sheet-note").fill("Ana is ill")
    button.click()
    page.wait_for_url(RESULT)
    expect(page.locator("h1")).to_have_text("2 tasks moved to Adam Olsen")
    page.keyboard.press("u")
    expect(page.locator("h1")).to_have_text("2 tasks given back")


def test_the_sheet_closes_by_its_key_and_leaves_what_is_ticked_and_the_focus(site: Site) -> None:
    late(site, 2)
    page = site.page("cora").page
    page.goto("/workload")
    tick(page, 2)
    page.click("[data-reassign]")
    expect(page.locator("dialog.sheet")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog.sheet")).to_have_count(0)
    assert page.evaluate("document.activeElement.matches('[data-reassign]')")
    expect(page.locator("[data-pick]:checked")).to_have_count(2)
    page.click("[data-reassign]")
    page.click("dialog.sheet [data-close]")
    expect(page.locator("dialog.sheet")).to_have_count(0)


def test_without_javascript_the_sheet_is_a_page(site: Site) -> None:
    late(site, 2)
    page = site.page("cora", script=False).page
    page.goto("/workload")
    page.locator("[data-pick]").nth(0).check(force=True)
    page.click("[data-reassign]")
    page.wait_for_url("**/reassign")
    page.get_by_text("Adam Olsen").click()
    page.fill("#sheet-note", "Yours")
    page.click("button[data-submit]")
    page.wait_for_url(RESULT)
    expect(page.locator("h1")).to_have_text("1 task moved to Adam Olsen")
    page.click("form[action$='/undo'] button")
    expect(page.locator("h1")).to_have_text("1 task given back")


def test_the_page_of_a_large_batch_shows_how_it_ends_by_itself(site: Site) -> None:
    late(site, 21)
    page = site.page("cora").page
    page.goto("/workload")
    tick(page, 1)
    page.click("[data-all]")
    expect(page.locator("[data-picked]")).to_contain_text("21")
    page.click("[data-reassign]")
    page.locator("dialog.sheet").get_by_text("Adam Olsen").click()
    page.click("dialog.sheet button[data-submit]")
    page.wait_for_url(RESULT)
    expect(page.locator("h1")).to_have_text("Reassigning 21 tasks to Adam Olsen")
    worker.tick(site.transaction, clock.host_now())
    expect(page.locator("h1")).to_have_text("21 tasks moved to Adam Olsen")
    expect(page.locator("[data-running]")).to_have_count(0)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", THEMES)
def test_neither_board_nor_sheet_nor_result_has_a_fault(site: Site, size: str, theme: str) -> None:
    late(site, 3)
    sheet = site.page("cora", size=size, theme=theme)
    page, faults = sheet.page, {}
    for path in ("/workload", "/workload?show=unassigned", f"/workload/{site.staff['adam'].user_id}"):
        page.goto(path)
        faults[path] = sheet.faults()
    page.goto("/workload")
    tick(page, 2)
    page.click("[data-reassign]")
    expect(page.locator("dialog.sheet")).to_be_visible()
    faults["sheet"] = sheet.faults()
    page.locator("dialog.sheet").get_by_text("Adam Olsen").click()
    page.click("dialog.sheet button[data-submit]")
    page.wait_for_url(RESULT)
    faults["result"] = sheet.faults()
    assert not {path: found for path, found in faults.items() if found}
