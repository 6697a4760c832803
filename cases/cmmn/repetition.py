"""Repetition without criteria: the end of one instance decides on the next (cmmn-semantics 4.2).

Repetition by an event comes from a seed, which `folding` makes and `sentries` look at.
"""

from cases.cmmn import rules
from cases.cmmn.agenda import Begin, Run
from cases.cmmn.instance import ItemState, Seed
from cases.cmmn.lifecycle import State


def after_end(run: Run, item: ItemState) -> None:
    """The instance completed or was terminated by hand: perhaps the next one is born, in the same wave."""
    plan_item = run.definition.items[item.number]
    if plan_item.repetition is None or plan_item.entry:
        return
    if run.state.items[item.parent].state is State.ACTIVE and rules.repeats(run, item, item.parent):
        run.queue(Begin(grow(run, Seed(item.number, item.parent, run.following_index(item))).iid))


def grow(run: Run, seed: Seed) -> ItemState:
    """The next repetition, Available."""
    required = rules.is_required(run, seed.number, seed.parent, seed.next_index)
    return run.create(seed.number, seed.parent, seed.next_index, State.AVAILABLE, required=required)
