"""A test stands where the module it names stands."""

from collections.abc import Iterator
from pathlib import Path

from tests.architecture.contracts import ROOT

TESTS = ROOT / "tests"


def test_every_test_of_a_module_stands_where_the_module_stands() -> None:
    astray = [file.relative_to(ROOT).as_posix() for file in mirrored() if not names_a_module(file)]
    assert astray == []


def mirrored() -> Iterator[Path]:
    for kind in ("unit", "integration", "functional"):
        yield from sorted((TESTS / kind).rglob("test_*.py"))


def names_a_module(file: Path) -> bool:
    """`tests/unit/cases/feel/test_lexer.py` is of `cases/feel/lexer.py`; so is `test_lexer_names.py`."""
    _, _, *folders, name = file.relative_to(TESTS.parent).parts
    words = name.removeprefix("test_").removesuffix(".py").split("_")
    folder = ROOT.joinpath(*folders)
    stems = ["_".join(words[:count]) for count in range(len(words), 0, -1)]
    return any((folder / f"{stem}.py").is_file() or (folder / stem).is_dir() for stem in stems)
