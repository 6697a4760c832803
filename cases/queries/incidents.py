"""Incidents by cause: what failed, for how many cases, what was asked and answered, what is tried again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from cases import catalogue
from cases.persistence import rights
from cases.persistence.instances import CaseInstanceRow
from cases.persistence.jobs import IncidentRow, JobRow
from cases.policy import masking
from cases.policy.access import Actor, Permission, condition, may
from cases.queries.worklist import COUNTED_TO, Count

SHOWN = 200
_UNRESOLVED = ("open", "retrying")
HIDDEN = "\N{BULLET}" * 8
_SECRET = ("authorization", "cookie", "token", "secret", "password", "api-key", "apikey", "signature")


@dataclass(frozen=True, slots=True)
class Incident:
    """One thing that failed in one case. `step` is empty where the person may not see which it is."""

    id: int
    case_key: str
    case_title: str
    step: str
    definition: str
    connection: str
    code: str
    message: str
    opened_at: datetime
    attempts: int
    is_retrying: bool
    next_at: datetime | None
    details: Mapping[str, object]
    has_job: bool
    may_resolve: bool
    zone: str


@dataclass(frozen=True, slots=True)
class Cause:
    """Incidents that have one cause."""

    key: str
    step: str
    connection: str
    code: str
    message: str
    first_at: datetime
    last_at: datetime
    incidents: tuple[Incident, ...]


def count(session: Session, actor: Actor) -> Count:
    """How many incidents are open among those that this person may see, up to the cap."""
    some = _open(actor).with_only_columns(IncidentRow.id).limit(COUNTED_TO).subquery()
    return Count(session.execute(select(func.count()).select_from(some)).scalar_one())


def by_cause(session: Session, actor: Actor) -> tuple[Cause, ...]:
    """What is open, grouped by cause, the latest group first."""
    rows = session.execute(
        _open(actor)
        .add_columns(CaseInstanceRow, JobRow)
        .outerjoin(CaseInstanceRow, CaseInstanceRow.id == IncidentRow.case_id)
        .outerjoin(JobRow, JobRow.id == IncidentRow.job_id)
        .order_by(IncidentRow.opened_at.desc(), IncidentRow.id.desc())
        .limit(SHOWN)
    ).all()
    found: dict[str, list[Incident]] = {}
    for incident, case, job in rows:
        key = incident.fingerprint or f"{incident.connection}:{incident.definition}:{incident.code}"
        found.setdefault(key, []).append(_incident(session, actor, incident, case, job))
    return tuple(
        Cause(
            key=key,
            step=same[0].step,
            connection=same[0].connection,
            code=same[0].code,
            message=same[0].message,
            first_at=same[-1].opened_at,
            last_at=same[0].opened_at,
            incidents=tuple(same),
        )
        for key, same in found.items()
    )


def masked(value: object) -> object:
    """A request or an answer as it may be shown: nothing under a name that sounds like a secret."""
    if isinstance(value, Mapping):
        return {name: HIDDEN if _is_secret(str(name)) else masked(part) for name, part in value.items()}
    if isinstance(value, list):
        return [masked(part) for part in value]
    return value


def _open(actor: Actor) -> Select[IncidentRow]:
    return select(IncidentRow).where(IncidentRow.state.in_(_UNRESOLVED), _visible(actor))


def _visible(actor: Actor) -> ColumnElement[bool]:
    return rights.visible(condition(actor, Permission.VIEW_INCIDENT), {"family": IncidentRow.family})


def _incident(
    session: Session, actor: Actor, row: IncidentRow, case: CaseInstanceRow | None, job: JobRow | None
) -> Incident:
    step = _step_name(session, actor, row, case)
    # Said by the row, not by the press of a button: it stays so until the job has really run.
    is_retrying = row.state == "retrying"
    return Incident(
        id=row.id,
        case_key=case.business_key if case else "",
        case_title=case.title if case else "",
        step=step,
        definition=(row.definition or "") if step else "",
        connection=(row.connection or "") if step else "",
        code=row.code,
        message=row.message if step else "",
        opened_at=row.opened_at,
        attempts=job.attempts if job else 0,
        is_retrying=is_retrying,
        next_at=job.run_at if job is not None and is_retrying else None,
        details=_shown(row.details) if step else {},
        has_job=row.job_id is not None,
        zone="UTC" if case is None else catalogue.case_app(session, case.deployment_id).zone,
        may_resolve=may(actor, Permission.RESOLVE_INCIDENT, {"family": row.family}),
    )


def _shown(details: object) -> Mapping[str, object]:
    kept = masked(details)
    return kept if isinstance(kept, dict) else {}


def _step_name(session: Session, actor: Actor, row: IncidentRow, case: CaseInstanceRow | None) -> str:
    """The name of the step; none where it answers into what this person may not see."""
    if case is None or row.definition is None:
        return row.definition or row.kind
    definition = catalogue.program(session, case.deployment_id, case.definition).definition
    number = definition.by_id.get(row.definition)
    if number is None:
        return row.definition
    item = definition.items[number]
    readers = catalogue.case_app(session, case.deployment_id).readers
    rules = masking.of_case(definition, readers)
    return item.name if masking.shows_item(rules, actor.roles(case.family), definition, item) else ""


def _is_secret(name: str) -> bool:
    plain = name.lower().replace("_", "-")
    return any(word in plain for word in _SECRET)
