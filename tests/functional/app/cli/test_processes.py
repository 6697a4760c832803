"""casewright up and its parts, as processes: what a newcomer starts with, and every way it ends."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import urllib3

from tests.shared import ROOT

PATIENCE = 90.0


class Up:
    """`casewright up` on ports and with data of its own."""

    def __init__(self, data_dir: Path, **settings: str) -> None:
        self.port, self.services_port = free_ports()
        self.data_dir = data_dir
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CASEWRIGHT_")}
        self.environment = kept | {
            "CASEWRIGHT_DATA_DIR": str(data_dir),
            "CASEWRIGHT_PORT": str(self.port),
            "CASEWRIGHT_SERVICES_PORT": str(self.services_port),
            "PYTHONUNBUFFERED": "1",
            **settings,
        }
        self.said: list[str] = []

    def start(self) -> "Up":
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app", "up"],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.reader = threading.Thread(target=self._listen)
        self.reader.start()
        return self

    def until_ready(self) -> "Up":
        until(lambda: "Ctrl-C" in self.text or self.process.poll() is not None)
        assert "Ctrl-C" in self.text, self.text
        return self

    def ended(self) -> int:
        code = self.process.wait(PATIENCE)
        self.reader.join()
        return code

    @property
    def text(self) -> str:
        return "".join(self.said)

    def children(self) -> dict[str, int]:
        """The processes it started, by what they run."""
        found = {}
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            for pid in (task / "children").read_text().split():
                words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
                name = next((word for word in words if word in {"worker", "mock-services", "gunicorn"}), "?")
                found[name] = int(pid)
        return found

    def status(self, path: str) -> int:
        return int(urllib3.request("GET", f"http://127.0.0.1:{self.port}{path}", redirect=False).status)

    def _listen(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output:
            self.said.extend(output)


def free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1]), int(two.getsockname()[1])


def until(holds: Callable[[], bool]) -> None:
    patience = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < patience, "waited in vain"
        time.sleep(0.05)


def run(*words: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "app", *words],
        cwd=ROOT,
        env=os.environ | settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    made = Up(tmp_path / "data")
    yield made
    if hasattr(made, "process"):
        made.process.kill()
        made.ended()


def test_one_command_starts_all_ends_it_and_starts_it_again_with_what_was_made(up: Up) -> None:
    """One story, because each start takes seconds; other ways to end are told in `test_children`."""
    up.start().until_ready()
    must_say_where_and_whom_to_sign_in_as(up)
    made = (up.data_dir / "demo.json").read_text()
    first = up.children()
    assert set(first) == {"gunicorn", "worker", "mock-services"}
    must_be_alone_on_its_data(up)

    up.process.send_signal(signal.SIGINT)
    assert up.ended() == 0
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in first.values()))

    up.said.clear()
    up.start().until_ready()
    assert (up.data_dir / "demo.json").read_text() == made

    os.kill(up.children()["worker"], signal.SIGKILL)
    assert up.ended() == 1
    assert "The worker process ended by signal 9" in up.text
    assert run("check-stopped", CASEWRIGHT_DATA_DIR=str(up.data_dir)).returncode == 0


def must_be_alone_on_its_data(up: Up) -> None:
    """Neither a second one, on ports of its own, nor what removes the data goes on while it runs."""
    port, services_port = free_ports()
    ports = {"CASEWRIGHT_PORT": str(port), "CASEWRIGHT_SERVICES_PORT": str(services_port)}
    for command in ("up", "check-stopped"):
        refused = run(command, CASEWRIGHT_DATA_DIR=str(up.data_dir), **ports)
        assert refused.returncode == 1
        assert refused.stdout == ""
        assert refused.stderr == f"Casewright is running on {up.data_dir}: stop make run first (Ctrl-C).\n"


def must_say_where_and_whom_to_sign_in_as(up: Up) -> None:
    assert f"http://127.0.0.1:{up.port}" in up.text
    for user in json.loads((up.data_dir / "demo.json").read_text())["users"]:
        assert user["name"] in up.text
        assert user["password"] in up.text
    assert [up.status(path) for path in ("/health/live", "/health/ready", "/sign-in")] == [200, 200, 200]
    assert urllib3.request("GET", f"http://127.0.0.1:{up.services_port}/_calls").status == 200


@pytest.mark.parametrize(
    ("setting", "other"), [("port", "CASEWRIGHT_PORT"), ("services_port", "CASEWRIGHT_SERVICES_PORT")]
)
def test_a_port_that_is_taken_is_said_in_one_sentence(up: Up, setting: str, other: str) -> None:
    port = getattr(up, setting)
    with socket.create_server(("127.0.0.1", port)):
        assert up.start().ended() == 1
    assert up.text == f"Port {port} is taken: stop what uses it, or set {other}.\n"
    assert not (up.data_dir / "casewright.db").exists()


def test_production_is_no_demo(tmp_path: Path) -> None:
    refused = run(
        "up",
        CASEWRIGHT_ENV="production",
        CASEWRIGHT_SECRET_KEY="k" * 48,
        CASEWRIGHT_PUBLIC_URL="https://cases.example.org",
        CASEWRIGHT_DATA_DIR=str(tmp_path),
    )
    assert (refused.returncode, refused.stdout) == (78, "")
    assert refused.stderr.count("\n") == 1


@pytest.mark.parametrize("command", [["web"], ["worker"], ["up"], ["db", "upgrade"]])
def test_unsafe_settings_end_every_command_with_one_sentence(tmp_path: Path, command: list[str]) -> None:
    refused = run(*command, CASEWRIGHT_ENV="production", CASEWRIGHT_DATA_DIR=str(tmp_path))
    assert refused.returncode == 78
    assert "CASEWRIGHT_SECRET_KEY" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_the_outside_services_name_a_file_that_they_cannot_read(tmp_path: Path) -> None:
    (tmp_path / "facts.jsonl").write_text("not JSON\n")
    _, port = free_ports()
    refused = run("mock-services", "--facts", str(tmp_path / "facts.jsonl"), "--port", str(port))
    assert refused.returncode == 1
    assert "facts.jsonl:1" in refused.stderr
