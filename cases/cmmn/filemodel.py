"""The case file as a model declares it (SPEC 5.3), and what tasks read and write."""

from dataclasses import dataclass, field
from enum import StrEnum

from cases.feel import Expression


class Multiplicity(StrEnum):
    """How many values an item holds (SPEC Table 5.4)."""

    UNSPECIFIED = "Unspecified"
    ZERO_OR_ONE = "ZeroOrOne"
    ZERO_OR_MORE = "ZeroOrMore"
    EXACTLY_ONE = "ExactlyOne"
    ONE_OR_MORE = "OneOrMore"
    UNKNOWN = "Unknown"

    @property
    def is_many(self) -> bool:
        """Whether the item is a collection."""
        return self in (Multiplicity.ZERO_OR_MORE, Multiplicity.ONE_OR_MORE)


@dataclass(frozen=True, slots=True)
class FileItem:
    """One declared item. `path` is its names from the root, as in `("claim", "vehicles")`.

    `definition_type` and `structure` are those of its definition (SPEC 5.1.4), `targets` the paths of the
    items that it refers to.
    """

    id: str
    name: str
    path: tuple[str, ...]
    multiplicity: Multiplicity = Multiplicity.UNSPECIFIED
    type: str = ""
    children: tuple["FileItem", ...] = ()
    visible_to: frozenset[str] | None = None
    masked: bool = False
    definition_type: str = ""
    structure: str = ""
    targets: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class FileModel:
    """All declared items. A root name that nobody declared is an implicit item (cmmn-semantics D11)."""

    roots: tuple[FileItem, ...] = ()
    by_id: dict[str, FileItem] = field(default_factory=dict)

    def find(self, path: tuple[str, ...]) -> FileItem | None:
        """The item declared at `path`, or None."""
        return next((item for item in self.by_id.values() if item.path == path), None)


class WriteMode(StrEnum):
    """How an output reaches its item: it replaces, merges an object, or appends to a collection.

    `merge` is how outputs of the standard are written (6.4): an object into an object, all else in its place,
    null too; a model cannot name it.
    """

    REPLACE = "replace"
    UPDATE = "update"
    APPEND = "append"
    MERGE = "merge"


@dataclass(frozen=True, slots=True)
class Input:
    """One named value that a task, step or decision is handed, computed when it starts."""

    name: str
    value: Expression


@dataclass(frozen=True, slots=True)
class Output:
    """One value written to a root item when the work completes, after the answer itself, in model order."""

    path: tuple[str, ...]
    value: Expression
    mode: WriteMode = WriteMode.REPLACE


@dataclass(frozen=True, slots=True)
class Parameter:
    """An input or output of a task or case (SPEC 5.4.11), bound to the case file item at `path`."""

    id: str
    name: str
    path: tuple[str, ...] | None = None
    refinement: Expression | None = None


@dataclass(frozen=True, slots=True)
class Handover:
    """A parameter mapping (SPEC 5.4.12): the value named `source` is handed over as `target`."""

    source: str
    target: str
    transformation: Expression | None = None


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of a task by the standard, in model order.

    `given` go from its inputs to what it calls, `taken` from there to its outputs; without any, names agree.
    """

    inputs: tuple[Parameter, ...] = ()
    outputs: tuple[Parameter, ...] = ()
    given: tuple[Handover, ...] = ()
    taken: tuple[Handover, ...] = ()


NO_PARAMETERS = Parameters()
