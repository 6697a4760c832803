"""Criteria and sentries: events that can happen, parts that make sense (V-29, V-32 to V-34)."""

from collections.abc import Iterator

from cases.cmmn.controlmodel import Criterion, PlanItemOnPart
from cases.cmmn.lifecycle import Transition
from cases.cmmn.metamodel import (
    CaseDefinition,
    EventListener,
    Milestone,
    PlanItem,
    TimerEventListener,
    UserEventListener,
)
from cases.cmmn.validation.finding import Finding, finding, is_imported, warning

_LISTENERS = (EventListener, TimerEventListener, UserEventListener)
_OF_CASE = frozenset(
    {
        Transition.CREATE,
        Transition.COMPLETE,
        Transition.TERMINATE,
        Transition.SUSPEND,
        Transition.FAULT,
        Transition.REACTIVATE,
        Transition.CLOSE,
    }
)
_OF_MILESTONE = frozenset(
    {Transition.CREATE, Transition.OCCUR, Transition.SUSPEND, Transition.RESUME, Transition.TERMINATE}
)
_OF_LISTENER = _OF_MILESTONE | {Transition.INITIATE, Transition.DISMISS}
_OF_WORK = frozenset(Transition) - {
    Transition.OCCUR,
    Transition.CLOSE,
    Transition.PARENT_TERMINATE,
    Transition.INITIATE,
    Transition.DISMISS,
}


def impossible_event(definition: CaseDefinition) -> Iterator[Finding]:
    """V-29: a part names a transition that its source never makes (SPEC Tables 8.6, 8.8, 8.11).

    What was made for another product keeps it: there it is merely never heard.
    """
    triggers = (getattr(item.definition, "start_trigger", None) for item in definition.items)
    starts = [trigger for trigger in triggers if isinstance(trigger, PlanItemOnPart)]
    for part in (*(part for _, part in _on_parts(definition)), *starts):
        source = definition.items[part.source]
        if part.event not in _possible(source):
            kind = type(source.definition).__name__
            yield finding(
                definition,
                "V-29",
                part.id,
                f"event {part.event} can never happen to {source.id} ({kind})",
                is_error=not is_imported(definition),
            )


def outside_source(definition: CaseDefinition) -> Iterator[Finding]:
    """V-32: an entry criterion that listens outside its stage may start the stage from below."""
    for criterion, part in _on_parts(definition):
        owner, source = definition.items[criterion.owner], definition.items[part.source]
        if (
            criterion.is_entry
            and owner.stage > 0
            and source.stage != owner.stage
            and part.source != owner.stage
        ):
            yield warning(
                definition,
                "V-32",
                part.id,
                f"on-part {part.id} of {owner.id} listens to {source.id} outside its stage:"
                " the stage may be started from below",
            )


def own_event(definition: CaseDefinition) -> Iterator[Finding]:
    """V-33: an item waits for itself, or a stage's entry for what is inside it."""
    for criterion, part in _on_parts(definition):
        owner, source = definition.items[criterion.owner], definition.items[part.source]
        itself = not criterion.is_entry and source.number == owner.number
        inside = criterion.is_entry and owner.number in _above(definition, source)
        if itself or inside:
            yield warning(
                definition, "V-33", part.id, f"{owner.id} listens to {source.id}, which it holds or is"
            )


def twin_parts(definition: CaseDefinition) -> Iterator[Finding]:
    """V-34: two on-parts of one sentry are the same."""
    for sentry in {criterion.sentry.id: criterion.sentry for criterion in definition.criteria}.values():
        seen = set()
        for part in sentry.on_parts:
            what = (
                (part.source, part.event, part.exit_criterion)
                if isinstance(part, PlanItemOnPart)
                else (part.path, part.event, None)
            )
            if what in seen:
                yield warning(definition, "V-34", part.id, f"two on-parts of sentry {sentry.id} are the same")
            seen.add(what)


def _on_parts(definition: CaseDefinition) -> Iterator[tuple[Criterion, PlanItemOnPart]]:
    for criterion in definition.criteria:
        for part in criterion.sentry.on_parts:
            if isinstance(part, PlanItemOnPart):
                yield criterion, part


def _possible(item: PlanItem) -> frozenset[Transition]:
    if item.number == 0:
        return _OF_CASE
    if isinstance(item.definition, Milestone):
        return _OF_MILESTONE
    return _OF_LISTENER if isinstance(item.definition, _LISTENERS) else _OF_WORK


def _above(definition: CaseDefinition, item: PlanItem) -> list[int]:
    numbers = []
    while item.stage >= 0:
        numbers.append(item.stage)
        item = definition.items[item.stage]
    return numbers


RULES = (impossible_event, outside_source, own_event, twin_parts)
