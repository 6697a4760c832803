"""Who may do what: an actor, a permission, and the condition on a case or task under which it holds.

The condition is data with two faces: `holds` asks it of an object here, `persistence.rights` renders it as a
filter.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Literal, assert_never

INSTALLATION = "*"
"""The family of a grant that concerns the installation itself (people, connections), not any case."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A role that a person holds in one case family, with the properties that the case app gives the role."""

    family: str
    role: str
    read_only: bool = False  # sees, never acts: an auditor
    external: bool = False  # a customer's role: sees nothing but through the portal
    supervisor: bool = False  # hands work to people
    operator: bool = False  # looks after steps that failed
    administrator: bool = False  # deploys and configures
    authority: Decimal | None = None  # the largest amount that the role may approve; None is without limit


@dataclass(frozen=True, slots=True)
class RoleRule:
    """A role as its case app declares it; `granted_in` makes it somebody's."""

    name: str
    read_only: bool = False
    external: bool = False
    supervisor: bool = False
    operator: bool = False
    administrator: bool = False
    authority: Decimal | None = None

    def granted_in(self, family: str) -> Grant:
        """The grant of this role in one family."""
        return Grant(
            family=family,
            role=self.name,
            read_only=self.read_only,
            external=self.external,
            supervisor=self.supervisor,
            operator=self.operator,
            administrator=self.administrator,
            authority=self.authority,
        )


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person with the grants in force now, or the engine itself."""

    user_id: int
    name: str
    display: str
    grants: frozenset[Grant] = frozenset()
    kind: Literal["person", "system"] = "person"

    def roles(self, family: str) -> frozenset[str]:
        """The roles that the actor holds in a family."""
        return frozenset(grant.role for grant in self.grants if grant.family == family)

    def holds(self, family: str, role: str) -> bool:
        """Whether the actor has this role in this family."""
        return any(grant.family == family and grant.role == role for grant in self.grants)


SYSTEM = Actor(user_id=0, name="system", display="System", kind="system")
"""The engine's own doing: timers, steps, deliveries. It may do everything; no person is ever this actor."""


class Permission(StrEnum):
    """What one may be allowed.

    Those in `TASK_PERMISSIONS` ask about `TASK_FACTS`, the others about `CASE_FACTS`.
    """

    VIEW_CASE = "view_case"
    START_CASE = "start_case"
    ACT_ON_CASE = "act_on_case"  # user events, manual starts, planning, case data
    STEER_CASE = "steer_case"  # plan items by hand: suspend, terminate, retry
    VIEW_JOURNAL = "view_journal"
    VIEW_TASK = "view_task"
    WORK_TASK = "work_task"  # claim, draft, complete; who holds the task now is `tasklife`'s question
    ASSIGN_TASK = "assign_task"
    VIEW_INCIDENT = "view_incident"
    RESOLVE_INCIDENT = "resolve_incident"
    ADMINISTER = "administer"  # of one family, or of the installation (`family` = INSTALLATION)


TASK_PERMISSIONS = frozenset({Permission.VIEW_TASK, Permission.WORK_TASK, Permission.ASSIGN_TASK})

CASE_FACTS = frozenset({"family"})
"""What is known of a case, an incident or a start."""

TASK_FACTS = frozenset({"family", "candidates", "assignee", "state"})
"""What is known of a task.

The family of its case; `candidates`, a frozenset of the names of the roles it is offered to (the shell writes
all acting roles there when the model names none); the user who has it, or None; its `tasklife.TaskState`.
"""


@dataclass(frozen=True, slots=True)
class Never:
    """Holds of nothing."""


@dataclass(frozen=True, slots=True)
class Always:
    """Holds of everything."""


@dataclass(frozen=True, slots=True)
class FieldIn:
    """The field, a single value, is one of `values`. A field that is None is in no set."""

    field: str
    values: frozenset[str | int]


@dataclass(frozen=True, slots=True)
class Contains:
    """The field, a set, has `value` among its members."""

    field: str
    value: str


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds. Never empty, never nested directly."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds. Never empty, never nested directly."""

    parts: tuple["Condition", ...]


Condition = Never | Always | FieldIn | Contains | AnyOf | AllOf
"""The whole language of rights.

A new member needs its face in `holds`, in `persistence.rights`, and in the property test that holds the two
equal.
"""


def condition(actor: Actor, permission: Permission) -> Condition:
    """Under which facts the actor has the permission."""
    if actor.kind == "system":
        return Always()
    match permission:
        case Permission.VIEW_CASE | Permission.VIEW_JOURNAL | Permission.VIEW_TASK:
            return _in_families(grant for grant in actor.grants if not grant.external)
        case Permission.START_CASE | Permission.ACT_ON_CASE:
            return _in_families(_acting(actor))
        case Permission.WORK_TASK:
            return _may_work(actor)
        case Permission.ASSIGN_TASK:
            return _in_families(grant for grant in _acting(actor) if grant.supervisor)
        case Permission.VIEW_INCIDENT:
            seeing = (grant for grant in actor.grants if not grant.external)
            return _in_families(grant for grant in seeing if _looks_after(grant))
        case Permission.RESOLVE_INCIDENT:
            return _in_families(grant for grant in _acting(actor) if _looks_after(grant))
        case Permission.STEER_CASE:
            return _in_families(grant for grant in _acting(actor) if grant.supervisor or grant.operator)
        case Permission.ADMINISTER:
            return _in_families(grant for grant in _acting(actor) if grant.administrator)
        case _:  # pragma: no cover
            assert_never(permission)


def holds(condition: Condition, facts: Mapping[str, object]) -> bool:
    """Ask a condition of one object.

    Raises LookupError when the condition asks about a fact that was not given, TypeError when a set was
    expected and something else stands there: mistakes that silence would hide as "not allowed".
    """
    match condition:
        case Never():
            return False
        case Always():
            return True
        case FieldIn(field, values):
            return _fact(facts, field) in values
        case Contains(field, value):
            members = _fact(facts, field)
            if not isinstance(members, (frozenset, set)):
                raise TypeError(f"the fact {field!r} is not a set: {members!r}")
            return value in members
        case AnyOf(parts):
            return any(holds(part, facts) for part in parts)
        case AllOf(parts):
            return all(holds(part, facts) for part in parts)
        case _:  # pragma: no cover
            assert_never(condition)


def may(actor: Actor, permission: Permission, facts: Mapping[str, object]) -> bool:
    """Has the actor this permission on the object with these facts? Raises as `holds` does."""
    return holds(condition(actor, permission), facts)


def any_of(parts: Iterable[Condition]) -> Condition:
    """At least one of the parts, in the shortest form."""
    kept: list[Condition] = []
    for part in parts:
        if isinstance(part, Always):
            return part
        if isinstance(part, AnyOf):
            kept.extend(part.parts)
        elif not isinstance(part, Never):
            kept.append(part)
    return _shortest(kept, AnyOf, Never())


def all_of(parts: Iterable[Condition]) -> Condition:
    """All of the parts, in the shortest form."""
    kept: list[Condition] = []
    for part in parts:
        if isinstance(part, Never):
            return part
        if isinstance(part, AllOf):
            kept.extend(part.parts)
        elif not isinstance(part, Always):
            kept.append(part)
    return _shortest(kept, AllOf, Always())


def fields(condition: Condition) -> frozenset[str]:
    """The facts that a condition may ask about."""
    match condition:
        case Never() | Always():
            return frozenset()
        case FieldIn(field) | Contains(field):
            return frozenset({field})
        case AnyOf(parts) | AllOf(parts):
            return frozenset().union(*(fields(part) for part in parts))
        case _:  # pragma: no cover
            assert_never(condition)


def _may_work(actor: Actor) -> Condition:
    """A task is worked by the roles it is offered to, or by who has it, where the actor may still act."""
    acting = tuple(_acting(actor))
    mine = all_of((_in_families(acting), FieldIn("assignee", frozenset({actor.user_id}))))
    offered = (
        all_of(
            (FieldIn("family", frozenset({family})), any_of(Contains("candidates", role) for role in roles))
        )
        for family, roles in _roles_by_family(acting)
    )
    return any_of((mine, *offered))


def _acting(actor: Actor) -> Iterable[Grant]:
    return (grant for grant in actor.grants if not grant.read_only and not grant.external)


def _looks_after(grant: Grant) -> bool:
    """Whether who holds it is told of what failed; what belongs to no case, its administrators look after."""
    return grant.supervisor or grant.operator or (grant.administrator and grant.family == INSTALLATION)


def _in_families(grants: Iterable[Grant]) -> Condition:
    families = frozenset(grant.family for grant in grants)
    return FieldIn("family", families) if families else Never()


def _roles_by_family(grants: Iterable[Grant]) -> list[tuple[str, list[str]]]:
    """Families and their roles, both sorted, so that equal actors have equal conditions."""
    roles: dict[str, set[str]] = {}
    for grant in grants:
        roles.setdefault(grant.family, set()).add(grant.role)
    return [(family, sorted(names)) for family, names in sorted(roles.items())]


def _shortest(parts: list[Condition], wrap: type[AnyOf] | type[AllOf], empty: Condition) -> Condition:
    if not parts:
        return empty
    return parts[0] if len(parts) == 1 else wrap(tuple(parts))


def _fact(facts: Mapping[str, object], field: str) -> object:
    if field not in facts:
        raise LookupError(f"the condition asks about {field!r}, which was not given")
    return facts[field]
