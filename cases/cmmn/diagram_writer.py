"""Drawings -> CMMNDI: an author's as it was, and one of ours for cases that nobody drew (SPEC clause 7).

One of ours carries its fingerprint: read again it is no author's drawing, and is made anew with the model.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cases import xmldoc
from cases.cmmn.drawing import Drawing, View
from cases.cmmn.extensions import HOUSE
from cases.cmmn.layout import layout
from cases.cmmn.metamodel import CaseDefinition, PlanItem
from cases.cmmn.placing import DIAMOND_H, DIAMOND_W, LABEL, is_listener
from cases.cmmn.routing import Point, Rect
from cases.cmmn.sketch import Sketch, Stroke
from cases.cmmn.sketch_reader import DRAWN, fingerprint, is_ours
from cases.xmldoc import Element

_CMMNDI = "http://www.omg.org/spec/CMMN/20151109/CMMNDI"
_DC = "http://www.omg.org/spec/CMMN/20151109/DC"
_DI = "http://www.omg.org/spec/CMMN/20151109/DI"
_NAMESPACES: Mapping[str | None, str] = {"cmmndi": _CMMNDI, "dc": _DC, "di": _DI}
_BETWEEN, _AROUND = 60.0, 8.0


@dataclass(frozen=True, slots=True)
class _Shape:
    """One box: what it stands for, where, and where its name is written if that is beside it."""

    element: str
    box: Rect
    label: Rect | None = None
    is_collapsed: bool = False


@dataclass(slots=True)
class _Picture:
    """What one diagram holds."""

    shapes: list[_Shape]
    strokes: list[Stroke]


def complete(root: Element, cases: Iterable[CaseDefinition], *, mark: str = HOUSE) -> None:
    """Draws the cases of a document that its author has not drawn; all of them into one diagram.

    It is marked as ours in the namespace `mark`, or left unmarked where that is empty.
    """
    for diagram in [one for one in root.iter(f"{{{_CMMNDI}}}CMMNDiagram") if is_ours(one)]:
        holder = diagram.getparent()
        if holder is not None:
            holder.remove(diagram)
    picture, down = _Picture([], []), 0.0
    for case in cases:
        if case.sketch is None:
            down += _draw(root, case, down, picture) + _BETWEEN
    if picture.shapes:
        made = _diagram(root, picture, {**_NAMESPACES, "cw": HOUSE} if mark else _NAMESPACES)
        if mark:
            made.set(DRAWN, fingerprint(made))


def copy(root: Element, sketches: Iterable[Sketch]) -> None:
    """Draws what authors drew, where a document is made anew."""
    for sketch in sketches:
        shapes = [_Shape(element, box) for element, box in sketch.shapes.items()]
        _diagram(root, _Picture(shapes, list(sketch.strokes)), _NAMESPACES)


def _draw(root: Element, case: CaseDefinition, down: float, picture: _Picture) -> float:
    """Our drawing of a case, so far down, and how high it is; what is planned twice is drawn in one place."""
    drawing = layout(case, View(folded=_second_places(case)))
    drawn: dict[str, _Shape] = {}
    for box in drawing.boxes:
        item = case.items[box.number]
        place = Rect(box.x, box.y + down, box.x + box.width, box.y + box.height + down)
        drawn.setdefault(item.id, _Shape(item.id, place, _label(item, place), box.is_folded))
    for one in _fragments(root, case, drawing, down):
        drawn.setdefault(one.element, one)
    for mark in drawing.marks:
        id_ = case.criteria[mark.criterion].id
        x, y = mark.x - DIAMOND_W / 2, mark.y - DIAMOND_H / 2 + down
        drawn.setdefault(id_, _Shape(id_, Rect(x, y, x + DIAMOND_W, y + DIAMOND_H)))
    picture.shapes += drawn.values()
    picture.strokes += _strokes(case, drawing, down)
    return drawing.height


def _second_places(case: CaseDefinition) -> frozenset[int]:
    """Stages whose content is drawn at another place already: a shape stands for an element once."""
    seen: set[str] = set()
    found = set()
    for item in case.items:
        if item.definition.id in seen:
            found.add(item.number)
        seen.add(item.definition.id)
    return frozenset(found)


def _label(item: PlanItem, box: Rect) -> Rect | None:
    if not is_listener(item):
        return None
    return Rect(box.left - LABEL, box.low + 2.0, box.right + LABEL, box.low + LABEL)


def _fragments(root: Element, case: CaseDefinition, drawing: Drawing, down: float) -> Iterator[_Shape]:
    """A box around the items of a plan fragment, for each item of the document that stands for one."""
    within: dict[str, list[Rect]] = {}
    for box in drawing.boxes:
        if case.items[box.number].fragment:
            place = Rect(box.x, box.y + down, box.x + box.width, box.y + box.height + down)
            within.setdefault(case.items[box.number].fragment, []).append(place)
    for element in root.iter():
        if isinstance(element.tag, str) and xmldoc.local_name(element) in ("planItem", "discretionaryItem"):
            boxes = within.get(str(element.get("definitionRef") or ""))
            if boxes:
                yield _Shape(str(element.get("id") or ""), _around(boxes))


def _around(boxes: Sequence[Rect]) -> Rect:
    return Rect(
        min(one.left for one in boxes) - _AROUND,
        min(one.top for one in boxes) - _AROUND,
        max(one.right for one in boxes) + _AROUND,
        max(one.low for one in boxes) + _AROUND,
    )


def _strokes(case: CaseDefinition, drawing: Drawing, down: float) -> Iterator[Stroke]:
    for route in drawing.routes:
        source, target = case.items[route.source].id, case.criteria[route.criterion].id
        yield Stroke(route.on_part, source, target, _moved(route.points, down))
    for tie in drawing.ties:
        yield Stroke("", case.items[tie.holder].id, case.items[tie.item].id, _moved(tie.points, down))


def _moved(points: Iterable[Point], down: float) -> tuple[Point, ...]:
    return tuple((x, y + down) for x, y in points)


def _diagram(root: Element, picture: _Picture, namespaces: Mapping[str | None, str]) -> Element:
    """A new diagram at the end of the document, before the styles of others."""
    holder = xmldoc.child(root, "CMMNDI")
    if holder is None:
        holder = xmldoc.add(root, f"{{{_CMMNDI}}}CMMNDI", namespaces={"cmmndi": _CMMNDI})
    ids = _free_ids(root)
    diagram = xmldoc.add(holder, f"{{{_CMMNDI}}}CMMNDiagram", {"id": next(ids)}, namespaces=namespaces)
    styles = list(xmldoc.children(holder, "CMMNStyle"))
    if styles:
        styles[0].addprevious(diagram)
    for shape in picture.shapes:
        _add_shape(diagram, shape, next(ids))
    for stroke in picture.strokes:
        _add_edge(diagram, stroke, next(ids))
    return diagram


def _add_shape(diagram: Element, shape: _Shape, id_: str) -> None:
    attributes = {"id": id_, "cmmnElementRef": shape.element}
    if shape.is_collapsed:
        attributes["isCollapsed"] = "true"
    element = xmldoc.add(diagram, f"{{{_CMMNDI}}}CMMNShape", attributes)
    xmldoc.add(element, f"{{{_DC}}}Bounds", _bounds(shape.box))
    label = xmldoc.add(element, f"{{{_CMMNDI}}}CMMNLabel")
    if shape.label is not None:
        xmldoc.add(label, f"{{{_DC}}}Bounds", _bounds(shape.label))


def _add_edge(diagram: Element, stroke: Stroke, id_: str) -> None:
    references = {
        "cmmnElementRef": stroke.element,
        "sourceCMMNElementRef": stroke.source,
        "targetCMMNElementRef": stroke.target,
    }
    attributes = {"id": id_, **{name: value for name, value in references.items() if value}}
    if stroke.element:
        attributes["isStandardEventVisible"] = "true"
    element = xmldoc.add(diagram, f"{{{_CMMNDI}}}CMMNEdge", attributes)
    for x, y in stroke.points:
        xmldoc.add(element, f"{{{_DI}}}waypoint", {"x": _number(x), "y": _number(y)})
    xmldoc.add(element, f"{{{_CMMNDI}}}CMMNLabel")


def _bounds(box: Rect) -> dict[str, str]:
    numbers = {"x": box.left, "y": box.top, "width": box.right - box.left, "height": box.low - box.top}
    return {name: _number(value) for name, value in numbers.items()}


def _number(value: float) -> str:
    """A coordinate as the shortest text that names the same number."""
    rounded = round(value, 3)
    return str(int(rounded)) if rounded == int(rounded) else repr(rounded)


def _free_ids(root: Element) -> Iterator[str]:
    """Ids that nothing of the document has, always in the same order."""
    taken = {str(one.get("id")) for one in root.iter() if one.get("id")}
    number = 0
    while True:
        number += 1
        if f"drawn.{number}" not in taken:
            yield f"drawn.{number}"
