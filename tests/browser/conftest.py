"""A real browser over a real server: one Chromium a run, one application a test.

The browser itself is that of `tests/conftest.py`: a process drives one Playwright at a time.
"""

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.serving import make_server

from app import clock, create_app
from app import database as app_database
from app.config import Settings
from app.database import Database
from cases.persistence.base import Transaction, forget_blocks
from cases.persistence.jobs import IncidentRow, JobRow
from cases.services import tasks
from tests import advice, factories
from tests.databases import sqlite_template, sqlite_url

__all__ = ["sqlite_template", "sqlite_url"]

ROOT = Path(__file__).parents[2]
AXE = ROOT / "app" / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
UNBUILT = "The front end is not built. Build it: make assets"
SIZES = {"desk": (1440, 900), "phone": (390, 844)}
THEMES = ("light", "dark")


@dataclass(slots=True)
class Site:
    """A running application, and what happens in it."""

    address: str
    app: Flask
    database: Database
    staff: factories.Staff
    browser: Browser
    contexts: list[BrowserContext] = field(default_factory=list)

    @property
    def transaction(self) -> Transaction:
        return self.database.transaction

    def claim(self, number: int = 1) -> str:
        """A claim that waits for an adjuster; its business key."""
        now = clock.host_now()
        turn = factories.open_claim(self.transaction, number, now)
        factories.triage(self.transaction, turn.case_id, now)
        return turn.business_key

    def advice(self) -> advice.Advised:
        """The advice app, with its people among the staff."""
        with self.transaction() as session:
            people = advice.deploy(session, clock.host_now())
        self.staff.actors.update(people.actors)
        return advice.Advised(self.transaction)

    def take(self, task: int, name: str) -> None:
        """Somebody claims a task, elsewhere."""
        with self.transaction() as session:
            tasks.claim(session, task, self.staff[name], clock.host_now())

    def incident(self) -> None:
        """A claim whose policy cannot be looked up: the step has given up, and waits for somebody."""
        now = clock.host_now()
        turn = factories.open_claim(self.transaction, 1, now)
        factories.fail_step(self.transaction, turn.case_id, "SV1", "timeout", now)
        with self.transaction() as session:
            item = factories.item_of(session, turn.case_id, "SV1")
            job = session.query(JobRow).filter_by(case_id=turn.case_id, plan_item=item).one()
            job.state, job.attempts = "dead", 5
            session.add(
                IncidentRow(
                    job_id=job.id,
                    case_id=turn.case_id,
                    family=factories.CLAIMS,
                    plan_item=item,
                    definition="SV1",
                    connection="policy",
                    kind="step",
                    code="timeout",
                    message="No answer within 10 s.",
                    details={"request": {"method": "GET"}, "answer": {"status": 503, "body": "x" * 400}},
                    state="open",
                    opened_at=now,
                )
            )

    def page(self, name: str, *, size: str = "desk", theme: str = "light", script: bool = True) -> "Sheet":
        """A page of somebody who has signed in as people do."""
        width, height = SIZES[size]
        context = self.browser.new_context(
            base_url=self.address,
            viewport={"width": width, "height": height},
            color_scheme="dark" if theme == "dark" else "light",
            java_script_enabled=script,
        )
        self.contexts.append(context)
        sheet = Sheet(context.new_page())
        sheet.page.goto("/sign-in")
        sheet.page.fill("#name", name)
        sheet.page.fill("#password", factories.PASSWORD)
        sheet.page.press("#password", "Enter")
        sheet.page.wait_for_url("**/work/mine")
        return sheet


class Sheet:
    """A page, with what the browser complained about."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def faults(self) -> list[str]:
        """What axe finds, what the browser said, and whether the page is wider than its window."""
        self.page.evaluate(AXE.read_text())
        found: list[dict[str, Any]] = self.page.evaluate(
            "async () => (await axe.run(document, {resultTypes: ['violations']})).violations"
            ".map(one => ({id: one.id, at: one.nodes.map(node => node.target.join(' '))}))"
        )
        wide = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        faults = [f"{one['id']}: {', '.join(one['at'])}" for one in found] + self.complaints
        return faults + ([f"{wide} px too wide"] if wide > 0 else [])

    def _note(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)


@pytest.fixture(scope="session")
def chromium(browser: Browser) -> Browser:
    """The browser of this run, once the front end that it is to show is there."""
    if not AXE.is_file() or not (ROOT / "app" / "static" / "dist" / "manifest.json").is_file():
        pytest.fail(UNBUILT)
    return browser


@pytest.fixture
def site(chromium: Browser, sqlite_url: str, tmp_path: Path) -> Iterator[Site]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    settings = Settings(
        data_dir=tmp_path, database_url=sqlite_url, secret_key="k" * 40, sqlite_synchronous="OFF"
    )
    app = create_app(settings)
    with app.app_context():
        database = app_database.database()
    with database.transaction() as session:
        factories.deploy_claims(session, clock.host_now())
        staff = factories.staff(session, clock.host_now())
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    opened = Site(f"http://127.0.0.1:{server.server_port}", app, database, staff, chromium)
    yield opened
    for context in opened.contexts:
        context.close()
    server.shutdown()
    thread.join()
    server.server_close()
    database.dispose()
    forget_blocks()
