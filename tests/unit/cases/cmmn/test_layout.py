"""Any plan is drawn: nothing covers its neighbour, containers hold theirs, each criterion has a diamond."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from cases.cmmn import layout, lettering, placing, reader, routing
from cases.cmmn.drawing import Link, View
from cases.cmmn.metamodel import CaseDefinition
from tests.examples import examples

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/CMMN/20151109/MODEL" id="d" targetNamespace="https://e.org">'
    '<case id="c"><casePlanModel id="plan" name="Plan">'
)


def model(links: list[tuple[int, int]], count: int, stage_every: int) -> CaseDefinition:
    """So many items in the plan, some of them stages with two tasks; a link is an entry criterion."""
    items, sentries, definitions = [], [], []
    for number in range(count):
        criteria = "".join(
            f'<entryCriterion id="c{number}.{place}" sentryRef="s{number}.{place}"/>'
            for place, (source, target) in enumerate(links)
            if target == number and source != number
        )
        items.append(
            f'<planItem id="i{number}" name="Item {number}" definitionRef="d{number}">{criteria}</planItem>'
        )
        sentries += [
            f'<sentry id="s{number}.{place}"><planItemOnPart id="o{number}.{place}" sourceRef="i{source}">'
            "<standardEvent>complete</standardEvent></planItemOnPart></sentry>"
            for place, (source, target) in enumerate(links)
            if target == number and source != number
        ]
        definitions.append(
            f'<stage id="d{number}"><planItem id="a{number}" definitionRef="t{number}"/>'
            f'<planItem id="b{number}" definitionRef="t{number}"/><humanTask id="t{number}"/></stage>'
            if number % stage_every == 0
            else f'<humanTask id="d{number}"/>'
        )
    text = (
        HEAD
        + "".join(items)
        + "".join(sentries)
        + "".join(definitions)
        + "</casePlanModel></case></definitions>"
    )
    return reader.read(text.encode()).cases["c"]


links = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=14)


@settings(max_examples=examples(60), deadline=None)
@given(links, st.integers(1, 4))
def test_boxes_beside_each_other_never_overlap_and_stay_inside_their_container(
    arrows: list[tuple[int, int]], stage_every: int
) -> None:
    case = model(arrows, 10, stage_every)
    drawing = layout.layout(case)
    boxes = {box.number: box for box in drawing.boxes}
    assert set(boxes) == {item.number for item in case.items}
    for one in drawing.boxes:
        stage = case.items[one.number].stage
        if stage >= 0:
            outer = boxes[stage]
            assert outer.x < one.x
            assert one.x + one.width < outer.x + outer.width
            assert outer.y < one.y
            assert one.y + one.height < outer.y + outer.height
        for other in drawing.boxes:
            if other.number <= one.number or case.items[other.number].stage != stage:
                continue
            apart = (
                one.x + one.width <= other.x
                or other.x + other.width <= one.x
                or one.y + one.height <= other.y
                or other.y + other.height <= one.y
            )
            assert apart, (one, other)


@settings(max_examples=examples(30), deadline=None)
@given(links)
def test_every_criterion_has_a_diamond_and_every_on_part_a_route_that_ends_there(
    arrows: list[tuple[int, int]],
) -> None:
    case = model(arrows, 10, 3)
    drawing = layout.layout(case)
    marks = {mark.criterion: mark for mark in drawing.marks}
    assert set(marks) == {criterion.number for criterion in case.criteria}
    for route in drawing.routes:
        end, mark = route.points[-1], marks[route.criterion]
        assert abs(end[0] - mark.x) <= placing.DIAMOND_W / 2 + 0.01
        assert abs(end[1] - mark.y) <= placing.DIAMOND_H / 2 + 0.01
        assert all(0 <= x <= drawing.width and 0 <= y <= drawing.height for x, y in route.points)


@settings(max_examples=examples(40), deadline=None)
@given(links)
def test_no_line_runs_through_a_box_that_holds_neither_of_its_ends(arrows: list[tuple[int, int]]) -> None:
    case = model(arrows, 10, 3)
    drawing = layout.layout(case)
    boxes = {box.number: box for box in drawing.boxes}
    for route in drawing.routes:
        target = case.criteria[route.criterion].owner
        holders = holders_of(case, route.source) | holders_of(case, target)
        for box in drawing.boxes:
            if box.number in holders or holders_of(case, box.number) & {route.source, target}:
                continue
            rect = routing.Rect(box.x, box.y, box.x + box.width, box.y + box.height)
            assert not routing.passes(route.points, rect), (route, boxes[box.number])


@settings(max_examples=examples(40), deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=5, unique=True))
def test_lines_of_different_ends_never_run_along_one_another(arrows: list[tuple[int, int]]) -> None:
    drawing = layout.layout(model(arrows, 6, 9))
    for place, one in enumerate(drawing.routes):
        for other in drawing.routes[place + 1 :]:
            if one.source != other.source and one.criterion != other.criterion:
                assert not along(one.points, other.points), (one, other)


def holders_of(case: CaseDefinition, number: int) -> set[int]:
    found = set()
    while number >= 0:
        found.add(number)
        number = case.items[number].stage
    return found


def along(one: tuple[routing.Point, ...], other: tuple[routing.Point, ...]) -> bool:
    """Whether two lines share a way, and not only a point."""
    for (x0, y0), (x1, y1) in pairwise(one):
        for (u0, v0), (u1, v1) in pairwise(other):
            if x0 == x1 == u0 == u1 and max(min(y0, y1), min(v0, v1)) < min(max(y0, y1), max(v0, v1)):
                return True
            if y0 == y1 == v0 == v1 and max(min(x0, x1), min(u0, u1)) < min(max(x0, x1), max(u0, u1)):
                return True
    return False


def test_a_view_draws_only_its_lines_and_the_diamonds_that_have_one() -> None:
    case = model([(0, 1), (1, 2), (0, 2)], 3, 9)
    first, second, third = (case.by_id[f"i{number}"] for number in range(3))
    only = Link(second, third, case.items[third].entry[0].number)
    drawing = layout.layout(case, View(hidden=frozenset({first}), links=(only,)))
    assert first not in {box.number for box in drawing.boxes}
    assert [(route.source, route.criterion) for route in drawing.routes] == [(second, only.criterion)]
    assert [mark.criterion for mark in drawing.marks] == [only.criterion]


def test_a_box_is_as_wide_as_its_name() -> None:
    assert lettering.width("WWWW", 12.5) > lettering.width("iiii", 12.5) * 2
    name = "Assess the damage and the liability"
    assert lettering.fit(name, 12.5, 400.0) == name
    short = lettering.fit(name, 12.5, 120.0)
    assert short.endswith("\N{HORIZONTAL ELLIPSIS}")
    assert lettering.width(short, 12.5) <= 120.0
    assert lettering.lines("Claimant withdraws", 11.0, 80.0) == ("Claimant", "withdraws")


def test_a_folded_stage_speaks_for_what_it_holds() -> None:
    case = model([(0, 1)], 3, 3)
    open_, folded = layout.layout(case), layout.layout(case, View(folded=frozenset({1})))
    assert [box.number for box in folded.boxes] == [0, 1, 4, 5]
    assert folded.boxes[1].is_folded
    assert folded.width < open_.width
    assert [(route.source, route.criterion) for route in folded.routes] == [(1, 0)]


def test_an_item_waits_to_the_right_of_what_it_waits_for() -> None:
    case = model([(1, 2), (2, 4)], 5, 9)
    boxes = {box.number: box for box in layout.layout(case).boxes}
    first, second, third = (boxes[case.by_id[id_]] for id_ in ("i1", "i2", "i4"))
    assert first.x + first.width < second.x
    assert second.x + second.width < third.x


def test_the_drawing_of_a_model_is_always_the_same() -> None:
    case = model([(1, 2), (3, 2), (2, 4), (4, 1)], 6, 4)
    assert layout.layout(case) == layout.layout(case)
