"""Who has how much, for those who hand the work out."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app import current
from app.auth.guards import needs
from app.auth.session import current_actor
from app.database import reading
from app.presentation import grouping, live
from cases.errors import NotFound
from cases.policy.access import Permission
from cases.queries import board, worklist

pages = Blueprint("workload", __name__, url_prefix="/workload")


@pages.get("")
@needs(Permission.ASSIGN_TASK)
def show() -> ResponseReturnValue:
    with reading() as session:
        found = board.load(session, current_actor(), current.now())
    return live.answer(render_template("workload/board.html", board=found))


@pages.get("/<serial:person>")
@needs(Permission.ASSIGN_TASK)
def of_person(person: int) -> ResponseReturnValue:
    actor, after = current_actor(), request.args.get("after")
    with reading() as session:
        who = next((one for one in board.colleagues(session, actor) if one.id == person), None)
        page = worklist.of_person(session, actor, person, after)
    if who is None:
        raise NotFound("There is nobody of this number in your families.")
    groups = grouping.by_urgency(page.lines, current.now())
    seen = {"who": who, "page": page, "groups": groups, "after": after}
    return live.answer(render_template("workload/person.html", **seen))
