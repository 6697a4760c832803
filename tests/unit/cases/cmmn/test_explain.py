"""Explanations: of every item in every state, and true: what they say would move an item does move it."""

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings

from cases.cmmn import engine, instance, sentries
from cases.cmmn.agenda import Run
from cases.cmmn.commands import (
    Complete,
    Disable,
    Fail,
    ManualStart,
    OccurUser,
    Plan,
    Refused,
    Resume,
    ResumeCase,
    SetVariables,
    Suspend,
    SuspendCase,
)
from cases.cmmn.explain import absent, everything, explain, explain_absent, facts
from cases.cmmn.explanation import Reason
from cases.cmmn.working_back import Target
from tests.builders import (
    case_task,
    discretionary,
    human_task,
    milestone,
    on,
    program,
    service_task,
    stage,
    timer,
    user_listener,
    when,
)
from tests.modelmaking import dice, make_command, make_pause, make_program, make_start
from tests.unit.cases.cmmn.story import BEGINNING, Story


def told(story, name):
    return explain(story.case, story.one(name).iid, story.now, [event for row in story.rows for event in row])


def told_absent(story, name, parent=0):
    return explain_absent(story.case, story.program.definition.by_id[name], parent, story.now)


def test_a_waiting_task_names_what_has_happened_and_what_is_missing():
    story = Story(
        program(
            human_task("a"),
            human_task("b"),
            human_task("c", entry=[when(on("a", "complete"), on("b", "complete"))]),
        )
    )
    story.open().complete("a")
    found = told(story, "c")
    assert found.reason is Reason.FOR_CRITERION
    (criterion,) = found.criteria
    assert [(part.source, part.event, part.seq > 0, part.may_come) for part in criterion.parts] == [
        ("a", "complete", True, False),
        ("b", "complete", False, True),
    ]
    assert [step.command for step in found.recipe.steps] == [Complete(item=story.one("b").iid)]
    assert found.since.transition == "create"


def test_an_event_that_cannot_come_any_more_is_said_to_be_gone():
    story = Story(
        program(
            human_task("a", exit=[when(on("b", "complete"))]),
            human_task("b"),
            human_task("z"),
            human_task("c", entry=[when(on("a", "complete"))]),
        )
    )
    story.open().complete("b")
    found = told(story, "c")
    assert not found.criteria[0].parts[0].may_come
    assert (found.recipe.is_complete, found.recipe.obstacle) == (False, "notFound")


def test_a_condition_comes_with_its_value_and_what_it_read():
    story = Story(
        program(human_task("a"), human_task("b", entry=[when(condition="claim.amount > 100 and ok")]))
    )
    story.open(claim={"amount": 7}, ok=True)
    held = told(story, "b").criteria[0].condition
    assert (held.value, held.read) == (False, {"claim.amount": 7, "ok": True})
    assert told(story, "b").recipe.steps[0].command == SetVariables(values={"claim": {"amount": 101}})


def test_a_condition_that_cannot_be_computed_says_why():
    story = Story(program(human_task("a"), human_task("b", entry=[when(condition="1 + 1")])))
    held = told(story.open(), "b").criteria[0].condition
    assert not held.value
    assert "neither true nor false" in held.error


def test_what_waits_for_its_stage_is_started_through_its_stage():
    story = Story(
        program(human_task("a"), stage("s", human_task("b", manual=True), entry=[when(on("a", "complete"))]))
    )
    story.open()
    inner = told_absent(story, "b", story.one("s").iid)
    assert inner.reason is Reason.FOR_STAGE
    a, s = story.one("a").iid, story.one("s").iid
    assert [step.command for step in inner.recipe.steps] == [Complete(item=a), ManualStart(item=s + 1)]


def test_what_nobody_planned_says_who_may():
    story = Story(
        program(human_task("a"), discretionary(human_task("b"), roles=["boss"], rule="ok"), roles=["boss"])
    )
    story.open()
    found = told_absent(story, "b")
    assert found.reason is Reason.NOT_PLANNED
    (offer,) = found.planning
    assert (offer.is_offered, offer.rules[0].value, offer.roles) == (False, False, (frozenset({"boss"}),))
    assert [step.command for step in found.recipe.steps] == [
        SetVariables(values={"ok": True}),
        Plan(item=0, discretionary="b"),
    ]


def test_the_next_repetition_waits_for_its_criterion():
    story = Story(
        program(
            user_listener("go", repeatable=True),
            human_task("b", entry=[when(on("go", "occur"))], repeat=True),
        )
    )
    story.open().occur("go")
    found = told_absent(story, "b")
    assert (found.reason, found.index) == (Reason.TO_REPEAT, 1)
    assert [step.command for step in found.recipe.steps] == [OccurUser(item=story.one("go").iid)]


def test_a_suspended_item_names_who_holds_it():
    story = Story(program(stage("s", human_task("a")), human_task("z")))
    story.open().execute(Suspend(item=story.one("s").iid))
    found = told(story, "a")
    assert (found.reason, found.suspension.item) == (Reason.SUSPENDED_AROUND, story.one("s").iid)
    assert [step.command for step in found.recipe.steps] == [Resume(item=story.one("s").iid)]
    story.execute(SuspendCase())
    assert [step.command for step in told(story, "z").recipe.steps] == [ResumeCase()]


def test_a_deferred_criterion_is_told():
    story = Story(program(stage("s", human_task("a", exit=[when(condition="ok")])), human_task("z")))
    story.open().execute(Suspend(item=story.one("s").iid))
    story.write("ok", value=True)
    assert told(story, "a").criteria[0].condition.value


def test_a_timer_is_due_or_waits_for_its_trigger():
    story = Story(program(human_task("a"), timer("t", "PT1H"), timer("u", "PT1H", start=on("a", "complete"))))
    story.open()
    assert told(story, "t").timer.due == "2026-03-02T15:00:00Z"
    assert told(story, "u").reason is Reason.FOR_TRIGGER
    assert told(story, "u").timer.trigger.source == "a"
    steps = told(story, "u").recipe.steps
    assert [type(step.command).__name__ for step in steps] == ["Complete", "FireTimer"]


def test_a_failed_step_says_what_can_be_done():
    story = Story(program(service_task("a")))
    story.open().execute(Fail(item=story.one("a").iid, code="DOWN", message="no answer"))
    found = told(story, "a")
    assert (found.failure.code, found.failure.message) == ("DOWN", "no answer")
    assert [right.command for right in found.rights] == ["reactivate", "exitFailed"]
    assert found.recipe.is_complete


def test_a_disabled_task_is_enabled_again_and_started():
    story = Story(program(human_task("a", manual=True), human_task("z")))
    story.open().execute(Disable(item=story.one("a").iid))
    assert [type(step.command).__name__ for step in told(story, "a").recipe.steps] == [
        "Reenable",
        "ManualStart",
    ]


def test_the_case_says_which_child_keeps_it_open():
    story = Story(program(human_task("a"), milestone("m", entry=[when(on("a", "complete"))], required=True)))
    story.open()
    found = explain(story.case, 0, story.now)
    assert [(child.definition, child.blocks, child.by_hand) for child in found.matrix.blocking] == [
        ("a", "atWork", True),
        ("m", "required", True),
    ]
    assert [step.command for step in found.recipe.steps] == [Complete(item=story.one("a").iid)]
    assert not found.matrix.may_complete_by_hand


@pytest.mark.parametrize(("name", "waits"), [("a", "person"), ("b", "work"), ("c", "case")])
def test_an_active_task_says_what_is_outstanding(name, waits):
    story = Story(program(human_task("a"), service_task("b"), case_task("c"))).open()
    assert told(story, name).outstanding == waits


def test_an_unavailable_listener_says_what_would_offer_it():
    story = Story(program(human_task("a"), user_listener("u", condition="n > 3"))).open()
    found = told(story, "u")
    assert found.reason is Reason.NOT_OFFERED
    assert [type(step.command).__name__ for step in found.recipe.steps] == ["SetVariables", "OccurUser"]


def test_what_is_over_says_so_and_offers_nothing():
    story = Story(program(human_task("a"), human_task("b"))).open().complete("a")
    found = told(story, "a")
    assert (found.reason, found.recipe.obstacle) == (Reason.COMPLETED, "over")


def test_a_case_that_has_not_begun_is_explained_too():
    model = program(human_task("a"))
    new = instance.new(model, 1, "K")
    assert [one.reason for one in everything(new, BEGINNING)] == [Reason.NOT_STARTED] * 2


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(rng=dice())
def test_every_item_of_any_model_has_an_explanation_whose_conditions_are_the_engine_s(rng):
    case, now = played(rng)
    explained = everything(case, now)
    assert {one.number for one in explained} == {item.number for item in case.program.definition.items}
    for one in explained:
        assert isinstance(one.reason, Reason)
        if one.item >= 0:
            agrees_with_the_engine(case, one, now)


def test_what_an_explanation_says_would_start_an_item_starts_it():
    complete = true = 0
    for seed in range(25):
        case, now = played(Random(seed))
        for one in [explain(case, item.iid, now) for item in case.items()] + [
            explain_absent(case, number, parent, now) for number, parent in absent(case)
        ]:
            if one.recipe.is_complete:
                complete += 1
                true += comes_true(case, one, now)
    assert complete > 80
    assert true >= complete * 0.99


def test_facts_try_nothing():
    story = Story(program(human_task("a"))).open()
    assert facts(story.case, 1, story.now).recipe is None


def played(rng):
    """A case of a made-up model after some commands, never refused as a whole."""
    model = make_program(rng)
    case, now = instance.new(model, 1, "K-1"), BEGINNING
    for number in range(rng.randint(0, 12)):
        command = make_command(rng, case) if number else make_start(rng)
        try:
            case = engine.execute(case, command, now).case
        except Refused:
            if not number:
                break
        now += make_pause(rng)
    return case, now


def agrees_with_the_engine(case, one, now):
    run = Run(case, now)
    holder = run.item(one.item)
    by_id = {criterion.id: criterion for criterion in case.program.definition.criteria}
    for criterion in one.criteria:
        modelled = by_id[criterion.id]
        held = sentries.condition_holds(run, modelled, holder, holder.memory.get(modelled.number))
        if modelled.sentry.if_part is not None and modelled.number not in holder.spent:
            assert criterion.condition.value == held
        assert criterion.is_satisfied == sentries.is_satisfied(run, modelled, holder)


def comes_true(case, one, now):
    events = []
    for step in one.recipe.steps:
        outcome = engine.execute(case, step.command, step.at or now)
        case, events = outcome.case, [*events, *outcome.events]
    parent = one.parent if one.item < 0 else -1
    return Target(one.recipe.goal, one.number, one.item, parent).is_reached(events, case)
