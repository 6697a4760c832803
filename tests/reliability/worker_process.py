"""A worker as a process, for a test to kill: `python -m tests.reliability.worker_process URL SECRET_KEY`.

Its leases are short, and its heart beats as often as that needs, so that a takeover is quick.
"""

import sys
from datetime import UTC, datetime, timedelta

from app.database import Database
from cases.persistence import job_queue
from cases.scheduler import beat


def main() -> int:
    url, secret_key = sys.argv[1:3]
    job_queue.LEASE = timedelta(seconds=2)
    beat.BEAT_SECONDS = 0.5
    with Database(url, synchronous="OFF", secret_key=secret_key) as database:
        return beat.run(
            beat.Surroundings(
                transaction=database.transaction,
                host_clock=lambda: datetime.now(UTC),
                offset=timedelta,
                database_url=url,
            )
        )


if __name__ == "__main__":
    sys.exit(main())
