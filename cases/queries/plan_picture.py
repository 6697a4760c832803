"""The plan of a case as a picture and as a list: every item with its state, done and future stages folded.

The list says everything the picture says: it is the picture for who cannot see it. `_drawing` is the one
place where the geometry comes from.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from cases.cmmn.instance import ItemState
from cases.cmmn.layout import Box, Drawing, Route, layout
from cases.cmmn.lifecycle import State
from cases.cmmn.metamodel import (
    CaseTask,
    DecisionTask,
    HumanTask,
    Milestone,
    PlanItem,
    ServiceTask,
    Stage,
    TimerEventListener,
    UserEventListener,
)
from cases.queries.sight import Sight
from cases.queries.why import Cause, cause

_CORNER = 6.0
_CUT = 12.0
_CHARACTER = 6.7
_ROOM = 48.0
_LATER = "unavailable"


@dataclass(frozen=True, slots=True)
class Node:
    """One plan item: its latest instance, or none yet. `waits_for`: the criteria that may begin it."""

    number: int
    id: str
    name: str
    kind: str
    state: str
    index: int
    count: int
    iid: int
    is_required: bool
    is_manual: bool
    repeats: bool
    items: tuple["Node", ...]
    waits_for: tuple[Cause, ...]
    caused_by: Cause | None


@dataclass(frozen=True, slots=True)
class Shape:
    """One item where it stands on the picture; `label` fits its box."""

    node: Node
    label: str
    second: str
    x: float
    y: float
    width: float
    height: float
    is_folded: bool
    done: int
    whole: int

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
    """A connector, as the text of an SVG path."""

    path: str
    is_live: bool


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


def whole(sight: Sight) -> Picture:
    """The plan with every stage open."""
    return _picture(sight, frozenset())


def focused(sight: Sight) -> Picture:
    """The plan with the stages folded that are done, or not begun: what lives is read at its full size."""
    nodes = {node.number: node for node in _walk(_nodes(sight))}
    folded = frozenset(
        number
        for number, node in nodes.items()
        if node.kind == "stage" and node.state not in ("active", "failed")
    )
    return _picture(sight, folded)


def nodes_of(sight: Sight) -> tuple[Node, ...]:
    """The plan as a list."""
    return _nodes(sight)


def _picture(sight: Sight, folded: frozenset[int]) -> Picture:
    drawing = _drawing(sight, folded)
    tree = _nodes(sight)
    nodes = {node.number: node for node in _walk(tree)}
    top = _top(sight, tree)
    boxes = {box.number: box for box in drawing.boxes}
    return Picture(
        name=top.name,
        width=drawing.width,
        height=drawing.height,
        frame=_shape(boxes[0], top),
        shapes=tuple(_shape(box, nodes[box.number]) for box in drawing.boxes if box.number in nodes),
        diamonds=tuple(_diamonds(sight, drawing, nodes)),
        lines=tuple(_lines(sight, drawing, nodes)),
        nodes=tree,
        is_folded=bool(folded & set(nodes)),
    )


def _drawing(sight: Sight, folded: frozenset[int]) -> Drawing:
    return layout(sight.case.program.definition, folded)


def _nodes(sight: Sight) -> tuple[Node, ...]:
    top = sight.case.program.definition.items[0].definition
    return tuple(_node(sight, number) for number in _kids(sight, top))


def _kids(sight: Sight, definition: object) -> Iterable[int]:
    numbers = definition.items if isinstance(definition, Stage) else ()
    return (number for number in numbers if sight.sees_item(sight.case.program.definition.items[number]))


def _node(sight: Sight, number: int) -> Node:
    item = sight.case.program.definition.items[number]
    instances = [state for state in sight.case.items() if state.number == number and state.iid]
    # A seed of the next repetition is no instance; the latest says where the item stands.
    latest = instances[-1] if instances else None
    state = latest.state if latest else State.UNAVAILABLE
    is_waiting = state in (State.UNAVAILABLE, State.AVAILABLE)
    entered = sight.criterion(latest.entered_by) if latest else None
    return Node(
        number=number,
        id=item.id,
        name=item.name,
        kind=_kind(item),
        state=_word(item, latest),
        index=latest.index if latest else 0,
        count=len(instances),
        iid=latest.iid if latest else -1,
        is_required=item.required is not None,
        is_manual=item.manual is not None,
        repeats=item.repetition is not None,
        items=tuple(_node(sight, kid) for kid in _kids(sight, item.definition)),
        waits_for=tuple(cause(sight, one) for one in item.entry) if is_waiting else (),
        caused_by=cause(sight, entered) if entered else None,
    )


def _word(item: PlanItem, latest: ItemState | None) -> str:
    """The state by name; `skipped` for what ended before any of its entry criteria was met."""
    if latest is None:
        return _LATER
    was_met = latest.entered_by is not None or not item.entry
    if latest.state is State.TERMINATED and latest.exited_by is None and not was_met:
        return "skipped"
    return latest.state.name.lower()


def _top(sight: Sight, nodes: tuple[Node, ...]) -> Node:
    item = sight.case.program.definition.items[0]
    return Node(
        number=0,
        id=item.id,
        name=item.name,
        kind="plan",
        state=sight.state.name.lower(),
        index=0,
        count=1,
        iid=0,
        is_required=False,
        is_manual=False,
        repeats=False,
        items=nodes,
        waits_for=(),
        caused_by=None,
    )


def _walk(nodes: Iterable[Node]) -> Iterable[Node]:
    for node in nodes:
        yield node
        yield from _walk(node.items)


def _shape(box: Box, node: Node) -> Shape:
    required = [one for one in node.items if one.is_required] or list(node.items)
    done = sum(one.state in ("completed", "terminated") for one in required)
    fits = max(6, int((box.width - _ROOM) / _CHARACTER))
    label, second = node.name, ""
    if node.kind in ("timer", "user_event", "event"):
        label, second = _two_lines(node.name, 16)
    elif len(label) > fits:
        label = label[: fits - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"
    return Shape(
        node=node,
        label=label,
        second=second,
        x=box.x,
        y=box.y,
        width=box.width,
        height=box.height,
        is_folded=box.is_folded,
        done=done,
        whole=len(required),
    )


def _two_lines(text: str, longest: int) -> tuple[str, str]:
    if len(text) <= longest:
        return text, ""
    head = text[:longest].rpartition(" ")[0] or text[:longest]
    rest = text[len(head) :].strip()
    return head, rest if len(rest) <= longest else rest[: longest - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def _diamonds(sight: Sight, drawing: Drawing, nodes: dict[int, Node]) -> Iterable[Diamond]:
    criteria = sight.case.program.definition.criteria
    moved = {id_ for state in sight.case.items() for id_ in (state.entered_by, state.exited_by) if id_}
    for mark in drawing.marks:
        criterion = criteria[mark.criterion]
        if criterion.owner == 0 or criterion.owner in nodes:
            yield Diamond(mark.x, mark.y, criterion.is_entry, criterion.id in moved)


def _lines(sight: Sight, drawing: Drawing, nodes: dict[int, Node]) -> Iterable[Line]:
    definition = sight.case.program.definition
    for route in drawing.routes:
        owner = definition.criteria[route.criterion].owner
        if route.source in nodes and (owner == 0 or owner in nodes):
            yield Line(_path(route), nodes[route.source].state == "completed")


def _path(route: Route) -> str:
    """A line with rounded corners."""
    points = route.points
    text = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
    for before, (x, y), after in zip(points, points[1:], points[2:], strict=False):
        back, on = _length(before, (x, y)), _length((x, y), after)
        one, two = min(_CORNER, back / 2), min(_CORNER, on / 2)
        text += f"L{x - (x - before[0]) / back * one:.1f} {y - (y - before[1]) / back * one:.1f}"
        text += f"Q{x:.1f} {y:.1f} {x + (after[0] - x) / on * two:.1f} {y + (after[1] - y) / on * two:.1f}"
    return text + f"L{points[-1][0]:.1f} {points[-1][1]:.1f}"


def _length(one: tuple[float, float], two: tuple[float, float]) -> float:
    return max(abs(one[0] - two[0]) + abs(one[1] - two[1]), 0.1)


def _kind(item: PlanItem) -> str:
    match item.definition:
        case Stage():
            return "stage"
        case Milestone():
            return "milestone"
        case HumanTask():
            return "human_task"
        case ServiceTask():
            return "service_task"
        case DecisionTask():
            return "decision"
        case CaseTask():
            return "case_task"
        case TimerEventListener():
            return "timer"
        case UserEventListener():
            return "user_event"
        case _:
            return "task"
