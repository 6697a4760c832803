"""What an author drew: the shapes and edges of CMMNDI, as they stand in the document (SPEC clause 7)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cases.cmmn.routing import Point, Rect


@dataclass(frozen=True, slots=True)
class Stroke:
    """One edge: the element that it draws, what it leads from and to (ids, empty where not said), its way."""

    element: str
    source: str
    target: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Sketch:
    """The places of elements by their ids, and the edges between them, in the author's own coordinates."""

    shapes: Mapping[str, Rect] = field(default_factory=dict)
    strokes: tuple[Stroke, ...] = ()
