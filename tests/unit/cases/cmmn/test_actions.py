from dataclasses import replace

from cases.cmmn.commands import Complete, DeleteCase, ManualStart, Note, StartCase, TerminateCase
from cases.cmmn.controlmodel import Action, Assignment, LifecycleListener, Scope, Value
from cases.cmmn.events import IncidentRaised
from cases.cmmn.lifecycle import State
from cases.cmmn.profile import FLOWABLE, STRICT
from cases.cmmn.workmodel import TaskListener
from cases.feel import parse
from tests.builders import defining, having, human_task, milestone, on, program, stage, when
from tests.unit.cases.cmmn.story import Story


def sets(name, value, scope=Scope.NEAREST):
    return Action((Assignment(scope, parse(f'"{name}"'), None if value is None else parse(value)),))


def hears(source, target, action):
    return (LifecycleListener(source, target, action),)


def test_a_listener_acts_when_its_item_goes_from_one_state_to_the_other():
    count = sets("n", "if n = null then 1 else n + 1")
    story = Story(
        program(having(human_task("a", manual=True), listeners=hears(State.ENABLED, State.ACTIVE, count)))
    )
    story.open()
    assert story.file == {}
    story.execute(ManualStart(item=story.one("a").iid))
    assert story.file["n"] == 1
    story.complete("a")
    assert story.file["n"] == 1


def test_a_listener_to_any_state_hears_the_beginning_too():
    story = Story(
        program(having(human_task("a"), listeners=hears(None, State.AVAILABLE, sets("born", "item.name"))))
    )
    assert story.open().file["born"] == "a"


def test_what_a_listener_writes_is_heard_when_the_wave_is_over():
    story = Story(
        program(
            having(human_task("a"), listeners=hears(None, State.COMPLETED, sets("done", "true"))),
            milestone("m", entry=[when(condition="done = true")]),
            human_task("b"),
        )
    ).open()
    story.complete("a").has(m="completed")


def test_a_listener_of_the_case_hears_its_start_and_its_end():
    model = program(human_task("a"))
    listeners = (
        *hears(None, State.ACTIVE, sets("begun", "true")),
        *hears(State.ACTIVE, State.TERMINATED, sets("over", "true")),
    )
    story = Story(replace(model, definition=replace(model.definition, listeners=listeners))).open()
    assert story.file == {"begun": True}
    story.execute(TerminateCase())
    assert story.file == {"begun": True, "over": True}


def test_a_case_that_is_deleted_is_told_to_no_listener():
    model = program(having(human_task("a"), listeners=hears(None, State.TERMINATED, sets("over", "true"))))
    listeners = hears(None, State.TERMINATED, sets("over", "true"))
    story = Story(replace(model, definition=replace(model.definition, listeners=listeners))).open()
    story.execute(DeleteCase(reason="tidy"))
    assert story.file == {}
    assert story.case.case_state is State.TERMINATED
    assert story.refused(TerminateCase()) == "E-STATE"


def test_an_action_writes_where_its_scope_says():
    actions = [
        sets("here", "1", Scope.LOCAL),
        sets("there", "2", Scope.CASE),
        sets("now", "3", Scope.TRANSIENT),
        sets("seen", "now", Scope.CASE),
    ]
    listeners = tuple(LifecycleListener(None, State.ACTIVE, one) for one in actions)
    story = Story(program(stage("s", having(human_task("a"), listeners=listeners)))).open()
    assert story.one("a").local == {"here": 1}
    assert story.file == {"there": 2, "seen": 3}


def test_an_action_removes_what_it_names_and_minds_nothing_that_is_not_there():
    actions = [
        sets("x", None),
        sets("y", None, Scope.CASE),
        sets("z", None, Scope.LOCAL),
        sets("t", None, Scope.TRANSIENT),
    ]
    listeners = tuple(LifecycleListener(None, State.ACTIVE, one) for one in actions)
    story = Story(program(having(human_task("a"), listeners=listeners))).open(x=1)
    assert story.file == {}


def test_an_action_that_cannot_be_computed_leaves_an_incident_and_its_item_goes_on():
    nameless = Action((Assignment(Scope.CASE, parse("1 + 1"), parse("1")),))
    story = Story(program(having(human_task("a"), listeners=hears(None, State.ACTIVE, nameless)))).open()
    story.has(a="active")
    assert [event.code for event in story.events if isinstance(event, IncidentRaised)] == ["listener"]


def test_listeners_of_a_task_hear_it_made_given_and_done():
    def told(event):
        return TaskListener(event, sets(event, "turn.user"))

    listeners = (told("create"), told("assignment"), told("complete"))
    story = Story(program(defining(human_task("a"), listeners=listeners), human_task("b")))
    story.execute(StartCase(actor="ann"))
    assert story.file == {"create": "ann"}
    story.execute(Note("claimed", {"item": story.one("a").iid, "user": "bob"}, actor="bob"))
    assert story.file["assignment"] == "bob"
    story.execute(Complete(item=story.one("a").iid, actor="bob"))
    assert story.file["complete"] == "bob"


def test_a_task_that_begins_with_an_assignee_is_heard_as_assigned():
    listeners = (TaskListener("assignment", sets("given", "true")),)
    story = Story(program(defining(human_task("a"), listeners=listeners, assignee=Value("ann"))))
    assert story.open().file == {"given": True}


def test_what_an_action_started_runs_after_the_transition_it_follows():
    story = Story(
        program(
            having(
                human_task("a"),
                listeners=hears(None, State.ACTIVE, sets("n", 'count(turn.items[state = "active"])')),
            ),
            human_task("b", entry=[when(on("a", "start"))]),
        )
    ).open()
    assert story.file["n"] == 1


def test_a_listener_that_reads_what_is_not_there_refuses_the_command_where_the_profile_says_so():
    action = Action((), parse("missing != 2"))
    asking = Action((), parse("get or else(missing, 1)"))
    for profile, one, code in (
        (FLOWABLE, action, "E-STATE"),
        (FLOWABLE, asking, "accepted"),
        (STRICT, action, "accepted"),
    ):
        planned = having(human_task("a"), listeners=hears(None, State.COMPLETED, one))
        story = Story(program(planned, human_task("b"), profile=profile)).open()
        assert story.refused(Complete(item=story.one("a").iid)) == code
