"""A whole claim with no hand on the mouse: from the sign-in to the payment, by keys that everybody has."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.acceptance.conftest import further_claims
from tests.acceptance.installation import Installation, wait_for
from tests.acceptance.prepared import installed

REASONS = "The damage was inspected in the shop; the value was checked against two sources."
FAR = 150
"""Nothing of a page is further than so many steps from its beginning."""


@pytest.fixture(scope="module")
def installation(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, shared_folder: Path
) -> Iterator[Installation]:
    """On SQLite: keys know nothing of databases."""
    folder = tmp_path_factory.mktemp("keyboard")
    given = shared_folder / "product" / "data" / "payloads" / "claims.auto.jsonl"
    with installed(
        request, "sqlite", folder, [given, further_claims(given, folder / "further.jsonl")]
    ) as made:
        made.start()
        yield made


class Keyboard:
    """Somebody who has no mouse."""

    def __init__(self, page: Page, name: str) -> None:
        self.page = page
        self.name = name

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def go(self, key: str) -> None:
        """Press a key that leads to another page, and be there."""
        with self.page.expect_navigation():
            self.press(key)

    def walk_to(self, selector: str, key: str = "Tab") -> None:
        """Press a key until the focus is there."""
        for _ in range(FAR):
            if self.page.evaluate("what => document.activeElement?.matches(what) ?? false", selector):
                return
            self.press(key)
        raise AssertionError(f"{selector} is not reached by {key} on {self.page.url}")

    def write(self, name: str, text: str) -> None:
        self.walk_to(f"[name='{name}']")
        self.press("Control+a")
        self.page.keyboard.type(text)

    def choose(self, name: str, value: str) -> None:
        """Of a list, or of a few buttons: by arrows, as a browser has it."""
        field = f"[name='{name}']"
        self.walk_to(field)
        if self.page.evaluate("document.activeElement.type") == "radio":
            self.press("Space")
        for _ in range(FAR):
            if self._chosen(field) == value:
                return
            self.press("ArrowDown")
        raise AssertionError(f"{name} cannot be {value}")

    def _chosen(self, field: str) -> str:
        script = "what => document.querySelector(what + ':checked, select' + what)?.value ?? ''"
        return str(self.page.evaluate(script, field))


@contextmanager
def keyboard(browser: Browser, installation: Installation, name: str) -> Iterator[Keyboard]:
    """Somebody signed in, by keys."""
    with browser.new_context(
        base_url=installation.address, viewport={"width": 1440, "height": 900}
    ) as context:
        page = context.new_page()
        page.goto("/sign-in")
        page.keyboard.type(name)
        page.keyboard.press("Tab")
        page.keyboard.type(installation.password(name))
        hand = Keyboard(page, name)
        hand.go("Enter")
        page.wait_for_url("**/work/**")
        yield hand


def take(hand: Keyboard, role: str, key: str) -> None:
    """Walk to the queue and in it to the claim, open it, and claim it."""
    page = hand.page
    hand.walk_to(f"a[href$='claims.auto:{role}']")
    hand.go("Enter")
    page.wait_for_url(f"**/work/queue/claims.auto:{role}**")
    row = page.locator("li", has_text=key).locator("a[data-row]").first
    expect(row).to_be_visible()
    for _ in range(FAR):
        hand.press("j")
        if is_focused(row):
            break
    hand.go("Enter")
    page.wait_for_url("**/tasks/**")
    hand.go("c")
    expect(page.locator("#task-form")).to_be_visible()


def is_focused(element: Locator) -> bool:
    return bool(element.evaluate("one => one === document.activeElement"))


def complete(hand: Keyboard, installation: Installation, key: str, task: str) -> None:
    before = done(installation, key, task)
    hand.go("Control+Enter")
    wait_for(f"the end of {task}", lambda: done(installation, key, task) == before + 1)


def done(installation: Installation, key: str, task: str) -> int:
    tasks = installation.case(key)["tasks"]
    return len([one for one in tasks if one["definition"] == task and one["state"] == "completed"])


def claim_of(installation: Installation, id_: str) -> dict[str, Any]:
    lines = (installation.folder / "further.jsonl").read_text("utf-8").splitlines()
    return next(dict(entry["payload"]) for entry in map(json.loads, lines) if entry["id"] == id_)


def test_a_whole_claim_goes_from_the_sign_in_to_the_payment_by_keyboard_alone(
    installation: Installation, browser: Browser
) -> None:
    key = installation.open_claim(claim_of(installation, "CLM-P02-1"))
    wait_for("the assessment", lambda: "active" in installation.states(key).get("T3", []))
    with keyboard(browser, installation, "sven") as sven:
        take(sven, "senior_adjuster", key)
        sven.choose("liability", "insured")
        sven.choose("severity", "total_loss")
        sven.write("repairCost", "41000")
        sven.write("actualCashValue", "39500")
        sven.choose("inspection", "shop")
        complete(sven, installation, key, "T3")
        take(sven, "senior_adjuster", key)
        sven.choose("recommendation", "pay_total_loss")
        expect(sven.page.locator("[name=gross]")).to_be_visible()
        sven.write("gross", "48250")
        sven.choose("payee", "insured")
        sven.write("rationale", REASONS)
        complete(sven, installation, key, "T4")
    for name, role in (("cora", "claims_supervisor"), ("dora", "claims_director")):
        with keyboard(browser, installation, name) as approver:
            take(approver, role, key)
            approver.choose("decision", "approve")
            complete(approver, installation, key, "T5")
    wait_for("the payment", lambda: installation.case(key)["state"] == "completed")
    (payment,) = [one for one in installation.payments() if key in one["key"]]
    assert payment["body"]["amount"] == pytest.approx(47750)
