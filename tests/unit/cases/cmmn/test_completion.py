import pytest

from cases.cmmn.commands import (
    Complete,
    CompleteCase,
    Disable,
    ExitFailed,
    Fail,
    OccurUser,
    Suspend,
    Terminate,
)
from cases.cmmn.metamodel import Program
from cases.cmmn.profile import Profile
from tests.builders import case, human_task, milestone, on, program, stage, task, timer, user_listener, when
from tests.unit.cases.cmmn.story import Story


def child_in(state, required, auto_complete, failed_blocks):
    """A stage that has just lost its last other work, with one child in this state."""
    entry = [when(condition="never = true")] if state == "available" else []
    model = case(
        stage(
            "s",
            task("child", required=required, manual=state in ("enabled", "disabled"), entry=entry),
            task("last"),
            auto_complete=auto_complete,
        ),
        human_task("keep"),
        profile=Profile(failed_blocks=failed_blocks),
    )
    story = Story(Program(model)).open()
    child = story.one("child").iid
    match state:
        case "disabled":
            story.execute(Disable(item=child))
        case "failed":
            story.execute(Fail(item=child, code="X"))
        case "suspended":
            story.execute(Suspend(item=child))
    story.has(child=state)
    return story.complete("last")


@pytest.mark.parametrize(
    ("state", "required", "auto_complete", "failed_blocks", "by_itself", "by_hand"),
    [
        ("available", False, True, True, True, None),
        ("available", True, True, True, False, False),
        ("available", False, False, True, False, True),
        ("available", True, False, True, False, False),
        ("enabled", False, True, True, True, None),
        ("enabled", True, True, True, False, False),
        ("enabled", False, False, True, False, True),
        ("enabled", True, False, True, False, False),
        ("disabled", False, True, True, True, None),
        ("disabled", True, True, True, True, None),
        ("disabled", False, False, True, True, None),
        ("disabled", True, False, True, True, None),
        ("active", False, True, True, False, False),
        ("active", False, False, True, False, False),
        ("suspended", False, True, True, False, False),
        ("suspended", False, False, True, False, False),
        ("failed", False, True, True, False, False),
        ("failed", True, True, True, False, False),
        ("failed", False, True, False, True, None),
        ("failed", True, True, False, True, None),
        ("failed", False, False, False, True, None),
        ("failed", False, False, True, False, False),
    ],
)
def test_a_stage_completes_as_the_table_says(
    state, required, auto_complete, failed_blocks, by_itself, by_hand
):
    story = child_in(state, required, auto_complete, failed_blocks)
    assert story.state("s") == ("completed" if by_itself else "active")
    if by_hand is not None:
        wanted = "accepted" if by_hand else "E-STATE"
        assert story.refused(Complete(item=story.one("s").iid)) == wanted


@pytest.mark.parametrize(("auto_complete", "expected"), [(True, "completed"), (False, "active")])
def test_listeners_and_milestones_that_wait_hold_a_stage_only_without_auto_complete(auto_complete, expected):
    story = Story(
        program(
            stage(
                "s",
                user_listener("bell"),
                milestone("rung", entry=[when(on("bell", "occur"))]),
                task("a"),
                auto_complete=auto_complete,
            ),
            human_task("keep"),
        )
    ).open()
    story.complete("a").has(s=expected)


def test_a_suspended_milestone_does_not_hold_an_auto_completing_stage_but_a_required_one_does():
    def run(required):
        story = Story(
            program(
                stage(
                    "s",
                    task("a"),
                    milestone("m", required=required, entry=[when(condition="never = true")]),
                    auto_complete=True,
                ),
                human_task("keep"),
            )
        ).open()
        return story.execute(Suspend(item=story.one("m").iid)).complete("a")

    run(False).has(s="completed", m="terminated")
    run(True).has(s="active", m="suspended")


def test_an_unavailable_listener_holds_nothing():
    story = Story(
        program(
            stage(
                "s",
                user_listener("undo", condition="paid = true"),
                task("a", exit=[when(on("undo", "occur"))]),
            ),
            human_task("b", entry=[when(on("undo", "occur"))]),
        )
    ).open()
    story.complete("a").has(s="completed", undo="terminated")


def test_an_empty_stage_completes_as_it_starts_and_an_idle_auto_completing_one_too():
    story = Story(
        program(
            stage("empty"),
            milestone("empty done", entry=[when(on("empty", "complete"))]),
            stage("idle", human_task("never", manual=True), auto_complete=True),
            human_task("keep"),
        )
    ).open()
    story.has(empty="completed", idle="completed", never="terminated", plan="active")
    assert story.state("empty done") == "completed"


def test_the_innermost_stage_completes_first_and_each_completion_is_heard_before_the_next_is_decided():
    story = Story(
        program(
            stage(
                "outer",
                stage("inner", task("detail"), auto_complete=True),
                milestone("inner done", entry=[when(on("inner", "complete"))]),
                auto_complete=True,
            ),
            milestone("outer done", required=True, entry=[when(on("outer", "complete"))]),
            auto_complete=True,
        )
    ).open()
    story.complete("detail").has(plan="completed")
    assert [one for one in story.log() if one[1] in ("complete", "occur")] == [
        ("detail", "complete"),
        ("inner", "complete"),
        ("inner done", "occur"),
        ("outer", "complete"),
        ("outer done", "occur"),
    ]


def test_a_case_without_auto_complete_is_completed_by_hand_where_what_is_required_is_done():
    story = Story(program(human_task("a", required=True), human_task("b", manual=True))).open()
    assert story.refused(CompleteCase()) == "E-STATE"
    story.complete("a").has(plan="active").execute(CompleteCase()).has(plan="completed", b="terminated")
    assert story.refused(CompleteCase()) == "E-STATE"


def test_a_case_completes_by_itself_with_its_last_child():
    Story(program(human_task("a"))).open().complete("a").has(plan="completed")


def test_a_failed_child_holds_its_stage_until_it_is_given_up():
    story = child_in("failed", False, False, True)
    story.execute(ExitFailed(item=story.one("child").iid)).has(s="completed")


def booking():
    return Story(
        program(
            stage(
                "booking",
                human_task("book", exit=[when(on("cancel", "occur"))]),
                user_listener("cancel"),
            ),
            human_task("keep"),
        )
    ).open()


def test_a_listener_that_nobody_can_hear_any_more_goes_and_holds_its_stage_no_longer():
    story = booking().complete("book").has(book="completed", cancel="terminated", booking="completed")
    assert ("cancel", "terminate") in story.log()
    story = booking()
    story.occur("cancel").has(book="terminated", cancel="completed", booking="completed")
    story = booking()
    story.execute(Terminate(item=story.one("book").iid)).has(cancel="terminated", booking="completed")


def test_a_listener_stays_while_somebody_outside_may_still_come_to_hear_it():
    story = Story(
        program(
            user_listener("bell"),
            human_task("a", exit=[when(on("bell", "occur"))]),
            stage("later", human_task("b", entry=[when(on("bell", "occur"))]), manual=True),
            human_task("keep"),
        )
    ).open()
    story.complete("a").has(bell="available")
    story.execute(Disable(item=story.one("later").iid)).has(bell="available")


def test_a_listener_stays_while_a_seed_may_hear_it_or_a_timer_starts_by_it():
    story = Story(
        program(
            user_listener("bell", repeatable=True),
            human_task("a", repeat=True, entry=[when(on("bell", "occur"))]),
            user_listener("start"),
            timer("t", "PT1H", start=on("start", "occur")),
            human_task("b", entry=[when(on("start", "occur"))], exit=[when(on("go", "complete"))]),
            human_task("go"),
            human_task("keep"),
        )
    ).open()
    story.occur("bell").complete("a").complete("go").has(bell="available", start="available", b="terminated")


def test_a_listener_that_the_case_exits_by_is_never_an_orphan():
    story = Story(
        program(
            user_listener("abort"),
            human_task("a", exit=[when(on("abort", "occur"))]),
            human_task("keep"),
            exit=[when(on("abort", "occur"))],
        )
    ).open()
    story.complete("a").has(abort="available")
    story.execute(OccurUser(item=story.one("abort").iid)).has(plan="terminated")


def test_a_listener_that_no_sentry_names_is_left_alone():
    story = Story(program(user_listener("note"), human_task("a"), human_task("keep"))).open()
    story.complete("a").has(note="available")


def test_a_listener_goes_with_the_last_seed_that_heard_it():
    story = Story(
        program(
            user_listener("bell", repeatable=True),
            stage(
                "s",
                human_task("a", repeat=True, entry=[when(on("bell", "occur"))]),
                human_task("b"),
                auto_complete=True,
            ),
            human_task("keep"),
        )
    ).open()
    story.occur("bell").complete("a").has(bell="available")
    story.complete("b").has(s="completed", bell="terminated")


def test_a_listener_goes_when_the_stage_that_might_have_heard_it_ends_unstarted():
    story = Story(
        program(
            user_listener("bell"),
            stage(
                "outer",
                stage("inner", human_task("a", entry=[when(on("bell", "occur"))]), manual=True),
                human_task("b"),
            ),
            human_task("keep"),
        )
    ).open()
    story.execute(Terminate(item=story.one("outer").iid)).has(inner="terminated", bell="terminated")
