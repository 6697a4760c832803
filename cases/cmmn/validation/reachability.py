"""What can never begin, and what can never be heard (V-58, V-59); conditions that look too early (L-01).

Static: data may hold anything, people do anything that they are offered, so what is said to be impossible is.
"""

from collections.abc import Iterator

from cases.cmmn.controlmodel import Criterion, PlanItemOnPart, Sentry
from cases.cmmn.lifecycle import Transition
from cases.cmmn.metamodel import (
    CaseDefinition,
    EventListener,
    Milestone,
    PlanItem,
    TimerEventListener,
    UserEventListener,
)
from cases.cmmn.validation.finding import Finding, is_imported, warning

_LISTENERS = (EventListener, TimerEventListener, UserEventListener)
_WITH_CONTAINER = frozenset(
    {Transition.CREATE, Transition.PARENT_SUSPEND, Transition.PARENT_RESUME, Transition.EXIT}
)
_BY_HAND = frozenset({Transition.ENABLE, Transition.DISABLE, Transition.REENABLE, Transition.MANUAL_START})


class Reach:
    """Which plan items can ever begin: the least set that the model's own events allow.

    `but` are items that are held back, to see what cannot begin without them.
    """

    def __init__(self, definition: CaseDefinition, but: frozenset[int] = frozenset()) -> None:
        self.definition = definition
        self.begun: set[int] = {0}
        self._but = but
        self._holders = {number: one.holder for one in definition.discretionary for number in one.items}
        waiting = [item for item in definition.items[1:] if item.number not in but]
        while found := [item for item in waiting if self._begin(item)]:
            begun = {item.number for item in found}
            waiting = [item for item in waiting if item.number not in begun]

    def has_container(self, item: PlanItem) -> bool:
        """Whether what contains an item, or offers it, can be active."""
        return (
            self._holders.get(item.number, item.stage) if item.is_discretionary else item.stage
        ) in self.begun

    def is_met(self, criterion: Criterion) -> bool:
        """Whether all parts of a criterion can hold."""
        sentry = criterion.sentry
        return not self.missing(sentry) and not is_never_true(sentry)

    def missing(self, sentry: Sentry) -> list[PlanItemOnPart]:
        """The on-parts that can never occur."""
        return [
            part
            for part in sentry.on_parts
            if isinstance(part, PlanItemOnPart) and not self.can_happen(part.source, part.event)
        ]

    def can_happen(self, number: int, event: Transition) -> bool:
        """Whether an item can make this transition."""
        item = self.definition.items[number]
        if event in _WITH_CONTAINER or (isinstance(item.definition, Milestone) and event != Transition.OCCUR):
            return self.has_container(item) or number in self.begun
        if event in _BY_HAND and item.manual is None:
            absent = self.definition.profile.absent_manual_rule or is_imported(self.definition)
            return absent and number in self.begun
        return number in self.begun

    def _begin(self, item: PlanItem) -> bool:
        """Marks an item that can begin, and the stages that it wakes from below (cmmn-semantics 3.4c)."""
        inside = self.has_container(item)
        if isinstance(item.definition, _LISTENERS):
            can = inside and self._can_be_armed(item)
        elif inside and not item.entry:
            can = True
        else:
            can = any(
                self.is_met(one) and (inside or self._comes_from_outside(one, item)) for one in item.entry
            )
        if can:
            while item.number not in self.begun | self._but:
                self.begun.add(item.number)
                item = self.definition.items[item.stage]
        return can

    def _can_be_armed(self, item: PlanItem) -> bool:
        trigger = item.definition.start_trigger if isinstance(item.definition, TimerEventListener) else None
        return not isinstance(trigger, PlanItemOnPart) or self.can_happen(trigger.source, trigger.event)

    def _comes_from_outside(self, criterion: Criterion, item: PlanItem) -> bool:
        return self.definition.profile.cross_stage == "spec" and any(
            isinstance(part, PlanItemOnPart) and self.definition.items[part.source].stage != item.stage
            for part in criterion.sentry.on_parts
        )


def never_begins(definition: CaseDefinition) -> Iterator[Finding]:
    """V-58: none of its entry criteria can ever be met, so it never begins. Said of the outermost alone."""
    reach = Reach(definition)
    for item in definition.items:
        if item.number in reach.begun or not reach.has_container(item):
            continue
        yield warning(definition, "V-58", item.id, f"item {item.id} can never begin: {_reason(reach, item)}")


def unheard_listener(definition: CaseDefinition) -> Iterator[Finding]:
    """V-59: no on-part and no start trigger names this listener."""
    heard = {
        part.source
        for criterion in definition.criteria
        for part in criterion.sentry.on_parts
        if isinstance(part, PlanItemOnPart)
    }
    for item in definition.items:
        timer = item.definition
        if isinstance(timer, TimerEventListener) and isinstance(timer.start_trigger, PlanItemOnPart):
            heard.add(timer.start_trigger.source)
    for item in definition.items:
        if isinstance(item.definition, _LISTENERS) and item.number not in heard and not _acts(item):
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


def is_never_true(sentry: Sentry) -> bool:
    """Whether the if-part is the word false."""
    return sentry.if_part is not None and sentry.if_part.condition.text.strip().lower() == "false"


def _reason(reach: Reach, item: PlanItem) -> str:
    if isinstance(item.definition, TimerEventListener):
        return "what starts its clock can never happen"
    reasons = []
    for criterion in item.entry:
        for part in reach.missing(criterion.sentry):
            source = reach.definition.items[part.source]
            reasons.append(f"{criterion.id} waits for {part.event} of {source.id}, which can never happen")
        if is_never_true(criterion.sentry):
            reasons.append(f"the condition of {criterion.id} is never true")
    return "; ".join(reasons) or "what it waits for can never happen"


def _acts(item: PlanItem) -> bool:
    """Whether a listener does something itself: it reopens the case, or writes what it was told."""
    definition = item.definition
    return (isinstance(definition, EventListener) and definition.kind == "reactivate") or bool(item.listeners)


RULES = (never_begins, unheard_listener, one_look_at_another_answer)
