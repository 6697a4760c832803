"""Names of what is counted and timed. Silent until the roof hands in an exporter."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

_NO_LABELS: Mapping[str, str] = {}


class Counter(StrEnum):
    """What is counted. Labels have few values: a kind, a connection; never a case or a person."""

    JOBS_DONE = "casewright_jobs_done_total"
    JOBS_RETRIED = "casewright_jobs_retried_total"
    JOBS_DEAD = "casewright_jobs_dead_total"
    LEASES_LOST = "casewright_leases_lost_total"
    CALLS = "casewright_calls_total"
    MESSAGES = "casewright_messages_total"
    COMMANDS = "casewright_commands_total"
    COMMANDS_REPEATED = "casewright_commands_repeated_total"


class Timing(StrEnum):
    """What is timed, in seconds."""

    CALL = "casewright_call_seconds"
    COMMAND = "casewright_command_seconds"
    LATENESS = "casewright_job_lateness_seconds"
    TICK = "casewright_tick_seconds"


class Sink(Protocol):
    """Who keeps the numbers: `app.telemetry`, or a test."""

    def count(self, name: Counter, amount: int, labels: Mapping[str, str]) -> None: ...

    def observe(self, name: Timing, seconds: float, labels: Mapping[str, str]) -> None: ...


_sinks: list[Sink] = []


def send_to(sink: Sink) -> None:
    """From now on, tell this one, and nobody else."""
    _sinks[:] = [sink]


def fall_silent() -> None:
    """From now on, tell nobody."""
    _sinks.clear()


def count(name: Counter, amount: int = 1, labels: Mapping[str, str] = _NO_LABELS) -> None:
    """Something happened so many times."""
    for sink in _sinks:
        sink.count(name, amount, labels)


def observe(name: Timing, seconds: float, labels: Mapping[str, str] = _NO_LABELS) -> None:
    """Something took so long."""
    for sink in _sinks:
        sink.observe(name, seconds, labels)
