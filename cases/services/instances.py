"""Whole cases: start, suspend, resume, terminate, close."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from cases import catalogue
from cases.caseapp.document import CaseApp
from cases.cmmn.commands import AnyCommand, CloseCase, ResumeCase, StartCase, SuspendCase, TerminateCase
from cases.errors import Conflict, NotAllowed, NotFound
from cases.persistence import erasing
from cases.persistence.base import new_key
from cases.persistence.dialect import insert_unless_there
from cases.persistence.instances import CaseIntakeRow
from cases.persistence.writes import CaseBirth
from cases.policy.access import Actor, Permission, may
from cases.services import execution
from cases.services.execution import Opening, Turn

E_KNOWN = "E-KNOWN"
"""A case was opened before with this intake key."""

_PLACE = re.compile(r"\{(yyyy|seq)(?::([1-9]))?\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCase:
    """A case to be started: of which app and model, with which root items, and its number from `take_number`.

    `title` is how it is called unless its model says; with an `intake_key` there is at most one case of it.
    """

    app_key: str
    inputs: Mapping[str, object]
    number: int
    case: str = ""
    title: str | None = None
    intake_key: str | None = None
    sha256: str | None = None


def start(session: Session, start: NewCase, actor: Actor, via: str, now: datetime) -> Turn:
    """Open a case on the newest version of its app.

    Raises NotFound for an app or model that is not there, NotAllowed, Invalid for inputs that the model
    refuses, Conflict (`E-KNOWN`) where the intake key has its case.
    """
    deployed = catalogue.latest(session, start.app_key)
    app = deployed.app
    if not may(actor, Permission.START_CASE, {"family": app.family}):
        raise NotAllowed("You may not start cases of this family.")
    key = business_key(app, start.number, now)
    birth = CaseBirth(
        family=app.family,
        deployment_id=deployed.deployment_id,
        definition=start.case or app.case,
        business_key=key,
    )
    opening = Opening(case_id=new_key(session), birth=birth, title=start.title or key)
    turn = execution.open_case(session, opening, StartCase(start.inputs), actor, via, now)
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


def close(session: Session, case_id: int, actor: Actor, via: str, now: datetime) -> Turn:
    """Close an ended case: nothing changes any more. Raises NotFound, NotAllowed, Conflict."""
    return _steer(session, case_id, CloseCase(), actor, via, now)


def counter_of(app: CaseApp, now: datetime) -> str:
    """The counter that numbers the cases opened now: one for each text that stands around the number.

    So two apps with one pattern share a counter, and never give two cases one key.
    """
    return _PLACE.sub(
        lambda place: place[0] if place[1] == "seq" else _written(place, 0, app, now), app.number
    )


def business_key(app: CaseApp, number: int, now: datetime) -> str:
    """The key of the case with this number, in the pattern of its app: `CLM-2026-000123`."""
    return _PLACE.sub(lambda place: _written(place, number, app, now), app.number)


def _written(place: re.Match[str], number: int, app: CaseApp, now: datetime) -> str:
    if place[1] == "yyyy":
        return f"{now.astimezone(ZoneInfo(app.zone)):%Y}"
    return f"{number:0{place[2] or 1}}"


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
