"""Diamonds on the edges of placed boxes, and the lines to them, around what stands between."""

from collections.abc import Iterable, Mapping

from cases.cmmn import routing
from cases.cmmn.drawing import Box, Drawing, Mark, Route, Tie
from cases.cmmn.metamodel import CaseDefinition, Stage
from cases.cmmn.placing import DIAMOND_H, DIAMOND_W, FOOT, GAP_Y, LABEL, Edge, Node, is_listener
from cases.cmmn.routing import DOWN, LEFT, RIGHT, UP, Lines, Point, Rect, Wish

_FREE_LINES = 120
"""Above so many lines each goes straight: looking for ways around would take too long."""

_FREE_BEFORE, _NOBODY = 8.0, -1
"""So much before each diamond is kept for the lines that end there."""


def drawing_of(
    shown: Mapping[int, Node], marks: tuple[Mark, ...], routes: tuple[Route, ...], ties: tuple[Tie, ...]
) -> Drawing:
    """What stands where it belongs, as a drawing that is as large as it must be."""
    top = shown[0]
    boxes = tuple(
        Box(number, node.x, node.y, node.width, node.height, node.is_folded)
        for number, node in sorted(shown.items())
    )
    points = [point for line in routes for point in line.points]
    points += [point for tie in ties for point in tie.points]
    right = max(max((x for x, _ in points), default=0.0), top.x + top.width)
    low = max(max((y for _, y in points), default=0.0), top.y + top.height)
    return Drawing(right + 4.0, low + top.label + 4.0, boxes, marks, routes, ties)


def marks_of(nodes: Iterable[Node]) -> tuple[Mark, ...]:
    """Entry criteria on the left edge, exit criteria on the lower."""
    found: list[Mark] = []
    for node in nodes:
        for place, number in enumerate(node.entry, 1):
            found.append(Mark(number, node.x, node.y + node.height * place / (len(node.entry) + 1)))
        for place, number in enumerate(node.exit, 1):
            found.append(
                Mark(number, node.x + node.width * place / (len(node.exit) + 1), node.y + node.height)
            )
    return tuple(found)


def routes_of(edges: list[Edge], marks: Iterable[Mark], shown: dict[int, Node]) -> tuple[Route, ...]:
    """The lines; short ones choose their way first."""
    places = {mark.criterion: mark for mark in marks}
    lines, drawn = Lines(), {}
    for edge in edges if len(edges) <= _FREE_LINES else ():
        (x, y), into = _end(edge, places[edge.criterion])
        before = (x - _FREE_BEFORE * into[0], y - _FREE_BEFORE * into[1])
        lines.add((before, (x, y)), _NOBODY, edge.criterion)
    order = sorted(range(len(edges)), key=lambda place: (_reach(edges[place]), place))
    for place in order:
        edge, mark = edges[place], places[edges[place].criterion]
        if len(edges) <= _FREE_LINES and lines.steps_left > 0:
            drawn[place] = routing.route(_wish(edge, mark, shown), lines)
        else:
            end, into = _end(edge, mark)
            drawn[place] = routing.straight(_ports(edge.source, edge.target)[0][0], end, into)
    return tuple(
        Route(edge.on_part, edge.source.item.number, edge.criterion, drawn[place])
        for place, edge in enumerate(edges)
    )


def _reach(edge: Edge) -> float:
    one, two = edge.source, edge.target
    return abs(one.x + one.width - two.x) + abs(one.y + one.height / 2 - two.y - two.height / 2)


def _wish(edge: Edge, mark: Mark, shown: dict[int, Node]) -> Wish:
    """What a line must respect: the boxes beside it, and the innermost container that holds both its ends."""
    source, target = edge.source, edge.target
    inside = source.line()
    holders = [node for node in target.line() if node in inside]
    end, into = _end(edge, mark)
    frame = holders[0] if holders and holders[0] is not source else source.line()[-1]
    return Wish(
        ports=_ports(source, target),
        end=end,
        into=into,
        around=tuple(_around(source, target, shown)),
        frame=Rect(frame.x + 4.0, frame.y + 4.0, frame.x + frame.width - 4.0, frame.y + frame.height - 4.0),
        family=source.item.number,
        goal=edge.criterion,
    )


def _end(edge: Edge, mark: Mark) -> tuple[Point, routing.Step]:
    """Where a line meets its diamond: on the side that shows away from the box, from within on the other."""
    side = side_of(edge.target, mark)
    outwards = -1.0 if edge.target in edge.source.line() else 1.0
    at = (mark.x + outwards * side[0] * DIAMOND_W / 2, mark.y + outwards * side[1] * DIAMOND_H / 2)
    return at, (-int(outwards) * side[0], -int(outwards) * side[1])


def side_of(node: Node, mark: Mark) -> routing.Step:
    """The side of a box on which a diamond stands."""
    distances = (
        (abs(mark.x - node.x), LEFT),
        (abs(mark.y - node.y - node.height), DOWN),
        (abs(mark.x - node.x - node.width), RIGHT),
        (abs(mark.y - node.y), UP),
    )
    return min(distances, key=lambda one: one[0])[1]


def ties_of(definition: CaseDefinition, shown: dict[int, Node]) -> tuple[Tie, ...]:
    """From each human task to what its planning table offers; a stage's table needs no lines."""
    found = []
    for one in definition.discretionary:
        holder = shown.get(one.holder)
        if holder is None or isinstance(holder.item.definition, Stage):
            continue
        for target in (shown[number] for number in one.items if number in shown):
            middle = (target.x + target.width / 2, target.y)
            start = (holder.x + holder.width / 2, holder.y + holder.height)
            between = (start[1] + middle[1]) / 2 if middle[1] >= start[1] else start[1] + GAP_Y / 2
            points = (start, (start[0], between), (middle[0], between), middle)
            found.append(Tie(one.holder, target.item.number, points))
    return tuple(found)


def _ports(source: Node, target: Node) -> tuple[tuple[Point, routing.Step], ...]:
    """Where a line may leave, the best place first."""
    middle, foot = source.y + source.height / 2, source.x + source.width / 2
    if source in target.line():
        return (((source.x, middle), RIGHT),)
    found: list[tuple[Point, routing.Step]] = [((source.x + source.width, middle), RIGHT)]
    if not source.label:
        found.append(((foot, source.y + source.height), DOWN))
    return (*found, ((foot, source.y), UP), ((source.x - DIAMOND_W / 2 - 1.0, source.y + 6.0), LEFT))


def _around(source: Node, target: Node, shown: dict[int, Node]) -> Iterable[Rect]:
    """All boxes but those that hold an end; of those the names. What a box holds is behind it."""
    holders = {id(node) for node in (*source.line()[1:], *target.line()[1:])}
    for end, other in ((source, target), (target, source)):
        if end in other.line():
            holders.add(id(end))
    for node in shown.values():
        if id(node) in holders:
            yield Rect(node.x + 12.0, node.y + 6.0, node.x + 22.0 + node.title, node.y + 31.0)
            if node.foot:
                low = node.y + node.height
                yield Rect(node.x + 12.0, low - FOOT, node.x + 160.0, low - 6.0)
        elif node.parent is None or id(node.parent) in holders:
            left = node.x - DIAMOND_W / 2
            low = node.y + node.height
            if is_listener(node.item):
                yield Rect(node.x - LABEL, low, node.x + node.width + LABEL, low + node.label)
            elif node is not target:
                low += node.label
            yield Rect(left, node.y, node.x + node.width, low)
