"""What a state knows by number, told in the numbers of another version of its model (8.3).

What has ended and has no place there stays as history, after the items of the model, as what somebody added
by hand does.
"""

from collections.abc import Iterator

from cases.cmmn import casefile
from cases.cmmn.adhoc import FORMER, former
from cases.cmmn.commands import Migrate
from cases.cmmn.events import AdHoc, CaseMigrated, FileMove
from cases.cmmn.lifecycle import FINAL
from cases.cmmn.matching import NOWHERE, kind_of, named
from cases.cmmn.metamodel import PlanItem
from cases.cmmn.migration_rules import Move
from cases.cmmn.workmodel import CaseTask, HumanTask


def told(move: Move, command: Migrate) -> CaseMigrated:
    """The event that tells all numbers of the new version."""
    run, plan = move.run, command.plan
    adhoc = list(_adhoc(move))
    waiting = [
        (number, parent.iid)
        for name in plan.waiting
        for number in named(move.matching.new, name)
        for parent in run.state.items
        if move.matching.items[parent.number] == move.matching.new.items[number].stage
        and parent.state not in FINAL
        and move.matching.new.items[number].repetition is not None
        and move.matching.new.items[number].entry
    ]
    return CaseMigrated(
        run.seq(),
        run.wave,
        command.source,
        command.target,
        plan.digest(),
        command.actor,
        list(move.matching.items),
        [row for row in move.matching.criteria if _is_carried(move, row.new)],
        adhoc,
        list(_file_moves(move)),
        waiting,
        bool(plan.start or plan.available or waiting),
    )


def place(move: Move) -> None:
    """Items that somebody added keep their stage; what has only history behind it is history (4.6)."""
    _drop_history(move)
    first = len(move.matching.old.items) - move.matching.old.adhoc
    following = len(move.target.definition.items)
    for number in range(first, len(move.matching.old.items)):
        item = move.matching.old.items[number]
        is_placed = move.matching.items[number] != NOWHERE or move.matching.items[item.stage] == NOWHERE
        if not is_placed:
            move.matching.items[number] = following
            following += 1


def _drop_history(move: Move) -> None:
    """Where no instance of an item lives, and the new one is of another kind, they have nothing in common."""
    live = {item.number for item in move.run.state.items if item.state not in FINAL}
    for old in move.matching.old.items[1:]:
        number = move.matching.items[old.number]
        if number == NOWHERE or old.number in live:
            continue
        new = move.target.definition.items[number]
        is_same = kind_of(old.definition)[0] == kind_of(new.definition)[0]
        if not is_same or move.matching.items[old.stage] != new.stage:
            move.matching.items[old.number] = NOWHERE


def _is_carried(move: Move, criterion: int) -> bool:
    owner = move.matching.new.criteria[criterion].owner
    return owner in move.matching.items


def _adhoc(move: Move) -> Iterator[AdHoc]:
    """What no model of the new version foresaw, in the order of its numbers: added by hand, and history."""
    old, numbers = move.matching.old, move.matching.items
    first = len(old.items) - old.adhoc
    place = len(move.target.definition.items)
    for number in range(first, len(old.items)):
        if numbers[number] == place:
            known = move.run.state.adhoc[number - first]
            yield _renamed(move, known, numbers[old.items[number].stage])
            place += 1
    kept = {item.number for item in move.run.state.items} | set(move.run.state.planned)
    for number in sorted(kept):
        if numbers[number] == NOWHERE:
            numbers[number] = place
            place += 1
            yield _history(move, old.items[number])


def _renamed(move: Move, known: AdHoc, stage: int) -> AdHoc:
    return AdHoc(
        _free_id(move, known.id),
        known.kind,
        known.name,
        stage,
        known.performer,
        known.form,
        known.case,
        known.description,
        known.definition,
    )


def _history(move: Move, item: PlanItem) -> AdHoc:
    definition = item.definition
    task = definition if isinstance(definition, HumanTask) else None
    return AdHoc(
        _free_id(move, item.id),
        former(definition),
        item.name,
        move.matching.items[item.stage],
        None if task is None else task.performer,
        None if task is None else task.form,
        definition.case.text if isinstance(definition, CaseTask) else "",
        definition=definition.id,
    )


def _free_id(move: Move, id_: str) -> str:
    while id_ in move.matching.new.by_id:
        id_ = f"{FORMER}:{id_}"
    return id_


def _file_moves(move: Move) -> Iterator[FileMove]:
    plan, values = move.plan, move.run.state.file.values
    for source, target in plan.map_file.items():
        yield FileMove("move", source.split("."), target.split("."))
    new = {item.path: item for item in move.target.definition.file.by_id.values()}
    for item in move.matching.old.file.by_id.values():
        other = new.get(item.path)
        if other is None or casefile.key(item.path) in plan.map_file:
            continue
        if not casefile.holds(values, item.path) or casefile.read(values, item.path) is None:
            continue
        if item.multiplicity.is_many and not other.multiplicity.is_many:
            yield FileMove("pick", list(item.path), place=plan.pick.get(casefile.key(item.path), 0))
        elif other.multiplicity.is_many and not item.multiplicity.is_many:
            yield FileMove("wrap", list(item.path))
