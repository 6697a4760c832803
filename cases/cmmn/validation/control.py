"""Rules, repetition, expressions (V-35 to V-37, V-41)."""

from collections.abc import Iterator

from cases.cmmn.metamodel import CaseDefinition, Milestone, PlanItem, Stage
from cases.cmmn.validation.finding import Finding, error, warning

_ALWAYS_THERE = frozenset({"case", "result", "event", "context", "item"})


def repetition_without_event(definition: CaseDefinition) -> Iterator[Finding]:
    """V-35: entry criteria of a repeating item, none with an on-part, would start it without end."""
    for item in definition.items:
        rule = item.repetition
        if rule is None or not item.entry or any(criterion.sentry.on_parts for criterion in item.entry):
            continue
        if rule.max_instances is None:
            yield error(
                definition,
                "V-35",
                item.id,
                f"item {item.id} repeats and has entry criteria, none of which has an on-part;"
                " add an on-part, remove the criteria, or set maxInstances",
            )


def endless_milestone(definition: CaseDefinition) -> Iterator[Finding]:
    """V-36: a milestone that repeats without entry criteria occurs for ever."""
    for item in definition.items:
        if isinstance(item.definition, Milestone) and item.repetition is not None and not item.entry:
            yield error(definition, "V-36", item.id, f"milestone {item.id} repeats without entry criteria")


def repetition_that_may_be_lost(definition: CaseDefinition) -> Iterator[Finding]:
    """V-37: a repetition that nothing waits for, in a stage that completes by itself."""
    for item in definition.items:
        if item.repetition is None or item.required is not None or item.stage < 0:
            continue
        stage = definition.items[item.stage].definition
        if isinstance(stage, Stage) and stage.auto_complete and not item.entry:
            yield warning(
                definition,
                "V-37",
                item.id,
                f"item {item.id} repeats, is not required, and its stage completes by itself:"
                " a new repetition may be ended before it starts",
            )


def unknown_names(definition: CaseDefinition) -> Iterator[Finding]:
    """V-41: an if-part reads a root item that nobody declares or answers."""
    known = _ALWAYS_THERE | {root.name for root in definition.file.roots}
    known |= {item.answer_to for item in definition.items} | _outputs(definition.items)
    for criterion in definition.criteria:
        part = criterion.sentry.if_part
        if part is None:
            continue
        for name in sorted({path[0] for path in part.condition.names if path} - known):
            yield warning(
                definition,
                "V-41",
                criterion.sentry.id,
                f"the if-part of sentry {criterion.sentry.id} reads {name}, which nothing declares",
            )


def _outputs(items: tuple[PlanItem, ...]) -> set[str]:
    return {
        output.path[0]
        for item in items
        if not isinstance(item.definition, Stage)
        for output in item.definition.work.outputs
        if output.path
    }


RULES = (repetition_without_event, endless_milestone, repetition_that_may_be_lost, unknown_names)
