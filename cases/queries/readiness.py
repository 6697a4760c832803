"""Whether the store can be worked with: reachable, and with its tables."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from cases.persistence.base import KeyCounterRow
from cases.persistence.jobs import JobRow


@dataclass(frozen=True, slots=True)
class Readiness:
    """What is there."""

    is_reachable: bool
    is_migrated: bool


def of(session: Session) -> Readiness:
    """Ask the store."""
    try:
        session.execute(select(1))
    except DBAPIError:
        return Readiness(is_reachable=False, is_migrated=False)
    try:
        session.execute(select(JobRow.id).limit(1))
        session.execute(select(KeyCounterRow.name).limit(1))
    except DBAPIError:
        return Readiness(is_reachable=True, is_migrated=False)
    return Readiness(is_reachable=True, is_migrated=True)
