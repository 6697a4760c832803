"""What each kind of plan item does when it starts and when it ends: one function a kind (cmmn-semantics 2.6).

They add to the turn, return nothing and call no one; transitions are told in `transitions`.
"""

from datetime import datetime
from typing import assert_never

from cases.cmmn import due_dates, evaluation, parameters, rules, timers
from cases.cmmn.agenda import Arm, Begin, Finish, Run
from cases.cmmn.controlmodel import Value
from cases.cmmn.effects import (
    ChildCancelled,
    ChildOpened,
    ChildPaused,
    HumanTaskClosed,
    HumanTaskOpened,
    HumanTaskPaused,
    TimerCancelled,
    TimerSet,
    WorkCancelled,
    WorkOpened,
)
from cases.cmmn.evaluation import NotComputed
from cases.cmmn.events import DecisionMade, TimerArmed
from cases.cmmn.instance import ItemState, Seed, Timer, instant_of, text_of
from cases.cmmn.lifecycle import FINAL, State
from cases.cmmn.metamodel import EventListener, Milestone, Stage, TimerEventListener, UserEventListener
from cases.cmmn.timers import Fire
from cases.cmmn.workmodel import CaseTask, DecisionTask, HumanTask, ProcessTask, ServiceTask, Task
from cases.errors import NotFound
from cases.feel import FeelError

MAX_DEPTH = 20
"""How deep cases may call each other (7.1)."""


def perform(run: Run, item: ItemState, *, again: bool = False) -> None:
    """The item is Active: its work begins, or begins again. Raises NotComputed where its inputs fail."""
    definition = run.definition.items[item.number].definition
    match definition:
        case Stage():
            _start_stage(run, item, definition)
        case HumanTask():
            _open_task(run, item, definition)
        case ServiceTask():
            _open_step(run, item, definition, again=again)
        case DecisionTask():
            _decide(run, item, definition)
        case CaseTask():
            _call_case(run, item, definition, again=again)
        case Task() | ProcessTask():
            _open_external(run, item, definition, again=again)
        case Milestone() | TimerEventListener() | UserEventListener() | EventListener():
            """These have no work: they occur."""
        case _:
            assert_never(definition)


def end(run: Run, item: ItemState, *, completed: bool, reason: str) -> None:
    """The item is about to leave its work for good: what was opened outside for it goes."""
    state = item.before if item.state is State.SUSPENDED else item.state
    match run.definition.items[item.number].definition:
        case HumanTask(is_blocking=True) if state is State.ACTIVE:
            run.effects.append(HumanTaskClosed(item.iid, completed, reason))
        case CaseTask(is_blocking=True) if state in (State.ACTIVE, State.FAILED):
            run.effects.append(ChildCancelled(item.iid, reason))
        case (ServiceTask() | Task() | ProcessTask()) as work if work.is_blocking:
            if state in (State.ACTIVE, State.FAILED):
                run.effects.append(WorkCancelled(item.iid, reason))
        case TimerEventListener() if item.timer is not None and item.timer.due:
            if item.state is not State.SUSPENDED:
                run.effects.append(TimerCancelled(item.iid))
        case _:
            """Stages, decisions and other moments leave nothing outside."""


def fail(run: Run, item: ItemState) -> None:
    """The item is about to fail: a person's task is over, a dead job stays with its incident."""
    definition = run.definition.items[item.number].definition
    if isinstance(definition, HumanTask) and definition.is_blocking:
        run.effects.append(HumanTaskClosed(item.iid, completed=False, reason="fault"))


def pause(run: Run, item: ItemState, *, paused: bool) -> None:
    """The item was suspended or resumed: its task waits, its timer is cancelled or set as it was."""
    definition = run.definition.items[item.number].definition
    if isinstance(definition, HumanTask) and definition.is_blocking:
        run.effects.append(HumanTaskPaused(item.iid, paused))
    elif isinstance(definition, CaseTask) and definition.is_blocking:
        run.effects.append(ChildPaused(item.iid, paused))
    elif isinstance(definition, TimerEventListener) and item.timer is not None and item.timer.due:
        if paused:
            run.effects.append(TimerCancelled(item.iid))
        else:
            _set(run, item, definition, instant_of(item.timer.due))


def arm(run: Run, item: ItemState) -> None:
    """Sets a timer from its expression, or anew when what it follows has changed (5.1); null disarms it."""
    definition = run.definition.items[item.number].definition
    if not isinstance(definition, TimerEventListener):
        return
    text, fire = "", None
    try:
        text = _text(evaluation.value_of(run, definition.expression, evaluation.names_at(run, item)))
        anchor = _anchor(run, item, definition)
        fire = _first(run, text, anchor) if text and anchor is not None else None
    except (NotComputed, ValueError) as error:
        run.incident(item.iid, "timer", f"{definition.id}: {error}")
    due = "" if fire is None else text_of(fire.at)
    known = item.timer
    if due == ("" if known is None else known.due):
        return
    fire_no = 1 if known is None else known.fire_no + 1
    if fire is None:
        run.effects.append(TimerCancelled(item.iid))
    _record_arming(run, item, fire, text, fire_no=fire_no)
    if fire is not None:
        _set(run, run.item(item.iid), definition, fire.at)


def next_fire(run: Run, item: ItemState, timer: Timer | None) -> None:
    """A repeating timer has occurred: its next instance takes over schedule, anchor and count (5.3)."""
    definition = run.definition.items[item.number].definition
    if not isinstance(definition, TimerEventListener) or timer is None or not timer.schedule:
        return
    schedule = timers.read(timer.schedule)
    fired = timer.fired + 1
    if schedule.fires is not None and fired >= schedule.fires:
        return
    last = Fire(instant_of(timer.anchor), timer.ordinal, instant_of(timer.due))
    try:
        fire = timers.following(schedule, last, run.now, run.program.zone, _due(run))
    except ValueError as error:
        run.incident(item.iid, "timer", f"{definition.id}: {error}")
        return
    if fire is None:
        return
    index = run.following_index(item)
    successor = run.create(item.number, item.parent, index, State.AVAILABLE, required=False)
    _record_arming(run, successor, fire, timer.schedule, fired=fired)
    _set(run, run.item(successor.iid), definition, fire.at)


def succeed(run: Run, item: ItemState) -> None:
    """A listener that people may raise again and again has occurred: the next one is offered at once."""
    definition = run.definition.items[item.number].definition
    is_over = run.item(item.parent).state in FINAL
    if isinstance(definition, UserEventListener) and definition.is_repeatable and not is_over:
        _create_listener(run, item.number, item.parent, run.following_index(item), definition)


def bring(run: Run, number: int, parent: int, index: int) -> None:
    """One instance of a plan item comes into being; it begins unless it waits for something (2.2, 2.3)."""
    plan_item = run.definition.items[number]
    match plan_item.definition:
        case UserEventListener():
            _create_listener(run, number, parent, index, plan_item.definition)
        case TimerEventListener():
            timer = run.create(number, parent, index, State.AVAILABLE, required=False)
            if plan_item.definition.start_trigger is None:
                run.queue(Arm(timer.iid))
        case EventListener():
            run.create(number, parent, index, State.AVAILABLE, required=False)
        case _:
            required = rules.is_required(run, number, parent, index)
            child = run.create(number, parent, index, State.AVAILABLE, required=required)
            if not plan_item.entry:
                run.queue(Begin(child.iid))


def take_up(run: Run, container: int) -> None:
    """What was planned into a container while it was not Active comes into being (4.6)."""
    for number in tuple(run.state.planned.get(container, ())):
        bring(run, number, container, run.next_index(number, container))


def _start_stage(run: Run, item: ItemState, stage: Stage) -> None:
    """All children exist before one of them begins (R-3.4d)."""
    run.containers.add(item.iid)
    existing = {run.item(child).number for child in run.children(item.iid)}
    for number in stage.items:
        if number not in existing and not run.definition.items[number].is_discretionary:
            bring(run, number, item.iid, 0)
    take_up(run, item.iid)


def _create_listener(run: Run, number: int, parent: int, index: int, definition: UserEventListener) -> None:
    is_offered = rules.is_available(run, definition, Seed(number, parent, index))
    run.create(number, parent, index, State.AVAILABLE if is_offered else State.UNAVAILABLE, required=False)


def _open_task(run: Run, item: ItemState, task: HumanTask) -> None:
    if not task.is_blocking:
        run.queue(Finish(item.iid))
        return
    plan_item = run.definition.items[item.number]
    amount = None
    if task.authority is not None:
        amount = evaluation.evaluate(run, task.authority, evaluation.names_at(run, item))
    due = _value(run, item, task.due, "due")
    priority = _value(run, item, task.priority, "priority")
    run.effects.append(
        HumanTaskOpened(
            item=item.iid,
            definition=plan_item.id,
            name=plan_item.name,
            form=task.form,
            roles=_roles(run, item, task),
            due=due_dates.text_of(due),
            priority=_whole(priority),
            four_eyes=task.four_eyes,
            amount=amount,
            sla=task.sla,
            ladder=task.ladder,
            inputs=parameters.inputs(run, item, task.work),
        )
    )


def _roles(run: Run, item: ItemState, task: HumanTask) -> tuple[str, ...]:
    found = _value(run, item, task.role, "role") if task.role is not None else task.performer
    first = [found] if isinstance(found, str) else found if isinstance(found, list) else []
    return tuple(dict.fromkeys([*(str(role) for role in first), *task.or_higher]))


def _value(run: Run, item: ItemState, value: Value | None, what: str) -> object:
    """A value that is only shown or sorted by: none where it cannot be computed, and an incident says so."""
    if value is None:
        return None
    if value.expression is None:
        return value.text
    try:
        return evaluation.value_of(run, value, evaluation.names_at(run, item))
    except NotComputed as error:
        run.incident(item.iid, what, f"{run.definition.items[item.number].id}: {error.message}")
        return None


def _whole(value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        return 0


def _open_step(run: Run, item: ItemState, step: ServiceTask, *, again: bool) -> None:
    plan_item = run.definition.items[item.number]
    inputs = parameters.inputs(run, item, step.work)
    key = None
    if step.key is not None:
        found = evaluation.evaluate(run, step.key, evaluation.names_at(run, item))
        key = None if found is None else str(found)
    run.effects.append(WorkOpened(item.iid, plan_item.id, inputs, key, again))
    if not step.is_blocking:
        run.queue(Finish(item.iid))


def _open_external(run: Run, item: ItemState, task: Task | ProcessTask, *, again: bool) -> None:
    """A process is begun whether its task waits for its end or not; of other work nobody hears then."""
    if task.is_blocking or isinstance(task, ProcessTask):
        target = _called(run, item, task.process) if isinstance(task, ProcessTask) else ""
        given = parameters.inputs(run, item, task.work)
        name = run.definition.items[item.number].id
        run.effects.append(WorkOpened(item.iid, name, given, None, again, target))
    if not task.is_blocking:
        run.queue(Finish(item.iid))


def _call_case(run: Run, item: ItemState, task: CaseTask, *, again: bool) -> None:
    """The child is started outside; the turn of its caller never runs it (7.1). Raises NotComputed."""
    if run.state.depth >= MAX_DEPTH:
        raise NotComputed(f"cases call each other more than {MAX_DEPTH} deep")
    team = run.state.team
    run.effects.append(
        ChildOpened(
            item=item.iid,
            definition=run.definition.items[item.number].id,
            case=_called(run, item, task.case),
            inputs=parameters.inputs(run, item, task.work),
            is_blocking=task.is_blocking,
            team=None if team is None else {user: frozenset(roles) for user, roles in team.items()},
            depth=run.state.depth + 1,
            again=again,
        )
    )


def _called(run: Run, item: ItemState, value: Value) -> str:
    found = evaluation.value_of(run, value, evaluation.names_at(run, item))
    if not isinstance(found, str) or not found:
        raise NotComputed(f"{found!r} names nothing to call")
    return found


def _decide(run: Run, item: ItemState, task: DecisionTask) -> None:
    """Evaluated within the turn; what fired and on what goes into the event (7.3). Raises NotComputed."""
    plan_item = run.definition.items[item.number]
    inputs = parameters.inputs(run, item, task.work)
    definitions = run.program.decisions.get(task.decision)
    if definitions is None:
        raise NotComputed(f"there is no decision {task.decision}")
    try:
        made = definitions.evaluate(task.decision, inputs, run.now)
    except (FeelError, NotFound) as error:
        raise NotComputed(str(error)) from None
    result = evaluation.json_of(made.value)
    rules_fired = [rule for table in made.trace for rule in table.rules if table.decision == task.decision]
    run.record(
        DecisionMade(run.seq(), run.wave, item.iid, plan_item.id, task.decision, rules_fired, inputs, result)
    )
    run.queue(Finish(item.iid, result))


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def _anchor(run: Run, item: ItemState, definition: TimerEventListener) -> datetime | None:
    """The instant that the timer counts from, None while the data that name it are missing."""
    if definition.anchor is None:
        return run.now
    found = evaluation.evaluate(run, definition.anchor, evaluation.names_at(run, item))
    return None if found is None else timers.moment_of(str(found), run.program.zone)


def _first(run: Run, text: str, anchor: datetime) -> Fire | None:
    at = timers.instant(timers.read(text), 1, anchor, run.program.zone, _due(run))
    return None if at is None else Fire(anchor, 1, at)


def _due(run: Run) -> timers.Due | None:
    return None if run.program.working_time is None else run.program.working_time.due


def _record_arming(
    run: Run, item: ItemState, fire: Fire | None, text: str, *, fire_no: int = 1, fired: int = 0
) -> None:
    name = run.definition.items[item.number].id
    due, anchor, ordinal = "", "", 1
    if fire is not None:
        due, anchor, ordinal = text_of(fire.at), text_of(fire.anchor), fire.ordinal
    run.record(TimerArmed(run.seq(), run.wave, item.iid, name, fire_no, due, text, anchor, ordinal, fired))


def _set(run: Run, item: ItemState, definition: TimerEventListener, at: datetime) -> None:
    if item.timer is not None and item.state is not State.SUSPENDED:
        name = run.definition.items[item.number].id
        run.effects.append(TimerSet(item.iid, name, item.timer.fire_no, at, definition.follows))
