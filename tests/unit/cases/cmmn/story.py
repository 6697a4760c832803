"""A story of one case, told command by command; between any two the case is saved, loaded and replayed.

Story(program(human_task("a"))).open().complete("a").has(plan="completed")
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec

from cases.cmmn import engine, instance, replay
from cases.cmmn.commands import (
    AnyCommand,
    Complete,
    FireTimer,
    OccurUser,
    Plan,
    Refused,
    ResumeCase,
    StartCase,
    WriteFile,
)
from cases.cmmn.effects import Effect, TimerCancelled, TimerSet
from cases.cmmn.events import AnyEvent, ItemTransitioned
from cases.cmmn.instance import CaseState, ItemState
from cases.cmmn.lifecycle import State
from cases.cmmn.metamodel import Program

BEGINNING = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
_encoder = msgspec.json.Encoder(decimal_format="number")
_decoder = msgspec.json.Decoder(CaseState, float_hook=Decimal)
_rows_decoder = msgspec.json.Decoder(list[AnyEvent], float_hook=Decimal)


def saved(state: CaseState) -> bytes:
    return _encoder.encode(state)


class Story:
    """One case and all that has happened to it."""

    def __init__(self, program: Program, now: datetime = BEGINNING) -> None:
        self.program = program
        self.now = now
        self.case = instance.new(program, 7, "CLM-2026-000007")
        self.rows: list[list[AnyEvent]] = []
        self.events: list[AnyEvent] = []
        self.effects: list[Effect] = []
        self.timers: dict[int, TimerSet] = {}

    def execute(self, command: AnyCommand) -> "Story":
        before = saved(self.case.state)
        try:
            outcome = engine.execute(self.case, command, self.now)
        finally:
            assert saved(self.case.state) == before, "the case handed in was changed"
        after = saved(outcome.case.state)
        self.rows.append(_rows_decoder.decode(_encoder.encode(outcome.events)))
        self._check(outcome, after)
        self.case = instance.CaseInstance(self.program, _decoder.decode(after))
        self.events, self.effects = outcome.events, outcome.effects
        for effect in outcome.effects:
            if isinstance(effect, TimerSet):
                self.timers[effect.item] = effect
            elif isinstance(effect, TimerCancelled):
                self.timers.pop(effect.item, None)
        return self

    def _check(self, outcome: engine.Outcome, after: bytes) -> None:
        loaded = instance.CaseInstance(self.program, _decoder.decode(after))
        assert saved(loaded.state) == after, "saving and loading is not the identity"
        assert loaded.live_table() == outcome.case.live_table()
        folded = replay.fold(self.program, 7, "CLM-2026-000007", self.rows)
        assert saved(folded) == after, "the journal does not fold to the state"

    def refused(self, command: AnyCommand) -> str:
        """The code with which the command is refused."""
        before = saved(self.case.state)
        try:
            engine.execute(self.case, command, self.now)
        except Refused as no:
            assert saved(self.case.state) == before, "a refusal changed the case"
            return no.code
        return "accepted"

    def open(self, **inputs: object) -> "Story":
        return self.execute(StartCase(inputs=inputs))

    def complete(
        self, name: str, answer: Mapping[str, object] | None = None, /, **answers: object
    ) -> "Story":
        return self.execute(Complete(item=self.one(name).iid, answer=answers or answer))

    def occur(self, name: str, **answers: object) -> "Story":
        return self.execute(OccurUser(item=self.one(name).iid, answer=answers or None))

    def plan(self, name: str, at: str | None = None) -> "Story":
        holder = 0 if at is None else self.one(at).iid
        return self.execute(Plan(item=holder, discretionary=name))

    def write(self, path: str, value: object, mode: str = "replace") -> "Story":
        return self.execute(WriteFile(path=tuple(path.split(".")), value=value, mode=mode))

    def later(self, **parts: float) -> "Story":
        """Time passes, and every timer that is due fires, the earliest first."""
        self.now += timedelta(**parts)
        return self.fire_due()

    def resume(self) -> "Story":
        return self.execute(ResumeCase())

    def fire_due(self) -> "Story":
        while due := [one for one in self.timers.values() if one.due <= self.now]:
            first = min(due, key=lambda one: (one.due, one.item))
            del self.timers[first.item]
            self.execute(FireTimer(item=first.item, fire_no=first.fire_no))
        return self

    def instances(self, name: str) -> list[ItemState]:
        number = self.program.definition.by_id[name]
        return [item for item in self.case.items() if item.number == number]

    def one(self, name: str) -> ItemState:
        """The instance that a command on this name means: the live one, else the latest."""
        found = self.instances(name)
        live = [item for item in found if item.state not in (State.COMPLETED, State.TERMINATED)]
        return (live or found)[-1]

    def state(self, name: str) -> str:
        return self.one(name).state.word.lower()

    def states(self, name: str) -> list[str]:
        return [item.state.word.lower() for item in self.instances(name)]

    def log(self) -> list[tuple[str, str]]:
        """The transitions of the last command."""
        return [
            (event.definition, event.transition.value)
            for event in self.events
            if isinstance(event, ItemTransitioned)
        ]

    def has(self, **states: str) -> "Story":
        found = {name: self.state(name) for name in states}
        assert found == states
        return self

    @property
    def file(self) -> dict[str, object]:
        return self.case.file()
