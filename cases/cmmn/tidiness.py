"""Whether a drawing can be read: nothing covers anything, and everything stands where it belongs."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from cases.cmmn import lettering
from cases.cmmn.drawing import Box, Drawing, Mark
from cases.cmmn.metamodel import CaseDefinition, Stage
from cases.cmmn.placing import BOLD, CAPTION_SIZE, DIAMOND_H, DIAMOND_W, LABEL, NAME_SIZE, is_listener
from cases.cmmn.routing import Rect

_TOUCHES = 0.01
_ON_THE_EDGE = 1.0
_APART = 0.85
_BESIDE_THE_NAME = 47.0
_LABEL_ROOM = 92.0


@dataclass(frozen=True, slots=True)
class Overlap:
    """One fault: `kind` is box, outside, criterion or label; `one` and `other` are items or criteria."""

    kind: str
    one: str
    other: str


def overlaps(definition: CaseDefinition, drawing: Drawing) -> list[Overlap]:
    """Boxes and labels over one another, children outside, stray diamonds, names without room."""
    boxes = {box.number: box for box in drawing.boxes}
    return [
        *_beside(definition, drawing),
        *_outside(definition, boxes),
        *_stray(definition, boxes, drawing.marks),
        *_cramped(definition, drawing.boxes),
    ]


def are_on_one_another(one: Mark, other: Mark) -> bool:
    """Whether two diamonds cover one another; that their points meet is no fault."""
    return abs(one.x - other.x) / DIAMOND_W + abs(one.y - other.y) / DIAMOND_H < _APART


def _beside(definition: CaseDefinition, drawing: Drawing) -> Iterator[Overlap]:
    """Boxes of one container, the labels below listeners, and the heading of the container itself."""
    held: dict[int, list[tuple[Rect, str, int]]] = {}
    for box in drawing.boxes:
        item = definition.items[box.number]
        if item.number == 0:
            continue
        kept = held.setdefault(item.stage, [])
        kept.append((_rect(box), "box", item.number))
        if is_listener(item):
            kept.append((_label(definition, box), "label", item.number))
        if isinstance(item.definition, Stage) and not box.is_folded:
            held.setdefault(item.number, []).append((_heading(definition, box), "label", item.number))
    for kept in held.values():
        for kind, one, other in _crossing(kept):
            yield Overlap(kind, definition.items[one].id, definition.items[other].id)


def _crossing(kept: list[tuple[Rect, str, int]]) -> Iterator[tuple[str, int, int]]:
    """Pairs that share an area, found from left to right, so that far ones are not compared."""
    open_: list[tuple[Rect, str, int]] = []
    for one in sorted(kept, key=lambda entry: (entry[0].left, entry[0].top, entry[2])):
        open_ = [other for other in open_ if other[0].right - one[0].left > _TOUCHES]
        for other in open_:
            if one[2] != other[2] and _share(one[0], other[0]):
                yield "box" if one[1] == other[1] == "box" else "label", other[2], one[2]
        open_.append(one)


def _outside(definition: CaseDefinition, boxes: dict[int, Box]) -> Iterator[Overlap]:
    for box in boxes.values():
        item = definition.items[box.number]
        outer = boxes.get(item.stage)
        if outer is None:
            continue
        inner, frame = _rect(box), _rect(outer)
        if is_listener(item):
            label = _label(definition, box)
            inner = Rect(min(inner.left, label.left), inner.top, max(inner.right, label.right), label.low)
        is_in = frame.left <= inner.left and inner.right <= frame.right
        if not (is_in and frame.top <= inner.top and inner.low <= frame.low):
            yield Overlap("outside", item.id, definition.items[item.stage].id)


def _stray(definition: CaseDefinition, boxes: dict[int, Box], marks: Iterable[Mark]) -> Iterator[Overlap]:
    """Criteria that are not on the edge of their item, or on one another."""
    of_item: dict[int, list[Mark]] = {}
    for mark in marks:
        criterion = definition.criteria[mark.criterion]
        of_item.setdefault(criterion.owner, []).append(mark)
        if not _is_on_edge(mark, _rect(boxes[criterion.owner])):
            yield Overlap("criterion", criterion.id, definition.items[criterion.owner].id)
    for own in of_item.values():
        for side in (
            sorted(own, key=lambda one: (one.x, one.y)),
            sorted(own, key=lambda one: (one.y, one.x)),
        ):
            for one, other in pairwise(side):
                if are_on_one_another(one, other):
                    criteria = definition.criteria
                    yield Overlap("criterion", criteria[one.criterion].id, criteria[other.criterion].id)


def _cramped(definition: CaseDefinition, boxes: Iterable[Box]) -> Iterator[Overlap]:
    """Names of which not even the first letters have room in their box."""
    for box in boxes:
        item = definition.items[box.number]
        if is_listener(item) or not item.name:
            continue
        shown = lettering.fit(item.name, NAME_SIZE * BOLD, box.width - _BESIDE_THE_NAME)
        if shown != item.name and len(shown) <= min(4, len(item.name)):
            yield Overlap("label", item.id, item.id)


def _is_on_edge(mark: Mark, box: Rect) -> bool:
    beside = min(abs(mark.x - box.left), abs(mark.x - box.right))
    above = min(abs(mark.y - box.top), abs(mark.y - box.low))
    along_x = box.left - _ON_THE_EDGE <= mark.x <= box.right + _ON_THE_EDGE
    along_y = box.top - _ON_THE_EDGE <= mark.y <= box.low + _ON_THE_EDGE
    return (beside <= _ON_THE_EDGE and along_y) or (above <= _ON_THE_EDGE and along_x)


def _label(definition: CaseDefinition, box: Box) -> Rect:
    """The room of the name below a listener, in at most two lines."""
    name = definition.items[box.number].name
    widest = max(
        lettering.width(line, CAPTION_SIZE) for line in lettering.lines(name, CAPTION_SIZE, _LABEL_ROOM)
    )
    middle, low = box.x + box.width / 2, box.y + box.height
    return Rect(middle - widest / 2, low, middle + widest / 2, low + LABEL)


def _heading(definition: CaseDefinition, box: Box) -> Rect:
    """The name of a stage, at its upper left."""
    name = lettering.fit(definition.items[box.number].name, NAME_SIZE * BOLD, box.width - _BESIDE_THE_NAME)
    wide = lettering.width(name, NAME_SIZE * BOLD)
    return Rect(box.x + 12.0, box.y + 6.0, box.x + 22.0 + wide, box.y + 31.0)


def _rect(box: Box) -> Rect:
    return Rect(box.x, box.y, box.x + box.width, box.y + box.height)


def _share(one: Rect, other: Rect) -> bool:
    across = min(one.right, other.right) - max(one.left, other.left)
    down = min(one.low, other.low) - max(one.top, other.top)
    return across > _TOUCHES and down > _TOUCHES
