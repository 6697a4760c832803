"""Stages that start because an item inside them is to begin: activation from below (R-3.4c)."""

from cases.cmmn import transitions
from cases.cmmn.agenda import Activate, Run
from cases.cmmn.lifecycle import State, Transition
from cases.cmmn.transitions import Why


def activate(run: Run, operation: Activate) -> None:
    """Stages start outermost first, over their own criteria and rules; the owner by its own rule (R-3.4c)."""
    criterion = run.definition.criteria[operation.criterion]
    item = run.item(operation.stage)
    memory = run.joined(criterion, item.parent)
    if memory is None or item.state not in (State.AVAILABLE, State.ENABLED):
        return
    chain = (*run.wiring.containers[criterion.owner], criterion.owner)
    for number in chain[chain.index(item.number) :]:
        if number == criterion.owner:
            transitions.consume(run, item, (criterion.number,))
            transitions.enter(run, item.iid, criterion.id)
            return
        by_hand = item.state is State.ENABLED
        transitions.start(
            run, item.iid, Transition.MANUAL_START if by_hand else Transition.START, Why(cause="fromBelow")
        )
        inner = chain[chain.index(number) + 1]
        found = [iid for iid in run.live.get(inner, ()) if run.item(iid).parent == item.iid]
        if not found or run.item(found[0]).state is not State.AVAILABLE:
            return
        item = run.item(found[0])
