"""A case played move by move in virtual time: how it may begin, and its moves from where it stands."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import msgspec

from cases.cmmn import casefile, choices, data_changes, instance, rehearsal, samples, standing
from cases.cmmn.choices import Answers, By, Choice
from cases.cmmn.commands import (
    ChildEnded,
    Complete,
    CompleteCase,
    Fail,
    FireTimer,
    OccurListener,
    OccurUser,
    Plan,
    Refused,
    SetVariables,
    StartCase,
    WriteFile,
)
from cases.cmmn.controlmodel import FileOnPart
from cases.cmmn.events import AnyEvent
from cases.cmmn.findings import Step
from cases.cmmn.instance import CaseInstance
from cases.cmmn.lifecycle import FINAL, State
from cases.cmmn.metamodel import CaseDefinition, Program, Stage, TimerEventListener
from cases.cmmn.samples import Samples
from cases.cmmn.workmodel import DecisionTask, Task

Answer = Mapping[str, object]
Gate = Callable[[str, Answer, CaseInstance, datetime], Answer | None]
"""What a form makes of an answer to the item of this id; None where it would not take it."""

BEGINNING = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
"""Virtual time begins on a Monday morning."""
_BEGINNINGS = 8


@dataclass(frozen=True, slots=True)
class Settings:
    """How far to look: turns of the search by breadth, walks, their depth, and their seed.

    `given` are values that an app knows to be possible at a path, `gate` is what its forms make of an answer.
    `may_end_by_hand`: people may complete stages and the case by hand, so that nothing is stuck that they may
    end so; else what can only be ended so stands still. `inputs` are what cases begin with, where known.
    """

    turns: int = 6000
    walks: int = 200
    depth: int = 120
    seed: int = 1
    now: datetime = BEGINNING
    given: Mapping[samples.Names, tuple[object, ...]] = field(default_factory=dict)
    gate: Gate | None = None
    may_end_by_hand: bool = False
    inputs: tuple[Mapping[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class Position:
    """A case after some moves."""

    case: CaseInstance
    now: datetime
    trace: tuple[Choice, ...] = ()
    steps: tuple[Step, ...] = ()
    events: list[AnyEvent] = field(default_factory=list)

    @property
    def is_ended(self) -> bool:
        """Whether the case is over."""
        return self.case.case_state in FINAL


class Game:
    """One model with the values to try: who plays it asks for beginnings and moves."""

    def __init__(self, program: Program, settings: Settings) -> None:
        self.settings = settings
        self.program = _runnable(program)
        self.samples: Samples = samples.of_program(program, settings.given)
        self.answers: Answers = choices.answers_of(self.program, self.samples)
        self.outside = _outside(self.program.definition, self.samples)
        self.members = {
            item.id: choices.members_of(item, self.samples)
            for item in self.program.definition.items
            if item.number
        }
        definition = self.program.definition
        self._file_parts = [
            part for part in _file_parts(definition) if part.path[0] not in _written(definition)
        ]
        self._reads_index = any("ndex" in one.text for one, _ in samples.conditions_of(definition))

    def beginnings(self) -> list[Choice]:
        """The ways a case begins: as it is known, or with nothing, and with what comes from outside."""
        paths = [path for path in self.outside if self.samples.at(path)]
        found: list[Mapping[str, object]] = [*self.settings.inputs] or [{}]
        longest = max((len(self.samples.at(path)) for path in paths), default=0)
        for turn in range(min(longest, _BEGINNINGS)):
            changes = {path: _nth(self.samples.at(path), turn) for path in paths}
            found.append(
                samples.written({}, {path: value for path, value in changes.items() if value is not None})
            )
        return [Choice(StartCase(inputs=inputs), By.PERSON) for inputs in found]

    def fresh(self) -> Position:
        """A case that has not begun."""
        return Position(instance.new(self.program, 1, "SIM-1"), self.settings.now)

    def moves(self, position: Position) -> list[Choice]:
        """What can happen next."""
        if not position.case.state.items:
            return self.beginnings()
        found = [
            taken for choice in self._choices(position) if (taken := self.gated(position, choice)) is not None
        ]
        if position.case.case_state is State.ACTIVE:
            found += self._from_outside(position)
        return list({_abstract(choice): choice for choice in found}.values())

    def play(self, position: Position, choice: Choice) -> Position:
        """The position after a move. Raises Refused."""
        outcome = rehearsal.after(position.case, choice, position.now)
        now = rehearsal.moment(choice, position.now)
        step = Step(words(choice), str(choice.by), instance.text_of(now))
        return Position(outcome.case, now, (*position.trace, choice), (*position.steps, step), outcome.events)

    def replay(self, trace: Iterable[Choice]) -> Position | None:
        """The position after the moves, wherever their instances are now; None where one is not possible."""
        position = self.fresh()
        for wanted in trace:
            same = [one for one in self.moves(position) if _abstract(one) == _abstract(wanted)]
            chosen = same[0] if same else _moved(position, wanted)
            if chosen is None:
                return None
            try:
                position = self.play(position, chosen)
            except Refused:
                return None
        return position

    def key(self, case: CaseInstance) -> bytes:
        """Where a case stands, whatever way it came: without numbers of events, instances and hours."""
        return standing.of(case, indexed=self._reads_index)

    def _choices(self, position: Position) -> Iterator[Choice]:
        by_hand = self.settings.may_end_by_hand
        for choice in choices.choices(position.case, position.now, self.answers):
            if by_hand or not isinstance(choice.command, CompleteCase):
                yield choice
        if by_hand:
            yield from choices.stages_to_end(position.case, position.now)

    def gated(self, position: Position, choice: Choice) -> Choice | None:
        """The move with the answer that a form would take; None where it would take none."""
        command = choice.command
        if self.settings.gate is None or not isinstance(command, Complete | OccurUser):
            return choice
        taken = self.settings.gate(choice.definition, command.answer or {}, position.case, position.now)
        return None if taken is None else replace(choice, command=replace(command, answer=taken))

    def _from_outside(self, position: Position) -> Iterator[Choice]:
        values = position.case.file()
        for part in self._file_parts:
            yield from list(data_changes.for_event(position.case, part))[:1]
        for path in self.outside:
            for value in self.samples.at(path):
                is_new = not casefile.same(casefile.read_or_null(values, path), value)
                if is_new and not isinstance(value, samples.Peer):
                    yield Choice(SetVariables(values=samples.written(values, {path: value})), By.DATA)


def words(choice: Choice) -> str:
    """A move as people read it."""
    of = choice.definition
    match choice.command:
        case StartCase(inputs=inputs):
            return f"the case begins{_told(inputs)}"
        case Complete(answer=answer):
            return f"{of} completes{_told(answer)}"
        case ChildEnded(outputs=outputs):
            return f"what {of} called completes{_told(outputs)}"
        case Fail(code=code):
            return f"{of} fails ({code})"
        case FireTimer():
            return f"timer {of} fires"
        case OccurUser(answer=answer) | OccurListener(payload=answer):
            return f"{of} is raised{_told(answer)}"
        case Plan():
            return f"{of} is planned"
        case SetVariables(values=values):
            return f"data change{_told(values)}"
        case WriteFile(path=path, mode=mode):
            return f"{'.'.join(path)}: {mode}"
        case command:
            name = type(command).__name__
            return f"{name}: {of}" if of else name


def _told(values: Answer | None) -> str:
    if not values:
        return ""
    return " with " + ", ".join(f"{name} = {_plain(value)}" for name, value in values.items())


def _plain(value: object) -> str:
    return msgspec.json.Encoder(decimal_format="number").encode(value).decode()


def _nth(values: tuple[object, ...], place: int) -> object:
    value = values[place % len(values)]
    return None if isinstance(value, samples.Peer) else value


def _runnable(program: Program) -> Program:
    """A decision that is not at hand is answered like any other work."""
    missing = [
        item
        for item in program.definition.items
        if isinstance(item.definition, DecisionTask) and item.definition.decision not in program.decisions
    ]
    if not missing:
        return program
    items = list(program.definition.items)
    for item in missing:
        if isinstance(item.definition, DecisionTask):
            known = item.definition
            items[item.number] = replace(
                item, definition=Task(known.id, known.name, known.is_blocking, known.work)
            )
    return replace(program, definition=replace(program.definition, items=tuple(items)))


def _written(definition: CaseDefinition) -> frozenset[str]:
    """The root items that work writes."""
    found: set[str] = set()
    for item in definition.items[1:]:
        if isinstance(item.definition, Stage):
            continue
        work = item.definition.work
        if work.answer_to != "" and (work.keeps_answer or isinstance(item.definition, TimerEventListener)):
            found.add(item.answer_to)
        found.update(output.path[0] for output in work.outputs)
        found.update(one.path[0] for one in work.parameters.outputs if one.path)
    return frozenset(found)


def _outside(definition: CaseDefinition, tried: Samples) -> tuple[samples.Names, ...]:
    """The paths that conditions read and no work writes: people, or other systems, hold them."""
    written = _written(definition)
    return tuple(path for path in sorted(tried.found) if path[0] not in written)


def _file_parts(definition: CaseDefinition) -> Iterator[FileOnPart]:
    found: dict[tuple[object, ...], FileOnPart] = {}
    for criterion in definition.criteria:
        for part in criterion.sentry.on_parts:
            if isinstance(part, FileOnPart):
                found.setdefault((part.path, part.event), part)
    for item in definition.items:
        trigger = getattr(item.definition, "start_trigger", None)
        if isinstance(trigger, FileOnPart):
            found.setdefault((trigger.path, trigger.event), trigger)
    yield from found.values()


def _abstract(choice: Choice) -> tuple[object, ...]:
    """A move whatever the number of its instance."""
    command = choice.command
    payload = [
        repr(getattr(command, name, None))
        for name in ("answer", "payload", "outputs", "values", "inputs", "path", "mode")
    ]
    return (type(command).__name__, choice.definition, choice.index, *payload)


def _moved(position: Position, wanted: Choice) -> Choice | None:
    """The same move for the instance that stands there now."""
    if not hasattr(wanted.command, "item") or not wanted.definition:
        return wanted if not hasattr(wanted.command, "item") and position.case.state.items else None
    number = position.case.program.definition.by_id.get(wanted.definition)
    alive = () if number is None else position.case.live(number)
    if not alive or isinstance(wanted.command, FireTimer | Plan):
        return None
    return replace(wanted, command=replace(wanted.command, item=alive[-1]))  # type: ignore[arg-type]
