"""What came of many runs: one line a failure, a table by area and by standing, JSON, and one last line."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from cases.scenarios.document import STANDINGS
from cases.scenarios.runner import Outcome, Verdict

_VERDICTS = (Verdict.PASSED, Verdict.FAILED, Verdict.SKIPPED)


def failure(outcome: Outcome) -> str:
    """One line: which run, at which step, what was expected and what was found."""
    row = "" if outcome.row is None else f" [row {outcome.row}]"
    step = "" if not outcome.step else f" step {outcome.step},"
    message = " ".join(outcome.message.split())
    return f"FAILED {outcome.id}{row} ({outcome.standing}):{step} {message}"


def table(outcomes: Sequence[Outcome]) -> str:
    """How many scenarios passed, by area and by standing: a scenario passes if all its runs do."""
    verdicts = scenarios(outcomes)
    lines = [_line("", *(verdict.value for verdict in _VERDICTS))]
    lines += _counted(verdicts, sorted({one.area for one, _ in verdicts}), lambda one: one.area)
    lines.append("")
    given = {one.standing for one, _ in verdicts}
    lines += _counted(verdicts, [name for name in STANDINGS if name in given], lambda one: one.standing)
    return "\n".join(lines)


def total(outcomes: Iterable[Outcome]) -> str:
    """The last line of a report: scenarios, not runs. What was skipped has not passed."""
    counts = Counter(verdict for _, verdict in scenarios(outcomes))
    return ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in _VERDICTS)


def as_json(outcomes: Iterable[Outcome]) -> dict[str, list[dict[str, object]]]:
    """The form that other programs read: one entry a run."""
    return {
        "runs": [
            {
                "id": one.id,
                "row": one.row,
                "area": one.area,
                "standing": one.standing,
                "result": one.verdict.value,
                "step": one.step,
                "message": one.message,
            }
            for one in outcomes
        ]
    }


def scenarios(outcomes: Iterable[Outcome]) -> list[tuple[Outcome, Verdict]]:
    """Each scenario once, by its first run, with the verdict of all its runs."""
    first: dict[str, Outcome] = {}
    verdicts: dict[str, Verdict] = {}
    for one in outcomes:
        first.setdefault(one.id, one)
        if verdicts.get(one.id) is not Verdict.FAILED:
            verdicts[one.id] = one.verdict
    return [(one, verdicts[id_]) for id_, one in first.items()]


def _counted(
    verdicts: Sequence[tuple[Outcome, Verdict]], names: Sequence[str], group: Callable[[Outcome], str]
) -> Iterator[str]:
    for name in names:
        counts = Counter(verdict for one, verdict in verdicts if group(one) == name)
        yield _line(name, *(str(counts[verdict]) for verdict in _VERDICTS))


def _line(name: str, *cells: str) -> str:
    return f"{name:<28}" + "".join(f"{cell:>9}" for cell in cells)
