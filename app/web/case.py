"""One case: what it is, where it stands and why, what one may do with it."""

from zoneinfo import ZoneInfo

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import current
from app.auth.guards import signed_in
from app.auth.session import current_actor
from app.database import changed, reading
from app.presentation import live
from app.presentation.answers import answers_of
from app.presentation.language import gettext as _
from cases.queries import case_page, event_page
from cases.queries.event_page import EventPage
from cases.queries.timeline import Sort
from cases.services import plan_items
from forms import builder
from forms.errors import InvalidAnswers

_LINES = 14
"""So many lines of the timeline are shown before one asks for all."""

pages = Blueprint("case", __name__, url_prefix="/cases")


@pages.get("/<key>")
@signed_in
def show(key: str) -> ResponseReturnValue:
    expanded = request.args.get("plan") == "all"
    load = case_page.load_expanded if expanded else case_page.load
    with reading() as session:
        page = load(session, key, current_actor(), current.now())
    g.zone = page.zone
    chosen = request.args.get("show", "")
    entries = [entry for entry in page.entries if chosen not in set(Sort) or entry.sort == chosen]
    shown = entries if request.args.get("timeline") == "all" else entries[:_LINES]
    return live.answer(
        render_template(
            "case/case.html",
            page=page,
            expanded=expanded,
            show=chosen,
            entries=shown,
            more=len(entries) - len(shown),
        )
    )


@pages.get("/<key>/events/<int:item>")
@signed_in
def event(key: str, item: int) -> ResponseReturnValue:
    """Ask before an event is raised, or an item started: with its form where it has one."""
    with reading() as session:
        page = event_page.load(session, key, item, current_actor())
    return _drawn(page, {}, None)


@pages.post("/<key>/events/<int:item>")
@signed_in
def raise_event(key: str, item: int) -> ResponseReturnValue:
    answers, actor = answers_of(request.form), current_actor()
    with reading() as session:
        page = event_page.load(session, key, item, actor)
    try:
        changed(lambda session: plan_items.occur(session, page.case_id, item, answers, actor, current.now()))
    except InvalidAnswers as problem:
        return _drawn(page, answers, problem), 422
    flash(_("%(name)s: done.") % {"name": page.name}, "green")
    return redirect(url_for("case.show", key=key), 303)


@pages.get("/<key>/start/<int:item>")
@signed_in
def go_back(key: str, item: int) -> ResponseReturnValue:
    """Lead a browser that stands at the address of a form, after a refusal, to the case."""
    del item
    return redirect(url_for("case.show", key=key), 303)


@pages.post("/<key>/start/<int:item>")
@signed_in
def start(key: str, item: int) -> ResponseReturnValue:
    actor = current_actor()
    with reading() as session:
        page = event_page.load(session, key, item, actor)
    changed(lambda session: plan_items.start(session, page.case_id, item, actor, current.now()))
    flash(_("%(name)s has begun.") % {"name": page.name}, "green")
    return redirect(url_for("case.show", key=key), 303)


def _drawn(page: EventPage, answers: dict[str, object], problem: InvalidAnswers | None) -> str:
    g.zone = page.zone
    form = None
    if page.form is not None:
        zone = ZoneInfo(page.zone)
        form = builder.build(page.form, page.role_names, answers, page.file, zone=zone, now=current.now())
        if problem is not None:
            builder.show_errors(form, problem)
    return render_template("case/event.html", page=page, form=form, problem=problem)
