"""Incidents by cause, and what one may do about them."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import current
from app.auth.guards import needs
from app.auth.session import current_actor
from app.database import reading, transaction
from app.presentation import live
from app.presentation.language import gettext as _
from cases.policy.access import Permission
from cases.queries import incidents as incident_list
from cases.services import incidents

pages = Blueprint("incidents", __name__, url_prefix="/incidents")


@pages.get("")
@needs(Permission.VIEW_INCIDENT)
def show() -> ResponseReturnValue:
    with reading() as session:
        causes = incident_list.by_cause(session, current_actor())
    return live.answer(render_template("incidents/list.html", causes=causes))


@pages.get("/<serial:incident_id>/retry")
@pages.get("/<serial:incident_id>/give-up")
@pages.get("/<serial:incident_id>/acknowledge")
@needs(Permission.VIEW_INCIDENT)
def go_back(incident_id: int) -> ResponseReturnValue:
    """Lead a browser that stands at the address of a form, after a refusal, to the page that has the form."""
    return redirect(url_for("incidents.show", _anchor=f"incident-{incident_id}"), 303)


@pages.post("/<serial:incident_id>/retry")
@needs(Permission.RESOLVE_INCIDENT)
def retry(incident_id: int) -> ResponseReturnValue:
    reason = request.form.get("reason", "").strip()
    with transaction() as session:
        incidents.retry(session, incident_id, current_actor(), current.now(), reason)
    flash(_("It is tried again now. This page says what came of it."), "green")
    return redirect(url_for("incidents.show"), 303)


@pages.post("/<serial:incident_id>/give-up")
@needs(Permission.RESOLVE_INCIDENT)
def give_up(incident_id: int) -> ResponseReturnValue:
    """Leave the step for good: the plan goes on by what the model says of its exit."""
    reason = request.form.get("reason", "").strip()
    with transaction() as session:
        incidents.give_up(session, incident_id, current_actor(), current.now(), reason)
    flash(_("The step was given up."), "green")
    return redirect(url_for("incidents.show"), 303)


@pages.post("/<serial:incident_id>/acknowledge")
@needs(Permission.RESOLVE_INCIDENT)
def acknowledge(incident_id: int) -> ResponseReturnValue:
    """Close an incident behind which no step waits."""
    reason = request.form.get("reason", "").strip()
    with transaction() as session:
        incidents.acknowledge(session, incident_id, current_actor(), current.now(), reason)
    flash(_("The incident is closed."), "green")
    return redirect(url_for("incidents.show"), 303)
