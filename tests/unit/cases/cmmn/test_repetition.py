import pytest

from cases.cmmn.commands import Complete, OccurUser, Resume, Suspend, SuspendCase, Terminate, WriteFile
from cases.cmmn.events import CriterionReleased, CriterionSatisfied
from tests.builders import file_item, human_task, milestone, on, program, stage, user_listener, when
from tests.unit.cases.cmmn.story import Story


def test_a_task_repeats_once_for_each_event_of_a_repeating_source():
    story = Story(
        program(
            human_task("ask", repeat="more = true"),
            human_task("answer", repeat=True, entry=[when(on("ask", "complete"))]),
            human_task("sum up", entry=[when(on("ask", "complete"))]),
        )
    ).open(more=True)
    story.complete("ask").complete("ask").write("more", False).complete("ask")
    assert story.states("ask") == ["completed"] * 3
    assert story.states("answer") == ["active"] * 3
    assert story.states("sum up") == ["active"]
    assert [item.index for item in story.instances("answer")] == [0, 1, 2]


def test_a_rule_is_no_gate_for_the_first_instance_and_a_declined_trigger_is_used_up():
    story = Story(
        program(
            human_task("plan it"),
            user_listener("again"),
            human_task(
                "audit",
                repeat="wanted = true",
                entry=[when(on("plan it", "complete")), when(on("again", "occur"))],
            ),
        )
    ).open()
    story.complete("plan it").occur("again")
    assert story.states("audit") == ["active"]
    (event,) = [event for event in story.events if isinstance(event, CriterionSatisfied)]
    assert (event.item, event.definition, event.declined) == (0, "audit", True)
    assert story.case.state.seeds[3][0].memory == {}


def tickets(limit):
    return Story(
        program(
            human_task("handle", repeat=True, at_most=limit, entry=[when(on("/ticket", "create"))]),
            human_task("keep"),
            file=[file_item("ticket", many=True)],
        )
    ).open()


def test_at_most_so_many_instances_live_at_once():
    story = tickets(2)
    for _ in range(3):
        story.write("ticket", {}, "create")
    assert story.states("handle") == ["active", "active"]
    story.execute(Complete(item=story.instances("handle")[0].iid)).write("ticket", {}, "create")
    assert story.states("handle") == ["completed", "active", "active"]


def test_the_same_event_ends_one_repetition_and_starts_the_next():
    story = Story(
        program(
            human_task("open it"),
            milestone(
                "logged",
                repeat=True,
                entry=[when(on("/evidence", "create")), when(on("/evidence", "replace"))],
            ),
            human_task(
                "review",
                repeat=True,
                entry=[when(on("open it", "complete")), when(on("logged", "occur"))],
                exit=[when(on("logged", "occur"))],
            ),
            file=[file_item("evidence")],
        )
    ).open()
    story.complete("open it").write("evidence", {"page": 1}, "create")
    assert story.states("review") == ["terminated", "active"]
    story.write("evidence", {"page": 2})
    assert story.states("review") == ["terminated", "terminated", "active"]
    assert story.states("logged") == ["completed", "completed"]


def test_an_exit_ends_an_instance_and_not_the_capability_even_before_the_first_start():
    story = Story(
        program(
            user_listener("withdraw", repeatable=True),
            user_listener("wish", repeatable=True),
            human_task(
                "deliver",
                repeat=True,
                entry=[when(on("wish", "occur"))],
                exit=[when(on("withdraw", "occur"))],
            ),
            human_task("keep"),
        )
    ).open()
    story.occur("withdraw").has(deliver="terminated")
    story.occur("wish")
    assert [(item.index, item.state.word) for item in story.instances("deliver")] == [
        (0, "Terminated"),
        (1, "Active"),
    ]


def test_without_criteria_an_item_repeats_when_it_completes_or_is_terminated_but_not_when_it_exits():
    story = Story(
        program(
            user_listener("stop"),
            human_task("patrol", repeat=True, exit=[when(on("stop", "occur"))]),
            human_task("keep"),
        )
    ).open()
    story.execute(Terminate(item=story.one("patrol").iid)).complete("patrol")
    assert story.states("patrol") == ["terminated", "completed", "active"]
    story.occur("stop")
    assert story.states("patrol") == ["terminated", "completed", "terminated"]


def test_the_rule_sees_the_index_of_the_instance_that_just_ended_or_would_come():
    ended = Story(program(human_task("a", repeat="repetitionIndex < 2"), human_task("keep"))).open()
    for _ in range(3):
        ended.complete("a")
    assert ended.states("a") == ["completed"] * 3
    seeded = Story(
        program(
            user_listener("go", repeatable=True),
            human_task("a", repeat="repetitionIndex < 2", entry=[when(on("go", "occur"))]),
            human_task("keep"),
        )
    ).open()
    for _ in range(4):
        seeded.occur("go")
    assert seeded.states("a") == ["active", "active"]


def test_a_stage_never_completes_between_the_end_of_one_repetition_and_the_birth_of_the_next():
    story = Story(program(stage("s", human_task("a", repeat="more = true")), human_task("keep"))).open(
        more=True
    )
    story.complete("a").has(s="active")
    story.write("more", False).complete("a").has(s="completed")


def test_seeds_die_with_their_container():
    story = Story(
        program(
            user_listener("go", repeatable=True),
            stage(
                "s",
                human_task("a", repeat=True, entry=[when(on("go", "occur"))]),
                human_task("b"),
                auto_complete=True,
            ),
            human_task("keep"),
        )
    ).open()
    story.occur("go")
    assert story.case.state.seeds != {}
    story.complete("a").complete("b").has(s="completed")
    assert story.case.state.seeds == {}


def test_a_seed_in_a_suspended_container_waits_for_the_resume():
    story = Story(
        program(
            human_task("go", repeat=True),
            stage("s", human_task("a", repeat=True, entry=[when(on("go", "complete"))]), human_task("b")),
        )
    ).open()
    story.complete("go")

    story.execute(Suspend(item=story.one("s").iid)).complete("go").complete("go")
    assert story.states("a") == ["suspended"]
    story.execute(Resume(item=story.one("s").iid))
    assert story.states("a") == ["active", "active"]


def test_a_condition_that_ended_one_repetition_does_not_end_the_next_until_it_was_false():
    story = Story(
        program(
            user_listener("go", repeatable=True),
            human_task(
                "a", repeat=True, entry=[when(on("go", "occur"))], exit=[when(condition="stop = true")]
            ),
            human_task("keep"),
        )
    ).open()
    story.occur("go").write("stop", True).has(a="terminated")
    story.occur("go").has(a="active")
    story.write("stop", False)
    assert any(isinstance(event, CriterionReleased) for event in story.events)
    story.has(a="active").write("stop", True).has(a="terminated")


def test_a_condition_is_seen_false_also_while_no_instance_lives():
    story = Story(
        program(
            user_listener("go", repeatable=True),
            human_task(
                "a", repeat=True, entry=[when(on("go", "occur"))], exit=[when(condition="stop = true")]
            ),
            human_task("keep"),
        )
    ).open()
    story.occur("go").write("stop", True).write("stop", False).occur("go").has(a="active")
    story.write("stop", True)
    assert story.states("a") == ["terminated", "terminated"]


def test_a_condition_alone_repeats_an_item_only_where_the_instances_are_limited_and_each_time_it_turns_true():
    story = Story(
        program(
            human_task("a", repeat=True, at_most=1, entry=[when(condition="low = true")]), human_task("keep")
        )
    ).open(low=True)
    story.complete("a").write("low", True).write("other", 1)
    assert story.states("a") == ["completed"]
    story.write("low", False).write("low", True)
    assert story.states("a") == ["completed", "active"]


@pytest.mark.parametrize("manual", [True, False])
def test_each_repetition_asks_its_manual_rule(manual):
    story = Story(
        program(
            user_listener("go", repeatable=True),
            human_task("a", repeat=True, manual=manual, entry=[when(on("go", "occur"))]),
            human_task("keep"),
        )
    ).open()
    story.occur("go").occur("go")
    assert story.states("a") == ["enabled" if manual else "active"] * 2


def test_two_criteria_of_one_wave_make_one_repetition():
    story = Story(
        program(
            human_task("first"),
            user_listener("go", repeatable=True),
            human_task(
                "a",
                repeat=True,
                entry=[when(on("first", "complete")), when(on("go", "occur")), when(on("go", "occur"))],
            ),
            human_task("keep"),
        )
    ).open()
    story.complete("first").occur("go")
    assert story.states("a") == ["active", "active"]
    assert sum(1 for event in story.events if isinstance(event, CriterionSatisfied)) == 2


def test_a_listener_that_may_be_raised_again_is_followed_by_the_next():
    story = Story(
        program(user_listener("go", repeatable=True), human_task("a", entry=[when(on("go", "occur"))]))
    ).open()
    first = story.one("go").iid
    story.occur("go")
    assert story.states("go") == ["completed", "available"]
    assert story.refused(OccurUser(item=first)) == "E-STATE"
    story.execute(SuspendCase())
    assert story.refused(OccurUser(item=story.one("go").iid)) == "E-SUSPENDED"
    assert story.refused(WriteFile(path=("x",), value=1)) == "accepted"
