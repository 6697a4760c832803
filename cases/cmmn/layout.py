"""A drawing for any model: layers from left to right, stages inside stages, routes with right angles.

Pure geometry in pixels, deterministic. A container's items that depend on one another stand in layers
(longest path), ordered by the mean place of their neighbours; those that depend on nothing stand in rows
below. A `View` says what of the plan is drawn: stages folded to one box, items left out, chosen lines.
Beyond its work budget a container falls back to a plain grid, which never overlaps.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cases.cmmn import routing
from cases.cmmn.controlmodel import PlanItemOnPart
from cases.cmmn.metamodel import CaseDefinition, Stage
from cases.cmmn.placing import (
    DIAMOND_H,
    DIAMOND_W,
    FOOT,
    LABEL,
    Edge,
    Node,
    is_listener,
    move,
    place_within,
)
from cases.cmmn.routing import DOWN, LEFT, RIGHT, UP, Lines, Point, Rect, Wish

TAB = 26.0
_FREE_LINES = 120
"""Above so many lines each goes straight: looking for ways around would take too long."""


@dataclass(frozen=True, slots=True)
class Link:
    """A line that is to be drawn: what happens at `source` leads to the criterion of `target`."""

    source: int
    target: int
    criterion: int
    on_part: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """What of a plan is drawn. `links` is None where each on-part has its line.

    `widths` are the least widths of items whose captions need them, `notes` the containers that carry a
    line of text at their foot.
    """

    folded: frozenset[int] = frozenset()
    hidden: frozenset[int] = frozenset()
    links: tuple[Link, ...] | None = None
    widths: Mapping[int, float] = field(default_factory=dict)
    notes: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Box:
    """Where one plan item stands; `is_folded` for a stage drawn without what it holds."""

    number: int
    x: float
    y: float
    width: float
    height: float
    is_folded: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """The diamond of a criterion: its number and centre."""

    criterion: int
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Route:
    """The line of one on-part, from its source to the criterion's diamond."""

    on_part: str
    source: int
    criterion: int
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A whole plan, its left upper corner at 0, 0.

    Boxes stand in model order, containers before what they hold.
    """

    width: float
    height: float
    boxes: tuple[Box, ...]
    marks: tuple[Mark, ...]
    routes: tuple[Route, ...]


def layout(definition: CaseDefinition, view: View | None = None) -> Drawing:
    """The drawing of a case, or of what a view shows of it."""
    view = view or View()
    shown, top = _tree(definition, view)
    edges = _edges(definition, shown, view)
    marked = {edge.criterion for edge in edges} if view.links is not None else None
    for node in shown.values():
        _note(node, view, marked)
    place_within(top, edges)
    move(top, 2.0, TAB + 2.0)
    _order_marks(edges)
    marks = _marks(shown.values())
    routes = _routes(edges, marks, shown)
    boxes = tuple(
        Box(number, node.x, node.y, node.width, node.height, node.is_folded)
        for number, node in sorted(shown.items())
    )
    right = max(max((x for route in routes for x, _ in route.points), default=0.0), top.x + top.width)
    low = max(max((y for route in routes for _, y in route.points), default=0.0), top.y + top.height)
    return Drawing(right + 4.0, low + top.label + 4.0, boxes, marks, routes)


def _tree(definition: CaseDefinition, view: View) -> tuple[dict[int, Node], Node]:
    shown: dict[int, Node] = {}
    for item in definition.items:
        parent = shown.get(item.stage)
        if item.number and (parent is None or parent.is_folded or item.number in view.hidden):
            continue
        is_folded = item.number in view.folded and item.number > 0 and isinstance(item.definition, Stage)
        node = Node(item, parent, is_folded)
        shown[item.number] = node
        if parent is not None:
            parent.kids.append(node)
    return shown, shown[0]


def _note(node: Node, view: View, marked: set[int] | None) -> None:
    """What of a node is drawn besides its box: the criteria that have lines, or all; room for its words."""
    node.entry = [one.number for one in node.item.entry if marked is None or one.number in marked]
    node.exit = [one.number for one in node.item.exit if marked is None or one.number in marked]
    node.least = view.widths.get(node.item.number, 0.0)
    node.foot = FOOT if node.item.number in view.notes else 0.0


def _edges(definition: CaseDefinition, shown: dict[int, Node], view: View) -> list[Edge]:
    """The lines of the view; without any wish one an on-part that names a plan item.

    What a folded stage holds speaks through the stage, what is hidden not at all.
    """
    if view.links is not None:
        return [
            Edge(shown[link.source], shown[link.target], link.criterion, link.on_part)
            for link in view.links
            if link.source in shown and link.target in shown
        ]
    found: list[Edge] = []
    for node in shown.values():
        for criterion in (*node.item.entry, *node.item.exit):
            for part in criterion.sentry.on_parts:
                if not isinstance(part, PlanItemOnPart):
                    continue
                source = _shown(definition, shown, part.source, view)
                if source is not None and source is not node:
                    found.append(Edge(source, node, criterion.number, part.id, criterion.is_entry))
    return found


def _shown(definition: CaseDefinition, shown: dict[int, Node], number: int, view: View) -> Node | None:
    while number not in shown:
        if number in view.hidden:
            return None
        number = definition.items[number].stage
    return shown[number]


def _order_marks(edges: list[Edge]) -> None:
    """The diamonds of an item stand in the order of what leads to them, so that lines need not cross."""
    places: dict[int, list[float]] = {}
    for edge in edges:
        places.setdefault(edge.criterion, []).append(edge.source.y + edge.source.height / 2)
    for node in {id(edge.target): edge.target for edge in edges}.values():
        middle = node.y + node.height / 2
        node.entry.sort(key=lambda number: sum(places.get(number, [middle])) / len(places.get(number, [0])))


def _marks(nodes: Iterable[Node]) -> tuple[Mark, ...]:
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


def _routes(edges: list[Edge], marks: Iterable[Mark], shown: dict[int, Node]) -> tuple[Route, ...]:
    """The lines; short ones choose their way first."""
    places = {mark.criterion: mark for mark in marks}
    lines, drawn = Lines(), {}
    order = sorted(range(len(edges)), key=lambda place: (_reach(edges[place]), place))
    for place in order:
        wish = _wish(edges[place], places[edges[place].criterion], shown)
        drawn[place] = routing.route(wish, lines) if len(edges) <= _FREE_LINES else routing.straight(wish)
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
    is_within = edge.target in edge.source.line()
    if edge.is_entry:
        side = 1.0 if is_within else -1.0
        return (mark.x + side * DIAMOND_W / 2, mark.y), LEFT if is_within else RIGHT
    side = -1.0 if is_within else 1.0
    return (mark.x, mark.y + side * DIAMOND_H / 2), DOWN if is_within else UP


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
