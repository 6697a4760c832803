"""A turn costs what it touches: nothing here is timed, everything is counted."""

import sys
from collections import Counter

from bench import turns
from cases.cmmn import engine, instance, reader
from cases.cmmn.commands import Complete, StartCase
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
