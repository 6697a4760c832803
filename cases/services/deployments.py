"""Deploy a case app: read, lint, store; or withdraw it. What is stored never changes."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cases import catalogue
from cases.caseapp import archive, lint
from cases.caseapp.document import CaseApp
from cases.errors import Invalid, NotFound, Problem
from cases.persistence.definitions import CaseDefinitionRow, DeploymentRow
from cases.persistence.people import FamilyRow, RoleRow
from cases.policy.access import Actor
from cases.services import ledger

_LONGEST_ID = 200


def deploy(
    session: Session, files: Mapping[str, bytes], actor: Actor, now: datetime, family: str = ""
) -> int:
    """Store a case app as a new version, and return its deployment; the newest version again is none.

    Its family and its roles come to be, or come to mean what it says. `family` is that of a bare model, whose
    cases are then found by their keys within it alone. Raises Invalid, with every problem of files and lint,
    when it is refused.
    """
    hash_ = fingerprint(files, family)
    app = catalogue.read(files, hash_, family)
    problems = [*lint.errors(lint.check(app)), *_too_long(app)]
    if problems:
        raise Invalid(problems)
    newest = session.execute(
        select(DeploymentRow.id, DeploymentRow.hash, DeploymentRow.state)
        .where(DeploymentRow.app_key == app.key)
        .order_by(DeploymentRow.version.desc())
        .limit(1)
    ).one_or_none()
    if newest is not None and newest.hash == hash_ and newest.state == catalogue.ACTIVE:
        return int(newest.id)
    row = DeploymentRow(
        family=app.family,
        app_key=app.key,
        version=_next_version(session, app.key),
        hash=hash_,
        title=app.title,
        archive=archive.pack(files),
        state=catalogue.ACTIVE,
        deployed_at=now,
        deployed_by=actor.user_id,
    )
    session.add(row)
    session.flush()
    _declare(session, app)
    _define(session, row.id, app, family)
    detail = {"app": app.key, "version": row.version, "hash": hash_}
    ledger.record(
        session, "app.deploy", f"deployment:{row.id}", detail, actor=actor, now=now, family=app.family
    )
    return row.id


def withdraw(session: Session, deployment_id: int, actor: Actor, now: datetime) -> None:
    """Begin no more cases on a version; those that run go on. Raises NotFound."""
    row = session.get(DeploymentRow, deployment_id)
    if row is None:
        raise NotFound(f"There is no deployment {deployment_id}.")
    row.state = catalogue.WITHDRAWN
    detail = {"app": row.app_key, "version": row.version}
    ledger.record(
        session, "app.withdraw", f"deployment:{row.id}", detail, actor=actor, now=now, family=row.family
    )


def fingerprint(files: Mapping[str, bytes], family: str = "") -> str:
    """The SHA-256 of an app's files, whatever they were packed in, and of the family that they are for."""
    digest = hashlib.sha256()
    if family:
        digest.update(f"family {family}\n".encode())
    for name in sorted(files):
        digest.update(len(name.encode()).to_bytes(4) + name.encode())
        digest.update(len(files[name]).to_bytes(8) + files[name])
    return digest.hexdigest()


def _too_long(app: CaseApp) -> Iterator[Problem]:
    """Ids that no row has room for."""
    for key, definition in app.cases.items():
        for id_ in (key, *(item.id for item in definition.items)):
            if len(id_) > _LONGEST_ID:
                message = f"An id has at most {_LONGEST_ID} characters, this one {len(id_)}."
                yield Problem("ID_LENGTH", message, id_[:_LONGEST_ID])


def _next_version(session: Session, key: str) -> int:
    newest = session.scalar(select(func.max(DeploymentRow.version)).where(DeploymentRow.app_key == key))
    return (newest or 0) + 1


def _define(session: Session, deployment_id: int, app: CaseApp, family: str) -> None:
    """The list of its cases: each the next version of its key, within its family or for every one.

    A model without a family of its own is for every one; an app is called from outside by its own key.
    """
    tenant = family if app.is_bare else app.family
    for key, definition in app.cases.items():
        newest = session.scalar(
            select(func.max(CaseDefinitionRow.version)).where(
                CaseDefinitionRow.key == key, CaseDefinitionRow.tenant == tenant
            )
        )
        session.add(
            CaseDefinitionRow(
                deployment_id=deployment_id,
                key=key,
                tenant=tenant,
                version=(newest or 0) + 1,
                name=definition.name,
                description=definition.documentation,
            )
        )
    session.flush()


def _declare(session: Session, app: CaseApp) -> None:
    """The family and its roles, as the app says."""
    family = session.scalars(select(FamilyRow).where(FamilyRow.key == app.family)).one_or_none()
    if family is None:
        family = FamilyRow(key=app.family)
        session.add(family)
    family.title, family.owner = app.title, app.owner
    for spec in app.roles.values():
        row = session.get(RoleRow, (app.family, spec.name))
        if row is None:
            row = RoleRow(family=app.family, name=spec.name)
            session.add(row)
        row.title = spec.title
        row.read_only, row.external, row.supervisor = spec.read_only, spec.external, spec.supervisor
        row.operator, row.administrator, row.authority = spec.operator, spec.administrator, spec.authority
    session.flush()
