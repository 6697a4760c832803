"""An installation of its own: web, worker and outside services as processes, on ports that were free.

What a test may do to it is what a person or an accident may: start, post, ask, switch a service, kill.
"""

import base64
import contextlib
import hashlib
import hmac
import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import urllib3

from tests.acceptance.asking import Asker

T = TypeVar("T")
ROOT = Path(__file__).parents[2]
PATIENCE = 60.0
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.05, 0.5
_COMMAND = (sys.executable, "-m", "app")
_PROCESSES = {"services": "mock-services", "web": "web", "worker": "worker"}
_BESIDE = {"second worker": "worker"}
"""Processes that are started by name alone."""


def wait_for(what: str, look: Callable[[], T], patience: float = PATIENCE) -> T:
    """The first true answer of `look`; fails with `what` when none comes."""
    until, pause = time.monotonic() + patience, _SHORTEST_PAUSE
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > until:
            raise AssertionError(f"waited {patience:.0f} s in vain for {what}")
        time.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE)


class Installation:
    """One installation in a folder of its own. Close it, or its processes outlive the test."""

    def __init__(self, folder: Path, database_url: str | None = None, facts: Sequence[Path] = ()) -> None:
        self.folder = folder
        self.port, self.services_port = _free_ports(2)
        self.address = f"http://127.0.0.1:{self.port}"
        self.services = f"http://127.0.0.1:{self.services_port}"
        self.clock_file = folder / "clock"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("CASEWRIGHT_")},
            "CASEWRIGHT_ENV": "demo",
            "CASEWRIGHT_DATA_DIR": str(folder / "data"),
            "CASEWRIGHT_PORT": str(self.port),
            "CASEWRIGHT_SERVICES_PORT": str(self.services_port),
            "CASEWRIGHT_CLOCK_FILE": str(self.clock_file),
            "CASEWRIGHT_FACTS": ":".join(str(file) for file in facts),
            "PYTHONUNBUFFERED": "1",
        }
        if database_url is not None:
            self.environment["CASEWRIGHT_DATABASE_URL"] = database_url
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.http = urllib3.PoolManager(retries=False, timeout=20.0)
        self._facts = facts
        self._asker: Asker | None = None

    def prepare(self) -> None:
        """The tables, the library, the people: what `casewright up` makes once."""
        self.command("db", "upgrade")
        self.command("demo")

    def start(self, *names: str) -> None:
        """Start some of `services`, `web`, `worker`, and wait until they answer. Without names these three.

        `second worker` is one more, beside the first.
        """
        for name in names or tuple(_PROCESSES):
            arguments = [{**_PROCESSES, **_BESIDE}[name]]
            if name == "services":
                for file in (*sorted(ROOT.glob("cases/library/*/facts*.jsonl")), *self._facts):
                    arguments += ["--facts", str(file)]
            log = (self.folder / f"{name}.log").open("ab")
            self.processes[name] = subprocess.Popen(
                [*_COMMAND, *arguments],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            log.close()
        if "web" in self.processes:
            wait_for("the web process", lambda: self._answers(f"{self.address}/health/ready"))
        if "services" in self.processes:
            wait_for("the outside services", lambda: self._answers(f"{self.services}/_calls"))

    def kill(self, name: str, how: signal.Signals = signal.SIGKILL) -> None:
        """End one process with all its children, as an accident would."""
        process = self.processes.pop(name)
        with contextlib.suppress(ProcessLookupError):  # it may have ended by itself
            os.killpg(process.pid, how)
        process.wait(PATIENCE)

    def close(self) -> None:
        for name in list(self.processes):
            self.kill(name)
        if self._asker is not None:
            self._asker.close()
        self.http.clear()

    def command(self, *words: str, check: bool = True) -> str:
        """What `casewright WORDS` prints, in a process of its own."""
        done = subprocess.run(
            [*_COMMAND, *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE * 5,
        )
        if check and done.returncode:
            raise AssertionError(
                f"casewright {' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}"
            )
        return done.stdout

    def ask(self, *words: str) -> str:
        """What `casewright WORDS` prints, for commands that start no process: by the one that is resident."""
        self._asker = self._asker or Asker(self.environment)
        done = self._asker.ask(*words)
        if done.code:
            raise AssertionError(f"casewright {' '.join(words)}: {done.code}\n{done.output}{done.errors}")
        return done.output

    @property
    def demo(self) -> dict[str, Any]:
        return dict(json.loads((self.folder / "data" / "demo.json").read_text()))

    def password(self, user: str) -> str:
        return next(str(one["password"]) for one in self.demo["users"] if one["name"] == user)

    def signed(self, body: bytes, message_id: str | None = None, at: float | None = None) -> dict[str, str]:
        """The headers of a signed message (Standard Webhooks), made here and not by the product."""
        id_ = message_id or f"msg_{uuid.uuid4().hex}"
        stamp = str(int(time.time() + self._offset() if at is None else at))
        secret = str(self.demo["endpoints"]["claims"]["secret"]).removeprefix("whsec_")
        content = b".".join((id_.encode(), stamp.encode(), body))
        digest = hmac.new(base64.b64decode(secret), content, hashlib.sha256).digest()
        return {
            "content-type": "application/json",
            "webhook-id": id_,
            "webhook-timestamp": stamp,
            "webhook-signature": "v1," + base64.b64encode(digest).decode(),
        }

    def post(
        self, payload: Mapping[str, object], message_id: str | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Post a claim as an integration does; its status and its document."""
        body = json.dumps(payload, ensure_ascii=False).encode()
        return self.send(body, self.signed(body, message_id))

    def send(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        url = str(self.demo["endpoints"]["claims"]["url"])
        answer = self.http.request("POST", url, body=body, headers=dict(headers))
        return answer.status, dict(json.loads(answer.data or b"{}"))

    def open_claim(self, payload: Mapping[str, object]) -> str:
        """Post a claim, and wait for its case; the business key."""
        status, document = self.post(payload)
        assert status == 202, document
        return str(wait_for(f"the case of {payload['externalId']}", lambda: self.key_of(payload)))

    def key_of(self, payload: Mapping[str, object]) -> str | None:
        """The business key of the case that this payload opened: asked by sending it again."""
        status, document = self.post(payload)
        return str(document["case"]) if status == 200 else None

    def case(self, key: str, as_user: str | None = None) -> dict[str, Any]:
        words = ("--as", as_user) if as_user else ()
        return dict(json.loads(self.ask("case", "show", key, "--json", *words)))

    def states(self, key: str) -> dict[str, list[str]]:
        """The states of all instances, by plan item id."""
        found: dict[str, list[str]] = {}
        for item in self.case(key)["items"]:
            found.setdefault(str(item["id"]), []).append(str(item["state"]))
        return found

    def calls(self, service: str | None = None) -> list[dict[str, Any]]:
        listed = json.loads(self.http.request("GET", f"{self.services}/_calls").data)
        return [call for call in listed if service is None or call["service"] == service]

    def payments(self) -> list[dict[str, Any]]:
        """What the outside's own book says was paid."""
        books = json.loads(self.http.request("GET", f"{self.services}/_ledger").data)
        return [
            {"service": service, "key": key, **effect}
            for service in ("pay", "pay2")
            for key, effect in books.get(service, {}).items()
        ]

    def switch(self, service: str, **behaviour: object) -> None:
        body = json.dumps(behaviour).encode()
        headers = {"content-type": "application/json"}
        answer = self.http.request("PUT", f"{self.services}/_switch/{service}", body=body, headers=headers)
        assert answer.status == 204, answer.data

    def move_clock(self, seconds: float) -> None:
        """All clocks of this installation are ahead by so much from now on."""
        draft = self.clock_file.with_suffix(".new")
        draft.write_text(str(seconds))
        draft.rename(self.clock_file)

    def _offset(self) -> float:
        return float(self.clock_file.read_text()) if self.clock_file.exists() else 0.0

    def _answers(self, url: str) -> bool:
        for name, process in self.processes.items():
            if process.poll() is not None:
                log = (self.folder / f"{name}.log").read_text(errors="replace")[-3000:]
                raise AssertionError(f"{name} ended with {process.returncode}:\n{log}")
        try:
            return int(self.http.request("GET", url).status) == 200
        except urllib3.exceptions.HTTPError:
            return False


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()
