"""Incidents at a screen: decided by keyboard alone, without JavaScript, and while the page changes."""

import pytest
from playwright.sync_api import expect

from app import clock
from cases.persistence.jobs import IncidentRow
from cases.services import incidents
from tests.browser.conftest import Site

pytestmark = pytest.mark.browser


def test_an_incident_is_retried_by_keyboard_alone_and_its_result_comes_by_itself(site: Site) -> None:
    site.incident()
    page = site.page("cora").page
    page.clock.install()
    page.goto("/incidents")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("[data-picked]")).to_have_text("1 selected")
    page.keyboard.press("r")
    expect(page.locator("#reason")).to_be_focused()
    page.keyboard.type("The policy system is back.")
    page.keyboard.press("Enter")
    page.wait_for_url("**/incidents/batches/*")
    expect(page.locator("h1")).to_have_text("1 retried: 1 still running")
    with site.transaction() as session:
        job = session.query(IncidentRow).one().job_id
        incidents.helped(session, job or 0, clock.host_now())
    page.clock.fast_forward(15_100)
    expect(page.locator("h1")).to_have_text("1 retried: 1 healed")


def test_what_is_ticked_and_typed_stays_while_the_list_changes(site: Site) -> None:
    site.incident()
    page = site.page("cora").page
    page.clock.install()
    page.goto("/incidents")
    page.check("[data-pick]")
    page.fill("#reason", "Half a sen")
    with site.transaction() as session:
        session.add(
            IncidentRow(
                kind="message", code="ERROR", message="No.", family="claims.auto", opened_at=clock.host_now()
            )
        )
    page.clock.fast_forward(15_100)
    expect(page.locator("section.inc")).to_have_count(2)
    expect(page.locator("[data-pick]").first).to_be_checked()
    expect(page.locator("#reason")).to_have_value("Half a sen")
    expect(page.locator("[data-picked]")).to_have_text("1 selected")


def test_an_incident_is_answered_by_hand_without_javascript(site: Site) -> None:
    site.incident()
    page = site.page("cora", script=False).page
    page.goto("/incidents")
    page.click("text=Decide")
    page.click("text=Complete the step")
    expect(page.locator("#errors, .err").first).to_be_visible()
    page.select_option("[id='answer-inForce']", "true")
    page.fill("[id='answer-ded']", "500")
    page.fill("#reason-by-hand", "By telephone.")
    page.click("text=Complete the step")
    expect(page.locator("h1 + .bd")).to_contain_text("Answered by hand")


def test_what_is_ticked_is_given_up_without_javascript(site: Site) -> None:
    site.incident()
    page = site.page("cora", script=False).page
    page.goto("/incidents")
    page.check("[data-pick]")
    page.fill("#reason", "By letter.")
    page.click("text=Give up what is ticked")
    expect(page.locator("h1")).to_have_text("1 to give up: 1 given up")
