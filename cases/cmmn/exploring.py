"""Every state that the tried values lead to, the nearest first, within a budget; and what is wrong there."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from cases.cmmn.choices import Choice
from cases.cmmn.commands import E_DIVERGED, Refused
from cases.cmmn.events import AnyEvent, CriterionSatisfied, DecisionMade, IncidentRaised, ItemTransitioned
from cases.cmmn.findings import Finding, Kind, Step
from cases.cmmn.lifecycle import FINAL, Transition
from cases.cmmn.playing import Game, Position, words

_BEGUN = frozenset({Transition.START, Transition.MANUAL_START, Transition.OCCUR})
_SHOWN = 6
_CYCLE = 200
Progress = Callable[[int, int], None]
"""Told how many turns of how many are done."""


@dataclass(slots=True)
class Notes:
    """What exploration and walks gather together: findings by what they are about, items seen, turns.

    `news` are positions at which something happened for the first time: from there walks go further.
    """

    found: dict[tuple[object, ...], tuple[Finding, Position | None]] = field(default_factory=dict)
    reached: dict[str, None] = field(default_factory=dict)
    fired: dict[str, None] = field(default_factory=dict)
    turns: int = 0
    diverged: int = 0
    rules: set[tuple[object, ...]] = field(default_factory=set)
    news: list[Position] = field(default_factory=list)

    def add(self, finding: Finding, position: Position | None, *about: object) -> None:
        """Keeps the finding, or the one of the same thing with the shorter trace."""
        key = (finding.kind, *about)
        known = self.found.get(key)
        if known is None or len(finding.trace) < len(known[0].trace):
            self.found[key] = (finding, position)

    def hear(self, position: Position) -> None:
        """What the last turn began, and what it could not compute."""
        self.turns += 1
        known = len(self.reached) + len(self.fired) + len(self.rules)
        for event in position.events:
            self._hear(event, position)
        if len(self.reached) + len(self.fired) + len(self.rules) > known and not position.is_ended:
            self.news.append(position)

    def _hear(self, event: AnyEvent, position: Position) -> None:
        match event:
            case ItemTransitioned() if event.transition in _BEGUN:
                self.reached[event.definition] = None
            case DecisionMade():
                self.rules.add((event.definition, *event.rules))
            case CriterionSatisfied():
                self.fired[event.criterion] = None
            case IncidentRaised():
                message = f"{event.code} cannot be computed: {event.message}"
                finding = Finding(Kind.NOT_COMPUTED, event.definition, message, position.steps)
                self.add(finding, position, event.definition, event.code, event.message.partition(":")[0])


@dataclass(slots=True)
class _Graph:
    """The states that were seen: from each those that one move leads to, and the shortest way to it."""

    onward: dict[bytes, set[bytes]] = field(default_factory=dict)
    ways: dict[bytes, Position] = field(default_factory=dict)
    ended: set[bytes] = field(default_factory=set)
    stuck: set[bytes] = field(default_factory=set)


def explore(game: Game, notes: Notes, budget: int, progress: Progress) -> tuple[int, bool]:
    """How many states there are, and whether these are all."""
    graph, waiting = _Graph(), deque([(b"", game.fresh())])
    while waiting and notes.turns < budget:
        key, position = waiting.popleft()
        graph.onward[key] = set()
        diverged = notes.diverged
        for move in game.moves(position):
            progress(notes.turns, budget)
            after = attempt(game, notes, position, move)
            if after is None:
                continue
            reached = game.key(after.case)
            graph.onward[key].add(reached)
            if reached not in graph.ways:
                graph.ways[reached] = after
                if after.is_ended:
                    graph.ended.add(reached)
                else:
                    waiting.append((reached, after))
        if not graph.onward[key]:
            graph.stuck.add(key)
            if notes.diverged == diverged:
                stuck(notes, position)
    _find_loops(notes, graph, [key for key, _ in waiting])
    return len(graph.ways), not waiting


def attempt(game: Game, notes: Notes, position: Position, move: Choice) -> Position | None:
    """The position after a move, with what it showed noted; None where the case does not allow it."""
    try:
        after = game.play(position, move)
    except Refused as no:
        notes.turns += 1
        if no.code == E_DIVERGED:
            notes.diverged += 1
            last = Step(words(move), "", "")
            why, _, cycle = no.message.partition(":")
            message = f"the turn does not come to rest, {why}: ...{cycle[-_CYCLE:]}"
            notes.add(
                Finding(Kind.LOOP, "", message, (*position.steps, last)),
                position,
                "diverged",
                last.words.partition(" with ")[0],
            )
        return None
    notes.hear(after)
    return after


def stuck(notes: Notes, position: Position) -> None:
    """Nothing can happen here."""
    waiting = waiting_items(position)
    names = ", ".join(list(waiting)[:_SHOWN]) or "nothing"
    message = f"nothing can happen any more, and the case is not ended; still there: {names}"
    finding = Finding(Kind.DEAD_END, next(iter(waiting), ""), message, position.steps, waiting)
    notes.add(finding, position, *sorted(waiting.items()))


def waiting_items(position: Position) -> dict[str, str]:
    """The items that are still there, with their states."""
    case = position.case
    return {
        case.plan_item(item.iid).id: item.state.word
        for item in case.items()
        if item.iid and item.state not in FINAL
    }


def _find_loops(notes: Notes, graph: _Graph, open_: Iterable[bytes]) -> None:
    """States from which no way leads to an end, nor to a dead end, nor to where nobody has looked yet."""
    back: dict[bytes, set[bytes]] = {}
    for source, targets in graph.onward.items():
        for target in targets:
            back.setdefault(target, set()).add(source)
    safe = set(graph.ended) | graph.stuck | set(open_)
    waiting = list(safe)
    while waiting:
        for source in back.get(waiting.pop(), ()):
            if source not in safe:
                safe.add(source)
                waiting.append(source)
    lost = [key for key in graph.onward if key not in safe and key in graph.ways]
    if lost:
        position = min((graph.ways[key] for key in lost), key=lambda one: len(one.steps))
        message = "from here the case goes round for ever: whatever happens, no end can be reached"
        waiting_ = waiting_items(position)
        item = next(iter(waiting_), "")
        notes.add(Finding(Kind.LOOP, item, message, position.steps, waiting_), position, "round")
