"""A small case app with one service step, a peer that can be told to misbehave, and a world to run them."""

import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database import Database
from cases.connectors import signing
from cases.persistence.base import take_number
from cases.persistence.instances import CaseInstanceRow
from cases.persistence.jobs import IncidentRow, JobRow
from cases.policy.access import SYSTEM
from cases.scheduler import worker
from cases.services import connections, deployments, execution, instances, messages, numbers
from cases.services.execution import Turn
from cases.services.messages import Receipt

NOW = datetime(2026, 3, 2, 14, 2, 11, tzinfo=UTC)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SECRET_KEY = "a secret key for tests, long enough for anybody"

APP = """
[app]
key = "loans"
title = "Loans"
owner = "clerk"
case = "loan"
number = "LN-{yyyy}-{seq:4}"
zone = "America/New_York"

[roles.clerk]
title = "Clerk"
operator = true

[connections.pay]
title = "Payments"
BREAKER
[connections.pay.operations.pay]
path = "/pay/v1/payments"
idempotent = IDEMPOTENT
answer = "{paymentId: body.paymentId}"
schema = {type = "object", required = ["paymentId"]}
[connections.pay.operations.pay.status]
402 = "fault insufficient_funds"
404 = '{paymentId: null, result: "not_found"}'

[connections.pay.operations.find]
method = "GET"
path = "/pay/v1/payments?key={idempotencyKey}"
[connections.pay.operations.find.status]
404 = '{result: "not_found"}'

[connections.pay2]
title = "Second payments"
[connections.pay2.operations.pay]
path = "/pay2/v1/payments"

[search.policy]
title = "Policy"
value = "claim.policy"

[search.day]
title = "Day"
value = "claim.day"

[intake.loans]
endpoint = "loans"
case = "loan"
key = 'channel + ":" + externalId'
schema = "intake/loan.schema.json"

[intake.loans.map]
claim = "{amount: amount, policy: policy, day: day}"
"""

SCHEMA = {
    "type": "object",
    "required": ["externalId", "channel", "amount"],
    "properties": {
        "externalId": {"type": "string", "minLength": 1},
        "channel": {"enum": ["web", "phone"]},
        "amount": {"type": "number", "minimum": 1},
        "policy": {"type": "string"},
        "day": {"type": "string", "format": "date"},
        "note": {"type": "string", "maxLength": 10},
    },
}

MODEL = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/CMMN/20151109/MODEL" xmlns:cw="https://casewright.org/cmmn"
             id="definitions" targetNamespace="https://example.org/loans">
  <case id="loan" name="Loan">
    <caseFileModel>
      <caseFileItem id="file.claim" name="claim"/>
      <caseFileItem id="file.SV1" name="SV1"/>
      <caseFileItem id="file.T1" name="T1"/>
      <caseFileItem id="file.T2" name="T2"/>
      <caseFileItem id="file.T3" name="T3"/>
    </caseFileModel>
    <casePlanModel id="plan" name="Loan">
      <planItem id="SV1" name="Pay" definitionRef="d.SV1">
        <exitCriterion id="exit.SV1" sentryRef="if.T3.done"/>
      </planItem>
      <planItem id="T1" name="After payment" definitionRef="d.T1">
        <entryCriterion id="entry.T1" sentryRef="if.SV1.done"/>
      </planItem>
      <planItem id="T2" name="Payment failed" definitionRef="d.T2">
        <entryCriterion id="entry.T2" sentryRef="if.SV1.failed"/>
      </planItem>
      <planItem id="T3" name="Stop" definitionRef="d.T3"/>
      <sentry id="if.SV1.done">
        <planItemOnPart id="on.SV1.done" sourceRef="SV1">
          <standardEvent>complete</standardEvent>
        </planItemOnPart>
      </sentry>
      <sentry id="if.SV1.failed">
        <planItemOnPart id="on.SV1.failed" sourceRef="SV1">
          <standardEvent>fault</standardEvent>
        </planItemOnPart>
      </sentry>
      <sentry id="if.T3.done">
        <planItemOnPart id="on.T3.done" sourceRef="T3">
          <standardEvent>complete</standardEvent>
        </planItemOnPart>
      </sentry>
      <task id="d.SV1" name="Pay" cw:connection="pay" cw:operation="pay" cw:key='"pay"' cw:timeout="PT2S"
            cw:retry="RETRY" cw:fallback='FALLBACK'>
        <extensionElements><cw:in name="amount">claim.amount</cw:in></extensionElements>
      </task>
      <humanTask id="d.T1" name="After payment" cw:role="clerk"/>
      <humanTask id="d.T2" name="Payment failed" cw:role="clerk"/>
      <humanTask id="d.T3" name="Stop" cw:role="clerk"/>
    </casePlanModel>
    <caseRoles id="roles"><role id="clerk" name="clerk"/></caseRoles>
  </case>
</definitions>
"""


def app_files(
    *,
    retry: str = "4, PT2S x2 to PT1H, jitter 0",
    fallback: str = "fault",
    breaker: str = "",
    idempotent: bool = True,
) -> dict[str, bytes]:
    """The app, with the step's retries and fallbacks as a test wants them."""
    toml = APP.replace("BREAKER", breaker).replace("IDEMPOTENT", "true" if idempotent else "false")
    model = MODEL.replace("RETRY", retry).replace("FALLBACK", fallback.replace('"', "&quot;"))
    return {
        "app.toml": toml.encode(),
        "loan.cmmn": model.encode(),
        "intake/loan.schema.json": json.dumps(SCHEMA).encode(),
    }


@dataclass(slots=True)
class Request:
    """One call as the peer saw it."""

    method: str
    path: str
    key: str | None
    body: bytes
    headers: Mapping[str, str]


@dataclass(slots=True)
class Reply:
    """How the peer answers one call: `does` it carry it out, and then `hangs_up` without a word?"""

    status: int = 200
    body: bytes | None = None
    does: bool = True
    hangs_up: bool = False
    wait: threading.Event | None = None
    headers: dict[str, str] = field(default_factory=dict)


class Peer:
    """A service that honours idempotency keys: `effects` are what it did, by key. `script` is used up."""

    def __init__(self) -> None:
        self.script: list[Reply] = []
        self.otherwise = Reply()
        self.requests: list[Request] = []
        self.effects: dict[str, str] = {}
        self.lock = threading.Lock()
        peer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                peer.serve(self)

            do_GET = do_POST = do_DELETE = answer  # noqa: N815 - the names that the library calls

            def log_message(self, *_args: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        key = handler.headers.get("Idempotency-Key")
        with self.lock:
            self.requests.append(Request(handler.command, handler.path, key, body, dict(handler.headers)))
            reply = self.script.pop(0) if self.script else self.otherwise
            if handler.command == "POST" and reply.does and key is not None and reply.status < 300:
                self.effects.setdefault(key, f"p{len(self.effects) + 1}")
        if reply.wait is not None:
            reply.wait.wait(10)
        if reply.hangs_up:
            handler.close_connection = True
            return
        content = reply.body
        if content is None:
            content = json.dumps({"paymentId": self.effects.get(key or "", "none")}).encode()
        handler.send_response(reply.status)
        for name, value in {**reply.headers, "Content-Length": str(len(content))}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(content)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)


@contextmanager
def peer() -> Iterator[Peer]:
    served = Peer()
    try:
        yield served
    finally:
        served.close()


class World:
    """A database with the app deployed, connections that point at the peer, and a clock that a test moves."""

    def __init__(self, database: Database, served: Peer, files: Mapping[str, bytes] | None = None) -> None:
        self.database = database
        self.transaction = database.transaction
        self.peer = served
        self.now = NOW
        with self.transaction() as session:
            self.deployment = deployments.deploy(session, files or app_files(), SYSTEM, NOW)
            for name in ("pay", "pay2"):
                connections.put(session, name, served.url, actor=SYSTEM, now=NOW)
            connections.allow_target(session, "127.0.0.1", served.port, "tests", actor=SYSTEM, now=NOW)
            messages.open_endpoint(session, "loans", "loans", "loans", actor=SYSTEM, now=NOW)
            connections.set_secret(session, "endpoint:loans", "signing", SECRET, actor=SYSTEM, now=NOW)

    def open_case(self, amount: int = 100) -> Turn:
        """A case, whose service step is due."""
        with self.transaction() as session:
            counter = numbers.counter_of(self.app(session), self.now)
        number = take_number(self.transaction, counter)
        new = instances.NewCase(app_key="loans", inputs={"claim": {"amount": amount}}, number=number)
        with self.transaction() as session:
            return instances.start(session, new, SYSTEM, "test", self.now)

    def app(self, session: Session) -> Any:
        return execution.catalogue.case_app(session, self.deployment)

    def tick(self, **passed: float) -> int:
        """Move the clock, and do all that is due."""
        self.now += timedelta(**passed)
        return worker.tick(self.transaction, self.now)

    def states(self, case_id: int) -> dict[str, str]:
        with self.transaction() as session:
            case = execution.lock(session, case_id).case
            return {case.plan_item(item.iid).id: item.state.name.lower() for item in case.items()}

    def file(self, case_id: int) -> dict[str, Any]:
        with self.transaction() as session:
            return dict(execution.lock(session, case_id).case.file())

    def rows(self, row: type) -> list[Any]:
        with self.transaction() as session:
            return list(session.scalars(select(row)))

    def job(self) -> JobRow:
        (job,) = self.rows(JobRow)
        return job  # type: ignore[no-any-return]

    def incidents(self) -> list[IncidentRow]:
        return [row for row in self.rows(IncidentRow) if row.state != "resolved"]

    def cases(self) -> list[CaseInstanceRow]:
        return self.rows(CaseInstanceRow)

    def post(
        self,
        payload: object,
        message_id: str = "m-1",
        *,
        endpoint: str = "loans",
        secret: str = SECRET,
        headers: Mapping[str, str] | None = None,
    ) -> Receipt:
        """Send a signed message through the service, as the door does."""
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        made = signing.headers(secret, message_id, int(self.now.timestamp()), body)
        with self.transaction() as session:
            return messages.receive(session, endpoint, {**made, **(headers or {})}, body, self.now, self.now)


def sha256(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


Opener = Callable[..., World]
