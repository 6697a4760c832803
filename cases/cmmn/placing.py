"""Where the items of a plan stand: sizes from their names, containers from within, layers and rows."""

from collections import deque
from dataclasses import dataclass, field
from itertools import takewhile

from cases.cmmn import lettering
from cases.cmmn.metamodel import EventListener, Milestone, PlanItem, TimerEventListener, UserEventListener
from cases.cmmn.routing import Point

GAP_X, GAP_Y, PAD, HEAD, FOOT = 48.0, 24.0, 28.0, 40.0, 24.0
DIAMOND_W, DIAMOND_H = 14.0, 18.0
LABEL = 34.0
NAME_SIZE, CAPTION_SIZE, BOLD = 12.5, 11.0, 1.04
_TASK, _MILESTONE, _LISTENER, _FOLDED = (168.0, 56.0), (104.0, 40.0), (40.0, 40.0), (160.0, 72.0)
_WIDEST = 264.0
_SWEEPS, _BUDGET = 6, 4000
_WIDTH_OF_PLAN, _WIDTH_OF_STAGE, _BAND = 1090.0, 760.0, 40.0


@dataclass(slots=True)
class Node:
    """One item on its way to a place. `label` is what hangs below it, `foot` its room for a line of text."""

    item: PlanItem
    parent: "Node | None"
    is_folded: bool
    kids: list["Node"] = field(default_factory=list)
    x: float = 0.0
    y: float = 0.0
    width: float = 0.0
    height: float = 0.0
    label: float = 0.0
    entry: list[int] = field(default_factory=list)
    exit: list[int] = field(default_factory=list)
    least: float = 0.0
    foot: float = 0.0

    @property
    def title(self) -> float:
        """How wide the name is."""
        return lettering.width(self.item.name, NAME_SIZE) * BOLD

    def line(self) -> list["Node"]:
        """This node and all that contain it, innermost first."""
        found, node = [], self
        while True:
            found.append(node)
            if node.parent is None:
                return found
            node = node.parent


@dataclass(frozen=True, slots=True)
class Edge:
    """One line: from an item to a criterion of another."""

    source: Node
    target: Node
    criterion: int
    on_part: str
    is_entry: bool = True


def place_within(node: Node, edges: list[Edge]) -> None:
    """Sizes a container from within: what it holds first, then its own layers."""
    _place(node, _pairs(edges))


def _place(node: Node, all_pairs: dict[int, list[tuple[int, int]]]) -> None:
    for kid in node.kids:
        if kid.kids:
            _place(kid, all_pairs)
        else:
            _size(kid)
    pairs = all_pairs.get(node.item.number, [])
    linked = {number for pair in pairs for number in pair}
    joined = [kid for kid in node.kids if kid.item.number in linked]
    loose = [kid for kid in node.kids if kid.item.number not in linked]
    width, low = PAD, HEAD
    if joined:
        layers = _grid(joined) if len(joined) * len(pairs) > _BUDGET else _layers(joined, pairs)
        width, low = _place_layers(layers, pairs, _WIDTH_OF_STAGE if node.parent else _WIDTH_OF_PLAN)
    if loose:
        width, low = _place_rows(loose, width, low + (GAP_Y if joined else 0.0), alone=not joined)
    node.width = max(
        width + PAD, node.title + 130.0, 200.0, node.least, len(node.exit) * (DIAMOND_W + 2.0) + 8.0
    )
    node.height = max(low + PAD + node.foot, 90.0, len(node.entry) * (DIAMOND_H + 2.0) + 8.0)
    node.label = DIAMOND_H if node.exit else 0.0


def move(node: Node, x: float, y: float) -> None:
    node.x, node.y = node.x + x, node.y + y
    for kid in node.kids:
        move(kid, node.x, node.y)


def is_listener(item: PlanItem) -> bool:
    return isinstance(item.definition, TimerEventListener | UserEventListener | EventListener)


def _size(node: Node) -> None:
    beside = 56.0
    if node.is_folded:
        node.width, node.height = _FOLDED
        beside = 62.0
    elif is_listener(node.item):
        node.width, node.height = _LISTENER
        node.label = LABEL
        return
    elif isinstance(node.item.definition, Milestone):
        node.width, node.height = _MILESTONE
    else:
        node.width, node.height = _TASK
    node.width = max(
        node.width,
        min(_WIDEST, max(node.title + beside, node.least)),
        len(node.exit) * (DIAMOND_W + 2.0) + 8.0,
    )
    node.label = DIAMOND_H if node.exit else 0.0
    node.height = max(node.height, len(node.entry) * (DIAMOND_H + 2.0) + 8.0)


def _pairs(edges: list[Edge]) -> dict[int, list[tuple[int, int]]]:
    """Which item of a container leads to which, without doubles, in model order, by container.

    Only the innermost container that holds both ends of a line has to do with it, and only where they lie in
    two of its items.
    """
    found: dict[int, set[tuple[int, int]]] = {}
    for edge in edges:
        one, other = edge.source.line()[::-1], edge.target.line()[::-1]
        shared = sum(1 for _ in takewhile(lambda pair: pair[0] is pair[1], zip(one, other, strict=False)))
        if shared < min(len(one), len(other)):
            ends = (one[shared].item.number, other[shared].item.number)
            found.setdefault(one[shared - 1].item.number, set()).add(ends)
    return {number: sorted(pairs) for number, pairs in found.items()}


def _layers(nodes: list[Node], pairs: list[tuple[int, int]]) -> list[list[Node]]:
    after = _without_circles([node.item.number for node in nodes], pairs)
    before: dict[int, list[int]] = {node.item.number: [] for node in nodes}
    for number, targets in after.items():
        for target in targets:
            before[target].append(number)
    level = _levels(after, before)
    for number, targets in after.items():
        if not before[number] and targets:
            level[number] = max(0, min(level[target] for target in targets) - 1)
    layers: list[list[Node]] = [[] for _ in range(max(level.values()) + 1)]
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


def _order(layers: list[list[Node]], neighbours: dict[int, list[int]], *, backwards: bool) -> None:
    place = {node.item.number: index for layer in layers for index, node in enumerate(layer)}
    for layer in reversed(layers) if backwards else layers:

        def mean(node: Node) -> float:
            near = neighbours[node.item.number]
            if not near:
                return float(place[node.item.number])
            return sum(place[number] for number in near) / len(near)

        layer.sort(key=mean)
        place.update({node.item.number: index for index, node in enumerate(layer)})


def _grid(nodes: list[Node]) -> list[list[Node]]:
    rows = max(1, round(len(nodes) ** 0.5))
    return [nodes[start : start + rows] for start in range(0, len(nodes), rows)]


def _place_layers(layers: list[list[Node]], pairs: list[tuple[int, int]], room: float) -> Point:
    """Layers from left to right, a new band where the next would pass `room`; returns the far corner."""
    top, right = HEAD, PAD
    for place, found in enumerate(_bands(layers, room)):
        band = [[node] for node in found[0]] if place and len(found) == 1 else found
        heights = [
            sum(node.height + node.label for node in layer) + GAP_Y * (len(layer) - 1) for layer in band
        ]
        tallest, x = max(heights), PAD
        for layer, height in zip(band, heights, strict=True):
            widest, y = max(node.width for node in layer), top + (tallest - height) / 2
            for node in layer:
                node.x, node.y = x, y
                y += node.height + node.label + GAP_Y
            x += widest + GAP_X
        if place:
            x += _shift_below(layers, band, pairs, room - x)
        right, top = max(right, x - GAP_X), top + tallest + _BAND
    return right, top - _BAND


def _shift_below(
    layers: list[list[Node]], band: list[list[Node]], pairs: list[tuple[int, int]], room: float
) -> float:
    """Moves a band to the right, below what leads to it, as far as there is room."""
    known = {node.item.number: node for layer in layers for node in layer}
    mine = {node.item.number for layer in band for node in layer}
    heads = {node.item.number for node in band[0]}
    sources = [known[one].x for one, other in pairs if other in heads and one not in mine and one in known]
    shift = max(0.0, min(min(sources, default=0.0) + GAP_X / 2 - PAD, room))
    for layer in band:
        for node in layer:
            node.x += shift
    return shift


def _bands(layers: list[list[Node]], room: float) -> list[list[list[Node]]]:
    bands: list[list[list[Node]]] = []
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


def _place_rows(nodes: list[Node], width: float, top: float, *, alone: bool) -> Point:
    nodes = sorted(nodes, key=lambda node: (is_listener(node.item), node.item.number))
    room = 3 * (_TASK[0] + GAP_X) if alone else max(width - PAD, _TASK[0])
    x, y, row, right = PAD, top, 0.0, width
    for node in nodes:
        if x > PAD and x + node.width > PAD + room:
            x, y, row = PAD, y + row + GAP_Y, 0.0
        shift = GAP_X / 2 if is_listener(node.item) else 0.0
        node.x, node.y = x + shift, y
        x += node.width + GAP_X + 2 * shift
        row = max(row, node.height + node.label)
        right = max(right, node.x + node.width + shift)
    return right, y + row
