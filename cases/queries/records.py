"""The rows of a case as they are, unmasked: what a scenario holds against what it expects. For no page.

Whoever asks is the installation itself: pages ask `case_page`, `worklist` and `snapshot`, which hide.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from cases import catalogue
from cases.cmmn.events import AnyEvent, ItemTransitioned
from cases.cmmn.instance import CaseInstance
from cases.cmmn.lifecycle import State, Transition
from cases.errors import NotFound
from cases.persistence import codec, store
from cases.persistence.definitions import CaseDefinitionRow
from cases.persistence.instances import CaseInstanceRow, CaseLinkRow
from cases.persistence.jobs import JobRow, SubscriptionRow
from cases.persistence.journal import JournalRow
from cases.persistence.people import UserRow
from cases.persistence.tasks import NO_DUE_DATE, HumanTaskRow, TaskRowState

_OPEN = ("open", "paused")
_ENDS = frozenset({Transition.COMPLETE, Transition.OCCUR})


_OWNER, _HOLDER = aliased(UserRow), aliased(UserRow)
_CASES = (
    select(CaseInstanceRow, _OWNER.display, _HOLDER.display)
    .outerjoin(_OWNER, _OWNER.id == CaseInstanceRow.owner_id)
    .outerjoin(_HOLDER, _HOLDER.id == CaseInstanceRow.assignee_id)
    .order_by(CaseInstanceRow.id)
)
"""Built once: the names of its columns take longer than its rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRecord:
    """A case: what its row says of it, the people by name."""

    id: int
    definition: str
    deployment_id: int
    state: State
    version: int
    name: str | None
    given_key: str | None
    status: str | None
    due_at: datetime | None
    owner: str | None
    assignee: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRecord:
    """A human task, open or over, the people by name; `state` as in `paused`."""

    id: int
    item: int
    name: str
    state: str
    description: str | None
    due_at: datetime | None
    assignee: str | None
    claimed_by: str | None
    begun_by: str | None
    paused_by: str | None
    completed_by: str | None
    facts: Mapping[str, object]

    @property
    def is_open(self) -> bool:
        """Whether somebody is still to do it."""
        return self.state in _OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord:
    """Something that is due later, or was given up."""

    id: int
    case_id: int | None
    item: int | None
    kind: str
    state: str
    run_at: datetime
    topic: str | None
    owner: str | None
    lease_until: datetime | None
    attempts: int
    max_attempts: int
    payload: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Link:
    """A case that the task `item` of another one has called."""

    parent: int
    item: int | None
    child: int


@dataclass(frozen=True, slots=True)
class Subscription:
    """A listener that waits for something from outside."""

    item: int
    kind: str
    subject: str


@dataclass(frozen=True, slots=True)
class Definition:
    """A version of a case definition."""

    deployment_id: int
    key: str
    version: int
    name: str
    description: str


def cases(session: Session) -> list[CaseRecord]:
    """Every case there is, in the order in which they were opened."""
    rows = session.execute(_CASES)
    return [
        CaseRecord(
            id=row.id,
            definition=row.definition,
            deployment_id=row.deployment_id,
            state=State(row.state),
            version=row.version,
            name=row.name,
            given_key=row.given_key,
            status=row.status,
            due_at=row.due_at,
            owner=owned_by,
            assignee=held_by,
        )
        for row, owned_by, held_by in rows
    ]


def instance(session: Session, case_id: int) -> CaseInstance:
    """The case as it is stored. Raises NotFound."""
    stored = store.peek(session, case_id)
    if stored is None:
        raise NotFound("There is no such case.")
    program = catalogue.program(session, stored.deployment_id, stored.definition)
    return CaseInstance(program, codec.unpack_state(stored.doc, stored.values))


def events(session: Session, case_id: int, after: int) -> list[AnyEvent]:
    """What happened in the case since it had the version `after`, in order."""
    bodies = session.scalars(
        select(JournalRow.body)
        .where(JournalRow.case_id == case_id, JournalRow.version > after)
        .order_by(JournalRow.version)
    )
    return [event for body in bodies if body is not None for event in codec.unpack_entry(body)[1]]


def completers(session: Session, case_id: int) -> dict[int, str]:
    """Who completed, or let occur, which instance: people alone."""
    rows = session.execute(
        select(JournalRow.actor_id, JournalRow.actor, JournalRow.body)
        .where(JournalRow.case_id == case_id)
        .order_by(JournalRow.version)
    )
    found: dict[int, str] = {}
    for actor_id, actor, body in rows:
        if body is None or not actor_id:
            continue
        command, happened = codec.unpack_entry(body)
        asked = getattr(command, "item", None)
        for event in happened:
            is_end = isinstance(event, ItemTransitioned) and event.transition in _ENDS
            if is_end and event.item == asked:  # type: ignore[union-attr]  # an ItemTransitioned
                found[event.item] = actor  # type: ignore[union-attr]  # an ItemTransitioned
    return found


def tasks(session: Session, case_id: int) -> list[TaskRecord]:
    """The human tasks of a case, those that are over too, in the order in which they were opened."""
    rows = session.scalars(
        select(HumanTaskRow).where(HumanTaskRow.case_id == case_id).order_by(HumanTaskRow.id)
    ).all()
    people = {
        user
        for row in rows
        for user in (row.assignee_id, row.claimed_by, row.begun_by, row.paused_by, row.completed_by)
        if user is not None
    }
    found = session.execute(select(UserRow.id, UserRow.display).where(UserRow.id.in_(people)))
    names: dict[int | None, str] = {row.id: row.display for row in found}
    return [_task(row, names) for row in rows]


def jobs(session: Session) -> list[JobRecord]:
    """Every job there is, the next one first."""
    rows = session.scalars(select(JobRow).order_by(JobRow.run_at, JobRow.id))
    return [
        JobRecord(
            id=row.id,
            case_id=row.case_id,
            item=row.plan_item,
            kind=row.kind,
            state=row.state,
            run_at=row.run_at,
            topic=row.topic,
            owner=row.owner,
            lease_until=row.lease_until,
            attempts=row.attempts,
            max_attempts=row.max_attempts,
            payload=codec.unpack(row.payload) if row.payload else {},
        )
        for row in rows
    ]


def links(session: Session) -> list[Link]:
    """Which task called which case."""
    rows = session.execute(
        select(CaseLinkRow.case_id, CaseLinkRow.plan_item, CaseLinkRow.other_id).order_by(
            CaseLinkRow.other_id
        )
    )
    return [Link(parent, item, child) for parent, item, child in rows]


def subscriptions(session: Session, case_id: int) -> list[Subscription]:
    """What the listeners of a case wait for."""
    rows = session.scalars(
        select(SubscriptionRow).where(SubscriptionRow.case_id == case_id).order_by(SubscriptionRow.plan_item)
    )
    return [Subscription(row.plan_item, row.kind, row.subject) for row in rows]


def definitions(session: Session) -> list[Definition]:
    """Every version of every case definition, in the order of their deployments."""
    rows = session.scalars(
        select(CaseDefinitionRow).order_by(CaseDefinitionRow.deployment_id, CaseDefinitionRow.key)
    )
    return [Definition(row.deployment_id, row.key, row.version, row.name, row.description) for row in rows]


def _task(row: HumanTaskRow, names: Mapping[int | None, str]) -> TaskRecord:
    return TaskRecord(
        id=row.id,
        item=row.plan_item,
        name=row.name,
        state=TaskRowState(row.state).name.lower(),
        description=row.description,
        due_at=None if row.due_at >= NO_DUE_DATE else row.due_at,
        assignee=names.get(row.assignee_id),
        claimed_by=names.get(row.claimed_by),
        begun_by=names.get(row.begun_by),
        paused_by=names.get(row.paused_by),
        completed_by=names.get(row.completed_by),
        facts=row.facts or {},
    )
