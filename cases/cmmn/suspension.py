"""Suspension with memory: whom it reaches, and who comes back (SPEC Table 8.9; cmmn-semantics 2.4, 2.5).

What arrives meanwhile is latched as always; on resume the criteria of all that came back are looked at again.
"""

from cases.cmmn.agenda import Run
from cases.cmmn.instance import ItemState
from cases.cmmn.lifecycle import State, Transition

PARENT = "parent"
_REACHED = frozenset({State.UNAVAILABLE, State.AVAILABLE, State.ENABLED, State.DISABLED, State.ACTIVE})
Reach = list[tuple[int, Transition]]


def is_suspended(run: Run, item: ItemState) -> bool:
    """Whether the instance is suspended or anything around it; a Failed one stays Failed meanwhile."""
    iid = item.iid
    while iid >= 0:
        if run.state.items[iid].state is State.SUSPENDED:
            return True
        iid = run.state.items[iid].parent
    return False


def reached_by_suspend(run: Run, iid: int) -> Reach:
    """The instances inside that are suspended with their container, parents first, in model order."""
    reach: Reach = []
    waiting = run.children(iid)[::-1]
    while waiting:
        child = waiting.pop()
        item = run.state.items[child]
        if item.state not in _REACHED:
            continue
        is_moment = run.wiring.is_moment[item.number]
        reach.append((child, Transition.SUSPEND if is_moment else Transition.PARENT_SUSPEND))
        waiting += run.children(child)[::-1]
    return reach


def reached_by_resume(run: Run, iid: int) -> Reach:
    """The instances inside that the container suspended; one suspended by hand stays as it is (R-2.4a)."""
    reach: Reach = []
    waiting = run.children(iid)[::-1]
    while waiting:
        child = waiting.pop()
        item = run.state.items[child]
        if item.state is not State.SUSPENDED or item.directly:
            continue
        is_moment = run.wiring.is_moment[item.number]
        reach.append((child, Transition.RESUME if is_moment else Transition.PARENT_RESUME))
        waiting += run.children(child)[::-1]
    return reach
