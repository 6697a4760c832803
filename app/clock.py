"""The one clock of the doors. Below them `now` is an argument.

`CASEWRIGHT_CLOCK_FILE` holds an offset in seconds that is read afresh at each use, so that tests and
demonstrations can move the time of every process at once. Session idle time and the clock guard ask
`host_now`, which nobody moves.
"""

import time
from datetime import UTC, datetime, timedelta

from app.config import Settings

_LOOKS = 20
_BETWEEN_LOOKS = 0.001


def now(settings: Settings) -> datetime:
    """Return the time of this installation, aware and in UTC."""
    return host_now() + offset(settings)


def offset(settings: Settings) -> timedelta:
    """Return by how much this installation's clock is ahead of the host's, or of the database's.

    Raises `ValueError` where the file holds anything but a number.
    """
    if settings.clock_file is None:
        return timedelta()
    # A file that is empty is being written this moment: without a second look the time would jump back.
    for _ in range(_LOOKS):
        try:
            text = settings.clock_file.read_text().strip()
        except FileNotFoundError:
            return timedelta()
        if text:
            return timedelta(seconds=float(text))
        time.sleep(_BETWEEN_LOOKS)
    return timedelta()


def host_now() -> datetime:
    """Return the time of this machine, aware and in UTC."""
    return datetime.now(UTC)
