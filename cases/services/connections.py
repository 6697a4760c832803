"""Connections of this installation: where a service is, its secrets, which inner targets may be called.

Secrets are sealed at rest; every change is an entry of the ledger, and no secret ever stands in one, nor in
a log, an error or a page.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from urllib.parse import urlsplit

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from cases.connectors import signing
from cases.connectors.guard import Guard
from cases.errors import Conflict, Invalid, NotFound, Problem
from cases.persistence.connections import AllowedTargetRow, ConnectionRow, SecretRow
from cases.policy.access import Actor
from cases.services import ledger
from cases.vault import keyring
from cases.vault.keyring import Keyring, Sealed

ROTATION = timedelta(hours=24)
"""How long the secret before the newest is still accepted, or tried: time to change it at the other end."""

SIGNING = "signing"
"""The name of an endpoint's secret."""

_BEARER = "bearer"
_BASIC = "basic"
_HEADER = "header:"
NEVER_SET = frozenset({"host", "content-length", "transfer-encoding", "connection", "idempotency-key"})
"""Headers that neither a secret nor a model sets, in lower case: they are the client's own."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A connection as one call needs it: where, with which headers, how far it may reach."""

    name: str
    base_url: str
    headers: Mapping[str, str]
    guard: Guard

    def __repr__(self) -> str:
        return f"Opened({self.name!r}, {self.base_url!r})"


def put(session: Session, name: str, base_url: str, *, title: str = "", actor: Actor, now: datetime) -> None:
    """Say where a service is; made, or changed. Raises Invalid for what is no plain http or https address."""
    parts = urlsplit(base_url)
    is_plain = parts.scheme in {"http", "https"} and parts.hostname and not (parts.username or parts.query)
    if not is_plain or parts.fragment:
        message = "An address is http:// or https://, a host, and perhaps a path."
        raise Invalid([Problem("ADDRESS", message, "base_url")])
    row = session.get(ConnectionRow, name)
    before = None if row is None else row.base_url
    if row is None:
        row = ConnectionRow(name=name, title=title, state="active")
        session.add(row)
    row.base_url = base_url.rstrip("/")
    row.title = title or row.title
    row.changed_at, row.changed_by = now, actor.user_id
    session.flush()
    change = {"before": before, "after": row.base_url}
    ledger.record(session, "connection.put", f"connection:{name}", change, actor=actor, now=now)


def set_secret(session: Session, owner: str, name: str, text: str, *, actor: Actor, now: datetime) -> None:
    """Give `connection:pay` or `endpoint:claims` a secret. One that stood there stays good for a day.

    Of a connection: `bearer`, `basic` (user:password), or `header:NAME`. Raises Invalid for another name
    or text.
    """
    must_be_secret(owner, name, text)
    older = session.scalars(select(SecretRow).where(SecretRow.owner == owner, SecretRow.name == name))
    for row in older:
        if row.expires_at is None or row.expires_at > now + ROTATION:
            row.expires_at = now + ROTATION
    _add_secret(session, owner, name, text, now)
    ledger.record(session, "secret.set", owner, {"name": name}, actor=actor, now=now)


def must_be_secret(owner: str, name: str, text: str) -> None:
    """Raise Invalid for a secret that could not be used."""
    kind, _, _ = owner.partition(":")
    header = name.removeprefix(_HEADER) if name.startswith(_HEADER) else ""
    known = name == SIGNING if kind == "endpoint" else name in {_BEARER, _BASIC} or bool(header)
    if not known or header.lower() in NEVER_SET or not all("!" <= char <= "~" for char in header):
        message = "A secret is bearer, basic, header:NAME, or of an endpoint signing."
        raise Invalid([Problem("SECRET_NAME", message, "name")])
    if name == SIGNING:
        try:
            signing.key_of(text)
        except ValueError as error:
            raise Invalid([Problem("SECRET", f"{error}.".capitalize(), "secret")]) from None
    elif not text or not text.isprintable():
        raise Invalid([Problem("SECRET", "A secret has at least one character, and no line ends.", "secret")])


def secrets_of(session: Session, owner: str, name: str, now: datetime) -> list[str]:
    """The secrets in force, the newest first: two while one is being changed."""
    rows = session.scalars(
        select(SecretRow)
        .where(
            SecretRow.owner == owner,
            SecretRow.name == name,
            or_(SecretRow.expires_at.is_(None), SecretRow.expires_at > now),
        )
        .order_by(SecretRow.created_at.desc(), SecretRow.id.desc())
        .limit(2)
    )
    ring = ring_of(session)
    return [ring.open(Sealed(row.key_id, row.ciphertext), _row_name(row)) for row in rows]


def allow_target(session: Session, host: str, port: int, reason: str, *, actor: Actor, now: datetime) -> None:
    """Let connections reach one host and port that the guard refuses otherwise.

    Raises Invalid without a reason.
    """
    if not reason.strip():
        raise Invalid([Problem("REASON", "Say why this inner target may be called.", "reason")])
    if not host or not 0 < port < 65536:
        raise Invalid([Problem("TARGET", "A target is a host and a port.", "host")])
    kept = host.lower().rstrip(".")
    row = session.get(AllowedTargetRow, (kept, port))
    if row is None:
        session.add(AllowedTargetRow(host=kept, port=port, reason=reason, at=now, by=actor.user_id))
    else:
        row.reason, row.at, row.by = reason, now, actor.user_id
    session.flush()
    ledger.record(session, "target.allow", f"target:{kept}:{port}", {"reason": reason}, actor=actor, now=now)


def forbid_target(session: Session, host: str, port: int, *, actor: Actor, now: datetime) -> None:
    """Take a target off the list. Raises NotFound."""
    kept = host.lower().rstrip(".")
    row = session.get(AllowedTargetRow, (kept, port))
    if row is None:
        raise NotFound(f"{kept}:{port} is not on the list.")
    session.execute(
        delete(AllowedTargetRow).where(AllowedTargetRow.host == kept, AllowedTargetRow.port == port)
    )
    ledger.record(session, "target.forbid", f"target:{kept}:{port}", {}, actor=actor, now=now)


def open_for_call(session: Session, name: str, now: datetime) -> Opened:
    """The connection, with its secrets, for one call.

    Raises NotFound where it has no address, Conflict when it is off.
    """
    row = session.get(ConnectionRow, name)
    if row is None:
        raise NotFound(f"The connection {name} has no address in this installation.")
    if row.state != "active":
        raise Conflict(f"The connection {name} is switched off.", code="CONNECTION_OFF")
    allowed = session.execute(select(AllowedTargetRow.host, AllowedTargetRow.port))
    guard = Guard(frozenset((host, port) for host, port in allowed))
    return Opened(name, row.base_url, _headers(session, f"connection:{name}", now), guard)


def ring_of(session: Session) -> Keyring:
    """The keys of the installation that the session belongs to. Raises ValueError where it was given none."""
    return _ring(str(session.info.get("secret_key", "")))


def _headers(session: Session, owner: str, now: datetime) -> dict[str, str]:
    rows = session.scalars(
        select(SecretRow)
        .where(SecretRow.owner == owner, or_(SecretRow.expires_at.is_(None), SecretRow.expires_at > now))
        .order_by(SecretRow.created_at, SecretRow.id)
    ).all()
    headers: dict[str, str] = {}
    for row in rows:
        text = ring_of(session).open(Sealed(row.key_id, row.ciphertext), _row_name(row))
        if row.name == _BEARER:
            headers["Authorization"] = f"Bearer {text}"
        elif row.name == _BASIC:
            headers["Authorization"] = f"Basic {base64.b64encode(text.encode()).decode()}"
        else:
            headers[row.name.removeprefix(_HEADER)] = text
    return headers


def _add_secret(session: Session, owner: str, name: str, text: str, now: datetime) -> None:
    """The row first, since the secret is bound to its number."""
    row = SecretRow(owner=owner, name=name, ciphertext=b"", key_id="", created_at=now)
    session.add(row)
    session.flush()
    sealed = ring_of(session).seal(text, _row_name(row))
    row.ciphertext, row.key_id = sealed.ciphertext, sealed.key_id
    session.flush()


def _row_name(row: SecretRow) -> str:
    return f"secret/{row.id}/{row.owner}/{row.name}"


@lru_cache(maxsize=8)
def _ring(secret_key: str) -> Keyring:
    return keyring.ring(secret_key)
