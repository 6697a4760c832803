"""Any plan is drawn: nothing covers its neighbour, containers hold theirs, each criterion has a diamond."""

from hypothesis import given, settings
from hypothesis import strategies as st

from cases.cmmn import layout, reader
from cases.cmmn.metamodel import CaseDefinition

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


@settings(max_examples=60, deadline=None)
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


@settings(max_examples=30, deadline=None)
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
        assert abs(end[0] - mark.x) <= layout.DIAMOND_W / 2 + 0.01
        assert abs(end[1] - mark.y) <= layout.DIAMOND_H / 2 + 0.01
        assert all(0 <= x <= drawing.width and 0 <= y <= drawing.height for x, y in route.points)


def test_a_folded_stage_speaks_for_what_it_holds() -> None:
    case = model([(0, 1)], 3, 3)
    open_, folded = layout.layout(case), layout.layout(case, [1])
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
