"""The queues that somebody looks into, and whose open tasks a list shows: its reach."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, exists, false, literal, select, tuple_
from sqlalchemy.orm import Session

from cases.errors import NotFound
from cases.persistence.people import FamilyRow, MembershipRow, RoleRow
from cases.persistence.tasks import HumanTaskRow, QueueMemberRow, TaskRowState
from cases.policy.access import Actor, Grant

MOST_QUEUES = 500
MOST_ARMS = 400
"""More index ranges than this are not merged one by one: SQLite joins no more in one statement."""

# Written as the partial indexes are, with the state as a literal: a bound parameter would hide from the
# planner that they match.
OPEN = HumanTaskRow.state == literal(TaskRowState.OPEN.value, literal_execute=True)
_HELD = OPEN & HumanTaskRow.assignee_id.is_not(None)
_WAITING = OPEN & HumanTaskRow.assignee_id.is_(None)

Arm = ColumnElement[bool]
"""The tasks of one index range, or of a few that one statement reads one after another."""


@dataclass(frozen=True, slots=True)
class Place:
    """The queue of one role: `numbers` are the sets of roles, stored as queues, that it belongs to."""

    family: str
    role: str
    title: str
    family_title: str
    numbers: tuple[int, ...]

    @property
    def key(self) -> str:
        """How an address names it."""
        return f"{self.family}:{self.role}"


@dataclass(frozen=True, slots=True)
class Reach:
    """The open tasks of a list: those that wait in `numbers`, if `waits`, and those that `people` have.

    Of what people have only what was offered in `numbers`, where that is not None; of all what `only` lets.
    """

    numbers: tuple[int, ...] | None
    people: tuple[int, ...]
    waits: bool = True
    only: ColumnElement[bool] | None = None

    def waiting(self) -> "Reach":
        """Only what nobody has."""
        return replace(self, people=())

    def held_by(self, person: int) -> "Reach":
        """Only what this person has."""
        return replace(self, people=(person,), waits=False)

    def arms(self) -> list[Arm]:
        """One index range each: merged by their order, they are the list."""
        people = [[person] for person in self.people]
        if len(people) > MOST_ARMS:
            people = [list(self.people)]
        waiting = [_waits([number]) for number in self.numbers or ()] if self.waits else []
        return self._let([*waiting, *(_has(some, self.numbers) for some in people)])

    def parts(self) -> list[Arm]:
        """The same in as few conditions as can be: for counting, where no order matters."""
        waiting = [_waits(self.numbers)] if self.waits and self.numbers else []
        return self._let([*waiting, *([_has(self.people, self.numbers)] if self.people else [])])

    def _let(self, arms: list[Arm]) -> list[Arm]:
        return arms if self.only is None else [arm & self.only for arm in arms]


def of_grants(session: Session, grants: Iterable[Grant]) -> tuple[Place, ...]:
    """The queues of these roles, by family and role."""
    pairs = sorted({(grant.family, grant.role) for grant in grants})
    if not pairs:
        return ()
    role, member = RoleRow, QueueMemberRow
    query = (
        select(role.family, role.name, role.title, FamilyRow.title.label("family_title"), member.queue_id)
        .outerjoin(FamilyRow, FamilyRow.key == role.family)
        .outerjoin(member, (member.family == role.family) & (member.role == role.name))
        .where(tuple_(role.family, role.name).in_(pairs))
        .order_by(role.family, role.name, member.queue_id)
        .limit(MOST_QUEUES)
    )
    found: dict[tuple[str, str], Place] = {}
    for row in session.execute(query):
        known = found.get((row.family, row.name))
        numbers = () if row.queue_id is None else (row.queue_id,)
        found[row.family, row.name] = Place(
            family=row.family,
            role=row.name,
            title=row.title or row.name,
            family_title=row.family_title or row.family,
            numbers=(*(known.numbers if known else ()), *numbers),
        )
    return tuple(found.values())


def of_actor(session: Session, actor: Actor) -> tuple[Place, ...]:
    """The queues of the roles that this person works in."""
    return of_grants(session, (grant for grant in actor.grants if not grant.external and not grant.read_only))


def of_menu(session: Session, actor: Actor) -> tuple[Place, ...]:
    """The queues of one's own roles first, then those of the families whose work one hands out."""
    own = [grant for grant in actor.grants if not grant.external and not grant.read_only]
    led = sorted({grant.family for grant in own if grant.supervisor})
    mine = {(grant.family, grant.role) for grant in own}
    pairs = set(mine)
    if led:
        offered = select(QueueMemberRow.family, QueueMemberRow.role).where(QueueMemberRow.family.in_(led))
        pairs |= {(row.family, row.role) for row in session.execute(offered.distinct())}
    found = of_grants(session, (Grant(family=family, role=role) for family, role in pairs))
    return tuple(sorted(found, key=lambda place: (place.family, place.role) not in mine))


def find(session: Session, actor: Actor, key: str) -> Place:
    """One queue: of one's own role, or of any role of a family that one oversees or audits.

    `key` is `<family>:<role>`, or the role alone where the person has it in one family only. Raises NotFound
    for a queue that is none, or not this person's to see.
    """
    grant = seen_by(actor, key)
    found = () if grant is None else of_grants(session, [grant])
    if not found:
        raise NotFound("There is no such queue.")
    return found[0]


def seen_by(actor: Actor, key: str) -> Grant | None:
    """The role whose queue this key names, where this person may look into it."""
    family, colon, role = key.rpartition(":")
    seen = [grant for grant in actor.grants if not grant.external]
    own = [grant for grant in seen if grant.role == role and (not colon or grant.family == family)]
    if len(own) == 1:
        return own[0]
    over = {grant.family for grant in seen if grant.supervisor or grant.read_only}
    return None if own or not colon or family not in over else Grant(family=family, role=role)


def reach(session: Session, places: Sequence[Place]) -> tuple[Reach, ...]:
    """All that is open of each queue: what waits, and what those have who work in it."""
    numbers = sorted({number for place in places for number in place.numbers})
    if not numbers:
        return tuple(Reach((), ()) for _ in places)
    has = exists().where(_HELD & (HumanTaskRow.assignee_id == MembershipRow.user_id))
    member = QueueMemberRow
    query = (
        select(member.queue_id, MembershipRow.user_id)
        .join(MembershipRow, (MembershipRow.family == member.family) & (MembershipRow.role == member.role))
        .where(member.queue_id.in_(numbers), has)
        .distinct()
    )
    people: dict[int, set[int]] = {}
    for number, person in session.execute(query):
        people.setdefault(number, set()).add(person)
    return tuple(
        Reach(place.numbers, tuple(sorted(set().union(*(people.get(one, set()) for one in place.numbers)))))
        for place in places
    )


def _waits(numbers: Sequence[int]) -> Arm:
    one = HumanTaskRow.queue_id == numbers[0] if len(numbers) == 1 else HumanTaskRow.queue_id.in_(numbers)
    return _WAITING & one


def _has(people: Sequence[int], numbers: Sequence[int] | None) -> Arm:
    person = HumanTaskRow.assignee_id
    held = _HELD & (person == people[0] if len(people) == 1 else person.in_(people))
    if numbers is None:
        return held
    return held & HumanTaskRow.queue_id.in_(numbers) if numbers else false()
