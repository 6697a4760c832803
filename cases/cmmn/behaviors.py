"""What each kind of plan item does when it starts and when it ends: one function a kind (cmmn-semantics 2.6).

They add to the turn, return nothing and call no one; transitions are told in `transitions`.
"""

from typing import assert_never

from cases.cmmn import (
    actions,
    arming,
    births,
    decision_tasks,
    evaluation,
    human_tasks,
    listeners,
    parameters,
    returns,
    rules,
    status,
    variables,
)
from cases.cmmn.agenda import Begin, Finish, Run
from cases.cmmn.controlmodel import Value
from cases.cmmn.effects import (
    ChildCancelled,
    ChildOpened,
    ChildPaused,
    HumanTaskClosed,
    HumanTaskPaused,
    TimerCancelled,
    WorkCancelled,
    WorkOpened,
)
from cases.cmmn.evaluation import NotComputed
from cases.cmmn.events import ItemHeld
from cases.cmmn.instance import ItemState, instant_of
from cases.cmmn.lifecycle import State
from cases.cmmn.metamodel import (
    EventListener,
    Milestone,
    Return,
    Stage,
    TimerEventListener,
    UserEventListener,
    Worked,
)
from cases.cmmn.workmodel import (
    CaseTask,
    DecisionTask,
    ExpressionTask,
    HumanTask,
    ProcessTask,
    ServiceTask,
    Task,
)

ASYNC = "async"
"""The kind of work that lets an item go on which begins or leaves asynchronously."""
STARTING, LEAVING = "start", "leave"
"""How an item is held that waits for such a job."""
PASSING = "pass"
"""How an item is held whose task turned out not to wait for its work."""
PAGE = "casePage"
"""The kind of a task that is a page: nothing is to be done there."""
LONGEST_TOPIC = 200
MAX_DEPTH = 20
"""How deep cases may call each other (7.1)."""


def perform(run: Run, item: ItemState, *, again: bool = False) -> None:
    """The item is Active: its work begins, or begins again. Raises NotComputed where its inputs fail."""
    definition = run.definition.items[item.number].definition
    match definition:
        case Stage():
            _start_stage(run, item, definition)
        case HumanTask():
            _open_human_task(run, item, definition)
        case ServiceTask():
            _open_step(run, item, definition, again=again)
        case DecisionTask():
            decision_tasks.decide(run, item, definition)
        case CaseTask():
            _call_case(run, item, definition, again=again)
        case Task() | ProcessTask():
            _open_external(run, item, definition, again=again)
        case ExpressionTask():
            _evaluate(run, item, definition)
        case Milestone() | TimerEventListener() | UserEventListener() | EventListener():
            """These have no work: they occur."""
        case _:
            assert_never(definition)


def end(run: Run, item: ItemState, *, completed: bool, reason: str) -> None:
    """The item is about to leave its work for good: what was opened outside for it goes."""
    state = item.before if item.state is State.SUSPENDED else item.state
    definition = run.definition.items[item.number].definition
    if is_held(item):
        if item.state is State.ACTIVE:
            run.effects.append(WorkCancelled(item.iid, reason))
        return
    match definition:
        case HumanTask() if state is State.ACTIVE and does_wait(item, definition):
            run.effects.append(HumanTaskClosed(item.iid, completed, reason))
        case CaseTask() if state in (State.ACTIVE, State.FAILED) and does_wait(item, definition):
            run.effects.append(ChildCancelled(item.iid, reason))
        case ServiceTask() | Task() | ProcessTask() if state in (State.ACTIVE, State.FAILED):
            if does_wait(item, definition) and not _is_page(definition):
                run.effects.append(WorkCancelled(item.iid, reason))
        case TimerEventListener() if item.timer is not None and item.timer.due:
            if item.state is not State.SUSPENDED:
                run.effects.append(TimerCancelled(item.iid))
        case EventListener() if state is State.AVAILABLE:
            births.unsubscribe(run, item)
        case _:
            """Stages, decisions and other moments leave nothing outside."""


def is_held(item: ItemState) -> bool:
    """Whether the item waits for the job with which it begins, or leaves."""
    return item.held in (STARTING, LEAVING)


def does_wait(item: ItemState, task: Worked) -> bool:
    """Whether this instance of a task waits, or waited, for its work to be done."""
    if is_held(item):
        return False
    return task.is_blocking if task.blocking is None else item.held != PASSING


def fail(run: Run, item: ItemState) -> None:
    """The item is about to fail: a person's task is over, a dead job stays with its incident.

    Of a job with which it was to begin or leave nothing stays but that it was held.
    """
    if is_held(item):
        run.effects.append(WorkCancelled(item.iid, "fault"))
        return
    definition = run.definition.items[item.number].definition
    if isinstance(definition, HumanTask) and does_wait(item, definition):
        run.effects.append(HumanTaskClosed(item.iid, completed=False, reason="fault"))


def pause(run: Run, item: ItemState, *, paused: bool) -> None:
    """The item was suspended or resumed: its task waits, its timer or job is cancelled or set as it was."""
    definition = run.definition.items[item.number].definition
    if is_held(item):
        run.effects.append(WorkCancelled(item.iid, "suspended") if paused else _job(run, item))
    elif isinstance(definition, HumanTask) and does_wait(item, definition):
        run.effects.append(HumanTaskPaused(item.iid, paused))
    elif isinstance(definition, CaseTask) and does_wait(item, definition):
        run.effects.append(ChildPaused(item.iid, paused))
    elif isinstance(definition, TimerEventListener) and item.timer is not None and item.timer.due:
        if paused:
            run.effects.append(TimerCancelled(item.iid))
        else:
            arming.set_job(run, item, definition, instant_of(item.timer.due))


def bring(run: Run, number: int, parent: int, index: int) -> None:
    """One instance of a plan item comes into being; it begins unless it waits for something (2.2, 2.3)."""
    plan_item = run.definition.items[number]
    match plan_item.definition:
        case UserEventListener() | EventListener() | TimerEventListener():
            listeners.bring(run, number, parent, index)
        case _:
            required = rules.is_required(run, number, parent, index)
            child = births.create(run, number, parent, index, required=required)
            if not plan_item.entry:
                run.queue(Begin(child.iid))


def hold(run: Run, item: ItemState, phase: str) -> None:
    """The item goes on, begins or leaves, when its job runs (4.7)."""
    name = run.definition.items[item.number].id
    run.record(ItemHeld(run.seq(), run.wave, item.iid, name, phase))
    run.effects.append(_job(run, item))


def release(run: Run, item: ItemState) -> None:
    """The job of an item that begins or leaves asynchronously has run."""
    name = run.definition.items[item.number].id
    run.record(ItemHeld(run.seq(), run.wave, item.iid, name, ""))


def take_up(run: Run, container: int) -> None:
    """What was planned into a container while it was not Active comes into being (4.6)."""
    for number in tuple(run.state.planned.get(container, ())):
        bring(run, number, container, run.next_index(number, container))


def _job(run: Run, item: ItemState) -> WorkOpened:
    """The job that lets an item go on which begins or leaves asynchronously."""
    return WorkOpened(item.iid, run.definition.items[item.number].id, kind=ASYNC)


def _start_stage(run: Run, item: ItemState, stage: Stage) -> None:
    """All children exist before one of them begins (R-3.4d)."""
    run.containers.add(item.iid)
    status.move_to(run, item, stage.business_status)
    existing = {run.item(child).number for child in run.children(item.iid)}
    listener = returns.listener_of(run) if run.state.is_reopened else None
    for number in stage.items:
        plan_item = run.definition.items[number]
        if number in existing or plan_item.is_discretionary:
            continue
        if listener is None:
            bring(run, number, item.iid, 0)
        else:
            renew(run, number, item.iid, returns.way_of(run, plan_item, listener, item))
    take_up(run, item.iid)


def renew(run: Run, number: int, parent: int, way: Return) -> None:
    """One more instance in a case that goes on after its end, if there is to be one (4.9)."""
    if way is Return.IGNORE:
        return
    iid = len(run.state.items)
    bring(run, number, parent, run.next_index(number, parent))
    if way is Return.ACTIVATE and run.definition.items[number].entry:
        run.queue(Begin(iid))


def _open_human_task(run: Run, item: ItemState, task: HumanTask) -> None:
    if _waits(run, item, task):
        human_tasks.open_task(run, item, task)
    else:
        run.queue(Finish(item.iid))


def _waits(run: Run, item: ItemState, task: Worked) -> bool:
    """Whether the task waits for its work to be done. Raises NotComputed."""
    if task.blocking is None:
        return task.is_blocking
    waits = evaluation.truth(run, task.blocking, evaluation.names_at(run, item))
    if waits is (item.held == PASSING):
        name, phase = run.definition.items[item.number].id, "" if waits else PASSING
        run.record(ItemHeld(run.seq(), run.wave, item.iid, name, phase))
    return waits


def _open_step(run: Run, item: ItemState, step: ServiceTask, *, again: bool) -> None:
    plan_item = run.definition.items[item.number]
    inputs = parameters.inputs(run, item, step.work)
    key = None
    if step.key is not None:
        found = evaluation.evaluate(run, step.key, evaluation.names_at(run, item))
        key = None if found is None else str(found)
    run.effects.append(WorkOpened(item.iid, plan_item.id, inputs, key, again))
    if not _waits(run, item, step):
        run.queue(Finish(item.iid))


def _open_external(run: Run, item: ItemState, task: Task | ProcessTask, *, again: bool) -> None:
    """A process is begun whether its task waits for its end or not; of other work nobody hears then."""
    waits = _waits(run, item, task)
    if _is_page(task):
        return
    if waits or isinstance(task, ProcessTask) or task.kind:
        own = evaluation.names_at(run, item)
        topic = _topic(run, task, own) if isinstance(task, Task) else ""
        run.effects.append(
            WorkOpened(
                item=item.iid,
                definition=run.definition.items[item.number].id,
                inputs=parameters.inputs(run, item, task.work),
                again=again,
                target=_called(run, item, task.process) if isinstance(task, ProcessTask) else "",
                kind="process" if isinstance(task, ProcessTask) else task.kind or "task",
                topic=topic or None,
                fields={} if isinstance(task, ProcessTask) else _fields(run, task, own),
            )
        )
    if not waits:
        run.queue(Finish(item.iid))


def _is_page(task: Worked) -> bool:
    return isinstance(task, Task) and task.kind == PAGE


def _topic(run: Run, task: Task, own: evaluation.Names) -> str:
    """By what programs ask for the work. Raises NotComputed for what nobody could ask for."""
    found = evaluation.named(run, task.topic, own)
    if len(found) > LONGEST_TOPIC or "\0" in found:
        raise NotComputed(f"a topic has at most {LONGEST_TOPIC} characters, and no NUL: {found[:40]!r}")
    return found


def _fields(run: Run, task: Task, own: evaluation.Names) -> dict[str, object]:
    return {name: evaluation.value_of(run, value, own) for name, value in task.fields}


def _call_case(run: Run, item: ItemState, task: CaseTask, *, again: bool) -> None:
    """The child is started outside; the turn of its caller never runs it (7.1). Raises NotComputed."""
    if run.state.depth >= MAX_DEPTH:
        raise NotComputed(f"cases call each other more than {MAX_DEPTH} deep")
    team = run.state.team
    own = evaluation.names_at(run, item)
    key = None if task.business_key is None else evaluation.value_of(run, task.business_key, own)
    if task.business_key is None and task.inherits_business_key:
        key = run.state.given_key
    work = task.work
    run.effects.append(
        ChildOpened(
            item=item.iid,
            definition=run.definition.items[item.number].id,
            case=_called(run, item, task.case),
            inputs=parameters.inputs(run, item, work),
            is_blocking=_waits(run, item, task),
            team=None if team is None else {user: frozenset(roles) for user, roles in team.items()},
            depth=run.state.depth + 1,
            again=again,
            variables=run.child_vars.get(item.iid, {}),
            business_key=None if key is None else str(key),
            same_deployment=task.same_deployment,
            may_use_default_tenant=task.may_use_default_tenant,
            tells_all=work.takes_all or bool(work.outputs),
        )
    )


def _called(run: Run, item: ItemState, value: Value) -> str:
    found = evaluation.value_of(run, value, evaluation.names_at(run, item))
    if not isinstance(found, str) or not found:
        raise NotComputed(f"{found!r} names nothing to call")
    return found


def _evaluate(run: Run, item: ItemState, task: ExpressionTask) -> None:
    """An expression is the whole work, its value kept where the model says (4.7). Raises NotComputed."""
    found = actions.carry_out(run, item, task.action)
    kept = evaluation.named(run, task.result_variable, evaluation.names_at(run, run.item(item.iid)))
    if kept and task.is_transient:
        variables.set_transient(run, kept, found)
    elif kept:
        variables.set_nearest(run, item, kept, found)
    run.queue(Finish(item.iid))
