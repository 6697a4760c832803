"""Which children a container does not wait for."""

import pytest

from cases.cmmn.commands import ManualStart
from cases.cmmn.profile import FLOWABLE, STRICT
from tests.unit.cases.cmmn.foreign import foreign, stage, task
from tests.unit.cases.cmmn.story import Story

WAITING, ENABLED, ACTIVE = "waiting", "enabled", "active"


def told(*items, profile=STRICT, **values):
    return Story(foreign(*items, profile=profile)).open(**values)


def child(state, rule):
    one = {
        WAITING: lambda: task("x").enters("never complete"),
        ENABLED: lambda: task("x").manual(),
        ACTIVE: lambda: task("x"),
    }[state]()
    return one.completes(rule)


@pytest.mark.parametrize(
    ("rule", "ignored"),
    [
        ("default", set()),
        ("ignore", {WAITING, ENABLED, ACTIVE}),
        ("ignoreIfAvailable", {WAITING}),
        ("ignoreIfAvailableOrEnabled", {WAITING, ENABLED}),
        ("ignoreAfterFirstCompletion", set()),
        ("ignoreAfterFirstCompletionIfAvailableOrEnabled", set()),
    ],
)
@pytest.mark.parametrize("state", [WAITING, ENABLED, ACTIVE])
def test_a_stage_does_not_wait_for_a_child_in_these_states(rule, ignored, state):
    story = told(stage("s", task("a"), child(state, rule)), task("never")).complete("a")
    assert story.state("s") == ("completed" if state in ignored else "active")
    if state in ignored:
        story.has(x="terminated")


@pytest.mark.parametrize(
    "rule", ["ignoreAfterFirstCompletion", "ignoreAfterFirstCompletionIfAvailableOrEnabled"]
)
def test_after_the_first_completion_a_further_repetition_is_not_waited_for(rule):
    story = told(stage("s", task("a"), task("x").repeats().manual().completes(rule)), task("z"))
    story.execute(ManualStart(item=story.one("x").iid)).complete("a").has(s="active")
    story.complete("x").has(s="completed")
    assert story.states("x") == ["completed", "terminated"]


def test_an_active_repetition_is_waited_for_unless_the_rule_says_otherwise():
    for rule, expected in (
        ("ignoreAfterFirstCompletion", "completed"),
        ("ignoreAfterFirstCompletionIfAvailableOrEnabled", "active"),
    ):
        story = told(stage("s", task("a"), task("x").repeats().completes(rule)), task("z"))
        story.complete("x").complete("a").has(s=expected)


@pytest.mark.parametrize(
    ("rule", "expected"), [("ignoreIfAvailable", "active"), ("ignore", "completed"), ("default", "active")]
)
def test_required_wins_over_all_rules_but_the_strongest(rule, expected):
    story = told(stage("s", task("a"), child(WAITING, rule).required()), task("never")).complete("a")
    story.has(s=expected)


@pytest.mark.parametrize("completes", ["${quick}", "true"])
def test_a_stage_may_complete_by_itself_where_a_condition_holds(completes):
    inner = stage("s", task("a"), task("b").enters("never complete"), autoCompleteCondition=completes)
    story = told(inner, task("never"), profile=FLOWABLE).complete("a")
    if completes == "true":
        story.has(s="completed")
    else:
        story.has(s="active").write("quick", True).has(s="completed", b="terminated")
