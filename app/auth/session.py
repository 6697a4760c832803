"""Who is there: Flask-Login asks, the rows of `user_session` answer.

The cookie holds a random token; whatever else is known of a session lies in the database, so signing out,
disabling a person and running out of time end it at once.
"""

from typing import Any

import flask
import flask_login
from flask import Flask, g, request

from app import current
from app.database import reading, transaction
from app.errors import SignInWanted
from cases.policy.access import Actor
from cases.services import identity


class Visitor(flask_login.UserMixin):  # type: ignore[misc]  # Flask-Login ships no types
    """What Flask-Login knows of a person: the token of their session, and who they are to the house."""

    def __init__(self, token: str, actor: Actor) -> None:
        self.id = token
        self.actor = actor


def init_app(app: Flask) -> None:
    """Install the loader. Flask-Login's own protection is off: tokens are random, and rows can be revoked."""
    manager = flask_login.LoginManager()
    manager.session_protection = None
    manager.user_loader(_visitor_of)
    manager.init_app(app)


def begin(token: str, actor: Actor) -> None:
    """Sign in on this browser. What was in its cookie before is dropped, its CSRF token too."""
    flask.session.clear()
    flask_login.login_user(Visitor(token, actor))


def end() -> None:
    """Sign out on this browser, and end the session behind it."""
    if is_signed_in():
        token = flask_login.current_user.get_id()
        with transaction() as database:
            identity.sign_out(database, token)
    flask_login.logout_user()
    flask.session.clear()


def is_signed_in() -> bool:
    """Whether somebody is."""
    return bool(flask_login.current_user.is_authenticated)


def must_be_signed_in() -> None:
    """Raise `SignInWanted` unless somebody is signed in."""
    if not is_signed_in():
        raise SignInWanted


def current_actor() -> Actor:
    """Who is signed in. Raises `SignInWanted` where nobody is."""
    visitor: Any = flask_login.current_user  # a proxy of Flask-Login, which ships no types
    if not isinstance(getattr(visitor, "actor", None), Actor):
        raise SignInWanted
    actor: Actor = visitor.actor
    return actor


def _visitor_of(token: str) -> Visitor | None:
    """Find the visitor of a token, without the write gate but for a visit that is to be written down."""
    now = current.host_now()
    with reading() as database:
        visit = identity.visit_of(database, token, now)
    if visit is None:
        return None
    # A page that asks by itself (X-Poll) is nobody's presence: whoever left is signed out in time (S9).
    if visit.is_stale and "X-Poll" not in request.headers:
        with transaction() as database:
            identity.touch(database, token, now)
    g.actor_id = visit.actor.user_id
    return Visitor(token, visit.actor)
