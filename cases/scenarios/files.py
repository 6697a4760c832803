"""Where scenario files lie, and where the models that they name are looked for."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from cases.errors import Invalid, Problem
from cases.scenarios import document
from cases.scenarios.document import CODE, Refusal, Scenario

_ENDINGS = (".yaml", ".yml")


def below(places: Iterable[Path]) -> Iterator[Path]:
    """Every scenario file at or below these places, in the order of their names."""
    for place in places:
        if place.is_file():
            yield place
        else:
            yield from sorted(file for file in place.rglob("*") if file.suffix in _ENDINGS)


def read(file: Path) -> Scenario | Refusal:
    """The scenario of a file. Raises Invalid with its name and line."""
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Invalid([Problem(CODE, f"is not UTF-8: {error.reason}", file=str(file))]) from None
    return document.read(text, file)


def model(found: Scenario | Refusal, path: str, roots: Sequence[Path] = ()) -> bytes:
    """A model that a scenario names: beside it, or below one of the roots. Raises Invalid for none."""
    folder = Path(found.file).parent
    for root in (folder, folder.parent, *roots):
        candidate = root / path
        if candidate.is_file():
            return candidate.read_bytes()
    raise Invalid([Problem(CODE, f"there is no model {path}", file=str(found.file))])
