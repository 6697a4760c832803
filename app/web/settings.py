"""How somebody wants their pages: room between lines, keys, and which devices are signed in as they."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.auth.guards import signed_in
from app.auth.session import current_actor
from app.database import reading, transaction
from app.errors import Refused
from app.presentation.language import gettext as _
from cases.policy.preferences import Density, Keys, Preferences
from cases.queries import preferences
from cases.services import people

pages = Blueprint("settings", __name__, url_prefix="/settings")


@pages.get("")
@signed_in
def show() -> ResponseReturnValue:
    with reading() as session:
        chosen = preferences.of(session, current_actor())
    return render_template("settings/settings.html", chosen=chosen)


@pages.post("")
@signed_in
def keep() -> ResponseReturnValue:
    density, keys = request.form.get("density"), request.form.get("keys")
    if density not in set(Density) or keys not in set(Keys):
        raise Refused("Choose one of what is offered.")
    with transaction() as session:
        people.prefer(session, current_actor().user_id, Preferences(Density(density), Keys(keys)))
    flash(_("Your settings are kept."), "green")
    return redirect(url_for("settings.show"), 303)
