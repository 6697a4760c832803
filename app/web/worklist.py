"""My work and the queues of my roles: tabs, filters, saved views, and what comes after a task."""

from flask import Blueprint, Response, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app import current
from app.auth.guards import signed_in
from app.auth.session import current_actor
from app.database import changed, reading
from app.presentation import grouping, listing, live
from app.presentation.language import gettext as _
from app.presentation.listing import Listing
from cases.errors import Invalid, NotFound
from cases.persistence.people import SavedView
from cases.policy.access import Actor, Permission, may
from cases.queries import saved_views, task_filters, worklist
from cases.queries.queues import Place
from cases.queries.task_filters import Tab
from cases.queries.worklist import View
from cases.services import people

pages = Blueprint("worklist", __name__, url_prefix="/work")


@pages.get("/mine")
@signed_in
def mine() -> ResponseReturnValue:
    return _answered(saved_views.MINE)


@pages.get("/queue/<path:key>")
@signed_in
def queue(key: str) -> ResponseReturnValue:
    return _answered(key)


@pages.post("/views")
@signed_in
def keep_view() -> ResponseReturnValue:
    actor, view = current_actor(), _view_in_form()
    try:
        changed(lambda session: people.keep_view(session, actor.user_id, view))
    except Invalid as refused:
        flash(" ".join(_(problem.message) for problem in refused.problems), "amber")
    else:
        flash(_("The view is kept: %(name)s.") % {"name": view.name.strip()}, "green")
    return _to_view(view)


@pages.post("/views/drop")
@signed_in
def drop_view() -> ResponseReturnValue:
    actor, view = current_actor(), _view_in_form()
    changed(lambda session: people.drop_view(session, actor.user_id, view.name))
    flash(_("The view is gone: %(name)s.") % {"name": view.name}, "green")
    return _to_view(view)


@pages.get("/views")
@pages.get("/views/drop")
@signed_in
def go_back() -> ResponseReturnValue:
    """Lead a browser that stands at the address of a form to the desk."""
    return redirect(listing.path_of(saved_views.MINE), 303)


def _view_in_form() -> SavedView:
    form = request.form
    tab, wanted = task_filters.read(form.get("query", ""))
    query = task_filters.write(tab, wanted)
    return SavedView(form.get("name", ""), form.get("place", saved_views.MINE)[:300], query)


def _to_view(view: SavedView) -> ResponseReturnValue:
    query = f"?{view.query}" if view.query else ""
    return redirect(f"{listing.path_of(view.place)}{query}", 303)


def _answered(place: str) -> ResponseReturnValue:
    """The list at a place; or its rows for "select all"; or where it goes on behind a task."""
    actor = current_actor()
    tab, wanted = task_filters.read(request.query_string.decode())
    with reading() as session:
        team, view = _view(session, place, tab, actor)
        asked = Listing(_path(team), view.tab, wanted)
        if "past" in request.args:
            return redirect(_onward(session, view, asked, actor), 303)
        if "picks" in request.args:
            return _rows(session, view, team, actor)
        seen = _seen(session, view, team, asked)
    return live.answer(render_template("worklist/list.html", **seen))


def _view(session: Session, place: str, tab: Tab, actor: Actor) -> tuple[Place | None, View]:
    """Whose tasks are shown. Raises NotFound where this person may not look there."""
    wanted = task_filters.read(request.query_string.decode())[1]
    if place == saved_views.MINE:
        team, reach = None, worklist.inbox(actor)
        tab = tab if tab in listing.INBOX_TABS else Tab.OPEN
    else:
        team, reach = worklist.queue(session, actor, place)
    families = [team.family] if team else sorted(grant.family for grant in actor.grants)
    known = task_filters.known(session, families)
    g.zone = known.zone
    day = task_filters.day_of(current.now(), known.zone)
    return team, View(reach, day, tab, wanted, known.kinds, actor.user_id)


def _path(team: Place | None) -> str:
    return listing.path_of(team.key if team else saved_views.MINE)


def _onward(session: Session, view: View, asked: Listing, actor: Actor) -> str:
    """Where one goes on: with the task itself while one has it, else with the next one of the list."""
    came, past = request.args.get("from", type=int, default=0), request.args["past"]
    if worklist.is_held(session, actor, came):
        line = None
        task: int | None = came
    else:
        line = worklist.following(session, view, past)
        task = line.id if line else None
    if task is None:
        return asked.address
    if "page" not in request.args:
        return asked.opened(task)
    return asked.task_page(task, line.key if line else past)


def _rows(session: Session, view: View, team: Place | None, actor: Actor) -> Response:
    """Every row of the list as `ID:ASSIGNEE`, for who may hand it to somebody. Raises NotFound."""
    if not _assigns(actor, team):
        raise NotFound("There is nothing to select.")
    lines = [f"{task}:{holder or ''}" for task, holder in worklist.all_of(session, view)]
    return Response("\n".join(lines), mimetype="text/plain")


def _seen(session: Session, view: View, team: Place | None, asked: Listing) -> dict[str, object]:
    """What the page is drawn from."""
    actor, after = current_actor(), request.args.get("after")
    page = worklist.look(session, view, after)
    tabs = listing.QUEUE_TABS if team else listing.INBOX_TABS
    counts = worklist.counts(session, view, tabs)
    return {
        "asked": asked,
        "after": after,
        "page": page,
        "team": team,
        "place": team.key if team else saved_views.MINE,
        "groups": grouping.under_heads(page.lines, view.day, counts.groups),
        "counts": counts.tabs,
        "chips": asked.chips(view.kinds),
        "choices": asked.choices(view.kinds),
        "assigns": _assigns(actor, team),
        "works": team is None or _works(actor, team),
        "opened": request.args.get("open", type=int),
    }


def _assigns(actor: Actor, team: Place | None) -> bool:
    """Whether this person may hand out what the list shows: everything of one family."""
    families = {team.family} if team else {grant.family for grant in actor.grants}
    return bool(families) and all(
        may(actor, Permission.ASSIGN_TASK, {"family": family}) for family in families
    )


def _works(actor: Actor, team: Place) -> bool:
    own = (grant for grant in actor.grants if not grant.external and not grant.read_only)
    return any((grant.family, grant.role) == (team.family, team.role) for grant in own)
