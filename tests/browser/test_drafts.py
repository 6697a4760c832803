"""A draft as it is written: whoever is quicker than the page or the network loses nothing by it."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Site

pytestmark = pytest.mark.browser


def taken(site: Site) -> Page:
    """The page of a task that is Adam's."""
    site.claim()
    page = site.page("adam").page
    page.goto("/work/queue/adjuster")
    page.click("a[data-row]")
    page.click("form[action$='/claim'] button")
    page.wait_for_selector("#task-form")
    page.goto(page.url if "/tasks/" in page.url else str(page.get_attribute("a[data-open]", "href")))
    return page


def choose(page: Page, name: str, value: str) -> None:
    page.check(f"input[name={name}][value={value}]")


def test_a_choice_made_before_the_script_was_there_is_kept(site: Site) -> None:
    page = taken(site)
    held: list[Route] = []
    is_there = False

    def late(route: Route) -> None:
        if is_there:
            route.continue_()
        else:
            held.append(route)

    page.route("**/app-*.js", late)
    page.goto(page.url, wait_until="commit")
    page.wait_for_selector("#task-form")
    choose(page, "liability", "shared")
    assert page.locator("#insuredSharePct").count() == 0
    is_there = True
    for route in held:
        route.continue_()
    # The script saves what differs from what was sent, and the question that the choice brings up appears.
    page.wait_for_selector("#insuredSharePct")
    page.reload()
    expect(page.locator("input[name=liability][value=shared]")).to_be_checked()


def test_an_answer_that_was_overtaken_asks_no_questions_of_the_past(site: Site) -> None:
    page = taken(site)
    first: list[Route] = []

    def hold_the_first(route: Route) -> None:
        if first:
            route.continue_()
        else:
            first.append(route)

    page.route("**/draft", hold_the_first)
    choose(page, "liability", "insured")
    choose(page, "liability", "shared")
    page.wait_for_selector("#insuredSharePct")
    page.fill("#insuredSharePct", "40")
    with page.expect_response("**/draft"):
        first[0].continue_()
    page.evaluate("() => new Promise((done) => setTimeout(done, 50))")
    expect(page.locator("#insuredSharePct")).to_have_value("40")
    expect(page.locator("input[name=liability][value=shared]")).to_be_checked()


def test_who_leaves_within_a_second_takes_nothing_along_unkept(site: Site) -> None:
    page = taken(site)
    task = page.url
    page.fill("#notes", "Left at once")
    page.goto("/cases")
    # What was sent while leaving arrives soon after.
    for _ in range(20):
        page.goto(task)
        if page.input_value("#notes"):
            break
    expect(page.locator("#notes")).to_have_value("Left at once")


def test_whose_draft_it_is_stands_over_it_for_who_takes_the_task_next(site: Site) -> None:
    page = taken(site)
    page.fill("#notes", "Adam's half")
    expect(page.locator("#draft-state")).to_contain_text("Draft saved")
    address = page.url
    page.click("#task-form button[formaction$='/release']")
    other = site.page("ana").page
    other.goto(address.split("?")[0])
    expect(other.locator("#draft-by")).to_contain_text("Draft by Adam Olsen")
    other.click("form[action$='/claim'] button")
    expect(other.locator("#draft-by")).to_contain_text("Draft by Adam Olsen")
    expect(other.locator("#notes")).to_have_value("Adam's half")
