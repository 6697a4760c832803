"""Slots: threads with a job in hand each, a heartbeat for each, released on any error, stopped softly."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from cases.persistence.base import Transaction
from cases.persistence.job_queue import Lease
from cases.services import jobs
from cases.services.jobs import Clock
from cases.telemetry import Counter, count

LOGGER = logging.getLogger("casewright.pool")
SLOTS = 8


class Pool:
    """The jobs that this process has in hand. Only as many are claimed as can begin at once."""

    def __init__(
        self,
        transaction: Transaction,
        clock: Clock,
        owner: str,
        slots: int = SLOTS,
        when_done: Callable[[], None] = lambda: None,
    ) -> None:
        self._transaction = transaction
        self._clock = clock
        self._owner = owner
        self._slots = slots
        self._when_done = when_done
        self._threads = ThreadPoolExecutor(slots, thread_name_prefix="job")
        self._lock = threading.Lock()
        self._in_hand: dict[int, Lease] = {}
        self._idle = threading.Condition(self._lock)
        self._stopping = False

    def fill(self) -> int:
        """Claim a due job for each free slot, and begin it; how many were begun."""
        with self._lock:
            free = 0 if self._stopping else self._slots - len(self._in_hand)
            busy = [lease.case_id for lease in self._in_hand.values() if lease.case_id is not None]
        if free <= 0:
            return 0
        with self._transaction() as session:
            leases = jobs.claim(session, self._owner, free, self._clock(), busy=busy)
        with self._lock:
            self._in_hand.update({lease.job_id: lease for lease in leases})
        for lease in leases:
            self._threads.submit(self._perform, lease)
        return len(leases)

    def beat(self) -> None:
        """Renew the lease of each job in hand. One that is lost is noted: its end will write nothing."""
        with self._lock:
            held = list(self._in_hand.values())
        if not held:
            return
        with self._transaction() as session:
            renewed = jobs.renew(session, held, self._clock())
        for lease in held:
            if lease.job_id not in renewed and lease.job_id in self._in_hand:
                count(Counter.LEASES_LOST)
                LOGGER.warning("lease_lost", extra={"fields": {"job": lease.job_id}})

    def stop(self, patience: float) -> bool:
        """Claim nothing more, and wait for what is in hand; whether all came to their end in time.

        A call that is still out then keeps its lease until that ends, and is made again with its key.
        """
        with self._idle:
            self._stopping = True
            finished = self._idle.wait_for(lambda: not self._in_hand, patience)
        self._threads.shutdown(wait=finished, cancel_futures=True)
        return finished

    def _perform(self, lease: Lease) -> None:
        """One job in one thread. Nothing may escape: a job forgotten in hand would be held for ever."""
        try:
            jobs.perform(self._transaction, lease, self._clock)
        except Exception as error:
            LOGGER.exception("job_raised", extra={"fields": {"job": lease.job_id}})
            self._put_down(lease, error)
        finally:
            with self._idle:
                self._in_hand.pop(lease.job_id, None)
                self._idle.notify_all()
            self._when_done()

    def _put_down(self, lease: Lease, error: Exception) -> None:
        try:
            with self._transaction() as session:
                jobs.stumbled_in_hand(session, lease, error, self._clock())
        except Exception:
            # The database is away: the lease ends by itself, and the job is taken back then.
            LOGGER.exception("job_not_released", extra={"fields": {"job": lease.job_id}})
