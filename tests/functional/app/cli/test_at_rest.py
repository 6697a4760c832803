"""What commands leave on the disk is for the owner's eyes alone, and a demo leaves nothing in production."""

import os
import stat
import subprocess
import sys
from pathlib import Path

from app.config import EXIT_CONFIG


def run(*words: str, folder: Path, **settings: str) -> "subprocess.CompletedProcess[str]":
    """A command in a process of its own, where everybody may read what it makes unless it says otherwise."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CASEWRIGHT_")}
    given = {f"CASEWRIGHT_{name}": value for name, value in {"DATA_DIR": str(folder), **settings}.items()}
    command = [sys.executable, "-m", "app", *words]
    return subprocess.run(
        command, env={**kept, **given}, capture_output=True, text=True, check=False, umask=0o022, timeout=60
    )


def test_nobody_else_can_read_the_data_directory_or_the_database(tmp_path: Path) -> None:
    folder = tmp_path / "below" / "data"
    done = run("db", "upgrade", folder=folder)
    assert done.returncode == 0, done.stderr
    assert (folder / "casewright.db").exists()
    made = [folder, *folder.rglob("*")]
    open_to_others = {
        file.name: oct(file.stat().st_mode) for file in made if stat.S_IMODE(file.stat().st_mode) & 0o077
    }
    assert open_to_others == {}


def test_in_production_there_is_no_demo(tmp_path: Path) -> None:
    safe = {"ENV": "production", "SECRET_KEY": "k" * 40, "PUBLIC_URL": "https://cases.example.org"}
    done = run("demo", folder=tmp_path, **safe)
    assert done.returncode == EXIT_CONFIG
    assert done.stderr.startswith("casewright: A production installation has no demo")
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
