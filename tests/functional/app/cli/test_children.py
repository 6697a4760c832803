"""Processes that belong together: whichever way one of them ends, nothing is left running."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PATIENCE = 30.0
ROOT = Path(__file__).resolve().parents[4]

PARENT = """
import sys
from app.cli.children import Children
with Children() as children:
    for name in sys.argv[2:]:
        children.start(name, [sys.executable, sys.argv[1] + "/child.py", sys.argv[1], name])
    children.wait()
    is_wanted = children.is_asked_to_stop
sys.exit(0 if is_wanted else 1)
"""

CHILD = """
import os, signal, subprocess, sys, time
from pathlib import Path
from app.cli.children import end_with_parent
folder, name = Path(sys.argv[1]), sys.argv[2]
end_with_parent()
if name == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if name == "mother":
    grandchild = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
    (folder / "grandchild.pid").write_text(str(grandchild.pid))
(folder / (name + ".tmp")).write_text(str(os.getpid()))
(folder / (name + ".tmp")).rename(folder / (name + ".pid"))
while not (folder / (name + ".end")).exists():
    time.sleep(0.02)
sys.exit(7)
"""


class Family:
    """A parent with children of the given names, all of them started."""

    def __init__(self, folder: Path, names: tuple[str, ...]) -> None:
        self.folder = folder
        self.parent = subprocess.Popen(
            [sys.executable, str(folder / "parent.py"), str(folder), *names],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stderr=subprocess.PIPE,
            text=True,
        )
        self.children = [self._pid(name) for name in names]

    def end(self, name: str) -> None:
        (self.folder / f"{name}.end").touch()

    def are_gone(self) -> bool:
        return not any(is_alive(pid) for pid in self.children)

    def _pid(self, name: str) -> int:
        file = self.folder / f"{name}.pid"
        until(file.exists)
        return int(file.read_text())


def until(holds: Callable[[], bool]) -> None:
    patience = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < patience, "waited in vain"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    """A zombie that nobody buried yet is not alive."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Callable[..., Family]]:
    (tmp_path / "parent.py").write_text(PARENT)
    (tmp_path / "child.py").write_text(CHILD)
    made: list[Family] = []

    def start(*names: str) -> Family:
        made.append(Family(tmp_path, names))
        return made[-1]

    yield start
    for each in made:
        for pid in (each.parent.pid, *each.children):
            if is_alive(pid):
                os.kill(pid, signal.SIGKILL)
        each.parent.communicate()


def test_a_child_that_dies_is_named_and_ends_the_whole(family: Callable[..., Family]) -> None:
    whole = family("one", "two")
    whole.end("one")
    _, said = whole.parent.communicate(timeout=PATIENCE)
    assert whole.parent.returncode == 1
    assert "The one process ended with exit code 7" in said
    assert whole.are_gone()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_all_and_is_no_failure(family: Callable[..., Family], number: signal.Signals) -> None:
    whole = family("one", "two")
    whole.parent.send_signal(number)
    _, said = whole.parent.communicate(timeout=PATIENCE)
    assert (whole.parent.returncode, said) == (0, "")
    assert whole.are_gone()


def test_a_second_signal_ends_a_child_that_does_not_want_to(family: Callable[..., Family]) -> None:
    whole = family("stubborn", "two")
    whole.parent.send_signal(signal.SIGTERM)
    until(lambda: not is_alive(whole.children[1]))
    assert is_alive(whole.children[0])
    whole.parent.send_signal(signal.SIGTERM)
    whole.parent.communicate(timeout=PATIENCE)
    assert whole.are_gone()


def test_what_a_child_started_ends_with_it(family: Callable[..., Family], tmp_path: Path) -> None:
    whole = family("mother")
    grandchild = int((tmp_path / "grandchild.pid").read_text())
    whole.parent.send_signal(signal.SIGTERM)
    whole.parent.communicate(timeout=PATIENCE)
    until(lambda: not is_alive(grandchild))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_children_of_a_parent_that_is_killed_outright_die_too(family: Callable[..., Family]) -> None:
    whole = family("one", "two")
    whole.parent.kill()
    whole.parent.communicate(timeout=PATIENCE)
    until(whole.are_gone)
