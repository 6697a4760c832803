"""What a decision about a failed step would do to its case: the real path, rehearsed and rolled back."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from cases.cmmn.commands import AnyCommand, ExitFailed, Reactivate
from cases.cmmn.instance import CaseInstance
from cases.cmmn.lifecycle import FINAL, State
from cases.cmmn.workmodel import HumanTask
from cases.errors import CaseError
from cases.persistence.dialect import DUE_NOW
from cases.persistence.jobs import IncidentRow
from cases.policy.access import Actor, Permission, may
from cases.services import execution
from cases.services.execution import Locked

_VIA = "incident"
_BEGUN = frozenset({State.ACTIVE, State.ENABLED})
_ENDED = frozenset({State.TERMINATED, State.COMPLETED})


@dataclass(frozen=True, slots=True)
class Consequence:
    """What a decision would do to the case, by name; `goes_on` are the tasks that are open after it."""

    starts: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    goes_on: tuple[str, ...] = ()
    ends_case: bool = False


@dataclass(frozen=True, slots=True)
class Foresight:
    """What follows from a retry, and from giving up."""

    retry: Consequence = Consequence()
    give_up: Consequence = Consequence()


def of_incident(session: Session, incident_id: int, actor: Actor, now: datetime) -> Foresight:
    """What each decision would do; nothing of what this person may not see or decide. Changes nothing."""
    row = session.get(IncidentRow, incident_id)
    if row is None or row.case_id is None or row.plan_item is None or row.state != "open":
        return Foresight()
    locked = execution.lock(session, row.case_id)
    if not may(actor, Permission.RESOLVE_INCIDENT, {"family": locked.family}):
        return Foresight()
    was_due = session.info.get(DUE_NOW, False)
    found = Foresight(
        retry=_consequence(session, locked, row.plan_item, Reactivate(row.plan_item), actor, now),
        give_up=_consequence(session, locked, row.plan_item, ExitFailed(row.plan_item), actor, now),
    )
    session.info[DUE_NOW] = was_due
    return found


def _consequence(
    session: Session, locked: Locked, item: int, command: AnyCommand, actor: Actor, now: datetime
) -> Consequence:
    before = {one.iid: one.state for one in locked.case.items()}
    try:
        after = execution.rehearse(session, locked.stored.id, command, actor, _VIA, now).case
    except CaseError:
        return Consequence()
    before[item] = State.ACTIVE if isinstance(command, Reactivate) else State.TERMINATED
    return Consequence(
        starts=tuple(_moved(locked, after, before, _BEGUN, actor)),
        ends=tuple(_moved(locked, after, before, _ENDED, actor)),
        goes_on=tuple(_open_tasks(locked, after, actor)),
        ends_case=after.case_state in FINAL,
    )


def _moved(
    locked: Locked, after: CaseInstance, before: Mapping[int, State], to: frozenset[State], actor: Actor
) -> Iterator[str]:
    """The names of what came into one of these states, once each."""
    names: dict[str, None] = {}
    for one in after.items():
        plan_item = after.plan_item(one.iid)
        if one.state in to and before.get(one.iid) not in to and locked.shows(plan_item, actor):
            names[plan_item.name] = None
    yield from names


def _open_tasks(locked: Locked, after: CaseInstance, actor: Actor) -> Iterator[str]:
    names: dict[str, None] = {}
    for one in after.items():
        plan_item = after.plan_item(one.iid)
        is_task = isinstance(plan_item.definition, HumanTask)
        if is_task and one.state is State.ACTIVE and locked.shows(plan_item, actor):
            names[plan_item.name] = None
    yield from names
