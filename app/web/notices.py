"""What somebody was told, why, and where it leads."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import current
from app.auth.guards import signed_in
from app.auth.session import current_actor
from app.database import reading, transaction
from app.presentation import live
from app.presentation.answers import number
from cases.queries import notifications
from cases.services import notifications as telling

pages = Blueprint("notices", __name__, url_prefix="/notices")


@pages.get("")
@signed_in
def show() -> ResponseReturnValue:
    with reading() as session:
        lines = notifications.latest(session, current_actor())
    return live.answer(render_template("notices/list.html", lines=lines))


@pages.post("/read")
@signed_in
def read() -> ResponseReturnValue:
    """Read up to the notice that stood first on the page: what came since stays unread."""
    up_to = number(request.form, "up_to")
    if up_to is not None:
        with transaction() as session:
            telling.mark_read(session, current_actor(), up_to, current.now())
    return redirect(url_for("notices.show"), 303)
