"""What would make an item move: the fewest steps that do, found by working back from what it lacks.

Each step that is proposed is tried on the engine, in memory, and only what was seen to work is told.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from cases.cmmn import choices, rehearsal, samples
from cases.cmmn.choices import Choice
from cases.cmmn.commands import Refused
from cases.cmmn.events import AnyEvent
from cases.cmmn.explanation import Recipe
from cases.cmmn.instance import CaseInstance
from cases.cmmn.working_back import Helpful, Target

_TURNS = 160
_LONGEST = 8


@dataclass(frozen=True, slots=True)
class _Tried:
    """A case after some steps, and what the last of them brought."""

    case: CaseInstance
    now: datetime
    steps: tuple[Choice, ...] = ()
    events: list[AnyEvent] = field(default_factory=list)


def find(case: CaseInstance, target: Target, now: datetime) -> Recipe:
    """The shortest recipe that was found. Everything that it says was tried."""
    answers = choices.answers_of(case.program, samples.of_program(case.program))
    waiting = deque([_Tried(case, now)])
    turns, seen = 0, {_key(case)}
    while waiting and turns < _TURNS:
        tried = waiting.popleft()
        for choice in Helpful(tried.case, tried.now, answers).towards(target)[: _TURNS - turns]:
            turns += 1
            after = _after(tried, choice)
            if after is None:
                continue
            if target.is_reached(after.events, after.case):
                return Recipe(target.goal, after.steps, is_complete=True)
            key = _key(after.case)
            if len(after.steps) < _LONGEST and key not in seen:
                seen.add(key)
                waiting.append(after)
    return Recipe(target.goal, obstacle="notFound")


def _after(tried: _Tried, choice: Choice) -> _Tried | None:
    try:
        outcome = rehearsal.after(tried.case, choice, tried.now)
    except Refused:
        return None
    now = rehearsal.moment(choice, tried.now)
    return _Tried(outcome.case, now, (*tried.steps, choice), outcome.events)


def _key(case: CaseInstance) -> tuple[object, ...]:
    """Where a case stands, roughly: two that agree are not both gone on from."""
    items = tuple((item.number, item.parent, item.state, tuple(sorted(item.memory))) for item in case.items())
    return (
        items,
        repr(case.file()),
        tuple((n, tuple(s.memory)) for n, ss in case.state.seeds.items() for s in ss),
    )
