"""Where a case stands, whatever way it came there: without numbers of events and instances, without hours."""

import re
from collections.abc import Mapping

import msgspec

from cases.cmmn.instance import CASE, CaseInstance, ItemState, Memory
from cases.cmmn.lifecycle import FINAL

_INSTANT = re.compile(r"\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d)?)?")
_encode = msgspec.json.Encoder(decimal_format="number", order="deterministic").encode


def of(case: CaseInstance, *, indexed: bool) -> bytes:
    """What two cases agree in that can go on in the same ways; with `indexed`, repetitions are counted."""
    return _encode(_told(case, indexed=indexed))


def _told(case: CaseInstance, *, indexed: bool) -> list[object]:
    state = case.state
    alive = [item for item in state.items if item.state not in FINAL or item.iid == CASE]
    alive.sort(key=lambda item: (item.number, item.parent, item.index))
    places = {item.iid: place for place, item in enumerate(alive)}
    fires = sorted(item.timer.due for item in alive if item.timer is not None and item.timer.due)
    ended = sorted(
        {
            (item.number, places[item.parent])
            for item in state.items[1:]
            if item.iid not in places and item.parent in places
        }
    )
    return [
        [_of_item(item, places, fires, indexed=indexed) for item in alive],
        ended,
        sorted(
            [number, places.get(seed.parent, -1), _heard(seed.memory), seed.spent]
            for number, seeds in state.seeds.items()
            for seed in seeds
        ),
        sorted([places.get(iid, -1), _heard(slots)] for iid, slots in state.slots.items()),
        sorted([places.get(iid, -1), sorted(planned)] for iid, planned in state.planned.items()),
        sorted(places.get(iid, -1) for iid in state.returned),
        _timeless(case.file()),
    ]


def _of_item(item: ItemState, places: Mapping[int, int], fires: list[str], *, indexed: bool) -> list[object]:
    timer = -1 if item.timer is None or not item.timer.due else fires.index(item.timer.due)
    return [
        item.number,
        places.get(item.parent, -1),
        item.index if indexed else 0,
        int(item.state),
        -1 if item.before is None else int(item.before),
        item.directly,
        item.required,
        timer,
        item.held,
        _heard(item.memory),
        sorted(item.spent),
        _timeless(item.local),
    ]


def _heard(memory: Mapping[int, Memory]) -> list[object]:
    return [
        [number, [bool(seq) for seq in one.occurred], one.holds] for number, one in sorted(memory.items())
    ]


def _timeless(value: object) -> object:
    if isinstance(value, str):
        return "@" if _INSTANT.fullmatch(value) else value
    if isinstance(value, Mapping):
        return {str(name): _timeless(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_timeless(inner) for inner in value]
    return value
