"""Pages, one module a place."""

from flask import Flask

from app.web import (
    batches,
    case,
    cases,
    home,
    incidents,
    notices,
    palette,
    planning,
    reassign,
    settings,
    steering,
    tasks,
    worklist,
    workload,
)

PLACES = (
    home,
    worklist,
    tasks,
    cases,
    case,
    planning,
    steering,
    incidents,
    workload,
    reassign,
    batches,
    notices,
    palette,
    settings,
)


def init_app(app: Flask) -> None:
    """Open every place."""
    for place in PLACES:
        app.register_blueprint(place.pages)
