"""Whole cases: start, suspend, resume, complete, terminate, delete, reactivate, close."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from cases import catalogue
from cases.catalogue import Deployed
from cases.cmmn.commands import (
    AnyCommand,
    CloseCase,
    CompleteCase,
    DeleteCase,
    ReactivateCase,
    ResumeCase,
    StartCase,
    SuspendCase,
    TerminateCase,
)
from cases.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from cases.persistence import erasing
from cases.persistence.base import Transaction, new_key, take_number
from cases.persistence.dialect import insert_unless_there
from cases.persistence.instances import CaseIntakeRow
from cases.persistence.writes import CaseBirth
from cases.policy.access import Actor, Permission, may
from cases.services import execution, numbers
from cases.services.execution import Opening, Turn

E_KNOWN = "E-KNOWN"
"""A case was opened before with this intake key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCase:
    """A case to be started: of which app and model, with which root items, and its number from `number_for`.

    `title` is how it is called unless its model says; with an `intake_key` there is at most one case of it.
    With a `tenant` the newest version of `case` in that family is meant, whatever app it belongs to.
    `parameters` are its declared inputs by name; `team` admits its members alone, with their case roles;
    `name`, `given_key` and `status` are what people call it.
    """

    inputs: Mapping[str, object]
    number: int
    app_key: str = ""
    case: str = ""
    title: str | None = None
    intake_key: str | None = None
    sha256: str | None = None
    tenant: str | None = None
    parameters: Mapping[str, object] = field(default_factory=dict)
    team: Mapping[str, frozenset[str]] | None = None
    name: str | None = None
    given_key: str | None = None
    status: str | None = None


def number_for(
    transaction: Transaction, app_key: str, now: datetime, *, case: str = "", tenant: str | None = None
) -> int:
    """The number of a case that is to be started, in a transaction of its own. Raises NotFound."""
    with transaction() as session:
        counter = numbers.counter_of(_deployed(session, app_key, case, tenant).app, now)
    return take_number(transaction, counter)


def start(session: Session, start: NewCase, actor: Actor, via: str, now: datetime) -> Turn:
    """Open a case on the newest version of its app.

    Raises NotFound for an app or model that is not there, NotAllowed, Invalid for inputs that the model
    refuses, Conflict (`E-KNOWN`) where the intake key has its case.
    """
    deployed = _deployed(session, start.app_key, start.case, start.tenant)
    app = deployed.app
    if not may(actor, Permission.START_CASE, {"family": app.family}):
        raise NotAllowed("You may not start cases of this family.")
    key = numbers.business_key(app, start.number, now)
    birth = CaseBirth(
        family=app.family,
        deployment_id=deployed.deployment_id,
        definition=start.case or app.case,
        business_key=key,
    )
    opening = Opening(case_id=new_key(session), birth=birth, title=start.title or start.name or key)
    command = StartCase(
        start.inputs,
        start.parameters,
        start.team,
        name=start.name,
        business_key=start.given_key,
        business_status=start.status,
    )
    turn = execution.open_case(session, opening, command, actor, via, now)
    if start.intake_key is not None:
        _keep_intake(session, start, turn.case_id)
    return turn


def suspend(session: Session, case_id: int, actor: Actor, via: str, now: datetime) -> Turn:
    """Pause the whole case. Raises NotFound, NotAllowed, Conflict."""
    return _steer(session, case_id, SuspendCase(), actor, via, now)


def resume(session: Session, case_id: int, actor: Actor, via: str, now: datetime) -> Turn:
    """Go on with a paused case. Raises NotFound, NotAllowed, Conflict."""
    return _steer(session, case_id, ResumeCase(), actor, via, now)


def terminate(session: Session, case_id: int, reason: str, actor: Actor, via: str, now: datetime) -> Turn:
    """End the case at once. Raises NotFound, NotAllowed, Conflict."""
    return _steer(session, case_id, TerminateCase(reason), actor, via, now)


def complete(session: Session, case_id: int, actor: Actor, via: str, now: datetime) -> Turn:
    """Complete the case by hand. Raises NotFound, NotAllowed, Conflict while something must still be done."""
    return _steer(session, case_id, CompleteCase(), actor, via, now)


def reactivate(
    session: Session, case_id: int, wanted: ReactivateCase, actor: Actor, via: str, now: datetime
) -> Turn:
    """Go on with an ended case. Raises NotFound, NotAllowed, Conflict."""
    return _steer(session, case_id, wanted, actor, via, now)


def terminate_all(
    session: Session, case_ids: Collection[int], reason: str, actor: Actor, via: str, now: datetime
) -> list[Turn]:
    """End several cases, all or none: what refuses one is raised, and the transaction must not be committed.

    Raises as `terminate` does, and Invalid where none is named.
    """
    if not case_ids:
        raise Invalid([Problem("NOTHING", "Say which cases.")])
    with session.begin_nested():
        return [terminate(session, case_id, reason, actor, via, now) for case_id in sorted(set(case_ids))]


def delete(session: Session, case_id: int, reason: str, actor: Actor, via: str, now: datetime) -> Turn:
    """Take a case out of the way with those that it waits for: nothing of it is carried out any more.

    It stays readable, as terminated. Those below it are ended by the house, in turns of their own: the actor
    need not have any right there. Raises NotFound, NotAllowed, Conflict.
    """
    return _steer(session, case_id, DeleteCase(reason), actor, via, now)


def close(session: Session, case_id: int, actor: Actor, via: str, now: datetime) -> Turn:
    """Close an ended case: nothing changes any more. Raises NotFound, NotAllowed, Conflict."""
    return _steer(session, case_id, CloseCase(), actor, via, now)


def _deployed(session: Session, app_key: str, case: str, tenant: str | None) -> Deployed:
    """The app that a case begins on: the newest of its key, or of the case within a family."""
    if tenant is None:
        return catalogue.latest(session, app_key)
    found = catalogue.case_by_key(session, case, tenant)
    app = catalogue.case_app(session, found.deployment_id)
    return Deployed(found.deployment_id, found.version, app)


def _keep_intake(session: Session, start: NewCase, case_id: int) -> None:
    values = {
        "app_key": start.app_key,
        "intake_key": start.intake_key,
        "sha256": start.sha256 or "",
        "case_id": case_id,
    }
    _, erased = erasing.intake_keys(start.app_key, start.intake_key or "")
    if session.get(CaseIntakeRow, (start.app_key, erased)) is not None or not insert_unless_there(
        session, CaseIntakeRow, values
    ):
        raise Conflict("There is a case with this key already.", E_KNOWN)


def _steer(
    session: Session, case_id: int, command: AnyCommand, actor: Actor, via: str, now: datetime
) -> Turn:
    locked = execution.lock(session, case_id)
    facts = {"family": locked.family}
    if not may(actor, Permission.VIEW_CASE, facts):
        raise NotFound("There is no such case.")
    if not may(actor, Permission.STEER_CASE, facts):
        raise NotAllowed("You may not steer cases of this family.")
    return execution.carry_out(session, locked, command, execution.By(actor, via, now))
