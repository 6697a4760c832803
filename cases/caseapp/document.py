"""A case app as values: who, when, with what; models, tables and forms (docs/reference/app-toml.md)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from cases.cmmn.metamodel import CaseDefinition
from cases.dmn import Definitions
from cases.errors import Problem
from cases.feel import Expression
from cases.policy.access import RoleRule
from cases.policy.calendar import Calendar
from cases.policy.escalation import Rung
from forms.definition import FormDefinition

INSIDE = "casewright"
"""The connection that is not outside: its operations look into the own cases."""

FIND_CASES = "find_cases"


@dataclass(frozen=True, slots=True)
class RoleSpec:
    """A role of the app. `authority` is the largest amount that it may settle; None is without limit."""

    name: str
    title: str
    authority: Decimal | None = None
    read_only: bool = False
    external: bool = False
    supervisor: bool = False
    operator: bool = False
    administrator: bool = False

    @property
    def rule(self) -> RoleRule:
        """The role as rights are decided by it."""
        return RoleRule(
            name=self.name,
            read_only=self.read_only,
            external=self.external,
            supervisor=self.supervisor,
            operator=self.operator,
            administrator=self.administrator,
            authority=self.authority,
        )


@dataclass(frozen=True, slots=True)
class BreakerSpec:
    """A circuit breaker: after `failures` within `within` seconds none is called for `open` seconds."""

    failures: int
    within: float
    open: float


@dataclass(frozen=True, slots=True)
class StatusFault:
    """An HTTP status that fails the step at once, with this code."""

    code: str


@dataclass(frozen=True, slots=True)
class OperationSpec:
    """One operation of a connection. `status` says what a status means: an answer (FEEL) or a fault."""

    name: str
    method: str
    path: str
    body: Expression | None = None
    answer: Expression | None = None
    schema: Mapping[str, object] | None = None
    status: Mapping[int, Expression | StatusFault] = field(default_factory=dict)
    idempotent: bool = True
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class ConnectionSpec:
    """A service as the app needs it; its address belongs to the installation."""

    name: str
    title: str
    operations: Mapping[str, OperationSpec]
    breaker: BreakerSpec | None = None


@dataclass(frozen=True, slots=True)
class SearchField:
    """A value that a case can be found by."""

    name: str
    title: str
    value: Expression


@dataclass(frozen=True, slots=True)
class IntakeCheck:
    """What must be true of a payload. With `each`, of every entry (`item`) of the list at `field`."""

    field: str
    code: str
    unless: Expression
    each: bool = False


@dataclass(frozen=True, slots=True)
class IntakeSpec:
    """How a message becomes a case (`caseapp.intake` does it). `zone` is where a time without one is."""

    name: str
    endpoint: str
    case: str
    key: Expression
    schema: Mapping[str, object]
    mapping: Mapping[str, Expression]
    instants: Mapping[str, Expression | None] = field(default_factory=dict)
    checks: tuple[IntakeCheck, ...] = ()
    warnings: tuple[IntakeCheck, ...] = ()
    different_payload: str = "conflict"
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class SlaSpec:
    """A policy that `cw:sla` names."""

    name: str
    title: str
    within: str


@dataclass(frozen=True, slots=True)
class CaseApp:
    """A whole case app. `is_bare`: a model alone, wrapped; the rules of the house do not hold for it.

    `ladder` is that of all tasks which name none themselves. `sources`: `case:ID`, `decision:ID` and
    `form:KEY` -> the file that it stands in. `remarks`: what was put right or left out in reading models.
    """

    key: str
    title: str
    owner: str
    family: str
    case: str
    number: str
    cases: Mapping[str, CaseDefinition]
    criticality: str = "normal"
    calendar: str | None = None
    zone: str = "UTC"
    roles: Mapping[str, RoleSpec] = field(default_factory=dict)
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    connections: Mapping[str, ConnectionSpec] = field(default_factory=dict)
    search: Mapping[str, SearchField] = field(default_factory=dict)
    intakes: Mapping[str, IntakeSpec] = field(default_factory=dict)
    sla: Mapping[str, SlaSpec] = field(default_factory=dict)
    ladders: Mapping[str, tuple[Rung, ...]] = field(default_factory=dict)
    ladder: str | None = None
    decisions: Mapping[str, Definitions] = field(default_factory=dict)
    forms: Mapping[str, FormDefinition] = field(default_factory=dict)
    is_bare: bool = False
    sources: Mapping[str, str] = field(default_factory=dict)
    remarks: tuple[Problem, ...] = ()

    def ladder_of(self, named: str | None) -> str | None:
        """The ladder of a task that names this one, or none: then its app's. None where nothing escalates."""
        name = named or self.ladder
        return name if name in self.ladders else None

    @property
    def business_calendar(self) -> Calendar | None:
        """The calendar of tasks and timers that name none."""
        return None if self.calendar is None else self.calendars[self.calendar]

    @property
    def readers(self) -> Mapping[str, Mapping[str, frozenset[str]]]:
        """By form, the fields that not everybody may read, with the roles that may."""
        found: dict[str, dict[str, frozenset[str]]] = {}
        for form in self.forms.values():
            for one in form.fields:
                if one.readable_by is not None:
                    found.setdefault(form.key, {})[one.key] = one.readable_by
        return found
