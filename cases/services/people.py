"""Users, the roles of a family, and who holds which."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from cases.errors import Conflict, Invalid, NotFound, Problem
from cases.persistence.people import FamilyRow, MembershipRow, RoleRow, UserRow
from cases.policy import kept_views
from cases.policy import passwords as password_rules
from cases.policy.access import INSTALLATION, SYSTEM, RoleRule
from cases.policy.kept_views import SavedView
from cases.policy.preferences import Preferences
from cases.services import identity, ledger

ADMINISTRATOR = RoleRule("administrator", administrator=True, operator=True)
"""The one role of the installation itself: people, connections, deployments. It sees no case."""


def create_user(session: Session, name: str, display: str, password_hash: str | None, now: datetime) -> int:
    """Make somebody who may sign in. Raises Conflict where the name is taken."""
    kept = identity.folded(name)
    if session.execute(select(UserRow.id).where(UserRow.name == kept)).one_or_none():
        raise Conflict(f"There is somebody called {kept} already.", code="NAME_TAKEN")
    row = UserRow(
        name=kept,
        display=display.strip() or kept,
        password_hash=password_hash,
        password_at=now if password_hash else None,
        state="active",
        created_at=now,
    )
    session.add(row)
    session.flush()
    _note(session, "user.create", row.id, {"name": kept}, now)
    return row.id


def user_id(session: Session, name: str) -> int:
    """The id behind a name. Raises NotFound."""
    found = session.execute(
        select(UserRow.id).where(UserRow.name == identity.folded(name))
    ).scalar_one_or_none()
    if found is None:
        raise NotFound(f"There is nobody called {name}.")
    return found


def must_be_acceptable(password: str, name: str, display: str) -> None:
    """Raise Invalid, with every fault, for a password that may not be used."""
    faults = password_rules.faults(password, (name, *display.split(), "casewright"))
    if faults:
        raise Invalid([Problem("PASSWORD", fault, "password") for fault in faults])


def set_password(session: Session, user: int, password_hash: str, now: datetime) -> None:
    """Give somebody another password, and end their sessions. Raises NotFound."""
    row = _user(session, user)
    row.password_hash, row.password_at, row.changed_at = password_hash, now, now
    identity.end_sessions(session, user)
    _note(session, "user.password", user, {}, now)


def disable(session: Session, user: int, now: datetime) -> None:
    """Let somebody in no more, from this moment on. Raises NotFound."""
    row = _user(session, user)
    row.state, row.changed_at = "disabled", now
    identity.end_sessions(session, user)
    _note(session, "user.disable", user, {}, now)


def enable(session: Session, user: int, now: datetime) -> None:
    """Let somebody in again. Raises NotFound."""
    row = _user(session, user)
    row.state, row.changed_at = "active", now
    _note(session, "user.enable", user, {}, now)


def prefer(session: Session, user: int, wanted: Preferences) -> None:
    """Keep how this person wants their pages. Raises NotFound."""
    row = _user(session, user)
    chosen = {"density": str(wanted.density), "keys": str(wanted.keys)}
    row.preferences = {**(row.preferences or {}), **chosen}
    session.flush()


def declare_family(session: Session, key: str, title: str, owner: str = "") -> None:
    """Make a case family, or give it another title and owner."""
    row = session.execute(select(FamilyRow).where(FamilyRow.key == key)).scalar_one_or_none()
    if row is None:
        session.add(FamilyRow(key=key, title=title, owner=owner))
    else:
        row.title, row.owner = title, owner
    session.flush()


def declare_role(session: Session, family: str, rule: RoleRule, title: str = "") -> None:
    """Make a role of a family, or change what it means for everybody who holds it."""
    row = session.get(RoleRow, (family, rule.name))
    if row is None:
        row = RoleRow(family=family, name=rule.name)
        session.add(row)
    row.title = title or rule.name.replace("_", " ").capitalize()
    row.read_only, row.external, row.supervisor = rule.read_only, rule.external, rule.supervisor
    row.operator, row.administrator, row.authority = rule.operator, rule.administrator, rule.authority
    session.flush()


def grant(session: Session, user: int, family: str, role: str, now: datetime) -> None:
    """Give somebody a role in a family; nothing happens where they hold it. Raises NotFound."""
    _user(session, user)
    if family == INSTALLATION and role == ADMINISTRATOR.name:
        declare_role(session, INSTALLATION, ADMINISTRATOR, "Administrator")
    if session.get(RoleRow, (family, role)) is None:
        raise NotFound(f"The family {family} has no role {role}.")
    held = session.get(MembershipRow, (user, family, role))
    if held is None:
        session.add(MembershipRow(user_id=user, family=family, role=role, granted_at=now, granted_by=0))
    else:
        held.until = None
    session.flush()
    _note(session, "role.grant", user, {"family": family, "role": role}, now)


def revoke(session: Session, user: int, family: str, role: str, now: datetime) -> None:
    """Take a role from somebody; it holds from their next request on."""
    session.execute(
        delete(MembershipRow).where(
            MembershipRow.user_id == user, MembershipRow.family == family, MembershipRow.role == role
        )
    )
    _note(session, "role.revoke", user, {"family": family, "role": role}, now)


def keep_view(session: Session, user: int, view: SavedView) -> None:
    """Keep a view under its name; another of this name gives way. Raises Invalid, NotFound."""
    name = view.name.strip()
    if not 0 < len(name) <= kept_views.LONGEST_NAME:
        raise Invalid([Problem("NAME", f"A name has 1 to {kept_views.LONGEST_NAME} letters.", "name")])
    row = _user(session, user)
    others = [one for one in kept_views.of(row.preferences) if one.name != name]
    if len(others) >= kept_views.MOST:
        raise Invalid([Problem("MANY", f"You have {kept_views.MOST} views. Remove one first.", "name")])
    _put_views(row, [*others, replace(view, name=name)])
    session.flush()


def drop_view(session: Session, user: int, name: str) -> None:
    """Forget a view; nothing happens where there is none of this name. Raises NotFound."""
    row = _user(session, user)
    _put_views(row, [one for one in kept_views.of(row.preferences) if one.name != name])
    session.flush()


def _put_views(row: UserRow, views: list[SavedView]) -> None:
    row.preferences = kept_views.put(row.preferences, views)


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person, and the roles that they hold by family."""

    name: str
    display: str
    state: str
    roles: tuple[tuple[str, str], ...]


def everybody(session: Session) -> list[Somebody]:
    """All people, by name."""
    held: dict[int, list[tuple[str, str]]] = {}
    query = select(MembershipRow).order_by(MembershipRow.family, MembershipRow.role)
    for row in session.execute(query).scalars():
        held.setdefault(row.user_id, []).append((row.family, row.role))
    users = session.execute(select(UserRow).order_by(UserRow.name)).scalars()
    return [Somebody(row.name, row.display, row.state, tuple(held.get(row.id, ()))) for row in users]


def _note(session: Session, action: str, user: int, detail: dict[str, object], now: datetime) -> None:
    """These come from the command line of the installation: whoever may open it is the system."""
    ledger.record(session, action, f"user:{user}", detail, actor=SYSTEM, now=now, via="command")


def _user(session: Session, user: int) -> UserRow:
    row = session.get(UserRow, user)
    if row is None:
        raise NotFound(f"There is no user {user}.")
    return row
