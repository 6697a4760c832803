from datetime import UTC, datetime

from cases.cmmn.commands import RescheduleTimer, SetVariables, Suspend
from cases.cmmn.controlmodel import Value
from cases.cmmn.effects import TimerCancelled, TimerSet
from cases.feel import parse
from tests.builders import defining, human_task, on, program, timer, user_listener, when
from tests.unit.cases.cmmn.story import Story

LATER = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)


def armed(story):
    return [effect.due for effect in story.effects if isinstance(effect, TimerSet)]


def test_a_timer_that_waits_is_moved_to_another_instant_and_fires_then():
    story = Story(program(timer("t", "PT1H"), human_task("a"))).open()
    story.execute(RescheduleTimer(item=story.one("t").iid, due=LATER))
    assert armed(story) == [LATER]
    story.later(hours=2).has(t="available")
    story.later(days=7).has(t="completed")


def test_a_repeating_timer_that_was_moved_goes_on_with_its_schedule_from_there():
    story = Story(program(timer("t", "R/PT1H"), human_task("a"))).open()
    story.execute(RescheduleTimer(item=story.one("t").iid, due=LATER))
    story.now = LATER
    story.fire_due()
    assert armed(story) == [datetime(2026, 3, 9, 10, 0, tzinfo=UTC)]


def test_a_timer_that_is_paused_is_moved_and_waits_for_its_resume():
    story = Story(program(timer("t", "PT1H"), human_task("a"))).open()
    story.execute(Suspend(item=story.one("t").iid)).execute(
        RescheduleTimer(item=story.one("t").iid, due=LATER)
    )
    assert armed(story) == []
    assert story.one("t").timer.due == "2026-03-09T09:00:00Z"


def test_what_is_not_armed_is_not_moved():
    story = Story(
        program(timer("t", "PT1H", start=on("go", "occur")), user_listener("go"), human_task("a"))
    ).open()
    assert story.refused(RescheduleTimer(item=story.one("t").iid, due=LATER)) == "E-STATE"
    assert story.refused(RescheduleTimer(item=story.one("a").iid, due=LATER)) == "E-STATE"


def test_a_timer_is_armed_and_disarmed_as_its_condition_holds_and_counts_anew():
    planned = defining(timer("t", "R2/PT1H"), available_condition=parse("on = true"))
    story = Story(program(planned, human_task("a"))).open(on=False)
    story.has(t="unavailable")
    assert armed(story) == []
    story.execute(SetVariables(values={"on": True})).has(t="available").later(hours=1)
    assert len(story.instances("t")) == 2
    story.execute(SetVariables(values={"on": False})).has(t="unavailable")
    assert any(isinstance(effect, TimerCancelled) for effect in story.effects)
    story.execute(SetVariables(values={"on": True})).later(hours=1).later(hours=1)
    assert story.states("t") == ["completed"] * 3


def test_the_job_of_a_timer_bears_its_category():
    planned = defining(timer("t", "PT1H"), category=Value("", parse('"c" + x')))
    story = Story(program(planned, human_task("a"))).open(x="1")
    assert [effect.category for effect in story.effects if isinstance(effect, TimerSet)] == ["c1"]


def test_a_cron_text_counts_from_when_the_timer_began_to_wait():
    story = Story(
        program(timer("t", "0 30 * * * ?"), human_task("a", entry=[when(on("t", "occur"))], repeat=True))
    ).open()
    assert armed(story) == [datetime(2026, 3, 2, 14, 30, tzinfo=UTC)]
    story.later(minutes=30)
    assert armed(story) == [datetime(2026, 3, 2, 15, 30, tzinfo=UTC)]
