"""A scenario file is read strictly: what it says wrong is named with its line."""

from pathlib import PurePath

import pytest

from cases.errors import Invalid
from cases.scenarios import document, expectations, steps, vocabulary
from cases.scenarios.document import Refusal, Scenario

FILE = PurePath("loans/late.yaml")
HEAD = """scenario: loans/late
title: A late loan is looked at
standing: ours
needs: [core]
models: [loans.cmmn]
"""


def read(rest: str) -> Scenario:
    found = document.read(HEAD + rest, FILE)
    assert isinstance(found, Scenario)
    return found


def fault(rest: str) -> tuple[int | None, str]:
    """The line and the message of the one fault."""
    with pytest.raises(Invalid) as refused:
        document.read(HEAD + rest, FILE)
    (problem,) = refused.value.problems
    assert problem.file == str(FILE)
    return problem.line, problem.message


def test_a_scenario_has_its_steps_with_their_lines() -> None:
    found = read("steps:\n  - start: {case: loan, as: c}\n  - expect: {tasks: [Look]}\n")
    assert (found.id, found.area, found.standing) == ("loans/late", "loans", "ours")
    assert [(step.verb, step.line) for step in found.runs[0].steps] == [("start", 7), ("expect", 8)]


def test_each_row_is_a_run_with_its_values_in_their_places() -> None:
    found = read(
        "with:\n  - {who: ada, verb: {complete: {task: Look}}}\n  - {who: bob, verb: {run_jobs: {}}}\n"
        "steps:\n  - as_user: $who\n  - $verb\n"
    )
    assert [run.row for run in found.runs] == [0, 1]
    assert [run.steps[0].arguments["user"] for run in found.runs] == ["ada", "bob"]
    assert [run.steps[1].verb for run in found.runs] == ["complete", "run_jobs"]


def test_rows_that_stand_for_more_steps_than_anybody_plays_are_refused() -> None:
    inner = "".join("      - run_jobs: {}\n" for _ in range(1_000))
    rows = f"with:\n  - x:\n     repeat:\n      times: 1\n      steps:\n{inner}"
    line, message = fault(rows + "steps:\n" + "  - $x\n" * 1_000)
    assert (line, message) == (1_011, "the rows make more than 500000 values of the steps")


def test_an_expression_of_a_model_is_not_a_place_of_a_row() -> None:
    found = read("with: [{a: 1}]\nsteps:\n  - set: {vars: {text: '${a}', other: $a}}\n")
    assert found.runs[0].steps[0].arguments["vars"] == {"text": "${a}", "other": 1}


@pytest.mark.parametrize(
    ("rest", "line", "words"),
    [
        ("steps:\n  - begin: {case: loan}\n", 7, "no verb begin"),
        ("steps:\n  - start: {case: loan, colour: red}\n", 7, "start has no key colour"),
        ("steps:\n  - start: {as: c}\n", 7, "start needs case"),
        ("steps:\n  - expect: {mood: good}\n", 7, "no expectation mood"),
        ("steps:\n  - expect: {case: {state: happy}}\n", 7, "case.state is one of"),
        ("steps:\n  - expect:\n      tasks: Look\n", 8, "tasks takes a list of texts"),
        ("steps:\n  - complete: {task: A, item: B}\n", 7, "exactly one of task, item"),
        ("steps:\n  - clock: {advance: tomorrow}\n", 7, "a duration such as PT1H"),
        ("steps:\n  - start: {case: loan}\n    close: {}\n", 7, "one verb"),
        ("steps:\n  - start: {case: loan, case: loan}\n", 7, "given twice"),
        ("steps:\n  - set: {vars: {on: 1}}\n", 7, "to be quoted"),
        ("steps:\n  - set: {vars: {at: 2024-03-04}}\n", 7, "to be quoted"),
        ("steps:\n  - refused: {step: {run_jobs: {}}, kind: rude}\n", 7, "no kind of refusal"),
        ("steps: []\n", 6, "at least one step"),
        ("steps:\n  - refused: {step: {run_jobs: {}}, kind: {a: b}}\n", 7, "no kind of refusal"),
        ("steps:\n  - expect: {case: {}}\n", 7, "case says nothing"),
        ("steps:\n  - expect: {item: {}}\n", 7, "item says nothing"),
        ("steps:\n  - expect: {items: []}\n", 7, "items says nothing"),
        ("steps:\n  - expect: {item_count: []}\n", 7, "item_count says nothing"),
        ("steps:\n  - expect: {jobs: {}}\n", 7, "jobs says nothing"),
        ("steps:\n  - expect: {history: {}}\n", 7, "history says nothing"),
        ("steps:\n  - expect: {live_items: [{}]}\n", 7, "a row of live_items says nothing"),
        ("steps:\n  - expect: {case: {state: {a: b}}}\n", 7, "case.state is one of"),
        (
            "steps:\n  - expect: {item_count: {name: A, state: waiting, count: 5}}\n",
            7,
            "imported scenarios alone",
        ),
        ("steps:\n  - clock: {to: '2026-13-45T99:00:00Z'}\n", 7, "an instant such as"),
        ("steps:\n  - run_jobs: {}\nclock: '2026-13-45T99:00:00Z'\n", 8, "an instant such as"),
        ("steps:\n  - run_jobs: {}\nstubs: {D: {kind: decision, rows: 5}}\n", 8, "rows of D takes a list"),
        ("steps:\n  - run_jobs: {}\nstubs: {D: {kind: {a: b}}}\n", 8, "the kind of the stub D is one of"),
        (
            "steps:\n  - run_jobs: {}\nstubs: {D: {kind: http-server, routes: []}}\n",
            8,
            "routes of D takes a list",
        ),
        ("steps:\n  - run_jobs: {}\nclocks: x\n", 8, "a scenario has no key clocks"),
    ],
)
def test_what_is_no_word_of_the_language_is_named_with_its_line(rest: str, line: int, words: str) -> None:
    found, message = fault(rest)
    assert (found, words in message) == (line, True), message


def test_a_tag_that_the_language_does_not_have_is_named_with_its_line() -> None:
    with pytest.raises(Invalid) as refused:
        document.read(HEAD.replace("[core]", "[core, telepathy]") + "steps:\n  - run_jobs: {}\n", FILE)
    assert (refused.value.problems[0].line, refused.value.problems[0].message) == (
        4,
        "there is no tag telepathy",
    )


def test_an_imported_scenario_may_count_rows_that_only_wait() -> None:
    origin = "origin: {corpus: others, test: theirs, fidelity: full}\n"
    found = read(origin + "steps:\n  - expect: {item_count: {name: A, state: waiting, count: 5}}\n")
    assert found.is_imported


def test_a_refusal_of_a_model_names_rules_and_elements() -> None:
    found = document.read(
        "model: x.cmmn\ntitle: Nothing starts\nstanding: ours\nerrors:\n"
        "  - {rule: V-18, element: [a, b]}\nmay: [V-59]\n",
        FILE,
    )
    assert isinstance(found, Refusal)
    assert (found.errors, found.may) == ((("V-18", frozenset({"a", "b"})),), frozenset({"V-59"}))


def test_every_verb_and_every_expectation_of_the_language_is_carried_out() -> None:
    assert vocabulary.VERBS.keys() | {"as_user"} == steps.verbs()
    known = {*vocabulary.EXPECTATIONS, *vocabulary.LISTS, *vocabulary.SIMPLE} - {"of"}
    assert known == expectations.CHECKS.keys()
