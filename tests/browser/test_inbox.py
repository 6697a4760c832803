"""The inbox under the hand: ticks, the task beside the list, keys, filter; none of it lost by a refresh."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SIZES, THEMES, Site

pytestmark = pytest.mark.browser

QUEUE = "/work/queue/claims.auto:adjuster"


def refresh(page: Page, times: int = 1) -> None:
    """What the page does every 15 seconds, now."""
    for _ in range(times):
        with page.expect_response(lambda answer: "/work/" in answer.url):
            page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        page.evaluate("new Promise(done => setTimeout(done, 20))")


def queue_of(site: Site, claims: int, name: str = "cora", size: str = "desk") -> Page:
    """The queue of the adjusters with so many claims in it."""
    for number in range(1, claims + 1):
        site.claim(number)
    page = site.page(name, size=size).page
    page.set_default_timeout(10_000)
    page.goto(QUEUE)
    return page


def ticked(page: Page) -> list[bool]:
    return [box.is_checked() for box in page.locator("[data-pick]").all()]


def test_rows_are_picked_by_click_range_and_key_and_the_bar_counts_them(site: Site) -> None:
    page = queue_of(site, 4)
    bar = page.locator("form[data-bulk]")
    expect(bar).to_be_hidden()
    boxes = page.locator("[data-pick]")
    boxes.nth(0).click()
    expect(bar).to_contain_text("1 selected")
    boxes.nth(2).click(modifiers=["Shift"])
    assert ticked(page) == [True, True, True, False]
    expect(bar).to_contain_text("3 selected")
    page.keyboard.press("Escape")
    assert ticked(page) == [False] * 4
    expect(bar).to_be_hidden()
    page.locator("[data-row]").nth(1).focus()
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Shift+X")
    assert ticked(page) == [False, True, True, True]
    page.keyboard.press("*")
    assert ticked(page) == [True] * 4
    page.click("[data-clear]")
    assert ticked(page) == [False] * 4


def test_twenty_refreshes_untick_move_and_clear_nothing(site: Site) -> None:
    page = queue_of(site, 3)
    page.locator("[data-pick]").nth(1).click()
    picked = page.locator("[data-pick]:checked").get_attribute("value")
    page.locator("#save-view summary").click()
    page.fill("#view-name", "Half a na")
    for number in range(4, 8):
        site.claim(number)
        refresh(page, 5)
    expect(page.locator("[data-pick]")).to_have_count(7)
    assert page.locator("[data-pick]:checked").get_attribute("value") == picked
    expect(page.locator("#view-name")).to_have_value("Half a na")
    expect(page.locator("#view-name")).to_be_focused()
    expect(page.locator("form[data-bulk]")).to_contain_text("1 selected")


def test_what_is_typed_in_the_filter_stays_while_the_list_answers_and_refreshes(site: Site) -> None:
    page = queue_of(site, 2)
    page.keyboard.press("/")
    page.keyboard.type("000001")
    expect(page.locator("[data-row]")).to_have_count(1)
    assert "q=000001" in page.url
    refresh(page, 3)
    expect(page.get_by_label("Filter tasks")).to_have_value("000001")
    expect(page.get_by_label("Filter tasks")).to_be_focused()
    page.keyboard.type("x")
    expect(page.get_by_text("Nothing here matches the filter")).to_be_visible()
    page.click("text=Clear the filter")
    expect(page.locator("[data-row]")).to_have_count(2)


def test_a_picked_row_that_leaves_the_list_stays_picked_and_the_bar_says_so(site: Site) -> None:
    page = queue_of(site, 2)
    page.goto(f"{QUEUE}?tab=unassigned")
    page.locator("[data-pick]").nth(0).click()
    value = page.locator("[data-pick]").nth(0).get_attribute("value")
    task = int(str(value).split(":")[0])
    site.take(task, "adam")
    refresh(page)
    expect(page.locator("[data-pick]")).to_have_count(1)
    bar = page.locator("form[data-bulk]")
    expect(bar).to_contain_text("1 selected")
    expect(bar).to_contain_text("1 no longer in this list")
    assert bar.locator("input[name=task]").get_attribute("value") == value


def test_all_rows_of_a_view_can_be_selected_beyond_the_page(site: Site) -> None:
    page = queue_of(site, 3)
    page.locator("[data-pick]").nth(0).click()
    page.click("[data-all]")
    expect(page.locator("form[data-bulk]")).to_contain_text("All 3 selected")
    assert ticked(page) == [True] * 3


def test_the_task_at_hand_stands_beside_the_list_and_the_keys_mean_it(site: Site) -> None:
    page = queue_of(site, 3, "adam")
    first, second = (page.locator("li[data-panel]").nth(at) for at in (0, 1))
    expect(first).to_have_class(re.compile("cur"))
    expect(page.locator("#panel")).to_have_attribute("data-task", str(first.get_attribute("id"))[5:])
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(second).to_have_class(re.compile("cur"))
    expect(page.locator("#panel")).to_have_attribute("data-task", str(second.get_attribute("id"))[5:])
    page.click("[data-go='-1']")
    expect(first).to_have_class(re.compile("cur"))
    second.locator("[data-row]").focus()
    task = str(second.get_attribute("id"))
    page.keyboard.press("c")
    page.wait_for_url("**open=*")
    expect(page.locator(f"#{task}")).to_have_class(re.compile("cur"))
    expect(page.locator(f"#{task} [role=img][title='Adam Olsen']")).to_be_visible()
    expect(page.locator("#panel #task-form")).to_be_visible()


def test_the_next_task_opens_when_one_is_done_beside_the_list(site: Site) -> None:
    page = queue_of(site, 3, "adam")
    tasks = [str(row.get_attribute("id"))[5:] for row in page.locator("li[data-panel]").all()]
    page.locator("[data-claim]").nth(0).click()
    page.wait_for_selector("#panel #task-form")
    for name, value in {"liability": "insured", "severity": "minor", "inspection": "photos"}.items():
        field = page.locator(f"#panel select[name={name}]")
        if field.count():
            field.select_option(value)
        else:
            choice = page.locator(f"#panel input[name={name}][value={value}]")
            choice.focus()
            page.keyboard.press("Space")
            expect(choice).to_be_checked()
    page.fill("#panel #repairCost", "3000")
    page.fill("#panel #actualCashValue", "9000")
    page.click("#panel #task-form button.p")
    page.wait_for_url(f"**open={tasks[1]}*")
    expect(page.locator("#panel")).to_have_attribute("data-task", tasks[1])


def test_a_task_that_cannot_be_loaded_says_so_and_can_be_asked_for_again(site: Site) -> None:
    page = queue_of(site, 2, "adam")
    expect(page.locator("#panel")).to_be_visible()
    page.route("**/panel*", lambda route: route.abort())
    page.locator("[data-row]").nth(1).focus()
    expect(page.locator("#preview [role=alert]")).to_contain_text("could not be loaded")
    page.unroute("**/panel*")
    page.click("#preview [role=alert] button")
    expect(page.locator("#panel")).to_be_visible()


def test_without_javascript_rows_are_picked_filtered_and_claimed(site: Site) -> None:
    site.claim(1)
    page = site.page("cora", script=False).page
    page.goto(QUEUE)
    expect(page.locator("form[data-bulk] button[data-reassign]")).to_be_visible()
    page.locator("[data-pick]").check()
    page.fill("#filter [name=q]", "brandt")
    page.press("#filter [name=q]", "Enter")
    expect(page.locator("[data-row]")).to_have_count(1)
    worker = site.page("adam", script=False).page
    worker.goto(QUEUE)
    worker.click("[data-claim]")
    worker.wait_for_url("**open=*")
    expect(worker.locator("[role=img][title='Adam Olsen']").first).to_be_visible()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", THEMES)
def test_the_list_has_no_fault_with_rows_picked_and_menus_open(site: Site, size: str, theme: str) -> None:
    for number in (1, 2):
        site.claim(number)
    sheet = site.page("cora", size=size, theme=theme)
    sheet.page.goto(f"{QUEUE}?priority=normal&q=assess")
    sheet.page.locator("[data-pick]").nth(0).click()
    if size == "desk":
        sheet.page.wait_for_selector("#panel")
    assert sheet.faults() == []
    sheet.page.locator("#filters summary").click()
    assert sheet.faults() == []
    sheet.page.goto(f"{QUEUE}?q=nothing")
    assert sheet.faults() == []
