"""Who is there, and may they: sessions kept here, the marks that every view carries, sign-in and sign-out."""

from flask import Flask

from app.auth import guards, session, views


def init_app(app: Flask) -> None:
    """Ask who is there on every request, and open the sign-in page."""
    session.init_app(app)
    app.register_blueprint(views.pages)


__all__ = ["guards", "init_app"]
