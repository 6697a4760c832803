"""What expressions may ask about plan items, the case and the turn; computed when it is asked (3.8)."""

from collections.abc import Iterator, Mapping

from cases.cmmn.agenda import Run
from cases.cmmn.instance import CASE, ItemState, Seed
from cases.cmmn.lifecycle import State


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


def id_of(run: Run, iid: int) -> str:
    """The id of an instance outside its case, and that of its human task."""
    return f"{run.state.case_id}.{iid}"


def word_of(state: State) -> str:
    """A state as expressions know it."""
    return state.name.lower()
