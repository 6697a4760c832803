"""Sign in and sign out."""

import flask
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import current
from app.auth import session as browser
from app.auth.guards import open_door, signed_in
from app.database import reading, transaction
from app.security import safe_target
from cases.errors import NotAllowed
from cases.services import identity

pages = Blueprint("auth", __name__)


@pages.get("/sign-in")
@open_door
def sign_in() -> ResponseReturnValue:
    if browser.is_signed_in():
        return redirect(_target(), 303)
    return render_template("auth/sign_in.html", problem=None, name="")


@pages.post("/sign-in")
@open_door
def enter() -> ResponseReturnValue:
    name, password = request.form.get("name", ""), request.form.get("password", "")
    address, agent, target = request.remote_addr or "", request.user_agent.string, _target()
    now = current.host_now()
    with transaction() as database:
        wait = identity.take_attempt(database, name, address, now)
    if wait:
        seconds = int(wait.total_seconds()) + 1
        page = render_template("auth/sign_in.html", problem="wait", seconds=seconds, name=name)
        return page, 429, {"Retry-After": str(seconds)}
    # The password is looked at while nothing is locked: a hash takes longer than everything else here.
    with reading() as database:
        user = identity.verify(database, name, password)
    if user is None:
        with transaction() as database:
            identity.note_failure(database, name, address, now)
        return render_template("auth/sign_in.html", problem="wrong", name=name), 422
    with transaction() as database:
        identity.give_back(database, name, address)
        token = identity.open_session(database, user, now, address, agent)
        actor = identity.actor_of(database, token, now)
    if actor is None:
        raise NotAllowed("This person may not sign in any more.")
    browser.begin(token, actor)
    return redirect(target, 303)


@pages.post("/sign-out")
@signed_in
def sign_out() -> ResponseReturnValue:
    browser.end()
    return redirect(url_for("auth.sign_in"), 303)


@pages.post("/theme")
@open_door
def theme() -> ResponseReturnValue:
    """Light or dark, as a cookie: of this browser, not of the person. Neither: as the system has it."""
    wanted = request.form.get("theme")
    answer = flask.make_response(redirect(safe_target(request.form.get("next"), "/"), 303))
    secure = bool(flask.current_app.config["SESSION_COOKIE_SECURE"])
    if wanted not in {"light", "dark"}:
        answer.delete_cookie("theme", secure=secure, httponly=True, samesite="Lax")
        return answer
    answer.set_cookie("theme", wanted, max_age=31536000, secure=secure, httponly=True, samesite="Lax")
    return answer


def _target() -> str:
    return safe_target(request.values.get("next"), url_for("home.home"))
