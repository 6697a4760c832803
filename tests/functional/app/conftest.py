"""A whole application over a fresh database, its people, and a browser without a screen."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from lxml import html
from werkzeug.test import TestResponse

from app import clock, create_app
from app import database as app_database
from app.config import Settings
from app.database import Database
from cases.persistence.base import Transaction, forget_blocks
from cases.services import identity
from cases.services.execution import Turn
from tests import advice, factories

Answers = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Page:
    """An answer of the application, parsed."""

    response: TestResponse

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def location(self) -> str:
        return self.response.headers.get("Location", "")

    @property
    def raw(self) -> str:
        return self.response.get_data(as_text=True)

    @property
    def tree(self) -> html.HtmlElement:
        return html.document_fromstring(self.raw)

    @property
    def text(self) -> str:
        """The words of the page, with single spaces."""
        return " ".join(self.tree.text_content().split())

    def all(self, path: str) -> list[html.HtmlElement]:
        """What an XPath finds."""
        return list(self.tree.xpath(path))

    def one(self, path: str) -> html.HtmlElement:
        """The only thing that an XPath finds."""
        found = self.all(path)
        assert len(found) == 1, f"{path}: {len(found)}"
        return found[0]


class Browser:
    """One person at one browser: keeps its cookie, and puts the token of the last page into what it sends."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.token = ""

    def get(self, path: str, **headers: str) -> Page:
        page = Page(self.client.get(path, headers=headers))
        self._remember(page)
        return page

    def post(self, path: str, answers: Answers | None = None, **headers: str) -> Page:
        data = {"csrf_token": self.token, **(answers or {})}
        page = Page(self.client.post(path, data=data, headers=headers))
        self._remember(page)
        return page

    def sign_in(self, name: str, password: str = factories.PASSWORD, to: str = "") -> Page:
        self.get("/sign-in")
        page = self.post("/sign-in", {"name": name, "password": password, "next": to})
        if page.status == 303:
            self.get("/work/mine")
        return page

    def _remember(self, page: Page) -> None:
        if page.response.mimetype != "text/html" or not page.raw:
            return
        tokens = page.all("//input[@name='csrf_token']/@value")
        if tokens:
            self.token = str(tokens[0])


class _Kept(BytecodeCache):
    """Templates compiled once a run, not once an application: a quarter of the time of these tests."""

    def __init__(self) -> None:
        self.code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.code:
            bucket.bytecode_from_string(self.code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.code[bucket.key] = bucket.bytecode_to_string()


_TEMPLATES = _Kept()


@dataclass(slots=True)
class Office:
    """The application, its people, and what happens to their claims."""

    app: Flask
    database: Database
    staff: factories.Staff

    @property
    def now(self) -> datetime:
        return clock.host_now()

    @property
    def transaction(self) -> Transaction:
        return self.database.transaction

    def browser(self, name: str | None = None) -> Browser:
        """A browser of its own, signed in as somebody (without the password, whose check takes its time)."""
        browser = Browser(self.app.test_client())
        if name is not None:
            with self.transaction() as session:
                token = identity.open_session(session, self.staff[name].user_id, self.now)
            with browser.client.session_transaction() as cookie:
                cookie["_user_id"] = token
            assert browser.get("/work/mine").status == 200
        return browser

    def claim(self, number: int = 1, **parts: object) -> Turn:
        """A claim that has just come in."""
        inputs = {**factories.CLAIM, **parts}
        return factories.open_claim(self.transaction, number, self.now, inputs)

    def triaged(self, number: int = 1, **fraud: object) -> Turn:
        """A claim that intake has triaged: to an adjuster, unless the facts say otherwise."""
        turn = self.claim(number)
        factories.triage(self.transaction, turn.case_id, self.now, **fraud)
        return turn


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(
        data_dir=tmp_path, database_url=database_url, secret_key="k" * 40, sqlite_synchronous="OFF"
    )


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """No context of it stays open: requests would share what they keep in it, down to who is signed in."""
    made = create_app(settings)
    made.jinja_env.bytecode_cache = _TEMPLATES
    yield made
    _database(made).dispose()
    forget_blocks()


@pytest.fixture
def office(app: Flask) -> Office:
    """With the claims app and its people; no case yet."""
    database = _database(app)
    with database.transaction() as session:
        factories.deploy_claims(session, clock.host_now())
        staff = factories.staff(session, clock.host_now())
    return Office(app, database, staff)


def _database(app: Flask) -> Database:
    with app.app_context():
        return app_database.database()


@pytest.fixture
def advised(office: Office) -> advice.Advised:
    """The advice app beside the claims, with its people among the staff of the office."""
    with office.transaction() as session:
        people = advice.deploy(session, office.now)
    office.staff.actors.update(people.actors)
    return advice.Advised(office.transaction)
