"""Why every item of a case is (not) at work, and what moves it: `explain(case, iid, now) -> Explanation`.

Items without an instance are explained too: those that wait for their stage, for the next repetition, or for
somebody to plan them. Pure: nothing changes, and `now` is handed in for conditions that read the clock.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from cases.cmmn import circumstances, reasons, recipes, suspension
from cases.cmmn.agenda import Run
from cases.cmmn.events import AnyEvent, CaseTransitioned, ItemTransitioned
from cases.cmmn.explanation import Explanation, Reason, Recipe, Since
from cases.cmmn.instance import CASE, CaseInstance, ItemState, Memory, Seed
from cases.cmmn.lifecycle import FINAL, State
from cases.cmmn.metamodel import (
    EventListener,
    Milestone,
    TimerEventListener,
    UserEventListener,
)
from cases.cmmn.working_back import COMPLETE, OCCUR, REACTIVATE, RESUME, START, Target

_GOALS = {
    Reason.AT_WORK: COMPLETE,
    Reason.SUSPENDED: RESUME,
    Reason.SUSPENDED_AROUND: RESUME,
    Reason.FAILED: REACTIVATE,
}
_OVER = frozenset({Reason.COMPLETED, Reason.TERMINATED, Reason.CLOSED, Reason.STAGE_ENDED})


def explain(case: CaseInstance, iid: int, now: datetime, journal: Iterable[AnyEvent] = ()) -> Explanation:
    """All about one instance, or the case itself (0), with what would move it. Raises IndexError.

    `journal`: the events of the case, where they are at hand, from which it is read since when it stands so.
    """
    return _with_recipe(case, facts(case, iid, now, journal), now)


def explain_absent(case: CaseInstance, number: int, parent: int, now: datetime) -> Explanation:
    """The same for a plan item without an instance in this container (-1: there is no container either)."""
    return _with_recipe(case, absent_facts(case, number, parent, now), now)


def everything(case: CaseInstance, now: datetime) -> tuple[Explanation, ...]:
    """The facts about the case, each instance, and each item that has none where it could have one."""
    here = tuple(facts(case, item.iid, now) for item in case.items())
    return here + tuple(absent_facts(case, number, parent, now) for number, parent in absent(case))


def facts(case: CaseInstance, iid: int, now: datetime, journal: Iterable[AnyEvent] = ()) -> Explanation:
    """All about one instance but what would move it: nothing is tried. Raises IndexError."""
    run = Run(case, now)
    item = run.item(iid)
    plan_item = run.plan_item(iid)
    return Explanation(
        item=iid,
        number=item.number,
        definition=plan_item.id,
        name=case.name_of(iid) if iid else case.program.definition.name,
        reason=_reason(run, item),
        state=item.state,
        index=item.index,
        parent=item.parent,
        since=_since(iid, journal),
        entered_by=item.entered_by or "",
        exited_by=item.exited_by or "",
        criteria=() if item.state in FINAL else reasons.criteria(run, item, kinds=("entry", "exit")),
        rules=reasons.rules_of(run, item),
        matrix=circumstances.matrix(run, iid),
        suspension=circumstances.suspended(run, iid),
        timer=circumstances.timer(run, item),
        planning=circumstances.offers(run, item.number, item.parent),
        failure=circumstances.failure(item),
        outstanding=circumstances.outstanding(run, item),
        rights=circumstances.rights(run, item),
    )


def absent_facts(case: CaseInstance, number: int, parent: int, now: datetime) -> Explanation:
    """All about a plan item that has no instance in this container."""
    run = Run(case, now)
    plan_item = run.definition.items[number]
    seed = run.seed(number, parent) if parent >= CASE else None
    told = Explanation(
        item=-1,
        number=number,
        definition=plan_item.id,
        name=plan_item.name,
        reason=_reason_of_absence(run, number, parent),
        index=0 if seed is None else seed.next_index,
        parent=parent,
        planning=circumstances.offers(run, number, parent),
    )
    if not run.state.items:
        return told
    holder = seed or Seed(number, max(parent, CASE), 0, _slots(run, number, parent))
    return replace(
        told,
        criteria=reasons.criteria(run, holder, kinds=("entry",)),
        rules=reasons.rules_of(run, holder),
        suspension=circumstances.suspended(run, parent) if parent >= CASE else None,
    )


def absent(case: CaseInstance) -> Iterator[tuple[int, int]]:
    """The plan items, by number and container, that have no live instance there: in model order.

    One that has had an instance is among them only where it may come again.
    """
    state = case.state
    if not state.items:
        yield from ((item.number, -1) for item in case.program.definition.items)
        return
    had = {(item.number, item.parent) for item in state.items}
    for plan_item in case.program.definition.items[1:]:
        number, stage = plan_item.number, plan_item.stage
        seeds = {seed.parent for seed in state.seeds.get(number, ())}
        places = [item.iid for item in state.items if item.number == stage]
        latest = places[-1:]
        alive = {case.state.items[iid].parent for iid in case.live(number)}
        for place in places:
            is_over = state.items[place].state in FINAL and (stage != CASE or place not in latest)
            if place in alive or (is_over and place not in latest):
                continue
            if place in seeds or (number, place) not in had or number in state.planned.get(place, ()):
                yield number, place
        if not places:
            yield number, -1


def _with_recipe(case: CaseInstance, told: Explanation, now: datetime) -> Explanation:
    goal = _goal(case, told)
    if case.case_state in FINAL or told.reason in _OVER:
        return replace(told, recipe=Recipe(goal, obstacle="over"))
    parent = told.parent if told.item < 0 else -1
    return replace(told, recipe=recipes.find(case, Target(goal, told.number, told.item, parent), now))


def _goal(case: CaseInstance, told: Explanation) -> str:
    if told.reason in _GOALS:
        return _GOALS[told.reason]
    definition = case.program.definition.items[told.number].definition
    is_moment = isinstance(definition, Milestone | TimerEventListener | UserEventListener | EventListener)
    return OCCUR if is_moment else START


def _since(iid: int, journal: Iterable[AnyEvent]) -> Since | None:
    found = None
    for event in journal:
        if isinstance(event, ItemTransitioned) and event.item == iid and iid:
            found = Since(event.seq, event.transition, event.criterion or "", event.cause)
        elif isinstance(event, CaseTransitioned) and iid == CASE:
            found = Since(event.seq, event.transition, "", event.cause)
    return found


_BY_STATE = {
    State.ENABLED: Reason.FOR_PERSON,
    State.DISABLED: Reason.DISABLED,
    State.FAILED: Reason.FAILED,
    State.ACTIVE: Reason.AT_WORK,
    State.COMPLETED: Reason.COMPLETED,
    State.TERMINATED: Reason.TERMINATED,
    State.CLOSED: Reason.CLOSED,
    State.UNAVAILABLE: Reason.NOT_OFFERED,
}


def _reason(run: Run, item: ItemState) -> Reason:
    if item.state is State.SUSPENDED:
        return Reason.SUSPENDED if item.directly or item.iid == CASE else Reason.SUSPENDED_AROUND
    if item.state is State.FAILED and suspension.is_suspended(run, run.item(max(item.parent, CASE))):
        return Reason.FAILED
    if item.held:
        return Reason.HELD
    if item.state is not State.AVAILABLE:
        return _BY_STATE[item.state]
    match run.plan_item(item.iid).definition:
        case TimerEventListener() as timer:
            if item.timer is not None and item.timer.due:
                return Reason.FOR_TIME
            is_triggered = timer.start_trigger is not None and item.timer is None
            return Reason.FOR_TRIGGER if is_triggered else Reason.WITHOUT_TIME
        case UserEventListener() | EventListener():
            return Reason.FOR_EVENT
    return Reason.FOR_CRITERION


def _reason_of_absence(run: Run, number: int, parent: int) -> Reason:
    if not run.state.items:
        return Reason.NOT_STARTED
    if parent < 0:
        return Reason.FOR_STAGE
    container = run.item(parent)
    if container.state in FINAL:
        return Reason.STAGE_ENDED
    if number in run.state.planned.get(parent, ()):
        return Reason.PLANNED
    if run.seed(number, parent) is not None:
        return Reason.TO_REPEAT
    if run.definition.items[number].is_discretionary:
        return Reason.NOT_PLANNED
    if suspension.is_suspended(run, container):
        return Reason.SUSPENDED_AROUND
    has_begun = container.state in (State.ACTIVE, State.FAILED)
    return Reason.NEVER_MADE if has_begun else Reason.FOR_STAGE


def _slots(run: Run, number: int, parent: int) -> dict[int, Memory]:
    """What was heard for an owner that is not there yet, by criterion (R-3.4c)."""
    found = {}
    for criterion in run.definition.items[number].entry:
        memory = run.joined(criterion, parent) if parent >= CASE else None
        if memory is not None:
            found[criterion.number] = memory
    return found
