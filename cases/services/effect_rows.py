"""Effects and events of one turn -> the rows of one command: tasks, jobs, clocks, what it is found by."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import assert_never
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from cases import catalogue
from cases.caseapp.document import CaseApp
from cases.cmmn.effects import (
    CaseDescribed,
    CaseEnded,
    ChildCancelled,
    ChildOpened,
    ChildPaused,
    Effect,
    HumanTaskChanged,
    HumanTaskClosed,
    HumanTaskDue,
    HumanTaskOpened,
    HumanTaskPaused,
    Subscribed,
    TimerCancelled,
    TimerSet,
    Unsubscribed,
    WorkCancelled,
    WorkOpened,
)
from cases.cmmn.events import AnyEvent, CallReturned, FileTransitioned, IncidentRaised
from cases.cmmn.instance import CaseInstance
from cases.cmmn.workmodel import HumanTask
from cases.persistence import codec
from cases.persistence.base import storable
from cases.persistence.dialect import insert_unless_there
from cases.persistence.jobs import IncidentRow
from cases.persistence.tasks import NO_DUE_DATE, HumanTaskRow, QueueMemberRow, QueueRow, TaskRowState
from cases.persistence.writes import (
    CaseDescription,
    ClockWrite,
    ModelFault,
    NewJob,
    NewTask,
    SearchWrite,
    Subscription,
    TaskChange,
    TaskDue,
    TaskMove,
    Writes,
)
from cases.policy import clocks as clock_rules
from cases.policy import escalation
from cases.services import ladder_rows, link_rows, members, search_rows, work_rows

TIMER = "timer"

NOT_CARRIED_OUT = "NOT_CARRIED_OUT"
"""The incident of work that only a person can do here."""

_BY_HAND = "Work of this kind is not carried out here: it is done, and completed, by hand."

NOBODY = "NOBODY"
"""The incident of a task for which the model names somebody who may not work on it."""

USUAL_PRIORITY = 3
_TIMER_ATTEMPTS = 8
_MESSAGE_LENGTH = 2_000
_FINGERPRINT_LENGTH = 120


@dataclass(frozen=True, slots=True)
class Turned:
    """One turn, as far as its rows are concerned. `before` is None when the case is being opened."""

    before: CaseInstance | None
    after: CaseInstance
    app: CaseApp
    events: Sequence[AnyEvent]
    effects: Sequence[Effect]
    user_id: int
    now: datetime
    title_before: str = ""


_TaskEffect = HumanTaskOpened | HumanTaskPaused | HumanTaskDue | HumanTaskChanged | HumanTaskClosed
_LinkEffect = ChildOpened | ChildPaused | ChildCancelled | CaseEnded
_NoteEffect = Subscribed | Unsubscribed | CaseDescribed


def add(session: Session, writes: Writes, turned: Turned) -> None:
    """Put what the turn asks for into the writes of its command."""
    for effect in turned.effects:
        _add_effect(session, writes, turned, effect)
    writes.search = _search(turned, writes)


def _add_effect(session: Session, writes: Writes, turned: Turned, effect: Effect) -> None:
    match effect:
        case HumanTaskOpened() | HumanTaskPaused() | HumanTaskDue() | HumanTaskChanged() | HumanTaskClosed():
            _add_task_effect(session, writes, turned, effect)
        case TimerSet():
            if _had_timer(turned.before, effect.item):
                writes.struck.append(effect.item)
            writes.jobs.append(_timer(effect))
        case WorkOpened():
            job = work_rows.job_of(turned.after, effect, turned.now)
            (writes.woken if effect.again else writes.jobs).append(job)
            if work_rows.is_by_hand(effect):
                writes.faults.append(ModelFault(effect.item, effect.definition, NOT_CARRIED_OUT, _BY_HAND))
        case TimerCancelled(item):
            writes.struck.append(item)
        case ChildOpened() | ChildPaused() | ChildCancelled() | CaseEnded():
            _add_link_effect(writes, turned, effect)
        case Subscribed() | Unsubscribed() | CaseDescribed():
            _add_note_effect(writes, effect)
        case WorkCancelled(item):
            writes.struck.append(item)
            work_rows.look_outside(session, writes.case.id, turned.after, turned.app, item, turned.now)
        case _:
            assert_never(effect)


def _add_link_effect(writes: Writes, turned: Turned, effect: _LinkEffect) -> None:
    match effect:
        case ChildOpened():
            (writes.woken if effect.again else writes.jobs).append(link_rows.call(effect, turned.now))
        case ChildPaused(item):
            writes.jobs.append(link_rows.child(item, turned.now))
        case ChildCancelled(item, reason):
            writes.struck.append(item)
            if not _has_returned(turned, item):
                writes.jobs.append(link_rows.child(item, turned.now, reason))
        case CaseEnded():
            writes.jobs.append(link_rows.caller(effect, turned.now))
        case _:
            assert_never(effect)


def _has_returned(turned: Turned, item: int) -> bool:
    """Whether the call of this task ended in this very turn: then nothing is left to be ended."""
    returned = (event for event in turned.events if isinstance(event, CallReturned) and event.item == item)
    return any(event.outcome != "started" and not event.deferred for event in returned)


def _add_note_effect(writes: Writes, effect: _NoteEffect) -> None:
    match effect:
        case Subscribed(item, kind, subject):
            writes.subscribed.append(Subscription(item, kind, subject))
        case Unsubscribed(item):
            writes.subscribed = [one for one in writes.subscribed if one.plan_item != item]
            writes.unsubscribed.append(item)
        case CaseDescribed():
            texts = (effect.name, effect.business_key, effect.business_status)
            writes.described = CaseDescription(*map(_storable, texts))
        case _:
            assert_never(effect)


def _add_task_effect(session: Session, writes: Writes, turned: Turned, effect: _TaskEffect) -> None:
    match effect:
        case HumanTaskOpened():
            _open_task(session, writes, turned, effect)
            writes.clocks.extend(_clock_begun(turned, effect))
        case HumanTaskPaused(item, paused):
            state = TaskRowState.PAUSED if paused else TaskRowState.OPEN
            writes.moved.append(TaskMove(plan_item=item, state=state))
        case HumanTaskDue():
            _move_due(session, writes, turned, effect)
        case HumanTaskChanged():
            writes.changed.append(_change(session, turned, effect))
        case HumanTaskClosed():
            writes.moved.append(_closed(turned, effect))
            if _has_ladder(turned, effect.item):
                writes.struck.append(effect.item)
            writes.clocks.extend(_clock_ended(turned, effect))
        case _:
            assert_never(effect)


def _open_task(session: Session, writes: Writes, turned: Turned, effect: HumanTaskOpened) -> None:
    """The task, with the job of the first rung of its ladder."""
    app, ladder = turned.app, turned.app.ladder_of(effect.ladder)
    due_at = _due(writes, turned, effect.item, effect.definition, effect.due, turned.now)
    term = ladder_rows.term_of(app, turned.now, due_at)
    people = _people(session, writes, turned, effect)
    task = NewTask(
        plan_item=effect.item,
        definition=effect.definition,
        name=storable(effect.name),
        form=effect.form,
        queue_id=_queue(session, app, effect),
        priority=effect.priority or USUAL_PRIORITY,
        due_at=due_at,
        four_eyes=effect.four_eyes,
        amount=_amount(effect.amount),
        sla=effect.sla,
        ladder=ladder,
        due_text=None if term is None else effect.due,
        warn_at=ladder_rows.warned_at(app, ladder, term),
        assignee_id=people.get(_storable(effect.assignee) or ""),
        owner_id=people.get(_storable(effect.owner) or ""),
        description=_storable(effect.description),
        category=_storable(effect.category),
        facts=effect.inputs or None,
    )
    writes.tasks.append(task)
    job = ladder_rows.next_job(app, ladder, 0, term, effect.item)
    if job is not None:
        writes.jobs.append(job)


def _queue(session: Session, app: CaseApp, effect: HumanTaskOpened) -> int:
    return queue_of(session, app, _roles(app, effect))


def _roles(app: CaseApp, effect: HumanTaskOpened) -> list[str]:
    return [*effect.roles, *(name for name in effect.candidates if name in app.roles)]


def _change(session: Session, turned: Turned, effect: HumanTaskChanged) -> TaskChange:
    """The task as the version says that its case has moved to."""
    task = effect.task
    return TaskChange(
        plan_item=task.item,
        definition=task.definition,
        name=storable(task.name),
        form=task.form,
        queue_id=_queue(session, turned.app, task),
        four_eyes=task.four_eyes,
        amount=_amount(task.amount),
        description=_storable(task.description),
        category=_storable(task.category),
        facts=task.inputs or None,
        drops_draft=effect.drops_draft,
        is_unassigned=effect.is_unassigned,
    )


def _people(session: Session, writes: Writes, turned: Turned, effect: HumanTaskOpened) -> dict[str, int]:
    """The people whom the model names, by name: who may not work here has nothing."""
    names = {storable(name) for name in (effect.assignee, effect.owner) if name}
    found = members.named(session, turned.app.family, names, turned.now)
    for name in found.others:
        message = f"{name} is nobody who works on cases of {turned.app.family}: the task waits in its queue."
        writes.faults.append(ModelFault(effect.item, effect.definition, NOBODY, message))
    return found.ids


def _has_ladder(turned: Turned, item: int) -> bool:
    task = turned.after.plan_item(item).definition
    return isinstance(task, HumanTask) and turned.app.ladder_of(task.ladder) is not None


def _move_due(session: Session, writes: Writes, turned: Turned, effect: HumanTaskDue) -> None:
    """The due date follows its data, counted from the task's start; at risk and next rung follow it."""
    row = session.execute(
        select(HumanTaskRow.created_at, HumanTaskRow.due_at, HumanTaskRow.ladder, HumanTaskRow.rung).where(
            HumanTaskRow.case_id == writes.case.id,
            HumanTaskRow.plan_item == effect.item,
            HumanTaskRow.state.in_((TaskRowState.OPEN, TaskRowState.PAUSED)),
        )
    ).one_or_none()
    if row is None:
        return
    app = turned.app
    due_at = _due(writes, turned, effect.item, effect.definition, effect.due, row.created_at)
    term = ladder_rows.term_of(app, row.created_at, due_at)
    rung = row.rung
    if term is not None:
        rungs = ladder_rows.rungs_of(app, row.ladder)
        before = None if row.due_at >= NO_DUE_DATE else row.due_at
        rung = escalation.still_climbed(rungs, rung, before, term, turned.now)
    moved = TaskDue(
        plan_item=effect.item,
        due_at=due_at,
        due_text=None if term is None else effect.due,
        warn_at=ladder_rows.warned_at(app, row.ladder, term),
        rung=rung,
    )
    writes.dues.append(moved)
    if row.ladder is not None:
        writes.struck.append(effect.item)
    job = ladder_rows.next_job(app, row.ladder, rung, term, effect.item)
    if job is not None:
        writes.jobs.append(job)


def _closed(turned: Turned, effect: HumanTaskClosed) -> TaskMove:
    if not effect.completed:
        return TaskMove(plan_item=effect.item, state=TaskRowState.CANCELLED, why=effect.reason or None)
    return TaskMove(plan_item=effect.item, state=TaskRowState.COMPLETED, by=turned.user_id)


def _due(
    writes: Writes, turned: Turned, item: int, definition: str, text: str | None, start: datetime
) -> datetime:
    """When the task is due. A text that says no time is shown to somebody, and the task has no due date."""
    if text is None:
        return NO_DUE_DATE
    working_time = turned.after.program.working_time
    try:
        if working_time is None:
            raise ValueError("the case has no calendar")
        return min(working_time.due(text, start), NO_DUE_DATE)
    except ValueError as error:
        writes.faults.append(ModelFault(item, definition, "due", str(error)))
        return NO_DUE_DATE


def _storable(text: str | None) -> str | None:
    return None if text is None else storable(text)


def _amount(value: object) -> Decimal | None:
    """What one's authority must cover. What is no number is covered by nobody but who has no limit."""
    if value is None:
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return Decimal("Infinity")


def _had_timer(before: CaseInstance | None, item: int) -> bool:
    if before is None or item >= len(before.state.items):
        return False
    return before.state.items[item].timer is not None


def _timer(effect: TimerSet) -> NewJob:
    payload: dict[str, object] = {"definition": effect.definition, "fire_no": effect.fire_no}
    if effect.category is not None:
        payload["category"] = effect.category
    return NewJob(
        kind=TIMER,
        plan_item=effect.item,
        mode="tx",
        lane=TIMER,
        run_at=effect.due,
        max_attempts=_TIMER_ATTEMPTS,
        payload=codec.pack(payload),
    )


# --- queues


def queue_of(session: Session, app: CaseApp, roles: Sequence[str]) -> int:
    """The queue of a set of roles; of all that may act, where none is named. Made when it is new.

    A model may write several names into one text, with spaces between.
    """
    names = frozenset(name for text in roles for name in text.split()) or acting_roles(app)
    key = f"{app.family}:{'|'.join(sorted(names))}"
    known = _QUEUES.setdefault(catalogue.engine_of(session), {})
    if key in known:
        return known[key]
    find = select(QueueRow.id).where(QueueRow.key == key)
    found = session.scalar(find)
    made: set[str] = session.info.setdefault(_MADE, set())
    if found is None:
        made.add(key)
        if insert_unless_there(session, QueueRow, {"key": key, "family": app.family}):
            number = session.scalars(find).one()
            members = [
                QueueMemberRow(family=app.family, role=name, queue_id=number) for name in sorted(names)
            ]
            session.add_all(members)
            session.flush()
        return session.scalars(find).one()
    if key not in made:
        # Kept only once it is sure to be committed: by another transaction than this one.
        known[key] = found
    return found


def offered_to(app: CaseApp, effect: HumanTaskOpened) -> frozenset[str]:
    """The roles to which a task is offered."""
    return frozenset(name for text in _roles(app, effect) for name in text.split()) or acting_roles(app)


def candidates_of(session: Session, queue_id: int | None) -> frozenset[str]:
    """The roles that a queue is looked into by. What is in a queue never changes."""
    if queue_id is None:
        return frozenset()
    known = _CANDIDATES.setdefault(catalogue.engine_of(session), {})
    found = known.get(queue_id)
    if found is None:
        members = select(QueueMemberRow.role).where(QueueMemberRow.queue_id == queue_id)
        found = frozenset(session.scalars(members.order_by(QueueMemberRow.role)))
        if _MADE not in session.info:
            known[queue_id] = found
    return found


def acting_roles(app: CaseApp) -> frozenset[str]:
    """The roles that may work on tasks that name none."""
    return frozenset(role.name for role in app.roles.values() if not role.read_only and not role.external)


_CANDIDATES: WeakKeyDictionary[Engine, dict[int, frozenset[str]]] = WeakKeyDictionary()
_QUEUES: WeakKeyDictionary[Engine, dict[str, int]] = WeakKeyDictionary()
_MADE = "queues made in this transaction"


# --- clocks


def _clock_begun(turned: Turned, effect: HumanTaskOpened) -> Iterator[ClockWrite]:
    spec = turned.app.sla.get(effect.sla) if effect.sla else None
    working_time = turned.after.program.working_time
    if spec is None or working_time is None:
        return
    yield ClockWrite(
        plan_item=effect.item,
        sla=spec.name,
        state=clock_rules.RUNNING,
        started_at=turned.now,
        due_at=working_time.due(spec.within, turned.now),
        ended_at=None,
    )


def _clock_ended(turned: Turned, effect: HumanTaskClosed) -> Iterator[ClockWrite]:
    task = turned.after.plan_item(effect.item).definition
    if not isinstance(task, HumanTask) or task.sla is None or task.sla not in turned.app.sla:
        return
    yield ClockWrite(
        plan_item=effect.item,
        sla=task.sla,
        state=clock_rules.MET if effect.completed else clock_rules.CANCELLED,
        started_at=turned.now,
        due_at=None,
        ended_at=turned.now,
    )


# --- faults of the model


def add_incidents(session: Session, writes: Writes, turned: Turned) -> None:
    """One open incident for each fault of the model in a case, however often it shows: once it is saved."""
    faults = [
        ModelFault(event.item, event.definition, event.code, event.message)
        for event in turned.events
        if isinstance(event, IncidentRaised)
    ]
    for fault in dict.fromkeys([*faults, *writes.faults]):
        fingerprint = f"model:{writes.case.id}:{fault.definition}:{fault.code}"[:_FINGERPRINT_LENGTH]
        same = select(IncidentRow.id).where(
            IncidentRow.fingerprint == fingerprint, IncidentRow.state == "open"
        )
        if session.scalar(same) is None:
            session.add(_incident(writes, turned, fault, fingerprint))


def _incident(writes: Writes, turned: Turned, fault: ModelFault, fingerprint: str) -> IncidentRow:
    return IncidentRow(
        case_id=writes.case.id,
        family=turned.app.family,
        plan_item=fault.plan_item,
        definition=fault.definition,
        kind="model",
        code=fault.code,
        message=storable(fault.message)[:_MESSAGE_LENGTH],
        fingerprint=fingerprint,
        opened_at=turned.now,
    )


# --- what it is found by


def _search(turned: Turned, writes: Writes) -> SearchWrite | None:
    """None unless something changed: most commands change nothing that one looks for."""
    title, before = writes.case.title, turned.before
    if before is None or writes.pinned is not None:
        return search_rows.search_of(turned.after, turned.app, title, turned.now)
    if title == turned.title_before and not _touches(turned, search_rows.roots_of(turned.app)):
        return None
    was = search_rows.search_of(before, turned.app, turned.title_before, turned.now)
    found = search_rows.search_of(turned.after, turned.app, title, turned.now)
    return None if found == was else found


def _touches(turned: Turned, roots: Collection[str]) -> bool:
    """Whether the turn changed anything that lies below one of these root items."""
    return any(isinstance(event, FileTransitioned) and event.path[0] in roots for event in turned.events)
