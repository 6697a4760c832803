from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cases.cmmn import engine
from cases.cmmn.commands import (
    Complete,
    ExitFailed,
    Fail,
    FireTimer,
    Reactivate,
    RescheduleTimer,
    Resume,
    ResumeCase,
    Suspend,
    SuspendCase,
    Terminate,
)
from cases.cmmn.effects import (
    HumanTaskClosed,
    HumanTaskOpened,
    TimerCancelled,
    TimerSet,
    WorkCancelled,
    WorkOpened,
)
from cases.cmmn.events import IncidentRaised
from cases.cmmn.instance import CaseInstance
from cases.cmmn.metamodel import Program
from cases.cmmn.workmodel import HumanTask
from cases.feel import parse
from tests.builders import (
    case,
    file_item,
    human_task,
    milestone,
    on,
    planned,
    program,
    service_task,
    stage,
    task,
    timer,
    user_listener,
    value,
    when,
)
from tests.unit.cases.cmmn.story import BEGINNING, Story


def test_blocking_work_opens_a_task_or_a_job_and_its_end_closes_them():
    story = Story(program(human_task("a"), service_task("s"), task("t"), human_task("keep"))).open()
    kinds = {effect.definition: type(effect) for effect in story.effects}
    assert kinds == {"a": HumanTaskOpened, "s": WorkOpened, "t": WorkOpened, "keep": HumanTaskOpened}
    assert story.complete("a").effects == [HumanTaskClosed(1, True, "completed")]
    assert story.complete("s").effects == [WorkCancelled(2, "completed")]
    assert story.execute(Terminate(item=3, reason="enough")).effects == [WorkCancelled(3, "enough")]


def test_work_that_does_not_block_is_over_in_the_turn_it_starts():
    story = Story(
        program(
            human_task("a", is_blocking=False),
            service_task("s", is_blocking=False),
            task("t", is_blocking=False),
            human_task("keep"),
        )
    ).open()
    story.has(a="completed", s="completed", t="completed")
    assert [type(effect) for effect in story.effects] == [WorkOpened, HumanTaskOpened]


def test_a_step_that_gives_up_keeps_its_dead_job_until_it_is_retried_or_given_up():
    story = Story(program(service_task("pay"), human_task("help", entry=[when(on("pay", "fault"))]))).open()
    pay = story.one("pay").iid
    story.execute(Fail(item=pay, code="TIMEOUT", message="no answer")).has(pay="failed", help="active")
    assert [type(effect) for effect in story.effects] == [HumanTaskOpened]
    story.execute(Reactivate(item=pay)).has(pay="active")
    assert story.effects == [WorkOpened(pay, "pay", {}, None, True)]
    story.execute(Fail(item=pay, code="TIMEOUT")).execute(ExitFailed(item=pay, reason="by hand"))
    assert story.effects == [WorkCancelled(pay, "abandoned")]


def test_an_exit_of_a_failed_step_takes_its_job_and_incident_away():
    story = Story(
        program(
            service_task(
                "pay", repeat=True, entry=[when(condition="true")], exit=[when(on("help", "complete"))]
            ),
            human_task("help", entry=[when(on("pay", "fault"))]),
            human_task("keep"),
        )
    ).open()
    pay = story.one("pay").iid
    story.execute(Fail(item=pay, code="X")).complete("help").has(pay="terminated")
    assert WorkCancelled(pay, "exit") in story.effects


def test_what_comes_and_goes_within_a_turn_leaves_nothing_outside():
    story = Story(
        program(
            human_task("go"),
            stage(
                "s",
                human_task("a"),
                timer("t", "PT1H"),
                service_task("b"),
                entry=[when(on("go", "complete"))],
                exit=[when(on("s", "start"))],
            ),
            human_task("keep"),
        )
    ).open()
    story.complete("go").has(s="terminated", a="terminated")
    assert story.effects == [HumanTaskClosed(1, True, "completed")]


def test_the_end_of_a_case_cancels_all_that_is_open():
    story = Story(
        program(
            human_task("a"),
            service_task("b"),
            timer("t", "PT1H"),
            exit=[when(on("/x", "create"))],
            file=[file_item("x")],
        )
    ).open()
    story.write("x", 1, "create").has(plan="terminated")
    assert story.effects == [
        HumanTaskClosed(1, False, "parentTerminated"),
        WorkCancelled(2, "parentTerminated"),
        TimerCancelled(3),
    ]


def test_a_timer_counts_from_the_start_of_its_stage_and_dies_with_it():
    story = Story(
        program(
            human_task("prepare"),
            stage(
                "offer",
                user_listener("declined"),
                timer("expires", "P2D"),
                milestone("expired", entry=[when(on("expires", "occur"))]),
                entry=[when(on("prepare", "complete"))],
                exit=[when(on("declined", "occur"))],
            ),
            human_task("keep"),
        )
    ).open()
    story.later(days=5).complete("prepare")
    assert story.timers[story.one("expires").iid].due == story.now + timedelta(days=2)
    story.occur("declined").has(expires="terminated")
    assert story.timers == {}
    assert story.refused(FireTimer(item=story.one("expires").iid, fire_no=1)) == "accepted"


def test_a_timer_that_fires_early_is_refused_and_a_stale_fire_does_nothing():
    story = Story(program(timer("t", "PT1H"), human_task("a"))).open()
    timer_item = story.one("t").iid
    assert story.refused(FireTimer(item=timer_item, fire_no=1)) == "E-STATE"
    story.now += timedelta(hours=1)
    story.execute(FireTimer(item=timer_item, fire_no=7)).has(t="available")
    assert story.events == []
    story.execute(FireTimer(item=timer_item, fire_no=1)).has(t="completed")
    assert story.effects == []


def test_a_repeating_timer_occurs_so_often_each_time_on_an_instance_of_its_own():
    story = Story(
        program(
            timer("hour", "R3/PT1H"),
            human_task("report", repeat=True, entry=[when(on("hour", "occur"))]),
            human_task("keep"),
        )
    ).open()
    story.later(hours=1)
    assert story.states("hour") == ["completed", "available"]
    story.later(hours=1).later(hours=1).later(days=9)
    assert story.states("hour") == ["completed"] * 3
    assert story.states("report") == ["active"] * 3


def test_fires_that_an_outage_missed_are_one_fire_and_the_count_goes_down_by_one():
    story = Story(program(timer("hour", "R3/PT1H"), human_task("keep"))).open()
    first = story.one("hour").iid
    story.now += timedelta(hours=5, minutes=30)
    story.execute(FireTimer(item=first, fire_no=1))
    second = story.one("hour")
    assert story.timers[second.iid].due == BEGINNING + timedelta(hours=6)
    assert (second.timer.ordinal, second.timer.fired) == (6, 1)
    story.later(days=1)
    assert story.states("hour") == ["completed", "completed", "available"]
    story.later(hours=1)
    assert story.states("hour") == ["completed"] * 3


def test_a_timer_paused_beyond_its_instant_fires_once_when_it_is_resumed():
    story = Story(program(timer("hour", "R/PT1H"), human_task("keep"))).open()
    story.execute(SuspendCase())
    assert TimerCancelled(1) in story.effects
    story.later(hours=2, minutes=30).execute(ResumeCase()).fire_due()
    assert story.states("hour") == ["completed", "available"]
    assert story.timers[story.one("hour").iid].due == BEGINNING + timedelta(hours=3)


def test_a_fire_that_comes_while_the_timer_waits_for_a_resume_is_ignored():
    story = Story(program(timer("t", "PT1H"), human_task("a"))).open()
    story.execute(Suspend(item=story.one("t").iid))
    story.now += timedelta(hours=2)
    story.execute(FireTimer(item=story.one("t").iid, fire_no=1)).has(t="suspended")
    story.execute(Resume(item=story.one("t").iid)).fire_due().has(t="completed")


def test_a_start_trigger_arms_a_timer_once_with_its_own_instant():
    story = Story(
        program(
            timer("late", "PT24H", start=on("/payment", "create")),
            human_task("keep"),
            file=[file_item("payment")],
        )
    ).open()
    assert story.timers == {}
    story.later(hours=5).write("payment", {}, "create")
    due = story.now + timedelta(hours=24)
    story.later(hours=1).write("payment", None, "delete").write("payment", {}, "create")
    assert [one.due for one in story.timers.values()] == [due]


def test_a_start_trigger_of_a_plan_item_counts_from_that_event():
    story = Story(
        program(
            human_task("send"), timer("remind", "PT24H", start=on("send", "complete")), human_task("keep")
        )
    ).open()
    story.later(days=2).has(remind="available").complete("send")
    assert story.timers[story.one("remind").iid].due == story.now + timedelta(hours=24)


def test_an_expression_is_read_when_the_timer_is_armed_and_not_again():
    story = Story(program(timer("promise", "= promised"), human_task("keep"))).open(
        promised="2026-03-10T00:00:00Z"
    )
    story.write("promised", "2030-01-01T00:00:00Z")
    assert story.timers[1].due == datetime(2026, 3, 10, tzinfo=UTC)


def test_a_timer_that_follows_data_is_set_anew_when_it_changes():
    story = Story(
        program(
            timer("start", "-P1D", anchor="person.startDate", follows="person.startDate"), human_task("keep")
        )
    )
    story.open(person={"name": "Ada"})
    assert story.timers == {}
    assert not [event for event in story.events if isinstance(event, IncidentRaised)]
    story.write("person.startDate", "2026-04-01")
    assert story.timers[1] == TimerSet(
        1, "start", 1, datetime(2026, 3, 31, tzinfo=UTC), ("person", "startDate")
    )
    story.write("person.name", "Ada L.")
    assert story.effects == []
    story.write("person.startDate", "2026-05-01")
    assert story.timers[1].due == datetime(2026, 4, 30, tzinfo=UTC)
    assert story.refused(FireTimer(item=1, fire_no=1)) == "accepted"
    story.write("person.startDate", None)
    assert story.effects == [TimerCancelled(1)]
    assert story.one("start").timer.due == ""


def test_a_paused_timer_that_follows_data_waits_with_its_new_instant():
    story = Story(program(timer("start", "PT0S", anchor="day", follows="day"), human_task("keep"))).open(
        day="2026-04-01"
    )
    story.execute(SuspendCase()).write("day", "2026-05-01")
    assert story.timers == {}
    story.execute(ResumeCase())
    assert story.timers[1].due == datetime(2026, 5, 1, tzinfo=UTC)


def test_a_timer_is_rescheduled_by_command_from_now():
    story = Story(program(timer("t", "PT1H"), human_task("keep"))).open()
    story.now += timedelta(minutes=30)
    story.execute(RescheduleTimer(item=1))
    assert (story.timers[1].fire_no, story.timers[1].due) == (2, story.now + timedelta(hours=1))
    story.execute(RescheduleTimer(item=1))
    assert story.events == []


@pytest.mark.parametrize("text", ["= broken", "= 1 + 1", "8 bh"])
def test_a_timer_text_that_cannot_be_read_arms_nothing_and_says_so(text):
    story = Story(program(timer("t", text), human_task("keep"))).open(broken="soon")
    assert story.timers == {}
    assert [event.code for event in story.events if isinstance(event, IncidentRaised)] == ["timer"]


class Days:
    def due(self, text, anchor):
        return anchor + timedelta(days=int(text.split()[0]))


def test_business_time_comes_from_the_program():
    story = Story(Program(case(timer("t", "R2/3 bd"), human_task("keep")), working_time=Days())).open()
    assert story.timers[1].due == BEGINNING + timedelta(days=3)
    story.later(days=3)
    assert story.timers[3].due == BEGINNING + timedelta(days=6)
    story.later(days=3)
    assert story.timers == {}


def test_a_task_that_ends_its_own_stage_is_completed_all_the_same():
    story = Story(
        program(
            stage("s", human_task("a"), human_task("b"), exit=[when(on("a", "complete"))]), human_task("keep")
        )
    ).open()
    story.execute(Complete(item=story.one("a").iid)).has(a="completed", b="terminated", s="terminated")


def test_what_a_task_shows_is_none_where_it_cannot_be_computed_but_an_amount_must_be():
    shown = HumanTask(
        id="d.a", name="a", due=value("= function(x) x"), priority=value("= level"), authority=parse("net")
    )
    story = Story(program(planned("a", shown), human_task("keep"))).open(level=3, net=70)
    opened = story.effects[0]
    assert (opened.due, opened.priority, opened.amount) == (None, 3, 70)
    assert [event.code for event in story.events if isinstance(event, IncidentRaised)] == ["due"]


def test_a_repeating_timer_whose_calendar_is_gone_ends_with_an_incident():
    model = Program(case(timer("t", "R/1 bd"), human_task("keep")), working_time=Days())
    story = Story(model).open()
    story.case = CaseInstance(replace(model, working_time=None), story.case.state)
    story.now += timedelta(days=1)
    outcome = engine.execute(story.case, FireTimer(item=1, fire_no=1), story.now)
    assert [event.code for event in outcome.events if isinstance(event, IncidentRaised)] == ["timer"]


def test_a_stage_of_a_suspended_chain_is_not_counted_as_started_from_below_twice():
    story = Story(
        program(
            human_task("a"),
            human_task("b"),
            stage(
                "s",
                human_task("x", entry=[when(on("a", "complete"))]),
                human_task("y", entry=[when(on("b", "complete"))]),
                manual=True,
            ),
        )
    ).open()
    story.complete("a").has(s="active", x="active", y="available").complete("b").has(y="active")
    assert story.states("s") == ["active"]
