"""One turn while it runs: what waits, what is to be looked at, and the events and effects so far."""

from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from cases.cmmn.commands import E_DIVERGED, Refused
from cases.cmmn.effects import (
    ChildCancelled,
    ChildOpened,
    Effect,
    HumanTaskClosed,
    HumanTaskOpened,
    TimerCancelled,
    TimerSet,
    WorkCancelled,
    WorkOpened,
)
from cases.cmmn.events import (
    AnyEvent,
    CaseTransitioned,
    FileTransitioned,
    IncidentRaised,
    ItemNamed,
    ItemTransitioned,
)
from cases.cmmn.folding import Draft
from cases.cmmn.instance import CASE, CaseInstance, ItemState, text_of
from cases.cmmn.lifecycle import State, Transition

MAX_TRANSITIONS = 10_000
MAX_WAVES = 1_000
MAX_CREATED = 200
MAX_LIVE = 1_000
MAX_STEPS = 300_000
"""Of all expressions of a turn together: what three of them may take, each by itself."""
_SHOWN = 50


class Begin(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An Available item begins: enabled, started or occurred; by these criteria, or because it has none."""

    item: int
    criteria: tuple[int, ...] = ()


class Leave(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An item (or the case) is ended by these exit criteria."""

    item: int
    criteria: tuple[int, ...]


class Repeat(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The seed of a plan item in a container is to make the next repetition."""

    parent: int
    number: int
    criteria: tuple[int, ...]


class Activate(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A waiting stage is started from below, and those between it and the owner of the criterion (R-3.4c)."""

    stage: int
    criterion: int


class Finish(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An Active item completes with its answer; a container completes."""

    item: int
    answer: object = None
    cause: str = ""


class Deliver(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a task had called began or ended, and the task follows."""

    item: int
    outcome: str
    outputs: object = None
    code: str = ""
    message: str = ""


class Arm(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A timer is armed, now."""

    item: int


class Offer(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A user event listener becomes available, or unavailable again."""

    item: int


class Occur(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An event listener hears what it waits for."""

    item: int
    cause: str


class Remove(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A listener that nobody can hear any more is ended."""

    item: int


Operation = Begin | Leave | Repeat | Activate | Finish | Deliver | Arm | Offer | Occur | Remove


class Run(Draft):
    """One turn. The state is changed by `record`, and by what `sentries` latches."""

    __slots__ = (
        "_created",
        "_text_of_now",
        "changed",
        "child_vars",
        "containers",
        "dirty",
        "dirty_seeds",
        "dirty_slots",
        "effects",
        "ended",
        "events",
        "file_before",
        "incidents",
        "is_completable",
        "is_reopening",
        "looked_at",
        "now",
        "operations",
        "scope_cache",
        "steps_left",
        "to_be_dated",
        "transient",
        "user",
        "watched",
        "wave",
        "wave_begins",
    )

    def __init__(self, case: CaseInstance, now: datetime) -> None:
        super().__init__(case)
        self.now = now
        self.wave = 1
        self.wave_begins = 0
        self.watched = 0
        self.events: list[AnyEvent] = []
        self.effects: list[Effect] = []
        self.operations: deque[Operation] = deque()
        self.dirty: dict[tuple[int, int], None] = {}
        self.dirty_seeds: dict[tuple[int, int], None] = {}
        self.dirty_slots: dict[int, None] = {}
        self.containers: set[int] = set()
        self.changed: list[tuple[str, ...]] = []
        self.looked_at: dict[int, None] = {}
        self.to_be_dated: dict[int, None] = {}
        self.file_before = case.state.file.values
        self.ended: dict[int, None] = {}
        self.incidents: set[tuple[str, str]] = set()
        self.is_completable: Callable[[int], bool] = _is_never
        self.is_reopening = False
        self.scope_cache: Mapping[str, object] | None = None
        self.steps_left = MAX_STEPS
        self.transient: Mapping[str, object] = {}
        self.child_vars: dict[int, Mapping[str, object]] = {}
        self.user: str | None = None
        self._created: dict[tuple[int, int], int] = {}
        self._text_of_now = ""

    @property
    def text_of_now(self) -> str:
        """This turn's instant as data holds it."""
        if not self._text_of_now:
            self._text_of_now = text_of(self.now)
        return self._text_of_now

    def seq(self) -> int:
        """The number of the next event."""
        return self.state.seq + 1

    def record(self, event: AnyEvent) -> None:
        """The event happened: it takes effect and will be told. Raises Refused when the turn does not end."""
        if len(self.events) >= MAX_TRANSITIONS:
            raise self.diverged("too many transitions")
        self.events.append(event)
        self.apply(event)

    def queue(self, operation: Operation) -> None:
        """The operation is performed in this wave or the next one."""
        self.operations.append(operation)

    def begin_wave(self) -> None:
        """What happens from now on is simultaneous (R-3.5d). Raises Refused when the turn does not end."""
        self.wave_begins = len(self.events)
        if self.wave > MAX_WAVES:
            raise self.diverged("too many waves")

    def end_wave(self) -> None:
        """All of this wave has been heard: what is decided from now on is told with the next one."""
        self.wave += 1
        self.wave_begins = len(self.events)

    def occurrences(self) -> list[AnyEvent]:
        """The events of this wave so far."""
        return self.events[self.wave_begins :]

    def create(self, number: int, parent: int, index: int, state: State, *, required: bool) -> ItemState:
        """A new instance. Raises Refused when the turn does not end."""
        place = (parent, number)
        self._created[place] = self._created.get(place, 0) + 1
        if self._created[place] > MAX_CREATED or len(self.live.get(number, ())) >= MAX_LIVE:
            raise self.diverged(f"too many instances of {self.definition.items[number].id}")
        iid = len(self.state.items)
        event = ItemTransitioned(
            self.seq(),
            self.wave,
            iid,
            self.definition.items[number].id,
            Transition.CREATE,
            None,
            state,
            parent=parent,
            index=index,
            required=required,
        )
        self.record(event)
        self.containers.add(parent)
        return self.state.items[iid]

    def name(self, iid: int, text: str) -> None:
        """What an instance is called from now on."""
        self.record(ItemNamed(self.seq(), self.wave, iid, self.plan_item(iid).id, text))

    def incident(self, iid: int, code: str, message: str) -> None:
        """Something could not be computed, and a safe value is used (3.8).

        The message begins with the id of what failed, and is told once a turn.
        """
        seen = (code, message)
        if seen not in self.incidents:
            self.incidents.add(seen)
            self.record(IncidentRaised(self.seq(), self.wave, iid, self.plan_item(iid).id, code, message))

    def diverged(self, why: str) -> Refused:
        """The refusal of a turn that does not come to rest, with its last transitions (3.7)."""
        cycle = ", ".join(_words(event) for event in self.events[-_SHOWN:])
        return Refused(E_DIVERGED, f"{why}: ... {cycle}", self.state.items[CASE].state)

    def net_effects(self) -> list[Effect]:
        """The effects, without those of items that came and went within the turn (I-36)."""
        opened: set[int] = set()
        gone: set[int] = set()
        for effect in self.effects:
            if isinstance(effect, WorkOpened | ChildOpened) and effect.again:
                continue
            if isinstance(effect, _OPENING):
                opened.add(effect.item)
            elif isinstance(effect, _CLOSING) and effect.item in opened:
                gone.add(effect.item)
        if not gone:
            return self.effects
        return [effect for effect in self.effects if effect.item not in gone]


_OPENING = (HumanTaskOpened, TimerSet, WorkOpened, ChildOpened)
_CLOSING = (HumanTaskClosed, TimerCancelled, WorkCancelled, ChildCancelled)


def _is_never(_: int) -> bool:
    """Where nothing turns, nothing can complete."""
    return False


def _words(event: AnyEvent) -> str:
    match event:
        case ItemTransitioned():
            return f"{event.definition} {event.transition.value}"
        case FileTransitioned():
            return f"{'.'.join(event.path)} {event.transition.value}"
        case CaseTransitioned():
            return f"case {event.transition.value}"
    return type(event).__name__
