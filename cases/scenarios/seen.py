"""What an expectation looks at: one case of the run as it is stored now, and how a difference is said."""

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property

from cases.cmmn.events import AnyEvent
from cases.cmmn.instance import CASE, CaseInstance, ItemState
from cases.queries.records import CaseRecord, TaskRecord
from cases.scenarios import selecting, values
from cases.scenarios.world import Differs, World


class Seen:
    """A case of the world, read once for all that one `expect` says; the reference may name none."""

    def __init__(self, world: World, reference: object) -> None:
        self.world = world
        self._reference = reference

    @cached_property
    def case_id(self) -> int:
        """The number of the case. Raises Mistaken where no case is meant."""
        return self.world.case_id(self._reference)

    @cached_property
    def case(self) -> CaseInstance:
        """The case."""
        return self.world.instance(self.case_id)

    @cached_property
    def record(self) -> CaseRecord:
        """The row of the case."""
        return self.world.record(self.case_id)

    @cached_property
    def tasks(self) -> list[TaskRecord]:
        """Its human tasks, those that are over too."""
        return self.world.tasks(self.case_id)

    @cached_property
    def events(self) -> list[AnyEvent]:
        """What the last step did to it."""
        return self.world.events(self.case_id)

    @property
    def items(self) -> list[ItemState]:
        """Its instances, but the case itself."""
        return [item for item in self.case.items() if item.iid != CASE]

    @property
    def live(self) -> list[ItemState]:
        """Its live instances."""
        return [item for item in self.items if item.state not in selecting.ENDED]

    def by_name(self, items: Iterable[ItemState]) -> dict[str, Counter[str]]:
        """How many instances of each name are in which state."""
        found: dict[str, Counter[str]] = {}
        for item in items:
            found.setdefault(self.case.name_of(item.iid), Counter())[selecting.word(item)] += 1
        return found

    def names(self, items: Iterable[ItemState]) -> Counter[str]:
        """How many instances of each name."""
        return Counter(self.case.name_of(item.iid) for item in items)

    def resolved(self, value: object) -> object:
        """An expected value with ids in place of the names of cases and tasks. Raises Mistaken."""
        return values.resolved(value, self._id_of)

    def _id_of(self, mark: str, name: str) -> str:
        if mark == "case_id":
            return str(self.world.case_id(name))
        item = selecting.task(self.world, self.case_id, name)
        return f"{self.case_id}.{item.iid}"


def same(what: str, wanted: object, found: object) -> None:
    """Raises Differs where what was found is not what is wanted."""
    if not values.equal(wanted, found):
        differs(what, wanted, found)


def same_count(what: str, wanted: Iterable[str], found: Counter[str]) -> None:
    """The same for lists without order. Raises Differs."""
    if Counter(wanted) != found:
        differs(what, sorted(wanted), sorted(found.elements()))


def same_states(wanted: Mapping[str, object], found: Mapping[str, Counter[str]], what: str) -> None:
    """The same for states by name; a name with no state left is one that is not there. Raises Differs."""
    counted = {name: states for name, states in values.counted(wanted).items() if states}
    if counted != {name: states for name, states in found.items() if states}:
        differs(what, _states(counted), _states(found))


def differs(what: str, wanted: object, found: object) -> None:
    """Raises Differs: what was looked at, what was expected, what is there."""
    raise Differs(f"{what}: expected {values.shown(wanted)}, found {values.shown(found)}")


def _states(found: Mapping[str, Counter[str]]) -> dict[str, object]:
    lists = {name: sorted(states.elements()) for name, states in sorted(found.items()) if states}
    return {name: states[0] if len(states) == 1 else states for name, states in lists.items()}
