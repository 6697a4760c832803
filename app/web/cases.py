"""Find cases."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.auth.guards import needs
from app.auth.session import current_actor
from app.database import reading
from app.presentation import live
from cases.policy.access import Permission
from cases.queries import case_list

pages = Blueprint("cases", __name__, url_prefix="/cases")


@pages.get("")
@needs(Permission.VIEW_CASE)
def find() -> ResponseReturnValue:
    text, after = request.args.get("q", ""), request.args.get("after")
    with reading() as session:
        page = case_list.find(session, current_actor(), text, after)
    return live.answer(render_template("cases/list.html", page=page, text=text, after=after))
