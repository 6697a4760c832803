"""Decisions, tables and boxed expressions, frozen, as in DMN 1.5; what a table did, as a page shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from cases.feel import Expression, UnaryTests
from cases.feel.types import ANY, Type


class HitPolicy(StrEnum):
    """What becomes of several rules that match (DMN 1.5, 8.2.8)."""

    UNIQUE = "UNIQUE"
    FIRST = "FIRST"
    PRIORITY = "PRIORITY"
    ANY = "ANY"
    COLLECT = "COLLECT"
    RULE_ORDER = "RULE ORDER"
    OUTPUT_ORDER = "OUTPUT ORDER"


class Aggregation(StrEnum):
    """What COLLECT makes of the outputs; a list, where there is none."""

    SUM = "SUM"
    COUNT = "COUNT"
    MIN = "MIN"
    MAX = "MAX"


@dataclass(frozen=True, slots=True)
class Literal:
    """A boxed literal expression; without text it is null."""

    expression: Expression | None
    type: Type = ANY
    line: int | None = None


@dataclass(frozen=True, slots=True)
class InputClause:
    """A column of a table: what is asked, and the values that are allowed."""

    label: str
    expression: Expression
    type: Type = ANY
    allowed: UnaryTests | None = None


@dataclass(frozen=True, slots=True)
class OutputClause:
    """A column of a table: what is answered; the allowed values are in the order of their priority."""

    name: str
    type: Type = ANY
    values: Expression | None = None
    default: Expression | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A row: one test per input (None for `-`), one expression per output (None for an empty cell)."""

    tests: tuple[UnaryTests | None, ...]
    outputs: tuple[Expression | None, ...]
    line: int | None = None


@dataclass(frozen=True, slots=True)
class DecisionTable:
    """A decision table (DMN 1.5, 8.3)."""

    inputs: tuple[InputClause, ...]
    outputs: tuple[OutputClause, ...]
    rules: tuple[Rule, ...]
    hit_policy: HitPolicy = HitPolicy.UNIQUE
    aggregation: Aggregation | None = None
    type: Type = ANY
    line: int | None = None


@dataclass(frozen=True, slots=True)
class ContextEntry:
    """An entry of a boxed context; the one without a name is its result."""

    name: str
    value: "Boxed"
    type: Type = ANY


@dataclass(frozen=True, slots=True)
class Context:
    """A boxed context: later entries see the earlier ones."""

    entries: tuple[ContextEntry, ...]
    type: Type = ANY
    line: int | None = None


@dataclass(frozen=True, slots=True)
class List:
    """A boxed list."""

    items: tuple["Boxed", ...]
    type: Type = ANY
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    """A boxed relation: rows of contexts."""

    columns: tuple[str, ...]
    rows: tuple[tuple["Boxed", ...], ...]
    type: Type = ANY
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Invocation:
    """A boxed invocation: a function, and its parameters by name."""

    function: "Boxed"
    bindings: tuple[tuple[str, "Boxed"], ...]
    type: Type = ANY
    line: int | None = None


@dataclass(frozen=True, slots=True)
class FunctionDefinition:
    """A boxed function; one of Java or PMML has no body, and nothing runs it."""

    parameters: tuple[tuple[str, Type], ...]
    body: "Boxed | None"
    type: Type = ANY
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Conditional:
    """A boxed `if`."""

    condition: "Boxed"
    then: "Boxed"
    otherwise: "Boxed"
    type: Type = ANY
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """A boxed filter."""

    source: "Boxed"
    match: "Boxed"
    type: Type = ANY
    line: int | None = None


@dataclass(frozen=True, slots=True)
class For:
    """A boxed `for`."""

    variable: str
    source: "Boxed"
    body: "Boxed"
    type: Type = ANY
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Some:
    """A boxed `some`."""

    variable: str
    source: "Boxed"
    body: "Boxed"
    type: Type = ANY
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Every:
    """A boxed `every`."""

    variable: str
    source: "Boxed"
    body: "Boxed"
    type: Type = ANY
    line: int | None = None


Boxed: TypeAlias = (
    Literal | DecisionTable | Context | List | Relation | Invocation | FunctionDefinition | Conditional
    | Filter | For | Some | Every
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reference:
    """What an element needs: the id of another, in this model or in an imported one."""

    id: str
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class InputData:
    """A fact that is handed in."""

    id: str
    name: str
    type: Type = ANY
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision: its logic, and what it needs."""

    id: str
    name: str
    logic: Boxed | None
    needs: tuple[Reference, ...] = ()
    type: Type = ANY
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Knowledge:
    """A business knowledge model: a function that decisions share."""

    id: str
    name: str
    function: FunctionDefinition | None
    needs: tuple[Reference, ...] = ()
    type: Type = ANY
    line: int | None = None


@dataclass(frozen=True, slots=True)
class DecisionService:
    """Decisions as a function of their inputs."""

    id: str
    name: str
    outputs: tuple[Reference, ...]
    input_decisions: tuple[Reference, ...] = ()
    input_data: tuple[Reference, ...] = ()
    type: Type = ANY
    line: int | None = None


Element: TypeAlias = InputData | Decision | Knowledge | DecisionService


@dataclass(frozen=True, slots=True)
class TableTrace:
    """What a table did: the rules that fired, by number from 1, and what each gave.

    `inputs` are the values of the columns by their labels.
    """

    decision: str
    rules: tuple[int, ...]
    inputs: Mapping[str, object]
    outputs: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Decided:
    """The value of a decision, how its tables came to it, and why something is null, if something is."""

    value: object
    trace: tuple[TableTrace, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Model:
    """One file: elements by id, types by name, imports by prefix; if open, decisions see inputs by name."""

    namespace: str
    name: str
    elements: Mapping[str, Element]
    types: Mapping[str, Type]
    imports: Mapping[str, "Model"]
    source: str = ""
    is_open: bool = False

    def find(self, reference: Reference) -> tuple[str | None, "Model", Element] | None:
        """The prefix (None at home), the model and the element that are meant, or None."""
        if not reference.namespace or reference.namespace == self.namespace:
            return None if reference.id not in self.elements else (None, self, self.elements[reference.id])
        for prefix, model in self.imports.items():
            if model.namespace == reference.namespace and reference.id in model.elements:
                return prefix, model, model.elements[reference.id]
        return None
