"""What goes between a case and the cases that it has called: each message is a job of the turn that sends it.

A job to the child says only that there is something to look at: whoever does it brings the child to what the
task wants by then. So it does not matter in which order such jobs are done, or how often.
"""

from datetime import datetime

from cases.cmmn.effects import CaseEnded, ChildOpened
from cases.persistence import codec
from cases.persistence.writes import NewJob

CALL = "call"
"""A case task is at work: its case is to be opened."""

CHILD = "child"
"""The task was paused, goes on, or is over: so does, or is, the case that it called."""

CALLER = "caller"
"""The case has ended: the task that called it is told."""

KINDS = frozenset({CALL, CHILD, CALLER})

MOST_ATTEMPTS = 8


def call(effect: ChildOpened, now: datetime) -> NewJob:
    """Open the case that a task calls. What was tried in vain before is tried with what is given now."""
    payload = {
        "definition": effect.definition,
        "case": effect.case,
        "inputs": effect.inputs,
        "waits": effect.is_blocking,
        "team": None
        if effect.team is None
        else {user: sorted(roles) for user, roles in sorted(effect.team.items())},
        "depth": effect.depth,
        "variables": effect.variables,
        "key": effect.business_key,
        "same_deployment": effect.same_deployment,
        "default": effect.may_use_default_tenant,
        "tells_all": effect.tells_all,
    }
    return _job(CALL, effect.item, payload, now)


def child(item: int, now: datetime, reason: str = "") -> NewJob:
    """Bring the case that a task has called to what the task wants; `reason` is why that ended."""
    return _job(CHILD, item, {"reason": reason} if reason else {}, now)


def caller(effect: CaseEnded, now: datetime) -> NewJob:
    """Tell the task that called this case."""
    payload = {"caller": effect.caller, "ending": effect.ending.value, "outputs": effect.outputs}
    return _job(CALLER, None, payload, now)


def _job(kind: str, item: int | None, payload: object, now: datetime) -> NewJob:
    return NewJob(
        kind=kind,
        plan_item=item,
        mode="tx",
        lane="link",
        run_at=now,
        max_attempts=MOST_ATTEMPTS,
        payload=codec.pack(payload),
        is_renewed=True,
    )
