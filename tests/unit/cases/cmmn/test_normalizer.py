"""What other tools write loosely is put right before the schema is asked, and the report says what."""

import pytest

from cases import xmldoc
from cases.cmmn import reader
from cases.cmmn.reader import Model
from cases.errors import Invalid

NAMESPACES = (
    'xmlns="http://www.omg.org/spec/CMMN/20151109/MODEL" xmlns:flowable="http://flowable.org/cmmn"'
    ' xmlns:other="urn:other" targetNamespace="https://example.org"'
)


def model(plan: str, namespaces: str = NAMESPACES, before: str = "") -> Model:
    inner = f'<case id="c">{before}<casePlanModel id="p">{plan}</casePlanModel></case>'
    return reader.read(f"<definitions {namespaces}>{inner}</definitions>".encode())


def codes(read: Model) -> set[str]:
    return {one.code for one in read.remarks}


def test_children_are_put_in_order() -> None:
    read = model(
        '<humanTask id="T"/><sentry id="s"><ifPart><condition>true</condition></ifPart></sentry>'
        '<planItem id="A" definitionRef="T"><exitCriterion id="x" sentryRef="s"/>'
        "<itemControl><manualActivationRule/><repetitionRule/></itemControl></planItem>"
    )
    item = read.cases["c"].item("A")
    assert (item.manual is not None, item.repetition is not None, len(item.exit)) == (True, True, 1)
    assert [one.element for one in read.remarks if one.code == "V-03"] == ["p", "A", "A.itemControl.1"]


def test_elements_of_cmmn_may_stand_in_another_namespace_or_none() -> None:
    read = model('<flowable:planItem id="A" definitionRef="T"/><humanTask xmlns="" id="T"/>')
    assert [item.id for item in read.cases["c"].items] == ["p", "A"]
    assert "I-05" in codes(read)


def test_a_whole_document_may_have_no_namespace() -> None:
    read = model('<planItem id="A" definitionRef="T"/><humanTask id="T"/>', 'targetNamespace="x"')
    assert [item.id for item in read.cases["c"].items] == ["p", "A"]


def test_attributes_of_cmmn_may_stand_in_another_namespace() -> None:
    read = model(
        '<planItem id="A" flowable:definitionRef="T"><entryCriterion flowable:sentryRef="s"/></planItem>'
        '<sentry id="s"><ifPart><condition>${a}</condition></ifPart></sentry>'
        '<task id="T" flowable:isBlocking="false"/>'
    )
    item = read.cases["c"].item("A")
    assert item.entry[0].sentry.id == "s"
    assert item.definition.is_blocking is False  # type: ignore[union-attr]  # it is a task


def test_attributes_of_another_engine_may_have_no_namespace() -> None:
    task = model('<planItem id="A" definitionRef="T"/><humanTask id="T" assignee="kim"/>')
    assert task.cases["c"].item("A").definition.assignee.text == "kim"  # type: ignore[union-attr]
    with pytest.raises(Invalid, match="V-01"):
        model(
            '<planItem id="A" definitionRef="T"/><humanTask id="T" assignee="kim"/>',
            'xmlns="http://www.omg.org/spec/CMMN/20151109/MODEL" targetNamespace="x"',
        )


def test_what_is_foreign_is_kept_where_the_schema_has_a_place() -> None:
    read = model(
        '<planItem id="A" definitionRef="T" other:size="3"/><humanTask id="T"><other:note>Hi</other:note>'
        "<extensionElements><bare/></extensionElements><extensionElements><other:more/></extensionElements></humanTask>"
    )
    document = xmldoc.parse(read.document)
    task = next(one for one in document.iter() if one.get("id") == "T")
    (holder,) = xmldoc.children(task, "extensionElements")
    assert {xmldoc.local_name(one) for one in xmldoc.children(holder)} == {"note", "bare", "more"}
    assert [one.element for one in read.remarks if "size" in one.message] == ["A"]
    assert {one.code for one in read.remarks} >= {"V-61", "I-05"}


def test_ids_follow_from_the_place_of_an_element() -> None:
    text = (
        '<planItem definitionRef="T"><entryCriterion sentryRef="s"/>'
        '<entryCriterion sentryRef="s"/></planItem>'
        '<sentry id="s"><ifPart><condition>${a}</condition></ifPart></sentry><humanTask id="T"/>'
    )
    first, again = model(text).cases["c"], model(text.replace("><", ">\n<")).cases["c"]
    assert [item.id for item in first.items] == ["p", "p.planItem.1"]
    assert [one.id for one in first.criteria] == [
        "p.planItem.1.entryCriterion.1",
        "p.planItem.1.entryCriterion.2",
    ]
    assert [one.id for one in again.criteria] == [one.id for one in first.criteria]


def test_a_given_id_is_never_taken_twice() -> None:
    case = model(
        '<planItem id="p.planItem.2" definitionRef="T"/><planItem definitionRef="T"/><humanTask id="T"/>'
    ).cases["c"]
    assert [item.id for item in case.items] == ["p", "p.planItem.2", "p.planItem.2_"]


def test_a_prefix_that_means_nothing_is_left_out() -> None:
    read = reader.read(
        f'<definitions {NAMESPACES}><caseFileItemDefinition id="doc" definitionType="urn:t"/><case id="c">'
        '<caseFileModel><caseFileItem id="f" name="f" definitionRef="ns:doc"/></caseFileModel>'
        '<casePlanModel id="p"><planItem id="A" definitionRef="T"/><humanTask id="T"/></casePlanModel>'
        "</case></definitions>".encode()
    )
    assert read.cases["c"].file.roots[0].definition_type == "urn:t"


def test_reading_what_was_put_right_puts_nothing_right_again() -> None:
    read = model(
        '<humanTask id="T" assignee="kim"/><planItem flowable:definitionRef="T"><itemControl>'
        "<manualActivationRule/><requiredRule/></itemControl></planItem>"
    )
    again = reader.read(read.document)
    assert not [one for one in again.remarks if one.kind == "upgraded"]
    assert [repr(item) for item in again.cases["c"].items] != []
    assert [item.id for item in again.cases["c"].items] == [item.id for item in read.cases["c"].items]
    assert again.document == read.document


def test_extension_elements_of_another_namespace_are_foreign_too() -> None:
    read = model(
        '<planItem id="A" definitionRef="T"/><humanTask id="T"><other:extensionElements><other:note/>'
        "</other:extensionElements></humanTask>"
    )
    assert b"note" in read.document
