"""What is wrong with decisions that can be read: unknown names; gaps, overlaps, rules that never fire.

One function a code.
"""

from collections.abc import Iterator
from itertools import combinations

from cases.dmn.definitions import Definitions
from cases.dmn.model import Decision, DecisionTable, HitPolicy, Knowledge, Model
from cases.dmn.validation.grids import Grid, describe, first_of, grid_of, ordinary, uncovered
from cases.dmn.validation.names import examined, tables_of
from cases.errors import Problem

_SINGLE = (HitPolicy.UNIQUE, HitPolicy.ANY, HitPolicy.FIRST, HitPolicy.PRIORITY)

Finding = tuple[str, str, int | None]


def validate(definitions: Definitions) -> list[Problem]:
    """Every problem of every decision, in the order of the file."""
    return [
        problem
        for element in _with_logic(definitions.model)
        for problem in _problems(definitions.model, element)
    ]


def gaps(table: DecisionTable, grid: Grid) -> Iterator[Finding]:
    """DMN-GAP: there are inputs for which no rule is."""
    if table.hit_policy not in _SINGLE or any(output.default for output in table.outputs):
        return
    found = uncovered(grid, ordinary(grid), range(len(grid.rules)))
    if found is not None:
        yield "DMN-GAP", f"no rule is for {describe(table, grid, found)}", None


def overlaps(table: DecisionTable, grid: Grid) -> Iterator[Finding]:
    """DMN-OVERLAP: two rules match the same inputs, though the hit policy is UNIQUE."""
    if table.hit_policy is not HitPolicy.UNIQUE:
        return
    for (first, one), (second, other) in combinations(enumerate(grid.rules), 2):
        shared = [left & right for left, right in zip(one, other, strict=True)]
        if all(shared):
            what = describe(table, grid, first_of(shared))
            yield (
                "DMN-OVERLAP",
                f"rules {first + 1} and {second + 1} are both for {what}",
                table.rules[second].line,
            )


def never_fires(table: DecisionTable, grid: Grid) -> Iterator[Finding]:
    """DMN-NEVER: a rule that no input reaches, or that earlier rules always hide."""
    for number, masks in enumerate(grid.rules):
        hidden = table.hit_policy is HitPolicy.FIRST and uncovered(grid, masks, range(number)) is None
        if hidden or not all(masks):
            yield "DMN-NEVER", f"rule {number + 1} never fires", table.rules[number].line


def _problems(model: Model, element: Decision | Knowledge) -> Iterator[Problem]:
    logic = element.logic if isinstance(element, Decision) else element.function
    if logic is None:
        yield Problem("DMN-LOGIC", f"{element.name} has no logic", element.name, element.line, model.source)
        return
    known = frozenset(_names_needed(model, element))
    for problem in examined(logic, known):
        yield Problem(problem.code, problem.message, element.name, logic.line, model.source)
    for table in tables_of(logic):
        grid = grid_of(table)
        if grid is None:
            continue
        for code, message, line in (*gaps(table, grid), *overlaps(table, grid), *never_fires(table, grid)):
            yield Problem(code, message, element.name, line or table.line, model.source)


def _with_logic(model: Model) -> Iterator[Decision | Knowledge]:
    for element in model.elements.values():
        if isinstance(element, Decision | Knowledge):
            yield element


def _names_needed(model: Model, element: Decision | Knowledge) -> Iterator[str]:
    for reference in element.needs:
        found = model.find(reference)
        if found is not None:
            yield found[0] or found[2].name
    if isinstance(element, Knowledge):
        yield element.name
