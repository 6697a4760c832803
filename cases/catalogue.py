"""Deployed case apps, parsed once: models as programs, forms. Rows never change, so the cache never lies."""

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, Select, select
from sqlalchemy.orm import Session

from cases.caseapp import archive, reader
from cases.caseapp.document import CaseApp
from cases.cmmn.metamodel import Program
from cases.errors import NotFound
from cases.persistence.definitions import CaseDefinitionRow, DeploymentRow
from cases.policy.deadlines import BusinessTime
from forms.definition import FormDefinition

ACTIVE = "active"
WITHDRAWN = "withdrawn"

_KEPT = 64


@dataclass(frozen=True, slots=True)
class Deployed:
    """A case app as it is deployed."""

    deployment_id: int
    version: int
    app: CaseApp


@dataclass(frozen=True, slots=True)
class DefinedCase:
    """A case as a deployment defines it; `tenant` is the family in which it is found by its key alone."""

    deployment_id: int
    key: str
    tenant: str
    version: int
    name: str
    description: str


@dataclass(slots=True)
class _Parsed:
    """One app, whatever deployment holds it, with the programs made of it so far."""

    app: CaseApp
    programs: dict[tuple[str, int], Program] = field(default_factory=dict)


class _Shelf:
    """What was parsed, by the hash of its files; and which deployment has which hash, by database."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._parsed: OrderedDict[str, _Parsed] = OrderedDict()
        self._hashes: WeakKeyDictionary[Engine, dict[int, str]] = WeakKeyDictionary()
        self._versions: WeakKeyDictionary[Engine, dict[tuple[int, str], int]] = WeakKeyDictionary()

    def versions(self, engine: Engine) -> dict[tuple[int, str], int]:
        """Which version of its key a case of a deployment is, as far as it was asked for."""
        return self._versions.setdefault(engine, {})

    def hash_of(self, engine: Engine, deployment_id: int) -> str | None:
        """The hash of a deployment that was seen before."""
        return self._hashes.get(engine, {}).get(deployment_id)

    def note(self, engine: Engine, deployment_id: int, hash_: str) -> None:
        """Remember the hash of a deployment."""
        self._hashes.setdefault(engine, {})[deployment_id] = hash_

    def find(self, hash_: str) -> _Parsed | None:
        """What was parsed of these files."""
        with self._lock:
            found = self._parsed.get(hash_)
            if found is not None:
                self._parsed.move_to_end(hash_)
            return found

    def put(self, hash_: str, app: CaseApp) -> _Parsed:
        """Keep what was parsed; the one that was used longest ago goes."""
        with self._lock:
            kept = self._parsed.setdefault(hash_, _Parsed(app))
            while len(self._parsed) > _KEPT:
                self._parsed.popitem(last=False)
            return kept


_shelf = _Shelf()


def latest(session: Session, app_key: str) -> Deployed:
    """The newest version of an app that is not withdrawn: what a new case begins on. Raises NotFound."""
    row = session.execute(
        select(DeploymentRow.id, DeploymentRow.version, DeploymentRow.hash)
        .where(DeploymentRow.app_key == app_key, DeploymentRow.state == ACTIVE)
        .order_by(DeploymentRow.version.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        raise NotFound(f"There is no case app {app_key}.")
    return Deployed(row.id, row.version, _by_hash(session, row.id, row.hash).app)


def active(session: Session) -> list[Deployed]:
    """The newest version of every app that is not withdrawn, by key."""
    keys = session.scalars(
        select(DeploymentRow.app_key)
        .where(DeploymentRow.state == ACTIVE)
        .distinct()
        .order_by(DeploymentRow.app_key)
    ).all()
    return [latest(session, key) for key in keys]


def read(files: Mapping[str, bytes], hash_: str, family: str = "") -> CaseApp:
    """The app that these files are; `hash_` is their fingerprint. Raises Invalid, with every problem.

    A bare model says nothing of its family: it is the one that is handed in.
    """
    found = _shelf.find(hash_)
    if found is None:
        found = _shelf.put(hash_, _of_family(reader.read(files), family))
    return found.app


def case_by_key(session: Session, key: str, tenant: str = "") -> DefinedCase:
    """The newest version of a case that is not withdrawn, by its key within one family. Raises NotFound."""
    row = session.execute(
        _defined()
        .where(
            CaseDefinitionRow.key == key, CaseDefinitionRow.tenant == tenant, DeploymentRow.state == ACTIVE
        )
        .order_by(CaseDefinitionRow.version.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        raise NotFound(f"There is no case {key}.")
    return DefinedCase(*row)


def callee(session: Session, caller_id: int, key: str, *, pinned: bool, default: bool) -> DefinedCase:
    """The case that a case of deployment `caller_id` calls by `key`. Raises NotFound.

    An app calls its own cases as they were deployed with it; a bare model the newest version, unless it is
    `pinned`. Others are found within the caller's family, in that of every family with `default`, and by the
    key of an app of the caller's family: `app`, or `app:case` for one that is not its first.
    """
    app = case_app(session, caller_id)
    if key in app.cases and (pinned or not app.is_bare):
        return defined(session, caller_id, key)
    tenants = dict.fromkeys([_tenant_of(session, caller_id), *([""] if default else [])])
    for tenant in tenants:
        try:
            return case_by_key(session, key, tenant)
        except NotFound:
            continue
    if key in app.cases:
        return defined(session, caller_id, key)
    app_key, _, case = key.partition(":")
    found = latest(session, app_key)
    if found.app.is_bare or found.app.family != app.family:
        raise NotFound(f"There is no case {key}.")
    return defined(session, found.deployment_id, case or found.app.case)


def defined(session: Session, deployment_id: int, key: str) -> DefinedCase:
    """A case of a deployment. Raises NotFound."""
    row = session.execute(
        _defined().where(CaseDefinitionRow.deployment_id == deployment_id, CaseDefinitionRow.key == key)
    ).one_or_none()
    if row is not None:
        return DefinedCase(*row)
    # Deployed by a version that kept no list of them.
    definition = case_app(session, deployment_id).cases.get(key)
    if definition is None:
        raise NotFound(f"There is no case {key}.")
    return DefinedCase(deployment_id, key, "", 1, definition.name, "")


def definitions(session: Session) -> list[DefinedCase]:
    """Every version of every case that was deployed, by family, key and version."""
    order = (CaseDefinitionRow.tenant, CaseDefinitionRow.key, CaseDefinitionRow.version)
    return [DefinedCase(*row) for row in session.execute(_defined().order_by(*order))]


def case_app(session: Session, deployment_id: int) -> CaseApp:
    """The app that a case runs on. Raises NotFound."""
    return _parsed(session, deployment_id).app


def program(session: Session, deployment_id: int, case: str) -> Program:
    """What a case of this deployment runs on, the same object each time. Raises NotFound."""
    parsed = _parsed(session, deployment_id)
    versions = _shelf.versions(engine_of(session))
    key = (deployment_id, case)
    version = versions.get(key)
    if version is None:
        version = defined(session, deployment_id, case).version
    found = parsed.programs.get((case, version))
    if found is None:
        found = parsed.programs.setdefault((case, version), program_of(parsed.app, case, version))
    versions[key] = version
    return found


def program_of(app: CaseApp, case: str, version: int = 1) -> Program:
    """A case of an app, ready to run: with its decisions and its business time. Raises NotFound."""
    definition = app.cases.get(case)
    if definition is None:
        raise NotFound(f"{app.key} has no case {case}.")
    return Program(
        definition=definition,
        decisions=app.decisions,
        working_time=BusinessTime(app.business_calendar, ZoneInfo(app.zone)),
        zone=app.zone,
        family=app.family,
        version=version,
    )


def version_name(deployment_id: int, case: str) -> str:
    """What a version is called in the journal of a case that moves to it."""
    return f"{deployment_id}:{case}"


class Versions(Mapping[str, Program]):
    """Every version of every case, by its name: what a case that moved is replayed on."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __getitem__(self, name: str) -> Program:
        deployment, _, case = name.partition(":")
        try:
            return program(self._session, int(deployment), case)
        except (NotFound, ValueError):
            raise KeyError(name) from None

    def __iter__(self) -> Iterator[str]:
        return (version_name(one.deployment_id, one.key) for one in definitions(self._session))

    def __len__(self) -> int:
        return len(definitions(self._session))


def form(session: Session, deployment_id: int, key: str) -> FormDefinition:
    """A form of a deployment. Raises NotFound."""
    found = case_app(session, deployment_id).forms.get(key)
    if found is None:
        raise NotFound(f"There is no form {key}.")
    return found


def engine_of(session: Session) -> Engine:
    """The engine of a session: by what is kept of its database is known."""
    bind = session.get_bind()
    return bind.engine if isinstance(bind, Connection) else bind


def _defined() -> Select[int, str, str, int, str, str]:
    row = CaseDefinitionRow
    return select(row.deployment_id, row.key, row.tenant, row.version, row.name, row.description).join(
        DeploymentRow, DeploymentRow.id == row.deployment_id
    )


def _tenant_of(session: Session, deployment_id: int) -> str:
    """The family in which the cases of a deployment are found by their keys; empty is every family."""
    found = session.scalar(
        select(CaseDefinitionRow.tenant).where(CaseDefinitionRow.deployment_id == deployment_id).limit(1)
    )
    return found or ""


def _parsed(session: Session, deployment_id: int) -> _Parsed:
    engine = engine_of(session)
    hash_ = _shelf.hash_of(engine, deployment_id)
    if hash_ is None:
        hash_ = session.scalars(
            select(DeploymentRow.hash).where(DeploymentRow.id == deployment_id)
        ).one_or_none()
        if hash_ is None:
            raise NotFound(f"There is no deployment {deployment_id}.")
        _shelf.note(engine, deployment_id, hash_)
    return _by_hash(session, deployment_id, hash_)


def _by_hash(session: Session, deployment_id: int, hash_: str) -> _Parsed:
    found = _shelf.find(hash_)
    if found is None:
        row = session.execute(
            select(DeploymentRow.archive, DeploymentRow.family, DeploymentRow.app_key).where(
                DeploymentRow.id == deployment_id
            )
        ).one()
        app = reader.read(archive.unpack(row.archive))
        family = row.family if app.is_bare and row.app_key != app.key else ""
        found = _shelf.put(hash_, _of_family(app, family))
    return found


def _of_family(app: CaseApp, family: str) -> CaseApp:
    """A bare model that was deployed for one family, whose apps have keys of their own."""
    if not family or not app.is_bare:
        return app
    return replace(app, family=family, key=f"{family}.{app.key}")
