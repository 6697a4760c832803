"""What may be planned in a case by whom, and the planning of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from cases.cmmn import adhoc, planning
from cases.cmmn.agenda import Run
from cases.cmmn.commands import AddAdHoc, Plan
from cases.cmmn.instance import CASE
from cases.errors import Invalid, NotAllowed, NotFound, Problem
from cases.policy.access import Actor, Permission, may
from cases.services import execution
from cases.services.execution import By, Locked, Turn

VIA = "hand"
LONGEST_NAME = 200
LONGEST_DESCRIPTION = 2_000


@dataclass(frozen=True, slots=True)
class Offer:
    """What could be planned now: the instance that holds the table (0: the case), and what it offers."""

    item: int
    container: str
    discretionary: str
    name: str


def offered(session: Session, case_id: int, actor: Actor, now: datetime) -> list[Offer]:
    """What this actor could plan now, over all planning tables of the case. Raises NotFound."""
    locked = execution.look(session, case_id)
    _must_see(locked, actor)
    if not _may_act(locked, actor):
        return []
    return list(_offers(locked, actor, now))


def plan(session: Session, case_id: int, item: int, discretionary: str, actor: Actor, now: datetime) -> Turn:
    """Plan what the table of this instance offers. Raises NotFound, NotAllowed, Conflict."""
    locked = _in_hand(session, case_id, actor)
    if 0 <= item < len(locked.case.state.items):
        _must_be_for(locked, item, discretionary, actor)
    return execution.carry_out(session, locked, Plan(item, discretionary), By(actor, VIA, now))


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTask:
    """A task that no model foresaw: its name, what is to be done, the role that it is for (None: anybody).

    `stage` is the instance of the stage that it goes to, 0 the case itself.
    """

    name: str
    description: str = ""
    performer: str | None = None
    stage: int = CASE


def add_task(session: Session, case_id: int, wanted: NewTask, actor: Actor, now: datetime) -> Turn:
    """Add a task for a person to a case. Raises NotFound, NotAllowed, Invalid, Conflict."""
    locked = _in_hand(session, case_id, actor)
    _must_be_told(wanted)
    command = AddAdHoc(
        wanted.stage,
        adhoc.HUMAN_TASK,
        wanted.name.strip(),
        performer=wanted.performer,
        description=wanted.description.strip(),
    )
    return execution.carry_out(session, locked, command, By(actor, VIA, now))


def _must_be_told(wanted: NewTask) -> None:
    faults = []
    if not wanted.name.strip():
        faults.append(Problem("NAME", "Say what is to be done.", "name"))
    if len(wanted.name) > LONGEST_NAME:
        faults.append(Problem("TOO_LONG", f"At most {LONGEST_NAME} characters.", "name"))
    if len(wanted.description) > LONGEST_DESCRIPTION:
        faults.append(Problem("TOO_LONG", f"At most {LONGEST_DESCRIPTION:,} characters.", "description"))
    if faults:
        raise Invalid(faults)


def _offers(locked: Locked, actor: Actor, now: datetime) -> Iterator[Offer]:
    case = locked.case
    run = Run(case, now)
    for item, offer in planning.offered_anywhere(run, _roles(locked, actor)):
        container = "" if item == CASE else case.plan_item(item).name
        yield Offer(item, container, offer.id, offer.name)


def _roles(locked: Locked, actor: Actor) -> frozenset[str] | None:
    """The case roles of who asks; those that the person has in the family where the case has no team."""
    team = locked.case.state.team
    if actor.kind == "system":
        return None
    return actor.roles(locked.family) if team is None else frozenset(team.get(actor.name, ()))


def _must_be_for(locked: Locked, item: int, discretionary: str, actor: Actor) -> None:
    """Where the case has no team, the roles of the family decide, which the engine does not know."""
    offer = locked.case.wiring.offers.get((locked.case.state.items[item].number, discretionary))
    if offer is not None and not planning.is_for(offer, _roles(locked, actor)):
        raise NotAllowed(f"{offer.name} is not for your roles.", "role")


def _in_hand(session: Session, case_id: int, actor: Actor) -> Locked:
    locked = execution.lock(session, case_id)
    _must_see(locked, actor)
    if not _may_act(locked, actor):
        raise NotAllowed("You may look at this case, but not do this.")
    return locked


def _must_see(locked: Locked, actor: Actor) -> None:
    if not may(actor, Permission.VIEW_CASE, {"family": locked.family}):
        raise NotFound("There is no such case.")


def _may_act(locked: Locked, actor: Actor) -> bool:
    return may(actor, Permission.ACT_ON_CASE, {"family": locked.family})
