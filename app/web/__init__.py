"""Pages, one module a place."""

from flask import Flask

from app.web import case, cases, home, incidents, tasks, worklist, workload


def init_app(app: Flask) -> None:
    """Open every place."""
    for place in (home, worklist, tasks, cases, case, incidents, workload):
        app.register_blueprint(place.pages)
