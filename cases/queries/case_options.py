"""What somebody may do with a case beside its tasks: plan, add, call it done, reopen it, staff it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from cases.cmmn.instance import CASE
from cases.cmmn.lifecycle import State
from cases.cmmn.metamodel import Stage
from cases.errors import Conflict, NotAllowed
from cases.policy.access import Actor, Permission
from cases.queries import case_ending, case_team, plan_offers, relatives, sight
from cases.queries.case_team import Role, Team
from cases.queries.plan_offers import Offer
from cases.queries.relatives import Relative
from cases.queries.sight import Sight


@dataclass(frozen=True, slots=True)
class Options:
    """All of it, with the case's own words and its relatives."""

    name: str
    status: str
    due_at: datetime | None
    parent: Relative | None
    calls: tuple[Relative, ...]
    offers: tuple[Offer, ...]
    team: Team | None
    may_add: bool
    may_complete: bool
    may_reopen: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where a task may be added: the instance of a stage, 0 for the case itself."""

    item: int
    name: str


@dataclass(frozen=True, slots=True)
class Adding:
    """What is asked when somebody adds a task that no model foresaw."""

    case_id: int
    key: str
    title: str
    zone: str
    places: tuple[Place, ...]
    roles: tuple[Role, ...]


def of(session: Session, seen: Sight, calls: Mapping[int, Relative], now: datetime) -> Options:
    """What this person may do with this case now."""
    return Options(
        name=seen.case.state.name or "",
        status=seen.case.state.business_status or "",
        due_at=seen.due_at,
        parent=relatives.called_by(session, seen),
        calls=tuple(calls.values()),
        offers=plan_offers.of(seen, now),
        team=case_team.of(session, seen, now),
        may_add=_may_add(seen),
        may_complete=case_ending.may_complete(seen, now),
        may_reopen=case_ending.may_reopen(seen),
    )


def adding(session: Session, key: str, actor: Actor) -> Adding:
    """Where a task may be added, and for whom. Raises NotFound, NotAllowed, Conflict."""
    seen = sight.of_key(session, key, actor)
    if seen.is_outside:
        raise NotAllowed("You are not in the team of this case.")
    if not seen.may(Permission.ACT_ON_CASE):
        raise NotAllowed("You may look at this case, but not do this.")
    if not _may_add(seen):
        raise Conflict("A task is added to a case that is active.")
    places = [
        Place(state.iid, seen.name_of(state.iid))
        for state in seen.case.items()
        if state.iid != CASE
        and state.state is State.ACTIVE
        and isinstance(seen.case.plan_item(state.iid).definition, Stage)
        and seen.sees_item(seen.case.plan_item(state.iid))
    ]
    return Adding(
        case_id=seen.id,
        key=seen.key,
        title=seen.title,
        zone=seen.app.zone,
        places=(Place(CASE, seen.case.program.definition.items[CASE].name), *places),
        roles=case_team.roles_of(seen),
    )


def _may_add(seen: Sight) -> bool:
    return seen.state is State.ACTIVE and seen.may(Permission.ACT_ON_CASE)
