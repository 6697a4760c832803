"""Incidents as one person may see them: row by row, in dots what they may not."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, or_, select, true
from sqlalchemy.orm import Session

from cases import catalogue
from cases.caseapp import by_hand
from cases.cmmn.metamodel import PlanItem
from cases.cmmn.workmodel import ServiceTask
from cases.persistence import rights
from cases.persistence.instances import CaseInstanceRow
from cases.persistence.jobs import IncidentRow, JobRow
from cases.persistence.limits import BreakerRow
from cases.persistence.people import UserRow
from cases.policy import masking
from cases.policy.access import INSTALLATION, Actor, Permission, condition, may
from cases.policy.breaker import State as BreakerState
from cases.policy.masking import Masking

HIDDEN = "\N{BULLET}" * 8
_SECRET = ("authorization", "cookie", "token", "secret", "password", "api-key", "apikey", "signature")
_TOLD = frozenset(
    {"step", "way", "asking", "unknown", "key", "tries", "retries", "request", "answer", "by_hand"}
    | {"attempts", "status", "operation", "method", "path"}
)
"""What a page says in places of its own, or what only the engine needs."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was asked and answered last, and each try before it; in dots what this person may not see."""

    request: Mapping[str, Any] = field(default_factory=dict)
    answer: Mapping[str, Any] = field(default_factory=dict)
    tries: tuple[Mapping[str, Any], ...] = ()
    rest: Mapping[str, Any] = field(default_factory=dict)
    is_unknown: bool = False
    key: str = ""

    def __bool__(self) -> bool:
        return bool(self.request or self.answer or self.tries or self.rest or self.is_unknown or self.key)


@dataclass(frozen=True, slots=True)
class Retry:
    """One time that a person had it tried again; `outcome` is a code, or empty while it is under way."""

    at: datetime
    by: str
    reason: str
    outcome: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Incident:
    """One thing that failed in one case. `step` is empty where the person may not see which it is.

    `item` is the number of its plan item in the model.
    """

    id: int
    state: str
    kind: str
    case_key: str
    case_title: str
    item: int | None
    step: str
    service: str
    code: str
    status: int | None
    message: str
    opened_at: datetime
    attempts: int
    retries: tuple[Retry, ...]
    next_at: datetime | None
    is_at_work: bool
    is_parked: bool
    exchange: Exchange
    has_job: bool
    may_resolve: bool
    zone: str
    resolved_at: datetime | None = None
    resolved_by: str = ""
    resolution: str = ""
    reason: str = ""

    @property
    def is_retrying(self) -> bool:
        return self.state == "retrying"

    @property
    def failed_again(self) -> Retry | None:
        """The last retry, where it has failed."""
        last = self.retries[-1] if self.retries and self.state == "open" else None
        return last if last is not None and last.outcome else None


class Viewer:
    """One person, and what of the steps of case models they see."""

    def __init__(self, session: Session, actor: Actor) -> None:
        self.session = session
        self.actor = actor
        self._rules: dict[tuple[int, str], Masking] = {}

    def item(self, deployment: int | None, model: str | None, step: str | None) -> PlanItem | None:
        """The plan item of a step, where the model has it."""
        if deployment is None or model is None or step is None:
            return None
        definition = catalogue.program(self.session, deployment, model).definition
        number = definition.by_id.get(step)
        return None if number is None else definition.items[number]

    def sees(self, deployment: int | None, model: str | None, step: str | None, family: str | None) -> bool:
        """Whether a step may be named to this person."""
        item = self.item(deployment, model, step)
        if item is None or deployment is None or model is None or self.actor.kind == "system":
            return True
        definition = catalogue.program(self.session, deployment, model).definition
        return masking.shows_item(
            self.rules(deployment, model), self.actor.roles(family or ""), definition, item
        )

    def rules(self, deployment: int, model: str) -> Masking:
        """What of a model's cases is masked."""
        if (deployment, model) not in self._rules:
            definition = catalogue.program(self.session, deployment, model).definition
            readers = catalogue.case_app(self.session, deployment).readers
            self._rules[deployment, model] = masking.of_case(definition, readers)
        return self._rules[deployment, model]

    def service(self, deployment: int | None, connection: str) -> str:
        """A service as its app calls it."""
        if deployment is None or not connection:
            return connection
        spec = catalogue.case_app(self.session, deployment).connections.get(connection)
        return connection if spec is None else spec.title or connection


def visible(actor: Actor) -> ColumnElement[bool]:
    """What this person may see. Rows of older versions name no family: theirs is that of their case."""
    seen = condition(actor, Permission.VIEW_INCIDENT)
    mine = select(CaseInstanceRow.id).where(
        CaseInstanceRow.id == IncidentRow.case_id, rights.visible(seen, rights.CASE)
    )
    of_case = exists(mine.correlate(IncidentRow))
    is_ours = true() if may(actor, Permission.VIEW_INCIDENT, {"family": INSTALLATION}) else false()
    return or_(
        rights.visible(seen, {"family": IncidentRow.family}),
        and_(IncidentRow.family.is_(None), or_(of_case, and_(IncidentRow.case_id.is_(None), is_ours))),
    )


def by_ids(session: Session, actor: Actor, ids: Collection[int]) -> tuple[Incident, ...]:
    """These incidents, in this order; those that the person may not see are left out."""
    if not ids:
        return ()
    rows = session.execute(_whole().where(IncidentRow.id.in_(list(ids)), visible(actor))).all()
    retried = {row.connection for row, _, _, _ in rows if row.connection and row.state == "retrying"}
    parked: set[str] = set()
    if retried:
        open_ones = select(BreakerRow.connector).where(
            BreakerRow.connector.in_(retried), BreakerRow.state != BreakerState.CLOSED.value
        )
        parked = set(session.scalars(open_ones))
    viewer = Viewer(session, actor)
    found = {row.id: _incident(viewer, (row, case, job, by), parked) for row, case, job, by in rows}
    return tuple(found[one] for one in ids if one in found)


def masked(value: object) -> object:
    """A request or an answer as it may be shown: nothing under a name that sounds like a secret."""
    if isinstance(value, Mapping):
        return {name: HIDDEN if _is_secret(str(name)) else masked(part) for name, part in value.items()}
    if isinstance(value, list):
        return [masked(part) for part in value]
    return float(value) if isinstance(value, Decimal) else value


def _whole() -> Select[IncidentRow, CaseInstanceRow, JobRow, str]:
    return (
        select(IncidentRow, CaseInstanceRow, JobRow, UserRow.display)
        .outerjoin(CaseInstanceRow, CaseInstanceRow.id == IncidentRow.case_id)
        .outerjoin(JobRow, JobRow.id == IncidentRow.job_id)
        .outerjoin(UserRow, UserRow.id == IncidentRow.resolved_by)
    )


def _incident(
    viewer: Viewer,
    found: tuple[IncidentRow, CaseInstanceRow | None, JobRow | None, str | None],
    parked: Collection[str],
) -> Incident:
    row, case, job, by = found
    deployment, model = (case.deployment_id, case.definition) if case else (None, None)
    family = row.family or (case.family if case else INSTALLATION)
    item = viewer.item(deployment, model, row.definition)
    sees = viewer.sees(deployment, model, row.definition, family)
    # Said by the row, not by the press of a button: it stays so until the job has really run.
    is_retrying = row.state == "retrying"
    details = row.details or {}
    name = item.name if item else row.definition or row.kind
    return Incident(
        id=row.id,
        state=row.state,
        kind=row.kind,
        case_key=case.business_key if case else "",
        case_title=case.title if case else "",
        item=item.number if item is not None and sees else None,
        step=name if sees else "",
        service=viewer.service(deployment, row.connection or "") if sees else "",
        code=row.code if sees else "",
        status=details.get("status") if sees else None,
        message=row.message if sees else "",
        opened_at=row.opened_at,
        attempts=int(details.get("attempts") or 0) or (job.attempts if job else 0),
        retries=_retries(details),
        next_at=job.run_at if job is not None and is_retrying else None,
        is_at_work=is_retrying and job is not None and job.state == "leased",
        is_parked=is_retrying and row.connection in parked and job is not None and job.state == "ready",
        exchange=_exchange(_seen(viewer, case, item, details)) if sees else Exchange(),
        has_job=row.job_id is not None,
        may_resolve=may(viewer.actor, Permission.RESOLVE_INCIDENT, {"family": family}),
        zone="UTC" if case is None else catalogue.case_app(viewer.session, case.deployment_id).zone,
        resolved_at=row.resolved_at,
        resolved_by=by or "",
        resolution=row.resolution or "",
        reason=row.reason or "",
    )


def _retries(details: Mapping[str, Any]) -> tuple[Retry, ...]:
    return tuple(
        Retry(
            at=datetime.fromisoformat(one["at"]),
            by=one.get("by", ""),
            reason=one.get("reason", ""),
            outcome=one.get("outcome", ""),
            until=datetime.fromisoformat(one["until"]) if one.get("until") else None,
        )
        for one in details.get("retries", ())
    )


def _exchange(details: Mapping[str, Any]) -> Exchange:
    if not details:
        return Exchange()
    tries = tuple({**one, "at": datetime.fromisoformat(one["at"])} for one in details.get("tries", ()))
    request = details.get("request") or {}
    if not request and details.get("operation"):
        request = {name: details[name] for name in ("method", "path") if details.get(name)}
    answer = details.get("answer") or ({"status": details["status"]} if details.get("status") else {})
    return Exchange(
        request=request if isinstance(request, Mapping) else {"body": request},
        answer=answer if isinstance(answer, Mapping) else {"body": answer},
        tries=tries,
        rest={name: value for name, value in details.items() if name not in _TOLD},
        is_unknown=bool(details.get("unknown")),
        key=details.get("key") or "",
    )


def _seen(
    viewer: Viewer, case: CaseInstanceRow | None, item: PlanItem | None, details: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The details without secrets, and without what of the case file this person does not see whole."""
    kept = masked(details)
    shown: dict[str, Any] = kept if isinstance(kept, dict) else {}
    step = None if item is None else item.definition
    if case is None or viewer.actor.kind == "system" or not isinstance(step, ServiceTask):
        return shown
    rules, roles = viewer.rules(case.deployment_id, case.definition), viewer.actor.roles(case.family)
    hidden = {one.name for one in step.work.inputs if not masking.may_show(one.value.names, rules, roles)}
    is_kept_back = any(not masking.may_show([one.path], rules, roles) for one in step.work.outputs)
    app = catalogue.case_app(viewer.session, case.deployment_id)
    operation = by_hand.operation_of(app, step, int(details.get("way") or 0))
    if hidden and isinstance(shown.get("request"), dict):
        is_plain = operation is not None and operation.body is None
        shown["request"] = _without(shown["request"], hidden if is_plain else None, shown.get("path"))
    if (hidden or is_kept_back) and isinstance(shown.get("answer"), dict):
        # It may echo what was asked, or hold what is kept back itself.
        shown["answer"] = {**shown["answer"], "body": HIDDEN}
    return shown


def _without(request: Mapping[str, Any], hidden: Collection[str] | None, path: object) -> dict[str, Any]:
    """A request without these inputs; where it is not known where they went (None), without what was sent."""
    body = request.get("body")
    if hidden is not None and isinstance(body, Mapping) and set(hidden) <= body.keys():
        kept = {name: HIDDEN if name in hidden else part for name, part in body.items()}
        return {**request, "body": kept}
    return {**request, "path": path or HIDDEN, "body": None if body is None else HIDDEN}


def _is_secret(name: str) -> bool:
    plain = name.lower().replace("_", "-")
    return any(word in plain for word in _SECRET)
