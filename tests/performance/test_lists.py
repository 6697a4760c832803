"""G10: a list asks the same statements however many tasks are open; what they take is for `make bench`."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import lists
from tests import databases

FEW, MANY = 200, 2_000


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def both(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[lists.Lists, lists.Lists]]:
    """The same installation with few open tasks and with many."""
    folder = tmp_path_factory.mktemp("lists")
    if request.param == "postgresql":
        server = request.getfixturevalue("postgresql_server")
        with databases.cloned(server) as one, databases.cloned(server) as other:
            yield from _filled(one, other, folder)
        return
    template = request.getfixturevalue("sqlite_template")
    files = [folder / "few.db", folder / "many.db"]
    for file in files:
        shutil.copyfile(template, file)
    yield from _filled(f"sqlite:///{files[0]}", f"sqlite:///{files[1]}", folder)


def _filled(one: str, other: str, folder: Path) -> Iterator[tuple[lists.Lists, lists.Lists]]:
    with lists.filled(one, folder, FEW) as few, lists.filled(other, folder, MANY) as many:
        yield few, many


@pytest.mark.parametrize("page", lists.PAGES)
def test_a_list_asks_as_much_of_many_tasks_as_of_few(
    both: tuple[lists.Lists, lists.Lists], page: str
) -> None:
    asked = []
    for one in both:
        one.ask(page)  # fills the caches of the process
        with lists.counted(one.database) as statements:
            assert "<main" in one.ask(page)
        asked.append([" ".join(statement.split())[:60] for statement in statements])
    assert asked[0] == asked[1]
    assert asked[0]


def test_what_is_counted_is_really_there(both: tuple[lists.Lists, lists.Lists]) -> None:
    """A clerk sees nothing of the other family, however much there is of it."""
    for one in both:
        page = one.ask("queue of a clerk")
        assert "REF-" in page
        assert "ELS-" not in page
