"""Alive and ready."""

from pathlib import Path

import pytest
from flask import Flask

from app import create_app
from app.config import Settings
from tests.functional.app.conftest import Office


def test_a_process_that_answers_is_alive(app: Flask) -> None:
    assert app.test_client().get("/health/live").json == {"status": "live"}


def test_with_its_tables_the_store_is_ready(app: Flask) -> None:
    answer = app.test_client().get("/health/ready")
    assert answer.json is not None
    assert answer.json["checks"]["database"] is True
    assert answer.json["checks"]["migrated"] is True


def test_without_tables_it_is_not(tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path, database_url=f"sqlite:///{tmp_path / 'empty.db'}", secret_key="k" * 40
    )
    answer = create_app(settings).test_client().get("/health/ready")
    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["checks"]["migrated"] is False


def test_the_numbers_that_alerts_look_at_are_there_and_name_nobody(office: Office) -> None:
    office.triaged()
    text = office.app.test_client().get("/metrics").get_data(as_text=True)
    for line in ("casewright_cases_active 1.0", "casewright_tasks_open 1.0", "casewright_oldest_due_seconds"):
        assert line in text
    assert "CLM-" not in text


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/metrics"])
def test_probes_ask_by_address(app: Flask, path: str) -> None:
    answer = app.test_client().get(path, headers={"Host": "10.1.2.3:8000"})
    assert answer.status_code in (200, 503)


@pytest.mark.parametrize("path", ["/sign-in", "/health", "/health/live/more", "/no/such/page"])
def test_people_ask_by_name(app: Flask, path: str) -> None:
    assert app.test_client().get(path, headers={"Host": "10.1.2.3:8000"}).status_code == 400
