"""Rules, repetition and timers (V-35 to V-37, V-43 to V-45)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from cases.cmmn import timers
from cases.cmmn.metamodel import CaseDefinition, Milestone, PlanItem, Stage, TimerEventListener
from cases.cmmn.timers import Schedule
from cases.cmmn.validation.finding import Finding, error, finding, is_imported, warning

_SHORTEST = timedelta(minutes=1)
_ANY_DAY = datetime(2026, 3, 2, 12, tzinfo=UTC)


def repetition_without_event(definition: CaseDefinition) -> Iterator[Finding]:
    """V-35: entry criteria of a repeating item, none with an on-part, say when it begins, not when again.

    Elsewhere such an item is begun as often as its condition holds, and the turn ends at the limits (3.7).
    """
    for item in definition.items:
        rule = item.repetition
        if rule is None or not item.entry or any(criterion.sentry.on_parts for criterion in item.entry):
            continue
        if rule.max_instances is None:
            yield finding(
                definition,
                "V-35",
                item.id,
                f"item {item.id} repeats and has entry criteria, none of which has an on-part;"
                " add an on-part, remove the criteria, or set maxInstances",
                is_error=not is_imported(definition),
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


def unreadable_timer(definition: CaseDefinition) -> Iterator[Finding]:
    """V-43: a timer text that is none of the forms of cmmn-semantics 5.1."""
    for item, timer in _timers(definition):
        if timer.expression.expression is None and timer.expression.text and _schedule(timer) is None:
            yield error(
                definition,
                "V-43",
                timer.id,
                f"timer {timer.id} of {item.id} is neither an ISO 8601 date-time, duration, interval or"
                f" repetition, nor cron, nor an expression: {timer.expression.text}",
            )


def two_starts(definition: CaseDefinition) -> Iterator[Finding]:
    """V-44: either something starts the clock, or the text says from when it counts."""
    for _, timer in _timers(definition):
        schedule = _schedule(timer)
        if timer.start_trigger is None or schedule is None:
            continue
        if schedule.start is not None or schedule.at is not None or schedule.cron is not None:
            yield error(
                definition,
                "V-44",
                timer.id,
                f"timer {timer.id} has a start trigger and, in {timer.expression.text}, a start of its own",
            )


def hasty_timer(definition: CaseDefinition) -> Iterator[Finding]:
    """V-45: a timer that never stops and hardly rests wakes its case all day."""
    for _, timer in _timers(definition):
        schedule = _schedule(timer)
        if schedule is None or schedule.fires is not None:
            continue
        pause = _pause(schedule)
        if pause is not None and pause < _SHORTEST:
            yield warning(
                definition,
                "V-45",
                timer.id,
                f"timer {timer.id} repeats without bound, every {pause.total_seconds():g} seconds:"
                f" that is faster than {_SHORTEST.total_seconds():g} seconds",
            )


def _timers(definition: CaseDefinition) -> Iterator[tuple[PlanItem, TimerEventListener]]:
    seen = set()
    for item in definition.items:
        if isinstance(item.definition, TimerEventListener) and item.definition.id not in seen:
            seen.add(item.definition.id)
            yield item, item.definition


def _schedule(timer: TimerEventListener) -> Schedule | None:
    """When it fires, where the model says it literally and well."""
    if timer.expression.expression is not None:
        return None
    try:
        return timers.read(timer.expression.text)
    except ValueError:
        return None


def _pause(schedule: Schedule) -> timedelta | None:
    """The time between its first fires; None where only a calendar can tell."""
    try:
        first = timers.instant(schedule, 1, _ANY_DAY, "UTC")
        second = timers.instant(schedule, 2, _ANY_DAY, "UTC")
    except ValueError:
        return None
    return None if first is None or second is None else second - first


RULES = (
    repetition_without_event,
    endless_milestone,
    repetition_that_may_be_lost,
    unreadable_timer,
    two_starts,
    hasty_timer,
)
