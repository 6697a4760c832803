"""Pages, one module a place."""

from flask import Flask

from app.web import home


def init_app(app: Flask) -> None:
    """Open every place."""
    for place in (home,):
        app.register_blueprint(place.pages)
