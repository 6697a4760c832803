"""Every page in both themes and sizes: nothing that axe, the content policy or the window complains about.

Pictures of all of them lie in the test's folder, to be looked at; none is compared.
"""

import re
from pathlib import Path

import pytest

from app import clock
from cases.persistence.jobs import IncidentRow
from cases.persistence.tasks import HumanTaskRow
from cases.services import batches, incident_batches
from tests import advice
from tests.browser.conftest import SIZES, THEMES, Sheet, Site

pytestmark = pytest.mark.browser


LOOKED_AT = {
    "worklist.mine": "/work/mine",
    "worklist.queue": "/work/queue/claims.auto:adjuster",
    "tasks.show": "/tasks/{task}",
    "tasks.panel": "/work/queue/claims.auto:adjuster?open={task}",
    "cases.find": "/cases",
    "case.show": "/cases/{key}",
    "case.event": "/cases/{key}/events/{event}",
    "planning.why": "/cases/{advice}/why/4",
    "planning.new_task": "/cases/{advice}/tasks/new",
    "steering.ask_to_complete": "/cases/{answered}/complete",
    "steering.ask_to_reopen": "/cases/{over}/reopen",
    "incidents.show": "/incidents",
    "incidents.show_one": "/incidents/{incident}",
    "incidents.show_resolved": "/incidents/resolved",
    "incidents.show_batch": "/incidents/batches/{decided}",
    "workload.show": "/workload",
    "workload.of_person": "/workload/{person}",
    "batches.show": "/batches/{handed}",
    "notices.show": "/notices",
    "settings.show": "/settings",
}
"""Every page by its endpoint, with an address where there is something to see."""

READERS = {
    "case.event": "adam",
    "planning.why": "hedda",
    "planning.new_task": "hedda",
    "steering.ask_to_complete": "hedda",
    "steering.ask_to_reopen": "hedda",
    "case.team": "hedda",
}
"""Who looks at a page, where it is not the supervisor."""

ELSEWHERE = frozenset({"auth.sign_in"})
"""Pages with a test of their own below."""

NO_PAGES = frozenset(
    {
        "home.home",
        "incidents.no_batch",
        "palette.find",
        "static",
        "telemetry.metrics",
        "workload.picks",
        "workload.picks_of_person",
    }
)
"""What leads on to a page, what is put into one and shown by tests of its own, and what is for programs."""


def test_every_page_that_exists_is_looked_at(site: Site) -> None:
    opened = {rule.endpoint for rule in site.app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    for_programs = {one for one in opened if one.split(".")[0] in {"health", "messages", "api"}}
    leading_on = {one for one in opened if one.endswith(".go_back")}
    assert opened - for_programs - leading_on - NO_PAGES == LOOKED_AT.keys() | ELSEWHERE


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", THEMES)
def test_no_page_has_a_fault(site: Site, size: str, theme: str, tmp_path: Path) -> None:
    advised = site.advice()
    sheets = {name: site.page(name, size=size, theme=theme) for name in ("cora", "adam", "hedda")}
    faults = {}
    for name, path in _addresses(site, advised, sheets["adam"]).items():
        sheet = sheets[READERS.get(name, "cora")]
        sheet.page.goto(path)
        sheet.page.screenshot(path=tmp_path / f"{name}-{theme}-{size}.png", full_page=True)
        faults[path] = sheet.faults()
    assert not {path: found for path, found in faults.items() if found}


def test_every_page_can_be_used_at_twice_the_size(site: Site) -> None:
    advised = site.advice()
    sheets = {name: site.page(name) for name in ("cora", "adam", "hedda")}
    wide = {}
    for name, path in _addresses(site, advised, sheets["adam"]).items():
        page = sheets[READERS.get(name, "cora")].page
        # What a window of 1440 x 900 shows at 200 %.
        page.set_viewport_size({"width": 720, "height": 450})
        page.goto(path)
        wide[path] = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
    assert not {path: pixels for path, pixels in wide.items() if pixels > 0}


def _addresses(site: Site, advised: advice.Advised, sheet: Sheet) -> dict[str, str]:
    """Every page, with something on it."""
    key = site.claim(2)
    site.incident()
    cora, now = site.staff["cora"], clock.host_now()
    adam = site.staff["adam"].user_id
    with site.transaction() as session:
        task = session.query(HumanTaskRow).limit(1).one().id
        incident = session.query(IncidentRow).limit(1).one().id
        handed = batches.reassign(session, batches.Wanted((batches.Pick(task, None),), adam), cora, now)
        decided = incident_batches.ask(
            session, incident_batches.RETRY, [incident], "They are back.", cora, now
        )
    sheet.page.goto(f"/cases/{key}")
    event = re.search(r"/events/(\d+)", sheet.page.content())
    assert event is not None
    there = {"key": key, "task": task, "event": event[1], "person": adam, "incident": incident}
    there |= {"handed": handed, "decided": decided}
    paths = {"advice": advised.start(team=advice.TEAM), "answered": advised.start(), "over": advised.start()}
    advised.answer(paths["answered"], site.staff["mia"])
    advised.answer(paths["over"], site.staff["mia"])
    advised.complete(paths["over"], site.staff["hedda"])
    there |= {name: path.removeprefix("/cases/") for name, path in paths.items()}
    found = {name: path.format(**there) for name, path in LOOKED_AT.items()}
    return found | {"plan": f"/cases/{key}?plan=all", "case.team": f"{paths['advice']}?plan=all"}


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
    sheet.page.click("#task-form .foot button.p")
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
