"""The process that works: a few lines of APScheduler, a watchdog, a guard on the clock, an ear for the bell.

APScheduler only beats, in memory: what is due, and what was done, stands in the database alone (reliability
2.10).
"""

import logging
import os
import platform
import secrets
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from cases.persistence import job_queue
from cases.persistence.base import Transaction
from cases.scheduler import worker
from cases.scheduler.clockguard import ClockGuard
from cases.scheduler.ear import Ear
from cases.scheduler.pool import SLOTS, Pool
from cases.services import recovery
from cases.services.jobs import IN_TRANSACTION, TIMED, Clock

LOGGER = logging.getLogger("casewright.beat")

LOOK_SECONDS = 0.25
BEAT_SECONDS = 5.0
TIDY_SECONDS = 3600.0
SILENT_SECONDS = 30.0
STOP_SECONDS = 10.0
UNTIMED = frozenset(IN_TRANSACTION) - TIMED
EXIT_SILENT = 70
"""What a worker answers that found itself silent (`EX_SOFTWARE` of sysexits.h)."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a worker is given by its door.

    `offset` is by how much the installation's clock is ahead; `host_clock` the machine's, which nobody moves.
    `database_url` (PostgreSQL only) is where the bell rings.
    """

    transaction: Transaction
    host_clock: Clock
    offset: Callable[[], timedelta]
    database_url: str
    slots: int = SLOTS


def run(around: Surroundings, stop: threading.Event | None = None) -> int:
    """Work until SIGTERM, SIGINT or `stop`; what the process then answers."""
    beat = Beat(around)
    wanted = stop or threading.Event()
    if threading.current_thread() is threading.main_thread():
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda _number, _frame: wanted.set())
    beat.start()
    while not wanted.wait(1.0):
        if beat.silent_for() > SILENT_SECONDS:
            # The scheduler's thread can die without a word, or hang: only a new process helps.
            LOGGER.critical("silent", extra={"fields": {"seconds": SILENT_SECONDS}})
            os._exit(EXIT_SILENT)
    return 0 if beat.stop() else 1


class Beat:
    """One worker: looks for what is due, beats for what it has in hand, takes back what others dropped."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._transaction = around.transaction
        self._is_postgresql = around.database_url.startswith("postgresql")
        self._name = f"{platform.node()}:{os.getpid()}:{secrets.token_hex(3)}"
        self._pool = Pool(around.transaction, self.now, self._name, around.slots, when_done=self.wake)
        self._guard = ClockGuard(around.host_clock)
        self._scheduler = BackgroundScheduler(
            timezone="UTC",
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._ear = Ear(around.database_url, self.wake) if self._is_postgresql else None
        self._looking = threading.Lock()
        self._look_again = threading.Event()
        self._stopping = threading.Event()
        self._alive_at = time.monotonic()

    def now(self) -> datetime:
        """The time: the database's where there is one for all, this machine's where there is but one."""
        if self._is_postgresql:
            with self._transaction() as session:
                return job_queue.database_clock(session) + self._around.offset()
        return self._around.host_clock() + self._around.offset()

    def start(self) -> None:
        """Begin to beat."""
        logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a look that takes long is no news
        self._scheduler.add_job(self._heartbeat, "interval", seconds=BEAT_SECONDS)
        self._scheduler.add_job(self._reap, "interval", seconds=BEAT_SECONDS, jitter=1)
        self._scheduler.add_job(self._tidy, "interval", seconds=TIDY_SECONDS, jitter=60)
        self._scheduler.add_job(self.look, "interval", seconds=LOOK_SECONDS)
        self._heartbeat()
        self._scheduler.start()
        if self._ear is not None:
            self._ear.start()
        self.wake()

    def stop(self) -> bool:
        """Claim nothing more, let what is in hand end, and leave; whether all ended in time."""
        self._stopping.set()
        if self._ear is not None:
            self._ear.stop()
        finished = self._pool.stop(STOP_SECONDS)  # the heart beats on meanwhile
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        with self._looking:  # the last look ends before the database is closed
            self._safely("leave", lambda: self._in_transaction(lambda s: recovery.leave(s, self._name)))
        return finished

    def silent_for(self) -> float:
        """Seconds since this worker last did anything."""
        return time.monotonic() - self._alive_at

    def wake(self) -> None:
        """Look at once: a job may be due."""
        if not self._stopping.is_set() and self._scheduler.running:
            self._look_again.set()
            self._scheduler.add_job(self.look, id="woken", replace_existing=True)

    def look(self) -> None:
        """Do what is due, as far as it stays in the database, and fill the slots with what leaves it."""
        if not self._looking.acquire(blocking=False):
            self._look_again.set()  # somebody looks already, and will look once more
            return
        try:
            self._look_again.set()
            while self._look_again.is_set() and self._may_go_on():
                self._look_again.clear()
                self._safely("look", self._look_once)
        finally:
            self._looking.release()

    def _look_once(self) -> None:
        kinds = None
        if not self._guard.is_steady() and not self._is_postgresql and not self._clock_stepped():
            kinds = UNTIMED  # what nobody set a time for is right at any: messages and calls go on
        worker.within(self._transaction, self.now(), self._may_go_on, kinds)
        self._pool.fill()

    def _heartbeat(self) -> None:
        self._safely("heartbeat", self._beat_once)

    def _beat_once(self) -> None:
        self._pool.beat()
        now = self.now()
        self._in_transaction(lambda s: recovery.beat(s, self._name, platform.node(), os.getpid(), now))

    def _reap(self) -> None:
        self._safely("reap", self._reap_once)

    def _reap_once(self) -> None:
        now = self.now()
        if recovery.reap(self._transaction, now):
            self.wake()
        self._in_transaction(lambda session: recovery.sweep(session, now))

    def _tidy(self) -> None:
        now = self.now()
        self._safely("tidy", lambda: self._in_transaction(lambda session: recovery.tidy(session, now)))

    def _clock_stepped(self) -> bool:
        """The clock of this machine was set: no timer fires until somebody has looked; whether they have."""
        step, now = self._guard.step, self._around.host_clock()
        with self._transaction() as session:
            is_settled = recovery.clock_stepped(session, self._name, step, now)
        if is_settled:
            self._guard.trust()
        return is_settled

    def _in_transaction(self, work: Callable[[Session], None]) -> None:
        with self._transaction() as session:
            work(session)

    def _may_go_on(self) -> bool:
        self._alive_at = time.monotonic()
        return not self._stopping.is_set()

    def _safely(self, what: str, do: Callable[[], None]) -> None:
        """A beat that fails is told and forgotten: the next one comes."""
        try:
            do()
        except DBAPIError as error:
            LOGGER.warning("database_away", extra={"fields": {"beat": what, "error": type(error).__name__}})
        except Exception:
            LOGGER.exception("beat_failed", extra={"fields": {"beat": what}})
        self._alive_at = time.monotonic()
