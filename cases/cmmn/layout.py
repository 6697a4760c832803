"""A drawing for any model: layers from left to right, stages inside stages, routes with right angles.

Pure geometry in pixels, deterministic. A container's items that depend on one another stand in layers
(longest path), ordered by the mean place of their neighbours; those that depend on nothing stand in rows
below. Stages named in `folded` are drawn as one box. Beyond its work budget a container falls back to a
plain grid, which never overlaps.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from cases.cmmn.metamodel import (
    CaseDefinition,
    EventListener,
    Milestone,
    PlanItem,
    PlanItemOnPart,
    Stage,
    TimerEventListener,
    UserEventListener,
)

GAP_X, GAP_Y, PAD, HEAD = 46.0, 18.0, 26.0, 34.0
DIAMOND_W, DIAMOND_H = 14.0, 18.0
TAB = 26.0
_TASK, _MILESTONE, _LISTENER, _FOLDED = (150.0, 56.0), (140.0, 40.0), (40.0, 40.0), (172.0, 72.0)
_CHARACTER, _WIDEST, _LABEL = 7.0, 250.0, 32.0
_SWEEPS, _BUDGET = 6, 4000
_WIDTH_OF_PLAN, _WIDTH_OF_STAGE, _BAND = 1080.0, 660.0, 34.0
_OUT, _IN = 12.0, 15.0

Point = tuple[float, float]


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


@dataclass(slots=True)
class _Node:
    item: PlanItem
    parent: "_Node | None"
    is_folded: bool
    kids: list["_Node"] = field(default_factory=list)
    x: float = 0.0
    y: float = 0.0
    width: float = 0.0
    height: float = 0.0
    label: float = 0.0

    def line(self) -> list["_Node"]:
        """This node and all that contain it, innermost first."""
        found, node = [], self
        while True:
            found.append(node)
            if node.parent is None:
                return found
            node = node.parent


@dataclass(frozen=True, slots=True)
class _Edge:
    source: _Node
    target: _Node
    criterion: int
    is_entry: bool
    on_part: str


def layout(definition: CaseDefinition, folded: Iterable[int] = ()) -> Drawing:
    """The drawing of a case; `folded` are numbers of stages to draw without what they hold."""
    shown, top = _tree(definition, frozenset(folded))
    edges = _edges(definition, shown)
    _place(top, edges)
    _move(top, 2.0, TAB + 2.0)
    marks = _marks(shown.values())
    by_criterion = {mark.criterion: mark for mark in marks}
    routes = tuple(
        Route(edge.on_part, edge.source.item.number, edge.criterion, _route(edge, by_criterion, shown))
        for edge in edges
    )
    boxes = tuple(
        Box(number, node.x, node.y, node.width, node.height, node.is_folded)
        for number, node in sorted(shown.items())
    )
    right = max(max((x for route in routes for x, _ in route.points), default=0.0), top.x + top.width)
    low = max(max((y for route in routes for _, y in route.points), default=0.0), top.y + top.height)
    return Drawing(right + 4.0, low + top.label + 4.0, boxes, marks, routes)


def _tree(definition: CaseDefinition, folded: frozenset[int]) -> tuple[dict[int, _Node], _Node]:
    shown: dict[int, _Node] = {}
    for item in definition.items:
        parent = shown.get(item.stage)
        if item.number and (parent is None or parent.is_folded):
            continue
        is_folded = item.number in folded and item.number > 0 and isinstance(item.definition, Stage)
        node = _Node(item, parent, is_folded)
        shown[item.number] = node
        if parent is not None:
            parent.kids.append(node)
    return shown, shown[0]


def _edges(definition: CaseDefinition, shown: dict[int, _Node]) -> list[_Edge]:
    """One edge an on-part that names a plan item; what a folded stage holds speaks through the stage."""
    found: list[_Edge] = []
    for node in shown.values():
        for criterion in (*node.item.entry, *node.item.exit):
            for part in criterion.sentry.on_parts:
                if not isinstance(part, PlanItemOnPart):
                    continue
                source = _shown(definition, shown, part.source)
                if source is not node:
                    found.append(_Edge(source, node, criterion.number, criterion.is_entry, part.id))
    return found


def _shown(definition: CaseDefinition, shown: dict[int, _Node], number: int) -> _Node:
    while number not in shown:
        number = definition.items[number].stage
    return shown[number]


def _is_listener(item: PlanItem) -> bool:
    return isinstance(item.definition, TimerEventListener | UserEventListener | EventListener)


def _size(node: _Node) -> None:
    if node.is_folded:
        node.width, node.height = _FOLDED
    elif _is_listener(node.item):
        node.width, node.height = _LISTENER
        node.label = _LABEL
        return
    elif isinstance(node.item.definition, Milestone):
        node.width, node.height = _MILESTONE
    else:
        node.width, node.height = _TASK
    node.width = max(node.width, min(_WIDEST, len(node.item.name) * _CHARACTER + 56.0))
    node.label = DIAMOND_H if node.item.exit else 0.0
    node.height = max(node.height, len(node.item.entry) * (DIAMOND_H + 2.0) + 8.0)


def _place(node: _Node, edges: list[_Edge]) -> None:
    """Sizes a container from within: what it holds first, then its own layers."""
    for kid in node.kids:
        if kid.kids:
            _place(kid, edges)
        else:
            _size(kid)
    pairs = _pairs(node, edges)
    linked = {number for pair in pairs for number in pair}
    joined = [kid for kid in node.kids if kid.item.number in linked]
    loose = [kid for kid in node.kids if kid.item.number not in linked]
    width, low = PAD, HEAD
    if joined:
        layers = _grid(joined) if len(joined) * len(pairs) > _BUDGET else _layers(joined, pairs)
        width, low = _place_layers(layers, _WIDTH_OF_STAGE if node.parent else _WIDTH_OF_PLAN)
    if loose:
        width, low = _place_rows(loose, width, low + (GAP_Y if joined else 0.0), alone=not joined)
    title = len(node.item.name) * _CHARACTER + 130.0
    node.width = max(width + PAD, title, 200.0)
    node.height = max(low + PAD, 90.0, len(node.item.entry) * (DIAMOND_H + 2.0) + 8.0)
    node.label = DIAMOND_H if node.item.exit else 0.0


def _pairs(container: _Node, edges: list[_Edge]) -> list[tuple[int, int]]:
    """Which item of this container leads to which, without doubles, in model order."""
    found: dict[tuple[int, int], None] = {}
    for edge in edges:
        if not edge.is_entry and edge.target is container:
            continue
        ends = [_kid_of(container, end) for end in (edge.source, edge.target)]
        if ends[0] is not None and ends[1] is not None and ends[0] is not ends[1]:
            found[(ends[0].item.number, ends[1].item.number)] = None
    return sorted(found)


def _kid_of(container: _Node, node: _Node) -> _Node | None:
    line = node.line()
    return next((one for one in line if one.parent is container), None)


def _layers(nodes: list[_Node], pairs: list[tuple[int, int]]) -> list[list[_Node]]:
    after = _without_circles([node.item.number for node in nodes], pairs)
    before: dict[int, list[int]] = {node.item.number: [] for node in nodes}
    for number, targets in after.items():
        for target in targets:
            before[target].append(number)
    level = _levels(after, before)
    for number, targets in after.items():
        if not before[number] and targets:
            level[number] = max(0, min(level[target] for target in targets) - 1)
    layers: list[list[_Node]] = [[] for _ in range(max(level.values()) + 1)]
    for node in nodes:
        layers[level[node.item.number]].append(node)
    layers = [layer for layer in layers if layer]
    for sweep in range(_SWEEPS):
        _order(layers, before if sweep % 2 == 0 else after, backwards=sweep % 2 == 1)
    return layers


def _without_circles(numbers: list[int], pairs: list[tuple[int, int]]) -> dict[int, list[int]]:
    """Successors, less the arrows that close a circle in a walk in model order."""
    raw: dict[int, list[int]] = {number: [] for number in numbers}
    for source, target in pairs:
        raw[source].append(target)
    kept: dict[int, list[int]] = {number: [] for number in numbers}
    done: set[int] = set()
    heads = {target for _, target in pairs}
    for start in sorted(numbers, key=lambda number: (number in heads, number)):
        if start in done:
            continue
        path, on_path = [(start, iter(raw[start]))], {start}
        while path:
            number, rest = path[-1]
            following = next(rest, None)
            if following is None:
                path.pop()
                on_path.discard(number)
                done.add(number)
            elif following not in on_path:
                kept[number].append(following)
                if following not in done:
                    path.append((following, iter(raw[following])))
                    on_path.add(following)
    return kept


def _levels(after: dict[int, list[int]], before: dict[int, list[int]]) -> dict[int, int]:
    waiting = {number: len(sources) for number, sources in before.items()}
    ready = deque(number for number, count in waiting.items() if count == 0)
    level = dict.fromkeys(after, 0)
    while ready:
        number = ready.popleft()
        for target in after[number]:
            level[target] = max(level[target], level[number] + 1)
            waiting[target] -= 1
            if waiting[target] == 0:
                ready.append(target)
    return level


def _order(layers: list[list[_Node]], neighbours: dict[int, list[int]], *, backwards: bool) -> None:
    place = {node.item.number: index for layer in layers for index, node in enumerate(layer)}
    for layer in reversed(layers) if backwards else layers:

        def mean(node: _Node) -> float:
            near = neighbours[node.item.number]
            if not near:
                return float(place[node.item.number])
            return sum(place[number] for number in near) / len(near)

        layer.sort(key=mean)
        place.update({node.item.number: index for index, node in enumerate(layer)})


def _grid(nodes: list[_Node]) -> list[list[_Node]]:
    rows = max(1, round(len(nodes) ** 0.5))
    return [nodes[start : start + rows] for start in range(0, len(nodes), rows)]


def _place_layers(layers: list[list[_Node]], room: float) -> Point:
    """Layers from left to right, a new band where the next would pass `room`; returns the far corner."""
    top, right = HEAD, PAD
    for band in _bands(layers, room):
        heights = [
            sum(node.height + node.label for node in layer) + GAP_Y * (len(layer) - 1) for layer in band
        ]
        tallest, x = max(heights), PAD
        for layer, height in zip(band, heights, strict=True):
            widest, y = max(node.width for node in layer), top + (tallest - height) / 2
            for node in layer:
                node.x, node.y = x + (widest - node.width) / 2, y
                y += node.height + node.label + GAP_Y
            x += widest + GAP_X
        right, top = max(right, x - GAP_X), top + tallest + _BAND
    return right, top - _BAND


def _bands(layers: list[list[_Node]], room: float) -> list[list[list[_Node]]]:
    bands: list[list[list[_Node]]] = []
    used = 0.0
    for layer in layers:
        widest = max(node.width for node in layer)
        if bands and used + GAP_X + widest <= room:
            bands[-1].append(layer)
            used += GAP_X + widest
        else:
            bands.append([layer])
            used = widest
    return bands


def _place_rows(nodes: list[_Node], width: float, top: float, *, alone: bool) -> Point:
    nodes = sorted(nodes, key=lambda node: (_is_listener(node.item), node.item.number))
    room = 3 * (_TASK[0] + GAP_X) if alone else max(width - PAD, _TASK[0])
    x, y, row, right = PAD, top, 0.0, width
    for node in nodes:
        if x > PAD and x + node.width > PAD + room:
            x, y, row = PAD, y + row + GAP_Y, 0.0
        shift = GAP_X / 2 if _is_listener(node.item) else 0.0
        node.x, node.y = x + shift, y
        x += node.width + GAP_X + 2 * shift
        row = max(row, node.height + node.label)
        right = max(right, node.x + node.width + shift)
    return right, y + row


def _move(node: _Node, x: float, y: float) -> None:
    node.x, node.y = node.x + x, node.y + y
    for kid in node.kids:
        _move(kid, node.x, node.y)


def _marks(nodes: Iterable[_Node]) -> tuple[Mark, ...]:
    """Entry criteria on the left edge, exit criteria on the lower."""
    found: list[Mark] = []
    for node in nodes:
        for place, criterion in enumerate(node.item.entry, 1):
            y = node.y + node.height * place / (len(node.item.entry) + 1)
            found.append(Mark(criterion.number, node.x, y))
        for place, criterion in enumerate(node.item.exit, 1):
            x = node.x + node.width * place / (len(node.item.exit) + 1)
            found.append(Mark(criterion.number, x, node.y + node.height))
    return tuple(found)


def _route(edge: _Edge, marks: dict[int, Mark], shown: dict[int, _Node]) -> tuple[Point, ...]:
    mark, source = marks[edge.criterion], edge.source
    middle = source.y + source.height / 2
    holders = {id(node) for node in (*source.line()[1:], *edge.target.line()[1:])}
    others = [node for node in shown.values() if id(node) not in holders]
    if not edge.is_entry:
        return _best(_lines_to_exit(edge, mark), others)
    if edge.target in source.line():
        turn = mark.x + DIAMOND_W + 8.0
        return ((source.x, middle), (turn, middle), (turn, mark.y), (mark.x + DIAMOND_W / 2, mark.y))
    start, end = (source.x + source.width, middle), (mark.x - DIAMOND_W / 2, mark.y)
    if start[0] + 8.0 <= end[0] and abs(middle - mark.y) <= 1.5:
        return (start, end)
    return _best(_lines(edge, start, end), others)


def _best(lines: list[tuple[Point, ...]], others: list[_Node]) -> tuple[Point, ...]:
    """The line that crosses the fewest boxes; of those the shortest."""
    return min(lines, key=lambda line: (sum(_crosses(line, node) for node in others), _length(line)))


def _lines(edge: _Edge, start: Point, end: Point) -> list[tuple[Point, ...]]:
    """Lines to choose from: those with one turn in the free space between, and those through a channel."""
    lines: list[tuple[Point, ...]] = []
    if start[0] + 8.0 <= end[0]:
        turns = (max(start[0] + 8.0, end[0] - _IN), start[0] + _OUT, (start[0] + end[0]) / 2)
        lines += [(start, (turn, start[1]), (turn, end[1]), end) for turn in turns]
    out, into = start[0] + _OUT, end[0] - _IN
    for node in (edge.source, edge.target, *edge.source.line()[1:-1], *edge.target.line()[1:-1]):
        channels = (node.y - GAP_Y / 2, node.y + node.height + node.label + GAP_Y / 2)
        lines += [
            (start, (out, start[1]), (out, channel), (into, channel), (into, end[1]), end)
            for channel in channels
        ]
    return lines


def _length(line: tuple[Point, ...]) -> float:
    return sum(abs(x1 - x0) + abs(y1 - y0) for (x0, y0), (x1, y1) in pairwise(line))


def _crosses(line: tuple[Point, ...], node: _Node) -> bool:
    for (x0, y0), (x1, y1) in pairwise(line):
        beside = max(x0, x1) <= node.x or min(x0, x1) >= node.x + node.width
        apart = max(y0, y1) <= node.y or min(y0, y1) >= node.y + node.height
        if not (beside or apart):
            return True
    return False


def _lines_to_exit(edge: _Edge, mark: Mark) -> list[tuple[Point, ...]]:
    """Lines to a diamond on a lower edge: from within from above, from elsewhere from below."""
    source, is_inside = edge.source, edge.target in edge.source.line()
    foot, bottom = source.x + source.width / 2, source.y + source.height
    right, middle = source.x + source.width, source.y + source.height / 2
    side = -1.0 if is_inside else 1.0
    end = (mark.x, mark.y + side * DIAMOND_H / 2)
    level = end[1] + side * 6.0
    lines: list[tuple[Point, ...]] = [
        ((foot, bottom), (foot, level), (mark.x, level), end),
        ((right, middle), (right + _OUT, middle), (right + _OUT, level), (mark.x, level), end),
        ((right, middle), (mark.x, middle), end),
    ]
    if not is_inside and source.y > end[1] + 4.0:
        lines += [
            ((foot, source.y), (foot, level), (mark.x, level), end),
            ((foot, source.y), (foot, source.y - GAP_Y / 2), (mark.x, source.y - GAP_Y / 2), end),
        ]
    return lines
