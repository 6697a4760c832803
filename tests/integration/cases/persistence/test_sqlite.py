"""SQLite: writers pass one by one, readers never wait and never write."""

import os
import threading
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.database import Database, scratch
from cases.persistence import sqlite

WRITERS = 4
EACH = 25


def test_a_database_in_memory_is_refused() -> None:
    for url in ("sqlite://", "sqlite:///:memory:"):
        with pytest.raises(ValueError, match="memory"):
            sqlite.file_of(url)


def test_what_one_read_another_cannot_have_changed_before_one_writes(sqlite_url: str) -> None:
    """Read, think, write, several at once: without the gate they overwrite each other, or fail."""
    with Database(sqlite_url, synchronous="OFF") as database:
        with database.transaction() as session:
            session.execute(text("INSERT INTO key_counter (name, next) VALUES ('n', 0)"))

        def count() -> None:
            for _ in range(EACH):
                with database.transaction() as session:
                    seen = session.execute(text("SELECT next FROM key_counter")).scalar_one()
                    session.execute(text("UPDATE key_counter SET next = :n"), {"n": seen + 1})

        threads = [threading.Thread(target=count) for _ in range(WRITERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with database.reading() as session:
            assert session.execute(text("SELECT next FROM key_counter")).scalar_one() == WRITERS * EACH


def test_a_reader_sees_one_moment_while_somebody_writes_and_cannot_write_itself(sqlite_url: str) -> None:
    with Database(sqlite_url, synchronous="OFF") as database, database.reading() as reader:
        count = text("SELECT count(*) FROM key_counter")
        assert reader.execute(count).scalar_one() == 0
        with database.transaction() as session:
            session.execute(text("INSERT INTO key_counter (name, next) VALUES ('n', 0)"))
        assert reader.execute(count).scalar_one() == 0
        with pytest.raises(OperationalError, match="readonly"):
            reader.execute(text("DELETE FROM key_counter"))


def test_a_transaction_holds_the_gate_from_its_beginning(sqlite_url: str) -> None:
    with Database(sqlite_url, synchronous="OFF") as database:
        order: list[str] = []

        def second() -> None:
            with database.transaction():
                order.append("second")

        with database.transaction():
            thread = threading.Thread(target=second)
            thread.start()
            thread.join(timeout=0.2)
            order.append("first")
        thread.join()
        assert order == ["first", "second"]


def test_the_gate_opens_when_its_holder_dies(sqlite_url: str) -> None:
    gate = sqlite.Gate(sqlite.file_of(sqlite_url))
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover - another process
        with gate.passed():
            os.write(theirs, b"x")
            os.kill(os.getpid(), 9)
    assert os.read(ours, 1) == b"x"
    with gate.passed():
        assert os.waitpid(child, 0)[1] == 9


@pytest.mark.parametrize("synchronous", ["FULL", "NORMAL"])
def test_commits_are_kept_as_the_settings_say(sqlite_url: str, synchronous: str) -> None:
    with Database(sqlite_url, synchronous=synchronous) as database, database.transaction() as session:
        found = session.execute(text("PRAGMA synchronous")).scalar_one()
        assert found == {"FULL": 2, "NORMAL": 1}[synchronous]
        assert session.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert session.execute(text("PRAGMA foreign_keys")).scalar_one() == 1


def test_a_scratch_database_is_whole_and_gone_afterwards() -> None:
    with scratch() as database:
        with database.reading() as session:
            assert session.execute(text("SELECT count(*) FROM case_instance")).scalar_one() == 0
        file = sqlite.file_of(database.url)
        assert file.exists()
    assert not Path(file).exists()


def test_a_log_that_has_grown_is_folded_back_unless_somebody_reads(sqlite_url: str) -> None:
    file = sqlite.file_of(sqlite_url)
    log = file.with_name(file.name + "-wal")
    with Database(sqlite_url, synchronous="OFF") as database:
        with database.reading() as reader:
            reader.execute(text("SELECT count(*) FROM key_counter"))
            with database.transaction() as session:
                session.execute(text("INSERT INTO key_counter (name, next) VALUES ('n', 0)"))
            sqlite.fold_log(database.writer, file, over=0)
            assert log.stat().st_size > 0
        sqlite.fold_log(database.writer, file)
        assert log.stat().st_size > 0
        sqlite.fold_log(database.writer, file, over=0)
        assert log.stat().st_size == 0
        with database.transaction() as session:
            assert session.execute(text("PRAGMA busy_timeout")).scalar_one() == sqlite.BUSY_MS


MOUNTS = """\
22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
30 22 0:40 / /srv/shared rw - nfs4 host:/export rw
31 30 8:2 / /srv/shared/fast rw - xfs /dev/sdb1 rw
32 22 0:41 / /mnt/with\\040space rw - cifs //host/share rw
"""


@pytest.mark.parametrize(
    ("file", "found"),
    [
        ("/var/lib/casewright/casewright.db", None),
        ("/srv/shared/casewright.db", "nfs4"),
        ("/srv/shared/fast/casewright.db", None),
        ("/srv/sharedx/casewright.db", None),
        ("/mnt/with space/casewright.db", "cifs"),
    ],
)
def test_a_network_file_system_is_known_by_its_mount(file: str, found: str | None) -> None:
    assert sqlite.network_file_system(Path(file), MOUNTS) == found
