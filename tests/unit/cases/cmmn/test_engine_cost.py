"""A turn costs what it touches: nothing here is timed, everything is counted."""

import sys
from collections import Counter

from cases.cmmn import engine, instance
from cases.cmmn.commands import Complete, StartCase
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
