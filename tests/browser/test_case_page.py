"""The case page is read at one look: the plan from what lives, nothing cut off, the next step first."""

import pytest

from tests.browser.conftest import SIZES, THEMES, Site

pytestmark = pytest.mark.browser

OUTSIDE = """() => [...document.querySelectorAll('.cmmn a.pi:not(.ev), .cmmn a.stg')].flatMap((node) => {
  const box = node.querySelector('rect, path').getBoundingClientRect();
  return [...node.querySelectorAll('text:not(.sr)')]
    .filter((text) => text.getBoundingClientRect().right > box.right + 0.5)
    .map((text) => text.textContent);
})"""
SMALL = """() => [...document.querySelectorAll('.cmmn text:not(.sr)')].filter((text) => {
  const scale = text.getScreenCTM().a;
  return parseFloat(getComputedStyle(text).fontSize) * scale < 10.99;
}).map((text) => text.textContent)"""


@pytest.mark.parametrize("size", SIZES)
def test_the_plan_is_readable_and_begins_at_what_lives(site: Site, size: str) -> None:
    key = site.claim()
    page = site.page("cora", size=size).page
    for path in (f"/cases/{key}", f"/cases/{key}?plan=all"):
        page.goto(path)
        assert page.evaluate(OUTSIDE) == [], path
        assert page.evaluate(SMALL) == [], path
    page.goto(f"/cases/{key}")
    window, live = (
        page.locator(".dia").bounding_box(),
        page.locator(".cmmn .pi.s-active").first.bounding_box(),
    )
    assert window is not None
    assert live is not None
    assert window["x"] <= live["x"] < window["x"] + window["width"] - 100


@pytest.mark.parametrize("size", SIZES)
def test_the_next_step_is_seen_without_scrolling(site: Site, size: str) -> None:
    key = site.claim()
    page = site.page("adam", size=size).page
    page.goto(f"/cases/{key}")
    box = page.locator(".whybar a.bt").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= SIZES[size][1]


def test_a_refresh_keeps_what_is_open_and_where_the_plan_stands(site: Site) -> None:
    key = site.claim()
    sheet = site.page("cora", size="phone")
    page = sheet.page
    page.goto(f"/cases/{key}")
    page.click("#plan-list > summary")
    page.evaluate("document.querySelector('.dia').scrollLeft = 7")
    page.focus(".seg a >> nth=1")
    focused = page.evaluate("document.activeElement.textContent")
    with page.expect_response(lambda answer: answer.url.endswith(f"/cases/{key}")):
        page.evaluate("document.dispatchEvent(new CustomEvent('casewright:look'))")
    page.wait_for_function("document.getElementById('plan-list').open")
    assert page.evaluate("document.querySelector('.dia').scrollLeft") == 7
    assert page.evaluate("document.activeElement.textContent") == focused


def test_a_link_of_the_picture_leads_to_its_line_in_the_list(site: Site) -> None:
    key = site.claim()
    page = site.page("cora", size="desk").page
    page.goto(f"/cases/{key}")
    page.focus(".cmmn .pi.s-active")
    page.keyboard.press("Enter")
    page.wait_for_function("document.getElementById('plan-list').open")
    assert page.locator(".plan li:target").count() == 1


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", THEMES)
def test_lists_and_filters_of_cases_have_no_fault(site: Site, size: str, theme: str) -> None:
    key = site.claim()
    sheet = site.page("cora", size=size, theme=theme)
    for path in (
        f"/cases/{key}?show=rules&timeline=all",
        "/cases?show=open",
        "/cases?show=paused",
        "/cases?q=nothing-so",
    ):
        sheet.page.goto(path)
        assert sheet.faults() == [], path
