"""Exit criteria carried out: who may be ended by them, and how (cmmn-semantics 3.6, 4.7)."""

from cases.cmmn import suspension, transitions
from cases.cmmn.agenda import Leave, Run
from cases.cmmn.instance import CASE, ItemState
from cases.cmmn.lifecycle import FINAL, State, Transition


def leave(run: Run, operation: Leave) -> None:
    item = run.item(operation.item)
    if not may_exit(run, item):
        return
    cause = transitions.consume(run, item, operation.criteria)
    if item.iid == CASE:
        transitions.move_case(run, Transition.TERMINATE, cause or "")
        transitions.end_children(run, CASE, transitions.PARENT_TERMINATED)
    else:
        transitions.leave(run, item.iid, cause, "")


def may_exit(run: Run, item: ItemState) -> bool:
    """Whether exit criteria of this owner are looked at in its present state (3.6)."""
    if item.state is State.ACTIVE:
        return True
    if item.iid == CASE or run.definition.profile.strict_exit or item.state in FINAL:
        return False
    return not suspension.is_suspended(run, item)
