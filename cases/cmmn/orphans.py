"""Listeners that nobody can hear any more are ended (cmmn-semantics 4.7)."""

from collections.abc import Iterable

from cases.cmmn.agenda import Remove, Run
from cases.cmmn.instance import CASE, ItemState
from cases.cmmn.lifecycle import FINAL, State
from cases.cmmn.wiring import Ear


def remove(run: Run) -> bool:
    """Queues the end of orphaned listeners, now that some owners have ended; whether there are any."""
    if not (run.ended and run.wiring.listeners_of):
        return False
    found = False
    listeners = dict.fromkeys(
        listener
        for number in run.ended
        if not _hears_always(run, number)
        for listener in run.wiring.listeners_of.get(number, ())
    )
    run.ended.clear()
    for listener in listeners:
        for iid in run.live.get(listener, ()):
            if run.state.items[iid].state is not State.SUSPENDED and _is_orphan(run, iid):
                run.queue(Remove(iid))
                found = True
    return found


def _hears_always(run: Run, owner: int) -> bool:
    return run.definition.profile.orphaned_by_start and run.definition.items[owner].repetition is not None


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
    profile = run.definition.profile
    if ear.owner == CASE and not profile.case_exit_hears:
        return False
    if any(run.definition.items[number].is_discretionary for number in (ear.owner, *ear.chain)):
        return True
    if profile.orphaned_by_start:
        return _hears_always(run, ear.owner) or _is_waited_for(run, ear)
    return _is_heard_in(run, ear, run.ancestor(listener, ear.scope))


def _is_heard_in(run: Run, ear: Ear, scope: int) -> bool:
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
        inner = [iid for iid in run.live.get(number, ()) if run.state.items[iid].parent in places]
        if any(_may_start(run.state.items[iid]) for iid in inner):
            return True
        places = inner
    return False


def _may_start(item: ItemState) -> bool:
    return item.state not in FINAL and item.state is not State.ACTIVE


def _is_waited_for(run: Run, ear: Ear) -> bool:
    """Whether an owner still waits to begin, or to be ended; one that never was may come with its stages."""
    live = [run.state.items[iid] for iid in run.live.get(ear.owner, ())]
    if not ear.is_entry and live:
        return True
    if any(State.AVAILABLE in (item.state, item.before) for item in live):
        return True
    if any(item.number == ear.owner for item in run.state.items):
        return False
    return any(run.live.get(number) for number in run.wiring.containers[ear.owner][1:])
