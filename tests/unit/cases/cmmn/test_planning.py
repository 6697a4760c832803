"""Planning tables: what is offered to whom, and what becomes of it (cmmn-semantics 4.6)."""

import pytest

from cases.cmmn import planning
from cases.cmmn.agenda import Run
from cases.cmmn.commands import AssignRole, Plan, RemoveRole, StartCase, Suspend, Terminate, TerminateCase
from cases.cmmn.events import ItemPlanned
from tests.builders import (
    discretionary,
    human_task,
    milestone,
    on,
    program,
    stage,
    user_listener,
    when,
)
from tests.unit.cases.cmmn.story import Story

CLERK = frozenset({"clerk"})


def offered(story, roles=None):
    run = Run(story.case, story.now)
    return [offer.id for _, offer in planning.offered_anywhere(run, roles)]


def test_what_may_be_planned_is_not_there_until_somebody_plans_it():
    story = Story(program(human_task("a"), discretionary(human_task("extra")))).open()
    assert story.instances("extra") == []
    story.plan("extra").has(extra="active", a="active")
    assert next(event for event in story.events if isinstance(event, ItemPlanned)).by == "system"


def test_a_rule_over_missing_data_offers_nothing_and_reports_nothing():
    story = Story(program(human_task("a"), discretionary(human_task("big"), rule="amount > 10"))).open()
    assert offered(story) == []
    assert story.refused(Plan(item=0, discretionary="big")) == "E-STATE"
    story.write("amount", 11)
    assert offered(story) == ["big"]


def test_an_unknown_item_or_another_table_is_unknown():
    story = Story(program(stage("s", human_task("a"), discretionary(human_task("extra"))))).open()
    assert story.refused(Plan(item=0, discretionary="extra")) == "E-UNKNOWN"
    assert story.refused(Plan(item=99, discretionary="extra")) == "E-UNKNOWN"
    assert story.plan("extra", "s").one("extra").parent == story.one("s").iid


def test_only_a_member_with_the_role_may_plan_and_only_a_member_may_ask_at_all():
    story = Story(program(human_task("a"), discretionary(human_task("x"), roles=["clerk"]), roles=["clerk"]))
    story.execute(StartCase(team={"ann": CLERK, "bob": frozenset()}))
    for actor, code in (("bob", "E-FORBIDDEN"), ("eve", "E-FORBIDDEN"), ("ann", "accepted")):
        assert story.refused(Plan(item=0, discretionary="x", actor=actor, roles=frozenset())) == code
    assert offered(story, frozenset()) == []
    assert offered(story, CLERK) == ["x"]


def test_roles_are_given_and_taken_and_must_be_declared():
    story = Story(program(human_task("a"), roles=["clerk"])).execute(StartCase(team={"ann": frozenset()}))
    story.execute(AssignRole(user="ann", role="clerk"))
    assert story.case.state.team == {"ann": ["clerk"]}
    story.execute(RemoveRole(user="ann", role="clerk"))
    assert story.case.state.team == {"ann": []}
    assert story.refused(AssignRole(user="ann", role="king")) == "E-UNKNOWN"
    assert story.refused(RemoveRole(user="bob", role="clerk")) == "E-UNKNOWN"
    assert Story(program(roles=["clerk"])).refused(StartCase(team={})) == "E-ARGUMENT"
    assert Story(program(roles=["clerk"])).refused(StartCase(team={"ann": {"king"}})) == "E-UNKNOWN"


def test_a_case_without_a_team_gives_no_roles():
    story = Story(program(human_task("a"), roles=["clerk"])).open()
    assert story.refused(AssignRole(user="ann", role="clerk")) == "E-STATE"


def test_an_offer_holds_a_stage_open_only_while_somebody_of_the_team_could_plan_it():
    story = Story(program(human_task("a"), discretionary(human_task("x"), roles=["clerk"]), roles=["clerk"]))
    story.execute(StartCase(team={"ann": CLERK})).complete("a").has(plan="active")
    story.execute(RemoveRole(user="ann", role="clerk")).has(plan="completed")


def test_an_offer_that_no_longer_applies_lets_its_stage_complete():
    story = Story(
        program(
            stage("s", human_task("a"), discretionary(human_task("x"), rule="go != false")), human_task("b")
        )
    )
    story.open().complete("a").has(s="active")
    story.write("go", False).has(s="completed")


def test_planned_twice_there_are_two_and_a_repetition_comes_after_both():
    story = Story(
        program(human_task("a"), discretionary(human_task("x", repeat="repetitionIndex < 1")))
    ).open()
    story.plan("x").plan("x")
    first, second = story.instances("x")
    assert (first.index, second.index) == (0, 1)
    story.execute(Terminate(item=first.iid))
    assert [item.index for item in story.instances("x")] == [0, 1, 2]


def test_planned_twice_with_an_event_the_repetition_counts_on():
    extra = human_task("x", repeat=True, entry=[when(on("go", "occur"))])
    story = Story(program(human_task("a"), user_listener("go", repeatable=True), discretionary(extra))).open()
    story.plan("x").plan("x").occur("go").occur("go")
    assert [item.index for item in story.instances("x")] == [0, 1, 2]


def test_a_planned_item_waits_for_its_criteria_and_is_heard_by_others():
    story = Story(
        program(
            human_task("a"),
            discretionary(milestone("m", entry=[when(on("x", "complete"))])),
            discretionary(human_task("x")),
        )
    ).open()
    story.plan("m").has(m="available").plan("x").complete("x").has(m="completed")


def test_a_listener_is_no_orphan_while_its_hearer_may_be_planned():
    story = Story(
        program(
            human_task("a"),
            user_listener("go"),
            discretionary(human_task("x", entry=[when(on("go", "occur"))])),
        )
    ).open()
    story.plan("x").execute(Terminate(item=story.one("a").iid)).has(go="available")
    story.occur("go").has(x="active")


def test_what_hears_from_outside_its_stage_is_not_started_from_below_before_it_is_planned():
    inner = discretionary(human_task("x", entry=[when(on("a", "complete"))]))
    story = Story(program(human_task("a"), stage("s", inner, human_task("b"), manual=True))).open()
    story.complete("a").has(s="enabled")


def test_planning_into_a_stage_that_waits_takes_effect_when_it_starts():
    story = Story(
        program(
            human_task("a"),
            stage("s", human_task("b"), discretionary(human_task("x")), entry=[when(on("a", "complete"))]),
        )
    ).open()
    story.plan("x", "s").plan("x", "s")
    assert story.instances("x") == []
    story.complete("a")
    assert [item.index for item in story.instances("x")] == [0, 1]
    assert story.case.state.planned == {}


def test_what_was_planned_into_a_stage_that_ends_is_forgotten():
    story = Story(
        program(human_task("a"), stage("s", discretionary(human_task("x")), human_task("b")))
    ).open()
    story.execute(Suspend(item=story.one("s").iid)).plan("x", "s")
    story.execute(TerminateCase())
    assert story.case.state.planned == {}
    assert story.refused(Plan(item=story.one("s").iid, discretionary="x")) == "E-STATE"


@pytest.mark.parametrize("state", ["available", "completed"])
def test_the_table_of_a_human_task_is_open_only_while_the_task_is_active(state):
    entry = [when(on("/x", "create"))] if state == "available" else []
    story = Story(
        program(human_task("t", entry=entry), discretionary(human_task("x"), at="t"), human_task("b"))
    ).open()
    if state == "completed":
        story.plan("x", "t")
        assert story.one("x").parent == 0
        story.complete("t")
    assert story.refused(Plan(item=story.one("t").iid, discretionary="x")) == "E-STATE"
    assert offered(story) == []
