"""A test stands where the module it names stands."""

from collections.abc import Iterator
from pathlib import Path

from tests.architecture.contracts import ROOT

TESTS = ROOT / "tests"


def test_every_test_of_a_module_stands_where_the_module_stands() -> None:
    astray = [file.relative_to(ROOT).as_posix() for file in mirrored() if not names_a_module(file)]
    assert astray == []


def test_every_test_of_a_door_stands_where_the_door_stands() -> None:
    """Its name says what one does there, which is not always a module."""
    tests = (TESTS / "functional").rglob("test_*.py")
    astray = {file.parent.relative_to(TESTS / "functional").as_posix() for file in tests}
    assert {folder for folder in astray if not (ROOT / folder).is_dir()} == set()


def mirrored() -> Iterator[Path]:
    for kind in ("unit", "integration"):
        yield from sorted((TESTS / kind).rglob("test_*.py"))


def names_a_module(file: Path) -> bool:
    """`tests/unit/cases/feel/test_lexer.py` is of `cases/feel/lexer.py`; so is `test_lexer_names.py`."""
    _, _, *folders, name = file.relative_to(TESTS.parent).parts
    words = name.removeprefix("test_").removesuffix(".py").split("_")
    folder = ROOT.joinpath(*folders)
    stems = ["_".join(words[:count]) for count in range(len(words), 0, -1)]
    is_migration = folder.name == "migrations" and any((folder / "versions").glob(f"*_{stems[0]}.py"))
    return is_migration or any(
        (folder / f"{stem}.py").is_file() or (folder / stem).is_dir() for stem in stems
    )
