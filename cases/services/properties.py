"""What people call a case, how they say it stands, when it is due, and who owns it or has taken it."""

from dataclasses import dataclass
from datetime import datetime

from msgspec import UNSET, UnsetType
from sqlalchemy.orm import Session

from cases import catalogue
from cases.cmmn.commands import Describe, Note
from cases.cmmn.lifecycle import State
from cases.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from cases.persistence.instances import CaseInstanceRow
from cases.policy.access import Actor, Permission, may
from cases.services import execution, members
from cases.services.execution import By, Locked

VIA = "hand"
_LONGEST = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Properties:
    """What a case says of itself. `business_key` is what people know it by, and may be another's, too."""

    key: str
    definition: str
    definition_name: str
    definition_version: int
    state: State
    name: str | None
    business_key: str | None
    business_status: str | None
    due_at: datetime | None
    owner_id: int | None
    assignee_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is to be changed: UNSET leaves as it is, None removes."""

    name: str | UnsetType | None = UNSET
    business_key: str | UnsetType | None = UNSET
    business_status: str | UnsetType | None = UNSET
    due_at: datetime | UnsetType | None = UNSET
    owner_id: int | UnsetType | None = UNSET
    assignee_id: int | UnsetType | None = UNSET


def of(session: Session, case_id: int, actor: Actor) -> Properties:
    """The properties of a case. Raises NotFound."""
    row = session.get(CaseInstanceRow, case_id, populate_existing=True)
    if row is None or not may(actor, Permission.VIEW_CASE, {"family": row.family}):
        raise NotFound("There is no such case.")
    defined = catalogue.defined(session, row.deployment_id, row.definition)
    return Properties(
        key=row.business_key,
        definition=row.definition,
        definition_name=defined.name,
        definition_version=defined.version,
        state=State(row.state),
        name=row.name,
        business_key=row.given_key,
        business_status=row.status,
        due_at=row.due_at,
        owner_id=row.owner_id,
        assignee_id=row.assignee_id,
    )


def change(session: Session, case_id: int, changes: Changes, actor: Actor, now: datetime) -> None:
    """Change some of them. Raises NotFound, NotAllowed, Invalid, Conflict for a case that is closed."""
    locked = _in_hand(session, case_id, actor)
    said = {name: getattr(changes, name) for name in Changes.__dataclass_fields__}
    given = {name: value for name, value in said.items() if value is not UNSET}
    if not given:
        raise Invalid([Problem("NOTHING", "Say what is to be changed.")])
    _must_fit(session, given, locked.family, now)
    if "owner_id" in given or not _is_own(session, case_id, given, actor):
        _must_give(actor, locked.family, Permission.ASSIGN_TASK, Permission.STEER_CASE)
    words = {name: value for name, value in given.items() if name in _WORDS}
    if words:
        execution.carry_out(session, locked, Describe(**words), By(actor, VIA, now))
    facts = {name: value for name, value in given.items() if name not in _WORDS}
    if facts:
        _keep(session, case_id, facts, actor, now)


def claim(session: Session, case_id: int, user_id: int, actor: Actor, now: datetime) -> None:
    """Take a case, or give it to somebody, as who assigns tasks may.

    Raises NotFound, NotAllowed, Invalid, Conflict (`taken`) where somebody else has it.
    """
    locked = _in_hand(session, case_id, actor)
    if user_id != actor.user_id:
        _must_give(actor, locked.family, Permission.ASSIGN_TASK)
    _must_fit(session, {"assignee_id": user_id}, locked.family, now)
    row = session.get_one(CaseInstanceRow, case_id, populate_existing=True)
    if row.assignee_id not in (None, user_id):
        raise Conflict("Somebody else has this case.", "taken")
    if row.assignee_id is None:
        _keep(session, case_id, {"assignee_id": user_id}, actor, now)


_WORDS = frozenset({"name", "business_key", "business_status"})


def _in_hand(session: Session, case_id: int, actor: Actor) -> Locked:
    locked = execution.lock(session, case_id)
    facts = {"family": locked.family}
    if not may(actor, Permission.VIEW_CASE, facts):
        raise NotFound("There is no such case.")
    if not may(actor, Permission.ACT_ON_CASE, facts):
        raise NotAllowed("You may look at this case, but not do this.")
    if locked.case.case_state is State.CLOSED:
        raise Conflict("The case is closed.", "E-STATE")
    return locked


def _is_own(session: Session, case_id: int, given: dict[str, object], actor: Actor) -> bool:
    """Whether the actor does no more than take a case that is free, or leave it."""
    if "assignee_id" not in given:
        return True
    row = session.get_one(CaseInstanceRow, case_id, populate_existing=True)
    return {row.assignee_id, given["assignee_id"]} <= {None, actor.user_id}


def _must_give(actor: Actor, family: str, *enough: Permission) -> None:
    """Raises NotAllowed for who may not give cases of the family to others."""
    if not any(may(actor, permission, {"family": family}) for permission in enough):
        raise NotAllowed("Only who assigns work here may say who has a case.")


def _must_fit(session: Session, given: dict[str, object], family: str, now: datetime) -> None:
    faults = [
        Problem("TOO_LONG", f"At most {_LONGEST} characters.", name)
        for name, value in given.items()
        if isinstance(value, str) and len(value) > _LONGEST
    ]
    faults += [
        Problem("NUL", "A text has no NUL character.", name)
        for name, value in given.items()
        if isinstance(value, str) and "\0" in value
    ]
    due = given.get("due_at")
    if isinstance(due, datetime) and due.tzinfo is None:
        faults.append(Problem("ZONE", "A moment has a time zone.", "due_at"))
    people = {value for name, value in given.items() if name.endswith("_id") and isinstance(value, int)}
    if people - members.who_act(session, family, people, now):
        faults.append(Problem("PERSON", "There is no such person."))
    if faults:
        raise Invalid(faults)


def _keep(session: Session, case_id: int, facts: dict[str, object], actor: Actor, now: datetime) -> None:
    """Due date and people are columns of the row; the journal says who set them."""
    data = {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in facts.items()
    }
    locked = execution.lock(session, case_id)
    execution.carry_out(session, locked, Note("properties", data), By(actor, VIA, now))
    row = session.get_one(CaseInstanceRow, case_id, populate_existing=True)
    for name, value in facts.items():
        setattr(row, name, value)
    session.flush()
