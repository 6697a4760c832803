"""Containers and items: what may stand where (V-08, V-19 to V-21)."""

from collections.abc import Iterator

from cases.cmmn.metamodel import CaseDefinition, Milestone, PlanItem, Stage
from cases.cmmn.validation.finding import Finding, error, warning
from cases.cmmn.workmodel import CaseTask, DecisionTask, HumanTask, ProcessTask, ServiceTask, Task

_TASKS = (HumanTask, ServiceTask, DecisionTask, CaseTask, ProcessTask, Task)


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


def non_blocking_task(definition: CaseDefinition) -> Iterator[Finding]:
    """V-20, V-21: a task that does not wait can neither be exited nor answer."""
    for item in definition.items:
        task = item.definition
        if not isinstance(task, _TASKS) or task.is_blocking:
            continue
        if item.exit:
            yield error(
                definition, "V-20", item.id, f"non-blocking task item {item.id} must not have exit criteria"
            )
        if task.work.outputs or task.work.answer is not None or task.work.parameters.outputs:
            yield error(definition, "V-21", task.id, f"non-blocking task {task.id} must not have outputs")


def names_of_answers(definition: CaseDefinition) -> Iterator[Finding]:
    """V-14: what writes an answer needs an id, because its answer is named after it."""
    for item in definition.items:
        if not item.id and _answers(item):
            yield error(
                definition, "V-14", item.definition.id, f"the plan item of {item.definition.id} needs an id"
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


def _answers(item: PlanItem) -> bool:
    return not isinstance(item.definition, Stage)


RULES = (empty_plan, expanded_fragment, milestone_with_exit, non_blocking_task, names_of_answers)
