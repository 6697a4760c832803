"""May this container complete, by itself or by hand; which of its children it does not wait for (4.4)."""

from collections.abc import Iterator

from cases.cmmn import planning, rules
from cases.cmmn.agenda import Finish, Run
from cases.cmmn.controlmodel import Completion
from cases.cmmn.instance import CASE, ItemState
from cases.cmmn.lifecycle import State
from cases.cmmn.metamodel import Stage

_DONE = frozenset({State.COMPLETED, State.TERMINATED, State.FAILED, State.DISABLED})
_IDLE = frozenset({State.DISABLED, State.FAILED, State.UNAVAILABLE})
_WAITING = frozenset({State.AVAILABLE, State.UNAVAILABLE})
_OUTWEIGHS_REQUIRED = frozenset(
    {
        Completion.IGNORE,
        Completion.IGNORE_AFTER_FIRST,
        Completion.IGNORE_AFTER_FIRST_IF_AVAILABLE_OR_ENABLED,
    }
)


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
    completes_automatically = rules.completes_automatically(run, stage, run.state.items[iid])
    if _is_at_work(run, iid):
        return False
    if completes_automatically:
        return not any(_holds_auto_complete(run, child) for child in run.each_child(iid))
    is_idle = all(_is_idle(run, child) for child in run.each_child(iid))
    return is_idle and not planning.is_plannable(run, run.state.items[iid])


def may_complete_by_hand(run: Run, iid: int) -> bool:
    """Whether no work is left and all that is required is done."""
    if run.state.items[iid].state is not State.ACTIVE or _is_at_work(run, iid):
        return False
    return not any(_holds(run, child) for child in run.each_child(iid))


def hindered_by(run: Run, iid: int) -> Iterator[tuple[ItemState, bool, bool]]:
    """Each child of a stage, or of the case: whether it keeps it from completing by itself, and by hand."""
    stage = run.plan_item(iid).definition
    by_itself = isinstance(stage, Stage) and rules.completes_automatically(run, stage, run.state.items[iid])
    for child in run.each_child(iid):
        keeps = _holds_auto_complete(run, child) if by_itself else not _is_idle(run, child)
        yield child, keeps, _holds(run, child)


def _is_at_work(run: Run, iid: int) -> bool:
    """Whether a child is Active that keeps its container open, whatever the other children do.

    The one that was found is remembered: as a rule one look is enough, however many there are.
    """
    items = run.state.items
    known = run.at_work.get(iid, CASE)
    if CASE < known < len(items) and items[known].parent == iid and _is_busy(run, items[known]):
        return True
    live, active = run.live, State.ACTIVE
    stage = run.plan_item(iid).definition
    for number in stage.items if isinstance(stage, Stage) else ():
        for child in live.get(number, ()):
            item = items[child]
            if item.state is active and item.parent == iid and _is_busy(run, item):
                run.at_work[iid] = child
                return True
    run.at_work.pop(iid, None)
    return False


def _is_busy(run: Run, item: ItemState) -> bool:
    if item.state is not State.ACTIVE:
        return False
    plan_item = run.definition.items[item.number]
    return plan_item.completion is Completion.DEFAULT and plan_item.neutral is None


def _holds_auto_complete(run: Run, item: ItemState) -> bool:
    if item.state is State.SUSPENDED and run.wiring.is_moment[item.number] and not item.required:
        return False
    return _holds(run, item)


def _holds(run: Run, item: ItemState) -> bool:
    """Whether the child is live work, or required and not done."""
    if item.state in (State.ACTIVE, State.SUSPENDED):
        return not _is_excused(run, item)
    if item.state is State.FAILED:
        return run.definition.profile.failed_blocks and not _is_excused(run, item)
    return _is_demanded(run, item) and not _is_excused(run, item)


def _is_idle(run: Run, item: ItemState) -> bool:
    if item.state is State.FAILED:
        is_idle = not run.definition.profile.failed_blocks
    else:
        is_idle = item.state in _IDLE and not _is_demanded(run, item)
    return is_idle or _is_excused(run, item)


def _is_demanded(run: Run, item: ItemState) -> bool:
    """Whether the child is required, and not done."""
    profile = run.definition.profile
    may_be = item.required or profile.asks_required_again
    if not may_be or item.state in _DONE or not rules.must_be_done(run, item):
        return False
    return not (profile.requires_once and _has_completed(run, item))


def _is_excused(run: Run, item: ItemState) -> bool:
    """Whether its container does not wait for this child; `required` wins over most of the reasons (4.7)."""
    plan_item = run.definition.items[item.number]
    if plan_item.completion is Completion.DEFAULT and plan_item.neutral is None:
        return False
    if plan_item.completion not in _OUTWEIGHS_REQUIRED and _is_demanded(run, item):
        return False
    if item.state is State.AVAILABLE and rules.is_neutral(run, item):
        return True
    return _is_ignored(run, plan_item.completion, item)


def _is_ignored(run: Run, completion: Completion, item: ItemState) -> bool:
    is_waiting = item.state in _WAITING
    match completion:
        case Completion.DEFAULT:
            return False
        case Completion.IGNORE:
            return True
        case Completion.IGNORE_IF_AVAILABLE:
            return is_waiting
        case Completion.IGNORE_IF_AVAILABLE_OR_ENABLED:
            return is_waiting or item.state is State.ENABLED
        case Completion.IGNORE_AFTER_FIRST:
            return _has_completed(run, item)
        case Completion.IGNORE_AFTER_FIRST_IF_AVAILABLE_OR_ENABLED:
            return (is_waiting or item.state is State.ENABLED) and _has_completed(run, item)


def _has_completed(run: Run, item: ItemState) -> bool:
    """Whether another instance of the same item has completed in the same container."""
    return any(
        other.state is State.COMPLETED and other.number == item.number and other.parent == item.parent
        for other in run.state.items
    )
