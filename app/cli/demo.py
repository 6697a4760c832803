"""casewright demo: the shipped case apps, people with passwords, and cases in which something has happened.

All of it goes through the doors that everybody uses: signed messages, service calls over HTTP, tasks that
people complete. Made once; at every later start only addresses are looked at.
"""

import contextlib
import json
import logging
import os
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import click
from flask import Flask
from werkzeug.serving import make_server

import cases
from app import clock
from app.config import Settings, UnsafeSettings
from app.database import Database
from app.mock import create_mock
from cases import catalogue
from cases.caseapp import archive
from cases.caseapp.document import CaseApp
from cases.connectors import signing
from cases.errors import NotFound
from cases.policy.access import INSTALLATION, SYSTEM, Actor
from cases.queries import snapshot
from cases.scheduler import worker
from cases.services import connections, deployments, identity, messages, people, tasks

FACTS = "facts.jsonl"
STORY = Path("data") / "demo.json"
ADMINISTRATOR = {"name": "admin", "display": "Administrator", "roles": ["administrator"]}

_BETWEEN = timedelta(minutes=2)
_REASON = "The outside services of the demo, on this machine"
_PASSWORD_BYTES = 9

Document = Mapping[str, Any]
"""A JSON document of the library, or of an earlier start: both are ours."""


@dataclass(frozen=True, slots=True)
class DemoInfo:
    """What somebody needs to use a demo: `.casewright/demo.json`, and what `up` prints."""

    address: str
    services: str
    endpoints: Mapping[str, Mapping[str, str]]
    users: tuple[Mapping[str, object], ...]


@click.command("demo")
def demo() -> None:
    """Deploy the shipped case apps and make people and sample cases, once; print the logins."""
    made = make(Settings.from_environment(os.environ))
    click.echo(json.dumps(asdict(made), indent=2))


def make(settings: Settings) -> DemoInfo:
    """What a demo needs, made where it is missing; also written to `demo.json`. Raises `UnsafeSettings`."""
    if settings.is_production:
        raise UnsafeSettings("A production installation has no demo: it needs an environment of its own.")
    database = Database(
        settings.database_url, synchronous=settings.sqlite_synchronous, secret_key=settings.secret_key
    )
    with database:
        made = _Making(settings, database, _known(settings)).whole()
    _write(settings.demo_file, made)
    return made


@dataclass(slots=True)
class _Making:
    """One start of a demo. `known` is what `demo.json` said before."""

    settings: Settings
    database: Database
    known: Document

    def whole(self) -> DemoInfo:
        """Deploy, connect, and make what there was not."""
        now = clock.now(self.settings)
        endpoints: dict[str, Mapping[str, str]] = {}
        users: dict[str, Mapping[str, object]] = {}
        for folder in sorted((Path(cases.__path__[0]) / "library").iterdir()):
            if not (folder / archive.APP).exists():
                continue
            app = self._deploy(folder, now)
            self._connect(app, now)
            story = json.loads((folder / STORY).read_text())
            new = self._people(app, [*story["people"], ADMINISTRATOR], users, now)
            endpoints |= self._endpoints(app, now)
            if new:
                _Story(self.settings, self.database, app, folder, story, endpoints).tell(now)
        return DemoInfo(
            address=self.settings.public_url,
            services=self.settings.services_url,
            endpoints=endpoints,
            users=tuple(users.values()),
        )

    def _deploy(self, folder: Path, now: datetime) -> CaseApp:
        with self.database.transaction() as session:
            deployment = deployments.deploy(session, archive.folder(folder), SYSTEM, now)
            return catalogue.case_app(session, deployment)

    def _connect(self, app: CaseApp, now: datetime) -> None:
        """Every connection leads to the services of the demo; an entry of the ledger says why it may."""
        address = self.settings.services_url
        target = urlsplit(address)
        with self.database.transaction() as session:
            elsewhere = []
            for spec in app.connections.values():
                try:
                    known = connections.open_for_call(session, spec.name, now).base_url
                except NotFound:
                    known = ""
                if known != address:
                    elsewhere.append(spec)
            for spec in elsewhere:
                connections.put(session, spec.name, address, title=spec.title, actor=SYSTEM, now=now)
            if elsewhere and target.hostname and target.port:
                connections.allow_target(
                    session, target.hostname, target.port, _REASON, actor=SYSTEM, now=now
                )

    def _people(
        self, app: CaseApp, wanted: list[Document], users: dict[str, Mapping[str, object]], now: datetime
    ) -> bool:
        """Everybody, with the roles they should have; whether the installation was new."""
        passwords = {str(user["name"]): str(user["password"]) for user in self.known.get("users", ())}
        is_new = False
        for person in wanted:
            name = str(person["name"])
            password = passwords.get(name) or secrets.token_urlsafe(_PASSWORD_BYTES)
            with self.database.transaction() as session:
                try:
                    user = people.user_id(session, name)
                    if name not in passwords:
                        people.set_password(session, user, identity.hash_password(password), now)
                except NotFound:
                    is_new = True
                    hashed = identity.hash_password(password)
                    user = people.create_user(session, name, str(person["display"]), hashed, now)
                for role in person["roles"]:
                    family = app.family if role in app.roles else INSTALLATION
                    people.grant(session, user, family, role, now)
            users[name] = {"name": name, "password": password, "roles": list(person["roles"])}
        return is_new

    def _endpoints(self, app: CaseApp, now: datetime) -> dict[str, Mapping[str, str]]:
        """The doors for messages, each with a secret that was made once."""
        found: dict[str, Mapping[str, str]] = {}
        for spec in app.intakes.values():
            known = self.known.get("endpoints", {}).get(spec.endpoint, {}).get("secret")
            with self.database.transaction() as session:
                owner = f"endpoint:{spec.endpoint}"
                in_force = connections.secrets_of(session, owner, connections.SIGNING, now)
                secret = known if known in in_force else signing.new_secret()
                if secret not in in_force:
                    messages.open_endpoint(session, spec.endpoint, app.key, spec.name, actor=SYSTEM, now=now)
                    connections.set_secret(session, owner, connections.SIGNING, secret, actor=SYSTEM, now=now)
            url = f"{self.settings.public_url}/hooks/{spec.endpoint}"
            found[spec.endpoint] = {"url": url, "secret": secret}
        return found


@dataclass(slots=True)
class _Story:
    """What happened in the sample cases, up to the business day before today: told once, in its order."""

    settings: Settings
    database: Database
    app: CaseApp
    folder: Path
    story: Document
    endpoints: Mapping[str, Mapping[str, str]]

    def tell(self, now: datetime) -> None:
        """Let it happen."""
        day = date.fromisoformat(self.story["day"])
        sent = _messages(self.folder / FACTS)
        with _outside(self.settings, self.folder / FACTS) as services:
            for entry in self.story["story"]:
                later = _business_day_before(self.app, now, 1 + entry.get("earlier", 0)) - day
                body = _moved(sent[entry["message"]], later)
                moment = datetime.fromisoformat(body["submittedAt"])
                for wanted in entry.get("switch", ()):
                    _switch(services, wanted)
                key = self._report(body, moment)
                self._go_on(moment)
                for act in entry.get("acts", ()):
                    moment += _BETWEEN
                    self._act(key, act, moment)
                    self._go_on(moment)

    def _report(self, body: Document, moment: datetime) -> str:
        """A signed message, sent until the case is open; its business key."""
        endpoint = str(self.story["endpoint"])
        secret = self.endpoints[endpoint]["secret"]
        data = json.dumps(body).encode()
        for _ in range(2):
            headers = signing.headers(secret, f"demo_{secrets.token_hex(8)}", int(moment.timestamp()), data)
            with self.database.transaction() as session:
                receipt = messages.receive(session, endpoint, headers, data, moment, moment)
            if receipt.status == 200:
                return str(receipt.document["case"])
            if receipt.status >= 400:
                raise ValueError(f"the demo's message {body['externalId']} is refused: {receipt.document}")
            self._go_on(moment)
        raise ValueError(f"the demo's message {body['externalId']} opened no case")

    def _act(self, key: str, act: Document, moment: datetime) -> None:
        """Somebody claims a task, and completes it where the story has answers."""
        with self.database.transaction() as session:
            user = people.user_id(session, act["by"])
            actor = Actor(user, act["by"], act["by"], identity.grants_of(session, user, moment))
            task = _open_task(snapshot.of(session, key, actor, moment), act["task"])
            tasks.claim(session, task, actor, moment)
        if "answers" in act:
            with self.database.transaction() as session:
                tasks.complete(session, task, act["answers"], actor, moment)

    def _go_on(self, moment: datetime) -> None:
        worker.tick(self.database.transaction, moment)


def _open_task(document: Mapping[str, object], plan_item: str) -> int:
    """The open task of this plan item. Raises ValueError."""
    listed = document["tasks"]
    for task in listed if isinstance(listed, list) else ():
        if task["definition"] == plan_item and task["ended_at"] is None:
            return int(task["id"])
    raise ValueError(f"the demo's case {document['key']} has no open task {plan_item}")


def _business_day_before(app: CaseApp, now: datetime, days: int) -> date:
    today = now.astimezone(ZoneInfo(app.zone)).date()
    calendar = app.calendars.get(app.calendar or "")
    return today - timedelta(days=days) if calendar is None else calendar.business_day(today, -days)


def _messages(file: Path) -> dict[str, Document]:
    lines = (json.loads(line) for line in file.read_text().splitlines() if line.strip())
    return {str(entry["id"]): entry["payload"] for entry in lines}


def _moved(payload: Document, later: timedelta) -> Document:
    """The payload with its instants so many days later, at the same local time of the app's zone."""
    zone = ZoneInfo("America/New_York")
    moved = dict(payload)
    for name in ("lossAt", "submittedAt"):
        local = datetime.fromisoformat(payload[name]).astimezone(zone)
        day = local.date() + later
        moved[name] = datetime.combine(day, time(local.hour, local.minute), zone).isoformat()
    return moved


@contextlib.contextmanager
def _outside(settings: Settings, facts: Path) -> Iterator[Flask]:
    """The outside services, within this process, for as long as the story takes."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    services = create_mock([facts])
    port = urlsplit(settings.services_url).port or 0
    server = make_server("127.0.0.1", port, services, threaded=True)
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    try:
        yield services
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


def _switch(services: Flask, wanted: Document) -> None:
    """How a service behaves from now on, as tests say it to the services of a running demo."""
    how = {name: value for name, value in wanted.items() if name != "service"}
    put: Callable[..., Any] = services.test_client().put  # werkzeug's client takes what its builder takes
    put(f"/_switch/{wanted['service']}", json=how)


def _known(settings: Settings) -> Document:
    try:
        found = json.loads(settings.demo_file.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(file: Path, made: DemoInfo) -> None:
    """For the owner's eyes alone, and never half."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_suffix(".new")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(asdict(made), indent=2) + "\n")
    draft.rename(file)
