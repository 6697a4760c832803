from datetime import date
from decimal import Decimal

import pytest

from cases.cmmn.commands import (
    CloseCase,
    Complete,
    CompleteCase,
    Disable,
    ExitFailed,
    Fail,
    FireTimer,
    ManualStart,
    Note,
    OccurListener,
    OccurUser,
    Reactivate,
    Reenable,
    RescheduleTimer,
    Resume,
    ResumeCase,
    StartCase,
    Suspend,
    SuspendCase,
    Terminate,
    TerminateCase,
    WriteFile,
)
from cases.cmmn.events import Noted
from tests.builders import (
    event_listener,
    file_item,
    human_task,
    milestone,
    on,
    program,
    stage,
    task,
    timer,
    user_listener,
    when,
)
from tests.unit.cases.cmmn.story import Story


def every_state():
    story = Story(
        program(
            task("active"),
            task("enabled", manual=True),
            task("disabled", manual=True),
            task("waiting", entry=[when(on("bell", "occur"))]),
            task("failed"),
            task("done"),
            milestone("far", entry=[when(on("bell", "occur"))]),
            timer("some day", "P9D"),
            user_listener("bell"),
            event_listener("post"),
            stage("house", task("inside")),
        )
    ).open()
    story.execute(Disable(item=story.one("disabled").iid))
    story.execute(Fail(item=story.one("failed").iid, code="X", message="why"))
    return story.complete("done")


ITEMS = {
    "active": "active",
    "enabled": "enabled",
    "disabled": "disabled",
    "waiting": "available",
    "failed": "failed",
    "done": "completed",
    "far": "available",
    "some day": "available",
    "bell": "available",
    "post": "available",
    "house": "active",
}
ALLOWED = {
    "complete": {"active"},
    "manual_start": {"enabled"},
    "disable": {"enabled"},
    "reenable": {"disabled"},
    "fail": {"active"},
    "reactivate": {"failed"},
    "give_up": {"failed"},
    "terminate": {"active", "far", "some day", "bell", "post", "house"},
    "suspend": {"active", "far", "some day", "bell", "post", "house"},
    "resume": set(),
    "occur": {"bell"},
    "arrive": {"post"},
    "fire": {"some day"},
    "reschedule": {"some day"},
}
COMMANDS = {
    "complete": lambda item: Complete(item=item),
    "manual_start": lambda item: ManualStart(item=item),
    "disable": lambda item: Disable(item=item),
    "reenable": lambda item: Reenable(item=item),
    "fail": lambda item: Fail(item=item, code="Y"),
    "reactivate": lambda item: Reactivate(item=item),
    "give_up": lambda item: ExitFailed(item=item),
    "terminate": lambda item: Terminate(item=item),
    "suspend": lambda item: Suspend(item=item),
    "resume": lambda item: Resume(item=item),
    "occur": lambda item: OccurUser(item=item),
    "arrive": lambda item: OccurListener(item=item),
    "fire": lambda item: FireTimer(item=item, fire_no=99),
    "reschedule": lambda item: RescheduleTimer(item=item),
}


@pytest.mark.parametrize("verb", COMMANDS)
def test_each_command_is_refused_in_every_state_but_its_own(verb):
    story = every_state().has(**ITEMS)
    accepted = {name for name in ITEMS if story.refused(COMMANDS[verb](story.one(name).iid)) == "accepted"}
    assert accepted == ALLOWED[verb]
    refusals = {story.refused(COMMANDS[verb](story.one(name).iid)) for name in set(ITEMS) - accepted}
    assert refusals == {"E-STATE"}


@pytest.mark.parametrize("verb", COMMANDS)
def test_an_item_that_does_not_exist_is_unknown_and_the_case_is_no_item(verb):
    story = every_state()
    assert {story.refused(COMMANDS[verb](iid)) for iid in (0, -1, 99)} == {"E-UNKNOWN"}


@pytest.mark.parametrize(
    "command", [SuspendCase(), CloseCase(), WriteFile(path=("x",), value=1), Note(kind="x"), Complete(item=1)]
)
def test_before_it_is_started_a_case_only_starts(command):
    story = Story(program(task("a")))
    assert story.refused(command) == "E-STATE"
    assert story.open().refused(StartCase()) == "E-STATE"


CASE_COMMANDS = [SuspendCase(), ResumeCase(), CompleteCase(), TerminateCase(), CloseCase()]


@pytest.mark.parametrize(
    ("state", "allowed"),
    [
        ("active", {SuspendCase, TerminateCase}),
        ("suspended", {ResumeCase, CloseCase}),
        ("completed", {CloseCase}),
        ("terminated", {CloseCase}),
        ("closed", set()),
    ],
)
def test_the_case_itself_moves_only_along_its_table(state, allowed):
    story = Story(program(task("a", required=True))).open()
    match state:
        case "suspended":
            story.execute(SuspendCase())
        case "completed":
            story.complete("a")
        case "terminated":
            story.execute(TerminateCase(reason="withdrawn"))
        case "closed":
            story.complete("a").execute(CloseCase())
    story.has(plan=state)
    assert {type(one) for one in CASE_COMMANDS if story.refused(one) == "accepted"} == allowed


def test_closing_a_suspended_case_ends_all_that_was_left_unheard():
    story = every_state().execute(SuspendCase()).execute(CloseCase())
    assert {story.state(name) for name in set(ITEMS) - {"done"}} == {"terminated"}
    assert story.case.state.seeds == story.case.state.slots == {}
    assert {one[1] for one in story.log()} == {"exit", "parentTerminate"}


def test_a_closed_case_takes_no_data_but_a_remark_is_still_written_down():
    story = Story(program(task("a"))).open().complete("a").write("note", 1)
    story.execute(CloseCase())
    assert story.refused(WriteFile(path=("note",), value=2)) == "E-STATE"
    assert story.refused(Note(kind="lateReply", writes={"x": 1})) == "E-STATE"
    story.execute(Note(kind="lateReply", data={"job": 5}))
    assert [type(event) for event in story.events] == [Noted]


def test_a_listener_is_for_the_roles_that_the_model_names():
    story = Story(
        program(user_listener("escalate", roles=("manager",)), user_listener("help"), task("a"))
    ).open()
    escalate, ask = story.one("escalate").iid, story.one("help").iid
    clerk, nobody, manager = frozenset({"clerk"}), frozenset[str](), frozenset({"manager", "clerk"})
    assert story.refused(OccurUser(item=escalate, roles=clerk)) == "E-FORBIDDEN"
    assert story.refused(OccurUser(item=escalate, roles=nobody)) == "E-FORBIDDEN"
    assert story.refused(OccurUser(item=escalate, roles=manager)) == "accepted"
    assert story.refused(OccurUser(item=escalate)) == "accepted"
    assert story.refused(OccurUser(item=ask, roles=nobody)) == "accepted"


def test_a_note_writes_what_it_brings():
    story = Story(program(task("a"))).open(x={"a": 1})
    story.execute(Note(kind="set", data={"by": "adele"}, writes={"x": {"b": 2}, "y": 3}))
    assert story.file == {"x": {"a": 1, "b": 2}, "y": 3}
    assert [event.data for event in story.events if isinstance(event, Noted)] == [{"by": "adele"}]


def test_values_that_come_with_the_case_are_there_before_any_rule_is_asked_and_are_heard():
    model = program(
        task("screen", entry=[when(on("/claim", "create"))]),
        task("b", required="claim.amount > 5"),
        human_task("keep"),
        file=[file_item("claim")],
    )
    story = Story(model).open(claim={"amount": 9}).has(screen="active")
    assert story.one("b").required
    assert [type(event).__name__ for event in story.events][:3] == [
        "CaseTransitioned",
        "FileTransitioned",
        "ItemTransitioned",
    ]


def test_a_failure_keeps_its_code_until_it_is_tried_again():
    story = every_state()
    failed = story.one("failed")
    assert (failed.code, failed.message) == ("X", "why")
    story.execute(Reactivate(item=failed.iid))
    assert (story.one("failed").code, story.one("failed").message) == ("", "")


def test_a_termination_tells_its_reason():
    story = every_state()
    story.execute(Terminate(item=story.one("house").iid, reason="no house any more")).has(inside="terminated")
    assert [(one.definition, one.transition.value, one.cause) for one in story.events] == [
        ("house", "terminate", "no house any more"),
        ("inside", "exit", "parentTerminated"),
    ]


def test_what_comes_in_is_made_exact_data_or_refused():
    story = Story(program(task("a"), task("b"))).open(x=1.5, day=date(2026, 3, 2))
    assert story.file == {"x": Decimal("1.5"), "day": "2026-03-02"}
    story.complete("a", amount=0.1)
    assert story.file["a"] == {"amount": Decimal("0.1")}
    assert story.refused(Complete(item=story.one("b").iid, answer={"x": object()})) == "E-ARGUMENT"
