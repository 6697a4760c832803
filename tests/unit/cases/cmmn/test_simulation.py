"""Simulation: each planted fault is found, with the shortest trace; a sound model raises no alarm."""

from dataclasses import replace

import pytest

from cases.cmmn.findings import Kind
from cases.cmmn.playing import Settings
from cases.cmmn.simulation import simulate
from cases.dmn import read as read_decisions
from tests.builders import (
    case_task,
    decision_task,
    discretionary,
    event_listener,
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
    work,
)
from tests.modelmaking import _GRADE

FEW = Settings(turns=1500, walks=30, depth=40)


def played(*items, settings=FEW, **given):
    return simulate(program(*items, **given), settings)


def found(report, kind):
    return [one for one in report.findings if one.kind is kind]


def words(finding):
    return [step.words for step in finding.trace]


def test_an_answer_that_nobody_thought_of_is_a_dead_end():
    report = played(
        human_task("a"),
        human_task("b", entry=[when(on("a", "complete"), condition='a.decision = "yes"')]),
        milestone("done", entry=[when(on("b", "complete"))], required=True),
    )
    (dead,) = found(report, Kind.DEAD_END)
    assert words(dead) == ["the case begins", 'a completes with a = {"decision": "something else"}'] or words(
        dead
    ) == ["the case begins", 'a completes with decision = "something else"']
    assert dead.waiting == {"b": "Available", "done": "Available"}
    assert report.stops


def test_the_trace_to_a_dead_end_is_the_shortest_one():
    report = played(
        human_task("a"),
        human_task("b", entry=[when(on("a", "complete"))]),
        human_task("c", entry=[when(on("b", "complete"), condition="false")]),
        auto_complete=False,
    )
    dead = min(found(report, Kind.DEAD_END), key=lambda one: len(one.trace))
    assert words(dead) == ["the case begins", "a completes", "b completes"]


def test_two_tasks_that_wait_for_each_other_are_a_dead_end_at_once():
    report = played(
        human_task("a", entry=[when(on("b", "complete"))]), human_task("b", entry=[when(on("a", "complete"))])
    )
    (dead,) = found(report, Kind.DEAD_END)
    assert words(dead) == ["the case begins"]
    assert {one.item for one in found(report, Kind.NEVER)} == {"a", "b"}


def test_a_timer_that_comes_too_early_ends_what_is_needed():
    report = played(
        human_task("a", exit=[when(on("t", "occur"))]),
        timer("t", "PT1H"),
        milestone("done", entry=[when(on("a", "complete"))], required=True),
    )
    (dead,) = found(report, Kind.DEAD_END)
    assert words(dead) == ["the case begins", "timer t fires"]
    assert dead.trace[-1].by == "time"


def test_a_turn_that_does_not_come_to_rest_is_a_loop():
    report = played(
        human_task("a"),
        milestone("m", entry=[when(on("a", "complete")), when(on("n", "occur"))], repeat=True),
        milestone("n", entry=[when(on("m", "occur"))], repeat=True),
    )
    (loop,) = found(report, Kind.LOOP)
    assert words(loop) == ["the case begins", "a completes"]
    assert "too many" in loop.message


def test_a_case_that_goes_round_for_ever_is_a_loop():
    report = played(timer("t", "R/PT1H"), task("a", entry=[when(condition="1 = 2")], required=True))
    (loop,) = found(report, Kind.LOOP)
    assert "for ever" in loop.message
    assert not found(report, Kind.DEAD_END)


def test_a_step_that_begins_itself_again_is_a_loop():
    report = played(
        service_task("a", entry=[when(on("go", "occur")), when(on("a", "complete"))], repeat=True),
        event_listener("go"),
        human_task("b", required=True, entry=[when(condition="1 = 2")]),
    )
    assert found(report, Kind.LOOP)


def test_an_item_that_nothing_begins_is_never_reached():
    report = played(
        human_task("a"),
        stage("s", human_task("b"), entry=[when(on("a", "parentSuspend"))]),
        auto_complete=True,
    )
    assert [one.item for one in found(report, Kind.NEVER)] == ["s", "b"]
    assert report.coverage.is_whole
    assert not report.stops


def test_a_condition_without_a_truth_value_is_named_with_its_trace():
    report = played(
        human_task("a"),
        human_task("b", entry=[when(on("a", "complete"), condition="1 + 1")]),
        auto_complete=True,
    )
    (odd,) = found(report, Kind.NOT_COMPUTED)
    assert "b.entry.0" in odd.message
    assert words(odd) == ["the case begins", "a completes"]


SOUND = {
    "a chain": (human_task("a"), human_task("b", entry=[when(on("a", "complete"))])),
    "both answers lead on": (
        human_task("a"),
        human_task("b", entry=[when(on("a", "complete"), condition='a.decision = "yes"')]),
        milestone("no", entry=[when(on("a", "complete"), condition='a.decision = "no"')]),
    ),
    "a timer races a task": (
        human_task("a", exit=[when(on("t", "occur"))]),
        timer("t", "PT1H"),
    ),
    "a step is tried again": (service_task("a"), milestone("m", entry=[when(on("a", "complete"))])),
    "something may be planned": (human_task("a"), discretionary(human_task("b"))),
    "another case is called": (case_task("a"),),
    "a rework loop with a way out": (
        human_task(
            "a",
            entry=[when(condition="true"), when(on("b", "complete"), condition='b.again = "yes"')],
            repeat=True,
        ),
        human_task("b", entry=[when(on("a", "complete"))], repeat=True),
        milestone("done", entry=[when(on("b", "complete"), condition='b.again = "no"')], required=True),
    ),
    "data come from outside": (human_task("a"), human_task("b", entry=[when(condition="amount > 10")])),
    "a document comes": (human_task("a", entry=[when(on("/letter", "create"))]),),
}


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_model_raises_no_alarm(name):
    is_auto = name in ("both answers lead on", "a rework loop with a way out", "something may be planned")
    report = played(*SOUND[name], auto_complete=is_auto)
    assert not report.stops, [(one.message, words(one)) for one in report.findings]


def test_what_waits_for_a_failure_or_for_being_set_aside_is_reached():
    report = played(
        task("a", exit=[when(on("b", "complete"))]),
        human_task("b", entry=[when(on("a", "fault"))]),
        human_task("c", manual=True),
        human_task("d", entry=[when(on("c", "disable"))]),
        human_task("e", entry=[when(on("d", "terminate"))]),
        auto_complete=True,
    )
    assert set(report.coverage.reached) == {"a", "b", "c", "d", "e"}


def test_decisions_are_made_and_their_inputs_tried():
    model = program(
        human_task("a"),
        decision_task("d", "grade", entry=[when(on("a", "complete"))], work=work({"amount": "a.amount"})),
        human_task("red", entry=[when(on("d", "complete"), condition='d = "red"')]),
        human_task("blue", entry=[when(on("d", "complete"), condition='d = "blue"')]),
        auto_complete=True,
    )
    model = replace(model, decisions={"grade": read_decisions(_GRADE.encode())})
    assert set(simulate(model, FEW).coverage.reached) == {"a", "d", "red", "blue"}


def test_a_decision_that_is_not_at_hand_is_answered_by_chance():
    report = played(
        decision_task("d", "elsewhere"),
        human_task("b", entry=[when(on("d", "complete"), condition='d.track = "fast"')]),
        human_task("c", entry=[when(on("d", "complete"), condition='d.track = "slow"')]),
        auto_complete=True,
    )
    assert set(report.coverage.reached) == {"d", "b", "c"}


def test_the_same_seed_gives_the_same_report_and_progress_is_told():
    told = []
    model = program(human_task("a"), user_listener("u"), timer("t", "PT1H"), auto_complete=True)
    one = simulate(model, FEW, lambda done, of: told.append((done, of)))
    assert one == simulate(model, FEW)
    assert told
    assert all(done <= of for done, of in told)


def test_a_small_budget_says_that_it_has_not_seen_everything():
    items = [human_task(f"i{number}", manual=True) for number in range(9)]
    report = played(*items, settings=Settings(turns=100, walks=3, depth=10))
    assert not report.coverage.is_whole
