"""A turn costs what it touches: nothing here is timed, everything is counted."""

import sys
from collections import Counter

from bench import turns
from cases.cmmn import engine, instance, reader
from cases.cmmn.commands import Complete, StartCase
from cases.cmmn.effects import HumanTaskOpened
from cases.cmmn.events import IncidentRaised
from cases.cmmn.metamodel import Program
from tests.builders import human_task, milestone, on, program, stage, when
from tests.unit.cases.cmmn.story import BEGINNING


def calls_of_a_turn(stages):
    """How many functions of ours one completion calls, in a case of so many stages of ten items."""
    inside = [
        stage(
            f"s{place}",
            human_task(f"a{place}"),
            human_task(
                f"b{place}", entry=[when(on(f"a{place}", "complete"), condition=f"a{place}.ok = true")]
            ),
            milestone(f"m{place}", entry=[when(on(f"b{place}", "complete"))]),
            *[human_task(f"c{place}.{number}") for number in range(6)],
        )
        for place in range(stages)
    ]
    model = program(*inside)
    case = engine.execute(instance.new(model, 1, "K"), StartCase(inputs={}), BEGINNING).case
    item = next(one.iid for one in case.items() if case.plan_item(one.iid).id == "a0")
    calls = Counter()

    def count(frame, event, _):
        if event == "call" and "cmmn" in frame.f_code.co_filename:
            calls[frame.f_code.co_name] += 1

    sys.setprofile(count)
    try:
        outcome = engine.execute(case, Complete(item=item, answer={"ok": True}), BEGINNING)
    finally:
        sys.setprofile(None)
    assert any(one.definition == "b0" for one in outcome.effects if hasattr(one, "definition"))
    return sum(calls.values())


def test_a_turn_in_a_case_of_a_thousand_items_does_what_it_does_in_one_of_ten():
    small, large = calls_of_a_turn(1), calls_of_a_turn(100)
    assert large <= small * 1.2


def test_only_the_items_that_a_turn_touches_are_copied():
    model = program(
        *[stage(f"s{place}", human_task(f"a{place}"), human_task(f"b{place}")) for place in range(50)]
    )
    before = engine.execute(instance.new(model, 1, "K"), StartCase(inputs={}), BEGINNING).case
    item = next(one.iid for one in before.items() if before.plan_item(one.iid).id == "a7")
    after = engine.execute(before, Complete(item=item), BEGINNING).case
    changed = [
        old.iid for old, new in zip(before.state.items, after.state.items, strict=True) if old is not new
    ]
    assert changed == [item]


class Looked(list):
    """The instances of a case, and how often one of them is looked at."""

    looks = 0

    def __getitem__(self, place):
        type(self).looks += 1
        return super().__getitem__(place)

    def copy(self):
        return Looked(self)


def looks_of_a_turn(items):
    """How often a turn looks at an instance when a task completes and the next one begins."""
    definition = reader.read(turns.model(items)).cases["c"]
    case = engine.execute(
        instance.new(Program(definition), 1, "K"), StartCase(inputs={"approved": True}), BEGINNING
    ).case
    case.state.items = Looked(case.state.items)
    Looked.looks = 0
    engine.execute(case, Complete(item=case.live(definition.by_id["t0.0"])[0]), BEGINNING)
    return Looked.looks


def test_a_completed_task_makes_the_turn_look_at_as_many_instances_in_a_large_case_as_in_a_small_one():
    assert looks_of_a_turn(1_000) == looks_of_a_turn(12) < 60


def calls_among(children):
    """How many functions of ours a turn calls that completes one of two tasks beside so many that wait."""
    waiting = [human_task(f"w{place}", entry=[when(condition="never = true")]) for place in range(children)]
    model = program(*waiting, human_task("a"), human_task("b"), human_task("c"), auto_complete=True)
    case = engine.execute(instance.new(model, 1, "K"), StartCase(inputs={}), BEGINNING).case
    first, second = (case.live(case.program.definition.by_id[name])[0] for name in ("a", "b"))
    case = engine.execute(case, Complete(item=first), BEGINNING).case
    calls = Counter()

    def count(frame, event, _):
        if event == "call" and "cmmn" in frame.f_code.co_filename:
            calls[frame.f_code.co_name] += 1

    sys.setprofile(count)
    try:
        engine.execute(case, Complete(item=second), BEGINNING)
    finally:
        sys.setprofile(None)
    return sum(calls.values())


def test_a_thousand_children_beside_one_another_are_not_all_asked_whether_their_stage_may_complete():
    assert calls_among(500) <= calls_among(5) + 10


HEAVY = "every i in 1..250 satisfies every j in 1..250 satisfies i + j > 0"


def test_the_expressions_of_a_turn_together_take_no_more_steps_than_a_few_of_them_may():
    conditions = 30
    model = program(*[human_task(f"t{place}", entry=[when(condition=HEAVY)]) for place in range(conditions)])
    outcome = engine.execute(instance.new(model, 1, "K"), StartCase(inputs={}), BEGINNING)
    told = [event for event in outcome.events if isinstance(event, IncidentRaised)]
    begun = [effect for effect in outcome.effects if isinstance(effect, HumanTaskOpened)]
    assert 0 < len(begun) < 10
    assert len(told) == conditions - len(begun)
    assert all("too many steps" in event.message for event in told)
