import pytest

from cases.cmmn.commands import Note, WriteFile
from cases.cmmn.events import FileTransitioned
from cases.cmmn.metamodel import Program
from tests.builders import case, file_item, human_task, program, work
from tests.unit.cases.cmmn.story import Story


def claims():
    file = [
        file_item("claim", file_item("document", file_item("note"), many=True), file_item("payout")),
        file_item("ticket", many=True),
        file_item("reader"),
    ]
    return Story(Program(case(human_task("keep"), file=file))).open()


def raised(story):
    return [
        ("/".join(event.path), event.transition.value)
        for event in story.events
        if isinstance(event, FileTransitioned)
    ]


def test_an_item_is_created_before_its_children_and_initial_children_are_not_added():
    story = claims().write("claim", {"amount": 1, "document": [{"t": "a"}, {"t": "b", "note": {}}]}, "create")
    assert raised(story) == [
        ("claim", "create"),
        ("claim/document/[0]", "create"),
        ("claim/document/[1]", "create"),
        ("claim/document/[1]/note", "create"),
    ]


def test_a_child_that_is_added_is_created_and_its_parent_hears_of_it():
    story = claims().write("claim", {}, "create").write("claim.document", {"t": "a"}, "create")
    assert raised(story) == [("claim/document/[0]", "create"), ("claim", "addChild")]
    assert story.file == {"claim": {"document": [{"t": "a"}]}}


def test_a_single_item_is_created_once_and_a_collection_grows():
    story = claims().write("claim", {}, "create").write("ticket", {"id": 1}, "create")
    assert story.refused(WriteFile(path=("claim",), value={}, mode="create")) == "E-STATE"
    story.write("ticket", {"id": 2}, "create").write("ticket", {"id": 3}, "append")
    assert story.file["ticket"] == [{"id": 1}, {"id": 2}, {"id": 3}]
    assert raised(story) == [("ticket/[2]", "create")]


def test_replace_tells_what_vanished_what_is_new_and_what_changed():
    story = claims().write("claim", {"document": [{"t": 1}, {"t": 2}], "payout": {"sum": 1}}, "create")
    story.write("claim", {"document": [{"t": 9}], "x": 1})
    assert raised(story) == [
        ("claim/payout", "delete"),
        ("claim/document/[1]", "delete"),
        ("claim/document/[0]", "replace"),
        ("claim", "replace"),
        ("claim", "removeChild"),
        ("claim", "removeChild"),
    ]


def test_update_raises_only_where_something_is_different():
    story = claims().write("claim", {"amount": 1, "payout": {"sum": 3}}, "create")
    assert raised(story.write("claim", {"payout": {"sum": 4}}, "update")) == [("claim/payout", "update")]
    assert story.file["claim"] == {"amount": 1, "payout": {"sum": 4}}
    both = story.write("claim", {"amount": 2, "payout": {"sum": 5}}, "update")
    assert raised(both) == [("claim/payout", "update"), ("claim", "update")]
    assert raised(story.write("claim", {"amount": 2, "payout": {"sum": 5}}, "update")) == []


def test_an_update_that_names_a_new_child_creates_it():
    story = claims().write("claim", {"amount": 1}, "create").write("claim", {"payout": {"sum": 1}}, "update")
    assert raised(story) == [("claim/payout", "create"), ("claim", "addChild")]


def test_an_update_of_a_list_of_children_goes_element_by_element():
    story = claims().write("claim", {"document": [{"t": 1}, {"t": 2}, {"t": 3}]}, "create")
    story.write("claim", {"document": [{"t": 1}, {"t": 7}]}, "update")
    assert raised(story) == [("claim/document/[2]", "delete"), ("claim/document/[1]", "update")]
    story.write("claim", {"document": [{"t": 1}, {"t": 7}, {"t": 8}]}, "update")
    assert raised(story) == [("claim/document/[2]", "create")]


def test_delete_takes_the_children_first_and_the_path_can_be_created_again():
    story = claims().write("claim", {"document": [{"t": 1}], "payout": {}}, "create")
    story.write("claim", None, "delete")
    assert raised(story) == [
        ("claim/payout", "delete"),
        ("claim/document/[0]", "delete"),
        ("claim", "delete"),
    ]
    assert story.case.state.file.discarded == ["claim.payout", "claim"]
    assert story.refused(WriteFile(path=("claim",), value={}, mode="update")) == "E-STATE"
    assert story.refused(WriteFile(path=("claim",), value=None, mode="delete")) == "E-STATE"
    story.write("claim", {}, "create")
    assert story.case.state.file.discarded == ["claim.payout"]


def test_a_removed_child_is_missed_by_its_parent():
    story = claims().write("claim", {"document": [{"t": 1}, {"t": 2}]}, "create")
    story.execute(WriteFile(path=("claim", "document", "[0]"), value=None, mode="delete"))
    assert raised(story) == [("claim/document/[0]", "delete"), ("claim", "removeChild")]
    assert story.file["claim"] == {"document": [{"t": 2}]}


def test_a_property_belongs_to_the_nearest_item_which_is_updated():
    story = claims().write("claim.amount", 7)
    assert raised(story) == [("claim", "create")]
    story.write("claim.payout.sum", 3)
    assert raised(story) == [("claim/payout", "create")]
    story.write("claim.payout.sum", 4)
    assert raised(story) == [("claim/payout", "update")]
    assert raised(story.write("claim.payout.sum", 4)) == []
    story.write("claim.amount", None, "delete")
    assert raised(story) == [("claim", "update")]
    assert story.file["claim"] == {"payout": {"sum": 4}}


def test_what_nobody_declared_is_a_root_item_of_its_own():
    story = claims().write("x", {"a": 1}).write("x", {"b": 2}, "update").write("x.list", 1, "append")
    assert story.file["x"] == {"a": 1, "b": 2, "list": [1]}
    assert story.refused(WriteFile(path=("x", "a"), value=1, mode="append")) == "E-STATE"
    assert story.refused(WriteFile(path=("x", "a", "b"), value=1)) == "E-ARGUMENT"
    assert story.refused(WriteFile(path=(), value=1)) == "E-ARGUMENT"
    assert story.refused(WriteFile(path=("x",), value=1, mode="smash")) == "E-ARGUMENT"


def test_a_reference_is_given_once_and_goes_with_its_target():
    story = claims().write("claim", {}, "create").write("reader", {}, "create")
    link = WriteFile(path=("claim",), value=("reader",), mode="addReference")
    assert raised(story.execute(link)) == [("claim", "addReference")]
    assert raised(story.execute(link)) == []
    story.write("reader", None, "delete")
    assert raised(story) == [("reader", "delete"), ("claim", "removeReference")]
    assert story.refused(link) == "E-STATE"
    story.write("reader", {}, "create").execute(link)
    story.execute(WriteFile(path=("claim",), value=["reader"], mode="removeReference"))
    assert raised(story) == [("claim", "removeReference")]


@pytest.mark.parametrize(("value", "expected"), [({"b": 2}, "update"), (5, "replace"), (None, "replace")])
def test_a_variable_is_merged_where_both_are_objects_and_else_replaced(value, expected):
    story = Story(program(human_task("keep"))).open(x={"a": 1})
    story.execute(Note(kind="set", writes={"x": value}))
    assert raised(story) == [("x", expected)]


def test_a_child_without_a_parent_is_refused_by_hand():
    story = claims()
    assert story.refused(WriteFile(path=("claim", "payout"), value={}, mode="create")) == "E-STATE"


def test_work_that_writes_a_child_makes_its_parent():
    model = Program(
        case(
            human_task("a", work=work(outputs={"claim.payout": "{sum: 1}"})),
            human_task("keep"),
            file=[file_item("claim", file_item("payout"))],
        )
    )
    story = Story(model).open().complete("a", x=1)
    assert raised(story)[1:] == [("claim", "create"), ("claim/payout", "create"), ("claim", "addChild")]
    assert story.file["claim"] == {"payout": {"sum": 1}}


def test_a_property_that_holds_an_object_is_merged_by_an_update():
    story = (
        claims().write("claim", {"who": {"name": "Ada"}}, "create").write("claim.who", {"age": 36}, "update")
    )
    assert story.file["claim"]["who"] == {"name": "Ada", "age": 36}
    story.write("claim.who", "Bob", "update")
    assert story.file["claim"]["who"] == "Bob"


def test_replace_with_a_new_child_and_an_update_that_is_no_object():
    story = claims().write("claim", {"a": 1}, "create").write("claim", {"payout": {"sum": 1}})
    assert raised(story) == [("claim/payout", "create"), ("claim", "replace"), ("claim", "addChild")]
    story.write("claim", 5, "update")
    assert raised(story) == [("claim", "update")]
    assert raised(story.write("claim", 5, "update")) == []


def test_a_single_value_in_a_collection_counts_as_one_element_and_null_as_none():
    story = claims().write("claim", {"document": {"t": 1}}, "create")
    assert ("claim/document/[0]", "create") in raised(story)
    assert story.file["claim"] == {"document": [{"t": 1}]}
    story = claims().write("claim", {"document": None}, "create")
    assert raised(story) == [("claim", "create")]
    assert story.file["claim"] == {"document": []}
    story = claims().write("ticket", {"id": 1}).write("ticket", {"id": 2})
    assert story.file["ticket"] == [{"id": 2}]


def test_a_place_beyond_the_end_of_a_collection_leads_nowhere():
    story = claims().write("ticket", {}, "create")
    far = WriteFile(path=("ticket", "[5]"), value={}, mode="create")
    assert story.refused(far) == "E-ARGUMENT"
