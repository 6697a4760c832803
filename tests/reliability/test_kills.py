"""Workers that are killed, paused or stopped with work in hand: nothing is lost, and no effect is doubled.

Each run ends with the chains and states verified.
"""

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cases.persistence import sqlite
from cases.persistence.jobs import JobRow
from cases.services import audit, connections
from tests.integration.cases.services.outside import SECRET_KEY, Peer, Reply, World

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 40.0


@contextmanager
def workers(world: World) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Start workers, each in a group of its own; none outlives the test."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.reliability.worker_process", world.database.url, SECRET_KEY]
        started.append(subprocess.Popen(command, cwd=ROOT, start_new_session=True))
        return started[-1]

    try:
        yield start
    finally:
        for process in started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(PATIENCE)


def until(what: str, holds: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.05)


def pause(world: World, process: subprocess.Popen[bytes]) -> None:
    """Stop a process outside any transaction: within one it would hold the gate, and all would wait."""
    while True:
        os.killpg(process.pid, signal.SIGSTOP)
        if not world.database.is_sqlite:
            return
        gate = os.open(f"{sqlite.file_of(world.database.url)}.gate", os.O_RDWR)
        try:
            fcntl.flock(gate, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.killpg(process.pid, signal.SIGCONT)
            time.sleep(0.01)
        else:
            return
        finally:
            os.close(gate)


def verified(world: World) -> None:
    with world.transaction() as session:
        report = audit.verify(session, connections.ring_of(session))
    assert list(report.findings) == []


@pytest.fixture(autouse=True)
def by_the_real_clock(world: World) -> None:
    """Workers of their own live in real time: so must what they are given."""
    world.now = datetime.now(UTC)


def test_a_worker_killed_between_call_and_settle_is_followed_by_one_with_the_same_key(
    world: World, served: Peer
) -> None:
    held = threading.Event()
    served.script = [Reply(wait=held)]  # it is carried out, and the answer is held back
    case = world.open_case()
    with workers(world) as start:
        first = start()
        until("the call", lambda: served.effects)
        os.killpg(first.pid, signal.SIGKILL)
        first.wait(PATIENCE)
        held.set()
        start()
        until("the step", lambda: world.states(case.case_id)["SV1"] == "completed")
    assert len(served.requests) >= 2
    assert len({call.key for call in served.requests}) == 1
    assert list(served.effects.values()) == ["p1"]
    assert world.rows(JobRow) == []
    verified(world)


def test_a_worker_paused_beyond_its_lease_writes_nothing_when_it_wakes(world: World, served: Peer) -> None:
    held = threading.Event()
    served.script = [Reply(wait=held)]
    case = world.open_case()
    with workers(world) as start:
        zombie = start()
        until("the call", lambda: served.effects)
        pause(world, zombie)
        start()
        until("the takeover", lambda: world.states(case.case_id)["SV1"] == "completed")
        version = world.cases()[0].version
        held.set()
        os.killpg(zombie.pid, signal.SIGCONT)
        other = world.open_case()
        until("the next step", lambda: world.states(other.case_id)["SV1"] == "completed")
        time.sleep(1)  # the zombie has had its chance to write
        assert world.cases()[0].version == version
    assert len(served.effects) == 2
    verified(world)


def test_a_worker_that_is_asked_to_stop_ends_what_it_has_in_hand_and_begins_nothing(
    world: World, served: Peer
) -> None:
    held = threading.Event()
    served.script = [Reply(wait=held)]
    case = world.open_case()
    with workers(world) as start:
        worker = start()
        until("the call", lambda: served.requests)
        worker.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        world.open_case()
        held.set()
        assert worker.wait(PATIENCE) == 0
    assert world.states(case.case_id)["SV1"] == "completed"
    assert len(served.requests) == 1
    (job,) = world.rows(JobRow)
    assert (job.state, job.attempts) == ("ready", 0)
    verified(world)


def test_many_kills_lose_nothing_and_double_nothing(world: World, served: Peer) -> None:
    cases = [world.open_case().case_id for _ in range(20)]
    served.otherwise = Reply(wait=None)
    with workers(world) as start:
        running = [start(), start()]
        for round_ in range(6):
            time.sleep(0.7 + 0.1 * (round_ % 3))
            victim = running.pop(0)
            os.killpg(victim.pid, signal.SIGKILL)
            victim.wait(PATIENCE)
            running.append(start())
        until("all steps", lambda: not world.rows(JobRow))
    assert all(world.states(case)["SV1"] == "completed" for case in cases)
    assert len(served.effects) == len(cases)
    assert world.incidents() == []
    verified(world)
