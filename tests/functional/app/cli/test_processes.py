"""casewright up and its parts, as processes: what a newcomer starts with, and every way it ends."""

import json
import os
import shutil
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


@pytest.fixture(scope="module")
def data_of_a_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the first start makes, which takes a while."""
    folder = tmp_path_factory.mktemp("demo") / "data"
    environment = {"CASEWRIGHT_DATA_DIR": str(folder), "CASEWRIGHT_SERVICES_PORT": str(free_ports()[0])}
    for words in (("db", "upgrade"), ("demo",)):
        made = run(*words, **environment)
        assert made.returncode == 0, made.stderr
    return folder


@pytest.fixture
def new(tmp_path: Path) -> Iterator[Up]:
    """Nothing is there yet."""
    yield from ending(Up(tmp_path / "data"))


@pytest.fixture
def up(data_of_a_demo: Path, tmp_path: Path) -> Iterator[Up]:
    """A demo was made before."""
    shutil.copytree(data_of_a_demo, tmp_path / "data")
    yield from ending(Up(tmp_path / "data"))


def ending(made: Up) -> Iterator[Up]:
    yield made
    if hasattr(made, "process"):
        made.process.kill()
        made.ended()


def test_one_command_starts_all_and_says_where_and_whom_to_sign_in_as(new: Up) -> None:
    up = new.start().until_ready()
    made = json.loads((up.data_dir / "demo.json").read_text())
    assert f"http://127.0.0.1:{up.port}" in up.text
    for user in made["users"]:
        assert f"{user['name']}" in up.text
        assert user["password"] in up.text
    assert (up.status("/health/live"), up.status("/health/ready"), up.status("/sign-in")) == (200, 200, 200)
    assert urllib3.request("GET", f"http://127.0.0.1:{up.services_port}/_calls").status == 200
    assert set(up.children()) == {"gunicorn", "worker", "mock-services"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_all_of_it_and_leaves_its_ports(up: Up, number: signal.Signals) -> None:
    up.start().until_ready()
    children = up.children()
    up.process.send_signal(number)
    assert up.ended() == 0
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children.values()))
    for port in (up.port, up.services_port):
        with socket.socket() as asked:
            asked.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            asked.bind(("127.0.0.1", port))


def test_what_was_made_once_is_kept_between_starts(up: Up) -> None:
    up.start().until_ready()
    first = (up.data_dir / "demo.json").read_text()
    up.process.terminate()
    assert up.ended() == 0
    up.said.clear()
    up.start().until_ready()
    assert (up.data_dir / "demo.json").read_text() == first


@pytest.mark.parametrize(("child", "name"), [("worker", "worker"), ("gunicorn", "web")])
def test_a_part_that_dies_is_named_and_ends_the_whole(up: Up, child: str, name: str) -> None:
    up.start().until_ready()
    os.kill(up.children()[child], signal.SIGKILL)
    assert up.ended() == 1
    assert f"The {name} process ended by signal 9" in up.text


@pytest.mark.parametrize(
    ("setting", "other"), [("port", "CASEWRIGHT_PORT"), ("services_port", "CASEWRIGHT_SERVICES_PORT")]
)
def test_a_port_that_is_taken_is_said_in_one_sentence(new: Up, setting: str, other: str) -> None:
    up = new
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
