"""Who belongs to a family: whom a case of it, and a task of such a case, may be given to."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from cases.persistence.people import MembershipRow, RoleRow, UserRow

DIRECTORY = "directory"
"""In `session.info`: what makes the people whom a model names, where a model is tried out."""

Directory = Callable[[Session, str], int]


@dataclass(frozen=True, slots=True)
class Named:
    """The people whom a model names: the ids of those who may work here, and the names of the others."""

    ids: dict[str, int]
    others: tuple[str, ...] = ()


def who_act(session: Session, family: str, user_ids: Collection[int], now: datetime) -> frozenset[int]:
    """Those of them who may act on cases of the family now."""
    if not user_ids:
        return frozenset()
    found = select(UserRow.id).where(UserRow.id.in_(sorted(user_ids)), _acts_in(family, now))
    return frozenset(session.scalars(found))


def named(session: Session, family: str, names: Collection[str], now: datetime) -> Named:
    """The people whom a model names, looked up as names are kept.

    Where a session carries a directory, it is asked for those who are not known yet.
    """
    if not names:
        return Named({})
    kept = {name: name.strip().lower() for name in names}
    columns = select(UserRow.name, UserRow.id, _acts_in(family, now).label("acts"))
    found = {row.name: row for row in session.execute(columns.where(UserRow.name.in_(sorted(kept.values()))))}
    directory: Directory | None = session.info.get(DIRECTORY)
    ids: dict[str, int] = {}
    for name in sorted(names):
        row = found.get(kept[name])
        if row is not None and (row.acts or directory is not None):
            ids[name] = row.id
        elif directory is not None:
            ids[name] = directory(session, name)
    return Named(ids, tuple(name for name in sorted(names) if name not in ids))


def _acts_in(family: str, now: datetime) -> ColumnElement[bool]:
    """The user is active, and has a role in the family that does not only look, and is no customer's."""
    return (UserRow.state == "active") & exists().where(
        MembershipRow.user_id == UserRow.id,
        MembershipRow.family == family,
        or_(MembershipRow.until.is_(None), MembershipRow.until > now),
        RoleRow.family == MembershipRow.family,
        RoleRow.name == MembershipRow.role,
        RoleRow.read_only.is_(False),
        RoleRow.external.is_(False),
    )
