"""May this container complete, by itself or by hand; and who can still hear a listener (4.4, 4.7)."""

from collections.abc import Iterable, Iterator

from cases.cmmn import planning
from cases.cmmn.agenda import Finish, Remove, Run
from cases.cmmn.instance import CASE, ItemState
from cases.cmmn.lifecycle import FINAL, State
from cases.cmmn.metamodel import Stage
from cases.cmmn.wiring import Ear

_DONE = frozenset({State.COMPLETED, State.TERMINATED, State.FAILED, State.DISABLED})
_IDLE = frozenset({State.DISABLED, State.FAILED, State.UNAVAILABLE})


def complete_deepest(run: Run) -> bool:
    """Queues the completion of the deepest container that completes by itself, model order deciding (D5)."""
    items = run.state.items
    while run.containers:
        deepest = min(
            run.containers,
            key=lambda iid: (-run.definition.items[items[iid].number].depth, items[iid].number, iid),
        )
        run.containers.discard(deepest)
        if deepest == CASE and run.is_reopening:
            continue
        if completes_itself(run, deepest):
            run.queue(Finish(deepest))
            return True
    return False


def completes_itself(run: Run, iid: int) -> bool:
    """Whether an Active stage, or the case, completes automatically (SPEC Table 8.12)."""
    stage = run.plan_item(iid).definition
    if not isinstance(stage, Stage) or run.state.items[iid].state is not State.ACTIVE:
        return False
    if stage.auto_complete:
        return not any(_holds_auto_complete(run, child) for child in run.each_child(iid))
    is_idle = all(_is_idle(run, child) for child in run.each_child(iid))
    return is_idle and not planning.is_plannable(run, run.state.items[iid])


def may_complete_by_hand(run: Run, iid: int) -> bool:
    """Whether no work is left and all that is required is done."""
    return run.state.items[iid].state is State.ACTIVE and not any(
        _holds(run, child) for child in run.each_child(iid)
    )


def hindered_by(run: Run, iid: int) -> Iterator[tuple[ItemState, bool, bool]]:
    """Each child of a stage, or of the case: whether it keeps it from completing by itself, and by hand."""
    stage = run.plan_item(iid).definition
    by_itself = isinstance(stage, Stage) and stage.auto_complete
    for child in run.each_child(iid):
        keeps = _holds_auto_complete(run, child) if by_itself else not _is_idle(run, child)
        yield child, keeps, _holds(run, child)


def remove_orphans(run: Run) -> bool:
    """Queues the end of listeners that nobody can hear any more, now that some owners have ended (4.7)."""
    found = False
    listeners = dict.fromkeys(
        listener for number in run.ended for listener in run.wiring.listeners_of.get(number, ())
    )
    run.ended.clear()
    for listener in listeners:
        for iid in run.live.get(listener, ()):
            if run.state.items[iid].state is not State.SUSPENDED and _is_orphan(run, iid):
                run.queue(Remove(iid))
                found = True
    return found


def _holds_auto_complete(run: Run, item: ItemState) -> bool:
    if item.state is State.SUSPENDED and run.wiring.is_moment[item.number] and not item.required:
        return False
    return _holds(run, item)


def _holds(run: Run, item: ItemState) -> bool:
    """Whether the child is live work, or required and not done."""
    if item.state in (State.ACTIVE, State.SUSPENDED):
        return True
    if item.state is State.FAILED:
        return run.definition.profile.failed_blocks
    return item.required and item.state not in _DONE


def _is_idle(run: Run, item: ItemState) -> bool:
    if item.state is State.FAILED:
        return not run.definition.profile.failed_blocks
    return item.state in _IDLE and (not item.required or item.state in _DONE)


def _is_orphan(run: Run, iid: int) -> bool:
    number = run.state.items[iid].number
    if any(True for _ in _started_by(run, number)):
        return False
    return not any(_is_heard(run, ear, iid) for ear in run.wiring.audience.get(number, ()))


def _started_by(run: Run, number: int) -> Iterable[int]:
    """The timers that a listener starts: they hear it too."""
    for (source, _), starts in run.wiring.starts_on_item.items():
        if source == number:
            yield from (start.timer for start in starts if run.live.get(start.timer))


def _is_heard(run: Run, ear: Ear, listener: int) -> bool:
    """Whether an owner of the criterion lives in scope, may repeat or be planned, or waits for its stage."""
    if any(run.definition.items[number].is_discretionary for number in (ear.owner, *ear.chain)):
        return True
    scope = run.ancestor(listener, ear.scope)
    items = run.state.items
    if any(run.ancestor(iid, ear.scope) == scope for iid in run.live.get(ear.owner, ())):
        return True
    if ear.is_entry and any(
        run.ancestor(seed.parent, ear.scope) == scope for seed in run.state.seeds.get(ear.owner, ())
    ):
        return True
    places = [CASE if scope < 0 else scope]
    for number in ear.chain:
        if any(seed.parent in places for seed in run.state.seeds.get(number, ())):
            return True
        inner = [iid for iid in run.live.get(number, ()) if items[iid].parent in places]
        if any(items[iid].state not in FINAL and items[iid].state is not State.ACTIVE for iid in inner):
            return True
        places = inner
    return False
