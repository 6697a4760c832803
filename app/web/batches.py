"""What became of a wish over many tasks, while it is done and afterwards; and its undo."""

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import current
from app.auth.guards import needs
from app.auth.session import current_actor
from app.database import changed, reading
from app.presentation import live
from app.presentation.answers import number
from app.presentation.language import gettext as _
from app.security import safe_target
from cases.errors import Conflict
from cases.policy.access import Permission
from cases.queries import batch_page, board
from cases.services import batches

pages = Blueprint("batches", __name__, url_prefix="/batches")


@pages.get("/<serial:batch_id>")
@needs(Permission.ASSIGN_TASK)
def show(batch_id: int) -> ResponseReturnValue:
    return live.answer(_drawn(batch_id))


@pages.get("/<serial:batch_id>/undo")
@needs(Permission.ASSIGN_TASK)
def go_back(batch_id: int) -> ResponseReturnValue:
    """Lead a browser that stands at the address of the button to the batch."""
    return redirect(url_for("batches.show", batch_id=batch_id), 303)


@pages.post("/<serial:batch_id>/undo")
@needs(Permission.ASSIGN_TASK)
def undo(batch_id: int) -> ResponseReturnValue:
    actor, now = current_actor(), current.now()
    try:
        undone = changed(lambda session: batches.undo(session, batch_id, actor, now))
    except Conflict as refused:
        return _drawn(batch_id, _(str(refused))), 409
    return redirect(url_for("batches.show", batch_id=undone), 303)


def _drawn(batch_id: int, reason: str = "") -> str:
    part, after = request.args.get("part", ""), number(request.args, "after") or 0
    actor = current_actor()
    with reading() as session:
        page = batch_page.load(session, batch_id, actor, part, after)
        g.zone = board.zone_of(session, actor)
    address = url_for("batches.show", batch_id=batch_id)
    back = safe_target(request.args.get("back"), "/workload")
    seen = {"page": page, "reason": reason, "address": address, "after": after}
    return render_template("batches/batch.html", **seen, back=back)
