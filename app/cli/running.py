"""One `casewright up` to one data directory: a lock that ends with its process, however that ends."""

import contextlib
import fcntl
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from app.config import Settings

_EXIT_FAILED = 1


@contextlib.contextmanager
def alone(data_dir: Path) -> Iterator[None]:
    """Hold the data directory for this block. Ends the program with one sentence where another holds it.

    The lock belongs to the open file, which no child inherits: children that outlive us do not keep it.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (data_dir / "up.lock").open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            click.echo(f"Casewright is running on {data_dir}: stop make run first (Ctrl-C).", err=True)
            sys.exit(_EXIT_FAILED)
        yield


@click.command("check-stopped")
def check_stopped() -> None:
    """Say whether `casewright up` runs on this data directory: exit 1 with one sentence where it does."""
    settings = Settings.from_environment(os.environ)
    with alone(settings.data_dir):
        pass
