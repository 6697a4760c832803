"""Worked back from what an item lacks: the moves that may bring it. Whether they do is tried elsewhere."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cases.cmmn import choices, completion, data_changes, samples, suspension
from cases.cmmn.agenda import Run
from cases.cmmn.choices import Answers, By, Choice
from cases.cmmn.commands import (
    Complete,
    CompleteCase,
    Disable,
    Fail,
    Plan,
    Reenable,
    Resume,
    ResumeCase,
    SetVariables,
    StartCase,
    Suspend,
    Terminate,
)
from cases.cmmn.controlmodel import Criterion, FileOnPart, OnPart, PlanItemOnPart
from cases.cmmn.events import AnyEvent, CaseTransitioned, ItemTransitioned
from cases.cmmn.instance import CASE, CaseInstance, ItemState, Memory, Seed
from cases.cmmn.lifecycle import State, Transition
from cases.cmmn.metamodel import PlanItem, Stage, TimerEventListener
from cases.feel import Expression

START, OCCUR, RESUME, REACTIVATE, COMPLETE = "start", "occur", "resume", "reactivate", "complete"
_MOVES = {
    START: frozenset({Transition.START, Transition.MANUAL_START}),
    OCCUR: frozenset({Transition.OCCUR}),
    RESUME: frozenset({Transition.RESUME, Transition.PARENT_RESUME}),
    REACTIVATE: frozenset({Transition.REACTIVATE}),
    COMPLETE: frozenset({Transition.COMPLETE}),
}
Holder = ItemState | Seed
_EACH = 4
"""Answers of one task that are tried."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is to move: an instance, or (`item` -1) a plan item, in its container where that is known."""

    goal: str
    number: int
    item: int = -1
    parent: int = -1

    def is_reached(self, events: list[AnyEvent], case: CaseInstance) -> bool:
        """Whether it moved in a turn."""
        if self.item == CASE:
            wanted = Transition.REACTIVATE if self.goal == RESUME else Transition.COMPLETE
            return any(isinstance(one, CaseTransitioned) and one.transition is wanted for one in events)
        return any(
            isinstance(one, ItemTransitioned)
            and one.transition in _MOVES[self.goal]
            and case.state.items[one.item].number == self.number
            and self.item in (-1, one.item)
            and self.parent in (-1, one.parent)
            for one in events
        )


class Helpful:
    """The moves that may help, worked back from the target: each thing that is wanted is looked at once."""

    def __init__(self, case: CaseInstance, now: datetime, answers: Answers) -> None:
        self.case = case
        self.now = now
        self.run = Run(case, now) if case.state.items else None
        self.answers = answers
        self.wanted: set[tuple[object, ...]] = set()

    def towards(self, target: Target) -> list[Choice]:
        """The moves, each once."""
        if self.run is None:
            return [Choice(StartCase(), By.PERSON)]
        found: list[Choice] = []
        for choice in self._towards(target):
            if choice not in found:
                found.append(choice)
        return found

    def _towards(self, target: Target) -> Iterator[Choice]:
        if self._run.item(CASE).state is State.SUSPENDED:
            yield Choice(ResumeCase(), By.PERSON)
        if target.goal == COMPLETE:
            yield from self._ends(target.item)
        elif target.item >= 0:
            yield from self._begins(target.item)
        else:
            yield from self._brings(target.number, target.parent)

    @property
    def _run(self) -> Run:
        if self.run is None:
            raise LookupError("the case has not been started")
        return self.run

    def _is_new(self, *wanted: object) -> bool:
        if wanted in self.wanted:
            return False
        self.wanted.add(wanted)
        return True

    def _brings(self, number: int, parent: int = -1) -> Iterator[Choice]:
        """An instance of the plan item begins, in one container or in any."""
        if not self._is_new("brings", number, parent) or number == CASE:
            return
        run, plan_item = self._run, self._run.definition.items[number]
        alive = [iid for iid in run.live.get(number, ()) if parent in (-1, run.item(iid).parent)]
        for iid in alive:
            yield from self._begins(iid)
        for seed in run.state.seeds.get(number, ()):
            if parent in (-1, seed.parent):
                yield from self._criteria(seed, plan_item.entry)
        if plan_item.is_discretionary:
            yield from self._plans(plan_item)
        for criterion in plan_item.entry if not alive else ():
            slot = Seed(number, max(parent, CASE), 0)
            yield from self._criteria(slot, (criterion,))
        if plan_item.repetition is not None and not plan_item.entry:
            for iid in alive:
                yield from self._ends(iid)
        if plan_item.stage != CASE and (parent < 0 or run.item(parent).state is not State.ACTIVE):
            yield from self._brings(plan_item.stage) if parent < 0 else self._begins(parent)

    def _begins(self, iid: int) -> Iterator[Choice]:
        """This instance begins, or goes on."""
        if not self._is_new("begins", iid):
            return
        run, item = self._run, self._run.item(iid)
        plan_item = run.plan_item(iid)
        name = plan_item.id
        if suspension.is_suspended(run, item):
            yield from self._resumes(iid)
            if item.state is State.FAILED:
                yield from choices.of_item(self.case, item, self.answers)
            return
        match item.state:
            case State.ENABLED | State.FAILED:
                yield from choices.of_item(self.case, item, self.answers)
            case State.DISABLED:
                yield Choice(Reenable(item=iid), By.PERSON, name, item.index)
            case State.UNAVAILABLE:
                available = getattr(plan_item.definition, "available_condition", None)
                if isinstance(available, Expression):
                    yield from self._data(available, None, item, None)
            case State.AVAILABLE:
                yield from self._waits(item, plan_item)
            case State.ACTIVE if item.held:
                yield from choices.of_item(self.case, item, self.answers)

    def _waits(self, item: ItemState, plan_item: PlanItem) -> Iterator[Choice]:
        if isinstance(plan_item.definition, TimerEventListener):
            fire = choices.due(self.case, item)
            if fire is not None:
                yield fire
            elif plan_item.definition.start_trigger is not None and item.timer is None:
                yield from self._happens(plan_item.definition.start_trigger)
            elif plan_item.definition.follows:
                for text in ("PT1H", "2099-01-01T00:00:00Z"):
                    changed = samples.written(self.case.file(), {plan_item.definition.follows: text})
                    yield Choice(SetVariables(values=changed), By.DATA)
            return
        yield from choices.of_item(self.case, item, self.answers)
        yield from self._criteria(item, plan_item.entry)

    def _resumes(self, iid: int) -> Iterator[Choice]:
        run = self._run
        while iid > CASE:
            item = run.item(iid)
            if item.state is State.SUSPENDED and item.directly:
                yield Choice(Resume(item=iid), By.PERSON, run.plan_item(iid).id, item.index)
            iid = item.parent

    def _plans(self, plan_item: PlanItem) -> Iterator[Choice]:
        run = self._run
        for offer in run.definition.discretionary:
            if plan_item.number not in offer.items:
                continue
            holders = [CASE] if offer.holder == CASE else list(run.live.get(offer.holder, ()))
            for iid in holders:
                roles = tuple(sorted(role for some in offer.roles for role in some))
                yield Choice(Plan(item=iid, discretionary=offer.id), By.PERSON, offer.id, roles=roles)
                for rule in offer.rules:
                    if rule.condition is not None:
                        yield from self._data(rule.condition, rule.context, run.item(iid), None)
            if offer.holder != CASE:
                yield from self._brings(offer.holder)

    def _criteria(self, holder: Holder, some: tuple[Criterion, ...]) -> Iterator[Choice]:
        """One of the criteria is satisfied: its events happen, its condition holds."""
        for criterion in some:
            memory = holder.memory.get(criterion.number)
            for place, part in enumerate(criterion.sentry.on_parts):
                if memory is None or not memory.occurred[place]:
                    yield from self._happens(part)
            held = criterion.sentry.if_part
            if held is not None:
                yield from self._data(held.condition, held.context, holder, memory)

    def _happens(self, part: OnPart) -> Iterator[Choice]:
        if isinstance(part, FileOnPart):
            if self._is_new("file", part.path, part.event):
                yield from data_changes.for_event(self.case, part)
            return
        if not self._is_new("happens", part.source, part.event, part.exit_criterion):
            return
        for iid in self._run.live.get(part.source, ()) if part.source else (CASE,):
            yield from self._event(self._run.item(iid), part)
        yield from self._brings(part.source)

    def _event(self, item: ItemState, part: PlanItemOnPart) -> Iterator[Choice]:
        iid, plan_item = item.iid, self._run.plan_item(item.iid)
        match part.event:
            case Transition.COMPLETE:
                yield from self._ends(iid)
            case Transition.EXIT:
                exits = [one for one in plan_item.exit if part.exit_criterion in (None, one.id)]
                yield from self._criteria(item, tuple(exits))
                if item.parent > CASE and part.exit_criterion is None:
                    around = self._run.item(item.parent)
                    yield from self._commands(around, Terminate)
            case Transition.TERMINATE | Transition.SUSPEND | Transition.DISABLE:
                yield from self._commands(item, _COMMANDS[part.event])
                yield from self._begins(iid)
            case Transition.FAULT:
                if iid:
                    fail = Fail(item=iid, code="A", message="")
                    yield Choice(fail, By.SERVICE, plan_item.id, item.index)
            case _:
                yield from self._comes_back(item, part.event)

    def _comes_back(self, item: ItemState, event: Transition) -> Iterator[Choice]:
        iid, plan_item = item.iid, self._run.plan_item(item.iid)
        match event:
            case Transition.PARENT_SUSPEND | Transition.PARENT_RESUME:
                if item.parent > CASE:
                    yield from self._commands(self._run.item(item.parent), Suspend)
                yield from self._resumes(item.parent)
            case Transition.RESUME:
                yield from self._commands(item, Suspend)
                yield from self._resumes(iid)
            case Transition.REENABLE:
                yield from self._commands(item, Disable)
                yield from self._begins(iid)
            case Transition.REACTIVATE:
                yield Choice(Fail(item=iid, code="A"), By.SERVICE, plan_item.id, item.index)
                yield from self._begins(iid)

    def _commands(
        self, item: ItemState, kind: type[Terminate] | type[Suspend] | type[Disable]
    ) -> Iterator[Choice]:
        if item.iid > CASE:
            name = self._run.plan_item(item.iid).id
            yield Choice(kind(item=item.iid), By.PERSON, name, item.index)

    def _ends(self, iid: int) -> Iterator[Choice]:
        """This instance completes."""
        if not self._is_new("ends", iid):
            return
        run, item = self._run, self._run.item(iid)
        plan_item = run.plan_item(iid)
        if iid and item.state is not State.ACTIVE:
            yield from self._begins(iid)
            return
        if not isinstance(plan_item.definition, Stage):
            yield from list(choices.of_item(self.case, item, self.answers))[:_EACH]
            yield Choice(Complete(item=iid), By.PERSON, plan_item.id, item.index)
            return
        if completion.may_complete_by_hand(run, iid):
            command = Complete(item=iid) if iid else CompleteCase()
            yield Choice(command, By.PERSON, plan_item.id, item.index)
        for child, keeps, _ in completion.hindered_by(run, iid):
            if keeps and child.state is State.ENABLED:
                yield from self._commands(child, Disable)
            if keeps:
                yield from self._ends(child.iid)

    def _data(
        self, condition: Expression, context: tuple[str, ...] | None, holder: Holder, memory: Memory | None
    ) -> Iterator[Choice]:
        if self._is_new("data", condition.text, context):
            yield from data_changes.for_condition(
                Run(self.case, self.now), condition, context, (holder, memory)
            )


_COMMANDS: dict[Transition, type[Terminate] | type[Suspend] | type[Disable]] = {
    Transition.TERMINATE: Terminate,
    Transition.SUSPEND: Suspend,
    Transition.DISABLE: Disable,
}
