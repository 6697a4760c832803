"""Claims on their way to a payment: the shipped app on a database, its outside services in a thread, people.

What was paid is asked of the outside alone (`/_ledger`, `/_calls`). The clock stands until a test moves it.
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import urllib3
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from app.database import Database
from app.mock import create_mock
from cases import catalogue
from cases.caseapp import archive
from cases.cmmn.commands import Note
from cases.connectors import signing
from cases.persistence import codec, job_queue
from cases.persistence.base import Transaction
from cases.persistence.jobs import IncidentRow
from cases.persistence.journal import JournalRow
from cases.persistence.tasks import HumanTaskRow, TaskRowState
from cases.policy.access import SYSTEM, Actor
from cases.queries import snapshot
from cases.scheduler import worker
from cases.services import (
    audit,
    connections,
    deployments,
    identity,
    incidents,
    jobs,
    messages,
    people,
    plan_items,
    service_steps,
    tasks,
)
from cases.services.jobs import Unsettled
from cases.services.messages import Receipt

APP = Path(__file__).parents[2] / "cases" / "library" / "claims.auto"
NOW = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SECRET_KEY = "a secret key for tests, long enough for anybody"
REASONS = "The damage was looked at in the shop; two sources were asked for the value."
ENOUGH = 80

Facts = Mapping[str, object]


class Outside:
    """The outside services, served to this process alone. Its books are read over HTTP, as by auditors."""

    def __init__(self, folder: Path) -> None:
        self.application = create_mock([facts_file(folder)])
        self.server = make_server("127.0.0.1", 0, self.application, threaded=True)
        self.server.daemon_threads = True  # type: ignore[attr-defined]
        self.port = int(self.server.server_port)
        self.url = f"http://127.0.0.1:{self.port}"
        self.http = urllib3.PoolManager(retries=False, timeout=10.0)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def switch(self, service: str, **behaviour: object) -> None:
        """How a service behaves from now on; without behaviour, well."""
        answer = self.http.request("PUT", f"{self.url}/_switch/{service}", json=behaviour)
        assert answer.status == 204, answer.data

    def calls(self, service: str, method: str | None = None) -> list[dict[str, Any]]:
        listed = self.http.request("GET", f"{self.url}/_calls").json()
        return [
            call
            for call in listed
            if call["service"] == service and (method is None or call["method"] == method)
        ]

    def keys(self, service: str = "pay") -> list[str]:
        """The idempotency keys of the payments that a provider was asked for, in their order."""
        return [str(call["idempotency_key"]).strip('"') for call in self.calls(service, "POST")]

    def paid(self) -> list[tuple[str, str, float]]:
        """What was paid, by the providers' own books: provider, key, amount."""
        books = self.http.request("GET", f"{self.url}/_ledger").json()
        return [
            (provider, key.strip('"'), effect["body"]["amount"])
            for provider in ("pay", "pay2")
            for key, effect in books.get(provider, {}).items()
        ]

    def close(self) -> None:
        for service in ("pay", "pay2"):
            self.switch(service)
        self.http.clear()
        self.server.shutdown()
        self.thread.join(5)
        self.server.server_close()


class Claims:
    """The app, deployed, with its people; and whatever a person, an operator or an accident may do to it."""

    def __init__(self, database: Database, outside: Outside, timeout: str | None = None) -> None:
        self.database = database
        self.transaction = database.transaction
        self.outside = outside
        self.now = NOW
        files = dict(archive.folder(APP))
        if timeout is not None:
            files["claims.cmmn"] = files["claims.cmmn"].replace(b'"PT10S"', f'"{timeout}"'.encode())
        story = json.loads((APP / "data" / "demo.json").read_text())
        with self.transaction() as session:
            self.app = catalogue.case_app(session, deployments.deploy(session, files, SYSTEM, NOW))
            for name in self.app.connections:
                connections.put(session, name, outside.url, actor=SYSTEM, now=NOW)
            connections.allow_target(session, "127.0.0.1", outside.port, "tests", actor=SYSTEM, now=NOW)
            messages.open_endpoint(session, "claims", "claims.auto", "claims", actor=SYSTEM, now=NOW)
            connections.set_secret(session, "endpoint:claims", "signing", SECRET, actor=SYSTEM, now=NOW)
            for person in story["people"]:
                user = people.create_user(session, person["name"], person["display"], None, NOW)
                for role in person["roles"]:
                    people.grant(session, user, self.app.family, role, NOW)

    # --- messages and cases

    def send(self, payload: Mapping[str, object], message_id: str) -> Receipt:
        body = json.dumps(payload).encode()
        headers = signing.headers(SECRET, message_id, int(self.now.timestamp()), body)
        with self.transaction() as session:
            return messages.receive(session, "claims", headers, body, self.now, self.now)

    def report(self, reported: str | Mapping[str, object]) -> "Claim":
        """A claim is reported, and the house does what it can without a person, but no call to a provider."""
        payload = claim(reported) if isinstance(reported, str) else reported
        receipt = self.send(payload, f"msg_{payload['externalId']}")
        assert receipt.status == 202, receipt.document
        while self.one_job(but="SV6"):
            """Until a payment or a person is next."""
        return Claim(self, str(self.send(payload, f"again_{payload['externalId']}").document["case"]))

    def fast(self) -> "Claim":
        """A windshield whose payment of 512.40 is the next thing that happens."""
        found = self.report("FAST-0")
        assert found.states("SV6")[0] == "active", found.document()["items"]
        return found

    def recommended(self, gross: object) -> "Claim":
        """A collision, assessed by adam and recommended by ana with this gross amount (net is 100 less)."""
        found = self.report("ROAD-0")
        found.do("adam", "T3", assessment())
        found.do("ana", "T4", recommendation(gross))
        return found

    # --- the worker

    def one_job(self, but: str = "") -> bool:
        """Do one thing that is due now; False where nothing is. `but` names a step that is left alone."""
        if worker.within(self.transaction, self.now):
            return True
        lease = self.lease(but)
        if lease is None:
            return False
        jobs.perform(self.transaction, lease, lambda: self.now)
        return True

    def stumble(self, transaction: Transaction) -> None:
        """Do one due step in transactions that may fail, and put it down as a worker does if they do."""
        lease = self.lease()
        assert lease is not None
        try:
            jobs.perform(transaction, lease, lambda: self.now)
        except Unsettled as error:
            with self.transaction() as session:
                jobs.stumbled_in_hand(session, lease, error, self.now)

    def lease(self, but: str = "") -> job_queue.Lease | None:
        """Take one due step in hand, as a worker does, and let it be forgotten if the test wants that."""
        with self.transaction() as session:
            leases = jobs.claim(session, "test", 20, self.now)
            wanted = [one for one in leases if self.step_of(one.payload) != but]
            jobs.release(session, [one for one in leases if one not in wanted[:1]], self.now)
        return wanted[0] if wanted else None

    def step_of(self, payload: bytes | None) -> str:
        return service_steps.Progress.of(payload).definition

    def tick(self, **passed: float) -> int:
        self.now += timedelta(**passed)
        return worker.tick(self.transaction, self.now)

    def run(self) -> None:
        """Let time pass until nothing is due any more, now or later."""
        for _ in range(ENOUGH):
            self.tick()
            with self.transaction() as session:
                at = job_queue.next_at(session)
            if at is None:
                return
            self.now = max(self.now, at)
        raise AssertionError("the jobs come to no end")

    # --- people

    def actor(self, name: str) -> Actor:
        with self.transaction() as session:
            user = people.user_id(session, name)
            return Actor(user, name, name.title(), identity.grants_of(session, user, self.now))

    def retry(self, name: str = "paul") -> None:
        """Somebody retries the one open incident."""
        actor, (found,) = self.actor(name), self.incidents()
        with self.transaction() as session:
            incidents.retry(session, found.id, actor, self.now, "The provider is back.")

    def give_up(self, name: str = "cora") -> None:
        """Somebody gives the one open incident up."""
        actor, (found,) = self.actor(name), self.incidents()
        with self.transaction() as session:
            incidents.give_up(session, found.id, actor, self.now, "It cannot be done this way.")

    def move_connection(self, session: Session, name: str, address: str, port: int) -> None:
        connections.put(session, name, address, actor=SYSTEM, now=self.now)
        connections.allow_target(session, "127.0.0.1", port, "tests", actor=SYSTEM, now=self.now)

    # --- what can be seen

    def incidents(self) -> list[IncidentRow]:
        return [row for row in self.rows(IncidentRow) if row.state == "open"]

    def details(self) -> dict[str, Any]:
        """What the one open incident tells."""
        (found,) = self.incidents()
        return dict(found.details or {})

    def rows(self, row: type[Any]) -> list[Any]:
        with self.transaction() as session:
            return list(session.scalars(select(row)))

    def is_unbroken(self) -> bool:
        """What `audit verify` says."""
        with self.database.reading() as session:
            return not audit.verify(session, None).findings


class Claim:
    """One claim, by its number."""

    def __init__(self, house: Claims, key: str) -> None:
        self.house = house
        self.key = key
        with house.transaction() as session:
            document = snapshot.of(session, key, SYSTEM, house.now)
            self.id = int(str(document["items"][0]["item"]).split(".")[0])  # type: ignore[index]

    def payment(self, version: int = 1) -> str:
        """The idempotency key of the payment of this version of the settlement."""
        return f"{self.key}:pay:{version}"

    def document(self) -> dict[str, Any]:
        with self.house.transaction() as session:
            return dict(snapshot.of(session, self.key, SYSTEM, self.house.now))

    def states(self, plan_item: str) -> list[str]:
        """The states of the instances of one plan item, in their order."""
        return [str(item["state"]) for item in self.document()["items"] if item["id"] == plan_item]

    def item(self, plan_item: str, state: str) -> int:
        """The number of the instance in this state."""
        found = [i for i in self.document()["items"] if (i["id"], i["state"]) == (plan_item, state)]
        return int(str(found[0]["item"]).split(".")[1])

    def state(self) -> str:
        return str(self.document()["state"])

    def data(self, name: str) -> Any:
        return self.document()["data"].get(name)

    def notes(self, kind: str) -> list[dict[str, Any]]:
        """The remarks of this kind in the journal, in their order."""
        with self.house.transaction() as session:
            bodies = session.scalars(
                select(JournalRow.body).where(JournalRow.case_id == self.id).order_by(JournalRow.version)
            ).all()
        commands = [codec.unpack_entry(body)[0] for body in bodies if body is not None]
        return [dict(one.data) for one in commands if isinstance(one, Note) and one.kind == kind]

    def task(self, plan_item: str) -> int:
        with self.house.transaction() as session:
            return int(
                session.scalars(
                    select(HumanTaskRow.id).where(
                        HumanTaskRow.case_id == self.id,
                        HumanTaskRow.definition == plan_item,
                        HumanTaskRow.state == TaskRowState.OPEN,
                    )
                ).one()
            )

    def has_task(self, plan_item: str) -> bool:
        with self.house.transaction() as session:
            found = select(HumanTaskRow.id).where(
                HumanTaskRow.case_id == self.id,
                HumanTaskRow.definition == plan_item,
                HumanTaskRow.state == TaskRowState.OPEN,
            )
            return session.scalars(found).one_or_none() is not None

    def do(self, name: str, plan_item: str, answers: Mapping[str, object]) -> None:
        """Somebody claims the open task and completes it, each by the service that the pages use."""
        actor, task = self.house.actor(name), self.task(plan_item)
        with self.house.transaction() as session:
            tasks.claim(session, task, actor, self.house.now)
        with self.house.transaction() as session:
            tasks.complete(session, task, answers, actor, self.house.now)

    def approve(self, name: str, net: object, decision: str = "approve") -> None:
        answers = {"amountSeen": net, "decision": decision, "comment": "Looked at."}
        self.do(name, "T5", answers)

    def handle(self, action: str, **more: object) -> None:
        """The payments officer answers T8."""
        self.do("paul", "T8", {"action": action, **more})

    def withdraw(self, name: str = "adam") -> None:
        actor = self.house.actor(name)
        (listener,) = [i for i in self.document()["items"] if i["id"] == "UE1"]
        number = int(str(listener["item"]).split(".")[1])
        with self.house.transaction() as session:
            plan_items.occur(session, self.id, number, {}, actor, self.house.now)


def facts_file(folder: Path) -> Path:
    """What the outside knows of the claims of `claim`."""
    known = {"inForce": True, "paid": True, "peril": True, "age": 400, "ded": 100, "prior": 0, "est": 612.4}
    refused, generous = known | {"peril": False}, known | {"amount": 2400}
    kinds = {"FAST": known, "ROAD": known, "DENY": refused, "BIG": generous}
    lines = [
        {"payload": {"externalId": f"{kind}-{number}"}, "facts": facts}
        for kind, facts in kinds.items()
        for number in range(6)
    ]
    file = folder / "facts.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in lines))
    return file


def claim(name: str) -> dict[str, object]:
    """A report as an integration sends it; the outside finds its facts by the name."""
    kind, _, number = name.partition("-")
    return {
        "externalId": name,
        "channel": "web",
        "policyNumber": f"PC-{sum(map(ord, kind)):04}{int(number):03}",
        "claimant": {"name": "Rosa Delgado", "email": "rosa@example.org", "preferredContact": "email"},
        "lossType": "windshield" if kind in ("FAST", "BIG") else "collision",
        "lossAt": "2026-03-03T07:50:00-05:00",
        "lossLocation": {"city": "Dublin", "state": "OH", "zip": "43017"},
        "description": "A stone from a truck.",
        "injuries": False,
        "vehicles": [
            {"role": "insured", "vin": f"{kind:0<4}KARFU0J30{sum(map(ord, kind)):03}{int(number)}"[:17]}
        ],
        "estimate": {"amount": "612.40", "currency": "USD", "source": "glass_shop"},
        "submittedAt": "2026-03-03T09:02:00-05:00",
    }


def assessment(**changes: object) -> dict[str, object]:
    return {
        "liability": "insured",
        "severity": "minor",
        "repairCost": 1000,
        "actualCashValue": 90000,
        "inspection": "photos",
        **changes,
    }


def recommendation(gross: object, **changes: object) -> dict[str, object]:
    return {
        "recommendation": "pay_repair",
        "gross": gross,
        "payee": "insured",
        "rationale": REASONS,
        **changes,
    }


def at_once(*works: Callable[[], object]) -> list[BaseException | None]:
    """Do all of these at the same instant, each in a thread; what each raised."""
    gate = threading.Barrier(len(works))
    raised: list[BaseException | None] = [None] * len(works)

    def do(number: int, work: Callable[[], object]) -> None:
        gate.wait()
        try:
            work()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            raised[number] = error

    threads = [threading.Thread(target=do, args=(n, work)) for n, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return raised


@contextmanager
def served(folder: Path) -> Iterator[Outside]:
    outside = Outside(folder)
    try:
        yield outside
    finally:
        outside.close()
