"""Cases that call cases: the child is opened, paused, resumed and ended; its caller hears of its end (7.1).

Each message is a job, done in one transaction with what it changes: it takes effect once, however often it
is tried. What comes late, to a task that waits no more, is noted in the journal and changes nothing.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, literal, select, update
from sqlalchemy.orm import Session

from cases import catalogue
from cases.caseapp.document import CaseApp
from cases.catalogue import DefinedCase
from cases.cmmn.commands import (
    ChildEnded,
    ChildStarted,
    DeleteCase,
    Fail,
    Note,
    ReactivateCase,
    ResumeCase,
    StartCase,
    SuspendCase,
    TerminateCase,
)
from cases.cmmn.lifecycle import FINAL, State
from cases.cmmn.workmodel import Ending
from cases.errors import CaseError, Conflict, Invalid, NotFound
from cases.persistence import codec, job_queue
from cases.persistence.base import Transaction, new_key, take_number
from cases.persistence.instances import CHILD, CaseLinkRow
from cases.persistence.job_queue import Lease
from cases.persistence.jobs import JobRow
from cases.persistence.writes import CaseBirth
from cases.policy.access import SYSTEM
from cases.services import execution, link_rows, numbers
from cases.services.execution import By, Locked, Opening, Turn

VIA = "link"
UNKNOWN_CASE = "UNKNOWN_CASE"
NOT_STARTED = "NOT_STARTED"
"""Codes of a case task that fails since there is no such case, or it refuses what it is started with."""

DELETED = "deleted"
"""Why a task ended whose case was taken out of the way: so is the case that it called."""

TOO_MANY = "TOO_MANY_CASES"
MOST_BELOW = 1_000
"""So many cases may be called, by whatever ways, below a case that was started otherwise."""

PARENT = "parent"
"""The reason of a child's end that its caller brought about."""

_BEGUN = frozenset({State.ACTIVE, State.SUSPENDED})


@dataclass(frozen=True, slots=True)
class NotCalled:
    """A case task has failed: its case could not be opened, and its job is dead."""

    lease: Lease
    code: str
    message: str
    definition: str


@dataclass(frozen=True, slots=True)
class _Call:
    """A case task that is at work, and the job that is to open its case."""

    locked: Locked
    item: int
    job: JobRow

    @property
    def asked(self) -> dict[str, object]:
        found: dict[str, object] = codec.unpack(self.job.payload or b"")
        return found


def number_for(transaction: Transaction, job_id: int, now: datetime) -> int | None:
    """The number of the case that a job is to open, taken in a transaction of its own; None for no case."""
    with transaction() as session:
        job = session.get(JobRow, job_id)
        if job is None or job.case_id is None:
            return None
        asked = codec.unpack(job.payload or b"")
        try:
            callee = _callee(session, execution.lock(session, job.case_id), asked)
        except NotFound:
            return None
        counter = numbers.counter_of(catalogue.case_app(session, callee.deployment_id), now)
    return take_number(transaction, counter)


def open_child(session: Session, job_id: int, number: int | None, now: datetime) -> NotCalled | bool:
    """Open the case that a task calls; False where nothing is to be done, NotCalled where it cannot be.

    The case of the task is locked before the job, as everywhere. While the task is paused the job waits.
    """
    call = _call_in_hand(session, job_id, now)
    if call is None:
        return False
    item = call.locked.case.state.items[call.item]
    if item.state is State.SUSPENDED and item.before is State.ACTIVE:
        call.job.state = "waiting"
        session.flush()
        return True
    if item.state is not State.ACTIVE:
        session.delete(call.job)
        session.flush()
        return True
    try:
        with session.begin_nested():
            _begin(session, call, number, now)
    except CaseError as error:
        return _fail(session, call, error, now)
    return True


def bring_child(session: Session, job_id: int, now: datetime) -> bool:
    """Let the case that a task has called be as the task is: at work, paused, or over."""
    found = session.execute(
        select(JobRow.case_id, JobRow.plan_item, JobRow.payload).where(
            JobRow.id == job_id, JobRow.kind == link_rows.CHILD
        )
    ).one_or_none()
    if found is None or found.case_id is None or found.plan_item is None:
        return False
    is_deleted = codec.unpack(found.payload or b"").get("reason") == DELETED if found.payload else False
    link = child_of(session, found.case_id, found.plan_item)
    # The child first, and only then a look at its caller: so no later word of it can be overtaken.
    child = None if link is None or not link.waits else execution.lock(session, link.other_id)
    if not _strike(session, job_id, now):
        return False
    caller = execution.look(session, found.case_id)
    wanted = caller.case.state.items[found.plan_item]
    if child is not None and is_deleted:
        if child.case.case_state in _BEGUN:
            execution.carry_out(session, child, DeleteCase(PARENT), By(SYSTEM, VIA, now))
    elif link is not None and child is not None:
        _bring(session, link, child, wanted.state, now)
    if wanted.state is State.ACTIVE:
        _wake_call(session, found.case_id, found.plan_item, now)
    return True


def tell_caller(session: Session, job_id: int, now: datetime) -> bool:
    """Tell the task that called a case how that ended."""
    job = session.execute(
        select(JobRow.case_id, JobRow.payload).where(JobRow.id == job_id, JobRow.kind == link_rows.CALLER)
    ).one_or_none()
    if job is None or job.case_id is None:
        return False
    told = codec.unpack(job.payload or b"")
    case_id, item = _place_of(str(told["caller"]))
    try:
        locked = execution.lock(session, case_id)
    except NotFound:
        return _strike(session, job_id, now)
    if not _strike(session, job_id, now):
        return False
    command: ChildEnded | Note = ChildEnded(
        item, Ending(str(told["ending"])), told["outputs"], reference=str(job.case_id)
    )
    link = child_of(session, case_id, item)
    if locked.case.case_state is State.CLOSED or link is None or link.other_id != job.case_id:
        command = Note("call late", {"item": item, "reference": str(job.case_id), "ending": told["ending"]})
    execution.carry_out(session, locked, command, By(SYSTEM, VIA, now))
    return True


def child_of(session: Session, case_id: int, item: int) -> CaseLinkRow | None:
    """The link to the case that a task has called last."""
    return session.scalars(
        select(CaseLinkRow)
        .where(CaseLinkRow.case_id == case_id, CaseLinkRow.kind == CHILD, CaseLinkRow.plan_item == item)
        .order_by(CaseLinkRow.at.desc(), CaseLinkRow.other_id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    ).one_or_none()


def children_of(session: Session, case_id: int) -> list[CaseLinkRow]:
    """The links to all cases that a case has called, the oldest first."""
    return list(
        session.scalars(
            select(CaseLinkRow)
            .where(CaseLinkRow.case_id == case_id, CaseLinkRow.kind == CHILD)
            .order_by(CaseLinkRow.at, CaseLinkRow.other_id)
        )
    )


def _call_in_hand(session: Session, job_id: int, now: datetime) -> _Call | None:
    found = session.execute(
        select(JobRow.case_id, JobRow.plan_item).where(JobRow.id == job_id, JobRow.kind == link_rows.CALL)
    ).one_or_none()
    if found is None or found.case_id is None or found.plan_item is None:
        return None
    locked = execution.lock(session, found.case_id)
    job = job_queue.take(session, job_id, now)
    return None if job is None else _Call(locked, found.plan_item, job)


def _begin(session: Session, call: _Call, number: int | None, now: datetime) -> None:
    """The case begins, or the one that had failed goes on; its caller hears of it. Raises CaseError."""
    link = child_of(session, call.locked.stored.id, call.item)
    child = None if link is None else _going_on(session, link, now)
    if child is None:
        child = _open(session, call, number, now).case_id
    session.delete(call.job)
    session.flush()
    command = ChildStarted(call.item, str(child))
    execution.carry_out(session, call.locked, command, By(SYSTEM, VIA, now))


def _going_on(session: Session, link: CaseLinkRow, now: datetime) -> int | None:
    """The case that the task had called before, if it has not ended; one that failed is tried again."""
    child = execution.lock(session, link.other_id)
    match child.case.case_state:
        case State.ACTIVE | State.SUSPENDED:
            return link.other_id
        case State.FAILED:
            execution.carry_out(session, child, ReactivateCase(), By(SYSTEM, VIA, now))
            return link.other_id
    return None


def _open(session: Session, call: _Call, number: int | None, now: datetime) -> Turn:
    caller, asked = call.locked.stored, call.asked
    _must_have_room(session, caller.id)
    callee = _callee(session, call.locked, asked)
    if number is None:
        raise NotFound(f"There is no case {asked['case']}.")
    app = catalogue.case_app(session, callee.deployment_id)
    key = numbers.business_key(app, number, now)
    birth = CaseBirth(
        family=app.family, deployment_id=callee.deployment_id, definition=callee.key, business_key=key
    )
    opening = Opening(case_id=new_key(session), birth=birth, title=_title(app, callee, key))
    turn = execution.open_case(session, opening, _start(caller.id, call.item, asked), SYSTEM, VIA, now)
    session.add(
        CaseLinkRow(
            case_id=caller.id,
            other_id=turn.case_id,
            kind=CHILD,
            at=now,
            by=SYSTEM.user_id,
            plan_item=call.item,
            waits=bool(asked["waits"]),
        )
    )
    session.flush()
    return turn


def _must_have_room(session: Session, case_id: int) -> None:
    """Raises Conflict where too many cases stand below one root: calls that do not wait multiply for ever."""
    own = CaseLinkRow.__table__
    up = select(literal(case_id, type_=own.c.case_id.type).label("id")).cte("above", recursive=True)
    up = up.union(select(own.c.case_id).where(own.c.other_id == up.c.id, own.c.kind == CHILD))
    called = select(own.c.other_id).where(own.c.other_id == up.c.id, own.c.kind == CHILD)
    root = select(func.min(up.c.id)).where(~called.exists())
    down = select(root.scalar_subquery().label("id")).cte("below", recursive=True)
    down = down.union(select(own.c.other_id).where(own.c.case_id == down.c.id, own.c.kind == CHILD))
    if (session.scalar(select(func.count()).select_from(down)) or 0) > MOST_BELOW:
        raise Conflict(f"More than {MOST_BELOW} cases were called below one: no more are.", TOO_MANY)


def _start(caller_id: int, item: int, asked: dict[str, object]) -> StartCase:
    """What the case begins with. One that nobody waits for tells nobody of its end."""
    payload: dict[str, object] = asked
    team = payload["team"]
    inputs, variables, key = payload["inputs"], payload["variables"], payload["key"]
    depth = payload["depth"]
    return StartCase(
        inputs=variables if isinstance(variables, dict) else {},
        parameters=inputs if isinstance(inputs, dict) else {},
        team={user: frozenset(roles) for user, roles in team.items()} if isinstance(team, dict) else None,
        caller=f"{caller_id}.{item}" if payload["waits"] else "",
        depth=depth if isinstance(depth, int) else 1,
        business_key=key if isinstance(key, str) else None,
        tells_all=bool(payload.get("tells_all")),
    )


def _title(app: CaseApp, callee: DefinedCase, key: str) -> str:
    return key if not callee.name or callee.key == app.case else f"{callee.name} {key}"


def _callee(session: Session, caller: Locked, asked: dict[str, object]) -> DefinedCase:
    return catalogue.callee(
        session,
        caller.stored.deployment_id,
        str(asked["case"]),
        pinned=bool(asked["same_deployment"]),
        default=bool(asked["default"]),
    )


def _fail(session: Session, call: _Call, error: CaseError, now: datetime) -> NotCalled:
    """The case cannot be opened: its task faults, and the job waits for the person who sees its incident."""
    code = UNKNOWN_CASE if isinstance(error, NotFound) else NOT_STARTED
    if isinstance(error, Conflict) and error.code == TOO_MANY:
        code = TOO_MANY
    message = _said(error)
    lease, definition = job_queue.lease_of(call.job), str(call.asked["definition"])
    job_queue.bury_unleased(session, lease.job_id, f"{code}: {message}")
    session.expire(call.job)
    execution.carry_out(session, call.locked, Fail(call.item, code, message), By(SYSTEM, VIA, now))
    return NotCalled(lease, code, message, definition)


def _said(error: CaseError) -> str:
    if isinstance(error, Invalid):
        return "; ".join(problem.message for problem in error.problems)
    return str(error)


def _bring(session: Session, link: CaseLinkRow, child: Locked, wanted: State, now: datetime) -> None:
    by, state = By(SYSTEM, VIA, now), child.case.case_state
    if state is State.ACTIVE:
        link.paused = False
    if wanted in FINAL and state in _BEGUN:
        if state is State.SUSPENDED:
            execution.carry_out(session, child, ResumeCase(), by)
            child = execution.lock(session, link.other_id)
        if child.case.case_state is State.ACTIVE:
            execution.carry_out(session, child, TerminateCase(PARENT), by)
    elif wanted is State.SUSPENDED and state is State.ACTIVE:
        execution.carry_out(session, child, SuspendCase(), by)
        link.paused = True
    elif wanted is State.ACTIVE and state is State.SUSPENDED and link.paused:
        execution.carry_out(session, child, ResumeCase(), by)
        link.paused = False
    session.flush()


def _wake_call(session: Session, case_id: int, item: int, now: datetime) -> None:
    """The case that was not opened since its task was paused is opened now."""
    session.execute(
        update(JobRow)
        .where(
            JobRow.case_id == case_id,
            JobRow.plan_item == item,
            JobRow.kind == link_rows.CALL,
            JobRow.state == "waiting",
        )
        .values(state="ready", run_at=now)
        .execution_options(synchronize_session=False)
    )


def _strike(session: Session, job_id: int, now: datetime) -> bool:
    due = delete(JobRow).where(JobRow.id == job_id, JobRow.state == "ready", JobRow.run_at <= now)
    return session.execute(due.returning(JobRow.id)).first() is not None


def _place_of(caller: str) -> tuple[int, int]:
    case_id, _, item = caller.partition(".")
    return int(case_id), int(item)
