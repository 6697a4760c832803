"""One case as a whole, by who supervises it: complete it by hand, reopen it, say who works on it."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from app import current
from app.auth.guards import signed_in
from app.auth.session import current_actor
from app.database import changed, reading
from app.presentation.language import gettext as _
from cases.cmmn.commands import ReactivateCase
from cases.errors import Conflict
from cases.queries import case_ending, case_team, sight
from cases.queries.case_ending import Reopening
from cases.services import instances, teams

VIA = "hand"
BEGIN, WAIT = "activate", "default"
"""What a form says that becomes of an item."""
_LONGEST_REASON = 500

pages = Blueprint("steering", __name__, url_prefix="/cases")


@pages.get("/<key>/complete")
@signed_in
def ask_to_complete(key: str) -> ResponseReturnValue:
    with reading() as session:
        page = case_ending.completing(session, key, current_actor(), current.now())
    g.zone = page.zone
    return render_template("steering/complete.html", page=page)


@pages.post("/<key>/complete")
@signed_in
def complete(key: str) -> ResponseReturnValue:
    actor, now = current_actor(), current.now()
    with reading() as session:
        page = case_ending.completing(session, key, actor, now)
    changed(lambda session: instances.complete(session, page.case_id, actor, VIA, now))
    flash(_("%(key)s is done.") % {"key": page.key}, "green")
    return redirect(url_for("case.show", key=key), 303)


@pages.get("/<key>/reopen")
@signed_in
def ask_to_reopen(key: str) -> ResponseReturnValue:
    with reading() as session:
        page = case_ending.reopening(session, key, current_actor(), current.now())
    return _reopening(page, request.args, "")


@pages.post("/<key>/reopen")
@signed_in
def reopen(key: str) -> ResponseReturnValue:
    actor, now, form = current_actor(), current.now(), request.form
    with reading() as session:
        page = case_ending.reopening(session, key, actor, now)
    chosen = {
        way: tuple(root.id for root in page.roots if form.get(f"root-{root.id}") == way)
        for way in (BEGIN, WAIT)
    }
    if not page.by_model and not any(chosen.values()):
        return _reopening(page, form, _("Choose at least one item that begins, or waits for its turn.")), 422
    wanted = ReactivateCase(
        reason=form.get("reason", "").strip()[:_LONGEST_REASON], activate=chosen[BEGIN], default=chosen[WAIT]
    )
    changed(lambda session: instances.reactivate(session, page.case_id, wanted, actor, VIA, now))
    flash(_("%(key)s goes on.") % {"key": page.key}, "green")
    return redirect(url_for("case.show", key=key), 303)


@pages.get("/<key>/team")
@pages.get("/<key>/team/remove")
@signed_in
def go_back(key: str) -> ResponseReturnValue:
    """Lead a browser that stands at the address of a form, after a refusal, to the case."""
    return redirect(url_for("case.show", key=key), 303)


@pages.post("/<key>/team")
@signed_in
def assign(key: str) -> ResponseReturnValue:
    actor, now, form = current_actor(), current.now(), request.form
    user, role = form.get("user", ""), form.get("role", "")
    with reading() as session:
        seen = sight.of_key(session, key, actor)
        team = case_team.of(session, seen, now)
    if team is not None and team.may_change and user not in {name for name, _display in team.people}:
        raise Conflict("That person is not here any more. Choose somebody else.")
    changed(lambda session: teams.assign(session, seen.id, user, role, actor, now))
    flash(_("The team of %(key)s has changed.") % {"key": key}, "green")
    return redirect(url_for("case.show", key=key), 303)


@pages.post("/<key>/team/remove")
@signed_in
def remove(key: str) -> ResponseReturnValue:
    actor, now, form = current_actor(), current.now(), request.form
    with reading() as session:
        seen = sight.of_key(session, key, actor)
    user, role = form.get("user", ""), form.get("role", "")
    changed(lambda session: teams.remove(session, seen.id, user, role, actor, now))
    flash(_("The team of %(key)s has changed.") % {"key": key}, "green")
    return redirect(url_for("case.show", key=key), 303)


def _reopening(page: Reopening, form: MultiDict[str, str], problem: str) -> str:
    g.zone = page.zone
    return render_template("steering/reopen.html", page=page, form=form, problem=problem)
