"""One move tried in memory: explanations and simulation ask the engine here, and nothing of it is saved.

It is the only door of the engine beside the corridor of the services (decision 34).
"""

from datetime import datetime

from cases.cmmn import engine
from cases.cmmn.choices import Choice
from cases.cmmn.engine import Outcome
from cases.cmmn.instance import CaseInstance


def after(case: CaseInstance, choice: Choice, now: datetime) -> Outcome:
    """What would come of it, not before its own instant. Raises Refused."""
    return engine.execute(case, choice.command, moment(choice, now))


def moment(choice: Choice, now: datetime) -> datetime:
    """When the move is made: now, or when its timer is due, if that is later."""
    return now if choice.at is None else max(now, choice.at)
