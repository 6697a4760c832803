"""What can never be heard, and if-parts that may read an old value (V-59, and the lint of case-models 6)."""

from collections.abc import Iterator

from cases.cmmn.controlmodel import PlanItemOnPart
from cases.cmmn.metamodel import CaseDefinition, EventListener, TimerEventListener, UserEventListener
from cases.cmmn.validation.finding import Finding, warning


def unheard_listener(definition: CaseDefinition) -> Iterator[Finding]:
    """V-59: no on-part names this listener."""
    heard = {
        part.source
        for criterion in definition.criteria
        for part in criterion.sentry.on_parts
        if isinstance(part, PlanItemOnPart)
    }
    for item in definition.items:
        listens = isinstance(item.definition, EventListener | TimerEventListener | UserEventListener)
        if listens and item.number not in heard:
            yield warning(definition, "V-59", item.id, f"event listener {item.id} is observed by no on-part")


def one_look_at_another_answer(definition: CaseDefinition) -> Iterator[Finding]:
    """L-01: an `onEvent` if-part reads an answer that none of its on-parts brings."""
    answers = {item.answer_to for item in definition.items}
    for criterion in definition.criteria:
        sentry = criterion.sentry
        if sentry.if_part is None or sentry.trigger_mode != "onEvent":
            continue
        heard = {
            definition.items[part.source].answer_to
            for part in sentry.on_parts
            if isinstance(part, PlanItemOnPart)
        }
        for name in sorted({path[0] for path in sentry.if_part.condition.names if path} & answers - heard):
            yield warning(
                definition,
                "L-01",
                sentry.id,
                f"sentry {sentry.id} looks once, at an answer of {name} that may come later",
            )


RULES = (unheard_listener, one_look_at_another_answer)
