"""My work, and the queues of my roles."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app import current
from app.auth.guards import signed_in
from app.auth.session import current_actor
from app.database import reading
from app.presentation import grouping, live
from cases.queries import worklist

pages = Blueprint("worklist", __name__, url_prefix="/work")


@pages.get("/mine")
@signed_in
def mine() -> ResponseReturnValue:
    actor, after = current_actor(), request.args.get("after")
    with reading() as session:
        page = worklist.mine(session, actor, after)
        count = worklist.mine_count(session, actor)
        queues = worklist.queues(session, actor)
    groups = grouping.by_urgency(page.lines, current.now())
    seen = {"page": page, "groups": groups, "count": count, "queues": queues, "after": after}
    return live.answer(render_template("worklist/mine.html", **seen))


@pages.get("/queue/<path:key>")
@signed_in
def queue(key: str) -> ResponseReturnValue:
    actor, after = current_actor(), request.args.get("after")
    with reading() as session:
        found, page = worklist.queue(session, actor, key, after)
        count = worklist.mine_count(session, actor)
        queues = worklist.queues(session, actor)
    groups = grouping.by_urgency(page.lines, current.now())
    seen = {"page": page, "groups": groups, "count": count, "queues": queues, "after": after}
    return live.answer(render_template("worklist/queue.html", queue=found, **seen))
