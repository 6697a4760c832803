"""The drawing of a case: the author's own, repaired, where it can be read, or else the layout's.

An author's drawing is taken as a whole or not at all: every item that is to be seen must stand somewhere,
and nothing may cover anything. What is small is mended: diamonds are put on the edge of their item, lines
that are missing are drawn, those of other tools are understood, what stands for nothing is left out.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import dist

from cases.cmmn.connecting import drawing_of, marks_of, routes_of, ties_of
from cases.cmmn.drawing import Drawing, Mark, Route, Tie, View
from cases.cmmn.layout import TAB, edges_of, layout, tree
from cases.cmmn.metamodel import CaseDefinition
from cases.cmmn.placing import DIAMOND_H, LABEL, Edge, Node, is_listener
from cases.cmmn.routing import Point, Rect
from cases.cmmn.sketch import Sketch, Stroke
from cases.cmmn.tidiness import Overlap, are_on_one_another
from cases.cmmn.tidiness import overlaps as faults_of

_NEAR = 30.0
_EDGE = 4.0


@dataclass(frozen=True, slots=True)
class Diagram:
    """A drawing of this case; `is_author_s` tells whose."""

    definition: CaseDefinition
    drawing: Drawing
    is_author_s: bool


def draw(definition: CaseDefinition, view: View | None = None) -> Diagram:
    """The author's drawing, where there is one that can be read and the view shows all at once; else ours."""
    view = view or View()
    if definition.sketch is not None and not view.folded and view.links is None and not view.notes:
        own = _author_s(definition, definition.sketch, view)
        if own is not None and not faults_of(definition, own):
            return Diagram(definition, own, is_author_s=True)
    return Diagram(definition, layout(definition, view), is_author_s=False)


def overlaps(diagram: Diagram) -> list[Overlap]:
    """What cannot be read: boxes or labels that cover one another, what stands outside, stray diamonds."""
    return faults_of(diagram.definition, diagram.drawing)


def _author_s(definition: CaseDefinition, sketch: Sketch, view: View) -> Drawing | None:
    """The author's drawing from its left upper corner on, None where an item has no place of its own."""
    shown = tree(definition, view)
    ids = [node.item.id for node in shown.values()]
    if len(set(ids)) < len(ids) or not all(id_ in sketch.shapes for id_ in ids):
        return None
    places = [sketch.shapes[id_] for id_ in ids]
    away = (2.0 - min(place.left for place in places), TAB + 2.0 - min(place.top for place in places))
    for node in shown.values():
        _put(node, sketch.shapes[node.item.id], away)
    marks = tuple(_marks(definition, sketch, shown.values(), away))
    edges = edges_of(definition, shown, view)
    routes = _routes(definition, sketch, shown, edges, marks, away)
    return drawing_of(shown, marks, routes, _ties(definition, sketch, shown, away))


def _put(node: Node, place: Rect, away: Point) -> None:
    node.x, node.y = place.left + away[0], place.top + away[1]
    node.width, node.height = place.right - place.left, place.low - place.top
    node.entry = [criterion.number for criterion in node.item.entry]
    node.exit = [criterion.number for criterion in node.item.exit]
    if is_listener(node.item):
        node.label = LABEL
    elif node.exit:
        node.label = DIAMOND_H


def _marks(definition: CaseDefinition, sketch: Sketch, nodes: Iterable[Node], away: Point) -> Iterable[Mark]:
    """The diamonds of each item where the author put them; all are ours where one is missing or astray."""
    for node in nodes:
        own = marks_of([node])
        placed = [_placed(definition, sketch, mark, node, away) for mark in own]
        drawn = [mark for mark in placed if mark is not None]
        yield from drawn if len(drawn) == len(own) and _are_apart(drawn) else own


def _placed(definition: CaseDefinition, sketch: Sketch, mark: Mark, node: Node, away: Point) -> Mark | None:
    """A diamond moved from where it was drawn to the nearest place on the edge of its item."""
    place = sketch.shapes.get(definition.criteria[mark.criterion].id)
    if place is None:
        return None
    x = (place.left + place.right) / 2 + away[0]
    y = (place.top + place.low) / 2 + away[1]
    on = _nearest(node, (x, y))
    return Mark(mark.criterion, *on) if dist(on, (x, y)) <= _NEAR else None


def _nearest(node: Node, point: Point) -> Point:
    """The place on the edge of a box that is nearest to a point."""
    x = min(max(point[0], node.x), node.x + node.width)
    y = min(max(point[1], node.y), node.y + node.height)
    sides = ((node.x, y), (node.x + node.width, y), (x, node.y), (x, node.y + node.height))
    return min(sides, key=lambda side: dist(side, point))


def _are_apart(marks: list[Mark]) -> bool:
    return not any(
        are_on_one_another(one, other) for place, one in enumerate(marks) for other in marks[place + 1 :]
    )


def _routes(
    definition: CaseDefinition,
    sketch: Sketch,
    shown: dict[int, Node],
    edges: list[Edge],
    marks: tuple[Mark, ...],
    away: Point,
) -> tuple[Route, ...]:
    """The author's lines, made to end at their diamonds; ours where there is none that leads there."""
    places = {mark.criterion: mark for mark in marks}
    strokes: dict[str, list[Stroke]] = {}
    for stroke in sketch.strokes:
        for end in {stroke.element, stroke.source, stroke.target} - {""}:
            strokes.setdefault(end, []).append(stroke)
    drawn: list[Route | None] = []
    for edge in edges:
        criterion = definition.criteria[edge.criterion]
        near = [*strokes.get(edge.on_part, ()), *strokes.get(criterion.id, ())]
        way = None
        for stroke in near:
            if _draws(stroke, edge, criterion.id):
                way = way or _attached(_moved(stroke, away), edge.source, places[edge.criterion])
        drawn.append(
            None if way is None else Route(edge.on_part, edge.source.item.number, edge.criterion, way)
        )
    missing = [edge for edge, route in zip(edges, drawn, strict=True) if route is None]
    ours = iter(routes_of(missing, marks, shown))
    return tuple(next(ours) if route is None else route for route in drawn)


def _draws(stroke: Stroke, edge: Edge, criterion: str) -> bool:
    """Whether an edge draws this on-part: it says so, or it leads from its source to its criterion.

    Another tool names the source where the standard wants the on-part (`cmmnElementRef`).
    """
    ends = {stroke.source, stroke.target} - {""}
    if stroke.element == edge.on_part and edge.on_part:
        return criterion in ends or len(ends) < 2
    return criterion in {*ends, stroke.element} and edge.source.item.id in {*ends, stroke.element}


def _moved(stroke: Stroke, away: Point) -> tuple[Point, ...]:
    return tuple((x + away[0], y + away[1]) for x, y in stroke.points)


def _attached(points: tuple[Point, ...], source: Node, mark: Mark) -> tuple[Point, ...] | None:
    """A line from its source to its diamond, turned around where it was drawn the other way."""
    end = (mark.x, mark.y)
    forth = dist(points[-1], end) + _from_box(points[0], source)
    if dist(points[0], end) + _from_box(points[-1], source) < forth:
        points = points[::-1]
    if dist(points[-1], end) > _NEAR or _from_box(points[0], source) > _NEAR:
        return None
    begin = points[0] if _from_box(points[0], source) <= _EDGE else _nearest(source, points[0])
    return (begin, *points[1:-1], end)


def _from_box(point: Point, node: Node) -> float:
    """How far a point lies outside a box."""
    across = max(node.x - point[0], 0.0, point[0] - node.x - node.width)
    down = max(node.y - point[1], 0.0, point[1] - node.y - node.height)
    return max(across, down)


def _ties(definition: CaseDefinition, sketch: Sketch, shown: dict[int, Node], away: Point) -> tuple[Tie, ...]:
    """The links from human tasks to what may be planned from them: the author's way where there is one."""
    ways = {frozenset((stroke.source, stroke.target)): stroke for stroke in sketch.strokes}
    found = []
    for tie in ties_of(definition, shown):
        holder, item = shown[tie.holder], shown[tie.item]
        stroke = ways.get(frozenset((holder.item.id, item.item.id)))
        points = tie.points if stroke is None else _moved(stroke, away)
        if _from_box(points[0], holder) > _NEAR:
            points = points[::-1]
        is_sound = _from_box(points[0], holder) <= _NEAR and _from_box(points[-1], item) <= _NEAR
        found.append(Tie(tie.holder, tie.item, points) if is_sound else tie)
    return tuple(found)
