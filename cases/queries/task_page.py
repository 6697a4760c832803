"""One task on one page: what is asked, of whom, what is answered so far, why it is here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases import catalogue
from cases.cmmn.controlmodel import Criterion
from cases.cmmn.workmodel import HumanTask
from cases.errors import NotFound
from cases.persistence import drafts
from cases.persistence.tasks import NO_DUE_DATE, HumanTaskRow, QueueRow, TaskRowState
from cases.policy.access import Actor, Permission, may
from cases.queries import case_page, deadline, hindrances, sight, sign_off, why
from cases.queries.case_page import Branch, Fact
from cases.queries.deadline import Deadline
from cases.queries.hindrances import Hindrance
from cases.queries.sight import Sight
from cases.queries.sign_off import Approvals
from cases.queries.why import Cause
from forms.definition import FormDefinition


@dataclass(frozen=True, slots=True)
class TaskPage:
    """The page. `answers` are the draft, `draft_by` who kept it; `file` what the form's conditions read."""

    id: int
    name: str
    definition: str
    state: str
    version: int
    priority: int
    due_at: datetime | None
    warn_at: datetime | None
    deadline: Deadline | None
    created_at: datetime
    ended_at: datetime | None
    assignee_id: int | None
    assignee: str
    completed_by: str
    roles: tuple[str, ...]
    role_names: frozenset[str]
    case_key: str
    case_title: str
    family: str
    zone: str
    help: str
    form: FormDefinition | None
    answers: Mapping[str, object]
    has_draft: bool
    draft_by: str
    draft_at: datetime | None
    is_own_draft: bool
    file: Mapping[str, object]
    cause: Cause | None
    is_required: bool
    stage: str
    facts: tuple[Fact, ...]
    data: tuple[Branch, ...]
    may_work: bool
    hindrance: Hindrance | None
    approvals: Approvals | None
    may_assign: bool
    is_mine: bool


def load(session: Session, task_id: int, actor: Actor) -> TaskPage:
    """The task. Raises NotFound, also where it is not this person's to see."""
    found = session.execute(
        select(HumanTaskRow, QueueRow.key)
        .outerjoin(QueueRow, QueueRow.id == HumanTaskRow.queue_id)
        .where(HumanTaskRow.id == task_id)
    ).one_or_none()
    if found is None:
        raise NotFound("There is no such task.")
    row, queue = found
    seen = sight.of_id(session, row.case_id, actor)
    item = seen.case.plan_item(row.plan_item)
    if not may(actor, Permission.VIEW_TASK, _facts(row, queue)) or not seen.sees_item(item):
        raise NotFound("There is no such task.")
    draft = drafts.unpack(row.draft)
    people = (row.assignee_id, row.completed_by, draft.by_id)
    names = sight.names_of(session, {user for user in people if user is not None})
    definition = item.definition
    stage = seen.case.program.definition.items[item.stage] if item.stage > 0 else None
    entered = _entered(seen, row.plan_item)
    return TaskPage(
        id=row.id,
        name=row.name,
        definition=row.definition,
        state=TaskRowState(row.state).name.lower(),
        version=row.version,
        priority=row.priority,
        due_at=None if row.due_at >= NO_DUE_DATE else row.due_at,
        warn_at=row.warn_at,
        deadline=deadline.of_task(seen, row),
        created_at=row.created_at,
        ended_at=row.ended_at,
        assignee_id=row.assignee_id,
        assignee=names.get(row.assignee_id or 0, ""),
        completed_by=names.get(row.completed_by or 0, ""),
        roles=tuple(seen.role_title(role) for role in why.roles_of(queue)),
        role_names=seen.roles,
        case_key=seen.key,
        case_title=seen.title,
        family=seen.family,
        zone=seen.app.zone,
        help=definition.documentation if isinstance(definition, HumanTask) else "",
        form=None if row.form is None else catalogue.form(session, seen.deployment_id, row.form),
        answers=draft.answers,
        has_draft=row.draft is not None,
        draft_by=names.get(draft.by_id or 0, ""),
        draft_at=draft.at,
        is_own_draft=draft.by_id in (None, actor.user_id),
        file=scope_of(seen),
        cause=None if entered is None else why.cause(seen, entered),
        is_required=item.required is not None,
        stage=stage.name if stage else "",
        facts=case_page.facts_of(seen),
        data=case_page.branches_of(seen),
        may_work=row.state == TaskRowState.OPEN and may(actor, Permission.WORK_TASK, _facts(row, queue)),
        hindrance=hindrances.of_task(session, seen, row, queue),
        approvals=sign_off.of_task(session, seen, row),
        may_assign=row.state == TaskRowState.OPEN and seen.may(Permission.ASSIGN_TASK),
        is_mine=row.assignee_id == actor.user_id,
    )


def scope_of(seen: Sight) -> Mapping[str, object]:
    """What the conditions and prefilled values of a form read: the whole case file.

    Whole also for who may not see all of it: a form asks the same of everybody, and shows a field to the
    roles that may read it.
    """
    about = {"id": seen.id, "key": seen.key, "family": seen.family}
    return {**seen.case.file(), "case": about}


def _facts(row: HumanTaskRow, queue: str | None) -> dict[str, object]:
    return {
        "family": row.family,
        "candidates": frozenset(why.roles_of(queue)),
        "assignee": row.assignee_id,
        "state": row.state,
    }


def _entered(seen: Sight, iid: int) -> Criterion | None:
    """The criterion that brought an instance about: its own, or that of the stage that it began with."""
    while iid > 0:
        state = seen.case.state.items[iid]
        if state.entered_by is not None:
            return seen.criterion(state.entered_by)
        iid = state.parent
    return None
