"""Working at a screen: by keyboard, without JavaScript, and while the page changes under one's hands."""

import pytest
from playwright.sync_api import expect

from app import clock
from cases.persistence.instances import CaseInstanceRow
from cases.persistence.jobs import IncidentRow
from tests import factories
from tests.browser.conftest import Site

pytestmark = pytest.mark.browser

ANSWERS = {"liability": "insured", "severity": "minor", "inspection": "photos"}


def test_a_task_is_found_taken_and_completed_without_javascript(site: Site) -> None:
    site.claim()
    page = site.page("adam", script=False).page
    page.click("text=Adjuster")
    page.click("a[data-row]")
    page.click("form[action$='/claim'] button")
    for name, value in ANSWERS.items():
        page.check(f"input[name={name}][value={value}]")
    page.fill("#repairCost", "3000")
    page.fill("#actualCashValue", "9000")
    page.click("text=Save draft")
    expect(page.locator("#draft-state")).to_contain_text("Draft saved")
    expect(page.locator("#repairCost")).to_have_value("3000.00")
    page.click("#task-form button.p")
    # Out of a list, the next task of the list follows.
    expect(page.locator(".notes")).to_contain_text("Assess damage and liability is done")


def test_a_task_is_found_taken_and_completed_by_keyboard_alone(site: Site) -> None:
    site.claim()
    page = site.page("adam").page
    page.goto("/work/queue/adjuster")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/tasks/*")
    page.keyboard.press("c")
    page.wait_for_selector("#task-form")
    page.focus("#liability")
    for key in ("Tab", "Space", "Tab", "Space", "Tab", "Control+a"):
        page.keyboard.press(key)
    page.keyboard.type("3000")
    page.keyboard.press("Tab")
    page.keyboard.type("9000")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".notes")).to_contain_text("Assess damage and liability is done")


def test_focus_is_always_seen(site: Site) -> None:
    site.claim()
    page = site.page("adam").page
    page.goto("/work/queue/adjuster")
    for _ in range(12):
        page.keyboard.press("Tab")
        width = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
        assert width != "0px", page.evaluate("document.activeElement.outerHTML")


def test_a_draft_is_kept_while_one_types(site: Site) -> None:
    site.claim()
    page = site.page("adam").page
    page.goto("/work/queue/adjuster")
    page.click("a[data-row]")
    page.click("form[action$='/claim'] button")
    page.fill("#notes", "Half a sentence")
    expect(page.locator("#draft-state")).to_contain_text("Draft saved")
    page.reload()
    expect(page.locator("#notes")).to_have_value("Half a sentence")


def test_what_happens_elsewhere_comes_in_by_itself_and_leaves_the_hand_alone(site: Site) -> None:
    site.claim(1)
    page = site.page("adam").page
    # The page's own clock is turned forward, not waited for.
    page.clock.install()
    page.goto("/cases")
    page.fill("input[type=search]", "typed and not sent")
    assert page.locator("tbody tr").count() == 1
    for number in range(2, 7):
        site.claim(number)
        page.clock.fast_forward(15_100)
        expect(page.locator("tbody tr")).to_have_count(number)
        expect(page.locator("input[type=search]")).to_have_value("typed and not sent")
        assert page.evaluate("document.activeElement.type") == "search"


def test_what_one_has_opened_stays_open_when_the_page_changes(site: Site) -> None:
    key = site.claim()
    page = site.page("adam").page
    page.clock.install()
    page.goto(f"/cases/{key}")
    page.click("#data-claim summary")
    task = page.get_attribute("section[aria-labelledby=tasks] a", "href")
    other = site.page("ana").page
    other.goto(str(task))
    other.click("form[action$='/claim'] button")
    page.clock.fast_forward(15_100)
    expect(page.locator(".whybar")).to_contain_text("Ana Lindqvist")
    assert page.locator("#data-claim").get_attribute("open") is not None


def test_the_theme_follows_the_system_until_somebody_chooses(site: Site) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    by_system = {
        theme: site.page("adam", theme=theme).page.evaluate(background) for theme in ("light", "dark")
    }
    assert by_system["light"] != by_system["dark"]
    for system, chosen in (("light", "dark"), ("dark", "light")):
        page = site.page("adam", theme=system).page
        page.click("aside button[name=theme]:visible")
        expect(page.locator("html")).to_have_attribute("data-bs-theme", chosen)
        assert page.evaluate(background) == by_system[chosen]


def test_a_reload_and_a_step_back_after_refused_answers_ask_nothing_again(site: Site) -> None:
    site.claim()
    page = site.page("adam").page
    page.goto("/work/queue/adjuster")
    page.click("a[data-row]")
    task = page.url.split("?")[0]
    page.click("form[action$='/claim'] button")
    page.wait_for_selector("#task-form")
    page.click("#task-form button:not([formaction])")
    page.wait_for_selector("#errors")
    assert page.url.split("?")[0] == task
    page.goto("/cases")
    page.go_back()
    page.wait_for_selector("#task-form")
    assert page.url.split("?")[0] == task
    assert page.locator("#errors").count() == 0


def test_an_incident_says_on_a_phone_which_case_it_is_of(site: Site) -> None:
    key = site.claim()
    with site.transaction() as session:
        case = session.query(CaseInstanceRow).one()
        session.add(
            IncidentRow(
                case_id=case.id,
                family=factories.CLAIMS,
                kind="step",
                code="timeout",
                message="No answer.",
                details={},
                opened_at=clock.host_now(),
            )
        )
    page = site.page("cora", size="phone").page
    page.goto("/incidents")
    for text in (page.locator(".inc-m a[data-row]"), page.get_by_text(key).first):
        box = text.bounding_box()
        assert box is not None
        assert box["width"] >= 100
    page.click("main h1")
    page.keyboard.type("gc")
    page.wait_for_url("**/cases")
