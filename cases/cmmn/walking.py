"""Random walks through a model, each from its beginning to an end, a dead end or the depth that was asked."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from cases.cmmn import choices, exploring
from cases.cmmn.choices import Choice
from cases.cmmn.commands import (
    ChildEnded,
    Complete,
    Disable,
    Fail,
    FireTimer,
    OccurListener,
    OccurUser,
    Plan,
    SetVariables,
    Terminate,
    WriteFile,
)
from cases.cmmn.exploring import Notes
from cases.cmmn.findings import Finding, Kind
from cases.cmmn.playing import Game, Position

T = TypeVar("T")
_RARE = frozenset(
    kind.__name__
    for kind in (Fail, FireTimer, OccurListener, OccurUser, Plan, SetVariables, WriteFile, Terminate, Disable)
)
_PATIENCE = (6, 30, 300)
_MASK = (1 << 64) - 1


class Dice:
    """Numbers that look random and are the same for the same seed, on every machine (SplitMix64)."""

    def __init__(self, seed: int) -> None:
        self._state = seed & _MASK

    def below(self, bound: int) -> int:
        """A number from 0, less than the bound."""
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        mixed = self._state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
        return (mixed ^ (mixed >> 31)) % bound

    def pick(self, among: Sequence[T]) -> T:
        """One of them."""
        return among[self.below(len(among))]


def walk(game: Game, notes: Notes, dice: Dice, depth: int, patience: int = 20) -> str:
    """One walk; how it ended: the state of the case, deadEnd, loop, or depth.

    Half of the walks go on from where something was new.
    One move in `patience` is a rare one where there is work to do: an event, a timer, a failure, a plan.
    """
    position = dice.pick(notes.news) if notes.news and not dice.below(2) else game.fresh()
    forced: dict[bytes, Position] = {}
    for _ in range(depth):
        if position.is_ended:
            return position.case.case_state.word
        moves = game.moves(position)
        if not moves:
            exploring.stuck(notes, position)
            return Kind.DEAD_END
        if len(moves) > 1 or not position.case.state.items:
            forced.clear()
        else:
            key = game.key(position.case)
            if key in forced:
                _round(notes, forced[key])
                return Kind.LOOP
            forced[key] = position
        diverged = notes.diverged
        after = _moved(game, notes, (position, moves), (dice, patience))
        if after is None and notes.diverged > diverged:
            return Kind.LOOP
        if after is None:
            exploring.stuck(notes, position)
            return Kind.DEAD_END
        position = after
    return "depth"


def walk_all(
    game: Game, notes: Notes, walks: tuple[int, int, int], progress: exploring.Progress
) -> dict[str, int]:
    """So many walks of such a depth from a seed; how often each kind of end came."""
    amount, depth, seed = walks
    ends: Counter[str] = Counter()
    dice = Dice(seed)
    for number in range(amount):
        progress(number, amount)
        ends[walk(game, notes, dice, depth, _PATIENCE[number % len(_PATIENCE)])] += 1
    return dict(sorted(ends.items()))


def _moved(
    game: Game, notes: Notes, at: tuple[Position, list[Choice]], chance: tuple[Dice, int]
) -> Position | None:
    """A move by chance: first of which item and kind, then with which answer."""
    (position, moves), (dice, patience) = at, chance
    left = list(moves)
    while left:
        groups: dict[tuple[str, str], list[Choice]] = {}
        for move in left:
            groups.setdefault((type(move.command).__name__, move.definition), []).append(move)
        chosen = dice.pick(groups[dice.pick(_weighed(list(groups), dice, patience))])
        after = exploring.attempt(game, notes, position, _varied(game, position, chosen, dice))
        if after is not None:
            return after
        left.remove(chosen)
    return None


def _weighed(names: list[tuple[str, str]], dice: Dice, patience: int) -> list[tuple[str, str]]:
    """Mostly the work at hand: who withdraws, interrupts or fails at every step never sees the end."""
    work = [name for name in names if name[0] not in _RARE]
    rare = [name for name in names if name[0] in _RARE]
    return work if work and (not rare or dice.below(patience)) else rare


def _varied(game: Game, position: Position, choice: Choice, dice: Dice) -> Choice:
    """The same move with an answer whose members were each chosen apart."""
    members = game.members.get(choice.definition)
    if not members:
        return choice
    nested = choices.nested({path: dice.pick(values) for path, values in members.items()})
    answer = choices.settled(nested, position.case) or {}
    varied = choice
    match choice.command:
        case Complete() | OccurUser() as command:
            varied = replace(choice, command=replace(command, answer=answer))
        case ChildEnded() as command:
            varied = replace(choice, command=replace(command, outputs=answer))
        case OccurListener() as command:
            varied = replace(choice, command=replace(command, payload=answer))
    return game.gated(position, varied) or choice


def _round(notes: Notes, position: Position) -> None:
    waiting = exploring.waiting_items(position)
    message = "from here the case goes round for ever, and nobody has a choice"
    item = next(iter(waiting), "")
    notes.add(Finding(Kind.LOOP, item, message, position.steps, waiting), position, "round")
