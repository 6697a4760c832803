"""Running installations for tests. What each begins with is made once a run, for each kind of database.

Tables, library, people and samples take a processor for ten seconds; a copy of them takes none. The copy is
told its own addresses by `casewright demo`, as every later start of a demo is.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import databases
from tests.acceptance.installation import Installation

_MODEL = "casewright_demo"


@contextmanager
def installed(
    request: pytest.FixtureRequest, kind: str, folder: Path, facts: Sequence[Path]
) -> Iterator[Installation]:
    """An installation on `sqlite` or `postgresql`, prepared and not started; closed when the block ends."""
    common = _common(request.getfixturevalue("tmp_path_factory"))
    if kind == "sqlite":
        with _alone(common / "sqlite"):
            model = _made_once(common / "sqlite", None)
        with _copied(model, folder, None, facts) as made:
            yield made
        return
    server = request.getfixturevalue("postgresql_server")
    with _alone(common / "postgresql"):
        if not databases.exists(server, _MODEL):
            with databases.draft(server, _MODEL) as url:
                _made_once(common / "postgresql", url)
    with (
        databases.cloned(server, _MODEL) as url,
        _copied(common / "postgresql", folder, url, facts) as made,
    ):
        yield made


def _common(factory: pytest.TempPathFactory) -> Path:
    """A folder of this run, the same for all its workers."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "installations"
    folder.mkdir(exist_ok=True)
    return folder


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """The first to come makes it, the others wait."""
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _made_once(folder: Path, url: str | None) -> Path:
    if not (folder / "data" / "demo.json").exists():
        folder.mkdir(exist_ok=True)
        Installation(folder, url).prepare()
    return folder


@contextmanager
def _copied(model: Path, folder: Path, url: str | None, facts: Sequence[Path]) -> Iterator[Installation]:
    shutil.copytree(model / "data", folder / "data")
    made = Installation(folder, url, facts)
    try:
        made.ask("demo")
        yield made
    finally:
        made.close()
