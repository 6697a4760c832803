"""Who is told that jobs wait. By default nobody is, and one looks; a broker is an extra, loaded here."""

from collections.abc import Sequence
from typing import Protocol


class Dispatcher(Protocol):
    """Rings for jobs. The database stays the truth: a bell that is lost, or rings twice, changes nothing."""

    def ring(self, job_ids: Sequence[int]) -> None:
        """Tell the workers of other hosts that these jobs are due."""
        ...


class Nobody:
    """Rings for nobody: each worker looks for itself, some times a second."""

    def ring(self, job_ids: Sequence[int]) -> None:
        """Do nothing."""


def dispatcher(broker_url: str | None) -> Dispatcher:
    """The dispatcher of this installation. Raises LookupError for a broker that is not installed."""
    if broker_url is None:
        return Nobody()
    raise LookupError("CASEWRIGHT_BROKER_URL needs the extra casewright[cluster], which is not installed.")
