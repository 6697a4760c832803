"""Steps of programs outside that take work by topic (FORMAT 6.5)."""

from datetime import timedelta
from typing import Any

import isodate

from cases.errors import NotFound
from cases.policy.access import SYSTEM
from cases.scenarios.values import table
from cases.scenarios.world import Mistaken, World
from cases.services import external_work, jobs
from cases.services.external_work import COMPLETED, TERMINATED, Failure, Report, Wanted, Work

Arguments = dict[str, Any]
"""What a verb is given. `Any`: it is a YAML border."""

_AT_ONCE = timedelta(0)


def acquire(world: World, given: Arguments) -> None:
    """A worker takes free jobs of a topic."""
    wanted = Wanted(
        topic=given["topic"] or "",
        worker=given["worker"] or "",
        most=given["max"],
        lock=_duration(given, "lock"),
    )
    world.acquired[given["as"]] = world.change(
        lambda session: external_work.acquire(session, wanted, SYSTEM, world.now)
    )


def complete(world: World, given: Arguments) -> None:
    """The job is done; its task completes when the job runs."""
    _report(world, given, COMPLETED)


def terminate(world: World, given: Arguments) -> None:
    """The job is given up; its task terminates when the job runs."""
    _report(world, given, TERMINATED)


def fail(world: World, given: Arguments) -> None:
    """The attempt has failed; with no retries left the job is dead."""
    for work in _acquired(world, given):
        failure = Failure(
            job_id=work.job_id,
            worker=given["worker"],
            message=given.get("message", ""),
            details=given.get("details", ""),
            retries=given["retries"],
            retry_after=_duration(given, "retry_after"),
        )
        with world.store.transaction() as session:
            jobs.fail_work(session, failure, SYSTEM, world.now)


def release(world: World, given: Arguments) -> None:
    """The worker gives back what it holds, or some of it."""
    found = None if "jobs" not in given else [work.job_id for work in _acquired(world, given)]
    world.change(lambda session: external_work.release(session, given["worker"], SYSTEM, found))


def _report(world: World, given: Arguments, outcome: str) -> None:
    for work in _acquired(world, given):
        told = Report(
            job_id=work.job_id, worker=given["worker"], outcome=outcome, values=table(given.get("vars"))
        )
        with world.store.transaction() as session:
            external_work.report(session, told, SYSTEM, world.now)


def _acquired(world: World, given: Arguments) -> list[Work]:
    found: list[Work] | None = world.acquired.get(given["jobs"])
    if found is None:
        raise Mistaken(f"no jobs were acquired as {given['jobs']}")
    if not found:
        raise NotFound(f"The acquisition {given['jobs']} got no job.")
    return found


def _duration(given: Arguments, name: str) -> timedelta:
    if name not in given:
        return _AT_ONCE
    found = isodate.parse_duration(given[name])
    if not isinstance(found, timedelta):
        raise Mistaken(f"{given[name]} has no fixed length")
    return found
