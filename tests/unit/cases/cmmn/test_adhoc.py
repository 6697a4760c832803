from cases.cmmn import instance
from cases.cmmn.commands import AddAdHoc, Complete
from cases.cmmn.effects import ChildOpened, HumanTaskOpened
from tests.builders import human_task, program, stage
from tests.unit.cases.cmmn.story import Story


def unforeseen(kind="humanTask", item=0, name="Call back", **given):
    return AddAdHoc(item=item, kind=kind, name=name, **given)


def test_what_no_model_foresaw_is_opened_holds_its_container_and_is_done_like_any_other_work():
    story = Story(program(human_task("a"))).open()
    story.execute(unforeseen(description="ask for the bill"))
    opened = next(one for one in story.effects if isinstance(one, HumanTaskOpened))
    assert (opened.name, opened.description) == ("Call back", "ask for the bill")
    story.complete("a")
    assert story.case.case_state.word == "Active"
    story.execute(Complete(item=opened.item))
    assert story.case.case_state.word == "Completed"


def test_a_stage_that_was_added_takes_work_that_is_added_to_it():
    story = Story(program(stage("s", human_task("a")))).open()
    story.execute(
        unforeseen(
            "stage",
            story.one("s").iid,
            "Extra",
        )
    )
    assert story.states("s") == ["active"]


def test_a_case_task_that_was_added_calls_its_case():
    story = Story(program(human_task("a"))).open()
    story.execute(unforeseen("caseTask", case="recovery"))
    assert [one.case for one in story.effects if isinstance(one, ChildOpened)] == ["recovery"]


def test_what_cannot_be_added_is_refused():
    story = Story(program(human_task("a"), stage("s", human_task("b"), manual=True))).open()
    assert story.refused(unforeseen("milestone")) == "E-ARGUMENT"
    assert story.refused(unforeseen(name="")) == "E-ARGUMENT"
    assert story.refused(unforeseen("caseTask")) == "E-ARGUMENT"
    assert story.refused(unforeseen(performer="nobody")) == "E-UNKNOWN"
    assert story.refused(unforeseen(item=story.one("s").iid)) == "E-STATE"
    assert story.refused(unforeseen(item=story.one("a").iid)) == "E-STATE"


def test_a_case_is_loaded_with_what_was_added_and_its_model_stays_as_it_was():
    model = program(human_task("a"))
    story = Story(model).open().execute(unforeseen()).execute(unforeseen(name="Write"))
    loaded = instance.CaseInstance(model, story.case.state)
    assert [loaded.name_of(item.iid) for item in loaded.items()][1:] == ["a", "Call back", "Write"]
    assert len(model.definition.items) == 2
