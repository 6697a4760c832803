"""Who may take some tasks: of each person how many, what is in the way of the others, and their load.

For many tasks as for one in the same few statements: tasks that ask the same of people are asked together.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, or_, select
from sqlalchemy.orm import Session

from cases import catalogue
from cases.cmmn.instance import CaseInstance
from cases.persistence import codec
from cases.persistence.instances import CaseInstanceRow, CaseValueRow
from cases.persistence.people import MembershipRow, RoleRow, UserRow
from cases.persistence.tasks import HumanTaskRow, QueueMemberRow, TaskRowState
from cases.policy import eligibility
from cases.policy.access import Actor, Grant
from cases.policy.eligibility import Bar, Offer
from cases.policy.separation import Deed
from cases.queries import board
from cases.queries.board import Load
from cases.queries.task_filters import Day

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Chosen:
    """A task that was chosen, as it is now."""

    id: int
    name: str
    case_key: str
    family: str
    assignee_id: int | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who could be given the tasks: `takes` of them, `has` of these already.

    `bars` says of the others why not, and of how many. `after` is the load with what would come.
    """

    id: int
    name: str
    roles: tuple[str, ...]
    load: Load
    takes: int
    has: int
    bars: Mapping[Bar, int]

    @property
    def after(self) -> int:
        return self.load.open.count + self.takes


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a supervisor chooses from. `unknown` were chosen and are not open, or not theirs to hand out.

    `people` may take at least one of the tasks, those who may take most first, of these the least loaded;
    `others` may take none. `held` is how many somebody has; `most` the largest load, for the bars.
    """

    tasks: tuple[Chosen, ...]
    unknown: int
    held: int
    people: tuple[Candidate, ...]
    others: tuple[Candidate, ...]
    most: int


def sheet(session: Session, actor: Actor, task_ids: Sequence[int], day: Day) -> Sheet:
    """Everybody at work in the families of these tasks, and what each may take of them."""
    rows = _tasks(session, actor, task_ids)
    offers = _offers(session, rows)
    people = _people(session, sorted({row.family for row in rows}), day.now)
    loads = board.loads(session, actor, [person.user_id for person, _ in people], day)
    found = [
        _candidate(person, titles, offers, loads[person.user_id])
        for person, titles in people
        if person.user_id in loads
    ]
    able = [one for one in found if one.takes]
    unable = [one for one in found if not one.takes]
    return Sheet(
        tasks=tuple(Chosen(row.id, row.name, row.business_key, row.family, row.assignee_id) for row in rows),
        unknown=len(set(task_ids)) - len(rows),
        held=sum(row.assignee_id is not None for row in rows),
        people=tuple(sorted(able, key=lambda one: (-one.takes, one.load.open.count, one.name))),
        others=tuple(sorted(unable, key=lambda one: one.name)),
        most=max((one.after for one in found), default=0),
    )


def _tasks(session: Session, actor: Actor, task_ids: Sequence[int]) -> list[Row[*tuple[Any, ...]]]:
    """Those of the tasks that are open, in the order in which they were chosen. `Any`: named columns."""
    found: dict[int, Row[*tuple[Any, ...]]] = {}
    families = board.supervised(actor)
    for first in range(0, len(task_ids), _AT_ONCE):
        rows = session.execute(
            select(
                HumanTaskRow.id,
                HumanTaskRow.name,
                HumanTaskRow.family,
                HumanTaskRow.case_id,
                HumanTaskRow.plan_item,
                HumanTaskRow.queue_id,
                HumanTaskRow.four_eyes,
                HumanTaskRow.amount,
                HumanTaskRow.assignee_id,
                CaseInstanceRow.business_key,
            )
            .join(CaseInstanceRow, CaseInstanceRow.id == HumanTaskRow.case_id)
            .where(
                HumanTaskRow.id.in_(task_ids[first : first + _AT_ONCE]),
                HumanTaskRow.family.in_(families),
                HumanTaskRow.state.in_((TaskRowState.OPEN, TaskRowState.PAUSED)),
            )
        )
        found |= {row.id: row for row in rows}
    return [found[task] for task in dict.fromkeys(task_ids) if task in found]


# --- what tasks ask of people


def _offers(session: Session, rows: Sequence[Row[*tuple[Any, ...]]]) -> Counter[tuple[Offer, int | None]]:
    """What the tasks ask, with who has each, and how many ask the same. `Any`: rows of `_tasks`."""
    queues = sorted({row.queue_id for row in rows if row.queue_id is not None})
    members: dict[int, set[str]] = {}
    for number, role in session.execute(
        select(QueueMemberRow.queue_id, QueueMemberRow.role).where(QueueMemberRow.queue_id.in_(queues))
    ):
        members.setdefault(number, set()).add(role)
    barred = _barred(session, [row for row in rows if row.four_eyes])
    return Counter(
        (
            Offer(
                family=row.family,
                candidates=frozenset(members.get(row.queue_id, ())),
                barred=barred.get(row.id, frozenset()),
                amount=row.amount,
            ),
            row.assignee_id,
        )
        for row in rows
    )


def _barred(session: Session, rows: Sequence[Row[*tuple[Any, ...]]]) -> dict[int, frozenset[int]]:
    """Of tasks under four eyes, who may not: only where something was completed is the case looked into."""
    done: dict[int, list[Row[*tuple[Any, ...]]]] = {}
    for some in _parts(sorted({row.case_id for row in rows})):
        found = session.execute(
            select(
                HumanTaskRow.case_id,
                HumanTaskRow.definition,
                HumanTaskRow.completed_by,
                HumanTaskRow.plan_item,
            ).where(
                HumanTaskRow.case_id.in_(some),
                HumanTaskRow.state == TaskRowState.COMPLETED,
                HumanTaskRow.completed_by.is_not(None),
            )
        )
        for one in found:
            done.setdefault(one.case_id, []).append(one)
    asked = [row for row in rows if any(one.definition in row.four_eyes for one in done.get(row.case_id, ()))]
    cases = _cases(session, sorted({row.case_id for row in asked}))
    return {row.id: _barred_of(row, cases[row.case_id], done[row.case_id]) for row in asked}


def _barred_of(
    row: Row[*tuple[Any, ...]], case: CaseInstance, done: Iterable[Row[*tuple[Any, ...]]]
) -> frozenset[int]:
    """`Any`: rows of tasks."""
    deeds = [
        Deed(one.definition, one.completed_by, eligibility.place_of(case, one.plan_item))
        for one in done
        if one.definition in row.four_eyes
    ]
    return eligibility.barred(row.four_eyes, deeds, eligibility.place_of(case, row.plan_item))


def _cases(session: Session, case_ids: Sequence[int]) -> dict[int, CaseInstance]:
    found = {}
    for some in _parts(case_ids):
        values: dict[int, dict[str, bytes]] = {}
        for value in session.scalars(select(CaseValueRow).where(CaseValueRow.case_id.in_(some))):
            values.setdefault(value.case_id, {})[value.name] = value.bytes
        rows = session.execute(
            select(
                CaseInstanceRow.id,
                CaseInstanceRow.deployment_id,
                CaseInstanceRow.definition,
                CaseInstanceRow.doc,
            ).where(CaseInstanceRow.id.in_(some))
        )
        for row in rows:
            program = catalogue.program(session, row.deployment_id, row.definition)
            found[row.id] = CaseInstance(program, codec.unpack_state(row.doc, values.get(row.id, {})))
    return found


def _parts(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[first : first + _AT_ONCE] for first in range(0, len(ids), _AT_ONCE))


# --- people


def _people(session: Session, families: Sequence[str], now: datetime) -> list[tuple[Actor, tuple[str, ...]]]:
    """Those with a role in these families by which one may act, with the titles of these roles."""
    rows = session.execute(
        select(UserRow.id, UserRow.name, UserRow.display, RoleRow)
        .join(MembershipRow, MembershipRow.user_id == UserRow.id)
        .join(RoleRow, (RoleRow.family == MembershipRow.family) & (RoleRow.name == MembershipRow.role))
        .where(MembershipRow.family.in_(families), UserRow.state == "active")
        .where(or_(MembershipRow.until.is_(None), MembershipRow.until > now))
        .order_by(UserRow.display, UserRow.id, RoleRow.family, RoleRow.name)
    )
    found: dict[int, tuple[str, str, list[RoleRow]]] = {}
    for number, name, display, role in rows:
        found.setdefault(number, (name, display, []))[2].append(role)
    return [
        (
            Actor(number, name, display, frozenset(_grant(role) for role in roles)),
            tuple(dict.fromkeys(role.title or role.name for role in roles)),
        )
        for number, (name, display, roles) in found.items()
        if any(not role.read_only and not role.external for role in roles)
    ]


def _grant(role: RoleRow) -> Grant:
    return Grant(
        family=role.family,
        role=role.name,
        read_only=role.read_only,
        external=role.external,
        supervisor=role.supervisor,
        operator=role.operator,
        administrator=role.administrator,
        authority=role.authority,
    )


def _candidate(
    person: Actor, titles: tuple[str, ...], offers: Counter[tuple[Offer, int | None]], load: Load
) -> Candidate:
    takes, has = 0, 0
    bars: Counter[Bar] = Counter()
    for (offer, holder), count in offers.items():
        found = eligibility.bar(person, offer)
        if holder == person.user_id:
            has += count
        elif found is None:
            takes += count
        else:
            bars[found] += count
    return Candidate(person.user_id, person.display, titles, load, takes, has, dict(bars))
