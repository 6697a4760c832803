"""The history of a case from its journal: a line for each thing that happened, and what caused it.

What a person may not see is not in it, and leaves no gap. Lines are data; doors put them into words.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.cmmn.commands import AnyCommand, WriteFile
from cases.cmmn.events import (
    AnyEvent,
    CaseTransitioned,
    DecisionMade,
    FileTransitioned,
    IncidentRaised,
    ItemTransitioned,
    Noted,
)
from cases.cmmn.lifecycle import State, Transition
from cases.cmmn.metamodel import (
    DecisionTask,
    EventListener,
    HumanTask,
    Milestone,
    PlanItem,
    Stage,
    TimerEventListener,
    UserEventListener,
)
from cases.persistence import codec
from cases.persistence.journal import JournalRow
from cases.queries.sight import Sight, names_of
from cases.queries.why import Cause, cause

ROWS = 400
"""A longer history is shown from its end; the whole of it is in the journal."""

_TOLD = frozenset(
    {
        Transition.START,
        Transition.MANUAL_START,
        Transition.ENABLE,
        Transition.COMPLETE,
        Transition.OCCUR,
        Transition.FAULT,
        Transition.REACTIVATE,
        Transition.EXIT,
        Transition.TERMINATE,
        Transition.PARENT_TERMINATE,
        Transition.SUSPEND,
        Transition.RESUME,
        Transition.DISABLE,
        Transition.REENABLE,
    }
)
_ENDS = frozenset({Transition.EXIT, Transition.TERMINATE, Transition.PARENT_TERMINATE})
_WAS_AT_WORK = frozenset({State.ACTIVE, State.FAILED, State.ENABLED, State.SUSPENDED})


class Kind(StrEnum):
    """What a line is about."""

    CASE = "case"
    STAGE = "stage"
    MILESTONE = "milestone"
    TASK = "task"  # a person's
    STEP = "step"  # a service's
    DECISION = "decision"
    TIMER = "timer"
    EVENT = "event"
    NOTE = "note"
    DATA = "data"
    PROBLEM = "problem"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. `what` is a transition, a kind of note, or a code; `stage` is what it began with."""

    id: str
    version: int
    at: datetime
    kind: Kind
    what: str
    actor: str
    is_person: bool
    via: str
    name: str = ""
    definition: str = ""
    item: int = -1
    index: int = 0
    cause: Cause | None = None
    stage: str = ""
    rules: tuple[int, ...] = ()
    result: object = None
    detail: str = ""


def entries(session: Session, sight: Sight, rows: int | None = ROWS) -> tuple[Entry, ...]:
    """What happened in the last so many commands, or in all of them, the latest first."""
    found = (
        session.execute(
            select(JournalRow)
            .where(JournalRow.case_id == sight.id)
            .order_by(JournalRow.version.desc())
            .limit(rows)
        )
        .scalars()
        .all()
    )
    names = names_of(session, {row.actor_id for row in found if row.actor_id})
    return tuple(entry for row in found for entry in _entries_of(sight, row, names))


def _entries_of(sight: Sight, row: JournalRow, names: dict[int, str]) -> Sequence[Entry]:
    teller = _Teller(sight, row, names.get(row.actor_id, row.actor))
    if row.body is None:
        return [teller.line(0, Kind.ERASED, "erased")]
    command, events = codec.unpack_entry(row.body)
    told = [entry for event in events for entry in teller.tell(event, command)]
    return told[::-1]


@dataclass(frozen=True, slots=True)
class _Teller:
    """Tells the events of one journal row."""

    sight: Sight
    row: JournalRow
    actor: str

    def tell(self, event: AnyEvent, command: AnyCommand) -> Iterator[Entry]:
        """The line of an event, or none."""
        match event:
            case CaseTransitioned():
                yield self.line(event.seq, Kind.CASE, str(event.transition), detail=event.cause)
            case ItemTransitioned() if event.transition in _TOLD:
                yield from self._transition(event)
            case DecisionMade():
                yield from self._decision(event)
            case IncidentRaised() if self._sees(event.item):
                plan = self.sight.case.plan_item(event.item)
                yield self.line(event.seq, Kind.PROBLEM, event.code, plan, event.item)
            case Noted():
                yield from self._note(event)
            case FileTransitioned() if isinstance(command, WriteFile) and self.sight.sees(*event.path):
                yield self.line(event.seq, Kind.DATA, str(event.transition), detail="/".join(event.path))
            case _:
                return

    def line(
        self, seq: int, kind: Kind, what: str, item: PlanItem | None = None, iid: int = -1, detail: str = ""
    ) -> Entry:
        """A line about a plan item, or about the case."""
        return Entry(
            id=f"{self.row.version}-{seq}",
            version=self.row.version,
            at=self.row.at,
            kind=kind,
            what=what,
            actor=self.actor,
            is_person=self.row.actor_id != 0,
            via=self.row.via,
            name=item.name if item else "",
            definition=item.id if item else "",
            item=iid,
            detail=detail,
        )

    def _transition(self, event: ItemTransitioned) -> Iterator[Entry]:
        if not self._sees(event.item):
            return
        if event.transition in _ENDS and event.before not in _WAS_AT_WORK:
            return
        item = self.sight.case.plan_item(event.item)
        kind = _kind_of(item)
        # A decision is told by its result, in the event after its start and completion.
        if kind is Kind.DECISION and event.transition in (Transition.START, Transition.COMPLETE):
            return
        told = self.line(event.seq, kind, str(event.transition), item, event.item, event.code or event.cause)
        index = self.sight.case.state.items[event.item].index
        begins = event.transition is Transition.START and event.criterion is None and item.stage > 0
        stage = self.sight.case.program.definition.items[item.stage].name if begins else ""
        yield replace(told, cause=self._cause(event.criterion), index=index, stage=stage)

    def _decision(self, event: DecisionMade) -> Iterator[Entry]:
        if not self._sees(event.item):
            return
        state = self.sight.case.state.items[event.item]
        item = self.sight.case.plan_item(event.item)
        told = self.line(event.seq, Kind.DECISION, "decided", item, event.item)
        yield replace(
            told,
            cause=self._cause(state.entered_by),
            rules=tuple(event.rules),
            result=self.sight.glossary.shown((item.answer_to,), event.result),
            index=state.index,
        )

    def _note(self, event: Noted) -> Iterator[Entry]:
        number = event.data.get("item")
        if isinstance(number, int):
            if not self._sees(number):
                return
            yield self.line(event.seq, Kind.NOTE, event.kind, self.sight.case.plan_item(number), number)
        else:
            yield self.line(event.seq, Kind.NOTE, event.kind)

    def _cause(self, criterion: str | None) -> Cause | None:
        found = self.sight.criterion(criterion)
        return None if found is None else cause(self.sight, found)

    def _sees(self, iid: int) -> bool:
        return 0 <= iid < len(self.sight.case.state.items) and self.sight.sees_item(
            self.sight.case.plan_item(iid)
        )


def _kind_of(item: PlanItem) -> Kind:
    match item.definition:
        case Stage():
            return Kind.STAGE
        case Milestone():
            return Kind.MILESTONE
        case HumanTask():
            return Kind.TASK
        case DecisionTask():
            return Kind.DECISION
        case TimerEventListener():
            return Kind.TIMER
        case UserEventListener() | EventListener():
            return Kind.EVENT
        case _:
            return Kind.STEP
