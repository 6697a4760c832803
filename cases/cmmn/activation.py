"""Stages that start because an item inside them is to begin: activation from below (R-3.4c)."""

from cases.cmmn import births, rules, sentries, transitions
from cases.cmmn.agenda import Activate, Run
from cases.cmmn.controlmodel import Criterion
from cases.cmmn.events import CriterionForgotten
from cases.cmmn.instance import CASE, ItemState, Memory, Seed
from cases.cmmn.lifecycle import State, Transition
from cases.cmmn.transitions import Why

_BEFORE_ACTIVE = frozenset({State.AVAILABLE, State.ENABLED})
FROM_BELOW = Why(cause="fromBelow")


def decide(run: Run, criterion: Criterion) -> None:
    """Queues the start of the stages around an absent owner, where all that its criterion wants is there."""
    revives = run.definition.profile.cross_stage == "revive"
    for place in _remembering(run, criterion) if revives else _waiting_stages(run, criterion):
        container = place if revives else run.item(place).parent
        memory = run.joined(criterion, container)
        if memory is not None and memory.is_full and _is_satisfied(run, criterion, container, memory):
            run.queue(Activate(place, criterion.number))


def activate(run: Run, operation: Activate) -> None:
    """The stages start, and the owner begins, if that is still to be."""
    criterion = run.definition.criteria[operation.criterion]
    if run.definition.profile.cross_stage == "revive":
        _revive(run, run.item(operation.stage), criterion)
    else:
        _start(run, run.item(operation.stage), criterion)


def _is_satisfied(run: Run, criterion: Criterion, container: int, memory: Memory) -> bool:
    absent = Seed(criterion.owner, container, 0, {criterion.number: memory})
    return sentries.is_satisfied(run, criterion, absent)


def _waiting_stages(run: Run, criterion: Criterion) -> list[int]:
    """The stages whose start would let the absent owner of a criterion exist, one for each place."""
    chain = (*run.wiring.containers[criterion.owner][1:],)
    found: list[int] = []
    places = [CASE]
    for number in chain:
        inner = [iid for iid in run.live.get(number, ()) if run.state.items[iid].parent in places]
        found += [iid for iid in inner if run.state.items[iid].state in _BEFORE_ACTIVE]
        places = [iid for iid in inner if run.state.items[iid].state is State.ACTIVE]
    return found


def _remembering(run: Run, criterion: Criterion) -> list[int]:
    """The innermost containers that remember something for the absent owner."""
    holding = [iid for iid, slots in run.state.slots.items() if criterion.number in slots]
    return [iid for iid in holding if not any(run.state.items[other].parent == iid for other in holding)]


def _start(run: Run, item: ItemState, criterion: Criterion) -> None:
    """Stages start outermost first, over their own criteria and rules; the owner by its own rule."""
    if run.joined(criterion, item.parent) is None:
        return
    chain = (*run.wiring.containers[criterion.owner], criterion.owner)
    for number in chain[chain.index(item.number) :]:
        if number == criterion.owner and item.state is State.AVAILABLE:
            transitions.consume(run, item, (criterion.number,))
            transitions.enter(run, item.iid, criterion.id)
        if number == criterion.owner:
            return
        if item.state in _BEFORE_ACTIVE:
            by_hand = item.state is State.ENABLED
            transition = Transition.MANUAL_START if by_hand else Transition.START
            transitions.start(run, item.iid, transition, FROM_BELOW)
        inner = chain[chain.index(number) + 1]
        found = [iid for iid in run.live.get(inner, ()) if run.item(iid).parent == item.iid]
        if not found or run.item(item.iid).state is not State.ACTIVE:
            return
        item = run.item(found[0])


def _revive(run: Run, scope: ItemState, criterion: Criterion) -> None:
    """Every stage on the way lives again, each by its own manual rule; the owner begins in the last one.

    An owner that was there before comes back only where it repeats.
    """
    memory = run.joined(criterion, scope.iid)
    if memory is None or not memory.is_full:
        return
    forgotten = run.definition.items[criterion.owner].id
    run.record(CriterionForgotten(run.seq(), run.wave, scope.iid, forgotten, criterion.number))
    if not _may_come_back(run, criterion.owner, scope.iid):
        return
    chain = (*run.wiring.containers[criterion.owner], criterion.owner)
    place = scope.iid
    for number in chain[chain.index(scope.number) + 1 :]:
        item = _found_in(run, number, place) or _made_in(run, number, place)
        place = item.iid
        if item.state is State.AVAILABLE:
            is_owner = number == criterion.owner
            transitions.enter(run, place, criterion.id if is_owner else None)


def _may_come_back(run: Run, number: int, scope: int) -> bool:
    is_new = not any(
        item.number == number and run.ancestor(item.iid, run.item(scope).number) == scope
        for item in run.state.items
    )
    return is_new or rules.repeats(run, Seed(number, scope, 0), scope)


def _found_in(run: Run, number: int, parent: int) -> ItemState | None:
    found = [iid for iid in run.live.get(number, ()) if run.item(iid).parent == parent]
    return run.item(found[0]) if found else None


def _made_in(run: Run, number: int, parent: int) -> ItemState:
    index = run.next_index(number, parent)
    required = rules.is_required(run, number, parent, index)
    return births.create(run, number, parent, index, required=required)
