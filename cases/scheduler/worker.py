"""tick(transaction, now): all that is due, one after the other. What tests call, and the beat is made of."""

import logging
from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from sqlalchemy.exc import DBAPIError

from cases.cmmn.commands import E_SUSPENDED
from cases.errors import Conflict
from cases.persistence import job_queue
from cases.persistence.base import Transaction
from cases.persistence.dialect import is_trouble
from cases.persistence.job_queue import Due
from cases.services import jobs, recovery
from cases.services.jobs import Stumble

LOGGER = logging.getLogger("casewright.worker")
OWNER = "tick"
MOST_AT_ONCE = 200
"""So many jobs are looked up at a time."""

MANY = 20
MOST_TOGETHER = 25
"""People's commands wait while a batch of timers holds the gate of SQLite: so it is a small one."""

_MOST_ROUNDS = 1_000
"""A model whose steps follow each other without end would keep a tick for ever."""


def tick(transaction: Transaction, now: datetime) -> int:
    """Do all that is due at `now`, what becomes due by it included; how many jobs were done or tried.

    Leased jobs are done here too, one after the other, with `now` as the time before and after each call.
    """
    recovery.reap(transaction, now)
    done = 0
    for _ in range(_MOST_ROUNDS):
        round_ = within(transaction, now) + outside(transaction, now)
        if not round_:
            break
        done += round_
    with transaction() as session:
        recovery.sweep(session, now)
    return done


def within(
    transaction: Transaction,
    now: datetime,
    wanted: Callable[[], bool] = lambda: True,
    kinds: Collection[str] | None = None,
) -> int:
    """Do the due jobs that stay in the database, as long as `wanted`; how many were done or tried.

    With `kinds`, only those: where the clock cannot be believed, timers wait.
    """
    done = 0
    tried: set[int] = set()
    batched: set[int] = set()
    while wanted():
        with transaction() as session:
            found = job_queue.due(session, "tx", now, MOST_AT_ONCE, but=tried, kinds=kinds)
        if not found:
            break
        many = _many(found, batched)
        if many is not None:
            kind, job_ids = many
            batched.update(job_ids)
            done += _together(transaction, kind, job_ids, now)
            continue
        for due in found:
            if not wanted():
                break
            done += _one(transaction, due, now)
            tried.add(due.job_id)
    return done


def outside(transaction: Transaction, now: datetime) -> int:
    """Do the due jobs that leave the database, one after the other; how many were tried."""
    done = 0
    while True:
        with transaction() as session:
            leases = jobs.claim(session, OWNER, 1, now)
        if not leases:
            return done
        try:
            jobs.perform(transaction, leases[0], lambda: now)
        except Exception as error:
            LOGGER.exception("job_raised", extra={"fields": {"job": leases[0].job_id}})
            with transaction() as session:
                jobs.stumbled_in_hand(session, leases[0], error, now)
        done += 1


def _many(found: Sequence[Due], but: Collection[int]) -> tuple[str, list[int]] | None:
    """A kind of which so many are due that they are done together, and the jobs."""
    for kind in jobs.TOGETHER:
        job_ids = [due.job_id for due in found if due.kind == kind and due.job_id not in but]
        if len(job_ids) >= MANY:
            return kind, job_ids
    return None


def _together(transaction: Transaction, kind: str, job_ids: Sequence[int], now: datetime) -> int:
    """Many of one kind, some at a time in one transaction; what could not be done so is left to its turn."""
    done = 0
    for begin in range(0, len(job_ids), MOST_TOGETHER):
        try:
            done += jobs.TOGETHER[kind](transaction, job_ids[begin : begin + MOST_TOGETHER], now)
        except Exception as error:
            if isinstance(error, DBAPIError) and is_trouble(error):
                raise
            # One of them: all are undone, and each is tried alone.
            LOGGER.info("each_alone", extra={"fields": {"kind": kind}}, exc_info=True)
    return done


def _one(transaction: Transaction, due: Due, now: datetime) -> int:
    """Do one job. What it raises is put down to it, and the others go on."""
    try:
        return int(jobs.run(transaction, due, now))
    except Exception as error:
        if isinstance(error, DBAPIError) and is_trouble(error):
            raise  # the database is in trouble, not the job
        if isinstance(error, Conflict) and error.code == E_SUSPENDED:
            with transaction() as session:
                jobs.postpone(session, due.job_id, now)
            return 0
        LOGGER.exception("job_raised", extra={"fields": {"job": due.job_id, "kind": due.kind}})
        _put_down(transaction, due, error, now)
        return 1


def _put_down(transaction: Transaction, due: Due, error: Exception, now: datetime) -> None:
    """The job has stumbled. Where not even that can be written down, it waits: the others must go on."""
    try:
        with transaction() as session:
            jobs.stumbled(session, Stumble(due.job_id, due.kind, jobs.said(error)), now)
    except Exception as worse:
        if isinstance(worse, DBAPIError) and is_trouble(worse):
            raise
        LOGGER.exception("job_not_put_down", extra={"fields": {"job": due.job_id, "kind": due.kind}})
        with transaction() as session:
            jobs.postpone(session, due.job_id, now)
