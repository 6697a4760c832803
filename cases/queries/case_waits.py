"""What each case of a list waits for: in a few statements for all of them, and only what one may see."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases import catalogue
from cases.cmmn.lifecycle import State
from cases.cmmn.metamodel import CaseDefinition, PlanItem
from cases.persistence.instances import CaseInstanceRow
from cases.persistence.jobs import IncidentRow, JobRow
from cases.persistence.tasks import NO_DUE_DATE, HumanTaskRow, QueueRow, TaskRowState
from cases.policy import masking
from cases.policy.access import Actor
from cases.queries import why
from cases.queries.sight import names_of
from cases.queries.why import Reason, Waits


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a case stands: what it waits for first, in which stage, and when that is due."""

    reason: Reason
    stage: str
    due_at: datetime | None = None
    warn_at: datetime | None = None
    began_at: datetime | None = None
    more: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """A case of the list, as far as it is needed here."""

    id: int
    family: str
    definition: str
    deployment_id: int
    state: State
    changed_at: datetime


def of_cases(session: Session, actor: Actor, asked: Sequence[Asked]) -> Mapping[int, Standing]:
    """The standing of each of these cases, by its number."""
    eyes = {one.id: _Eye(session, actor, one) for one in asked if one.state not in (_DONE)}
    found: dict[int, list[Standing]] = {one.id: [] for one in asked}
    numbers = list(eyes)
    for case_id, told in (*_incidents(session, numbers, eyes), *_tasks(session, numbers, eyes)):
        found[case_id].append(told)
    for case_id, told in _jobs(session, [one for one in numbers if not found[one]], eyes):
        found[case_id].append(told)
    return {one.id: _first(one, found[one.id]) for one in asked}


_DONE = (State.COMPLETED, State.TERMINATED, State.CLOSED)
_HIDDEN = Standing(Reason(Waits.HIDDEN), "")


class _Eye:
    """What one person sees of one case's plan."""

    def __init__(self, session: Session, actor: Actor, one: Asked) -> None:
        app = catalogue.case_app(session, one.deployment_id)
        self.definition: CaseDefinition = catalogue.program(
            session, one.deployment_id, one.definition
        ).definition
        self.masks = masking.of_case(self.definition, app.readers)
        self.app, self.actor, self.roles = app, actor, actor.roles(one.family)

    def item(self, id_: str | None) -> PlanItem | None:
        """The plan item of this id, where it may be seen."""
        item = next((one for one in self.definition.items if one.id == id_), None)
        if item is None or self.actor.kind == "system":
            return item
        return item if masking.shows_item(self.masks, self.roles, self.definition, item) else None

    def stage(self, item: PlanItem) -> str:
        """The name of the stage around an item."""
        return self.definition.items[item.stage].name if item.stage > 0 else ""

    def role(self, name: str) -> str:
        """A role as people call it."""
        spec = self.app.roles.get(name)
        return spec.title or name if spec else name.replace("_", " ")

    def service(self, name: str | None) -> str:
        """A service as people call it."""
        spec = self.app.connections.get(name or "")
        return (spec.title or spec.name) if spec else (name or "")


def _first(one: Asked, found: list[Standing]) -> Standing:
    if one.state in _DONE:
        return Standing(Reason(Waits.ENDED, state=one.state.name.lower(), at=one.changed_at), "")
    if one.state is State.SUSPENDED:
        return Standing(Reason(Waits.PAUSED, at=one.changed_at), found[0].stage if found else "")
    if not found:
        return _HIDDEN
    first = found[0]
    return Standing(
        first.reason, first.stage, first.due_at, first.warn_at, first.began_at, more=len(found) - 1
    )


def _incidents(
    session: Session, numbers: Sequence[int], eyes: Mapping[int, _Eye]
) -> Iterable[tuple[int, Standing]]:
    rows = session.execute(
        select(IncidentRow)
        .where(IncidentRow.case_id.in_(numbers), IncidentRow.state == "open")
        .order_by(IncidentRow.opened_at, IncidentRow.id)
    ).scalars()
    for row in rows:
        eye = eyes[row.case_id or 0]
        item = eye.item(row.definition)
        if item is not None:
            reason = Reason(
                Waits.FAILED, name=item.name, detail=row.code, service=eye.service(row.connection)
            )
            yield row.case_id or 0, Standing(reason, eye.stage(item))


def _tasks(
    session: Session, numbers: Sequence[int], eyes: Mapping[int, _Eye]
) -> Iterable[tuple[int, Standing]]:
    rows = session.execute(
        select(HumanTaskRow, QueueRow.key)
        .outerjoin(QueueRow, QueueRow.id == HumanTaskRow.queue_id)
        .where(HumanTaskRow.case_id.in_(numbers), HumanTaskRow.state == TaskRowState.OPEN)
        .order_by(HumanTaskRow.due_at, HumanTaskRow.priority, HumanTaskRow.id)
    ).all()
    names = names_of(session, {row.assignee_id for row, _ in rows if row.assignee_id is not None})
    for row, key in rows:
        eye = eyes[row.case_id]
        item = eye.item(row.definition)
        if item is None:
            continue
        has = row.assignee_id is not None
        reason = Reason(
            Waits.PERSON if has else Waits.OFFER,
            name=row.name,
            person=names.get(row.assignee_id, "") if row.assignee_id is not None else "",
            roles=tuple(eye.role(role) for role in why.roles_of(key)),
            task_id=row.id,
        )
        due = None if row.due_at >= NO_DUE_DATE else row.due_at
        yield row.case_id, Standing(reason, eye.stage(item), due, row.warn_at, row.created_at)


def _jobs(
    session: Session, numbers: Sequence[int], eyes: Mapping[int, _Eye]
) -> Iterable[tuple[int, Standing]]:
    """Of the cases that wait for nobody: which service they wait for, or which hour."""
    rows = session.execute(
        select(JobRow.case_id, JobRow.kind, JobRow.plan_item, JobRow.connection, JobRow.run_at)
        .where(JobRow.case_id.in_(numbers), JobRow.state != "dead", JobRow.kind.in_((why.STEP, why.TIMER)))
        .order_by(JobRow.kind, JobRow.run_at, JobRow.id)
    ).all()
    for row in rows:
        eye = eyes[row.case_id or 0]
        if row.kind == why.TIMER:
            yield row.case_id or 0, Standing(Reason(Waits.TIMER, at=row.run_at), "")
        elif eye.app.connections.get(row.connection or "") is not None:
            yield row.case_id or 0, Standing(Reason(Waits.CALLING, service=eye.service(row.connection)), "")


def asked(row: CaseInstanceRow) -> Asked:
    """A row of the list as it is asked about."""
    return Asked(row.id, row.family, row.definition, row.deployment_id, State(row.state), row.changed_at)
