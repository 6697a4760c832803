"""The plan of a case as a picture: every item with its state, where it stands, and what leads to it.

The list (`plan_nodes`) says everything the picture says: it is the picture for who cannot see it.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from cases.cmmn import diagram, lettering
from cases.cmmn.drawing import Box, Drawing, View
from cases.cmmn.metamodel import CaseDefinition
from cases.cmmn.placing import BOLD, CAPTION_SIZE, NAME_SIZE
from cases.queries import plan_focus
from cases.queries.plan_focus import Focus, Rest, Upcoming
from cases.queries.plan_nodes import Doing, Node, nodes_of, top_of, walk
from cases.queries.sight import Sight

_CORNER = 6.0
_CUT = 12.0
_BESIDE, _BESIDE_A_STAGE = 47.0, 30.0
_LISTENER_ROOM = 92.0
_NOTHING = Rest()


@dataclass(frozen=True, slots=True)
class Shape:
    """One item where it stands on the picture; `label` fits its box. `waits`: the names it waits for.

    `has_table`: something may be planned from it.
    """

    node: Node
    label: str
    second: str
    x: float
    y: float
    width: float
    height: float
    is_folded: bool
    rest: Rest = _NOTHING
    waits: tuple[str, ...] = ()
    has_table: bool = False

    def fits(self, text: str) -> str:
        """As much of a caption as there is room for beside the icon."""
        beside = _BESIDE if self.node.kind != "stage" else _BESIDE_A_STAGE
        return lettering.fit(text, CAPTION_SIZE, self.width - beside)

    @property
    def outline(self) -> str:
        """The outline of a stage, its corners cut, as the text of an SVG path."""
        left, top, right, low = self.x, self.y, self.x + self.width, self.y + self.height
        return (
            f"M{left + _CUT:.1f} {top:.1f}H{right - _CUT:.1f}L{right:.1f} {top + _CUT:.1f}V{low - _CUT:.1f}"
            f"L{right - _CUT:.1f} {low:.1f}H{left + _CUT:.1f}L{left:.1f} {low - _CUT:.1f}V{top + _CUT:.1f}Z"
        )


@dataclass(frozen=True, slots=True)
class Diamond:
    """A criterion; `is_met` where it moved its item the last time."""

    x: float
    y: float
    is_entry: bool
    is_met: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A connector, as the text of an SVG path; `is_tie`: from a task to what was planned from it."""

    path: str
    is_live: bool
    is_tie: bool = False


@dataclass(frozen=True, slots=True)
class Milepost:
    """A stage or milestone of the first level that the case has passed, is in, or may still come to."""

    node: Node
    waits: tuple[str, ...]

    @property
    def is_done(self) -> bool:
        """Whether it has been passed."""
        return self.node.state == "completed" or self.node.is_left


@dataclass(frozen=True, slots=True)
class Picture:
    """The whole plan."""

    name: str
    width: float
    height: float
    frame: Shape
    shapes: tuple[Shape, ...]
    diamonds: tuple[Diamond, ...]
    lines: tuple[Line, ...]
    nodes: tuple[Node, ...]
    is_folded: bool
    upcoming: tuple[Upcoming, ...] = ()
    way: tuple[Milepost, ...] = ()


def whole(sight: Sight, doings: Mapping[int, Doing] | None = None) -> Picture:
    """The plan with every stage open."""
    nodes = nodes_of(sight, doings)
    shown = {node.number for node in walk(nodes)}
    hidden = frozenset(item.number for item in sight.case.program.definition.items if item.number) - shown
    focus = replace(plan_focus.focus(sight, nodes), view=View(hidden=hidden), rests={})
    return _picture(sight, nodes, focus, is_folded=False)


def focused(sight: Sight, doings: Mapping[int, Doing] | None = None) -> Picture:
    """What lives at its full size; what is done or waits as one box, or as a count."""
    nodes = nodes_of(sight, doings)
    return _picture(sight, nodes, plan_focus.focus(sight, nodes), is_folded=True)


def _drawn(definition: CaseDefinition, view: View) -> Drawing:
    """The drawing, made once for all who look at the same parts: a whole claim takes most of a second.

    The definition of a deployment never changes; it is kept with its drawing, so that no other takes its id.
    """
    widths = frozenset(view.widths.items())
    key = (id(definition), view.folded, view.hidden, view.links, widths, view.notes)
    found = _DRAWN.get(key)
    if found is None:
        if len(_DRAWN) >= _MOST_DRAWN:
            _DRAWN.clear()
        found = _DRAWN[key] = (definition, diagram.draw(definition, view).drawing)
    return found[1]


_MOST_DRAWN = 200
_DRAWN: dict[tuple[object, ...], tuple[CaseDefinition, Drawing]] = {}


def _picture(sight: Sight, tree: tuple[Node, ...], focus: Focus, *, is_folded: bool) -> Picture:
    drawing = _drawn(sight.case.program.definition, focus.view)
    nodes = {node.number: node for node in walk(tree)}
    top = top_of(sight, tree)
    boxes = {box.number: box for box in drawing.boxes}
    tables = {one.holder for one in sight.case.program.definition.discretionary}
    return Picture(
        name=top.name,
        width=drawing.width,
        height=drawing.height,
        frame=_shape(boxes[0], top, focus, tables),
        shapes=tuple(
            _shape(box, nodes[box.number], focus, tables) for box in drawing.boxes if box.number in nodes
        ),
        diamonds=tuple(_diamonds(sight, drawing, nodes)),
        lines=tuple(_lines(sight, drawing, nodes)),
        nodes=tree,
        is_folded=is_folded,
        upcoming=focus.upcoming,
        way=tuple(
            Milepost(node, focus.waits.get(node.number, ()))
            for node in tree
            if node.kind in ("stage", "milestone") and node.number in focus.shown
        ),
    )


def _shape(box: Box, node: Node, focus: Focus, tables: Container[int]) -> Shape:
    if node.kind in ("timer", "user_event"):
        label, second = lettering.lines(node.name, CAPTION_SIZE, _LISTENER_ROOM)
    else:
        label, second = lettering.fit(node.name, NAME_SIZE * BOLD, box.width - _BESIDE), ""
    return Shape(
        node=node,
        label=label,
        second=second,
        x=box.x,
        y=box.y,
        width=box.width,
        height=box.height,
        is_folded=box.is_folded,
        rest=focus.rests.get(node.number, _NOTHING),
        waits=focus.waits.get(node.number, ()),
        has_table=node.number in tables,
    )


def _diamonds(sight: Sight, drawing: Drawing, nodes: Mapping[int, Node]) -> Iterable[Diamond]:
    criteria = sight.case.program.definition.criteria
    moved = {id_ for state in sight.case.items() for id_ in (state.entered_by, state.exited_by) if id_}
    for mark in drawing.marks:
        criterion = criteria[mark.criterion]
        if criterion.owner == 0 or criterion.owner in nodes:
            yield Diamond(mark.x, mark.y, criterion.is_entry, criterion.id in moved)


def _lines(sight: Sight, drawing: Drawing, nodes: Mapping[int, Node]) -> Iterable[Line]:
    """The lines; those that something came along are live."""
    definition = sight.case.program.definition
    for route in drawing.routes:
        criterion = definition.criteria[route.criterion]
        if route.source not in nodes or (criterion.owner and criterion.owner not in nodes):
            continue
        target = nodes.get(criterion.owner)
        caused = target.caused_by if target else None
        yield Line(_path(route.points), caused is not None and caused.criterion == criterion.id)
    for tie in drawing.ties:
        if tie.holder in nodes and tie.item in nodes:
            yield Line(_path(tie.points), is_live=False, is_tie=True)


def _path(points: Sequence[tuple[float, float]]) -> str:
    """A line with rounded corners."""
    text = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
    for before, (x, y), after in zip(points, points[1:], points[2:], strict=False):
        back, on = _length(before, (x, y)), _length((x, y), after)
        one, two = min(_CORNER, back / 2), min(_CORNER, on / 2)
        text += f"L{x - (x - before[0]) / back * one:.1f} {y - (y - before[1]) / back * one:.1f}"
        text += f"Q{x:.1f} {y:.1f} {x + (after[0] - x) / on * two:.1f} {y + (after[1] - y) / on * two:.1f}"
    return text + f"L{points[-1][0]:.1f} {points[-1][1]:.1f}"


def _length(one: tuple[float, float], two: tuple[float, float]) -> float:
    return max(abs(one[0] - two[0]) + abs(one[1] - two[1]), 0.1)
