"""The author's drawing is taken where it can be read, and mended; where it cannot, ours is."""

import sys
from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest

from cases.cmmn import diagram, reader
from cases.cmmn.diagram import Diagram
from cases.cmmn.drawing import View
from cases.cmmn.metamodel import CaseDefinition
from tests.modelmaking import make_program

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/CMMN/20151109/MODEL"'
    ' xmlns:cmmndi="http://www.omg.org/spec/CMMN/20151109/CMMNDI"'
    ' xmlns:dc="http://www.omg.org/spec/CMMN/20151109/DC" xmlns:di="http://www.omg.org/spec/CMMN/20151109/DI"'
    ' id="d" targetNamespace="https://e.org"><case id="c"><casePlanModel id="plan" name="Plan">'
)
TWO = (
    '<planItem id="A" definitionRef="dA"/><planItem id="B" definitionRef="dB">'
    '<entryCriterion id="e" sentryRef="s"/></planItem><sentry id="s"><planItemOnPart id="o" sourceRef="A">'
    '<standardEvent>complete</standardEvent></planItemOnPart></sentry><humanTask id="dA" name="First"/>'
    '<humanTask id="dB" name="Second"/>'
)
PLAN = ("plan", 100.0, 50.0, 600.0, 300.0)
FIRST, SECOND = ("A", 150.0, 100.0, 120.0, 60.0), ("B", 400.0, 200.0, 120.0, 60.0)
DIAMOND = ("e", 393.0, 216.0, 14.0, 22.0)
LABEL = "<cmmndi:CMMNLabel/>"


def shape(id_: str, x: float, y: float, width: float, height: float) -> str:
    return (
        f'<cmmndi:CMMNShape id="s_{id_}" cmmnElementRef="{id_}"><dc:Bounds x="{x}" y="{y}" width="{width}"'
        f' height="{height}"/>{LABEL}</cmmndi:CMMNShape>'
    )


def edge(attributes: str, *points: tuple[float, float]) -> str:
    way = "".join(f'<di:waypoint x="{x}" y="{y}"/>' for x, y in points)
    return f'<cmmndi:CMMNEdge id="edge" {attributes}>{way}{LABEL}</cmmndi:CMMNEdge>'


def drawn(inside: str, *parts: str) -> CaseDefinition:
    text = (
        f"{HEAD}{inside}</casePlanModel></case><cmmndi:CMMNDI><cmmndi:CMMNDiagram>{''.join(parts)}"
        "</cmmndi:CMMNDiagram></cmmndi:CMMNDI></definitions>"
    )
    return reader.read(text.encode()).cases["c"]


def shapes(*places: tuple[str, float, float, float, float]) -> str:
    return "".join(shape(*place) for place in places)


def test_an_author_s_drawing_is_taken_from_its_own_corner_on() -> None:
    found = diagram.draw(drawn(TWO, shapes(PLAN, FIRST, SECOND, DIAMOND)))
    assert found.is_author_s
    assert diagram.overlaps(found) == []
    plan, first, second = found.drawing.boxes
    assert (first.x - plan.x, first.y - plan.y, first.width) == (50.0, 50.0, 120.0)
    assert (second.x - plan.x, second.y - plan.y) == (300.0, 150.0)


def test_a_diamond_beside_the_edge_is_put_on_it_and_one_that_was_not_drawn_is_drawn() -> None:
    for places in ((DIAMOND,), (("e", 380.0, 216.0, 14.0, 22.0),), ()):
        found = diagram.draw(drawn(TWO, shapes(PLAN, FIRST, SECOND, *places)))
        [mark], second = found.drawing.marks, found.drawing.boxes[2]
        assert found.is_author_s
        assert mark.x == second.x


@pytest.mark.parametrize(
    "attributes",
    [
        'cmmnElementRef="o" sourceCMMNElementRef="A" targetCMMNElementRef="e"',
        'cmmnElementRef="o" targetCMMNElementRef="e"',
        'cmmnElementRef="A" targetCMMNElementRef="e"',
        'sourceCMMNElementRef="e" targetCMMNElementRef="A"',
    ],
    ids=["standard", "without source", "another tool's", "the other way around"],
)
def test_an_edge_is_drawn_as_its_author_drew_it_whatever_tool_wrote_it(attributes: str) -> None:
    way = ((270.0, 130.0), (330.0, 130.0), (330.0, 227.0), (393.0, 227.0))
    points = way[::-1] if attributes.startswith("source") else way
    found = diagram.draw(drawn(TWO, shapes(PLAN, FIRST, SECOND, DIAMOND), edge(attributes, *points)))
    [route], [mark] = found.drawing.routes, found.drawing.marks
    away = found.drawing.boxes[0].x - 100.0, found.drawing.boxes[0].y - 50.0
    assert route.points[:3] == tuple((x + away[0], y + away[1]) for x, y in way[:3])
    assert route.points[-1] == (mark.x, mark.y)


def test_a_line_that_was_not_drawn_or_leads_nowhere_is_ours() -> None:
    nowhere = edge('cmmnElementRef="o"', (900.0, 900.0), (990.0, 990.0))
    for parts in ((), (nowhere,)):
        found = diagram.draw(drawn(TWO, shapes(PLAN, FIRST, SECOND, DIAMOND), *parts))
        assert found.is_author_s
        [route] = found.drawing.routes
        assert (route.source, route.criterion) == (1, 0)
        assert max(x for x, _ in route.points) < found.drawing.width


@pytest.mark.parametrize(
    "places",
    [
        (PLAN, FIRST),
        (PLAN, FIRST, ("B", 200.0, 120.0, 120.0, 60.0)),
        (PLAN, FIRST, ("B", 650.0, 200.0, 120.0, 60.0)),
        (PLAN, FIRST, ("B", 400.0, 200.0, 12.0, 6.0)),
        (PLAN, FIRST, ("B", 400.0, 200.0, 0.0, 60.0)),
        (PLAN, FIRST, ("B", 1e300, 200.0, 120.0, 60.0)),
    ],
    ids=["one is missing", "one over another", "one outside", "no room for a name", "no width", "far away"],
)
def test_a_drawing_that_cannot_be_read_gives_way_to_ours(
    places: tuple[tuple[str, float, float, float, float], ...],
) -> None:
    found = diagram.draw(drawn(TWO, shapes(*places)))
    assert not found.is_author_s
    assert diagram.overlaps(found) == []


def test_shapes_of_what_is_not_there_are_left_out() -> None:
    found = diagram.draw(drawn(TWO, shapes(PLAN, FIRST, SECOND, DIAMOND, ("ghost", 0.0, 0.0, 9.0, 9.0))))
    assert found.is_author_s
    assert len(found.drawing.boxes) == 3


def test_a_view_that_folds_or_chooses_lines_is_laid_out_and_one_that_leaves_out_is_not() -> None:
    case = drawn(TWO, shapes(PLAN, FIRST, SECOND, DIAMOND))
    assert not diagram.draw(case, View(links=())).is_author_s
    found = diagram.draw(case, View(hidden=frozenset({1})))
    assert found.is_author_s
    assert [box.number for box in found.drawing.boxes] == [0, 2]
    assert found.drawing.routes == ()


def test_what_may_be_planned_from_a_human_task_is_tied_to_it() -> None:
    inside = (
        '<planItem id="A" definitionRef="dA"/><humanTask id="dA" name="First"><planningTable id="t">'
        '<discretionaryItem id="B" definitionRef="dB"/></planningTable></humanTask>'
        '<humanTask id="dB" name="Second"/>'
    )
    way = ((270.0, 130.0), (400.0, 230.0))
    link = edge('sourceCMMNElementRef="A" targetCMMNElementRef="B"', *way)
    own = diagram.draw(drawn(inside, shapes(PLAN, FIRST, SECOND), link))
    assert own.is_author_s
    [tie] = own.drawing.ties
    assert (tie.holder, tie.item, len(tie.points)) == (1, 2, 2)
    [tie] = diagram.draw(drawn(inside)).drawing.ties
    assert (tie.holder, tie.item) == (1, 2)


def covered(found: Diagram, number: int, **change: float) -> set[str]:
    """The kinds of faults when one box is changed."""
    boxes = tuple(replace(box, **change) if box.number == number else box for box in found.drawing.boxes)
    return {one.kind for one in diagram.overlaps(replace(found, drawing=replace(found.drawing, boxes=boxes)))}


def test_each_kind_of_fault_is_found() -> None:
    found = diagram.draw(drawn(TWO))
    first = found.drawing.boxes[1]
    assert covered(found, 1) == set()
    assert "box" in covered(found, 2, x=first.x + 5, y=first.y + 5)
    assert covered(found, 1, x=-500.0) == {"outside"}
    assert covered(found, 2, y=found.drawing.boxes[2].y + 1) <= {"criterion", "outside"}
    assert "criterion" in covered(found, 2, x=found.drawing.boxes[2].x + 9)
    assert covered(found, 1, width=50.0) == {"label"}


def test_the_name_of_a_listener_or_of_a_stage_is_not_covered() -> None:
    listener = (
        '<planItem id="L" definitionRef="dL"/><planItem id="A" definitionRef="dA"/>'
        '<userEventListener id="dL" name="Somebody asks for it"/><humanTask id="dA" name="First"/>'
    )
    found = diagram.draw(drawn(listener))
    boxes = {box.number: box for box in found.drawing.boxes}
    assert covered(found, 2, x=boxes[1].x, y=boxes[1].y + boxes[1].height + 2) >= {"label"}
    stage = (
        '<planItem id="S" definitionRef="dS"/><stage id="dS" name="Within"><planItem id="A"'
        ' definitionRef="dA"/><humanTask id="dA" name="First"/></stage>'
    )
    found = diagram.draw(drawn(stage))
    boxes = {box.number: box for box in found.drawing.boxes}
    assert covered(found, 2, y=boxes[1].y + 8) == {"label"}


def calls_of(work: Callable[[], Diagram]) -> tuple[Diagram, int]:
    """What a work gives, and how many calls of functions it took."""
    count = 0

    def one_more(*_: object) -> None:
        nonlocal count
        count += 1

    before = sys.getprofile()
    sys.setprofile(one_more)
    try:
        found = work()
    finally:
        sys.setprofile(before)
    return found, count


def wide(count: int, lines: int) -> str:
    """One stage with so many items, and so many lines between them."""
    criteria: dict[int, list[str]] = {}
    sentries = []
    for number in range(lines):
        source, target = number * 7919 % count, (number * 104729 + 13) % count
        if source != target:
            criteria.setdefault(target, []).append(f'<entryCriterion id="e{number}" sentryRef="s{number}"/>')
            sentries.append(
                f'<sentry id="s{number}"><planItemOnPart id="o{number}" sourceRef="i{source}">'
                "<standardEvent>complete</standardEvent></planItemOnPart></sentry>"
            )
    items = "".join(
        f'<planItem id="i{number}" definitionRef="t">{"".join(criteria.get(number, ()))}</planItem>'
        for number in range(count)
    )
    return (
        f'<planItem id="S" definitionRef="st"/><stage id="st" name="All">{items}{"".join(sentries)}</stage>'
        '<humanTask id="t" name="Task"/>'
    )


def deep(levels: int) -> str:
    """A task in a stage in a stage, and a line from the innermost out to each of them."""
    inside = f'<planItem id="i{levels}" definitionRef="t"/><humanTask id="t" name="Task"/>'
    for level in range(levels - 1, -1, -1):
        inside = (
            f'<planItem id="i{level}" definitionRef="st{level}">'
            f'<exitCriterion id="x{level}" sentryRef="s{level}"/></planItem>'
            f'<sentry id="s{level}"><planItemOnPart id="o{level}" sourceRef="i{levels}">'
            "<standardEvent>complete</standardEvent></planItemOnPart></sentry>"
            f'<stage id="st{level}" name="Level {level}">{inside}</stage>'
        )
    return inside


@pytest.mark.parametrize(
    ("inside", "most"),
    [
        (wide(990, 2000), 5_000_000),
        (wide(990, 0), 2_000_000),
        (wide(200, 119), 20_000_000),
        (deep(60), 20_000_000),
    ],
    ids=["990 items and 2000 lines", "990 items", "119 lines", "60 levels"],
)
def test_the_largest_models_are_drawn_within_a_budget_and_always_alike(inside: str, most: int) -> None:
    case = drawn(inside)
    found, calls = calls_of(lambda: diagram.draw(case))
    assert diagram.overlaps(found) == []
    assert len(found.drawing.boxes) == len(case.items)
    assert calls < most
    assert diagram.draw(case).drawing == found.drawing


@pytest.mark.parametrize("seed", range(40))
def test_no_model_out_of_a_hat_is_drawn_with_a_fault(seed: int) -> None:
    case = make_program(Random(seed)).definition
    found = diagram.draw(case)
    assert diagram.overlaps(found) == []
    assert {box.number for box in found.drawing.boxes} == {item.number for item in case.items}
