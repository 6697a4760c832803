"""Containers and items: what may stand where (V-08, V-13, V-19, V-20, V-60)."""

from collections.abc import Iterator

from cases.cmmn.metamodel import CaseDefinition, EventListener, Milestone, Stage
from cases.cmmn.validation.finding import Finding, error, finding, is_imported, is_not_waited_for, warning


def empty_plan(definition: CaseDefinition) -> Iterator[Finding]:
    """V-08: a plan without items completes at once."""
    plan = definition.items[0]
    if isinstance(plan.definition, Stage) and not plan.definition.items:
        yield warning(
            definition,
            "V-08",
            plan.id,
            f"the plan model of case {definition.id} is empty; it would complete at once",
        )


def milestone_with_exit(definition: CaseDefinition) -> Iterator[Finding]:
    """V-19: a milestone has no exit criteria."""
    for item in definition.items:
        if isinstance(item.definition, Milestone) and item.exit:
            yield error(definition, "V-19", item.id, f"milestone item {item.id} must not have exit criteria")


def non_blocking_task_with_exit(definition: CaseDefinition) -> Iterator[Finding]:
    """V-20: a task that does not wait cannot be exited; other products keep such criteria, and so do we."""
    for item in definition.items:
        if is_not_waited_for(item.definition) and item.exit:
            yield finding(
                definition,
                "V-20",
                item.id,
                f"non-blocking task item {item.id} must not have exit criteria",
                is_error=not is_imported(definition),
            )


def untyped_listener(definition: CaseDefinition) -> Iterator[Finding]:
    """V-60: a listener of no kind has no meaning in the standard (CR-154); elsewhere it is a generic one."""
    for item in definition.items:
        if isinstance(item.definition, EventListener) and not item.definition.kind:
            yield finding(
                definition,
                "V-60",
                item.definition.id,
                f"event listener {item.definition.id} has no type: choose a user or timer event listener,"
                " or say its cw:kind",
                is_error=not is_imported(definition),
            )


def expanded_fragment(definition: CaseDefinition) -> Iterator[Finding]:
    """V-13: the items of a plan fragment that stands in the plan stand in its stage."""
    for item in definition.items:
        if item.fragment and not item.is_discretionary:
            yield warning(
                definition,
                "V-13",
                item.id,
                f"item {item.id} comes from plan fragment {item.fragment}; it is expanded into its stage",
            )


RULES = (
    empty_plan,
    expanded_fragment,
    milestone_with_exit,
    non_blocking_task_with_exit,
    untyped_listener,
)
