from cases.cmmn.commands import (
    Complete,
    Disable,
    Fail,
    ManualStart,
    OccurUser,
    Reactivate,
    Resume,
    ResumeCase,
    Suspend,
    SuspendCase,
    Terminate,
    TerminateCase,
)
from cases.cmmn.effects import HumanTaskPaused, TimerCancelled, TimerSet
from tests.builders import (
    human_task,
    milestone,
    on,
    program,
    service_task,
    stage,
    task,
    timer,
    user_listener,
    when,
)
from tests.unit.cases.cmmn.story import Story


def branch():
    story = Story(
        program(
            stage(
                "build",
                human_task("pour"),
                human_task("windows", manual=True),
                human_task("roofer", manual=True),
                human_task("paint", entry=[when(on("pour", "complete"))]),
                stage(
                    "electrics",
                    task("cables"),
                    user_listener("inspector"),
                    milestone("approved", entry=[when(on("inspector", "occur"))]),
                ),
            ),
            human_task("talk"),
        )
    ).open()
    return story.execute(Disable(item=story.one("roofer").iid))


STATES = {
    "build": "active",
    "pour": "active",
    "windows": "enabled",
    "roofer": "disabled",
    "paint": "available",
    "electrics": "active",
    "cables": "active",
    "inspector": "available",
    "approved": "available",
    "talk": "active",
}


def test_a_suspended_case_reaches_every_level_and_resuming_restores_each_state():
    story = branch().has(**STATES).execute(SuspendCase())
    assert {story.state(name) for name in STATES} == {"suspended"}
    story.execute(ResumeCase()).has(**STATES, plan="active")


def test_what_was_suspended_by_hand_stays_so_when_its_parent_resumes():
    story = branch()
    story.execute(Suspend(item=story.one("electrics").iid)).execute(Suspend(item=story.one("build").iid))
    assert story.refused(Resume(item=story.one("electrics").iid)) == "E-SUSPENDED"
    story.execute(Resume(item=story.one("build").iid)).has(
        pour="active", electrics="suspended", cables="suspended"
    )
    story.execute(Resume(item=story.one("electrics").iid)).has(**STATES)


def test_the_parent_is_told_before_its_children_and_moments_make_plain_suspend():
    story = branch()
    story.execute(Suspend(item=story.one("electrics").iid))
    assert story.log() == [
        ("electrics", "suspend"),
        ("cables", "parentSuspend"),
        ("inspector", "suspend"),
        ("approved", "suspend"),
    ]
    story.execute(Resume(item=story.one("electrics").iid))
    assert story.log() == [
        ("electrics", "resume"),
        ("cables", "parentResume"),
        ("inspector", "resume"),
        ("approved", "resume"),
    ]


def test_under_a_suspended_stage_nobody_does_anything():
    story = branch()
    story.execute(Suspend(item=story.one("build").iid))
    refused = {
        Complete: "pour",
        OccurUser: "inspector",
        ManualStart: "windows",
        Suspend: "electrics",
        Resume: "cables",
        Terminate: "cables",
    }
    for command, name in refused.items():
        assert story.refused(command(item=story.one(name).iid)) == "E-SUSPENDED", name
    assert story.refused(Complete(item=story.one("build").iid)) == "E-SUSPENDED"
    story.complete("talk").has(plan="active")


def test_a_failed_child_is_untouched_and_reactivated_under_a_suspended_stage_it_waits():
    story = Story(program(stage("s", task("a"), task("b")), human_task("keep"))).open()
    failed = story.one("a").iid
    story.execute(Fail(item=failed, code="X")).execute(Suspend(item=story.one("s").iid))
    story.has(s="suspended", a="failed", b="suspended")
    story.execute(Reactivate(item=failed)).has(a="suspended")
    story.execute(Resume(item=story.one("s").iid)).has(s="active", a="active", b="active")


def test_an_ended_case_ends_what_was_suspended_too():
    story = branch()
    story.execute(Suspend(item=story.one("electrics").iid)).execute(Suspend(item=story.one("pour").iid))
    story.execute(TerminateCase())
    assert {story.state(name) for name in STATES} == {"terminated"}


def test_the_task_of_a_suspended_item_is_paused_and_its_timer_set_again_for_the_same_instant():
    story = Story(
        program(
            stage("s", human_task("a"), human_task("b", manual=True), service_task("c"), timer("t", "PT5H"))
        ),
    ).open()
    due = story.timers[story.one("t").iid].due
    story.execute(Suspend(item=story.one("s").iid))
    assert story.effects == [HumanTaskPaused(story.one("a").iid, True), TimerCancelled(story.one("t").iid)]
    story.later(hours=2).execute(Resume(item=story.one("s").iid))
    assert story.effects == [
        HumanTaskPaused(story.one("a").iid, False),
        TimerSet(story.one("t").iid, "t", 1, due),
    ]


def test_the_memory_of_a_suspended_seed_and_of_waiting_stages_counts_after_the_resume():
    story = Story(
        program(
            human_task("a"),
            stage("s", milestone("m", entry=[when(on("a", "complete"))]), human_task("b")),
        )
    ).open()
    story.execute(Suspend(item=story.one("s").iid)).complete("a").has(m="suspended")
    story.execute(Resume(item=story.one("s").iid)).has(m="completed")


def test_a_listener_whose_condition_changed_meanwhile_is_looked_at_on_resume():
    story = Story(program(user_listener("undo", condition="paid = null"), human_task("a"))).open()
    story.execute(SuspendCase()).write("paid", 1).has(undo="suspended")
    story.execute(ResumeCase()).has(undo="unavailable")
    story.execute(SuspendCase()).write("paid", None).execute(ResumeCase()).has(undo="available")


def test_the_exit_criterion_of_a_failed_child_takes_effect_when_its_stage_is_resumed():
    story = Story(
        program(human_task("go"), stage("s", task("a", exit=[when(on("go", "complete"))]), task("b")))
    ).open()
    story.execute(Fail(item=story.one("a").iid, code="X")).execute(Suspend(item=story.one("s").iid))
    story.complete("go").has(a="failed")
    story.execute(Resume(item=story.one("s").iid)).has(a="terminated", b="active")
