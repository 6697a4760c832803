"""Claim, release, assign, begin, pause, draft, complete a human task: who may is decided here for all doors.

Each comes by the case: its row is locked first, then the task is looked at as it is now.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.cmmn.commands import Complete, Note, Resume, Suspend
from cases.cmmn.instance import CaseInstance
from cases.errors import Conflict, NotAllowed, NotFound
from cases.persistence import drafts
from cases.persistence.drafts import Draft
from cases.persistence.people import UserRow
from cases.persistence.tasks import HumanTaskRow
from cases.persistence.writes import StoredTask, TaskHold
from cases.policy import assignment, eligibility, separation, tasklife
from cases.policy.access import Actor, Permission, may
from cases.policy.separation import Deed
from cases.policy.tasklife import Life, Move, TaskState
from cases.services import answers as answers_gate
from cases.services import effect_rows, execution, identity, notifications
from cases.services.answers import Asked
from cases.services.execution import By, Locked, Turn
from cases.services.notifications import Notice

VIA = "task"

CLAIMED = "claimed"
RELEASED = "released"
ASSIGNED = "assigned"
BEGUN = "begun"
"""The kinds of notes in the journal that say who has a task."""


@dataclass(frozen=True, slots=True)
class Wish:
    """To whom a task is to go (None: back to those it is offered to), why, and as part of which batch."""

    to: Actor | None
    note: str = ""
    batch: int | None = None


def claim(session: Session, task_id: int, actor: Actor, now: datetime) -> None:
    """Take a task. Raises NotFound, NotAllowed, Conflict (`taken`, with the name of who has it).

    Who may not complete it because of four eyes, or for want of authority, is told so now.
    """
    locked, task = in_hand(session, task_id, actor)
    _must_work(session, task, actor)
    life = _after(session, locked, task, Move.CLAIM, actor)
    if life.assignee == task.assignee_id:
        return
    _must_be_independent(session, locked, task, actor)
    _must_have_authority(session, locked, task, actor)
    _hand_over(session, locked, task, _note(CLAIMED, task, Wish(actor)), By(actor, VIA, now))


def release(session: Session, task_id: int, actor: Actor, now: datetime) -> None:
    """Give a task back to those it was offered to. Raises NotFound, NotAllowed, Conflict."""
    locked, task = in_hand(session, task_id, actor)
    _after(session, locked, task, Move.RELEASE, actor)
    _hand_over(session, locked, task, _note(RELEASED, task, Wish(None)), By(actor, VIA, now))


def assign(session: Session, task_id: int, user_id: int, note: str, actor: Actor, now: datetime) -> None:
    """Give a task to somebody, and tell both people. Raises NotFound, NotAllowed, Conflict.

    It is refused where that person could not complete it: by role (`unfit`), four eyes or authority.
    """
    locked, task = in_hand(session, task_id, actor)
    _must_hand_out(locked, actor)
    wish = Wish(person(session, user_id, now), note)
    if hand_out(session, locked, task, wish, By(actor, VIA, now)):
        notifications.tell(session, notices(task, wish, actor), now)


def begin(session: Session, task_id: int, actor: Actor, now: datetime, worker: Actor | None = None) -> None:
    """Say that one, or `worker`, works on a task now; one that nobody has is claimed. Raises as `claim`."""
    locked, task = in_hand(session, task_id, actor)
    _must_work(session, task, actor)
    life = _after(session, locked, task, Move.BEGIN, actor)
    _must_be_independent(session, locked, task, actor)
    _must_have_authority(session, locked, task, actor)
    claimed_at = task.claimed_at if life.assignee == task.assignee_id and task.claimed_at else now
    hold = TaskHold(
        task_id=task.id,
        assignee_id=life.assignee or (worker or actor).user_id or None,
        claimed_at=claimed_at,
        begun_at=now,
        begun_by=(worker or actor).user_id,
    )
    note = _note(BEGUN, task, Wish(worker or actor))
    execution.carry_out(session, locked, note, By(actor, VIA, now), hold)


def suspend(session: Session, task_id: int, actor: Actor, now: datetime, worker: Actor | None = None) -> Turn:
    """Pause a task and its plan item; `worker` is who wished so. Raises NotFound, NotAllowed, Conflict."""
    locked, task = in_hand(session, task_id, actor)
    _must_work_or_hand_out(session, locked, task, actor)
    _after(session, locked, task, Move.PAUSE, actor)
    turn = execution.carry_out(session, locked, Suspend(task.plan_item), By(actor, VIA, now))
    session.get_one(HumanTaskRow, task_id, populate_existing=True).paused_by = (worker or actor).user_id
    session.flush()
    return turn


def resume(session: Session, task_id: int, actor: Actor, now: datetime) -> Turn:
    """Go on with a task that was paused, as it was before. Raises NotFound, NotAllowed, Conflict."""
    locked, task = in_hand(session, task_id, actor)
    _must_work_or_hand_out(session, locked, task, actor)
    _after(session, locked, task, Move.GO_ON, actor)
    turn = execution.carry_out(session, locked, Resume(task.plan_item), By(actor, VIA, now))
    session.get_one(HumanTaskRow, task_id, populate_existing=True).paused_by = None
    session.flush()
    return turn


def in_hand(session: Session, task_id: int, actor: Actor) -> tuple[Locked, StoredTask]:
    """The case and the task, locked. Raises NotFound: what one may not see is not there."""
    locked, task = execution.lock_with_task(session, task_id)
    is_seen = may(actor, Permission.VIEW_TASK, _facts(session, task, task.assignee_id))
    if not is_seen or not locked.shows(locked.case.plan_item(task.plan_item), actor):
        raise NotFound("There is no such task.")
    return locked, task


def hand_out(session: Session, locked: Locked, task: StoredTask, wish: Wish, by: By) -> bool:
    """Let a task that is in hand change hands as a supervisor wishes; False where it has nowhere to go.

    Raises NotAllowed, Conflict, as `assign` does. Whoever calls tells the people.
    """
    _must_hand_out(locked, by.actor)
    if wish.to is None:
        if task.assignee_id is None:
            return False
        tasklife.after(_life(task), Move.RELEASE, by.actor, locked.family)
        _hand_over(session, locked, task, _note(RELEASED, task, wish), by)
        return True
    life = tasklife.after(_life(task), Move.ASSIGN, by.actor, locked.family, to=wish.to.user_id)
    if life.assignee == task.assignee_id:
        return False
    if not may(wish.to, Permission.WORK_TASK, _facts(session, task, assignee=None)):
        raise Conflict(f"{wish.to.display} has no role that this task is offered to.", "unfit")
    _must_be_independent(session, locked, task, wish.to)
    _must_have_authority(session, locked, task, wish.to)
    _hand_over(session, locked, task, _note(ASSIGNED, task, wish), by)
    return True


def notices(task: StoredTask, wish: Wish, actor: Actor) -> Iterator[Notice]:
    """What both people are told of a task that has changed hands; nobody is told what they did themselves."""
    about = (task.family, task.case_id, task.id, actor.user_id)
    if wish.to is not None and wish.to.user_id != actor.user_id:
        yield Notice(wish.to.user_id, notifications.ASSIGNED, *about, {"note": wish.note})
    if task.assignee_id not in (None, actor.user_id):
        to = "" if wish.to is None else wish.to.display
        yield Notice(task.assignee_id, notifications.TAKEN_AWAY, *about, {"note": wish.note, "to": to})


def person(session: Session, user_id: int, now: datetime) -> Actor:
    """Somebody who may be given work, with the roles in force. Raises NotFound."""
    row = session.execute(
        select(UserRow.name, UserRow.display).where(UserRow.id == user_id, UserRow.state == "active")
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such person.")
    return Actor(user_id, row.name, row.display, identity.grants_of(session, user_id, now))


def save_draft(
    session: Session, task_id: int, answers: Mapping[str, object], actor: Actor, now: datetime
) -> None:
    """Keep unfinished answers with the task, and nothing else. Raises NotFound, NotAllowed, Conflict."""
    locked, task = in_hand(session, task_id, actor)
    _must_work(session, task, actor)
    _after(session, locked, task, Move.DRAFT, actor)
    if task.form is None:
        return
    asked = Asked(locked.app, locked.case, actor, now)
    kept = answers_gate.unfinished(asked, task.form, answers, drafts.unpack(task.draft).answers)
    row = session.get_one(HumanTaskRow, task_id)
    row.draft = drafts.pack(Draft(kept, actor.user_id, now))
    session.flush()


def complete(
    session: Session, task_id: int, answers: Mapping[str, object], actor: Actor, now: datetime
) -> Turn:
    """Complete a task with these answers. Raises NotFound, NotAllowed, Conflict, InvalidAnswers, Invalid.

    NotAllowed carries `four_eyes` or `authority` where one of these is in the way.
    """
    locked, task = in_hand(session, task_id, actor)
    _must_work(session, task, actor)
    _after(session, locked, task, Move.COMPLETE, actor)
    _must_be_independent(session, locked, task, actor)
    _must_have_authority(session, locked, task, actor)
    answer = answers_gate.accepted(Asked(locked.app, locked.case, actor, now), task.form, answers)
    return execution.carry_out(session, locked, Complete(task.plan_item, answer), By(actor, VIA, now))


def _must_hand_out(locked: Locked, actor: Actor) -> None:
    if not may(actor, Permission.ASSIGN_TASK, {"family": locked.family}):
        raise NotAllowed("You may not hand out the work of this family.")


def _must_work_or_hand_out(session: Session, locked: Locked, task: StoredTask, actor: Actor) -> None:
    if not may(actor, Permission.ASSIGN_TASK, {"family": locked.family}):
        _must_work(session, task, actor)


def _facts(session: Session, task: StoredTask, assignee: int | None) -> dict[str, object]:
    return {
        "family": task.family,
        "candidates": effect_rows.candidates_of(session, task.queue_id),
        "assignee": assignee,
        "state": TaskState(task.state),
    }


def _life(task: StoredTask) -> Life:
    return Life(TaskState(task.state), task.assignee_id)


def _must_work(session: Session, task: StoredTask, actor: Actor) -> None:
    if not may(actor, Permission.WORK_TASK, _facts(session, task, task.assignee_id)):
        raise NotAllowed("This task is offered to other roles.", "role")


def _after(session: Session, locked: Locked, task: StoredTask, move: Move, actor: Actor) -> Life:
    """The life of the task after a move. Raises as `tasklife.after`, but says by name who was faster."""
    if actor.kind == "system":
        return _life(task)
    try:
        return tasklife.after(_life(task), move, actor, locked.family)
    except Conflict as refused:
        if refused.code != "taken" or task.assignee_id is None:
            raise
        name = session.scalar(select(UserRow.display).where(UserRow.id == task.assignee_id))
        raise Conflict(f"{name or 'Somebody else'} has this task.", refused.code) from None


def _must_be_independent(session: Session, locked: Locked, task: StoredTask, actor: Actor) -> None:
    """Four eyes: raises NotAllowed for who completed one of the items that the task names."""
    if not task.four_eyes or actor.kind == "system":
        return
    place = eligibility.place_of(locked.case, task.plan_item)
    deeds = _deeds(session, locked.case, task.four_eyes)
    found = separation.in_the_way(actor.user_id, task.four_eyes, deeds, place)
    if found:
        names = ", ".join(sorted({locked.case.program.definition.item(deed.item).name for deed in found}))
        raise NotAllowed(f"Four eyes: {actor.display} has completed {names} in this case.", "four_eyes")


def _deeds(session: Session, case: CaseInstance, items: Sequence[str]) -> list[Deed]:
    rows = session.execute(
        select(HumanTaskRow.definition, HumanTaskRow.completed_by, HumanTaskRow.plan_item)
        .where(
            HumanTaskRow.case_id == case.state.case_id,
            HumanTaskRow.state == TaskState.COMPLETED,
            HumanTaskRow.definition.in_(items),
        )
        .order_by(HumanTaskRow.id)
    )
    return [
        Deed(definition, user, eligibility.place_of(case, item))
        for definition, user, item in rows
        if user is not None
    ]


def _must_have_authority(session: Session, locked: Locked, task: StoredTask, actor: Actor) -> None:
    """Raises NotAllowed where none of one's roles that the task is offered to covers its amount."""
    if task.amount is None or actor.kind == "system":
        return
    offered = effect_rows.candidates_of(session, task.queue_id)
    if not assignment.has_authority(actor, locked.family, offered, task.amount):
        raise NotAllowed(f"Your authority does not cover {task.amount}.", "authority")


def _note(kind: str, task: StoredTask, wish: Wish) -> Note:
    """What the journal keeps: who has the task now, and of a supervisor's wish why, and its batch."""
    user = None if wish.to is None else wish.to.user_id
    more = {"note": wish.note, "batch": wish.batch}
    said = {name: value for name, value in more.items() if value}
    return Note(kind, {"item": task.plan_item, "definition": task.definition, "user": user, **said})


def _hand_over(session: Session, locked: Locked, task: StoredTask, note: Note, by: By) -> None:
    """Write who has the task: one row of the journal, the task, and version and head of the case."""
    to = note.data["user"]
    holder = to if isinstance(to, int) else None
    hold = TaskHold(task_id=task.id, assignee_id=holder, claimed_at=None if holder is None else by.now)
    execution.carry_out(session, locked, note, by, hold)
