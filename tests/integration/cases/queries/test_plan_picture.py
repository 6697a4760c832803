"""The picture of a plan is its author's where it can be read, with tables and ties of what may be planned."""

from collections.abc import Iterator

import pytest

from app.database import scratches
from cases.cmmn.commands import Plan, StartCase
from cases.policy.access import SYSTEM
from cases.queries import plan_picture, sight
from cases.queries.plan_picture import Picture
from cases.scenarios.world import World

MODEL = """<definitions xmlns="http://www.omg.org/spec/CMMN/20151109/MODEL" id="d" targetNamespace="urn:x"
 xmlns:cmmndi="http://www.omg.org/spec/CMMN/20151109/CMMNDI" xmlns:dc="http://www.omg.org/spec/CMMN/20151109/DC">
<case id="c" name="Case"><casePlanModel id="plan" name="Plan">
<planItem id="A" definitionRef="a"/>
<humanTask id="a" name="First">
<planningTable id="pt"><discretionaryItem id="B" definitionRef="b"/></planningTable>
</humanTask><humanTask id="b" name="Second"/></casePlanModel></case>
<cmmndi:CMMNDI><cmmndi:CMMNDiagram>{shapes}</cmmndi:CMMNDiagram></cmmndi:CMMNDI></definitions>"""
SHAPE = (
    '<cmmndi:CMMNShape id="s_{0}" cmmnElementRef="{0}"><dc:Bounds x="{1}" y="{2}" width="{3}" height="{4}"/>'
    "<cmmndi:CMMNLabel/></cmmndi:CMMNShape>"
)
PLACES = {"plan": (10, 10, 900, 500), "A": (70, 90, 160, 60), "B": (600, 333, 160, 60)}


def model(**moved: tuple[int, int, int, int]) -> bytes:
    places = {**PLACES, **moved}
    return MODEL.format(shapes="".join(SHAPE.format(id_, *box) for id_, box in places.items())).encode()


@pytest.fixture
def world() -> Iterator[World]:
    with scratches() as fresh, fresh() as store:
        yield World(
            store=store, find=lambda path: model() if path == "drawn.cmmn" else model(B=(80, 95, 160, 60))
        )


def planned(world: World, path: str) -> Picture:
    """The whole picture of a case in which the second task was planned from the first."""
    world.deploy([path])
    case = world.open("c", StartCase())
    first = next(item for item in world.instance(case).items() if item.number == 1)
    world.execute(case, Plan(first.iid, "B"), SYSTEM)
    return world.look(lambda session: plan_picture.whole(sight.of_id(session, case, SYSTEM)))


def test_an_author_s_drawing_is_what_one_sees(world: World) -> None:
    picture = planned(world, "drawn.cmmn")
    places = {
        shape.node.id: (shape.x - picture.frame.x, shape.y - picture.frame.y) for shape in picture.shapes
    }
    assert places == {"A": (60.0, 80.0), "B": (590.0, 323.0)}
    assert {shape.node.id for shape in picture.shapes if shape.has_table} == {"A"}
    assert [line.is_tie for line in picture.lines] == [True]


def test_a_drawing_that_overlaps_is_laid_out_anew(world: World) -> None:
    first, second = planned(world, "overlapping.cmmn").shapes
    assert first.x + first.width <= second.x or first.y + first.height <= second.y
