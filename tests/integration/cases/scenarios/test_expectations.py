"""Every expectation can fail: each holds of what is so, and does not hold of what is not."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import PurePath

import pytest

from app.database import Database, scratches
from cases.errors import Invalid
from cases.scenarios import capabilities, document, expectations, runner
from cases.scenarios.document import Scenario
from cases.scenarios.runner import Outcome, Setting, Verdict

MODEL = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/CMMN/20151109/MODEL"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    xmlns:flowable="http://flowable.org/cmmn" targetNamespace="http://example.org/loans">
  <caseFileItemDefinition id="dLoan" name="loan"/>
  <case id="loan" name="Loan">
    <documentation>A loan</documentation>
    <caseFileModel>
      <caseFileItem id="cf" name="loan" definitionRef="dLoan" multiplicity="ExactlyOne"/>
    </caseFileModel>
    <casePlanModel id="plan" name="Plan">
      <planItem id="look" name="Look" definitionRef="dLook"/>
      <planItem id="phase" name="Phase" definitionRef="dPhase"/>
      <planItem id="done" name="Looked" definitionRef="dDone">
        <entryCriterion id="looked" sentryRef="whenLooked"/>
      </planItem>
      <planItem id="wait" name="Wait" definitionRef="dWait"/>
      <planItem id="odd" name="Odd" definitionRef="dOdd">
        <entryCriterion id="oddly" sentryRef="whenOdd"/>
      </planItem>
      <planItem id="heard" name="Heard" definitionRef="dHeard"/>
      <sentry id="whenLooked"><planItemOnPart id="onLook" sourceRef="look">
        <standardEvent>complete</standardEvent></planItemOnPart></sentry>
      <sentry id="whenOdd"><planItemOnPart id="onPhase" sourceRef="look">
        <standardEvent>start</standardEvent></planItemOnPart>
        <ifPart id="isOdd"><condition>${1 &lt; 'a'}</condition></ifPart></sentry>
      <planningTable id="table">
        <discretionaryItem id="more" name="More" definitionRef="dMore"/>
      </planningTable>
      <humanTask id="dLook" name="Look" flowable:assignee="ada"/>
      <stage id="dPhase" name="Phase" flowable:includeInStageOverview="true">
        <planItem id="idle" name="Idle" definitionRef="dIdle"/>
        <task id="dIdle" name="Idle"/>
      </stage>
      <milestone id="dDone" name="Looked"/>
      <timerEventListener id="dWait" name="Wait"><timerExpression>PT1H</timerExpression></timerEventListener>
      <task id="dOdd" name="Odd"/>
      <eventListener id="dHeard" name="Heard" flowable:eventType="signal" flowable:signalRef="bell"/>
      <humanTask id="dMore" name="More"/>
    </casePlanModel>
  </case>
</definitions>"""

HEAD = """scenario: loans/{name}
title: {name}
standing: extension
needs: [core]
models: [loan.cmmn]
clock: '2026-03-02T09:00:00Z'
stubs:
  bank: {{kind: http-server, routes: [{{method: GET, url: 'https://bank', respond: {{status: 200}}}}]}}
steps:
  - deploy: {{models: [loan.cmmn], as: d}}
  - start: {{case: loan, as: c, vars: {{loan: {{sum: 5}}, note: hot}}, name: Ada's, business_key: L-1}}
"""

LOOKED = "  - complete: {task: Look, user: ada}\n"
LOCAL = "  - set: {scope: {item: Idle}, local: {depth: 2}}\n"
ACQUIRED = "  - worker_acquire: {topic: t, worker: w, max: 1, lock: PT1M, as: jobs}\n"

OTHERS = "Phase: active, Idle: active, Wait: available, Odd: available, Heard: available"
ALL_LIVE = f"{{Look: active, Looked: available, {OTHERS}}}"
ALL_LOOKED = f"{{Look: completed, Looked: completed, {OTHERS}}}"
LIVE_ROWS = (
    "[{name: Phase}, {name: Idle, parent: Phase}, {type: timer-event-listener}, {element: odd}, "
    "{definition: dHeard, state: available}]"
)

HOLDS_AND_DOES_NOT = {
    "case": ("", '{state: active, name: "Ada\'s", business_key: L-1, key: loan}', "{state: completed}"),
    "live": (
        "",
        ALL_LIVE,
        "{Look: active}",
    ),
    "all": (
        LOOKED,
        ALL_LOOKED,
        "{Look: completed}",
    ),
    "live_includes": ("", "{Look: active, Nobody: []}", "{Look: available}"),
    "all_includes": (LOOKED, "{Look: completed}", "{Look: active}"),
    "live_count": ("", "7", "6"),
    "all_count": (LOOKED, "7", "6"),
    "live_items": (
        LOOKED,
        LIVE_ROWS,
        LIVE_ROWS.replace("parent: Phase", "parent: '@case'"),
    ),
    "completed": (LOOKED, "[Look, Looked]", "[Look]"),
    "terminated": ("", "[]", "[Look]"),
    "failed": ("", "[]", "[Look]"),
    "item": (LOOKED, "{name: Look, state: completed, completed_by: ada}", "{name: Look, completed_by: bob}"),
    "items": ("", "[{name: Idle, parent: Phase, required: false}]", "[{name: Idle, required: true}]"),
    "item_count": ("", "{type: stage, count: 1}", "[{type: stage, count: 1}, {state: active, count: 9}]"),
    "tasks": ("", "[Look]", "[Look, Look]"),
    "task_count": ("", "1", "0"),
    "task": ("", "{name: Look, state: created}", "{name: Look, state: in-progress}"),
    "milestones": (LOOKED, "[Looked]", "[]"),
    "vars": ("", "{note: hot, cold: null}", "{note: cold}"),
    "vars_exact": ("", "{note: hot, loan: {sum: 5}}", "{note: hot}"),
    "vars_absent": ("", "[cold]", "[cold, note]"),
    "locals": (LOCAL, "[{of: Idle, rows: [{depth: 2}], exact: true}]", "[{of: Idle, rows: [{depth: 3}]}]"),
    "case_file": ("", "{/loan/sum: 5, /loan/rate: null}", "{/loan/sum: 6}"),
    "file_state": ("", "{/loan: available}", "{/loan: discarded}"),
    "offered": ("", "[More]", "[]"),
    "offered_in": ("", "{'@case': [More]}", "{'@case': [Look]}"),
    "jobs": ("", "{timer: 1, dead: 0, next_due: '2026-03-02T10:00:00Z'}", "{timer: 2}"),
    "worker_jobs": ("", "[]", "[{retries: 3}]"),
    "acquired": (ACQUIRED, "{jobs: jobs, count: 0}", "{jobs: jobs, count: 1}"),
    "subscriptions": ("", "[{kind: signal, name: bell, item: Heard}]", "[{kind: signal, name: gong}]"),
    "overview": ("", "[{name: Phase, current: true, ended: false}]", "[]"),
    "definitions": ("", "[{key: loan, description: A loan}]", "[{key: loan}, {key: loan}]"),
    "all_on_definition": ("", "d", None),
    "history": (
        LOOKED,
        "{tasks: [{name: Look, state: completed}]}",
        "{tasks: [{name: Look, state: created}]}",
    ),
    "outbox": ("", "[]", "[{kind: http, method: GET}]"),
    "incidents": ("", "1", "0"),
    "log": (
        "  - suspend: {item: Idle}\n",
        "[[Idle, suspend]]",
        "[[Idle, resume]]",
    ),
    "log_order": (LOOKED, "[[Look, complete], [Looked, occur]]", "[[Looked, occur], [Look, complete]]"),
    "open_cases": ("", "1", "0"),
    "ended_cases": ("  - terminate_case: {}\n", "1", "0"),
}
"""Of each expectation: steps before it, what holds then, and what does not."""


@pytest.fixture(scope="module")
def fresh() -> Iterator[Callable[[], AbstractContextManager[Database]]]:
    with scratches() as found:
        yield found


def play(fresh: Callable[[], AbstractContextManager[Database]], name: str, steps: str) -> Outcome:
    found = document.read(HEAD.format(name=name.replace("_", "-")) + steps, PurePath("loans.yaml"))
    assert isinstance(found, Scenario)
    (outcome,) = runner.play(found, Setting(fresh=fresh, find=lambda _found, _path: MODEL))
    return outcome


def test_every_expectation_is_tried() -> None:
    assert HOLDS_AND_DOES_NOT.keys() == expectations.CHECKS.keys()


@pytest.mark.parametrize("name", HOLDS_AND_DOES_NOT)
def test_an_expectation_holds_of_what_is_so(
    fresh: Callable[[], AbstractContextManager[Database]], name: str
) -> None:
    before, holds, _ = HOLDS_AND_DOES_NOT[name]
    outcome = play(fresh, name, f"{before}  - expect: {{{name}: {holds}}}\n")
    assert outcome.verdict is Verdict.PASSED, outcome.message


@pytest.mark.parametrize("name", [name for name, (*_, wrong) in HOLDS_AND_DOES_NOT.items() if wrong])
def test_an_expectation_fails_of_what_is_not_so_and_says_both(
    fresh: Callable[[], AbstractContextManager[Database]], name: str
) -> None:
    before, _, wrong = HOLDS_AND_DOES_NOT[name]
    outcome = play(fresh, name, f"{before}  - expect: {{{name}: {wrong}}}\n")
    assert outcome.verdict is Verdict.FAILED
    assert "expected" in outcome.message, outcome.message
    assert "found" in outcome.message, outcome.message


def test_a_case_stays_on_its_version(fresh: Callable[[], AbstractContextManager[Database]]) -> None:
    outcome = play(fresh, "version", "  - expect: {all_on_definition: unknown}\n")
    assert outcome.verdict is Verdict.FAILED


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ("  - complete_case: {}\n", "expected it to be carried out, but it was refused as illegal-state"),
        (
            "  - refused: {step: {suspend: {}}, kind: forbidden}\n",
            "expected a refusal as forbidden, found none",
        ),
        ("  - refused: {step: {complete_case: {}}, kind: not-found}\n", "found illegal-state"),
        ("  - occur: {item: {state: active}}\n", "means 3 instances"),
        ("  - terminate_case: {of: nobody}\n", "no case is called nobody"),
        ("  - expect: {of: nobody}\n", "no case is called nobody"),
        ("  - complete: {item: Nothing, all: true}\n", "refused as not-found"),
        ("  - complete: {task: Nothing, all: true}\n", "refused as not-found"),
        ("  - trigger: {item: Nothing, all: true}\n", "refused as not-found"),
        ("  - trigger: {item: Idle, expect_count: 3}\n", "expected 3 matches, found 1"),
        ("  - trigger: {each: [Idle, Heard], expect_count: 3}\n", "expected 3 matches, found 2"),
        ("  - trigger: {item: Nothing, all: true, expect_count: 1}\n", "expected 1 matches, found 0"),
        ("  - expect: {locals: [{of: Nothing, absent: [a]}]}\n", "expected an instance, found none"),
        ("  - expect: {locals: [{of: Nothing, rows: [{a: 1}]}]}\n", "expected an instance, found none"),
    ],
)
def test_a_step_that_goes_otherwise_fails_its_run(
    fresh: Callable[[], AbstractContextManager[Database]], steps: str, message: str
) -> None:
    outcome = play(fresh, "step", steps)
    assert (outcome.verdict, outcome.step) == (Verdict.FAILED, 3)
    assert message in outcome.message, outcome.message


@pytest.mark.parametrize(
    "step",
    [
        "trigger: {item: Nothing, all: true, expect_count: 0}",
        "trigger: {item: Idle, all: true, expect_count: 1}",
        "expect: {locals: [{of: Nothing, rows: []}]}",
        "repeat: {times: 0, steps: [{terminate_case: {}}]}",
        "refused: {step: {complete: {task: {any: true}, all: true, of: c}}, kind: not-found}",
    ],
)
def test_what_the_scenario_says_of_none_or_some_is_held_against_them(
    fresh: Callable[[], AbstractContextManager[Database]], step: str
) -> None:
    outcome = play(fresh, "some", f"{LOOKED}  - {step}\n")
    assert outcome.verdict is Verdict.PASSED, outcome.message


@pytest.mark.parametrize("verb", ["worker_complete", "worker_terminate"])
def test_nothing_can_be_reported_of_an_acquisition_that_got_no_job(
    fresh: Callable[[], AbstractContextManager[Database]], verb: str
) -> None:
    outcome = play(fresh, "nothing", f"{ACQUIRED}  - {verb}: {{jobs: jobs, worker: w}}\n")
    assert (outcome.verdict, outcome.step) == (Verdict.FAILED, 4)
    assert "refused as not-found: The acquisition jobs got no job" in outcome.message


def test_a_tag_that_is_not_claimed_skips_the_scenario(
    fresh: Callable[[], AbstractContextManager[Database]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capabilities, "UNCLAIMED", frozenset({"telepathy"}))
    text = HEAD.format(name="skip").replace("[core]", "[core, telepathy]") + "  - expect: {tasks: []}\n"
    found = document.read(text, PurePath("loans.yaml"))
    assert isinstance(found, Scenario)
    (outcome,) = runner.play(found, Setting(fresh=fresh, find=lambda _found, _path: MODEL))
    assert (outcome.verdict, outcome.message) == (Verdict.SKIPPED, "needs telepathy")


def test_a_model_that_is_missing_fails_its_run(
    fresh: Callable[[], AbstractContextManager[Database]],
) -> None:
    def find(_found: object, path: str) -> bytes:
        raise Invalid([document.Problem(document.CODE, f"there is no model {path}")])

    found = document.read(HEAD.format(name="model") + "  - expect: {tasks: []}\n", PurePath("loans.yaml"))
    assert isinstance(found, Scenario)
    (outcome,) = runner.play(found, Setting(fresh=fresh, find=find))
    assert (outcome.verdict, "there is no model" in outcome.message) == (Verdict.FAILED, True)
