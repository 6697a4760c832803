"""Every view says who may come in; those that let everybody in are few, and known."""

from pathlib import Path

import pytest
from flask import Flask

from app import create_app
from app.auth.guards import UnmarkedView, doors, must_all_be_marked
from app.config import Settings

OPEN_TO_ALL = {
    "auth.sign_in",
    "auth.enter",
    "auth.theme",  # a cookie of taste, before and after signing in
    "health.live",
    "health.ready",
    "messages.hook",  # proves itself by its signature
    "messages.reply",  # proves itself by its token
    "telemetry.metrics",  # numbers alone: no case, no person
}


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    url = f"sqlite:///{tmp_path / 'casewright.db'}"
    return create_app(Settings(data_dir=tmp_path, database_url=url, secret_key="k" * 48))


def test_every_view_carries_a_mark(app: Flask) -> None:
    assert {endpoint for endpoint, mark in doors(app).items() if mark is None} == set()


def test_the_doors_that_are_open_to_all_are_these(app: Flask) -> None:
    opened = {endpoint for endpoint, mark in doors(app).items() if mark == "open"}
    assert opened - OPEN_TO_ALL == set()


def test_the_application_does_not_start_with_a_view_without_a_mark(app: Flask) -> None:
    app.add_url_rule("/unmarked", "unmarked", lambda: "")
    with pytest.raises(UnmarkedView, match="unmarked"):
        must_all_be_marked(app)
