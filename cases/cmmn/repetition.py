"""The next instance of a plan item: after the end of one, from a seed, or one for each element (4.2, 4.7).

Repetition by an event comes from a seed, which `folding` makes and `sentries` look at.
"""

from cases.cmmn import births, rules
from cases.cmmn.agenda import Begin, Run
from cases.cmmn.instance import ItemState, Seed
from cases.cmmn.lifecycle import State, Transition


def after_end(run: Run, item: ItemState, transition: Transition) -> None:
    """The instance ended in a way after which it repeats: perhaps the next one is born, in the same wave."""
    if transition in run.wiring.repeats_on.get(item.number, ()):
        again(run, item)


def again(run: Run, item: ItemState) -> None:
    """An item without entry criteria is to have a next instance, if its rule says so."""
    plan_item = run.definition.items[item.number]
    if plan_item.entry or item.number in run.wiring.spreading:
        return
    if run.state.items[item.parent].state is State.ACTIVE and rules.repeats(run, item, item.parent):
        run.queue(Begin(grow(run, Seed(item.number, item.parent, run.following_index(item))).iid))


def spread(run: Run, carrier: ItemState, elements: list[object]) -> list[int]:
    """One instance for each element, which it knows by name; all exist before one of them begins (4.7)."""
    rule = run.definition.items[carrier.number].repetition
    if rule is None:
        return []
    first = run.next_index(carrier.number, carrier.parent)
    made = []
    for place, element in enumerate(elements):
        local: dict[str, object] = {rule.element: element, rule.element_index: place}
        if carrier.number in run.wiring.counters:
            local[rule.counter] = place + 1
        local.pop("", None)
        required = rules.is_required(run, carrier.number, carrier.parent, first + place)
        item = births.create(
            run, carrier.number, carrier.parent, first + place, required=required, local=local
        )
        made.append(item.iid)
    return made


def grow(run: Run, seed: Seed) -> ItemState:
    """The next repetition, Available."""
    required = rules.is_required(run, seed.number, seed.parent, seed.next_index)
    return births.create(run, seed.number, seed.parent, seed.next_index, required=required)
