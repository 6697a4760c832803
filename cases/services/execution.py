"""The corridor: lock, execute, rehearse. Every change of a case comes through here.

One command is one transaction, which the door opened: the row is locked and read, the engine turns, what it
asks for becomes rows, all rows are handed over at once. Who writes a row of a case has come by `lock`.
"""

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from cases import catalogue
from cases.caseapp.document import CaseApp
from cases.cmmn import engine, instance
from cases.cmmn.commands import (
    E_ARGUMENT,
    E_FORBIDDEN,
    E_UNKNOWN,
    AnyCommand,
    Migrate,
    Note,
    Refused,
)
from cases.cmmn.effects import Effect
from cases.cmmn.engine import Outcome
from cases.cmmn.events import AnyEvent, Noted
from cases.cmmn.instance import CaseInstance
from cases.cmmn.lifecycle import FINAL, State
from cases.cmmn.metamodel import PlanItem
from cases.cmmn.migration_plan import Plan
from cases.errors import CaseError, Conflict, Invalid, NotAllowed, NotFound, Problem
from cases.persistence import codec, store
from cases.persistence.base import Transaction
from cases.persistence.codec import Apart, PackedState
from cases.persistence.dialect import DUE_NOW
from cases.persistence.journal import journal_fields
from cases.persistence.writes import (
    CaseBirth,
    CaseWrite,
    JournalWrite,
    Pinned,
    StoredCase,
    StoredTask,
    TaskHold,
    Writes,
)
from cases.policy import chain, masking
from cases.policy.access import Actor
from cases.services import effect_rows, search_rows
from cases.services.effect_rows import Turned

SALT_BYTES = 16
NOTHING: Mapping[str, object] = {}
_TRIES = 3
_AGAIN = frozenset({"40001", "40P01", "55P03"})
"""Serialization failure, deadlock, lock time-out: the transaction did nothing, and may be tried again."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Locked:
    """A case in hand: nobody else changes it until the transaction ends."""

    stored: StoredCase
    case: CaseInstance
    app: CaseApp

    @property
    def family(self) -> str:
        return self.stored.family

    def shows(self, item: PlanItem, actor: Actor) -> bool:
        """Whether a plan item exists for this person, as on every page (`masking.shows_item`)."""
        definition = self.case.program.definition
        rules = masking.of_case(definition, self.app.readers)
        return actor.kind == "system" or masking.shows_item(rules, actor.roles(self.family), definition, item)


@dataclass(frozen=True, slots=True)
class By:
    """Who asks, by which door, when."""

    actor: Actor
    via: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Turn:
    """What came of a command."""

    case_id: int
    business_key: str
    version: int
    state: State
    events: list[AnyEvent]
    effects: list[Effect]
    case: CaseInstance


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A case that is to be opened; `title` is how it is called unless its model says."""

    case_id: int
    birth: CaseBirth
    title: str

    @property
    def deployment_id(self) -> int:
        return self.birth.deployment_id


def lock(session: Session, case_id: int) -> Locked:
    """The case, locked until the transaction ends. Raises NotFound."""
    stored = store.load(session, case_id)
    if stored is None:
        raise NotFound("There is no such case.")
    return _locked(session, stored)


def lock_with_task(session: Session, task_id: int) -> tuple[Locked, StoredTask]:
    """The case of a task and the task, both locked, the case first. Raises NotFound."""
    found = store.load_with_task(session, task_id)
    if found is None:
        raise NotFound("There is no such task.")
    stored, task = found
    return _locked(session, stored), task


def look(session: Session, case_id: int) -> Locked:
    """The case as it is now, for a look only: nobody is kept off. Raises NotFound."""
    stored = store.peek(session, case_id)
    if stored is None:
        raise NotFound("There is no such case.")
    return _locked(session, stored)


def execute(
    session: Session, case_id: int, command: AnyCommand, actor: Actor, via: str, now: datetime
) -> Turn:
    """Lock the case and carry the command out. Raises NotFound, NotAllowed, Conflict, Invalid."""
    return carry_out(session, lock(session, case_id), command, By(actor, via, now))


def carry_out(
    session: Session, locked: Locked, command: AnyCommand, by: By, hold: TaskHold | None = None
) -> Turn:
    """Carry a command out on a case in hand; with `hold`, a task changes hands. Raises as `execute` does."""
    asked = _asked(command, by.actor, locked.family)
    return _kept(session, locked, asked, _turn(locked.case, asked, by.now), by, hold)


def migrate(
    session: Session,
    locked: Locked,
    pinned: Pinned,
    plan: Plan,
    by: By,
    variables: Mapping[str, object] = NOTHING,
) -> Turn:
    """A case in hand goes on by another version, or is put elsewhere in its own. Raises as `execute` does."""
    stored = locked.stored
    command = Migrate(
        source=catalogue.version_name(stored.deployment_id, stored.definition),
        target=catalogue.version_name(pinned.deployment_id, pinned.definition),
        plan=plan,
        vars=variables,
        actor=by.actor.name,
        roles=None if by.actor.kind == "system" else by.actor.roles(locked.family),
    )
    try:
        outcome = engine.migrate(locked.case, command, catalogue.Versions(session), by.now)
    except Refused as refused:
        raise _told(refused) from None
    moved = replace(locked, app=catalogue.case_app(session, pinned.deployment_id))
    return _kept(session, moved, command, outcome, by, pinned)


def _kept(
    session: Session,
    locked: Locked,
    asked: AnyCommand | Migrate,
    outcome: Outcome,
    by: By,
    beside: TaskHold | Pinned | None,
) -> Turn:
    """The outcome of a turn, written; beside it a task changes hands, or the case goes by that version."""
    stored = locked.stored
    title = search_rows.title_of(outcome.case, stored.title, by.now)
    packed = None if _moves_nothing(asked, outcome) else codec.pack_state(outcome.case.state)
    journal = _journal_row(stored.id, stored.version + 1, stored.head, asked, outcome, by)
    writes = Writes(
        case=_case_row(stored.version + 1, stored.closed_at, outcome, journal, title, packed),
        journal=journal,
        family=stored.family,
        hold=beside if isinstance(beside, TaskHold) else None,
        pinned=beside if isinstance(beside, Pinned) else None,
    )
    if packed is not None:
        _add_values(writes, codec.apart_of(stored.doc), packed)
    turned = Turned(
        before=locked.case,
        after=outcome.case,
        app=locked.app,
        events=outcome.events,
        effects=outcome.effects,
        user_id=by.actor.user_id,
        now=by.now,
        title_before=stored.title,
    )
    return _save(session, writes, turned)


def open_case(
    session: Session, opening: Opening, command: AnyCommand, actor: Actor, via: str, now: datetime
) -> Turn:
    """Open a case by its first command. Raises NotAllowed, Conflict, Invalid, NotFound."""
    program = catalogue.program(session, opening.deployment_id, opening.birth.definition)
    asked = _asked(command, actor, opening.birth.family)
    outcome = _turn(instance.new(program, opening.case_id, opening.birth.business_key), asked, now)
    title = search_rows.title_of(outcome.case, opening.title, now)
    packed = codec.pack_state(outcome.case.state)
    journal = _journal_row(opening.case_id, 1, chain.GENESIS, asked, outcome, By(actor, via, now))
    writes = Writes(
        case=_case_row(1, None, outcome, journal, title, packed),
        journal=journal,
        family=opening.birth.family,
        birth=opening.birth,
        values=dict(packed.values),
    )
    turned = Turned(
        before=None,
        after=outcome.case,
        app=catalogue.case_app(session, opening.deployment_id),
        events=outcome.events,
        effects=outcome.effects,
        user_id=actor.user_id,
        now=now,
    )
    return _save(session, writes, turned)


def rehearse(
    session: Session, case_id: int, command: AnyCommand, actor: Actor, via: str, now: datetime
) -> Turn:
    """What the command would do: the real path, rolled back. Raises as `execute` does."""
    with session.begin_nested() as point:
        turn = execute(session, case_id, command, actor, via, now)
        point.rollback()
    return turn


def retrying(transaction: Transaction, work: Callable[[Session], Result]) -> Result:
    """Do the work in a transaction; again, up to three times in all, where the database had done nothing.

    A commit whose outcome is unknown is never repeated: what it did may stand.
    """
    for left in reversed(range(_TRIES)):
        is_done = False
        try:
            with transaction() as session:
                result = work(session)
                is_done = True
            return result
        except DBAPIError as error:
            if not left or not _may_repeat(error, is_done):
                raise
            time.sleep((10 + secrets.randbelow(40)) / 1000)
    raise AssertionError("the last try either returns or raises")


def _locked(session: Session, stored: StoredCase) -> Locked:
    program = catalogue.program(session, stored.deployment_id, stored.definition)
    state = codec.unpack_state(stored.doc, stored.values)
    # The document of a case that was only claimed since is older than its journal.
    state.seq = stored.seq
    app = catalogue.case_app(session, stored.deployment_id)
    return Locked(stored, CaseInstance(program, state), app)


def _asked(command: AnyCommand, actor: Actor, family: str) -> AnyCommand:
    roles = None if actor.kind == "system" else actor.roles(family)
    return replace(command, actor=actor.name, roles=roles)


def _turn(case: CaseInstance, command: AnyCommand, now: datetime) -> Outcome:
    try:
        return engine.execute(case, command, now)
    except Refused as refused:
        raise _told(refused) from None


def _told(refused: Refused) -> CaseError:
    """The engine's no, as one of the four families."""
    match refused.code:
        case code if code == E_UNKNOWN:
            return NotFound(refused.message)
        case code if code == E_FORBIDDEN:
            return NotAllowed(refused.message, refused.code)
        case code if code == E_ARGUMENT:
            return Invalid([Problem(refused.code, refused.message)])
    return Conflict(refused.message, refused.code)


def _moves_nothing(command: AnyCommand | Migrate, outcome: Outcome) -> bool:
    """Whether the state differs only in the number of its last event, which has a column of its own."""
    if not isinstance(command, Note) or command.writes:
        return False
    return all(isinstance(event, Noted) for event in outcome.events)


def _journal_row(
    case_id: int, version: int, prev: str, command: AnyCommand | Migrate, outcome: Outcome, by: By
) -> JournalWrite:
    body, salt = codec.pack_entry(command, outcome.events), secrets.token_bytes(SALT_BYTES)
    commitment = chain.commitment(body, salt)
    fields = journal_fields(
        {
            "case_id": case_id,
            "version": version,
            "at": by.now,
            "actor_id": by.actor.user_id,
            "actor": by.actor.name,
            "via": by.via,
            "command": type(command).__name__,
            "command_key": None,
        }
    )
    return JournalWrite(
        at=by.now,
        actor_id=by.actor.user_id,
        actor=by.actor.name,
        via=by.via,
        command=type(command).__name__,
        command_key=None,
        commitment=commitment,
        body=body,
        salt=salt,
        prev=prev,
        hash=chain.row_hash(prev, fields, commitment),
    )


def _case_row(
    version: int,
    closed_at: datetime | None,
    outcome: Outcome,
    journal: JournalWrite,
    title: str,
    packed: PackedState | None,
) -> CaseWrite:
    state = outcome.case.case_state
    return CaseWrite(
        id=outcome.case.state.case_id,
        version=version,
        seq=outcome.case.state.seq,
        head=journal.hash,
        state=int(state),
        suspended=state is State.SUSPENDED,
        title=title,
        changed_at=journal.at,
        closed_at=(closed_at or journal.at) if state in FINAL else None,
        doc=None if packed is None else packed.doc,
    )


def _add_values(writes: Writes, before: Apart, packed: PackedState) -> None:
    """The large values that are new or another than before, and those that are gone."""
    changed = {name for name, digest in packed.apart.items() if before.get(name) != digest}
    writes.values = {name: value for name, value in packed.values.items() if name in changed}
    writes.dropped_values = sorted(before.keys() - packed.apart.keys())


def _save(session: Session, writes: Writes, turned: Turned) -> Turn:
    effect_rows.add(session, writes, turned)
    store.save(session, writes)
    effect_rows.add_incidents(session, writes, turned)
    if any(job.state == "ready" and job.run_at <= turned.now for job in (*writes.jobs, *writes.woken)):
        session.info[DUE_NOW] = True
    return Turn(
        case_id=writes.case.id,
        business_key=turned.after.state.business_key,
        version=writes.case.version,
        state=turned.after.case_state,
        events=list(turned.events),
        effects=list(turned.effects),
        case=turned.after,
    )


def _may_repeat(error: DBAPIError, is_done: bool) -> bool:  # noqa: FBT001 - a fact, not a choice
    """Whether the database did nothing and may be asked again; a lost connection only before the commit."""
    return getattr(error.orig, "sqlstate", None) in _AGAIN or (error.connection_invalidated and not is_done)
