"""One incident with what may be done about it, and what is asked for that; and a batch with its results."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.caseapp import by_hand
from cases.caseapp.by_hand import Asked
from cases.cmmn.workmodel import ServiceTask
from cases.errors import NotFound
from cases.persistence import codec
from cases.persistence.batches import BatchItemRow, BatchRow
from cases.persistence.jobs import IncidentRow, JobRow
from cases.persistence.people import UserRow
from cases.policy.access import Actor
from cases.queries import incident_rows, sight
from cases.queries.incident_rows import Incident
from cases.queries.sight import Sight

_KINDS = ("incident_retry", "incident_give_up")


@dataclass(frozen=True, slots=True)
class Money:
    """A payment that an answer by hand would say was made: how much, under which key, and is it known."""

    amount: str
    currency: str
    key: str


@dataclass(frozen=True, slots=True)
class IncidentPage:
    """One incident. `may_decide`: a job waits behind it. `questions` is None where no answer can be given."""

    incident: Incident
    may_decide: bool = False
    questions: tuple[Asked, ...] | None = None
    money: Money | None = None
    key: str = ""

    @property
    def may_close(self) -> bool:
        """Whether there is nothing to be done but to say that one has seen it."""
        one = self.incident
        return one.may_resolve and one.state == "open" and not one.has_job


@dataclass(frozen=True, slots=True)
class BatchLine:
    """One incident of a batch: `waiting`, `running`, `healed`, `failed`, `given_up`, `left` or `refused`."""

    outcome: str
    code: str
    message: str
    incident: Incident | None


@dataclass(frozen=True, slots=True)
class BatchPage:
    """What somebody decided about many, and what became of each."""

    id: int
    kind: str
    by: str
    reason: str
    at: datetime
    lines: tuple[BatchLine, ...]

    def number(self, *outcomes: str) -> int:
        """How many had one of these outcomes."""
        return sum(line.outcome in outcomes for line in self.lines)


def load(session: Session, incident_id: int, actor: Actor) -> IncidentPage:
    """One incident. Raises NotFound, also where it is not this person's to see."""
    found = incident_rows.by_ids(session, actor, [incident_id])
    if not found:
        raise NotFound("There is no such incident.")
    (incident,) = found
    row = session.get_one(IncidentRow, incident_id)
    job = None if row.job_id is None else session.get(JobRow, row.job_id)
    if incident.state != "open" or not incident.may_resolve or job is None or job.state != "dead":
        return IncidentPage(incident)
    page = IncidentPage(incident, may_decide=True)
    if row.case_id is None or row.plan_item is None or not incident.step:
        return page
    try:
        seen = sight.of_id(session, row.case_id, actor)
    except NotFound:
        return page
    return _with_questions(page, seen, row.plan_item, job)


def load_batch(session: Session, batch_id: int, actor: Actor) -> BatchPage:
    """A batch about incidents, of whoever made it. Raises NotFound, also where it is another's."""
    batch = session.get(BatchRow, batch_id)
    if batch is None or batch.kind not in _KINDS or batch.by_id != actor.user_id:
        raise NotFound("There is no such batch.")
    items = session.scalars(
        select(BatchItemRow).where(BatchItemRow.batch_id == batch_id).order_by(BatchItemRow.position)
    ).all()
    ids = [item.incident_id for item in items if item.incident_id is not None]
    incidents = {one.id: one for one in incident_rows.by_ids(session, actor, ids)}
    lines = (
        BatchLine(_outcome(item), item.code, item.message, incidents.get(item.incident_id or 0))
        for item in items
    )
    by = session.scalar(select(UserRow.display).where(UserRow.id == batch.by_id))
    return BatchPage(batch.id, batch.kind, by or "", batch.note, batch.created_at, tuple(lines))


def _outcome(item: BatchItemRow) -> str:
    if item.state != "done":
        return item.state
    return {"HEALED": "healed", "LEFT": "left"}.get(item.code, "given_up")


def _with_questions(page: IncidentPage, seen: Sight, item: int, job: JobRow) -> IncidentPage:
    """The page with what is asked of who answers in the service's place."""
    step = seen.case.plan_item(item).definition
    if job.kind != "step" or not isinstance(step, ServiceTask):
        return page
    progress: Mapping[str, Any] = codec.unpack(job.payload or b"")
    inputs = progress.get("inputs", {})
    operation = by_hand.operation_of(seen.app, step, int(progress.get("way", 0)))
    money = None
    if by_hand.moves_money(operation, inputs):
        money = Money(_told(inputs["amount"]), str(inputs.get("currency") or ""), job.idem_key or "")
        if any(
            one.name in {"amount", "currency"} and not seen.sees_expression(one.value)
            for one in step.work.inputs
        ):
            money = Money("", "", job.idem_key or "")
    return IncidentPage(
        page.incident,
        may_decide=page.may_decide,
        questions=by_hand.questions(operation),
        money=money,
        key=job.idem_key or "",
    )


def _told(amount: object) -> str:
    """An amount in hundredths, whatever digits the case file has it with."""
    try:
        return f"{Decimal(str(amount)):.2f}"
    except InvalidOperation:
        return str(amount)
