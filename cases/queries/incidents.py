"""Incidents by cause: what failed, for how many cases, since when; what has healed, what was decided."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from cases.persistence.instances import CaseInstanceRow
from cases.persistence.jobs import IncidentRow
from cases.policy.access import Actor
from cases.queries.incident_rows import Incident, Viewer, by_ids, visible

COUNTED_TO = 100
"""So many are counted for the menu: beyond it, only that there are more."""

LOOKED_AT = 2_000
"""So many open incidents, the latest, are grouped by cause."""

SHOWN = 200
SHOWN_OF_ONE = 20
RESOLVED_SHOWN = 100
HEALED_SHOWN = 20
LATELY = timedelta(minutes=10)
_BARS = 24
_UNRESOLVED = ("open", "retrying")


@dataclass(frozen=True, slots=True)
class Count:
    """How many, up to a cap: beyond it only that there are more."""

    number: int

    def __str__(self) -> str:
        return f"{COUNTED_TO - 1}+" if self.number >= COUNTED_TO else str(self.number)

    def __bool__(self) -> bool:
        return self.number > 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked at: all, or one service, one kind, one cause."""

    service: str = ""
    kind: str = ""
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Cause:
    """Incidents that have one cause. `number` counts all; `incidents` are the latest. `bars`: when."""

    key: str
    number: int
    cases: int
    first_at: datetime
    last_at: datetime
    bars: tuple[int, ...]
    incidents: tuple[Incident, ...]

    @property
    def sample(self) -> Incident:
        """The latest: what is said of all is said of it."""
        return self.incidents[0]


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that a list can be narrowed to."""

    key: str
    title: str
    number: int


@dataclass(frozen=True, slots=True)
class Overview:
    """What is open, by cause, the latest group first; and what it can be narrowed to."""

    causes: tuple[Cause, ...]
    services: tuple[Choice, ...]
    kinds: tuple[Choice, ...]
    number: int
    is_cut: bool


@dataclass(frozen=True, slots=True)
class _Light:
    """What is needed of an incident to put it to its cause."""

    id: int
    opened_at: datetime
    case_id: int | None
    kind: str
    service: str
    service_title: str
    key: str
    is_open: bool


def count(session: Session, actor: Actor) -> Count:
    """How many incidents are open among those that this person may see, up to the cap."""
    some = select(IncidentRow.id).where(*_unresolved(actor)).limit(COUNTED_TO).subquery()
    return Count(session.execute(select(func.count()).select_from(some)).scalar_one())


def overview(session: Session, actor: Actor, wanted: Wanted = Wanted()) -> Overview:
    """What waits for a person or is tried again, grouped by cause."""
    lights = _lights(session, actor)
    kept = [one for one in lights if _is_wanted(one, wanted)]
    groups: dict[str, list[_Light]] = {}
    for one in kept:
        groups.setdefault(one.key, []).append(one)
    most = SHOWN if wanted.cause else SHOWN_OF_ONE
    ids = [one.id for same in groups.values() for one in same[:most]][:SHOWN]
    found = {one.id: one for one in by_ids(session, actor, ids)}
    causes = (_cause(key, same, found) for key, same in groups.items())
    return Overview(
        causes=tuple(cause for cause in causes if cause.incidents),
        services=_choices((one.service, one.service_title) for one in lights if one.service),
        kinds=_choices((one.kind, one.kind) for one in lights),
        number=len(kept),
        is_cut=len(lights) >= LOOKED_AT,
    )


def of_cause(session: Session, actor: Actor, cause: str, most: int) -> list[int]:
    """The open incidents of a cause that this person sees, the latest first; those under way are left out."""
    ids = [one.id for one in _lights(session, actor) if one.key == cause and one.is_open]
    return ids[:most]


def by_cause(session: Session, actor: Actor) -> tuple[Cause, ...]:
    """All that is open, grouped by cause."""
    return overview(session, actor).causes


def healed(session: Session, actor: Actor, now: datetime) -> tuple[Incident, ...]:
    """What was tried again, and has worked a moment ago: so that nobody has to wonder where it went."""
    rows = session.scalars(
        select(IncidentRow.id)
        .where(
            IncidentRow.state == "resolved",
            IncidentRow.resolution == "retried",
            IncidentRow.resolved_at > now - LATELY,
            visible(actor),
        )
        .order_by(IncidentRow.resolved_at.desc(), IncidentRow.id.desc())
        .limit(HEALED_SHOWN)
    )
    return by_ids(session, actor, list(rows))


def resolved(session: Session, actor: Actor, wanted: Wanted = Wanted()) -> tuple[Incident, ...]:
    """What was decided or has healed lately, the latest first."""
    query = (
        select(IncidentRow.id)
        .where(IncidentRow.state == "resolved", visible(actor))
        .order_by(IncidentRow.resolved_at.desc(), IncidentRow.id.desc())
        .limit(RESOLVED_SHOWN)
    )
    if wanted.kind:
        query = query.where(IncidentRow.kind == wanted.kind)
    if wanted.service:
        query = query.where(IncidentRow.connection == wanted.service)
    found = by_ids(session, actor, list(session.scalars(query)))
    # A service that one may not see must not be found out by asking for it.
    return tuple(one for one in found if one.step or not wanted.service)


def _unresolved(actor: Actor) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return IncidentRow.state.in_(_UNRESOLVED), visible(actor)


def _lights(session: Session, actor: Actor) -> list[_Light]:
    rows = session.execute(
        select(
            IncidentRow.id,
            IncidentRow.opened_at,
            IncidentRow.state,
            IncidentRow.case_id,
            IncidentRow.kind,
            IncidentRow.connection,
            IncidentRow.definition,
            IncidentRow.code,
            IncidentRow.fingerprint,
            CaseInstanceRow.deployment_id,
            CaseInstanceRow.definition.label("model"),
            CaseInstanceRow.family,
        )
        .outerjoin(CaseInstanceRow, CaseInstanceRow.id == IncidentRow.case_id)
        .where(*_unresolved(actor))
        .order_by(IncidentRow.opened_at.desc(), IncidentRow.id.desc())
        .limit(LOOKED_AT)
    ).all()
    viewer = Viewer(session, actor)
    shown: dict[tuple[object, ...], bool] = {}
    lights = []
    for row in rows:
        place = (row.deployment_id, row.model, row.definition, row.family)
        if place not in shown:
            shown[place] = viewer.sees(*place)
        service = (row.connection or "") if shown[place] else ""
        lights.append(
            _Light(
                id=row.id,
                opened_at=row.opened_at,
                case_id=row.case_id,
                kind=row.kind,
                service=service,
                service_title=viewer.service(row.deployment_id, service),
                key=_key(row, is_seen=shown[place]),
                is_open=row.state == "open",
            )
        )
    return lights


def _key(row: Any, *, is_seen: bool) -> str:  # noqa: ANN401 - a row of a query
    """The cause as it stands in an address: it names nothing."""
    told = row.fingerprint
    if told is None or row.kind == "model":
        # The fault of a model is kept once a case; for who mends the model it is one.
        told = ":".join((row.kind, row.connection or "", row.definition or "", row.code))
    return hashlib.sha256(f"{told}:{is_seen}".encode()).hexdigest()[:16]


def _is_wanted(one: _Light, wanted: Wanted) -> bool:
    return (
        (not wanted.service or one.service == wanted.service)
        and (not wanted.kind or one.kind == wanted.kind)
        and (not wanted.cause or one.key == wanted.cause)
    )


def _cause(key: str, same: list[_Light], found: Mapping[int, Incident]) -> Cause:
    first, last = min(one.opened_at for one in same), max(one.opened_at for one in same)
    bars = [0] * _BARS
    for one in same:
        share = (one.opened_at - first) / (last - first) if last > first else 1.0
        bars[min(int(share * _BARS), _BARS - 1)] += 1
    return Cause(
        key=key,
        number=len(same),
        cases=len({one.case_id for one in same if one.case_id is not None}),
        first_at=first,
        last_at=last,
        bars=tuple(bars),
        incidents=tuple(found[one.id] for one in same if one.id in found),
    )


def _choices(named: Iterable[tuple[str, str]]) -> tuple[Choice, ...]:
    counted: dict[tuple[str, str], int] = {}
    for one in named:
        counted[one] = counted.get(one, 0) + 1
    return tuple(Choice(key, title, number) for (key, title), number in sorted(counted.items()))
