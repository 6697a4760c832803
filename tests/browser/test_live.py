"""A page that asks again by itself: it changes under nobody's hands, and says when it cannot be had."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site

pytestmark = pytest.mark.browser

_REFRESH = "document.dispatchEvent(new Event('casewright:look'))"


def refresh(page: Page) -> None:
    """Have the page ask again, as it does every 15 seconds, and wait until it is as it was answered."""
    with page.expect_response(lambda answer: answer.request.headers.get("x-live") == "1"):
        page.evaluate(_REFRESH)
    page.evaluate("() => new Promise((done) => setTimeout(done, 30))")


def test_a_form_half_typed_loses_nothing_while_the_page_refreshes_twenty_times(site: Site) -> None:
    site.claim(1)
    page = site.page("adam").page
    page.goto("/cases")
    search = page.locator("main input[type=search]")
    search.press_sequentially("half a wor")
    search.evaluate("field => field.setSelectionRange(2, 5)")
    for number in range(2, 22):
        site.claim(number)
        refresh(page)
        expect(search).to_have_value("half a wor")
        assert search.evaluate("field => [field.selectionStart, field.selectionEnd]") == [2, 5]
        assert search.evaluate("field => field === document.activeElement")
    expect(page.locator("tbody tr")).to_have_count(21)


def test_answers_ticks_scroll_and_what_is_open_stay_while_others_change_the_case(site: Site) -> None:
    site.claim(1)
    page = site.page("cora").page
    page.goto("/work/queue/claims.auto:adjuster")
    page.locator(".pk").first.click()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    for number in range(2, 12):
        site.claim(number)
        refresh(page)
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.mouse.move(700, 400)
    expect(page.locator("[data-pick]")).to_have_count(11)
    assert page.locator("[data-pick]:checked").count() == 1
    place = page.evaluate("document.scrollingElement.scrollTop")
    for number in range(12, 22):
        site.claim(number)
        refresh(page)
    assert page.locator("[data-pick]:checked").count() == 1
    assert page.evaluate("document.scrollingElement.scrollTop") == place


def test_a_row_that_leaves_with_the_focus_gives_it_to_nobody(site: Site) -> None:
    for number in (1, 2, 3):
        site.claim(number)
    page = site.page("adam").page
    page.goto("/work/queue/claims.auto:adjuster?tab=unassigned")
    page.keyboard.press("j")
    page.keyboard.press("j")
    task = page.evaluate("document.activeElement.getAttribute('href')")
    other = site.page("ana").page
    other.goto(str(task).split("?")[0])
    other.click("form[action$='/claim'] button")
    refresh(page)
    expect(page.locator("a[data-row]")).to_have_count(2)
    assert page.evaluate("document.activeElement === document.body || document.activeElement.id === 'main'")
    # The next key goes on where one was.
    page.keyboard.press("j")
    assert page.evaluate("[...document.querySelectorAll('[data-row]')].indexOf(document.activeElement)") == 1


def test_a_page_that_cannot_be_had_says_since_when_it_is_old(site: Site) -> None:
    site.claim()
    page = site.page("adam").page
    page.goto("/cases")
    page.route("**/cases", lambda route: route.abort())
    page.evaluate(_REFRESH)
    expect(page.locator("#stale")).to_contain_text("Not up to date since")
    page.unroute("**/cases")
    refresh(page)
    expect(page.locator("#stale")).to_be_hidden()


def test_the_counts_of_the_menu_are_refreshed_with_the_page(site: Site) -> None:
    site.claim(1)
    page = site.page("adam").page
    page.goto("/cases")
    entry = page.locator(".side .nv", has_text="Adjuster").locator(".c")
    expect(entry).to_have_text("1")
    site.claim(2)
    refresh(page)
    expect(entry).to_have_text("2")
