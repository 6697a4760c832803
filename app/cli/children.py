"""Processes that belong together: when one of them ends, or their parent does, all end."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from ctypes import CDLL
from types import FrameType
from typing import Self

import click

_PARENT = "CASEWRIGHT_PARENT"
_PR_SET_PDEATHSIG = 1
_STOPPED_WITHIN = 25.0
_BETWEEN_LOOKS = 0.1


class Children:
    """The children of this process. In its block a signal asks them to end, a second one makes them."""

    def __init__(self) -> None:
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._asked_to_stop = threading.Event()
        self._asked_twice = threading.Event()
        self._handlers: dict[signal.Signals, signal.Handlers | Callable[..., object] | int | None] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._handlers[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._stop()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def start(self, name: str, command: Sequence[str]) -> None:
        """Start a child in a process group of its own: a terminal's Ctrl-C reaches it through us."""
        environment = os.environ | {_PARENT: str(os.getpid())}
        self._children[name] = subprocess.Popen(command, env=environment, process_group=0)

    @property
    def is_asked_to_stop(self) -> bool:
        return self._asked_to_stop.is_set()

    def wait_until(self, is_ready: Callable[[], bool], within: float) -> bool:
        """Return whether it became ready; not, once a child has ended or we were asked to stop."""
        patience = time.monotonic() + within
        while not is_ready():
            if self._asked_to_stop.wait(_BETWEEN_LOOKS) or self._has_ended():
                return False
            if time.monotonic() > patience:
                click.echo(f"Not ready after {within:.0f} seconds: everything is stopped.", err=True)
                return False
        return True

    def wait(self) -> None:
        """Wait until we are asked to stop, or a child ends by itself, which is reported."""
        while not self._asked_to_stop.wait(_BETWEEN_LOOKS) and not self._has_ended():
            pass

    def _has_ended(self) -> bool:
        """Report the first child that ended by itself."""
        for name, child in self._children.items():
            code = child.poll()
            if code is not None:
                how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
                click.echo(f"The {name} process ended {how}: everything is stopped.", err=True)
                return True
        return False

    def _stop(self) -> None:
        """Ask them to end, the last one started first; then make those end that do not."""
        for child in reversed(self._children.values()):
            _tell(child, signal.SIGTERM)
        patience = time.monotonic() + _STOPPED_WITHIN
        while any(child.poll() is None for child in self._children.values()):
            if time.monotonic() > patience or self._asked_twice.wait(_BETWEEN_LOOKS):
                break
        for child in self._children.values():
            _tell(child, signal.SIGKILL)
            child.wait()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - the form of a handler
        if self._asked_to_stop.is_set():
            self._asked_twice.set()
        self._asked_to_stop.set()


def end_with_parent() -> None:
    """Called first by a process that `Children` starts: when its parent dies, however, it gets SIGTERM.

    Only Linux tells a child; elsewhere a parent that is killed outright leaves its children running.
    """
    parent = os.environ.get(_PARENT)
    if parent is None or sys.platform != "linux":
        return
    CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(parent):  # it died before it could be watched
        sys.exit(1)


def _tell(child: "subprocess.Popen[bytes]", number: signal.Signals) -> None:
    """Send a signal to a child and what it started. A group may be gone already."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, number)
