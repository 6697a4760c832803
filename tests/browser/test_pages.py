"""Every page in both themes and sizes: nothing that axe, the content policy or the window complains about.

Pictures of all of them lie in the test's folder, to be looked at; none is compared.
"""

from pathlib import Path

import pytest

from tests.browser.conftest import SIZES, THEMES, Site

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", THEMES)
def test_no_page_has_a_fault(site: Site, size: str, theme: str, tmp_path: Path) -> None:
    key = site.claim()
    sheet = site.page("cora", size=size, theme=theme)
    sheet.page.goto("/work/queue/claims.auto:adjuster")
    task = sheet.page.get_attribute("a[data-row]", "href")
    paths = [
        "/workload",
        "/work/mine",
        "/work/queue/claims.auto:adjuster",
        "/cases",
        "/incidents",
        f"/cases/{key}",
    ]
    faults = {}
    for path in [*paths, f"/cases/{key}?plan=all", str(task)]:
        sheet.page.goto(path)
        sheet.page.screenshot(path=tmp_path / f"{len(faults)}-{theme}-{size}.png", full_page=True)
        faults[path] = sheet.faults()
    assert not {path: found for path, found in faults.items() if found}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", THEMES)
def test_no_form_has_a_fault_with_its_errors_shown_either(site: Site, size: str, theme: str) -> None:
    site.claim()
    sheet = site.page("adam", size=size, theme=theme)
    sheet.page.goto("/work/queue/adjuster")
    sheet.page.click("a[data-row]")
    sheet.page.click("form[action$='/claim'] button")
    sheet.page.wait_for_selector("#task-form")
    assert sheet.faults() == []
    sheet.page.click("#task-form button:not([formaction])")
    sheet.page.wait_for_selector("#errors")
    # A browser reports each answer that is not 2xx; 422 is the right one here.
    sheet.complaints.clear()
    assert sheet.faults() == []
    assert sheet.page.evaluate("document.activeElement.id") == "errors"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", THEMES)
def test_the_sign_in_has_no_fault_with_its_error_shown_either(site: Site, size: str, theme: str) -> None:
    sheet = site.page("cora", size=size, theme=theme)
    sheet.page.context.clear_cookies()
    sheet.page.goto("/sign-in")
    sheet.complaints.clear()
    assert sheet.faults() == []
    sheet.page.fill("#name", "cora")
    sheet.page.fill("#password", "not the password")
    sheet.page.press("#password", "Enter")
    sheet.page.wait_for_selector("#problem")
    # A browser reports each answer that is not 2xx; here it is the right one.
    sheet.complaints.clear()
    assert sheet.faults() == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", THEMES)
def test_an_open_incident_has_no_fault(site: Site, size: str, theme: str) -> None:
    site.incident()
    sheet = site.page("cora", size=size, theme=theme)
    sheet.page.goto("/incidents")
    assert sheet.page.is_visible("form[action$='/retry'] button")
    assert sheet.faults() == []
    sheet.page.click("details[id^='details-'] summary")
    assert sheet.faults() == []


def test_what_must_be_seen_first_is_seen_without_scrolling(site: Site) -> None:
    key = site.claim()
    for size in SIZES:
        page = site.page("adam", size=size).page
        page.goto(f"/cases/{key}")
        height = SIZES[size][1]
        for part in (".slabox", ".steps", ".whybar p"):
            box = page.locator(part).first.bounding_box()
            assert box is not None
            assert box["y"] + box["height"] <= height, part
