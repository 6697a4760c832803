"""Change the data of a case by hand: one path, if it is still what one saw."""

from datetime import datetime

from sqlalchemy.orm import Session

from cases.cmmn import casefile
from cases.cmmn.commands import WriteFile
from cases.errors import Conflict, NotAllowed, NotFound
from cases.policy.access import Actor, Permission, may
from cases.services import execution
from cases.services.execution import By, Locked, Turn

E_CHANGED = "E-CHANGED"
"""The value is no longer what one saw."""

VIA = "hand"


def change(
    session: Session, case_id: int, write: WriteFile, seen: object, actor: Actor, now: datetime
) -> Turn:
    """Write one path of the case file, whose value was `seen` (None: nothing was there).

    Raises NotFound, NotAllowed, Invalid for what the model refuses, Conflict (`E-CHANGED`) where another was
    faster.
    """
    locked = execution.lock(session, case_id)
    facts = {"family": locked.family}
    if not may(actor, Permission.VIEW_CASE, facts):
        raise NotFound("There is no such case.")
    if not may(actor, Permission.ACT_ON_CASE, facts) or not _is_shown(locked, write.path, actor):
        raise NotAllowed("You may not change this value.")
    if not casefile.same(casefile.read_or_null(locked.case.file(), write.path), seen):
        raise Conflict("Somebody has changed this value meanwhile.", E_CHANGED)
    return execution.carry_out(session, locked, write, By(actor, VIA, now))


def _is_shown(locked: Locked, path: tuple[str, ...], actor: Actor) -> bool:
    """Whether one may see what one changes: an item, or one around it, may be shown to some roles only."""
    model, names = locked.case.program.definition.file, casefile.names_of(path)
    if actor.kind == "system":
        return True
    roles = actor.roles(locked.family)
    for length in range(1, len(names) + 1):
        item = model.find(names[:length])
        if item is not None and item.visible_to is not None and not item.visible_to & roles:
            return False
    return True
