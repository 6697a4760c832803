"""My work and the queues of my roles: tabs, filters, saved views, and what comes after a task."""

from flask import Blueprint, Response, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app import current
from app.auth.guards import signed_in
from app.auth.session import current_actor
from app.database import changed, reading
from app.presentation import grouping, listing, live
from app.presentation.language import gettext as _
from app.presentation.listing import Listing
from cases.errors import Invalid
from cases.policy.kept_views import SavedView
from cases.queries import list_page, task_filters
from cases.queries.list_page import MINE, Asked, Here, ListPage
from cases.queries.paging import LARGEST
from cases.services import people

pages = Blueprint("worklist", __name__, url_prefix="/work")

_LONGEST_PLACE = 300


@pages.get("/mine")
@signed_in
def mine() -> ResponseReturnValue:
    return _answered(MINE)


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
    return redirect(listing.path_of(MINE), 303)


def _view_in_form() -> SavedView:
    form = request.form
    query = task_filters.write(*task_filters.read(form.get("query", "")))
    return SavedView(form.get("name", ""), form.get("place", MINE)[:_LONGEST_PLACE], query)


def _to_view(view: SavedView) -> ResponseReturnValue:
    query = f"?{view.query}" if view.query else ""
    return redirect(f"{listing.path_of(view.place)}{query}", 303)


def _answered(place: str) -> ResponseReturnValue:
    """The list at a place; or its rows for "select all"; or where it goes on behind a task."""
    asked = Asked(current_actor(), place, request.query_string.decode(), current.now())
    if "past" in request.args:
        return redirect(_onward(asked), 303)
    if "picks" in request.args:
        return _rows(asked)
    after = request.args.get("after")
    with reading() as session:
        found = list_page.load(session, asked, after)
    g.zone = found.here.zone
    opened = request.args.get("open", type=int)
    return live.answer(render_template("worklist/list.html", after=after, opened=opened, **_seen(found)))


def _onward(asked: Asked) -> str:
    """Where one goes on: at the list with a task beside it, or at the page of the task."""
    came = request.args.get("from", type=int, default=0)
    with reading() as session:
        found = list_page.onward(session, asked, came if 0 < came <= LARGEST else 0, request.args["past"])
    there = _listing(found.here)
    if found.task is None:
        return there.address
    return there.task_page(found.task, found.key) if "page" in request.args else there.opened(found.task)


def _rows(asked: Asked) -> Response:
    """Every row of the list as `ID:ASSIGNEE`, one a line."""
    with reading() as session:
        found = list_page.rows(session, asked)
    return Response("\n".join(f"{task}:{holder or ''}" for task, holder in found), mimetype="text/plain")


def _listing(here: Here) -> Listing:
    return Listing(listing.path_of(here.place), here.view.tab, here.view.wanted)


def _seen(found: ListPage) -> dict[str, object]:
    """What the page is drawn from."""
    here, asked = found.here, _listing(found.here)
    return {
        "asked": asked,
        "page": found.page,
        "team": here.team,
        "place": here.place,
        "groups": grouping.under_heads(found.page.lines, here.view.day, found.counts.groups),
        "counts": found.counts.tabs,
        "chips": asked.chips(here.view.kinds),
        "choices": asked.choices(here.view.kinds),
        "assigns": found.assigns,
        "works": found.works,
    }
