"""A case opened by the key of its definition, with all that its model lets one say at the start.

`instances.start` opens the case that an app begins with, for people and messages; this opens any other.
"""

from sqlalchemy.orm import Session

from cases import catalogue
from cases.catalogue import DefinedCase
from cases.cmmn.commands import StartCase
from cases.errors import NotAllowed
from cases.persistence.base import new_key
from cases.persistence.writes import CaseBirth
from cases.policy.access import Permission, may
from cases.services import execution
from cases.services.execution import By, Opening, Turn


def open_defined(session: Session, defined: DefinedCase, key: str, command: StartCase, by: By) -> Turn:
    """Open a case of this definition under this number. Raises NotAllowed, Invalid, Conflict, NotFound."""
    app = catalogue.case_app(session, defined.deployment_id)
    if not may(by.actor, Permission.START_CASE, {"family": app.family}):
        raise NotAllowed("You may not start cases of this family.")
    birth = CaseBirth(
        family=app.family, deployment_id=defined.deployment_id, definition=defined.key, business_key=key
    )
    opening = Opening(case_id=new_key(session), birth=birth, title=key)
    return execution.open_case(session, opening, command, by.actor, by.via, by.now)
