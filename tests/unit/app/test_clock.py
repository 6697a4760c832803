"""The clock of the doors, and the file that moves it."""

from datetime import UTC, timedelta
from pathlib import Path

import pytest

from app.clock import host_now, now, offset
from app.config import Settings


def settings(clock_file: Path | None) -> Settings:
    return Settings(data_dir=Path("unused"), database_url="sqlite://", secret_key="", clock_file=clock_file)


def test_without_a_file_the_time_is_the_hosts() -> None:
    before = host_now()
    assert before <= now(settings(None)) <= host_now()
    assert now(settings(None)).tzinfo is UTC


def test_the_offset_is_read_afresh_at_each_use(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    moved = settings(file)
    file.write_text("86400\n")
    assert offset(moved) == timedelta(days=1)
    assert now(moved) - host_now() > timedelta(hours=23)
    file.write_text("-1.5")
    assert offset(moved) == timedelta(seconds=-1.5)


def test_a_file_that_is_not_there_or_stays_empty_moves_nothing(tmp_path: Path) -> None:
    assert offset(settings(tmp_path / "clock")) == timedelta()
    (tmp_path / "clock").write_text("")
    assert offset(settings(tmp_path / "clock")) == timedelta()


def test_a_file_with_no_number_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "clock").write_text("tomorrow")
    with pytest.raises(ValueError, match="tomorrow"):
        offset(settings(tmp_path / "clock"))
