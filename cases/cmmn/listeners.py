"""Event listeners: there to be raised or not, and followed by the next one after each use (4.2, 4.7)."""

from collections.abc import Iterable

from cases.cmmn import arming, births, rules
from cases.cmmn.agenda import Arm, Occur, Offer, Run
from cases.cmmn.events import AnyEvent, FileTransitioned
from cases.cmmn.instance import ItemState, Seed
from cases.cmmn.lifecycle import FINAL, FileTransition, State
from cases.cmmn.metamodel import EventListener, TimerEventListener, UserEventListener

_UPDATED = frozenset({"update", "update-create", "all"})
_CHANGES = {
    FileTransition.CREATE: frozenset({"create", "update-create", "all"}),
    FileTransition.REPLACE: _UPDATED,
    FileTransition.UPDATE: _UPDATED,
    FileTransition.DELETE: frozenset({"delete", "all"}),
}
"""What happened to a variable -> the changes that listeners name."""


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


def watch(run: Run) -> bool:
    """Queues a look at the listeners that read plan state, if anything moved; whether there are any.

    All else has come to rest: a listener that waits for its stage to be completable does not keep it from
    completing (4.7).
    """
    watching = run.wiring.readers.watching.listeners
    if not watching or run.watched == len(run.events):
        return False
    run.watched = len(run.events)
    for number in watching:
        for iid in run.live.get(number, ()):
            run.queue(Offer(iid))
    return bool(run.operations)


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


def hear(run: Run, happened: Iterable[AnyEvent]) -> None:
    """Listeners for changes of variables that are there hear what was written in this wave (6.5)."""
    changed = [
        (event.path[0], _CHANGES.get(_change(event)))
        for event in happened
        if isinstance(event, FileTransitioned)
    ]
    if not changed:
        return
    for number in run.wiring.variable_listeners:
        listener = run.definition.items[number].definition
        if not isinstance(listener, EventListener):
            continue
        for iid in run.live.get(number, ()):
            item = run.item(iid)
            if item.state is not State.AVAILABLE:
                continue
            subject = births.subject_of(run, item, listener)
            if any(
                name == subject and kinds and (listener.change or "all") in kinds for name, kinds in changed
            ):
                run.queue(Occur(iid, "variable"))


def _change(event: FileTransitioned) -> FileTransition:
    """What happened to the root item: whatever happens within it is an update."""
    return event.transition if len(event.path) == 1 else FileTransition.UPDATE


def _is_armed_at_once(run: Run, item: ItemState) -> bool:
    definition = run.definition.items[item.number].definition
    return isinstance(definition, TimerEventListener) and definition.start_trigger is None
