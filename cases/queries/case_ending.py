"""The end of a case by hand, and after it: what would remain undone, what would begin anew."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from cases.cmmn import completion, returns
from cases.cmmn.agenda import Run
from cases.cmmn.instance import CASE
from cases.cmmn.lifecycle import FINAL, State
from cases.cmmn.metamodel import EventListener, PlanItem, Return, TimerEventListener, UserEventListener
from cases.errors import Conflict, NotAllowed
from cases.policy.access import Actor, Permission
from cases.queries import sight
from cases.queries.sight import Sight

_ENDED = frozenset({State.COMPLETED, State.TERMINATED, State.FAILED})
_LISTENERS = (TimerEventListener, UserEventListener, EventListener)


@dataclass(frozen=True, slots=True)
class Undone:
    """Something of the plan that ends with the case."""

    name: str
    state: str


@dataclass(frozen=True, slots=True)
class Completion:
    """A case that may be completed now, and what would remain undone."""

    case_id: int
    key: str
    title: str
    zone: str
    undone: tuple[Undone, ...]


@dataclass(frozen=True, slots=True)
class Root:
    """An item of the first level of an ended case: where it stands, and what its model says it becomes."""

    id: str
    name: str
    state: str
    way: Return
    is_listener: bool


@dataclass(frozen=True, slots=True)
class Reopening:
    """An ended case, and what may begin anew. `by_model`: its model says so where nobody chooses."""

    case_id: int
    key: str
    title: str
    state: str
    zone: str
    roots: tuple[Root, ...]
    by_model: bool


def may_complete(seen: Sight, now: datetime) -> bool:
    """Whether this person may complete the case now."""
    if seen.state is not State.ACTIVE or not seen.may(Permission.STEER_CASE):
        return False
    return completion.may_complete_by_hand(Run(seen.case, now), CASE)


def may_reopen(seen: Sight) -> bool:
    """Whether this person may let the ended case go on."""
    return seen.state in _ENDED and seen.may(Permission.STEER_CASE)


def completing(session: Session, key: str, actor: Actor, now: datetime) -> Completion:
    """What is asked before a case is completed. Raises NotFound, NotAllowed, Conflict."""
    seen = sight.of_key(session, key, actor)
    _must_steer(seen)
    if not may_complete(seen, now):
        raise Conflict("This case cannot be completed now: something in it must still be done.")
    undone = [
        Undone(seen.name_of(state.iid), state.state.name.lower())
        for state in seen.case.items()
        if state.iid and state.state not in FINAL and seen.sees_item(seen.case.plan_item(state.iid))
    ]
    return Completion(seen.id, seen.key, seen.title, seen.app.zone, tuple(undone))


def reopening(session: Session, key: str, actor: Actor, now: datetime) -> Reopening:
    """What is asked before an ended case goes on. Raises NotFound, NotAllowed, Conflict."""
    seen = sight.of_key(session, key, actor)
    _must_steer(seen)
    if not may_reopen(seen):
        raise Conflict("This case has not ended, or is closed: it cannot be reopened.")
    roots = [
        _root(seen, item)
        for item in seen.case.program.definition.items
        if item.number and item.stage == CASE and not item.is_discretionary and seen.sees_item(item)
    ]
    ways = any(
        item.reactivation is not Return.IGNORE
        for item in seen.case.program.definition.items
        if item.number and item.stage == CASE
    )
    return Reopening(
        case_id=seen.id,
        key=seen.key,
        title=seen.title,
        state=seen.state.name.lower(),
        zone=seen.app.zone,
        roots=tuple(roots),
        by_model=ways or returns.listener_of(Run(seen.case, now)) is not None,
    )


def _must_steer(seen: Sight) -> None:
    if seen.is_outside:
        raise NotAllowed("You are not in the team of this case.")
    if not seen.may(Permission.STEER_CASE):
        raise NotAllowed("You may not steer cases of this family.")


def _root(seen: Sight, item: PlanItem) -> Root:
    latest = max(
        (state for state in seen.case.items() if state.number == item.number and state.iid),
        key=lambda state: state.iid,
        default=None,
    )
    return Root(
        id=item.id,
        name=item.name if latest is None else seen.name_of(latest.iid),
        state="unavailable" if latest is None else latest.state.name.lower(),
        way=item.reactivation,
        is_listener=isinstance(item.definition, _LISTENERS),
    )
