"""Move a running case to another version of its model, with the cases that it has called; first tried out.

A trial is the real path, rolled back. What was approved is known by its digest: where something else would
happen by now, nothing does (cmmn-semantics 8.3, M-18).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases import catalogue
from cases.cmmn import migration, migration_report
from cases.cmmn.agenda import Run
from cases.cmmn.commands import Migrate, Refused
from cases.cmmn.effects import HumanTaskChanged
from cases.cmmn.events import AnyEvent
from cases.cmmn.lifecycle import FINAL
from cases.cmmn.migration_plan import EMPTY, Plan
from cases.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from cases.persistence import drafts
from cases.persistence.definitions import DeploymentRow
from cases.persistence.instances import CHILD, CaseInstanceRow, CaseLinkRow
from cases.persistence.people import UserRow
from cases.persistence.tasks import HumanTaskRow, TaskRowState
from cases.persistence.writes import Pinned
from cases.policy.access import Actor, Permission, may
from cases.services import effect_rows, execution, identity
from cases.services.execution import By, Locked, Turn

E_CHANGED = "E-CHANGED"
"""What was approved is not what would happen by now."""

_OPEN = (TaskRowState.OPEN, TaskRowState.PAUSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgrade:
    """Where a case is to go, and how. `variables` are written first.

    `approved` is the digest of a trial, `version` that of the case as it was seen: what is not as it was then
    is refused.
    """

    to: Pinned
    plan: Plan = EMPTY
    variables: Mapping[str, object] = field(default_factory=dict)
    approved: str | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a move did to one case, or would do. `events` are all of its turn, `changes` say it in words."""

    case_id: int
    business_key: str
    source: Pinned
    target: Pinned
    digest: str
    events: tuple[AnyEvent, ...]
    changes: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    children: tuple["Report", ...] = ()


@dataclass(frozen=True, slots=True)
class _Task:
    """An open task as it was before its case moved."""

    item: int
    form: str | None
    draft: bytes | None
    assignee_id: int | None
    queue_id: int | None


def foresee(
    session: Session, case_id: int, upgrade: Upgrade, actor: Actor, via: str, now: datetime
) -> Report:
    """What the move would do: the real path, rolled back. Raises as `migrate` does."""
    with session.begin_nested() as point:
        report = _migrate(session, case_id, upgrade, By(actor, via, now))
        point.rollback()
    return report


def migrate(
    session: Session, case_id: int, upgrade: Upgrade, actor: Actor, via: str, now: datetime
) -> Report:
    """The case goes on by the other version, after the cases that it has called and that the plan names.

    Raises NotFound, NotAllowed, Invalid, and Conflict with every rule that forbids it (`E-MIGRATION`), or
    where something else would happen than was approved.
    """
    if upgrade.plan.freeze:
        raise Invalid([Problem("FREEZE", "What is frozen can be looked at alone.", "plan")])
    return _migrate(session, case_id, upgrade, By(actor, via, now))


def upgrade_to(
    deployment_id: int, definition: str, plan: Plan, variables: Mapping[str, object] = execution.NOTHING
) -> Upgrade:
    """To this case of this deployment, whatever app it is of."""
    return Upgrade(to=Pinned(deployment_id, definition), plan=plan, variables=variables)


def target_of(session: Session, case_id: int, wanted: str) -> Pinned:
    """The version that somebody means: one of the app of the case by its number, or `latest`.

    `#` and a number is any deployment. Raises NotFound.
    """
    row = session.get(CaseInstanceRow, case_id)
    if row is None:
        raise NotFound("There is no such case.")
    return Pinned(deployment_of(session, row.deployment_id, wanted), row.definition)


def deployment_of(session: Session, known: int, wanted: str) -> int:
    """The deployment of the same app as a known one that `wanted` means. Raises NotFound."""
    app_key = session.scalars(select(DeploymentRow.app_key).where(DeploymentRow.id == known)).one()
    found = select(DeploymentRow.id)
    if wanted == "latest":
        return catalogue.latest(session, app_key).deployment_id
    if wanted.startswith("#") and wanted[1:].isdecimal():
        found = found.where(DeploymentRow.id == int(wanted[1:]))
    elif wanted.isdecimal():
        found = found.where(DeploymentRow.app_key == app_key, DeploymentRow.version == int(wanted))
    else:
        raise NotFound(f"{wanted} is no version: a number, # and a deployment, or latest.")
    deployment = session.scalars(found).one_or_none()
    if deployment is None:
        raise NotFound(f"There is no version {wanted} of {app_key}.")
    return int(deployment)


def _migrate(session: Session, case_id: int, upgrade: Upgrade, by: By) -> Report:
    locked = _in_hand(session, case_id, by.actor)
    stored = locked.stored
    if upgrade.version is not None and upgrade.version != stored.version:
        raise Conflict("M-02: The case has changed meanwhile.", E_CHANGED)
    _must_be_defined(session, upgrade.to)
    children = tuple(_children(session, case_id, upgrade, by))
    warnings = _warnings(session, locked, upgrade, by)
    tasks = _open_tasks(session, case_id)
    turn = execution.migrate(session, locked, upgrade.to, upgrade.plan, by, upgrade.variables)
    problems = [*_of_tasks(session, locked, upgrade, tasks, turn, by.now)]
    if problems:
        raise Conflict("; ".join(problems), migration.E_MIGRATION)
    digest = migration_report.digest(turn.events)
    if upgrade.approved is not None and upgrade.approved != digest:
        raise Conflict("M-18: Something else would happen by now than was approved: try it again.", E_CHANGED)
    return Report(
        case_id=case_id,
        business_key=turn.business_key,
        source=Pinned(stored.deployment_id, stored.definition),
        target=upgrade.to,
        digest=digest,
        events=tuple(turn.events),
        changes=tuple(migration_report.changes(locked.case, turn.case)),
        warnings=tuple(warnings),
        children=children,
    )


def _in_hand(session: Session, case_id: int, actor: Actor) -> Locked:
    locked = execution.lock(session, case_id)
    facts = {"family": locked.family}
    if not may(actor, Permission.VIEW_CASE, facts):
        raise NotFound("There is no such case.")
    if not may(actor, Permission.ADMINISTER, facts):
        raise NotAllowed("You may not move cases of this family to another version.")
    return locked


def _must_be_defined(session: Session, to: Pinned) -> None:
    if catalogue.case_app(session, to.deployment_id).cases.get(to.definition) is None:
        raise NotFound(f"M-01: Deployment {to.deployment_id} has no case {to.definition}.")


def _children(session: Session, case_id: int, upgrade: Upgrade, by: By) -> Iterator[Report]:
    """The cases that this one has called and waits for, where the plan names their keys (M-15)."""
    if not upgrade.plan.children:
        return
    rows = session.execute(
        select(CaseInstanceRow.id, CaseInstanceRow.definition, CaseInstanceRow.state)
        .join(CaseLinkRow, CaseLinkRow.other_id == CaseInstanceRow.id)
        .where(CaseLinkRow.case_id == case_id, CaseLinkRow.kind == CHILD, CaseLinkRow.waits)
        .order_by(CaseInstanceRow.id)
    ).all()
    for child, key, state in rows:
        plan = upgrade.plan.children.get(key)
        if plan is not None and state not in FINAL:
            to = Pinned(upgrade.to.deployment_id, key)
            yield _migrate(session, child, Upgrade(to=to, plan=plan), by)


def _warnings(session: Session, locked: Locked, upgrade: Upgrade, by: By) -> list[str]:
    source = Pinned(locked.stored.deployment_id, locked.stored.definition)
    names = [catalogue.version_name(one.deployment_id, one.definition) for one in (source, upgrade.to)]
    run = Run(locked.case, by.now)
    run.versions = catalogue.Versions(session)
    try:
        return migration.foreseen(run, Migrate(source=names[0], target=names[1], plan=upgrade.plan))
    except Refused:
        return []  # the turn itself says why


def _open_tasks(session: Session, case_id: int) -> dict[int, _Task]:
    row = HumanTaskRow
    rows = session.execute(
        select(row.plan_item, row.form, row.draft, row.assignee_id, row.queue_id).where(
            row.case_id == case_id, row.state.in_(_OPEN)
        )
    )
    return {found[0]: _Task(*found) for found in rows}


def _of_tasks(
    session: Session,
    locked: Locked,
    upgrade: Upgrade,
    tasks: Mapping[int, _Task],
    turn: Turn,
    now: datetime,
) -> Iterator[str]:
    """What somebody has begun goes on: the form takes the draft, its holder may still do it (M-07)."""
    app = catalogue.case_app(session, upgrade.to.deployment_id)
    for effect in turn.effects:
        task = tasks.get(effect.item) if isinstance(effect, HumanTaskChanged) else None
        if task is None or not isinstance(effect, HumanTaskChanged):
            continue
        name = effect.task.definition
        answers = drafts.unpack(task.draft).answers
        if answers and not effect.drops_draft:
            form = app.forms.get(effect.task.form or "")
            known = set() if form is None else {one.key for one in form.fields}
            lost = sorted(set(answers) - known)
            if lost:
                yield f"M-07: the draft of {name} answers {', '.join(lost)}, which its form does not ask"
        if task.assignee_id is not None and not effect.is_unassigned:
            offered = effect_rows.offered_to(app, effect.task)
            if offered == effect_rows.candidates_of(session, task.queue_id):
                continue
            holder = identity.actor_in_force(session, task.assignee_id, now)
            if not holder.roles(locked.family) & offered and not _is_named(session, effect, task.assignee_id):
                yield f"M-07: {holder.display} has {name}, and does not hold {', '.join(sorted(offered))}"


def _is_named(session: Session, effect: HumanTaskChanged, user_id: int) -> bool:
    """Whether the model itself names this person."""
    named = {effect.task.assignee, effect.task.owner, *effect.task.candidates} - {None}
    return session.scalar(select(UserRow.name).where(UserRow.id == user_id)) in named
