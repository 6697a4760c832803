"""What a move did, or would do, to a case: by what it is known again, and in words (M-18)."""

import hashlib
from collections.abc import Iterable, Iterator

import msgspec

from cases.cmmn import casefile
from cases.cmmn.events import AnyEvent, TimerArmed
from cases.cmmn.instance import CASE, CaseInstance, ItemState
from cases.cmmn.lifecycle import FINAL


def digest(events: Iterable[AnyEvent]) -> str:
    """The same for two turns in which the same happened; when timers are due does not count.

    It is counted from now, and now is later when an approved plan is carried out.
    """
    told = [
        msgspec.structs.replace(event, due="" if not event.due else "armed", anchor="")
        if isinstance(event, TimerArmed)
        else event
        for event in events
    ]
    return hashlib.sha256(_ENCODER.encode(told)).hexdigest()[:32]


def changes(before: CaseInstance, after: CaseInstance) -> list[str]:
    """What is another thing than before, in words; in the order of the instances."""
    return [line for item in after.items() for line in _of_item(before, after, item)] + [
        *_of_the_file(before, after),
        *_of_the_team(before, after),
    ]


def _of_item(before: CaseInstance, after: CaseInstance, item: ItemState) -> Iterator[str]:
    name = _name(after, item)
    if item.iid >= len(before.state.items):
        yield f"{name} is new, {item.state.word}"
        return
    old = before.state.items[item.iid]
    if old.state is not item.state:
        yield f"{name}: {old.state.word} -> {item.state.word}"
    if item.state in FINAL or item.iid == CASE:
        return
    ids = before.plan_item(item.iid).id, after.plan_item(item.iid).id
    if ids[0] != ids[1]:
        yield f"{ids[0]} is {ids[1]} from now on"
    if old.required is not item.required:
        yield f"{name} is {'required' if item.required else 'not required any more'}"
    due = "" if old.timer is None else old.timer.due, "" if item.timer is None else item.timer.due
    if due[0] != due[1]:
        yield f"{name} is due at {due[1] or 'no time'}, before at {due[0] or 'no time'}"


def _of_the_file(before: CaseInstance, after: CaseInstance) -> Iterator[str]:
    old, new = before.file(), after.file()
    for name in sorted({*old, *new}):
        if name not in new:
            yield f"data: {name} is gone"
        elif name not in old:
            yield f"data: {name} is new"
        elif not casefile.same(old[name], new[name]):
            yield f"data: {name} changed"


def _of_the_team(before: CaseInstance, after: CaseInstance) -> Iterator[str]:
    old, new = before.state.team or {}, after.state.team or {}
    for user in sorted({*old, *new}):
        if old.get(user) != new.get(user):
            yield f"{user} is {', '.join(new.get(user, ())) or 'without a role'} from now on"


def _name(case: CaseInstance, item: ItemState) -> str:
    if item.iid == CASE:
        return "the case"
    index = f" ({item.index + 1})" if item.index else ""
    return f"{case.plan_item(item.iid).id}{index}"


_ENCODER = msgspec.json.Encoder(decimal_format="number", order="sorted")
