"""Two claims from a signed message to payment, through HTTP and a real browser, on processes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.acceptance.installation import Installation, wait_for
from tests.browsing import sign_in

REASONS = "The damage was inspected in the shop; the value was checked against two sources."


@pytest.fixture(scope="session")
def payloads(installation: Installation, shared_folder: Path) -> dict[str, dict[str, Any]]:
    """The payloads of the product's documents, and further ones like them with facts of their own."""
    given = shared_folder / "product" / "data" / "payloads" / "claims.auto.jsonl"
    files = (given, installation.folder / "further.jsonl")
    lines = [
        json.loads(line) for file in files for line in file.read_text("utf-8").splitlines() if line.strip()
    ]
    return {line["id"]: line["payload"] for line in lines}


@contextmanager
def person(browser: Browser, installation: Installation, name: str) -> Iterator[Page]:
    with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        page = context.new_page()
        sign_in(page, installation.address, name, installation.password(name))
        yield page


def why(page: Page, installation: Installation, key: str) -> str:
    """The one sentence of the case page."""
    page.goto(f"{installation.address}/cases/{key}")
    return page.get_by_label("Why it stands here").locator("p").first.inner_text()


def open_task(installation: Installation, key: str, plan_item: str) -> int:
    tasks = installation.case(key)["tasks"]
    return next(int(one["id"]) for one in tasks if one["definition"] == plan_item and one["state"] == "open")


def choose(page: Page, question: str, answer: str) -> None:
    page.get_by_role("radiogroup", name=question, exact=True).get_by_label(answer, exact=True).check()


def claim(page: Page, installation: Installation, task: int) -> None:
    page.goto(f"{installation.address}/tasks/{task}")
    page.get_by_role("button", name="Claim").click()
    expect(page.get_by_role("button", name="Release")).to_be_visible()


def complete(page: Page) -> None:
    page.get_by_role("button", name="Complete").click()
    page.wait_for_url(lambda url: "/complete" not in url and "/tasks/" not in url)


def causes(case: dict[str, Any], plan_item: str) -> list[str | None]:
    return [one["criterion"] for one in case["items"] if one["id"] == plan_item]


def by_end(case: dict[str, Any], plan_item: str) -> list[dict[str, Any]]:
    """The tasks of a plan item as they ended: their keys come from blocks of each process."""
    found = [task for task in case["tasks"] if task["definition"] == plan_item]
    return sorted(found, key=lambda task: str(task["ended_at"]))


def test_a_windshield_is_paid_without_a_person(
    installation: Installation, payloads: dict[str, dict[str, Any]]
) -> None:
    key = installation.open_claim(payloads["CLM-P01"])
    wait_for("the end of the case", lambda: installation.case(key)["state"] == "completed")
    case = installation.case(key)
    assert case["tasks"] == []
    assert case["data"]["D2"]["track"] == "fast"
    assert case["data"]["fraud"] == {"points": 0, "band": "low"} | case["data"]["fraud"]
    (payment,) = [one for one in installation.payments() if key in one["key"]]
    assert payment["body"]["amount"] == pytest.approx(512.4)
    assert payment["requests"] == 1
    assert [
        call["status"] for call in installation.calls("notify") if key in str(call["idempotency_key"])
    ] == [201]
    assert causes(case, "S2") == ["entry.S2.no-duplicate"]
    assert all(causes(case, name) != [None] for name in ("D2", "M1", "M2", "S5", "M3", "SV6", "M4", "SV9"))
    assert json.loads(installation.command("case", "show", key, "--json")) == case
    assert installation.ask("audit", "verify")


def test_a_pile_up_is_assessed_approved_twice_and_paid(
    installation: Installation, browser: Browser, payloads: dict[str, dict[str, Any]]
) -> None:
    key = installation.open_claim(payloads["CLM-P02"])
    wait_for("the assessment", lambda: "active" in installation.states(key).get("T3", []))
    assess = open_task(installation, key, "T3")
    with person(browser, installation, "sven") as sven:
        assert "Senior adjuster" in why(sven, installation, key)
        claim(sven, installation, assess)
        assert "Sven" in why(sven, installation, key)
        sven.goto(f"{installation.address}/tasks/{assess}")
        choose(sven, "Who is liable", "The insured")
        choose(sven, "Severity", "Total loss")
        sven.get_by_label("Cost of repair").fill("41000")
        sven.get_by_label("Value before the loss").fill("39500")
        choose(sven, "Inspected by", "Repair shop")
        complete(sven)
        recommend = open_task(installation, key, "T4")
        claim(sven, installation, recommend)
        choose(sven, "Recommendation", "Pay as a total loss")
        sven.get_by_label("Gross amount").fill("48250")
        choose(sven, "Payee", "The insured")
        sven.get_by_label("Reasons").fill(REASONS)
        complete(sven)
        approve = open_task(installation, key, "T5")
        sven.goto(f"{installation.address}/tasks/{approve}")
        expect(sven.get_by_role("button", name="Claim")).to_have_count(0)
        assert "Claims supervisor" in why(sven, installation, key)
    for name in ("cora", "dora"):
        with person(browser, installation, name) as approver:
            task = open_task(installation, key, "T5")
            claim(approver, installation, task)
            assert approver.get_by_label("Net amount that you see").input_value() == "47750.00"
            choose(approver, "Decision", "Approve")
            complete(approver)
    wait_for("the payment", lambda: installation.case(key)["state"] == "completed")
    case = installation.case(key)
    (payment,) = [one for one in installation.payments() if key in one["key"]]
    assert payment["body"]["amount"] == pytest.approx(47750)
    assert payment["requests"] == 1
    assert [task["completed_by"] for task in by_end(case, "T5")] == [
        "Cora Whitman",
        "Dora Eriksen",
    ]
    with_entry = [one for one in case["items"] if one["id"] in ("S3", "S5", "T4", "T5", "M3", "SV6", "M4")]
    assert all(one["criterion"] for one in with_entry), with_entry
    assert installation.ask("audit", "verify")


def test_the_case_page_names_what_a_fast_claim_waits_for_at_each_step(
    installation: Installation, browser: Browser, payloads: dict[str, dict[str, Any]]
) -> None:
    installation.switch("policy", delay_s=1.8)
    installation.switch("fraud", delay_s=2.8)
    installation.switch("adjudication", delay_s=6)
    installation.switch("pay", always=503)
    with person(browser, installation, "cora") as page:

        def says(*words: str) -> bool:
            sentence = why(page, installation, key)
            return all(word in sentence for word in words)

        key = installation.open_claim(payloads["CLM-P01-1"])
        wait_for("the policy system to be named", lambda: says("Policy system", "Look up policy"))
        wait_for("the fraud score to be named", lambda: says("Score fraud facts"))
        wait_for("the assessment to be named", lambda: says("Assess automatically"))
        wait_for("the payment to be named", lambda: says("Pay", "is tried again at"))
        installation.switch("glass", always=503)
        installation.switch("pay")
        wait_for("the end", lambda: says("Done since") or says("Order glass repair"), 90)
        installation.switch("glass")
        wait_for("the end", lambda: says("Done since"), 90)
    assert len([one for one in installation.payments() if key in one["key"]]) == 1


def test_a_payment_that_fails_for_ever_waits_for_a_person_and_is_retried_in_the_browser(
    installation: Installation, browser: Browser, payloads: dict[str, dict[str, Any]]
) -> None:
    installation.switch("pay", always=503)
    installation.switch("pay2", always=503)
    key = installation.open_claim(payloads["CLM-P01-2"])
    with person(browser, installation, "cora") as page:
        wait_for("the first try", lambda: "is tried again at" in why(page, installation, key))
        hours = 0

        def failed() -> bool:
            nonlocal hours
            hours += 1
            installation.move_clock(hours * 1200)
            return "failed" in installation.states(key).get("SV6", [])

        wait_for("the last try", failed, 120)
        sentence = why(page, installation, key)
        assert "Pay failed for good" in sentence
        assert "T8" in {task["definition"] for task in installation.case(key)["tasks"]}
        assert [one for one in installation.payments() if key in one["key"]] == []
        page.goto(f"{installation.address}/incidents")
        incident = page.locator("li[id^='incident-']", has_text=key)
        incident.locator("a[data-row]").click()
        page.locator("#reason-retry").fill("the bank answers again")
        installation.kill("worker")
        page.locator("form[action$='/retry'] button").click()
        expect(page.get_by_role("main")).to_contain_text("It is being tried again")
        assert "Pay" in why(page, installation, key)
        assert "M4" not in {
            one["id"] for one in installation.case(key)["items"] if one["state"] == "completed"
        }
        installation.switch("pay")
        installation.switch("pay2")
        installation.start("worker")
        wait_for("the payment", lambda: installation.case(key)["state"] == "completed")
        page.goto(f"{installation.address}/incidents")
        expect(incident).to_have_count(0)
        assert "Done since" in why(page, installation, key)
    (payment,) = [one for one in installation.payments() if key in one["key"]]
    assert payment["requests"] == 1
    (task,) = [one for one in installation.case(key)["tasks"] if one["definition"] == "T8"]
    assert task["state"] == "cancelled"
