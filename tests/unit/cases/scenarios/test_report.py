"""What a report counts, and how it says what failed."""

from cases.scenarios import report
from cases.scenarios.runner import Outcome, Verdict


def outcome(id_: str, verdict: Verdict, row: int | None = None, standing: str = "spec") -> Outcome:
    return Outcome(
        id=id_,
        area=id_.partition("/")[0],
        standing=standing,
        verdict=verdict,
        row=row,
        step=3,
        message="expected 1,\n found 2",
    )


RUNS = [
    outcome("timer/fires", Verdict.PASSED, 0),
    outcome("timer/fires", Verdict.FAILED, 1),
    outcome("timer/waits", Verdict.PASSED),
    outcome("sentry/hears", Verdict.SKIPPED, standing="ours"),
]


def test_a_scenario_passes_if_all_its_runs_do_and_a_skip_never_counts_as_passed() -> None:
    assert report.total(RUNS) == "1 passed, 1 failed, 1 skipped"


def test_a_failure_is_one_line_with_its_row_and_step() -> None:
    assert report.failure(RUNS[1]) == "FAILED timer/fires [row 1] (spec): step 3, expected 1, found 2"


def test_the_table_counts_by_area_and_by_standing() -> None:
    rows = {line.split()[0]: line.split()[1:] for line in report.table(RUNS).splitlines()[1:] if line}
    assert rows == {
        "sentry": ["0", "0", "1"],
        "timer": ["1", "1", "0"],
        "spec": ["1", "1", "0"],
        "ours": ["0", "0", "1"],
    }


def test_the_json_has_one_entry_a_run() -> None:
    (_, failed, *_rest) = report.as_json(RUNS)["runs"]
    assert failed == {
        "id": "timer/fires",
        "row": 1,
        "area": "timer",
        "standing": "spec",
        "result": "failed",
        "step": 3,
        "message": "expected 1,\n found 2",
    }
