"""What an item waits for beside its criteria: children, a resume, an hour, a plan, somebody; who may act."""

from collections.abc import Iterator

from cases.cmmn import completion, evaluation, planning, reasons, suspension
from cases.cmmn.agenda import Run
from cases.cmmn.controlmodel import (
    FileOnPart,
    OnPart,
)
from cases.cmmn.explanation import (
    Child,
    Failure,
    Matrix,
    Offer,
    Part,
    Right,
    Suspension,
    Timer,
)
from cases.cmmn.instance import CASE, ItemState
from cases.cmmn.lifecycle import FINAL, State
from cases.cmmn.metamodel import (
    Discretionary,
    EventListener,
    PlanItem,
    Stage,
    TimerEventListener,
    UserEventListener,
)
from cases.cmmn.workmodel import CaseTask, DecisionTask, HumanTask, ProcessTask, ServiceTask, Task


def matrix(run: Run, iid: int) -> Matrix | None:
    """What a stage, or the case, waits for before it completes; None for anything else."""
    stage = run.plan_item(iid).definition
    if not isinstance(stage, Stage):
        return None
    rows = tuple(
        Child(
            child.iid,
            run.plan_item(child.iid).id,
            child.name or run.plan_item(child.iid).name,
            child.state,
            child.required,
            _blocks(child) if keeps else "",
            by_hand,
        )
        for child, keeps, by_hand in completion.hindered_by(run, iid)
    )
    holder = run.item(iid)
    plannable: tuple[str, ...] = ()
    if not stage.auto_complete and planning.is_plannable(run, holder):
        plannable = tuple(offer.id for offer in planning.offered(run, holder, None))
    return Matrix(
        completion.completes_itself(run, iid),
        completion.may_complete_by_hand(run, iid),
        stage.auto_complete,
        rows,
        plannable,
    )


def suspended(run: Run, iid: int) -> Suspension | None:
    """Who holds the item: itself, or what is around it; with what waits for the resume."""
    item = run.item(iid)
    if item.state in FINAL or not suspension.is_suspended(run, item):
        return None
    holder = item
    while holder.iid > CASE and not (holder.state is State.SUSPENDED and holder.directly):
        holder = run.item(holder.parent)
    deferred = [
        one.id
        for told, one in reasons.remembered(run, item)
        if not told.missing and (told.condition is None or told.condition.value)
    ]
    if iid in run.state.returned:
        deferred.append(run.state.returned[iid].outcome)
    name = holder.name or run.plan_item(holder.iid).name
    return Suspension(holder.iid, name, item.before, tuple(deferred))


def timer(run: Run, item: ItemState) -> Timer | None:
    """The timer of a timer listener: due, or waiting for its trigger."""
    definition = run.plan_item(item.iid).definition
    if not isinstance(definition, TimerEventListener):
        return None
    due = "" if item.timer is None else item.timer.due
    schedule = definition.expression.text if item.timer is None else item.timer.schedule
    trigger = None
    if definition.start_trigger is not None and item.timer is None:
        trigger = _start(run, item, definition.start_trigger)
    return Timer(due, schedule, trigger, ".".join(definition.follows or ()))


def offers(run: Run, number: int, parent: int) -> tuple[Offer, ...]:
    """Who offers an item that may be planned, from each table there is: now, or why not."""
    found = []
    for offer in run.definition.discretionary:
        if number in offer.items:
            holders = [CASE] if offer.holder == CASE else list(run.live.get(offer.holder, ()))
            holders = holders if run.state.items else []
            near = [iid for iid in holders if parent < 0 or run.container_of(iid) == parent]
            found += [_offer(run, offer, iid) for iid in near] or [_offer(run, offer, -1)]
    return tuple(found)


def failure(item: ItemState) -> Failure | None:
    """What a Failed item says, and what may be done."""
    return Failure(item.code, item.message) if item.state is State.FAILED else None


def outstanding(run: Run, item: ItemState) -> str:
    """What an Active task waits for outside."""
    if item.state is not State.ACTIVE or item.iid == CASE:
        return ""
    match run.plan_item(item.iid).definition:
        case HumanTask():
            return "person"
        case ServiceTask() | Task():
            return "work"
        case CaseTask():
            return "case"
        case ProcessTask():
            return "process"
        case DecisionTask():
            return "decision"
    return ""


def rights(run: Run, item: ItemState) -> tuple[Right, ...]:
    """The commands that the state of an instance lets people ask, and for whom (2.8)."""
    plan_item = run.plan_item(item.iid)
    if item.iid == CASE:
        return tuple(Right(name) for name in _of_case(run, item))
    if item.state is not State.FAILED and suspension.is_suspended(run, item):
        return (Right("resume"),) if _may_resume(run, item) else ()
    return tuple(_rights(run, item, plan_item))


def _of_case(run: Run, item: ItemState) -> Iterator[str]:
    match item.state:
        case State.ACTIVE:
            if completion.may_complete_by_hand(run, CASE):
                yield "completeCase"
            yield from ("suspendCase", "terminateCase")
        case State.SUSPENDED:
            yield from ("resumeCase", "closeCase")
        case State.COMPLETED | State.TERMINATED | State.FAILED:
            yield from ("reactivateCase", "closeCase")


def _rights(run: Run, item: ItemState, plan_item: PlanItem) -> Iterator[Right]:
    definition = plan_item.definition
    match item.state:
        case State.ENABLED:
            yield from (Right("manualStart"), Right("disable"))
        case State.DISABLED:
            yield Right("reenable")
        case State.FAILED:
            yield from (Right("reactivate"), Right("exitFailed"))
        case State.AVAILABLE:
            if isinstance(definition, UserEventListener):
                yield Right("occur", definition.roles)
            elif isinstance(definition, EventListener):
                yield Right("occurListener")
            if run.wiring.is_moment[item.number]:
                yield from (Right("suspend"), Right("terminate"))
        case State.ACTIVE:
            yield from _at_work(run, item, plan_item)


def _at_work(run: Run, item: ItemState, plan_item: PlanItem) -> Iterator[Right]:
    match plan_item.definition:
        case HumanTask() as task:
            yield Right("complete", (task.performer,) if task.performer else ())
        case Stage() if not completion.may_complete_by_hand(run, item.iid):
            """What is inside is in the way."""
        case CaseTask() as call if not call.may_complete_early:
            """What it called completes it."""
        case _:
            yield Right("complete")
    yield from (Right("suspend"), Right("terminate"))


def _may_resume(run: Run, item: ItemState) -> bool:
    is_held = suspension.is_suspended(run, run.item(item.parent))
    return item.state is State.SUSPENDED and item.directly and not is_held


def _start(run: Run, item: ItemState, trigger: OnPart) -> Part:
    told = reasons.told_of(run, trigger)
    if isinstance(trigger, FileOnPart):
        return told
    live = [run.state.items[iid] for iid in run.live.get(trigger.source, ())]
    return reasons.with_seq(told, 0, may_come=bool(live) or run.item(item.parent).state is State.ACTIVE)


def _blocks(child: ItemState) -> str:
    match child.state:
        case State.ACTIVE:
            return "atWork"
        case State.FAILED:
            return "failed"
        case State.SUSPENDED:
            return "suspended"
    return "required" if child.required else "notDone"


def _offer(run: Run, offer: Discretionary, holder: int) -> Offer:
    if holder < 0:
        name = run.definition.items[offer.holder].name
        return Offer(offer.id, offer.name, holder, name, None, is_offered=False, roles=offer.roles)
    item = run.item(holder)
    told = tuple(
        reasons.condition(run, rule.id, rule.condition, evaluation.names_at(run, item), rule.context)
        for rule in offer.rules
        if rule.condition is not None
    )
    team = run.state.team
    held = None if team is None else frozenset(role for roles in team.values() for role in roles)
    missing = tuple(some for some in offer.roles if held is not None and held.isdisjoint(some))
    is_offered = planning.takes_plans(run, item) and planning.applies(run, offer, item) and not missing
    name = item.name or run.plan_item(holder).name
    return Offer(offer.id, offer.name, holder, name, item.state, is_offered, told, offer.roles, missing)
