"""A drawing for any model: layers from left to right, stages inside stages, routes with right angles.

Pure geometry in pixels, deterministic. A container's items that depend on one another stand in layers
(longest path), ordered by the mean place of their neighbours; those that depend on nothing stand in rows
below. A `View` says what of the plan is drawn: stages folded to one box, items left out, chosen lines.
Beyond its work budget a container falls back to a plain grid, which never overlaps.
"""

from cases.cmmn.connecting import drawing_of, marks_of, routes_of, ties_of
from cases.cmmn.controlmodel import PlanItemOnPart
from cases.cmmn.drawing import Drawing, View
from cases.cmmn.metamodel import CaseDefinition, Stage
from cases.cmmn.placing import FOOT, Edge, Node, move, place_within

TAB = 26.0


def layout(definition: CaseDefinition, view: View | None = None) -> Drawing:
    """The drawing of a case, or of what a view shows of it."""
    view = view or View()
    shown = tree(definition, view)
    top = shown[0]
    edges = edges_of(definition, shown, view)
    marked = {edge.criterion for edge in edges} if view.links is not None else None
    for node in shown.values():
        _note(node, view, marked)
    place_within(top, edges)
    move(top, 2.0, TAB + 2.0)
    _order_marks(edges)
    marks = marks_of(shown.values())
    ties = () if view.links is not None else ties_of(definition, shown)
    return drawing_of(shown, marks, routes_of(edges, marks, shown), ties)


def tree(definition: CaseDefinition, view: View) -> dict[int, Node]:
    """What a view shows, by number: containers before what they hold, nothing placed yet."""
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
    return shown


def _note(node: Node, view: View, marked: set[int] | None) -> None:
    """What of a node is drawn besides its box: the criteria that have lines, or all; room for its words."""
    node.entry = [one.number for one in node.item.entry if marked is None or one.number in marked]
    node.exit = [one.number for one in node.item.exit if marked is None or one.number in marked]
    node.least = view.widths.get(node.item.number, 0.0)
    node.foot = FOOT if node.item.number in view.notes else 0.0


def edges_of(definition: CaseDefinition, shown: dict[int, Node], view: View) -> list[Edge]:
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
