"""Pages, one module a place."""

from flask import Flask

from app.web import case, cases, home, incidents, notices, palette, settings, tasks, worklist, workload


def init_app(app: Flask) -> None:
    """Open every place."""
    for place in (home, worklist, tasks, cases, case, incidents, workload, notices, palette, settings):
        app.register_blueprint(place.pages)
