"""A running case: its program and its state, as compact structs that are stored as they are.

Nothing here changes anything: the state changes in `folding` alone, event by event.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from cases.cmmn.adhoc import extended
from cases.cmmn.casefile import CaseFile
from cases.cmmn.events import AdHoc
from cases.cmmn.lifecycle import FINAL, State
from cases.cmmn.metamodel import PlanItem, Program
from cases.cmmn.wiring import Wiring, wiring_of

CASE = 0
"""Both the instance and the plan item of the plan model itself."""


class Memory(msgspec.Struct, array_like=True, gc=False):
    """What one criterion of one owner remembers: the seq of the latest occurrence of each on-part.

    0 is none. `event` is what conditions see: code and message of a fault, path of a case file item.
    `holds`: the if-part was true once, where that is remembered (3.3, latchedAll).
    """

    occurred: list[int]
    event: dict[str, object] | None = None
    holds: bool = False

    @property
    def is_full(self) -> bool:
        """Whether every on-part has occurred."""
        return 0 not in self.occurred


class Timer(msgspec.Struct, array_like=True, gc=False):
    """An armed timer: fire `ordinal` of a schedule counted from `anchor`, `fired` fires after its first."""

    fire_no: int
    due: str
    schedule: str
    anchor: str
    ordinal: int = 1
    fired: int = 0


class ItemState(msgspec.Struct, array_like=True, gc=False):
    """One instance of a plan item. `parent` is the iid of its container, `index` counts it within that.

    `before` is the state that a suspension interrupted, and `directly` whether the item itself was
    suspended. `spent` are criteria without on-parts that fired and have not been seen false since.
    `entered_by` and `exited_by` are the ids of the criteria that moved it last. `local` are its own variables
    (6.5), `name` is what it is called where that was computed, `held` for which job it waits: start or leave.
    `gathered` is what it leaves for the aggregations of its repetition rule.
    """

    iid: int
    number: int
    parent: int
    index: int
    state: State
    required: bool = False
    before: State | None = None
    directly: bool = False
    entered_by: str | None = None
    exited_by: str | None = None
    memory: dict[int, Memory] = {}
    spent: list[int] = []
    timer: Timer | None = None
    code: str = ""
    message: str = ""
    local: dict[str, object] = {}
    name: str = ""
    held: str = ""
    gathered: list[dict[str, object]] = []


class Seed(msgspec.Struct, array_like=True, gc=False):
    """A possible further repetition of a plan item in one container: memory without an instance (D6)."""

    number: int
    parent: int
    next_index: int
    memory: dict[int, Memory] = {}
    spent: list[int] = []


class Returned(msgspec.Struct, array_like=True, gc=False):
    """How the call of a suspended task ended, until it is resumed (2.5)."""

    outcome: str
    outputs: object = None
    code: str = ""
    message: str = ""


class CaseState(msgspec.Struct, array_like=True, gc=False):
    """The whole engine state of one case. `items[iid]` has that iid, `items[0]` is the case itself.

    `seeds` are kept by plan item number; `slots` by container and criterion: what was heard for an owner
    that waits for its stages to start (R-3.4c). `planned` are plan items by container: planned while it was
    not Active, made when it is (4.6). `team` are the members with their case roles, None for everybody.
    `returned` are calls that ended while their task was suspended; `caller` is whose call the case itself is.
    `is_reopened`: the case has ended before. `business_key` is the installation's own key; `name`,
    `given_key` and `business_status` are what people call the case. `adhoc` are items that no model foresaw.
    With `tells_all` the caller is told all variables at the end, not the outputs alone. `is_irregular`:
    instances were made by hand beside those of their rules (8.3).
    """

    case_id: int
    business_key: str
    seq: int = 0
    items: list[ItemState] = []
    seeds: dict[int, list[Seed]] = {}
    slots: dict[int, dict[int, Memory]] = {}
    file: CaseFile = msgspec.field(default_factory=CaseFile)
    planned: dict[int, list[int]] = {}
    team: dict[str, list[str]] | None = None
    returned: dict[int, Returned] = {}
    caller: str = ""
    depth: int = 0
    is_reopened: bool = False
    name: str | None = None
    given_key: str | None = None
    business_status: str | None = None
    adhoc: list[AdHoc] = []
    tells_all: bool = False
    is_irregular: bool = False


class CaseInstance:
    """A case as everybody outside the engine sees it; never changed, every turn makes a new one."""

    __slots__ = ("_live", "at_work", "program", "state", "wiring")

    def __init__(
        self,
        program: Program,
        state: CaseState,
        live: dict[int, tuple[int, ...]] | None = None,
        at_work: dict[int, int] | None = None,
    ) -> None:
        if len(state.adhoc) != program.definition.adhoc:
            program = extended(program, state.adhoc)
        self.program = program
        self.state = state
        self.wiring: Wiring = wiring_of(program.definition)
        self.at_work = at_work or {}  # the child by which a container was last found open: a hint, no state
        self._live = live_among(state.items) if live is None else live

    @property
    def case_state(self) -> State:
        """Where the case stands; Unavailable before it is started."""
        return self.state.items[CASE].state if self.state.items else State.UNAVAILABLE

    def items(self) -> Iterable[ItemState]:
        """Every instance that ever was, the case itself first, in the order of creation."""
        return self.state.items

    def plan_item(self, iid: int) -> PlanItem:
        """The plan item that this is an instance of. Raises IndexError."""
        return self.program.definition.items[self.state.items[iid].number]

    def name_of(self, iid: int) -> str:
        """What this instance is called. Raises IndexError."""
        return self.state.items[iid].name or self.plan_item(iid).name

    def file(self) -> dict[str, object]:
        """The root items of the case file, as plain JSON values; not to be changed."""
        return self.state.file.values

    def live(self, number: int) -> tuple[int, ...]:
        """The iids of the instances of this plan item that are neither Completed nor Terminated."""
        return self._live.get(number, ())

    def live_table(self) -> dict[int, tuple[int, ...]]:
        """The live instances of every plan item."""
        return self._live


def new(program: Program, case_id: int, business_key: str) -> CaseInstance:
    """A case that StartCase can start."""
    return CaseInstance(program, CaseState(case_id, business_key))


def text_of(instant: datetime) -> str:
    """An instant as data holds it: ISO 8601 in UTC, ending in Z."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def instant_of(text: str) -> datetime:
    """The instant that `text_of` wrote."""
    return datetime.fromisoformat(text)


def live_among(items: list[ItemState]) -> dict[int, tuple[int, ...]]:
    """The live instances of every plan item."""
    live: dict[int, tuple[int, ...]] = {}
    for item in items:
        if item.state not in FINAL:
            live[item.number] = (*live.get(item.number, ()), item.iid)
    return live
