"""What expressions may ask about plan items, the case and the turn; computed when it is asked (3.8)."""

from collections.abc import Iterator, Mapping

from cases.cmmn.agenda import Run
from cases.cmmn.casefile import Path
from cases.cmmn.instance import CASE, ItemState, Memory, Seed
from cases.cmmn.lifecycle import State

_OFFERED = frozenset({"item", "turn", "repetitionIndex", "event"})
_NOTHING: Mapping[str, object] = {}


class View(Mapping[str, object]):
    """A context whose members are computed one by one. Subclasses list their members, and find them."""

    __slots__ = ("run",)
    members: tuple[str, ...] = ()

    def __init__(self, run: Run) -> None:
        self.run = run

    def __contains__(self, name: object) -> bool:
        return name in self.members

    def __iter__(self) -> Iterator[str]:
        return iter(self.members)

    def __len__(self) -> int:
        return len(self.members)

    def __getitem__(self, name: str) -> object:
        if name not in self.members:
            raise KeyError(name)
        return self.found(name)

    def found(self, name: str) -> object:
        """The value of a member."""
        raise NotImplementedError


class ItemView(View):
    """An instance, or the seed of one that is not there yet."""

    __slots__ = ("item",)
    members = ("id", "name", "element", "definition", "index", "state", "stage")

    def __init__(self, run: Run, item: ItemState | Seed) -> None:
        self.run = run
        self.item = item

    def found(self, name: str) -> object:
        item = self.item
        plan_item = self.run.definition.items[item.number]
        is_seed = isinstance(item, Seed)
        match name:
            case "id":
                return None if isinstance(item, Seed) else id_of(self.run, item.iid)
            case "name":
                return plan_item.name if isinstance(item, Seed) else item.name or plan_item.name
            case "element":
                return plan_item.id
            case "definition":
                return plan_item.definition.id
            case "index":
                return item.next_index if isinstance(item, Seed) else item.index
            case "state":
                return word_of(State.AVAILABLE) if is_seed else word_of(item.state)  # type: ignore[union-attr]
        return id_of(self.run, item.parent) if item.parent >= CASE else None


class CaseView(View):
    """The case: the installation's own `key`, and what people call it."""

    __slots__ = ()
    members = (
        "id",
        "key",
        "name",
        "state",
        "businessKey",
        "businessStatus",
        "definition",
        "version",
        "family",
    )

    def found(self, name: str) -> object:
        state = self.run.state
        match name:
            case "id":
                return state.case_id
            case "key":
                return state.business_key
            case "name":
                return state.name
            case "state":
                return word_of(state.items[CASE].state) if state.items else word_of(State.UNAVAILABLE)
            case "businessKey":
                return state.given_key
            case "businessStatus":
                return state.business_status
            case "definition":
                return self.run.definition.id
            case "version":
                return self.run.program.version
        return self.run.program.family


class TurnView(View):
    """Who acts, whether the own container could complete now, and all instances that there are."""

    __slots__ = ("parent",)
    members = ("user", "completable", "items")

    def __init__(self, run: Run, parent: int) -> None:
        self.run = run
        self.parent = parent

    def found(self, name: str) -> object:
        match name:
            case "user":
                return self.run.user
            case "completable":
                return self.run.is_completable(max(self.parent, CASE))
        return [ItemView(self.run, item) for item in self.run.state.items[1:]]


class Surroundings(Mapping[str, object]):
    """What an expression of an item sees before the case file; most ask for none of it (3.8).

    `item`, `stage`, `turn`, `repetitionIndex`, `event`; then what only this turn sees, and over all of them
    the local variables of the item and of the stages around it, the innermost first (6.5). `context` comes
    before everything, where there is one: what stands in the case file at a path (6.3).
    """

    __slots__ = ("_context", "_item", "_memory", "_run", "_variables")

    def __init__(
        self, run: Run, item: ItemState | Seed, memory: Memory | None = None, context: Path | None = None
    ) -> None:
        self._run = run
        self._item = item
        self._memory = memory
        self._context = context
        self._variables: Mapping[str, object] | None = None

    def with_context(self, path: Path) -> "Surroundings":
        """The same, and `context`."""
        return Surroundings(self._run, self._item, self._memory, path)

    def __contains__(self, name: object) -> bool:
        variables = self._variables
        if variables is None:
            variables = self._variables = _variables(self._run, self._item)
        if name in variables or name in _OFFERED:
            return True
        if name == "context":
            return self._context is not None
        return name == "stage" and self._item.parent >= CASE

    def __getitem__(self, name: str) -> object:
        if name not in self:
            raise KeyError(name)
        if name == "context" and self._context is not None:
            return _standing_at(self._run, self._context)
        if self._variables and name in self._variables:
            return self._variables[name]
        match name:
            case "item":
                return ItemView(self._run, self._item)
            case "turn":
                return TurnView(self._run, self._item.parent)
            case "stage":
                return ItemView(self._run, self._run.state.items[self._item.parent])
            case "event":
                return None if self._memory is None else self._memory.event
        return self._item.next_index if isinstance(self._item, Seed) else self._item.index

    def __iter__(self) -> Iterator[str]:
        offered = [*_OFFERED, "stage", "context"]
        return iter(dict.fromkeys([*(name for name in offered if name in self), *(self._variables or ())]))

    def __len__(self) -> int:
        return len(list(iter(self)))


def locals_around(run: Run, item: ItemState | Seed) -> list[dict[str, object]]:
    """The local variables that there are, from the outermost stage to the item."""
    items = run.state.items
    holder = item if isinstance(item, ItemState) else items[item.parent]
    found: list[dict[str, object]] = []
    while holder.iid > CASE:
        if holder.local:
            found.append(holder.local)
        holder = items[holder.parent]
    return found[::-1]


def id_of(run: Run, iid: int) -> str:
    """The id of an instance outside its case, and that of its human task."""
    return f"{run.state.case_id}.{iid}"


def word_of(state: State) -> str:
    """A state as expressions know it."""
    return state.name.lower()


def _variables(run: Run, item: ItemState | Seed) -> Mapping[str, object]:
    """What this turn alone sees, how often a seed was repeated, and the local variables; mostly nothing."""
    around = locals_around(run, item)
    is_counted = isinstance(item, Seed) and item.number in run.wiring.counters
    if not (around or run.transient or is_counted):
        return _NOTHING
    found = dict(run.transient)
    if isinstance(item, Seed) and is_counted:
        found[run.wiring.counters[item.number]] = item.next_index + 1
    for local in around:
        found.update(local)
    return found


def _standing_at(run: Run, path: Path) -> object:
    found: object = run.state.file.values
    for step in path:
        found = found.get(step) if isinstance(found, Mapping) else None
    return found
