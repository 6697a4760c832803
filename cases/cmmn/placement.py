"""Instances that somebody asks for, whatever the criteria say: begun, or made to wait (8.3, M-16).

Stages that are missing around them are begun first. What only the new version of a model has comes into being
where its stage is Active.
"""

from collections.abc import Mapping

from cases.cmmn import behaviors, births, listeners, rules, transitions
from cases.cmmn.agenda import Run
from cases.cmmn.commands import E_STATE, Refused
from cases.cmmn.instance import CASE, ItemState
from cases.cmmn.lifecycle import FINAL, State, Transition
from cases.cmmn.matching import named
from cases.cmmn.metamodel import Milestone, Stage
from cases.cmmn.migration_plan import AVAILABLE, SKIP
from cases.cmmn.migration_rules import Move
from cases.cmmn.transitions import Why
from cases.cmmn.wiring import is_listener

_BY_HAND = Why(cause="migration")


def carry_out(run: Run, move: Move) -> None:
    """Starts what is to start, makes wait what is to wait, then makes what is new. Raises Refused."""
    there = [item.iid for item in run.state.items if item.state is State.ACTIVE]
    known = frozenset(move.matching.items)
    for one in move.plan.start:
        for number in named(move.matching.new, one.item):
            _start(run, number, one.local)
    for name in move.plan.available:
        for number in named(move.matching.new, name):
            _make_available(run, number)
    if move.plan.new_items != SKIP:
        for iid in there:
            _bring_new(run, iid, known, waits=move.plan.new_items == AVAILABLE)


def _start(run: Run, number: int, local: Mapping[str, object]) -> None:
    first = len(run.state.items)
    container = _container(run, number)
    item = _made_since(run, number, container, first)
    if item is None:
        item = _made(run, number, container, local)
    definition = run.definition.items[number].definition
    if is_listener(run.definition.items[number]):
        return
    if isinstance(definition, Milestone):
        transitions.occur(run, item.iid, {"at": run.text_of_now}, "migration")
    else:
        transitions.start(run, item.iid, Transition.START, _BY_HAND)


def _make_available(run: Run, number: int) -> None:
    """One that waits is there already, or comes into being; without entry criteria it begins (2.2)."""
    container = _container(run, number)
    if not any(
        child.number == number and child.state in (State.AVAILABLE, State.UNAVAILABLE)
        for child in run.each_child(container)
    ):
        behaviors.bring(run, number, container, run.next_index(number, container))


def _bring_new(run: Run, container: int, known: frozenset[int], *, waits: bool) -> None:
    item = run.item(container)
    stage = run.definition.items[item.number].definition
    if not isinstance(stage, Stage) or item.state is not State.ACTIVE:
        return
    there = {one.number for one in run.state.items if one.parent == container}
    for number in stage.items:
        plan_item = run.definition.items[number]
        has_seed = run.seed(number, container) is not None
        if number in known or number in there or has_seed or plan_item.is_discretionary:
            continue
        if waits and not is_listener(plan_item):
            required = rules.is_required(run, number, container, 0)
            births.create(run, number, container, 0, required=required)
        else:
            behaviors.bring(run, number, container, 0)


def _container(run: Run, number: int) -> int:
    """The stage instance for one more instance of a plan item: begun, or made, where none is Active."""
    stage = run.definition.items[number].stage
    if stage == CASE:
        _must_be_active(run, run.item(CASE))
        return CASE
    live = [run.item(iid) for iid in run.live.get(stage, ())]
    active = [item for item in live if item.state is State.ACTIVE]
    if len(active) > 1:
        name = run.definition.items[stage].id
        raise Refused(E_STATE, f"M-05: {name} is there {len(active)} times, and which is meant is not said")
    if active:
        return active[0].iid
    waiting = [item for item in live if item.state in (State.AVAILABLE, State.ENABLED)]
    if live and not waiting:
        _must_be_active(run, live[0])
    first = len(run.state.items)
    item = waiting[0] if waiting else None
    if item is None:
        around = _container(run, stage)
        item = _made_since(run, stage, around, first) or _made(run, stage, around, {})
    by_hand = item.state is State.ENABLED
    transitions.start(run, item.iid, Transition.MANUAL_START if by_hand else Transition.START, _BY_HAND)
    return item.iid


def _made_since(run: Run, number: int, container: int, first: int) -> ItemState | None:
    """The instance that came into being with its stage, by this very instruction."""
    for item in run.state.items[first:]:
        if item.number == number and item.parent == container and item.state is State.AVAILABLE:
            return item
    return None


def _made(run: Run, number: int, container: int, local: Mapping[str, object]) -> ItemState:
    index = run.next_index(number, container)
    if is_listener(run.definition.items[number]):
        iid = len(run.state.items)
        listeners.bring(run, number, container, index)
        return run.item(iid)
    required = rules.is_required(run, number, container, index)
    return births.create(run, number, container, index, required=required, local=local)


def _must_be_active(run: Run, item: ItemState) -> None:
    if item.state is not State.ACTIVE:
        word = "has ended" if item.state in FINAL else f"is {item.state.word}"
        raise Refused(
            E_STATE, f"M-02: {run.definition.items[item.number].name or 'the case'} {word}", item.state
        )
