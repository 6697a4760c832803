"""A running case goes on by another version of its model, or is put elsewhere in its own (8.3).

In the order of M-17: what is to end ends, all is told in the numbers of the new version, then case file,
roles and memory, then what begins or waits; whoever calls lets the turn come to rest.
"""

from cases.cmmn import (
    arming,
    behaviors,
    births,
    casefile,
    file_operations,
    matching,
    migration_rules,
    placement,
    renumbering,
    rules,
    transitions,
    variables,
)
from cases.cmmn.adhoc import FORMER
from cases.cmmn.agenda import Offer, Run
from cases.cmmn.commands import E_ARGUMENT, E_FORBIDDEN, E_STATE, E_UNKNOWN, Migrate, Refused
from cases.cmmn.controlmodel import Rule
from cases.cmmn.effects import HumanTaskChanged, Unsubscribed
from cases.cmmn.events import RequiredDecided, TeamChanged
from cases.cmmn.human_tasks import changed as task_as_it_is
from cases.cmmn.instance import CASE, ItemState, instant_of
from cases.cmmn.lifecycle import FINAL, State, Transition
from cases.cmmn.matching import NOWHERE, Matching, named
from cases.cmmn.metamodel import EventListener, PlanItem, Stage, TimerEventListener
from cases.cmmn.migration_plan import EMPTY, END, KEEP, NOW
from cases.cmmn.migration_rules import Move
from cases.cmmn.readership import available_condition
from cases.cmmn.transitions import Why
from cases.cmmn.workmodel import HumanTask

E_MIGRATION = "E-MIGRATION"
"""The case may not move so; the message names each rule that says so."""

CAUSE = "migration"


def begin(run: Run, command: Migrate) -> None:
    """The first operations of a move. Raises Refused, with every rule that forbids it."""
    _must_be_movable(run, command)
    move = _move(run, command)
    for iid, cause in move.ending.items():
        _end(run, iid, cause)
    before = {item.iid: run.plan_item(item.iid) for item in run.state.items if item.state not in FINAL}
    ended = set(run.ended)
    variables.see(run, command)
    run.record(renumbering.told(move, command))
    _forget_what_was_to_be_done(run, move.matching, ended)
    if command.source == command.target and command.plan == EMPTY and not command.vars:
        run.end_wave()
        run.watched = len(run.events)
        return
    _write(run, move)
    _assign(run, move)
    for item in [one for one in run.state.items if one.iid in before and one.state not in FINAL]:
        _follow(run, move, item, before[item.iid])
    _look(run, move)
    placement.carry_out(run, move)


def foreseen(run: Run, command: Migrate) -> list[str]:
    """What one should know before the case moves. Raises Refused as `begin` does."""
    _must_be_movable(run, command)
    return migration_rules.warnings(_move(run, command))


def _must_be_movable(run: Run, command: Migrate) -> None:
    if not run.state.items:
        raise Refused(E_STATE, "M-02: the case has not been started", State.UNAVAILABLE)
    state = run.item(CASE).state
    if state is State.CLOSED:
        raise Refused(E_STATE, "M-02: the case is closed", state)
    if run.state.team is not None and command.roles is not None and command.actor not in run.state.team:
        raise Refused(E_FORBIDDEN, f"{command.actor} is no member of the case team", state)
    if command.target not in run.versions:
        raise Refused(E_UNKNOWN, f"M-01: there is no version {command.target}", state)


def _move(run: Run, command: Migrate) -> Move:
    """The move with all that it ends, once every rule is asked. Raises Refused."""
    target = run.versions[command.target]
    first = len(run.definition.items) - run.definition.adhoc
    history = frozenset(
        first + place for place, one in enumerate(run.state.adhoc) if one.kind.startswith(FORMER)
    )
    found = matching.match(run.definition, target.definition, command.plan, history)
    move = Move(run, target, command.plan, found)
    unknown = migration_rules.unknown_names(move)
    if unknown:
        raise Refused(E_UNKNOWN, "; ".join(dict.fromkeys(unknown)))
    renumbering.place(move)
    _gather_what_ends(move)
    problems = migration_rules.problems(move)
    if problems:
        raise Refused(E_MIGRATION, "; ".join(problems), run.item(CASE).state)
    return move


def _gather_what_ends(move: Move) -> None:
    causes = {
        number: cause or CAUSE
        for name, cause in move.plan.end.items()
        for number in named(move.matching.old, name)
    }
    for item in move.run.state.items[1:]:
        if item.state in FINAL:
            continue
        if item.number in causes:
            move.ending[item.iid] = causes[item.number]
        elif item.parent in move.ending:
            move.ending[item.iid] = transitions.PARENT_TERMINATED
        elif move.plan.missing == END and _has_no_place(move, item):
            move.ending[item.iid] = CAUSE


def _has_no_place(move: Move, item: ItemState) -> bool:
    number = move.image(item)
    if number == NOWHERE:
        return True
    if number >= len(move.target.definition.items):
        return False
    return move.target.definition.items[number].stage != move.image(move.run.item(item.parent))


def _end(run: Run, iid: int, cause: str) -> None:
    item = run.item(iid)
    if item.state in FINAL:
        return
    behaviors.end(run, item, completed=False, reason=cause)
    is_moment = run.wiring.is_moment[item.number]
    transitions.move(
        run, iid, Transition.PARENT_TERMINATE if is_moment else Transition.EXIT, Why(cause=cause)
    )


def _forget_what_was_to_be_done(run: Run, found: Matching, ended: set[int]) -> None:
    """What the old version would have looked at is nothing to the new one, but what ended is."""
    run.dirty.clear()
    run.dirty_seeds.clear()
    run.dirty_slots.clear()
    run.looked_at.clear()
    run.to_be_dated.clear()
    run.scope_cache = None
    run.ended.clear()
    run.ended.update({found.items[number]: None for number in sorted(ended) if found.items[number] >= 0})


def _write(run: Run, move: Move) -> None:
    """Data that the new version has no place for are discarded, others are set (M-12)."""
    for name in move.plan.discard_file:
        path = tuple(name.split("."))
        if casefile.holds(run.state.file.values, path):
            file_operations.delete(run, path)
    if move.plan.set:
        try:
            variables.write(run, dict(move.plan.set))
        except TypeError as error:
            raise Refused(E_ARGUMENT, str(error)) from None


def _assign(run: Run, move: Move) -> None:
    for user, roles in (run.state.team or {}).items():
        held = [move.plan.map_role.get(role, role) for role in roles]
        held = [role for role in dict.fromkeys(held) if role]
        if held != roles:
            run.record(TeamChanged(run.seq(), run.wave, user, held))


def _follow(run: Run, move: Move, item: ItemState, old: PlanItem) -> None:
    """What was told outside of an instance that goes on is told anew where the new version says else."""
    new = run.definition.items[item.number]
    if _text(old.required) != _text(new.required):
        required = new.required is not None and rules.is_required(run, item.number, item.parent, item.index)
        if required != item.required:
            run.record(RequiredDecided(run.seq(), run.wave, item.iid, new.id, required))
    definition = new.definition
    state = item.before if item.state is State.SUSPENDED else item.state
    if isinstance(definition, TimerEventListener) and isinstance(old.definition, TimerEventListener):
        _arm_anew(run, move, item, old.definition)
    elif isinstance(definition, HumanTask) and state is State.ACTIVE:
        if new.title is not None:
            births.name(run, item.iid)
        _tell_task(run, move, item, old)
    elif isinstance(definition, EventListener) and item.state is State.AVAILABLE:
        is_same = isinstance(old.definition, EventListener) and old.definition.subject == definition.subject
        if not is_same:
            run.effects.append(Unsubscribed(item.iid))
            births.subscribe(run, item)
    conditions = [available_condition(one) for one in (old, new)]
    texts = [None if one is None else one.text for one in conditions]
    if texts[0] != texts[1] and item.state in (State.AVAILABLE, State.UNAVAILABLE):
        run.queue(Offer(item.iid))


def _arm_anew(run: Run, move: Move, item: ItemState, old: TimerEventListener) -> None:
    """A timer whose expression changed is armed anew, unless the plan keeps it (M-08)."""
    new = run.definition.items[item.number].definition
    assert isinstance(new, TimerEventListener)  # noqa: S101 - asked before
    if migration_rules.timer_text(old) == migration_rules.timer_text(new):
        return
    way = migration_rules.way_of(move.plan, move.matching, item.number)
    timer = item.timer
    if way == KEEP:
        return
    if timer is None or not timer.due:
        if new.start_trigger is None:
            arming.arm(run, item)
    elif way == NOW or new.anchor is not None:
        arming.arm(run, item)
    else:
        arming.rearm(run, item, instant_of(timer.anchor))


def _tell_task(run: Run, move: Move, item: ItemState, old: PlanItem) -> None:
    new = run.definition.items[item.number]
    task = new.definition
    if not isinstance(task, HumanTask) or not behaviors.does_wait(item, task):
        return
    drops = any(item.number in named(move.matching.new, name) for name in move.plan.drop_draft)
    frees = any(item.number in named(move.matching.new, name) for name in move.plan.unassign)
    if not (drops or frees) and (old.definition, old.id, old.name) == (task, new.id, new.name):
        return
    told = task_as_it_is(run, run.item(item.iid), task)
    run.effects.append(HumanTaskChanged(told, drops_draft=drops, is_unassigned=frees))


def _look(run: Run, move: Move) -> None:
    """Criteria that are new or say something else, and all that may be complete by now, are asked."""
    if move.matching.old is move.matching.new:
        return
    carried = {
        row.new for row in move.matching.criteria if row.is_same_condition and NOWHERE not in row.parts
    }
    for item in run.state.items:
        if item.state in FINAL:
            continue
        plan_item = run.definition.items[item.number]
        if isinstance(plan_item.definition, Stage) and item.state is State.ACTIVE:
            run.containers.add(item.iid)
        for criterion in (*plan_item.entry, *plan_item.exit):
            if criterion.number not in carried:
                run.dirty[item.iid, criterion.number] = None
    for number, seeds in run.state.seeds.items():
        for criterion in run.definition.items[number].entry:
            if criterion.number not in carried:
                run.dirty_seeds.update({(seed.parent, criterion.number): None for seed in seeds})


def _text(rule: Rule | None) -> str | None:
    return None if rule is None else "true" if rule.condition is None else rule.condition.text
