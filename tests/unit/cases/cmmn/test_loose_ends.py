"""What exporters leave out or write their own way is mended with a remark; shapes do not refuse a model."""

from cases.cmmn import reader

CMMN = "http://www.omg.org/spec/CMMN/20151109/MODEL"
DI = "http://www.omg.org/spec/CMMN/20151109/CMMNDI"
DC = "http://www.omg.org/spec/CMMN/20151109/DC"


def document(inside: str, about: str = 'targetNamespace="urn:t"', shapes: str = "") -> bytes:
    drawn = f'<di:CMMNDI><di:CMMNDiagram id="D">{shapes}</di:CMMNDiagram></di:CMMNDI>' if shapes else ""
    return (
        f'<definitions xmlns="{CMMN}" xmlns:di="{DI}" xmlns:dc="{DC}" xmlns:t="urn:t" {about}>'
        f'<case id="c"><casePlanModel id="p" name="P">{inside}</casePlanModel></case>{drawn}</definitions>'
    ).encode()


def shape(of: str, **bounds: str) -> str:
    sizes = {"x": "10", "y": "10", "width": "100", "height": "80"} | bounds
    numbers = " ".join(f'{name}="{value}"' for name, value in sizes.items())
    return f'<di:CMMNShape id="s.{of}" cmmnElementRef="{of}"><dc:Bounds {numbers}/></di:CMMNShape>'


ONE_TASK = '<planItem id="a" definitionRef="h"/><humanTask id="h" name="H"/>'


def told(read: reader.Model) -> list[str]:
    return [remark.message for remark in read.remarks if remark.code == "I-05"]


def test_a_model_without_a_target_namespace_is_given_one() -> None:
    assert told(reader.read(document(ONE_TASK, about=""))) == [
        "definitions names no targetNamespace: it is given one"
    ]


def test_an_expression_may_stand_in_an_element_of_its_own() -> None:
    inside = (
        '<planItem id="a" definitionRef="h"><itemControl><manualActivationRule>'
        "<condition><text>${x == 1}</text></condition></manualActivationRule></itemControl></planItem>"
        '<humanTask id="h" name="H"/>'
    )
    read = reader.read(document(inside))
    rule = read.cases["c"].items[1].manual
    assert rule is not None
    assert rule.condition is not None
    assert rule.condition.evaluate({"x": 1}) is True
    assert told(read) == ["the text of condition is taken out of <text>"]


def test_a_prefix_of_the_models_own_namespace_is_left_out_where_an_id_is_meant() -> None:
    read = reader.read(document(ONE_TASK.replace('definitionRef="h"', 'definitionRef="t:h"')))
    assert read.cases["c"].items[1].definition.id == "h"


def test_a_shape_without_a_label_is_given_an_empty_one() -> None:
    assert told(reader.read(document(ONE_TASK, shapes=shape("a")))) == [
        "the shape s.a is given an empty label"
    ]


def test_a_shape_without_a_size_is_placed_anew() -> None:
    for width in ("NaN", "-5", "wide"):
        read = reader.read(document(ONE_TASK, shapes=shape("a", width=width)))
        assert told(read) == ["the shape s.a has no size: it is placed anew"]
