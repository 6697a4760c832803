"""What stands around every page: keys, the palette, settings, notices, and what a first visit costs."""

import re

import pytest
from playwright.sync_api import Page, Response, expect

from app import clock
from cases.persistence.tasks import HumanTaskRow
from cases.services import notifications, people
from cases.services.notifications import Notice
from tests import factories
from tests.browser.conftest import SIZES, THEMES, Site

pytestmark = pytest.mark.browser

FIRST_VISIT = 120_000


def test_the_palette_jumps_to_pages_cases_and_tasks_by_keyboard_alone(site: Site) -> None:
    key = site.claim()
    page = site.page("adam").page
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox")
    expect(field).to_be_focused()
    field.fill(key)
    expect(page.get_by_role("option", name=re.compile(key)).first).to_be_visible()
    field.fill("cas")
    expect(page.get_by_role("option", selected=True)).to_contain_text("Cases")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases")
    page.keyboard.press("Control+k")
    page.get_by_role("combobox").fill("assess damage")
    expect(page.get_by_role("option", name=re.compile("Assess damage"))).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url("**/tasks/*")


def test_the_palette_does_what_the_page_offers(site: Site) -> None:
    site.claim()
    page = site.page("adam").page
    page.goto("/work/queue/adjuster")
    page.goto(f"{str(page.get_attribute('a[data-row]', 'href')).split('?')[0]}")
    page.keyboard.press("Control+k")
    page.get_by_role("combobox").fill("claim")
    page.get_by_role("option", name="Claim", exact=True).click()
    page.wait_for_selector("#task-form")


def test_enter_in_a_palette_without_a_letter_presses_nothing_of_the_page(site: Site) -> None:
    site.claim()
    page = site.page("adam").page
    page.goto("/work/queue/adjuster")
    page.goto(f"{str(page.get_attribute('a[data-row]', 'href')).split('?')[0]}")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("option", name="Claim", exact=True)).to_be_visible()
    expect(page.get_by_role("option", selected=True)).to_have_count(0)
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases**")
    with site.transaction() as session:
        assert {row.assignee_id for row in session.query(HumanTaskRow)} == {None}


def test_the_palette_shows_nobody_what_is_not_theirs(site: Site) -> None:
    key = site.claim()
    page = site.page("adam").page
    found = page.request.get("/palette", params={"q": "workload"}).text()
    assert "/workload" not in found
    assert "/workload" in site.page("cora").page.request.get("/palette", params={"q": "workload"}).text()
    assert key in page.request.get("/palette", params={"q": key}).text()
    assert key not in _of_nobody(site).request.get("/palette", params={"q": key}).text()


def test_without_script_the_search_of_the_menu_finds_cases(site: Site) -> None:
    key = site.claim()
    page = site.page("adam", script=False).page
    page.fill(".side input[name=q]", key)
    page.press(".side input[name=q]", "Enter")
    page.wait_for_url("**/cases?q=*")
    expect(page.locator("tbody")).to_contain_text(key)


def test_the_palette_has_no_fault_in_either_theme_or_size(site: Site) -> None:
    site.claim()
    for size in SIZES:
        for theme in THEMES:
            sheet = site.page("cora", size=size, theme=theme)
            sheet.page.keyboard.press("Control+k")
            sheet.page.get_by_role("combobox").fill("a")
            sheet.page.wait_for_selector("#palette [role=option]")
            assert sheet.faults() == [], (size, theme)


def test_the_dialog_of_keys_tells_those_of_this_page_and_no_others(site: Site) -> None:
    site.claim()
    page = site.page("cora").page
    page.goto("/work/queue/claims.auto:adjuster")
    assert {"J / K", "X", "/", "G I", "Ctrl K", "?"} <= _keys(page)
    page.goto(str(page.get_attribute("a[data-row]", "href")))
    keys = _keys(page)
    assert "R" in keys
    assert not {"X", "J / K", "/"} & keys
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("n")
    page.wait_for_url("**/notices")


def test_single_keys_can_be_switched_off_and_do_nothing_while_one_types(site: Site) -> None:
    site.claim()
    page = site.page("adam").page
    page.goto("/cases")
    page.locator("main input[type=search]").press_sequentially("gi?")
    assert page.url.endswith("/cases")
    expect(page.locator("#keys")).to_be_hidden()
    for chosen, pressed in (("off", "g"), ("modifier", "g")):
        page.goto("/settings")
        page.check(f"#keys-{chosen}")
        page.click("form[action='/settings'] button")
        page.wait_for_selector(".note.green")
        page.keyboard.press(pressed)
        page.keyboard.press("c")
        page.keyboard.press("?")
        expect(page.locator("#keys")).to_be_hidden()
        assert page.url.endswith("/settings")
    page.keyboard.press("Alt+g")
    page.keyboard.press("Alt+c")
    page.wait_for_url("**/cases")


def test_lines_stand_closer_for_who_wants_it_so(site: Site) -> None:
    site.claim()
    page = site.page("adam").page
    heights = {}
    for density in ("comfortable", "compact"):
        page.goto("/settings")
        page.check(f"#density-{density}")
        page.click("form[action='/settings'] button")
        page.goto("/work/queue/adjuster")
        box = page.locator(".row1").first.bounding_box()
        assert box is not None
        heights[density] = box["height"]
    assert heights["compact"] < heights["comfortable"]


def test_on_a_phone_the_menu_opens_without_a_script(site: Site) -> None:
    site.claim()
    page = site.page("cora", size="phone", script=False).page
    expect(page.locator(".side")).to_be_hidden()
    page.click("button[popovertarget=menu]")
    expect(page.locator(".side")).to_be_visible()
    page.click(".side >> text=Incidents")
    page.wait_for_url("**/incidents")


def test_notices_are_counted_told_with_their_reason_and_read(site: Site) -> None:
    _told(site, "adam")
    for size in SIZES:
        for theme in THEMES:
            sheet = site.page("adam", size=size, theme=theme)
            sheet.page.goto("/notices")
            assert sheet.faults() == [], (size, theme)
    page = site.page("adam").page
    expect(page.locator(".side .nv", has_text="Notices").locator(".c")).to_have_text("2")
    page.goto("/notices")
    expect(page.locator(".told")).to_contain_text("gave you")
    expect(page.locator(".told")).to_contain_text("You are told because the task is yours now.")
    expect(page.locator(".told blockquote")).to_contain_text("You know this street.")
    page.click("form[action='/notices/read'] button")
    expect(page.locator(".side .nv", has_text="Notices").locator(".c")).to_have_count(0)
    assert page.locator(".told li.new").count() == 0


def test_a_first_visit_is_small(site: Site) -> None:
    site.claim()
    page = site.page("adam").page
    fresh = site.browser.new_context(base_url=site.address, storage_state=page.context.storage_state())
    site.contexts.append(fresh)
    visit = fresh.new_page()
    sizes: dict[str, int] = {}
    visit.on("response", lambda answer: sizes.update({answer.url: _weight(answer)}))
    visit.goto("/work/queue/adjuster", wait_until="networkidle")
    assert any(".woff2" in url for url in sizes)
    assert any(url.endswith(".js") for url in sizes)
    assert sum(sizes.values()) <= FIRST_VISIT, sizes


def test_what_moves_stands_still_for_who_wants_it_so(site: Site) -> None:
    site.claim()
    page = site.page("adam").page
    page.goto("/work/queue/adjuster")
    page.emulate_media(reduced_motion="reduce")
    moving = "one => getComputedStyle(one).animationName !== 'none'"
    assert page.evaluate(f"[...document.querySelectorAll('*')].filter({moving}).length") == 0


def test_with_forced_colours_what_is_current_and_chosen_is_still_seen(site: Site) -> None:
    site.claim()
    page = site.page("adam").page
    page.emulate_media(forced_colors="active")
    page.goto("/cases")
    outline = page.locator(".nv[aria-current=page]").first.evaluate(
        "one => getComputedStyle(one).outlineStyle"
    )
    assert outline == "solid"


def _of_nobody(site: Site) -> Page:
    """A page of somebody without any role."""
    now = clock.host_now()
    with site.transaction() as session:
        people.create_user(session, "nora", "Nora Berg", factories.password_hash(), now)
    return site.page("nora").page


def _keys(page: Page) -> set[str]:
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    return {" ".join(text.split()) for text in page.locator("#keys dt").all_inner_texts()}


def _told(site: Site, name: str) -> None:
    now = clock.host_now()
    site.claim()
    with site.transaction() as session:
        task = session.query(HumanTaskRow).order_by(HumanTaskRow.id.desc()).limit(1).one()
        about = {"user_id": site.staff[name].user_id, "family": factories.CLAIMS, "case_id": task.case_id}
        cora = site.staff["cora"].user_id
        given = {"note": "You know this street."}
        late = {"rung": 2, "due_at": now.isoformat()}
        notifications.tell(
            session,
            [
                Notice(kind="assigned", task_id=task.id, by_id=cora, details=given, **about),
                Notice(kind="overdue", task_id=task.id, details=late, **about),
            ],
            now,
        )


def _weight(answer: Response) -> int:
    """What went over the wire: the compressed body, and about what its headers take."""
    sizes = answer.request.sizes()
    return sizes["responseBodySize"] + sizes["responseHeadersSize"]
