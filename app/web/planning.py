"""The plan of one case: why an item stands where it stands, adding what is optional or was not foreseen."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import current
from app.auth.guards import signed_in
from app.auth.session import current_actor
from app.database import changed, reading
from app.presentation.answers import number
from app.presentation.language import gettext as _
from cases.errors import Conflict, Invalid
from cases.queries import case_options, item_why, plan_offers, sight
from cases.queries.plan_offers import Offer
from cases.services import planning
from cases.services.planning import NewTask

pages = Blueprint("planning", __name__, url_prefix="/cases")


@pages.get("/<key>/why/<int:item>")
@signed_in
def why(key: str, item: int) -> ResponseReturnValue:
    with reading() as session:
        page = item_why.load(session, key, item, current_actor(), current.now())
    g.zone = page.zone
    return render_template("planning/why.html", page=page)


@pages.get("/<key>/plan")
@signed_in
def go_back(key: str) -> ResponseReturnValue:
    """Lead a browser that stands at the address of a form, after a refusal, to the case."""
    return redirect(url_for("case.show", key=key), 303)


@pages.post("/<key>/plan")
@signed_in
def plan(key: str) -> ResponseReturnValue:
    """Add what a table offers, as the page has told it: what is hidden is offered to nobody here."""
    actor, now = current_actor(), current.now()
    holder, wanted = number(request.form, "item"), request.form.get("offer", "")
    with reading() as session:
        seen = sight.of_key(session, key, actor)
        offer = _offered(plan_offers.of(seen, now), holder, wanted)
    changed(lambda session: planning.plan(session, seen.id, offer.item, offer.id, actor, now))
    flash(_("%(name)s has been added to the plan.") % {"name": offer.name}, "green")
    return redirect(url_for("case.show", key=key), 303)


@pages.get("/<key>/tasks/new")
@signed_in
def new_task(key: str) -> ResponseReturnValue:
    return _asked(key, NewTask(name=""), None)


@pages.post("/<key>/tasks/new")
@signed_in
def add_task(key: str) -> ResponseReturnValue:
    actor, form = current_actor(), request.form
    with reading() as session:
        page = case_options.adding(session, key, actor)
    role = form.get("role", "")
    wanted = NewTask(
        name=form.get("name", ""),
        description=form.get("description", ""),
        performer=role or None,
        stage=number(form, "place") or 0,
    )
    if wanted.stage not in {place.item for place in page.places}:
        raise Conflict("That stage is over, or takes no tasks. Choose where the task goes to once more.")
    try:
        changed(lambda session: planning.add_task(session, page.case_id, wanted, actor, current.now()))
    except Invalid as problem:
        return _asked(key, wanted, problem), 422
    flash(_("%(name)s has been added to the case.") % {"name": wanted.name.strip()}, "green")
    return redirect(url_for("case.show", key=key), 303)


def _offered(offers: tuple[Offer, ...], holder: int | None, wanted: str) -> Offer:
    for offer in offers:
        if offer.item == holder and offer.id == wanted and offer.is_open:
            return offer
    raise Conflict("This is not offered now. Look at the case again: it says why.")


def _asked(key: str, wanted: NewTask, problem: Invalid | None) -> str:
    with reading() as session:
        page = case_options.adding(session, key, current_actor())
    g.zone = page.zone
    errors = {one.where: one.message for one in problem.problems} if problem else {}
    return render_template("planning/add_task.html", page=page, wanted=wanted, errors=errors)
