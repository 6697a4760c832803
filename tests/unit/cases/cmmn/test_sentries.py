import pytest

from cases.cmmn.commands import (
    Complete,
    Disable,
    ExitFailed,
    Fail,
    ManualStart,
    Reactivate,
    Resume,
    ResumeCase,
    Suspend,
    SuspendCase,
    Terminate,
)
from cases.cmmn.events import CriterionSatisfied
from cases.cmmn.metamodel import Program
from cases.cmmn.profile import Profile
from tests.builders import (
    case,
    file_item,
    human_task,
    milestone,
    on,
    program,
    service_task,
    stage,
    task,
    user_listener,
    when,
)
from tests.unit.cases.cmmn.story import Story


def satisfied(story):
    return [
        (event.definition, event.criterion, event.declined)
        for event in story.events
        if isinstance(event, CriterionSatisfied)
    ]


def test_several_entry_criteria_are_alternatives_and_the_first_in_the_model_is_the_cause():
    a, b = on("a", "complete"), on("b", "occur")
    story = Story(
        program(
            human_task("a"),
            milestone("b", entry=[when(a)]),
            human_task("c", entry=[when(b), when(b, condition="true")]),
        )
    ).open()
    story.complete("a").has(c="active")
    assert satisfied(story)[-2:] == [("c", "c.entry.0", False), ("c", "c.entry.1", False)]
    assert story.one("c").entered_by == "c.entry.0"


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_all_parts_of_a_sentry_must_occur_in_whatever_order(order):
    story = Story(
        program(
            human_task("a"),
            human_task("b"),
            human_task("c", entry=[when(on("a", "complete"), on("b", "complete"))]),
            human_task("keep"),
        )
    ).open()
    story.complete(order[0]).has(c="available")
    story.complete(order[1]).has(c="active")
    ((_, _, _),) = satisfied(story)
    (event,) = [event for event in story.events if isinstance(event, CriterionSatisfied)]
    assert len(event.consumed) == 2
    assert 0 not in event.consumed


def test_an_occurrence_waits_for_its_condition():
    story = Story(
        program(
            human_task("a"),
            human_task("c", entry=[when(on("a", "complete"), condition="limit > 10")]),
            human_task("keep"),
        )
    ).open(limit=5)
    story.complete("a").has(c="available")
    story.write("other", 20).has(c="available")
    story.write("limit", 20).has(c="active")


def test_an_event_with_one_look_is_lost_where_the_condition_is_false():
    story = Story(
        program(
            human_task("a"),
            human_task("c", entry=[when(on("a", "complete"), condition="limit > 10", mode="onEvent")]),
            human_task("keep"),
        )
    ).open(limit=5)
    story.complete("a").write("limit", 20).has(c="available")
    assert story.one("c").memory == {}


def test_a_condition_sees_what_arrives_with_its_own_event():
    story = Story(
        program(
            human_task("a"),
            human_task("yes", entry=[when(on("a", "complete"), condition='a.decision = "yes"')]),
            human_task("no", entry=[when(on("a", "complete"), condition='a.decision = "no"')]),
        )
    ).open()
    story.complete("a", decision="no").has(yes="available", no="active")


def test_a_condition_alone_is_looked_at_when_its_data_changes():
    story = Story(
        program(
            human_task("a", exit=[when(condition="claim.amount > 100")]),
            human_task("b", entry=[when(condition="claim.amount > 50")]),
            human_task("keep"),
        )
    ).open(claim={"amount": 1})
    story.has(a="active", b="available")
    story.write("claim.amount", 60).has(a="active", b="active")
    story.write("claim.amount", 160).has(a="terminated", b="active")


def test_exits_are_decided_before_entries_of_the_same_event():
    story = Story(
        program(
            user_listener("stop"),
            stage(
                "work",
                human_task("running"),
                human_task("late", entry=[when(on("stop", "occur"))]),
                exit=[when(on("stop", "occur"))],
            ),
            human_task("after", entry=[when(on("stop", "occur"))]),
        )
    ).open()
    story.occur("stop").has(work="terminated", running="terminated", late="terminated", after="active")
    assert ("late", "start") not in story.log()


def test_what_is_created_in_a_wave_hears_all_of_it():
    story = Story(
        program(
            stage(
                "s",
                human_task("b", entry=[when(on("s", "start"))]),
                milestone("m", entry=[when(on("n", "occur"))]),
            ),
            milestone("n"),
        )
    ).open()
    story.has(b="active", m="completed")


def test_an_exit_is_told_apart_by_its_criterion():
    def run(event):
        story = Story(
            program(
                user_listener("cancel"),
                user_listener("deadline"),
                human_task("talk", exit=[when(on("cancel", "occur")), when(on("deadline", "occur"))]),
                human_task("polite", entry=[when(on("talk", "exit", "talk.exit.0"))]),
                milestone("over", entry=[when(on("talk", "exit"))]),
                human_task("keep"),
            )
        ).open()
        return story.occur(event)

    run("cancel").has(polite="active", over="completed")
    run("deadline").has(polite="available", over="completed")
    assert run("deadline").one("talk").exited_by == "talk.exit.1"


def visits():
    return Story(
        program(
            user_listener("call", repeatable=True),
            stage(
                "visit",
                human_task("read"),
                human_task("answer", entry=[when(on("read", "complete"))]),
                entry=[when(on("call", "occur"))],
                exit=[when(on("answer", "complete"), condition="answer.rude = true")],
                repeat=True,
            ),
            human_task("keep"),
        )
    ).open()


def test_an_event_stays_in_its_own_repetition_of_a_stage():
    story = visits().occur("call").occur("call")
    assert story.states("visit") == ["active", "active"]
    first = story.instances("read")[0]
    story.execute(Complete(item=first.iid))
    assert story.states("answer") == ["active", "available"]


def test_a_stage_exits_by_what_happens_inside_this_instance_of_it_only():
    story = visits().occur("call").occur("call")
    story.execute(Complete(item=story.instances("read")[1].iid))
    story.execute(Complete(item=story.instances("answer")[1].iid, answer={"rude": True}))
    assert story.states("visit") == ["active", "terminated"]


def test_two_owners_of_one_sentry_each_keep_their_own_memory():
    both = when(on("a", "complete"), on("b", "complete"))
    story = Story(
        program(
            human_task("a"),
            human_task("b"),
            human_task("c", entry=[both]),
            milestone("d", entry=[both]),
            human_task("keep"),
        )
    ).open()
    story.execute(Suspend(item=story.one("d").iid)).complete("a").complete("b")
    story.has(c="active", d="suspended")
    story.execute(Resume(item=story.one("d").iid)).has(d="completed")


def test_exit_criteria_reach_every_live_state_unless_the_profile_is_strict():
    def run(**given):
        model = case(
            human_task("go"),
            human_task("a", manual=True, exit=[when(on("go", "complete"))]),
            human_task("keep"),
            **given,
        )
        return Story(Program(model)).open().complete("go")

    run().has(a="terminated")
    run(profile=Profile(strict_exit=True)).has(a="enabled")


def test_memory_of_an_exit_counts_when_a_strict_owner_becomes_active():
    model = case(
        human_task("go"),
        human_task("a", manual=True, exit=[when(on("go", "complete"))]),
        human_task("keep"),
        profile=Profile(strict_exit=True),
    )
    story = Story(Program(model)).open().complete("go")
    story.execute(ManualStart(item=story.one("a").iid)).has(a="terminated")


def test_a_criterion_that_a_suspension_deferred_is_evaluated_again_and_does_not_fire_blindly():
    story = Story(
        program(
            human_task("go"),
            stage(
                "s",
                human_task("a", entry=[when(on("go", "complete"), condition="ok = true")]),
                human_task("b"),
            ),
            human_task("keep"),
        )
    ).open(ok=True)
    story.execute(Suspend(item=story.one("s").iid)).complete("go").write("ok", False)
    story.execute(Resume(item=story.one("s").iid)).has(a="available")
    story.write("ok", True).has(a="active")


def test_the_exit_of_a_suspended_case_takes_effect_when_it_is_resumed():
    model = program(
        human_task("a"), exit=[when(on("/cancellation", "create"))], file=[file_item("cancellation")]
    )
    story = Story(model).open().execute(SuspendCase()).write("cancellation", {}, "create")
    story.has(plan="suspended").execute(ResumeCase()).has(plan="terminated", a="terminated")


def test_a_condition_sees_the_code_of_the_latest_fault():
    story = Story(
        program(
            service_task("pay"),
            human_task("help", entry=[when(on("pay", "fault"), condition='event.code = "DOWN"')]),
            human_task("keep"),
        )
    ).open()
    pay = story.one("pay").iid
    story.execute(Fail(item=pay, code="OTHER")).has(help="available")
    story.execute(Reactivate(item=pay)).execute(Fail(item=pay, code="DOWN", message="no answer")).has(
        help="active"
    )


def test_a_condition_sees_which_element_of_a_collection_moved():
    model = program(
        milestone("second", entry=[when(on("/ticket", "create"), condition='event.path = "/ticket[1]"')]),
        human_task("keep"),
        file=[file_item("ticket", many=True)],
    )
    story = Story(model).open().write("ticket", {}, "create").has(second="available")
    story.write("ticket", {}, "create").has(second="completed")


def test_the_context_of_a_condition_is_the_item_it_names():
    model = program(
        milestone("low", entry=[when(condition="context.value < 1000", context=("loan", "collateral"))]),
        human_task("keep"),
        file=[file_item("loan", file_item("collateral"))],
    )
    story = Story(model).open(loan={"collateral": {"value": 5000}}).has(low="available")
    story.write("loan.collateral", {"value": 900}, "update").has(low="completed")


def test_writing_an_undeclared_item_anew_is_an_update_too():
    model = program(
        milestone("updated", entry=[when(on("/x", "update"))]),
        milestone("declared", entry=[when(on("/y", "update"))]),
        human_task("keep"),
        file=[file_item("y")],
    )
    Story(model).open(x=1, y=1).write("x", 2).write("y", 2).has(updated="completed", declared="available")


def test_leftovers_that_end_with_a_completed_stage_are_not_heard():
    story = Story(
        program(
            stage("s", human_task("a"), human_task("b", manual=True), auto_complete=True),
            human_task("cancelled", entry=[when(on("b", "exit"))]),
            human_task("keep"),
        )
    ).open()
    story.complete("a").has(s="completed", b="terminated", cancelled="available")


def test_an_exit_with_the_parent_is_heard_outside():
    story = Story(
        program(
            stage("s", human_task("a"), human_task("b", manual=True), exit=[when(on("go", "complete"))]),
            human_task("go"),
            human_task("after", entry=[when(on("b", "exit"))]),
        )
    ).open()
    story.complete("go").has(b="terminated", after="active")


def test_giving_up_a_failed_task_is_heard_as_exit_and_a_hand_as_terminate():
    story = Story(
        program(
            task("a"),
            task("b"),
            milestone("gone", entry=[when(on("a", "exit"))]),
            milestone("stopped", entry=[when(on("b", "terminate"))]),
            human_task("keep"),
        )
    ).open()
    story.execute(Fail(item=story.one("a").iid, code="X")).execute(ExitFailed(item=story.one("a").iid))
    story.execute(Terminate(item=story.one("b").iid, reason="enough"))
    story.has(a="terminated", gone="completed", stopped="completed")


def deep(**given):
    return Story(
        Program(
            case(
                human_task("alarm"),
                stage(
                    "outer",
                    human_task("inform"),
                    stage(
                        "inner",
                        human_task("logs"),
                        human_task(
                            "police", entry=[when(on("alarm", "complete"))], manual=given.pop("manual", False)
                        ),
                        entry=[when(on("inform", "complete"))],
                    ),
                    manual=True,
                ),
                human_task("keep"),
                **given,
            )
        )
    ).open()


def test_an_event_from_outside_starts_every_stage_above_its_owner():
    story = deep().complete("alarm")
    story.has(outer="active", inform="active", inner="active", logs="active", police="active")
    assert ("outer", "manualStart") in story.log()
    assert story.case.state.slots == {}


def test_activation_from_below_leaves_the_owners_own_rule_alone():
    deep(manual=True).complete("alarm").has(outer="active", inner="active", police="enabled")


def test_a_disabled_stage_is_not_started_from_below_but_remembers():
    story = deep()
    story.execute(Disable(item=story.one("outer").iid)).complete("alarm").has(outer="disabled")
    assert story.case.state.slots != {}


def test_what_was_kept_for_an_idle_stage_moves_to_the_owner_when_it_starts():
    story = deep(profile=Profile(cross_stage="retroactive"))
    story.complete("alarm").has(outer="enabled")
    story.execute(ManualStart(item=story.one("outer").iid)).has(inner="available")
    story.complete("inform").has(inner="active", police="active")
    assert story.case.state.slots == {}


def test_a_profile_may_ignore_what_happens_before_the_owner_exists():
    story = deep(profile=Profile(cross_stage="ignore")).complete("alarm").has(outer="enabled")
    story.execute(ManualStart(item=story.one("outer").iid)).complete("inform").has(police="available")


def test_a_change_of_data_alone_starts_nothing_from_below():
    story = Story(
        program(
            human_task("alarm"),
            human_task("again"),
            stage(
                "s",
                human_task("x"),
                human_task("y", entry=[when(on("alarm", "complete"), condition="ok = true")]),
                manual=True,
            ),
        )
    ).open()
    story.complete("alarm").write("ok", True).has(s="enabled")
    story.execute(ManualStart(item=story.one("s").iid)).has(y="active")


def test_a_suspended_stage_is_started_from_below_after_its_resume():
    story = Story(
        program(
            human_task("alarm"),
            stage(
                "s",
                human_task("y", entry=[when(on("alarm", "complete"))]),
                entry=[when(condition="never = true")],
            ),
        )
    ).open()
    alarm = story.one("alarm").iid
    story.execute(SuspendCase())
    assert story.refused(Complete(item=alarm)) == "E-SUSPENDED"
    story.execute(ResumeCase()).complete("alarm").has(s="active", y="active")


def test_an_ended_stage_is_not_revived_from_below():
    story = Story(
        program(
            human_task("alarm"),
            stage(
                "s",
                human_task("x"),
                human_task("y", entry=[when(on("alarm", "complete"))], manual=True),
                auto_complete=True,
            ),
            human_task("keep"),
        )
    ).open()
    story.complete("x").has(s="completed").complete("alarm").has(s="completed", y="terminated")
    assert story.case.state.slots == {}


def test_parts_with_different_lowest_stages_are_joined_for_an_absent_owner():
    story = Story(
        program(
            human_task("alarm"),
            stage(
                "outer",
                human_task("inform"),
                stage(
                    "inner",
                    human_task("z", entry=[when(on("alarm", "complete"), on("inform", "complete"))]),
                    entry=[when(condition="never = true")],
                ),
            ),
        )
    ).open()
    story.complete("alarm").has(inner="available")
    story.complete("inform").has(inner="active", z="active")
