"""What goes in and out: outputs of what nobody waits for, names that nothing declares (V-21, V-41)."""

import dataclasses
from collections.abc import Iterator, Mapping

from cases.cmmn.controlmodel import RepetitionRule
from cases.cmmn.metamodel import CaseDefinition, PlanItem, Stage
from cases.cmmn.validation.finding import Finding, finding, is_imported, is_not_waited_for, warning
from cases.feel import Expression

GIVEN = frozenset(
    {"case", "result", "file", "item", "event", "context", "repetitionIndex", "stage", "turn", "index"}
)
"""Names that the engine offers every expression."""


def outputs_of_a_non_blocking_task(definition: CaseDefinition) -> Iterator[Finding]:
    """V-21: a task that does not wait has no answer to give."""
    for item in definition.items:
        task = item.definition
        if not is_not_waited_for(task) or isinstance(task, Stage):
            continue
        if task.work.outputs or task.work.answer is not None or task.work.parameters.outputs:
            yield finding(
                definition,
                "V-21",
                task.id,
                f"non-blocking task {task.id} must not have outputs: it is over before anything answers",
                is_error=not is_imported(definition),
            )


def unknown_names(definition: CaseDefinition) -> Iterator[Finding]:
    """V-41: an expression reads a name that nobody declares, answers or writes: it is always null.

    Where a case declares no case file at all, and comes from elsewhere, its variables are set from outside.
    """
    if is_imported(definition) and not definition.file.roots:
        return
    known = known_names(definition)
    for where, expression in expressions_of(definition):
        for name in sorted({path[0] for path in expression.names if path} - known):
            yield warning(
                definition,
                "V-41",
                where,
                f"an expression of {where} reads {name}, which nothing declares: {expression.text}",
            )


def known_names(definition: CaseDefinition) -> frozenset[str]:
    """Root items that are declared, answers of plan items, what outputs write, and what the engine offers."""
    known = {root.name for root in definition.file.roots} | {item.answer_to for item in definition.items}
    known |= {one.name for one in definition.inputs}
    for item in definition.items:
        if not isinstance(item.definition, Stage):
            work = item.definition.work
            known |= {output.path[0] for output in work.outputs if output.path}
            known |= {parameter.name for parameter in work.parameters.outputs}
        known |= _local_names(item)
    return frozenset(known) | GIVEN


def expressions_of(definition: CaseDefinition) -> Iterator[tuple[str, Expression]]:
    """Every expression of a case, with the id of the element that it belongs to."""
    for criterion in definition.criteria:
        for expression in expressions_in(criterion.sentry):
            yield criterion.sentry.id, expression
    for item in definition.items:
        for part in (item.definition, item.required, item.repetition, item.manual, item.neutral, item.title):
            for expression in expressions_in(part):
                yield item.id, expression
    for expression in expressions_in(definition.title):
        yield definition.id, expression


def expressions_in(value: object) -> Iterator[Expression]:
    """The expressions within a value made of dataclasses, tuples and mappings."""
    match value:
        case Expression():
            yield value
        case tuple() | frozenset():
            for part in value:
                yield from expressions_in(part)
        case Mapping():
            yield from expressions_in(tuple(value.values()))
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            for one in dataclasses.fields(value):
                yield from expressions_in(getattr(value, one.name))


def _local_names(item: PlanItem) -> set[str]:
    """The variables that each instance of a repetition knows."""
    rule: RepetitionRule | None = item.repetition
    return set() if rule is None else {rule.element, rule.element_index, rule.counter} - {""}


RULES = (outputs_of_a_non_blocking_task, unknown_names)
