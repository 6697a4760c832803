"""Where scenario files lie, and where the models that they name are looked for."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from cases.errors import Invalid, Problem
from cases.scenarios import document
from cases.scenarios.document import CODE, Refusal, Scenario

_ENDINGS = (".yaml", ".yml")
_MODELS = "models"


def below(places: Iterable[Path]) -> Iterator[Path]:
    """Every scenario file at or below these places once, in the order of their names."""
    given: set[Path] = set()
    for place in places:
        found = place.rglob("*") if place.is_dir() else [place]
        for file in sorted(one for one in found if one == place or one.suffix in _ENDINGS):
            if (real := file.parent.resolve() / file.name) not in given:
                given.add(real)
                yield file


def read(file: Path) -> Scenario | Refusal:
    """The scenario of a file. Raises Invalid with its name and line."""
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise Invalid([Problem(CODE, f"cannot be read: {error.strerror}", file=str(file))]) from None
    except UnicodeDecodeError as error:
        raise Invalid([Problem(CODE, f"is not UTF-8: {error.reason}", file=str(file))]) from None
    return document.read(text, file)


def model(found: Scenario | Refusal, path: str, roots: Sequence[Path] = ()) -> bytes:
    """A model that a scenario names: beside it, in `models/` beside its folder, or below one of the roots.

    Raises Invalid where there is none, also for a path or a link that leaves them.
    """
    folder = Path(found.file).absolute().parent
    above = [folder.parent] if (folder.parent / _MODELS).is_dir() else []
    places = [root.resolve() for root in (folder, *above, *roots)]
    for root in places:
        candidate = root / path
        if candidate.is_file() and any(map(candidate.resolve().is_relative_to, places)):
            return candidate.read_bytes()
    raise Invalid([Problem(CODE, f"there is no model {path}", file=str(found.file))])
