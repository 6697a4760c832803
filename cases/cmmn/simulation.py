"""A model played with virtual time: every state near its beginning, then random walks; nothing is saved.

Tasks are answered with the values that conditions compare with, steps succeed and fail, timers fire,
listeners occur, people start and plan. Same model, settings and seed: same report.
"""

from dataclasses import replace

from cases.cmmn import exploring, recipes, walking
from cases.cmmn.choices import By
from cases.cmmn.exploring import Notes, Progress
from cases.cmmn.findings import STOPS, Coverage, Finding, Kind, Report
from cases.cmmn.metamodel import (
    EventListener,
    Milestone,
    PlanItem,
    Program,
    TimerEventListener,
    UserEventListener,
)
from cases.cmmn.playing import Game, Position, Settings
from cases.cmmn.working_back import OCCUR, START, Target

_ORDER = list(Kind)


def simulate(program: Program, settings: Settings, progress: Progress = lambda _done, _of: None) -> Report:
    """What can go wrong with cases of this model, with the shortest trace to each."""
    game = Game(program, settings)
    notes = Notes()
    states, is_whole = exploring.explore(game, notes, settings.turns, progress)
    asked = (settings.walks, settings.depth, settings.seed)
    ends = walking.walk_all(game, notes, asked, progress)
    findings = [_shortened(game, finding, position) for finding, position in notes.found.values()]
    definition = game.program.definition
    wanted = [item for item in definition.items if item.number]
    never = [item for item in wanted if item.id not in notes.reached and not _is_reachable(game, item)]
    findings += [_never(item, is_whole=is_whole) for item in never]
    coverage = Coverage(
        items=len(wanted),
        reached=tuple(sorted(item.id for item in wanted if item not in never)),
        never=tuple(item.id for item in never),
        criteria=len(definition.criteria),
        fired=tuple(sorted(notes.fired)),
        states=states,
        turns=notes.turns,
        walks=settings.walks,
        is_whole=is_whole,
        ends=ends,
    )
    ordered = sorted(findings, key=lambda one: (_ORDER.index(one.kind), len(one.trace)))
    return Report(definition.id, tuple(ordered), coverage)


def _is_reachable(game: Game, item: PlanItem) -> bool:
    """Whether somebody who knows where they want to get finds a way, by moves that are open to them."""
    is_moment = isinstance(
        item.definition, Milestone | TimerEventListener | UserEventListener | EventListener
    )
    target = Target(OCCUR if is_moment else START, item.number)
    recipe = recipes.find(game.fresh().case, target, game.settings.now)
    allowed = {type(move.command) for move in game.beginnings()}
    return recipe.is_complete and all(
        step.by is not By.DATA and (type(step.command) in allowed or type(step.command).__name__ in _USUAL)
        for step in recipe.steps
    )


_USUAL = frozenset(
    {"Complete", "ManualStart", "OccurUser", "OccurListener", "FireTimer", "Plan", "Reactivate", "ChildEnded"}
)


def _never(item: PlanItem, *, is_whole: bool) -> Finding:
    sure = "in no state that was tried" if is_whole else "on no route that was tried"
    return Finding(Kind.NEVER, item.id, f"{item.name or item.id} never begins {sure}")


def _shortened(game: Game, finding: Finding, position: Position | None) -> Finding:
    """The finding with a trace from which no move can be left out."""
    if position is None or finding.kind not in STOPS or len(finding.trace) != len(position.steps):
        return finding
    best, place = position, len(position.trace) - 1
    wanted = game.key(position.case)
    while place > 0:
        shorter = game.replay((*best.trace[:place], *best.trace[place + 1 :]))
        if shorter is not None and _shows(game, shorter, finding, wanted):
            best = shorter
        place = min(place, len(best.trace)) - 1
    return replace(finding, trace=best.steps)


def _shows(game: Game, position: Position, finding: Finding, wanted: bytes) -> bool:
    if finding.kind is Kind.DEAD_END:
        is_stuck = not position.is_ended and not game.moves(position)
        return is_stuck and exploring.waiting_items(position) == finding.waiting
    return game.key(position.case) == wanted
