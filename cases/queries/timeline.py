"""The history of a case from its journal: a line for each thing that happened, and what caused it.

What a person may not see is not in it, and leaves no gap. Lines are data; doors put them into words.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.cmmn.commands import AnyCommand, WriteFile
from cases.cmmn.events import (
    AdHocAdded,
    AnyEvent,
    CaseDescribed,
    CaseTransitioned,
    DecisionMade,
    DueMoved,
    FileTransitioned,
    IncidentRaised,
    ItemPlanned,
    ItemTransitioned,
    Noted,
    TeamChanged,
)
from cases.cmmn.lifecycle import State, Transition
from cases.cmmn.metamodel import (
    EventListener,
    Milestone,
    PlanItem,
    Stage,
    TimerEventListener,
    UserEventListener,
)
from cases.cmmn.workmodel import DecisionTask, HumanTask
from cases.persistence import codec
from cases.persistence.journal import JournalRow
from cases.queries.sight import Sight, displays_of, names_of
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


class Sort(StrEnum):
    """Who or what moved something: the choices of a reader."""

    PEOPLE = "people"
    RULES = "rules"
    SERVICES = "services"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. `what` is a transition, a kind of note, or a code; `stage` is what it began with.

    Of a decision `shown` is its result by titles and labels. Of a note about a task `person` is who has it
    now, `told` whom a rung told, `rung` when that comes.
    """

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
    shown: object = None
    detail: str = ""
    person: str = ""
    told: tuple[str, ...] = ()
    rung: str = ""

    @property
    def sort(self) -> Sort:
        """Who or what moved it."""
        if self.kind in (Kind.STEP, Kind.PROBLEM):
            return Sort.SERVICES
        if self.is_person or self.kind is Kind.TASK:
            return Sort.PEOPLE
        return Sort.RULES


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
    opened = [(row, None if row.body is None else codec.unpack_entry(row.body)) for row in found]
    users = {row.actor_id for row in found if row.actor_id}
    users |= {user for _, body in opened if body for event in body[1] for user in _named(event)}
    names = names_of(session, users)
    displays = displays_of(session, {user for _, body in opened if body for user in _joining(body[1])})
    tellers = [
        (_Teller(sight, row, names.get(row.actor_id, row.actor), names, displays), body)
        for row, body in opened
    ]
    return tuple(entry for teller, body in tellers for entry in _entries_of(teller, body))


def _joining(events: Iterable[AnyEvent]) -> Iterator[str]:
    """Whom a change of the team names."""
    return (event.user for event in events if isinstance(event, TeamChanged))


def _named(event: AnyEvent) -> Iterator[int]:
    """The people whom a note names."""
    if isinstance(event, Noted):
        told = event.data.get("told")
        for user in (event.data.get("user"), *(told if isinstance(told, list) else ())):
            if isinstance(user, int):
                yield user


def _entries_of(teller: "_Teller", body: tuple[AnyCommand, Sequence[AnyEvent]] | None) -> Sequence[Entry]:
    if body is None:
        return [teller.line(0, Kind.ERASED, "erased")]
    command, events = body
    told = [entry for event in events for entry in teller.tell(event, command)]
    return told[::-1]


@dataclass(frozen=True, slots=True)
class _Teller:
    """Tells the events of one journal row."""

    sight: Sight
    row: JournalRow
    actor: str
    names: Mapping[int, str]
    displays: Mapping[str, str]

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
            case DueMoved() if self._sees(event.item):
                plan = self.sight.case.plan_item(event.item)
                yield self.line(event.seq, Kind.NOTE, "due", plan, event.item, event.due)
            case ItemPlanned() | AdHocAdded() | TeamChanged() | CaseDescribed():
                yield from self._by_hand(event)
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
            name=self._name(item, iid),
            definition=item.id if item else "",
            item=iid,
            detail=detail,
        )

    def _name(self, item: PlanItem | None, iid: int) -> str:
        if item is None:
            return ""
        is_instance = 0 < iid < len(self.sight.case.state.items)
        return self.sight.name_of(iid) if is_instance else item.name

    def _by_hand(self, event: ItemPlanned | AdHocAdded | TeamChanged | CaseDescribed) -> Iterator[Entry]:
        """What somebody planned or added, told where all of it may be seen; who belongs to the team."""
        definition = self.sight.case.program.definition
        match event:
            case AdHocAdded(added=added):
                if self._sees_numbers(added.stage):
                    told = self.line(event.seq, Kind.NOTE, "added", detail=added.description)
                    yield replace(told, name=added.name)
            case ItemPlanned():
                offers = (one for one in definition.discretionary if one.id == event.discretionary)
                for offer in [one for one in offers if self._sees_numbers(*one.items)][:1]:
                    yield replace(self.line(event.seq, Kind.NOTE, "planned"), name=offer.name)
            case TeamChanged():
                roles = ", ".join(self.sight.role_title(role) for role in event.roles)
                told = self.line(event.seq, Kind.NOTE, "team" if roles else "team.none", detail=roles)
                yield replace(told, person=self.displays.get(event.user, event.user))
            case CaseDescribed():
                yield self.line(event.seq, Kind.NOTE, "described", detail=event.business_status or "")

    def _sees_numbers(self, *numbers: int) -> bool:
        items = self.sight.case.program.definition.items
        return all(not number or self.sight.sees_item(items[number]) for number in numbers)

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
            result=event.result,
            shown=self.sight.glossary.shown((item.answer_to,), event.result),
            index=state.index,
        )

    def _note(self, event: Noted) -> Iterator[Entry]:
        number, step = event.data.get("item"), event.data.get("step")
        if isinstance(number, int):
            if self._sees(number):
                yield self._about(event, self.sight.case.plan_item(number), number)
        elif isinstance(step, str):
            item = next((one for one in self.sight.case.program.definition.items if one.id == step), None)
            if item is not None and self.sight.sees_item(item):
                yield self._about(event, item, -1)
        else:
            yield self.line(event.seq, Kind.NOTE, event.kind)

    def _about(self, event: Noted, item: PlanItem, iid: int) -> Entry:
        """A note about a task or a step: who has it now, why, and whom that was told."""
        data = event.data
        decision, does = data.get("decision"), data.get("does")
        what = ".".join(str(part) for part in (event.kind, decision or does) if part)
        user, told = data.get("user"), data.get("told")
        return replace(
            self.line(
                event.seq, Kind.NOTE, what, item, iid, str(data.get("note") or data.get("reason") or "")
            ),
            person=self.names.get(user, "") if isinstance(user, int) else "",
            told=tuple(self.names.get(one, "") for one in told if one in self.names)
            if isinstance(told, list)
            else (),
            rung=str(data.get("at") or ""),
        )

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
