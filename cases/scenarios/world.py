"""The world of one run: a database of its own, a clock that one sets, people, stubs.

What a step changes is committed, and read again from the database by the next one.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from cases import catalogue
from cases.caseapp.document import CaseApp
from cases.cmmn.commands import E_ARGUMENT, AnyCommand, ChildEnded, StartCase
from cases.cmmn.events import AnyEvent
from cases.cmmn.instance import CaseInstance
from cases.cmmn.workmodel import Ending
from cases.errors import Invalid, NotFound, Problem
from cases.policy.access import SYSTEM, Actor, Grant
from cases.queries import records
from cases.queries.records import CaseRecord, JobRecord, Link, TaskRecord
from cases.scenarios import stubs
from cases.scenarios.values import table
from cases.scenarios.wire import Store, StubServer, Wired
from cases.scheduler import worker
from cases.services import deployments, execution, jobs, openings, people, work_rows
from cases.services.execution import By, Turn

VIA = "scenario"
BEGINNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""When the clock stands where a scenario does not say."""

WAITING = frozenset({work_rows.ASYNC, work_rows.EXTERNAL})
"""Kinds of jobs that are done when the scenario says so: items that go on by themselves, reported work."""

AT_REST = frozenset(jobs.IN_TRANSACTION) - jobs.TIMED - WAITING
"""Kinds of jobs that need no clock: they are done before the next step."""

NOBODYS = 2**52
"""A number that no case has, and no job."""

_STAFF = "staff"
_MOST_ROUNDS = 200

Result = TypeVar("Result")


class Differs(Exception):
    """What is found is not what the scenario expects."""


class Mistaken(Exception):
    """The scenario itself makes no sense: a selector means two instances, an alias stands for nothing."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """A deployment of the run, with the cases that it defines."""

    id: int
    app: CaseApp
    tenant: str


@dataclass(slots=True, kw_only=True)
class World:
    """What the steps of a run act on.

    `profile`: that of models, where the scenario rules it; None by namespace. `app` are the files of the case
    app that a scenario plays on, if it does. `marks`: the version of each case before the last verb.
    """

    store: Store
    find: Callable[[str], bytes]
    now: datetime = BEGINNING
    stubs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    config: Mapping[str, int] = field(default_factory=dict)
    profile: str | None = None
    app: Mapping[str, bytes] | None = None
    user: str | None = None
    current: str | None = None
    aliases: dict[str, int] = field(default_factory=dict)
    deployed: list[Deployed] = field(default_factory=list)
    named: dict[str, Deployed] = field(default_factory=dict)
    marks: dict[int, int] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    roles: dict[str, frozenset[str]] = field(default_factory=dict)
    acquired: dict[str, list[Any]] = field(default_factory=dict)
    server: StubServer | None = None

    def __post_init__(self) -> None:
        """Where the scenario has a stub server, it stands for the network."""
        if any(stub["kind"] == "http-server" for stub in self.stubs.values()):
            self.server = StubServer(self.stubs)
            self.store = Wired(self.store, self.server)

    @property
    def is_bare(self) -> bool:
        """Whether nothing but models was deployed."""
        return all(one.app.is_bare for one in self.deployed)

    def change(self, work: Callable[[Session], Result]) -> Result:
        """Do the work in a transaction of its own."""
        with self.store.transaction() as session:
            return work(session)

    def look(self, work: Callable[[Session], Result]) -> Result:
        """Read one moment of the database."""
        with self.store.reading() as session:
            return work(session)

    # --- what is deployed

    def deploy(self, models: list[str], tenant: str = "", alias: str | None = None) -> Deployed:
        """Deploy these models together, or the app that is played on. Raises Invalid."""
        files = {PurePosixPath(path).name: self.find(path) for path in models}
        files |= stubs.tables(self.stubs, files)
        files |= self.app or {}
        if self.profile is not None and self.app is None:
            files["app.toml"] = f'[app]\nprofile = "{self.profile}"\n'.encode()
        found = self.change(
            lambda session: deployments.deploy(session, files, SYSTEM, self.now, family=tenant)
        )
        app = self.look(lambda session: catalogue.case_app(session, found))
        deployed = Deployed(found, app, tenant)
        self.deployed.append(deployed)
        self.change(lambda session: self._employ(session, app))
        if alias is not None:
            self.named[alias] = deployed
        return deployed

    # --- cases

    def cases(self) -> list[CaseRecord]:
        """Every case of the run, child cases too."""
        return self.look(records.cases)

    def case_id(self, reference: object = None) -> int:
        """The case that `of` means. Raises Invalid where none is named, Mistaken for an unknown alias.

        An id that belongs to no case is a number that none has: what is asked of it refuses.
        """
        if isinstance(reference, Mapping):
            if reference["id"] is None:
                raise Invalid([Problem(E_ARGUMENT, "no case is named")])
            return NOBODYS
        alias = reference if reference is not None else self.current
        if not isinstance(alias, str) or alias not in self.aliases:
            raise Mistaken(f"no case is called {alias}")
        return self.aliases[alias]

    def open(self, key: str, command: StartCase, tenant: str = "", alias: str | None = None) -> int:
        """Start a case of the newest version of a definition. Raises as `openings.open_defined` does."""
        family = next(
            (one.app.family for one in self.deployed if key in one.app.cases and not one.app.is_bare), ""
        )
        number = f"S-{len(self.cases()) + 1:06}"

        by = By(self.actor(), VIA, self.now)

        def work(session: Session) -> Turn:
            defined = catalogue.case_by_key(session, key, tenant or family)
            return openings.open_defined(session, defined, number, command, by)

        found = self.change(work).case_id
        self.current = alias or key
        self.aliases[self.current] = found
        return found

    def record(self, case_id: int) -> CaseRecord:
        """The row of a case. Raises NotFound."""
        for case in self.cases():
            if case.id == case_id:
                return case
        raise NotFound("There is no such case.")

    def instance(self, case_id: int) -> CaseInstance:
        """The case as it is stored now."""
        return self.look(lambda session: records.instance(session, case_id))

    def tasks(self, case_id: int) -> list[TaskRecord]:
        """The human tasks of a case."""
        return self.look(lambda session: records.tasks(session, case_id))

    def jobs(self) -> list[JobRecord]:
        """All that is due later."""
        return self.look(records.jobs)

    def links(self) -> list[Link]:
        """Which task called which case."""
        return self.look(records.links)

    def events(self, case_id: int) -> list[AnyEvent]:
        """What happened in a case in the last step."""
        after = self.marks.get(case_id, 0)
        return self.look(lambda session: records.events(session, case_id, after))

    def mark(self) -> None:
        """A step begins: what happens from now on is what it did."""
        self.marks = {case.id: case.version for case in self.cases()}

    # --- acting

    def execute(self, case_id: int, command: AnyCommand, actor: Actor | None = None) -> Turn:
        """Carry a command out, in the name of the acting user. Raises as `execution.execute` does."""
        who = self.actor(case_id) if actor is None else actor
        return self.change(lambda session: execution.execute(session, case_id, command, who, VIA, self.now))

    def rest(self) -> None:
        """Let all come to rest that needs no clock: messages between cases, what stubs answer."""
        for _ in range(_MOST_ROUNDS):
            done = worker.within(self.store.transaction, self.now, kinds=AT_REST)
            if self.server is not None:
                done += worker.outside(self.store.transaction, self.now)
            done += self._report_processes()
            if not done:
                return
        raise Mistaken("the cases of the run do not come to rest")

    def report(self, case_id: int, ended: ChildEnded) -> None:
        """What a task has called has ended. Raises as `execution.execute` does."""
        self.execute(case_id, ended, SYSTEM)

    def _report_processes(self) -> int:
        """The stubs of processes that end at once say so; how many did."""
        done = 0
        for job in self.jobs():
            if job.kind != work_rows.PROCESS or job.case_id is None or job.item is None:
                continue
            stub = self.stubs.get(str(job.payload.get("process")), {"mode": "wait"})
            if stub.get("mode", "wait") == "wait":
                continue
            ending = Ending.COMPLETED if stub["mode"] == "complete" else Ending.FAILED
            outputs = table(stub.get("output"))
            self.report(job.case_id, ChildEnded(job.item, ending, outputs, code=stub.get("code", "")))
            done += 1
        return done

    # --- people

    def person(self, name: str) -> int:
        """The id of somebody, who comes to be when first named."""
        if name not in self.people:
            self.people[name] = self.change(
                lambda session: people.create_user(session, name, name, None, self.now)
            )
        return self.people[name]

    def actor(self, case_id: int | None = None, user: str | None = None) -> Actor:
        """The acting user, or `user`; nobody in particular is the engine, with full rights."""
        name = user if user is not None else self.user
        if name is None:
            return SYSTEM
        return Actor(self.person(name), name, name, frozenset(self._grants(name, case_id)))

    def colleague(self, name: str, case_id: int) -> int:
        """The id of somebody who holds, in the installation too, all roles that they would act with."""
        id_ = self.person(name)
        grants = list(self._grants(name, case_id))

        def work(session: Session) -> None:
            for grant in grants:
                people.grant(session, id_, grant.family, grant.role, self.now)

        self.change(work)
        return id_

    def _employ(self, session: Session, app: CaseApp) -> None:
        """Whom the scenario knows may work on the cases of an app, with the roles they have."""
        for name, id_ in self.people.items():
            for role in self.roles.get(name, app.roles):
                if role in app.roles:
                    people.grant(session, id_, app.family, role, self.now)

    def _grants(self, name: str, case_id: int | None) -> Iterator[Grant]:
        """Full rights where there is no team; of a team its members' roles, and others may only look."""
        team = None if case_id is None else self.instance(case_id).state.team
        own = self.roles.get(name)
        for family, declared in self._families().items():
            if team is not None and name not in team:
                yield Grant(family, _STAFF, read_only=True)
                continue
            if own is not None:
                yield from (declared[role] for role in own if role in declared)
                continue
            if team is None:
                yield from declared.values()
                continue
            yield from (Grant(family, role) for role in {_STAFF, *team[name]})

    def _families(self) -> dict[str, dict[str, Grant]]:
        return {
            one.app.family: {
                role.name: role.rule.granted_in(one.app.family) for role in one.app.roles.values()
            }
            for one in self.deployed
        }
