"""Find cases."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app import current
from app.auth.guards import needs
from app.auth.session import current_actor
from app.database import reading
from app.presentation import live
from app.presentation.language import gettext as _
from cases.policy.access import INSTALLATION, Permission
from cases.queries import case_list
from cases.queries.case_list import Wish

pages = Blueprint("cases", __name__, url_prefix="/cases")


@pages.get("")
@needs(Permission.VIEW_CASE)
def find() -> ResponseReturnValue:
    actor = current_actor()
    text, after = request.args.get("q", ""), request.args.get("after")
    show = request.args.get("show", "")
    with reading() as session:
        page = case_list.find(session, actor, text, after, Wish(show, current.now()))
    may_see = any(grant.family != INSTALLATION for grant in actor.grants)
    return live.answer(
        render_template(
            "cases/list.html", page=page, text=text, after=after, may_see=may_see, show=show, shows=_SHOWS
        )
    )


_SHOWS = {
    "": lambda: _("All"),
    case_list.OPEN: lambda: _("Open"),
    case_list.OVERDUE: lambda: _("Overdue"),
    case_list.PAUSED: lambda: _("Paused"),
    case_list.DONE: lambda: _("Done"),
    case_list.STOPPED: lambda: _("Stopped"),
}
