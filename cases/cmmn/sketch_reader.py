"""CMMNDI -> Sketch: what an author drew, without what is not there or has no size (SPEC clause 7).

A diagram that the product itself has put into a document is no author's; once it was edited, it is.
"""

import hashlib
import math
from collections.abc import Iterator

from cases import xmldoc
from cases.cmmn.extensions import HOUSE
from cases.cmmn.routing import Point, Rect
from cases.cmmn.sketch import Sketch, Stroke
from cases.xmldoc import Element

DRAWN = f"{{{HOUSE}}}drawn"
"""The attribute by which a diagram of the product is known: the fingerprint that it had when it was made."""
_FARTHEST = 100_000.0
_COORDINATES = ("x", "y", "width", "height")
_REFERENCES = ("cmmnElementRef", "sourceCMMNElementRef", "targetCMMNElementRef")


def sketch(case: Element) -> Sketch | None:
    """The drawing of a case, None where its document has none; of two shapes the first counts."""
    known = {str(element.get("id")) for element in case.iter() if element.get("id")}
    shapes: dict[str, Rect] = {}
    strokes: list[Stroke] = []
    for drawn in _by_authors(case.getroottree().getroot()):
        kind, element = xmldoc.local_name(drawn), _reference(drawn, "cmmnElementRef")
        if kind == "CMMNShape" and element in known and element not in shapes:
            box = _box(drawn)
            if box is not None:
                shapes[element] = box
        elif kind == "CMMNEdge":
            ends = [_reference(drawn, f"{end}CMMNElementRef") for end in ("source", "target")]
            points = tuple(point for one in xmldoc.children(drawn, "waypoint") if (point := _point(one)))
            if len(points) > 1 and {element, *ends} & known:
                strokes.append(Stroke(element, ends[0], ends[1], points))
    return Sketch(shapes, tuple(strokes)) if shapes else None


def is_ours(diagram: Element) -> bool:
    """Whether a diagram is one that the product made, and is still as it was made."""
    return diagram.get(DRAWN) is not None and diagram.get(DRAWN) == fingerprint(diagram)


def fingerprint(diagram: Element) -> str:
    """What tells one drawing from another: what is drawn, and where."""
    facts = []
    for drawn in diagram.iter():
        if not isinstance(drawn.tag, str):
            continue
        places = [f"{name} {_number(drawn, name)}" for name in _COORDINATES if drawn.get(name) is not None]
        references = [_reference(drawn, name) for name in _REFERENCES]
        facts.append(" ".join([xmldoc.local_name(drawn), *references, *places]))
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]


def _by_authors(root: Element) -> Iterator[Element]:
    """All elements of a document but those in diagrams of the product."""
    ours = {one for diagram in root.iter("{*}CMMNDiagram") if is_ours(diagram) for one in diagram.iter()}
    return (one for one in root.iter() if isinstance(one.tag, str) and one not in ours)


def _reference(drawn: Element, name: str) -> str:
    return str(drawn.get(name) or "").rpartition(":")[2]


def _box(shape: Element) -> Rect | None:
    bounds = xmldoc.child(shape, "Bounds")
    if bounds is None:
        return None
    corner = _point(bounds)
    width, height = _number(bounds, "width"), _number(bounds, "height")
    if corner is None or width is None or height is None or width <= 0 or height <= 0:
        return None
    return Rect(corner[0], corner[1], corner[0] + width, corner[1] + height)


def _point(element: Element) -> Point | None:
    x, y = _number(element, "x"), _number(element, "y")
    return None if x is None or y is None else (x, y)


def _number(element: Element, name: str) -> float | None:
    """A coordinate; none that is not a number, or so far away that no drawing could show it."""
    try:
        found = float(str(element.get(name) or ""))
    except ValueError:
        return None
    return found if math.isfinite(found) and abs(found) <= _FARTHEST else None
