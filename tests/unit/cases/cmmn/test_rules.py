import pytest

from cases.cmmn.commands import Disable, ManualStart, Reenable
from cases.cmmn.events import IncidentRaised
from cases.cmmn.metamodel import Program
from cases.cmmn.profile import Profile
from tests.builders import case, human_task, on, program, stage, task, user_listener, when
from tests.unit.cases.cmmn.story import Story


@pytest.mark.parametrize(
    ("mode", "state", "incidents"),
    [
        ("true", "enabled", 0),
        ("false", "active", 0),
        (True, "enabled", 0),
        (None, "active", 0),
        ("maybe", "enabled", 1),
        (1, "enabled", 1),
    ],
)
def test_texts_count_as_truth_values_and_anything_else_lets_a_person_decide(mode, state, incidents):
    story = Story(program(human_task("a", manual="mode"))).open(mode=mode).has(a=state)
    assert sum(1 for event in story.events if isinstance(event, IncidentRaised)) == incidents


def test_an_absent_manual_rule_means_what_the_profile_says():
    letter = Program(case(human_task("a"), profile=Profile(absent_manual_rule=True)))
    Story(letter).open().has(a="enabled")


def test_what_is_required_is_decided_at_creation_and_never_taken_back():
    story = Story(program(human_task("a", required='risk = "high"', manual=True), human_task("b"))).open(
        risk="high"
    )
    story.write("risk", "low")
    assert story.one("a").required
    story.execute(Disable(item=story.one("a").iid)).execute(Reenable(item=story.one("a").iid))
    assert story.one("a").required


def test_a_required_rule_that_was_false_is_asked_again_at_enable_and_reenable():
    story = Story(
        program(
            human_task("b"),
            human_task("a", required="outage = true", manual=True, entry=[when(on("b", "complete"))]),
            human_task("c", required="outage = true", manual=True),
            human_task("keep"),
        )
    ).open(outage=False)
    assert not story.one("a").required
    story.write("outage", True)
    assert not story.one("a").required
    story.complete("b")
    assert story.one("a").required
    story.execute(Disable(item=story.one("c").iid))
    assert not story.one("c").required
    story.execute(Reenable(item=story.one("c").iid))
    assert story.one("c").required


def test_a_required_rule_that_cannot_be_computed_keeps_the_stage_open():
    story = Story(program(task("a", required="size"), human_task("b"))).open(size=7)
    assert story.one("a").required
    (event,) = [event for event in story.events if isinstance(event, IncidentRaised)]
    assert event.code == "rule"


def test_a_repetition_rule_that_cannot_be_computed_does_not_repeat():
    story = Story(program(human_task("a", repeat="size"), human_task("keep"))).open(size=7).complete("a")
    assert story.states("a") == ["completed"]
    assert any(isinstance(event, IncidentRaised) for event in story.events)


def test_a_condition_that_cannot_be_computed_is_false_and_is_told_once_a_turn():
    story = Story(
        program(
            stage("s", human_task("a", exit=[when(condition="size")]), exit=[when(condition="go = true")]),
            human_task("keep"),
        )
    ).open(size=7)
    story.has(a="active")
    assert sum(1 for event in story.events if isinstance(event, IncidentRaised)) == 1


def test_a_listener_is_offered_while_its_condition_holds():
    story = Story(
        program(
            user_listener("withdraw", condition="paid = null"),
            human_task("after", entry=[when(on("withdraw", "occur"))]),
        )
    ).open()
    story.has(withdraw="available").write("paid", 5).has(withdraw="unavailable")
    assert ("withdraw", "dismiss") in story.log()
    story.write("paid", None).has(withdraw="available")
    assert ("withdraw", "initiate") in story.log()
    story.occur("withdraw").has(after="active")


def test_a_listener_whose_condition_fails_at_creation_waits_and_one_that_cannot_be_computed_too():
    story = Story(
        program(user_listener("a", condition="x = 1"), user_listener("b", condition="x"), human_task("keep"))
    )
    story.open(x=2).has(a="unavailable", b="unavailable")
    assert sum(1 for event in story.events if isinstance(event, IncidentRaised)) == 1
    story.write("x", 1).has(a="available", b="unavailable")


def test_the_rules_of_an_item_started_by_hand_are_not_asked_again():
    story = Story(program(human_task("a", manual="x = 1"))).open(x=1)
    story.write("x", 2).execute(ManualStart(item=story.one("a").iid)).has(a="active")
