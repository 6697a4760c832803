"""Sign in and out: attempts are counted before they are looked at; of a token only the hash is kept.

Doors call `take_attempt` and `sign_in` in two transactions, so that an attempt counts also where it fails;
one that succeeds takes its own back, so that in the end failures alone are counted.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cases.errors import NotAllowed, NotFound
from cases.persistence.people import MembershipRow, RoleRow, UserRow
from cases.persistence.signin import ThrottleRow, UserSessionRow
from cases.policy.access import SYSTEM, Actor, Grant
from cases.services import ledger
from cases.vault import passwords, tokens

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
VISITS_COUNT_AFTER = timedelta(minutes=1)
"""A visit is written down only when the last one is older: reading a page should not cost a write."""

WINDOW = timedelta(minutes=15)
LONGEST_WAIT = timedelta(minutes=15)
_LIMITS = {"name": 5, "address": 30, "all": 300}
_ALL = "all:*"


@dataclass(frozen=True, slots=True)
class Visit:
    """Who is behind a token, and whether this visit should be written down (`touch`)."""

    actor: Actor
    is_stale: bool


def take_attempt(session: Session, name: str, address: str, now: datetime) -> timedelta:
    """Count one attempt to sign in. Zero where it may be made; otherwise how long to wait first.

    Counted by name, by address and over all: in the database, so over all processes. Waiting grows with each
    attempt and never ends in a lock-out.
    """
    waits = [_count(session, key, limit, now) for key, limit in _counters(name, address)]
    return max(waits)


def give_back(session: Session, name: str, address: str) -> None:
    """Undo what `take_attempt` counted of a sign-in that succeeded.

    The name begins anew: whoever has its password need not wait for a stranger's guesses. By address and over
    all only this one attempt goes: else one known password would let its address guess at the others.
    """
    name_key = f"name:{folded(name)[:120]}"
    for key, limit in _counters(name, address):
        row = session.execute(
            select(ThrottleRow).where(ThrottleRow.key == key).with_for_update()
        ).scalar_one_or_none()
        if row is None:
            continue
        if key == name_key:
            session.delete(row)
            continue
        row.failures = max(row.failures - 1, 0)
        if row.failures < limit:
            row.blocked_until = None


def sign_in(
    session: Session, name: str, password: str, now: datetime, address: str = "", agent: str = ""
) -> tuple[str, int]:
    """Check the password and open a session: its token, and whose it is.

    Raises NotAllowed in one and the same way for a wrong name, a wrong password and a disabled person; the
    work done is the same too.
    """
    user = verify(session, name, password)
    if user is None:
        raise NotAllowed("The name or the password is not right.", code="SIGN_IN")
    give_back(session, name, address)
    return open_session(session, user, now, address, agent), user


def verify(session: Session, name: str, password: str) -> int | None:
    """Whose name and password these are. Takes as long for a name that nobody has."""
    row = session.execute(
        select(UserRow.id, UserRow.password_hash).where(
            UserRow.name == folded(name), UserRow.state == "active"
        )
    ).one_or_none()
    if row is None or row.password_hash is None:
        passwords.verify_nobody(password)
        return None
    return row.id if passwords.verify(row.password_hash, password) else None


def open_session(session: Session, user_id: int, now: datetime, address: str = "", agent: str = "") -> str:
    """Open a session for somebody whose identity is beyond doubt: its token, which is kept nowhere else."""
    token = tokens.new_session()
    session.add(
        UserSessionRow(
            token_hash=tokens.hash_of(token),
            user_id=user_id,
            created_at=now,
            seen_at=now,
            expires_at=now + LONGEST,
            fresh_at=now,
            address=address[:80] or None,
            agent=agent[:300] or None,
        )
    )
    name = session.execute(select(UserRow.name).where(UserRow.id == user_id)).scalar_one()
    session.flush()
    actor = Actor(user_id, name, name)
    detail = {"address": address}
    ledger.record(session, "session.open", f"user:{user_id}", detail, actor=actor, now=now, via="page")
    return token


def note_failure(session: Session, name: str, address: str, now: datetime) -> None:
    """Write down that a sign-in failed; whether the name is somebody's is not said."""
    detail = {"name": folded(name)[:120], "address": address}
    ledger.record(session, "session.refused", "sign-in", detail, actor=SYSTEM, now=now, via="page")


def actor_of(session: Session, token: str, now: datetime) -> Actor | None:
    """Who is behind a token, with the roles in force now; None when the session has ended."""
    visit = visit_of(session, token, now)
    return visit.actor if visit else None


def visit_of(session: Session, token: str, now: datetime) -> Visit | None:
    """As `actor_of`, and whether the visit should be written down."""
    row = session.execute(
        select(UserRow.id, UserRow.name, UserRow.display, UserSessionRow.seen_at)
        .join(UserSessionRow, UserSessionRow.user_id == UserRow.id)
        .where(
            UserSessionRow.token_hash == tokens.hash_of(token),
            UserSessionRow.expires_at > now,
            UserSessionRow.seen_at > now - IDLE,
            UserRow.state == "active",
        )
    ).one_or_none()
    if row is None:
        return None
    actor = Actor(row.id, row.name, row.display, grants_of(session, row.id, now))
    return Visit(actor, row.seen_at < now - VISITS_COUNT_AFTER)


def actor_named(session: Session, name: str, now: datetime) -> Actor:
    """Somebody by name, with the roles in force now: who asks for them is trusted. Raises NotFound."""
    row = session.execute(
        select(UserRow.id, UserRow.name, UserRow.display).where(UserRow.name == folded(name))
    ).one_or_none()
    if row is None:
        raise NotFound(f"There is nobody called {name}.")
    return Actor(row.id, row.name, row.display, grants_of(session, row.id, now))


def actor_in_force(session: Session, user_id: int, now: datetime) -> Actor:
    """Somebody with the roles in force now; who has left since has none."""
    row = session.get_one(UserRow, user_id)
    grants = grants_of(session, row.id, now) if row.state == "active" else frozenset()
    return Actor(row.id, row.name, row.display, grants)


def grants_of(session: Session, user_id: int, now: datetime) -> frozenset[Grant]:
    """The roles that somebody holds at this moment."""
    rows = session.execute(
        select(RoleRow)
        .join(MembershipRow, (MembershipRow.family == RoleRow.family) & (MembershipRow.role == RoleRow.name))
        .where(
            MembershipRow.user_id == user_id, or_(MembershipRow.until.is_(None), MembershipRow.until > now)
        )
        .order_by(RoleRow.family, RoleRow.name)
    ).scalars()
    return frozenset(
        Grant(
            family=row.family,
            role=row.name,
            read_only=row.read_only,
            external=row.external,
            supervisor=row.supervisor,
            operator=row.operator,
            administrator=row.administrator,
            authority=row.authority,
        )
        for row in rows
    )


def touch(session: Session, token: str, now: datetime) -> None:
    """Write down that somebody was here."""
    session.execute(
        update(UserSessionRow).where(UserSessionRow.token_hash == tokens.hash_of(token)).values(seen_at=now)
    )


def sign_out(session: Session, token: str) -> None:
    """End one session."""
    session.execute(delete(UserSessionRow).where(UserSessionRow.token_hash == tokens.hash_of(token)))


def end_sessions(session: Session, user_id: int) -> None:
    """End every session of somebody: they were disabled, or their password changed."""
    session.execute(delete(UserSessionRow).where(UserSessionRow.user_id == user_id))


def hash_password(password: str) -> str:
    """The hash under which a password is kept."""
    return passwords.hash_of(password)


def folded(name: str) -> str:
    """A name as it is kept and compared."""
    return name.strip().lower()


def _counters(name: str, address: str) -> list[tuple[str, int]]:
    return [
        (f"name:{folded(name)[:120]}", _LIMITS["name"]),
        (f"address:{address[:80]}", _LIMITS["address"]),
        (_ALL, _LIMITS["all"]),
    ]


def _count(session: Session, key: str, limit: int, now: datetime) -> timedelta:
    row = _counter(session, key, now)
    if row.blocked_until is not None and row.blocked_until > now:
        return row.blocked_until - now
    if row.window_at < now - WINDOW:
        row.failures, row.window_at = 0, now
    row.failures += 1
    if row.failures >= limit:
        over = row.failures - limit
        row.blocked_until = now + min(timedelta(seconds=2 ** min(over, 10)), LONGEST_WAIT)
    session.flush()
    return timedelta()


def _counter(session: Session, key: str, now: datetime) -> ThrottleRow:
    """The row of a counter, locked. Of two processes that both find none, the second finds the first's."""
    query = select(ThrottleRow).where(ThrottleRow.key == key).with_for_update()
    row = session.execute(query).scalar_one_or_none()
    if row is not None:
        return row
    try:
        with session.begin_nested():
            session.add(ThrottleRow(key=key, failures=0, window_at=now))
    except IntegrityError:
        session.expire_all()
    return session.execute(query).scalar_one()
