"""Timers of a case: armed when they begin to wait, moved, paused, and repeated (cmmn-semantics 5)."""

from datetime import datetime

from cases.cmmn import births, evaluation, timers
from cases.cmmn.agenda import Run
from cases.cmmn.effects import TimerCancelled, TimerSet
from cases.cmmn.evaluation import NotComputed
from cases.cmmn.events import TimerArmed
from cases.cmmn.instance import ItemState, Timer, instant_of, text_of
from cases.cmmn.lifecycle import State
from cases.cmmn.metamodel import TimerEventListener
from cases.cmmn.timers import Fire


def arm(run: Run, item: ItemState) -> None:
    """Sets a timer from its expression, or anew when what it follows has changed (5.1); null disarms it."""
    definition = run.definition.items[item.number].definition
    if not isinstance(definition, TimerEventListener):
        return
    text, fire = "", None
    try:
        text = _text(evaluation.value_of(run, definition.expression, evaluation.names_at(run, item)))
        anchor = _anchor(run, item, definition)
        fire = _first(run, text, anchor) if text and anchor is not None else None
    except (NotComputed, ValueError) as error:
        run.incident(item.iid, "timer", f"{definition.id}: {error}")
    due = "" if fire is None else text_of(fire.at)
    known = item.timer
    if due == ("" if known is None else known.due):
        return
    fire_no = 1 if known is None else known.fire_no + 1
    if fire is None:
        run.effects.append(TimerCancelled(item.iid))
    _record(run, item, fire, text, fire_no=fire_no)
    if fire is not None:
        set_job(run, run.item(item.iid), definition, fire.at)


def rearm(run: Run, item: ItemState, anchor: datetime) -> None:
    """A timer whose expression is another one now is armed anew, counted from where it was counted (M-08)."""
    definition = run.definition.items[item.number].definition
    known = item.timer
    if not isinstance(definition, TimerEventListener) or known is None:
        return
    try:
        text = _text(evaluation.value_of(run, definition.expression, evaluation.names_at(run, item)))
        fire = _first(run, text, anchor) if text else None
    except (NotComputed, ValueError) as error:
        run.incident(item.iid, "timer", f"{definition.id}: {error}")
        return
    if fire is None:
        disarm(run, item)
        return
    _record(run, item, fire, text, fire_no=known.fire_no + 1, fired=known.fired)
    set_job(run, run.item(item.iid), definition, fire.at)


def disarm(run: Run, item: ItemState) -> None:
    """The timer waits for nothing until it is armed anew: its listener is not available any more (4.7)."""
    known = item.timer
    if known is None or not known.due:
        return
    if item.state is not State.SUSPENDED:
        run.effects.append(TimerCancelled(item.iid))
    _record(run, item, None, "", fire_no=known.fire_no + 1)


def move(run: Run, item: ItemState, due: datetime) -> None:
    """A timer that waits is due at another instant; its schedule goes on from there (5.1)."""
    definition = run.definition.items[item.number].definition
    known = item.timer
    if not isinstance(definition, TimerEventListener):
        return
    fire_no = 1 if known is None else known.fire_no + 1
    schedule = "" if known is None else known.schedule
    fired = 0 if known is None else known.fired
    _record(run, item, Fire(due, 0, due), schedule, fire_no=fire_no, fired=fired)
    set_job(run, run.item(item.iid), definition, due)


def next_fire(run: Run, item: ItemState, timer: Timer | None) -> None:
    """A repeating timer has occurred: its next instance takes over schedule, anchor and count (5.3)."""
    definition = run.definition.items[item.number].definition
    if not isinstance(definition, TimerEventListener) or timer is None or not timer.schedule:
        return
    schedule = timers.read(timer.schedule)
    fired = timer.fired + 1
    if schedule.fires is not None and fired >= schedule.fires:
        return
    last = Fire(instant_of(timer.anchor), timer.ordinal, instant_of(timer.due))
    try:
        fire = timers.following(schedule, last, run.now, run.program.zone, _due(run))
    except ValueError as error:
        run.incident(item.iid, "timer", f"{definition.id}: {error}")
        return
    if fire is None:
        return
    successor = births.create(run, item.number, item.parent, run.following_index(item))
    _record(run, successor, fire, timer.schedule, fired=fired)
    set_job(run, run.item(successor.iid), definition, fire.at)


def set_job(run: Run, item: ItemState, definition: TimerEventListener, at: datetime) -> None:
    """A timer that is not paused is to fire at that instant."""
    if item.timer is not None and item.state is not State.SUSPENDED:
        name = run.definition.items[item.number].id
        category = _category(run, item, definition)
        run.effects.append(
            TimerSet(item.iid, name, item.timer.fire_no, at, definition.follows, category=category)
        )


def _category(run: Run, item: ItemState, definition: TimerEventListener) -> str | None:
    if definition.category is None:
        return None
    try:
        found = evaluation.value_of(run, definition.category, evaluation.names_at(run, item))
    except NotComputed as error:
        run.incident(item.iid, "category", f"{definition.id}: {error.message}")
        return None
    return None if found is None else str(found)


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def _anchor(run: Run, item: ItemState, definition: TimerEventListener) -> datetime | None:
    """The instant that the timer counts from, None while the data that name it are missing."""
    if definition.anchor is None:
        return run.now
    found = evaluation.evaluate(run, definition.anchor, evaluation.names_at(run, item))
    return None if found is None else timers.moment_of(str(found), run.program.zone)


def _first(run: Run, text: str, anchor: datetime) -> Fire | None:
    at = timers.instant(timers.read(text), 1, anchor, run.program.zone, _due(run))
    return None if at is None else Fire(anchor, 1, at)


def _due(run: Run) -> timers.Due | None:
    return None if run.program.working_time is None else run.program.working_time.due


def _record(
    run: Run, item: ItemState, fire: Fire | None, text: str, *, fire_no: int = 1, fired: int = 0
) -> None:
    name = run.definition.items[item.number].id
    due, anchor, ordinal = "", "", 1
    if fire is not None:
        due, anchor, ordinal = text_of(fire.at), text_of(fire.anchor), fire.ordinal
    run.record(TimerArmed(run.seq(), run.wave, item.iid, name, fire_no, due, text, anchor, ordinal, fired))
