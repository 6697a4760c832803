from cases.cmmn.commands import (
    Complete,
    ForceComplete,
    Proceed,
    ReactivateCase,
    SetVariables,
    Terminate,
    TerminateCase,
)
from cases.cmmn.controlmodel import Action, ReactivationRule, Value
from cases.cmmn.effects import HumanTaskClosed, HumanTaskOpened, WorkCancelled, WorkOpened
from cases.cmmn.profile import FLOWABLE
from cases.feel import parse
from tests.builders import (
    defining,
    expression_task,
    having,
    human_task,
    listener,
    milestone,
    on,
    program,
    stage,
    task,
    when,
)
from tests.unit.cases.cmmn.story import Story


def of(story, kind):
    return [effect for effect in story.effects if isinstance(effect, kind)]


def test_a_task_is_offered_with_what_its_model_computes_for_it():
    planned = defining(
        human_task("a"),
        assignee=Value("", parse("who")),
        owner=Value("bob"),
        candidates=Value("ann, chris"),
        description=Value("", parse('"for " + who')),
        category=Value("urgent"),
        due=Value("", parse("day")),
    )
    story = Story(program(planned)).open(who="ann", day="2026-03-05")
    opened = of(story, HumanTaskOpened)[0]
    assert (opened.assignee, opened.owner, opened.candidates) == ("ann", "bob", ("ann", "chris"))
    assert (opened.description, opened.category, opened.due) == ("for ann", "urgent", "2026-03-05")


def test_a_due_day_is_counted_from_its_start_where_the_profile_says_so():
    planned = defining(human_task("a"), due=Value("", parse("day")))
    story = Story(program(planned, profile=FLOWABLE)).open(day="2026-03-05")
    assert of(story, HumanTaskOpened)[0].due == "2026-03-05T00:00:00Z"


def test_the_task_and_who_completed_it_are_kept_in_variables():
    planned = defining(
        human_task("a"), id_variable=Value("task"), completer_variable=Value("", parse('"by" + x'))
    )
    story = Story(program(planned)).open(x="1")
    assert story.file["task"] == f"7.{story.one('a').iid}"
    story.execute(Complete(item=story.one("a").iid, actor="ann"))
    assert story.file["by1"] == "ann"


def test_a_task_that_turns_out_not_to_wait_is_offered_to_nobody():
    story = Story(program(defining(human_task("a"), blocking=parse("wait")), human_task("b"))).open(
        wait=False
    )
    story.has(a="completed")
    assert [one.item for one in of(story, HumanTaskOpened)] == [story.one("b").iid]
    assert of(story, HumanTaskClosed) == []
    story = Story(program(defining(human_task("a"), blocking=parse("wait")))).open(wait=True).has(a="active")


def test_work_of_another_kind_is_opened_with_its_topic_and_fields():
    planned = defining(
        task("a"),
        kind="external-worker",
        topic=Value("", parse('"t" + x')),
        fields=(("n", Value("", parse("1 + 1"))),),
    )
    opened = of(Story(program(planned)).open(x="1"), WorkOpened)[0]
    assert (opened.kind, opened.topic, opened.fields) == ("external-worker", "t1", {"n": 2})


def test_an_expression_is_work_that_is_done_at_once_and_leaves_its_value():
    story = Story(
        program(
            expression_task("a", Action((), parse("x + 1")), result_variable=Value("y")),
            expression_task("b", Action((), parse("true")), result_variable=Value("seen"), is_transient=True),
            milestone("m", entry=[when(on("b", "complete"), condition="seen = true")]),
            human_task("c"),
        )
    ).open(x=1)
    story.has(a="completed", b="completed", m="completed")
    assert story.file["y"] == 2
    assert "seen" not in story.file


def test_an_item_that_begins_asynchronously_is_active_and_waits_for_its_job():
    story = Story(program(having(human_task("a"), is_async=True))).open().has(a="active")
    assert of(story, HumanTaskOpened) == []
    assert [one.kind for one in of(story, WorkOpened)] == ["async"]
    assert story.refused(Complete(item=story.one("a").iid)) == "E-STATE"
    story.execute(Proceed(item=story.one("a").iid))
    assert len(of(story, HumanTaskOpened)) == 1
    assert story.execute(Proceed(item=story.one("a").iid)).events == []
    story.complete("a").has(a="completed")


def test_an_item_that_leaves_asynchronously_has_written_what_it_writes():
    story = Story(program(having(human_task("a"), leaves_async=True))).open()
    story.complete("a", x=1).has(a="active")
    assert story.file["a"] == {"x": 1}
    assert len(of(story, HumanTaskClosed)) == 1
    story.execute(Proceed(item=story.one("a").iid)).has(a="completed")


def test_the_job_of_an_item_that_ends_before_it_runs_is_cancelled():
    story = Story(program(having(human_task("a"), is_async=True), human_task("b"))).open()
    story.execute(Terminate(item=story.one("a").iid)).has(a="terminated")
    assert len(of(story, WorkCancelled)) == 1
    assert of(story, HumanTaskClosed) == []


def test_a_stage_is_completed_by_force_with_all_that_lives_in_it():
    story = Story(program(stage("s", human_task("a", required=True)), human_task("b"))).open()
    story.execute(ForceComplete(item=story.one("s").iid)).has(s="completed", a="terminated")
    assert story.refused(ForceComplete(item=story.one("b").iid)) == "E-STATE"


def test_a_listener_brings_an_ended_case_back_by_its_rules():
    yes, no = ReactivationRule(activate=parse("true")), ReactivationRule(default=parse("again = true"))
    story = Story(
        program(
            having(human_task("a"), reactivation_rule=yes),
            having(human_task("b"), reactivation_rule=no),
            listener("back", "reactivate", reactivation=ReactivationRule(ignore=parse("true"))),
            having(human_task("c", entry=[when(on("back", "occur"))])),
            human_task("d"),
            profile=FLOWABLE,
        )
    ).open()
    story.has(back="unavailable")
    story.complete("a").complete("b").complete("d")
    story.execute(TerminateCase())
    story.execute(ReactivateCase(vars={"again": False}))
    assert story.states("a")[-1] == "active"
    assert len(story.instances("b")) == 1
    assert story.states("c")[-1] == "active"
    assert len(story.instances("d")) == 1
    assert story.states("back")[-1] == "completed"
    story.execute(SetVariables(values={"x": 1}))
    assert story.case.case_state.word == "Active"
