"""An ear for the bell of PostgreSQL (LISTEN): wakes a worker at once instead of at its next look."""

import logging
import threading
from collections.abc import Callable

import psycopg
from sqlalchemy.engine.url import make_url

from cases.persistence.dialect import WAKE_CHANNEL

LOGGER = logging.getLogger("casewright.ear")
_LISTEN_SECONDS = 1.0
_AGAIN_SECONDS = 2.0


class Ear:
    """A thread with a connection of its own. Deaf, it costs a quarter of a second a job, and nothing else."""

    def __init__(self, database_url: str, heard: Callable[[], None]) -> None:
        self._address = address(database_url)
        self._heard = heard
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="ear", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Listen no more."""
        self._stopping.set()
        self._thread.join(_LISTEN_SECONDS * 3)

    def _listen(self) -> None:
        while not self._stopping.is_set():
            try:
                with psycopg.connect(self._address, autocommit=True) as connection:
                    connection.execute(f"LISTEN {WAKE_CHANNEL}")
                    while not self._stopping.is_set():
                        for _ in connection.notifies(timeout=_LISTEN_SECONDS, stop_after=1):
                            self._heard()
            except psycopg.Error as error:
                LOGGER.warning("deaf", extra={"fields": {"error": type(error).__name__}})
                self._stopping.wait(_AGAIN_SECONDS)


def address(database_url: str) -> str:
    """The address as the driver reads it, without SQLAlchemy's name of the driver."""
    return make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
