from datetime import datetime, timedelta, timezone

from cases.cmmn import instance
from cases.cmmn.commands import SuspendCase
from cases.cmmn.lifecycle import State
from tests.builders import human_task, program
from tests.unit.cases.cmmn.story import Story


def test_a_case_before_its_start_has_no_items_and_no_state_yet():
    case = instance.new(program(human_task("a")), 7, "CLM-1")
    assert (case.case_state, list(case.items()), case.file()) == (State.UNAVAILABLE, [], {})


def test_a_case_shows_its_items_their_plan_items_and_who_is_alive():
    story = (
        Story(program(human_task("a", repeat=True), human_task("b"))).open(claim={"amount": 5}).complete("a")
    )
    assert [(one.iid, story.case.plan_item(one.iid).id, one.index) for one in story.case.items()][1:] == [
        (1, "a", 0),
        (2, "b", 0),
        (3, "a", 1),
    ]
    assert story.case.live(1) == (3,)
    assert story.case.live(99) == ()
    assert story.case.case_state is State.ACTIVE
    assert story.execute(SuspendCase()).case.case_state is State.SUSPENDED
    assert story.case.file() == {"claim": {"amount": 5}}


def test_instants_are_written_in_utc_and_read_again():
    moment = datetime(2026, 3, 1, 9, tzinfo=timezone(timedelta(hours=2)))
    assert instance.text_of(moment) == "2026-03-01T07:00:00Z"
    assert instance.instant_of(instance.text_of(moment)) == moment
