"""The state of a case told in the numbers of another version of its model, as the event says (8.3)."""

from collections.abc import Mapping

import msgspec

from cases.cmmn import casefile
from cases.cmmn.casefile import CaseFile
from cases.cmmn.events import CaseMigrated, FileMove, Moved
from cases.cmmn.instance import CaseState, ItemState, Memory, Seed


def repoint(state: CaseState, event: CaseMigrated) -> None:
    """Changes the tables of this state in place; instances and seeds are made anew."""
    rows = {row.old: row for row in event.criteria}
    state.items[:] = [_item(item, event.items, rows) for item in state.items]
    state.seeds = _seeds(state.seeds, event.items, rows)
    for number, parent in event.waiting:
        others = state.seeds.get(number, [])
        if not any(seed.parent == parent for seed in others):
            state.seeds[number] = [*others, Seed(number, parent, _next_index(state, number, parent))]
    slots = {iid: _memory(kept, rows) for iid, kept in state.slots.items()}
    state.slots = {iid: kept for iid, kept in slots.items() if kept}
    planned = {
        iid: [event.items[number] for number in numbers if event.items[number] >= 0]
        for iid, numbers in state.planned.items()
    }
    state.planned = {iid: numbers for iid, numbers in planned.items() if numbers}
    state.adhoc = event.adhoc
    state.is_irregular = state.is_irregular or event.is_irregular
    for move in event.file:
        state.file = _file(state.file, move)


def _item(item: ItemState, numbers: list[int], rows: Mapping[int, Moved]) -> ItemState:
    return msgspec.structs.replace(
        item,
        number=numbers[item.number],
        memory=_memory(item.memory, rows) if item.memory else {},
        spent=_spent(item.spent, rows) if item.spent else [],
    )


def _seeds(
    seeds: Mapping[int, list[Seed]], numbers: list[int], rows: Mapping[int, Moved]
) -> dict[int, list[Seed]]:
    return {
        numbers[number]: [
            Seed(
                numbers[number],
                seed.parent,
                seed.next_index,
                _memory(seed.memory, rows),
                _spent(seed.spent, rows),
            )
            for seed in kept
        ]
        for number, kept in seeds.items()
        if numbers[number] >= 0
    }


def _memory(memory: Mapping[int, Memory], rows: Mapping[int, Moved]) -> dict[int, Memory]:
    found: dict[int, Memory] = {}
    for number, kept in memory.items():
        row = rows.get(number)
        if row is None:
            continue
        occurred = [kept.occurred[place] if place >= 0 else 0 for place in row.parts]
        holds = kept.holds and row.is_same_condition
        if any(occurred) or holds:
            found[row.new] = Memory(occurred, kept.event, holds)
    return found


def _spent(spent: list[int], rows: Mapping[int, Moved]) -> list[int]:
    return sorted(rows[one].new for one in spent if one in rows and rows[one].is_same_condition)


def _next_index(state: CaseState, number: int, parent: int) -> int:
    return 1 + max(
        (item.index for item in state.items if item.number == number and item.parent == parent), default=-1
    )


def _file(file: CaseFile, move: FileMove) -> CaseFile:
    path = tuple(move.path)
    if not casefile.holds(file.values, path):
        return file
    value = casefile.read(file.values, path)
    if move.way == "move":
        values = casefile.with_value(casefile.without(file.values, path), tuple(move.to), value)
        old, new = casefile.key(path), casefile.key(move.to)
        references = {
            _elsewhere(one, old, new): [_elsewhere(other, old, new) for other in others]
            for one, others in file.references.items()
        }
        return CaseFile(values, file.discarded, references)
    if move.way == "wrap":
        changed: object = value if isinstance(value, list) else [value]
    else:
        changed = value[move.place] if isinstance(value, list) and move.place < len(value) else value
    return CaseFile(casefile.with_value(file.values, path, changed), file.discarded, file.references)


def _elsewhere(written: str, old: str, new: str) -> str:
    return new + written[len(old) :] if written == old or written.startswith(f"{old}.") else written
