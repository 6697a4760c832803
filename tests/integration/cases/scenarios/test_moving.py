"""Cases move to another version, and items are started by command, as scenarios say it (FORMAT 6.1)."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import PurePath

import pytest

from app.database import Database, scratches
from cases.scenarios import document, runner
from cases.scenarios.document import Scenario
from cases.scenarios.runner import Setting, Verdict

Fresh = Callable[[], AbstractContextManager[Database]]

MODEL = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/CMMN/20151109/MODEL"
    xmlns:flowable="http://flowable.org/cmmn" targetNamespace="http://example.org/loans">
  <case id="loan" name="{name}"><casePlanModel id="plan" name="Plan">{plan}</casePlanModel></case>
</definitions>"""


def item(definition: str, entry: str = "", control: str = "") -> str:
    criterion = f'<entryCriterion id="c_{definition}" sentryRef="{entry}"/>' if entry else ""
    held = f"<itemControl>{control}</itemControl>" if control else ""
    name = definition.capitalize()
    begin = f'<planItem id="p_{definition}" name="{name}" definitionRef="{definition}">'
    return f"{begin}{held}{criterion}</planItem>"


def after(source: str, id_: str = "s1") -> str:
    return (
        f'<sentry id="{id_}"><planItemOnPart id="on_{id_}" sourceRef="p_{source}">'
        "<standardEvent>complete</standardEvent></planItemOnPart></sentry>"
    )


def tasks(*ids: str, attributes: str = "") -> str:
    return "".join(f'<humanTask id="{id_}" name="{id_.capitalize()}" {attributes}/>' for id_ in ids)


def waiting(text: str) -> str:
    expression = f"<timerExpression>{text}</timerExpression>"
    return f'<timerEventListener id="wait" name="Wait">{expression}</timerEventListener>'


STAGED = '<stage id="phase" name="Phase">' + item("two") + item("three") + tasks("two", "three") + "</stage>"
REPEATS = "<repetitionRule/>"

MODELS = {
    "one": item("one") + tasks("one"),
    "one-and-two": item("one") + item("two") + tasks("one", "two"),
    "two-after-one": item("one") + item("two", "s1") + after("one") + tasks("one", "two"),
    "two-again-after-one": item("one", control=REPEATS)
    + item("two", "s1", REPEATS)
    + after("one")
    + tasks("one", "two"),
    "two-alone": item("two") + tasks("two"),
    "staged": item("one") + item("phase") + tasks("one") + STAGED,
    "assigned": item("one") + tasks("one", attributes='flowable:assignee="ada"'),
    "other-item": item("one").replace("p_one", "q_one") + tasks("one"),
    "timer": item("one") + item("wait") + tasks("one") + waiting("PT2H"),
    "later-timer": item("one") + item("wait") + tasks("one") + waiting("PT9H"),
    "by-data": item("one")
    + item("two", "s1")
    + '<sentry id="s1"><ifPart id="i"><condition>${x == 1}</condition></ifPart></sentry>'
    + tasks("one", "two"),
}

HEAD = """scenario: moving/{name}
title: {name}
standing: extension
needs: [core, migration, change-state]
models: []
clock: '2026-03-02T09:00:00Z'
steps:
  - deploy: {{models: [{first}.cmmn], as: v1}}
  - start: {{case: loan, as: c}}
"""

MOVES = {
    "a-new-task-is-started": (
        "one",
        """
  - deploy: {models: [one-and-two.cmmn], as: v2}
  - expect: {all_on_definition: v1, case: {definition_version: 1}}
  - migrate: {of: c, to: v2, activate: [two]}
  - expect: {all_on_definition: v2, live: {One: active, Two: active}, case: {definition_version: 2}}
  - complete: {task: One}
  - complete: {task: Two}
  - expect: {case: {state: completed}}
""",
    ),
    "nothing-comes-into-being-that-is-not-named": (
        "one",
        """
  - deploy: {models: [one-and-two.cmmn], as: v2}
  - migrate: {of: c, to: v2}
  - expect: {live: {One: active}, task_count: 1}
  - complete: {task: One}
  - expect: {case: {state: completed}}
""",
    ),
    "one-is-terminated-and-another-started": (
        "one-and-two",
        """
  - deploy: {models: [staged.cmmn], as: v2}
  - migrate: {of: c, to: v2, terminate: [one], activate: [three]}
  - expect: {live: {Phase: active, Two: active, Three: active}, terminated: [One, Two]}
  - complete: {task: Two}
  - complete: {task: Three}
  - expect: {case: {state: completed}}
""",
    ),
    "what-has-no-place-ends": (
        "one-and-two",
        """
  - deploy: {models: [two-alone.cmmn], as: v2}
  - migrate: {of: c, to: v2}
  - expect: {live: {Two: active}, terminated: [One], tasks: [Two]}
  - complete: {task: Two}
  - expect: {case: {state: completed}}
""",
    ),
    "a-task-is-made-to-wait": (
        "one-and-two",
        """
  - deploy: {models: [two-after-one.cmmn], as: v2}
  - migrate: {of: c, to: v2, to_available: [two]}
  - expect: {live: {One: active, Two: available}, tasks: [One]}
  - complete: {task: One}
  - expect: {live: {Two: active}}
""",
    ),
    "a-new-task-waits": (
        "one",
        """
  - deploy: {models: [two-after-one.cmmn], as: v2}
  - migrate: {of: c, to: v2, to_available: [two]}
  - complete: {task: One}
  - expect: {live: {Two: active}}
""",
    ),
    "a-repetition-is-waited-for": (
        "one",
        """
  - deploy: {models: [two-again-after-one.cmmn], as: v2}
  - migrate: {of: c, to: v2, waiting: [two]}
  - expect: {live: {One: active}}
  - complete: {task: One}
  - expect: {live_includes: {Two: active, One: active}}
""",
    ),
    "variables-come-first": (
        "one",
        """
  - deploy: {models: [by-data.cmmn], as: v2}
  - migrate: {of: c, to: v2, vars: {x: 1}, to_available: [two]}
  - expect: {live: {One: active, Two: active}, vars: {x: 1}}
""",
    ),
    "tasks-keep-what-they-have": (
        "one",
        """
  - claim: {task: One, user: bob}
  - deploy: {models: [assigned.cmmn], as: v2}
  - migrate: {of: c, to: v2}
  - expect: {task: {name: One, assignee: bob}}
  - complete: {task: One, user: bob}
  - expect: {case: {state: completed}}
""",
    ),
    "a-plan-item-is-known-by-its-definition": (
        "one",
        """
  - deploy: {models: [other-item.cmmn], as: v2}
  - migrate: {of: c, to: v2}
  - expect: {live_items: [{element: q_one, definition: one, state: active}]}
  - complete: {task: One}
  - expect: {case: {state: completed}}
""",
    ),
    "timers-are-due-when-they-were": (
        "timer",
        """
  - deploy: {models: [later-timer.cmmn], as: v2}
  - migrate: {of: c, to: v2}
  - expect: {jobs: {timer: 1, next_due: '2026-03-02T11:00:00Z'}}
  - clock: {advance: PT2H}
  - run_jobs: {}
  - expect: {all_includes: {Wait: completed}}
""",
    ),
    "a-timer-without-a-place-is-cancelled": (
        "timer",
        """
  - deploy: {models: [one.cmmn], as: v2}
  - migrate: {of: c, to: v2}
  - expect: {jobs: {timer: 0}, live: {One: active}}
""",
    ),
    "and-back-again": (
        "one-and-two",
        """
  - complete: {task: Two}
  - deploy: {models: [one.cmmn], as: v2}
  - migrate: {of: c, to: v2}
  - expect: {all: {One: active, Two: completed}, all_on_definition: v2}
  - migrate: {of: c, to: v1, activate: [two]}
  - expect: {all: {One: active, Two: [completed, active]}, all_on_definition: v1}
""",
    ),
    "what-nobody-knows-is-refused": (
        "one",
        """
  - deploy: {models: [one-and-two.cmmn], as: v2}
  - refused: {step: {migrate: {of: c, to: v2, activate: [nine]}}, kind: not-found}
  - refused: {step: {migrate: {of: {id: nothing}, to: v2}}, kind: not-found}
  - refused: {step: {change_state: {of: c, activate: [two]}}, kind: not-found}
  - expect: {all_on_definition: v1}
""",
    ),
    "a-case-that-has-ended-starts-nothing": (
        "one",
        """
  - complete: {task: One}
  - refused: {step: {change_state: {of: c, activate: [one]}}, kind: illegal-state}
""",
    ),
    "an-item-is-started-by-command": (
        "two-after-one",
        """
  - change_state: {of: c, activate: [two]}
  - expect: {live: {One: active, Two: [available, active]}, all_on_definition: v1}
  - complete: {task: One}
  - expect: {live: {Two: [active, active]}}
  - complete: {task: {name: Two, index: 0}}
  - complete: {task: {name: Two, index: 1}}
  - expect: {case: {state: completed}}
""",
    ),
    "an-item-is-started-in-a-stage-that-is-there": (
        "staged",
        """
  - complete: {task: Three}
  - change_state: {of: c, activate: [three]}
  - expect: {live: {One: active, Phase: active, Two: active, Three: active}, live_count: 4}
""",
    ),
}


@pytest.fixture(scope="module")
def fresh() -> Iterator[Fresh]:
    with scratches() as found:
        yield found


def find(_found: object, path: str) -> bytes:
    name = path.removesuffix(".cmmn")
    return MODEL.format(name=name, plan=MODELS[name]).encode()


@pytest.mark.parametrize("name", MOVES)
def test_a_case_moves_as_the_scenario_says(fresh: Fresh, name: str) -> None:
    first, steps = MOVES[name]
    scenario = document.read(
        HEAD.format(name=name, first=first) + steps.lstrip("\n"), PurePath("moving.yaml")
    )
    assert isinstance(scenario, Scenario)
    (outcome,) = runner.play(scenario, Setting(fresh=fresh, find=find))
    assert outcome.verdict is Verdict.PASSED, f"step {outcome.step}: {outcome.message}"
