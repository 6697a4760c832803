"""Event listeners: there to be raised or not, and followed by the next one after each use (4.2, 4.7)."""

from cases.cmmn import arming, births, rules
from cases.cmmn.agenda import Arm, Run
from cases.cmmn.instance import ItemState, Seed
from cases.cmmn.lifecycle import FINAL, State
from cases.cmmn.metamodel import EventListener, TimerEventListener, UserEventListener


def bring(run: Run, number: int, parent: int, index: int) -> None:
    """A listener comes into being: Available, or Unavailable where its condition does not hold.

    What reads plan state is asked when the wave is over, and until then is not there.
    """
    is_there = number not in run.wiring.readers.watching.listeners and rules.is_available(
        run, Seed(number, parent, index)
    )
    required = rules.is_required(run, number, parent, index)
    state = State.AVAILABLE if is_there else State.UNAVAILABLE
    item = births.create(run, number, parent, index, state, required=required)
    if is_there:
        births.subscribe(run, item)
    if is_there and _is_armed_at_once(run, item):
        run.queue(Arm(item.iid))


def succeed(run: Run, item: ItemState) -> None:
    """A listener that may be raised again and again has occurred: the next one is there at once (4.2).

    Its repetition rule decides where it has one.
    """
    plan_item = run.definition.items[item.number]
    if not isinstance(plan_item.definition, UserEventListener | EventListener):
        return
    is_repeatable = plan_item.repetition is None and plan_item.definition.is_repeatable
    if run.item(item.parent).state not in FINAL and (is_repeatable or rules.repeats(run, item, item.parent)):
        bring(run, item.number, item.parent, run.following_index(item))


def initiate(run: Run, item: ItemState) -> None:
    """A listener is there from now on: a timer is armed, a subscription begins (4.7, 5)."""
    if _is_armed_at_once(run, item):
        arming.arm(run, item)
    births.subscribe(run, item)


def dismiss(run: Run, item: ItemState) -> None:
    """A listener is about to be Unavailable: its timer is disarmed, its subscription ends."""
    arming.disarm(run, item)
    births.unsubscribe(run, item)


def _is_armed_at_once(run: Run, item: ItemState) -> bool:
    definition = run.definition.items[item.number].definition
    return isinstance(definition, TimerEventListener) and definition.start_trigger is None
