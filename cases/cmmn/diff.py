"""What is different between two versions of a case: as data, and in words.

Elements are known by their ids; two models without a difference behave alike.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from cases.cmmn.describing import Describer, Facts
from cases.cmmn.filemodel import FileItem
from cases.cmmn.metamodel import CaseDefinition, PlanItem


class Kind(StrEnum):
    """What became of an element, or of one field of it."""

    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"
    MOVED = "moved"
    CHANGED = "changed"


class What(StrEnum):
    """The elements that are compared; `OFFER` is what a planning table offers."""

    CASE = "case"
    ROLE = "role"
    FILE_ITEM = "file item"
    ITEM = "plan item"
    CRITERION = "criterion"
    OFFER = "offer"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: an element by its id, one field of it (empty for the whole), before and after."""

    kind: Kind
    what: What
    id: str
    field: str = ""
    old: str = ""
    new: str = ""

    @property
    def words(self) -> str:
        """One line for people."""
        told = f"{self.kind}: {self.what} {self.id}"
        match self.kind:
            case Kind.ADDED:
                return f"{told} ({self.new})" if self.new else told
            case Kind.REMOVED:
                return f"{told} ({self.old})" if self.old else told
        field = f", {self.field.replace('_', ' ')}" if self.field else ""
        return f"{told}{field}: {self.old or 'nothing'} -> {self.new or 'nothing'}"


@dataclass(frozen=True, slots=True)
class _Thing:
    """One element to be compared: its name for people, where it stands, and its facts."""

    id: str
    name: str
    place: str
    facts: Facts


def diff(old: CaseDefinition, new: CaseDefinition) -> tuple[Change, ...]:
    """Every difference between two versions, in the order of the new model, what is gone first."""
    before, after = Describer(old), Describer(new)
    return (
        *_case(before, after),
        *_compared(What.ROLE, _roles(before), _roles(after)),
        *_compared(What.FILE_ITEM, _file(before), _file(after)),
        *_compared(What.ITEM, _items(before), _items(after)),
        *_reordered(old, new),
        *_compared(What.CRITERION, _criteria(before), _criteria(after)),
        *_compared(What.OFFER, _offers(before), _offers(after)),
    )


def _case(before: Describer, after: Describer) -> Iterator[Change]:
    old, new = before.case, after.case
    yield from _compared(What.CASE, [_whole(before)], [_whole(after, as_id=old.id)])
    if old.id != new.id:
        yield Change(Kind.CHANGED, What.CASE, old.id, "id", old.id, new.id)
    if old.sketch != new.sketch:
        told = [_drawn(one) for one in (old, new)]
        yield Change(Kind.CHANGED, What.CASE, old.id, "drawing", *told)


def _drawn(case: CaseDefinition) -> str:
    if case.sketch is None:
        return ""
    return f"{len(case.sketch.shapes)} shapes and {len(case.sketch.strokes)} lines"


def _whole(describer: Describer, as_id: str = "") -> _Thing:
    case = describer.case
    facts: Facts = {}
    for name in ("title", "documentation", "initiator", "profile", "listeners", "inputs", "outputs", "adhoc"):
        facts |= describer.value(getattr(case, name), name)
    return _Thing(as_id or case.id, case.name, "", facts)


def _roles(describer: Describer) -> list[_Thing]:
    return [_Thing(one.id, one.name, "", {}) for one in describer.case.roles]


def _file(describer: Describer) -> list[_Thing]:
    def below(item: FileItem) -> Iterator[_Thing]:
        place = "/" + "/".join(item.path[:-1])
        yield _Thing(item.id, item.name, place, describer.file_item(item))
        for child in item.children:
            yield from below(child)

    return [thing for root in describer.case.file.roots for thing in below(root)]


def _items(describer: Describer) -> list[_Thing]:
    case = describer.case

    def place(item: PlanItem) -> str:
        within = "" if item.stage < 0 else case.items[item.stage].id
        return f"{within}, fragment {item.fragment}" if item.fragment else within

    return [_Thing(one.id, one.name, place(one), describer.item(one)) for one in case.items]


def _criteria(describer: Describer) -> list[_Thing]:
    found = []
    for one in describer.case.criteria:
        facts = describer.sentry(one.sentry) | {"exit_type": one.exit_type, "exit_event": one.exit_event}
        kind = "entry" if one.is_entry else "exit"
        place = f"{kind} of {describer.case.items[one.owner].id}"
        found.append(_Thing(one.id, one.name, place, facts))
    return found


def _offers(describer: Describer) -> list[_Thing]:
    return [_Thing(one.id, one.name, "", describer.offer(one)) for one in describer.case.discretionary]


def _compared(what: What, old: Sequence[_Thing], new: Sequence[_Thing]) -> Iterator[Change]:
    """What became of each thing; those of one id (a stage that is planned twice) are matched in order."""
    before, after = _numbered(old), _numbered(new)
    for key, one in before.items():
        if key not in after:
            yield Change(Kind.REMOVED, what, one.id, old=_title(one))
    for key, one in after.items():
        if key not in before:
            yield Change(Kind.ADDED, what, one.id, new=_title(one))
            continue
        other = before[key]
        if other.name != one.name:
            yield Change(Kind.RENAMED, what, one.id, "", other.name, one.name)
        if other.place != one.place:
            yield Change(Kind.MOVED, what, one.id, "", other.place, one.place)
        yield from _changed(what, one.id, other.facts, one.facts)


def _title(thing: _Thing) -> str:
    return "" if thing.name == thing.id else thing.name


def _changed(what: What, id_: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Change]:
    for field in dict.fromkeys((*old, *new)):
        before, after = old.get(field, ""), new.get(field, "")
        if before != after:
            yield Change(Kind.CHANGED, what, id_, field, before, after)


def _numbered(things: Sequence[_Thing]) -> dict[tuple[str, int], _Thing]:
    seen: Counter[str] = Counter()
    found = {}
    for one in things:
        found[one.id, seen[one.id]] = one
        seen[one.id] += 1
    return found


def _reordered(old: CaseDefinition, new: CaseDefinition) -> Iterator[Change]:
    """Items that stand among other neighbours of their stage: the order of a model decides ties."""
    before, after = _rows(old), _rows(new)
    for stage, row in after.items():
        was = [id_ for id_ in before.get(stage, ()) if id_ in row]
        now = [id_ for id_ in row if id_ in was]
        if was == now:
            continue
        matcher = SequenceMatcher(None, was, now, autojunk=False)
        kept = {id_ for block in matcher.get_matching_blocks() for id_ in now[block.b : block.b + block.size]}
        for id_ in now:
            if id_ not in kept:
                yield Change(Kind.MOVED, What.ITEM, id_, "order", _after(was, id_), _after(now, id_))


def _after(ids: list[str], id_: str) -> str:
    place = ids.index(id_)
    return f"after {ids[place - 1]}" if place else "first"


def _rows(case: CaseDefinition) -> dict[str, list[str]]:
    """The planned items of each stage, in order; what tables offer has an order of its own there."""
    rows: dict[str, list[str]] = {}
    for item in case.items:
        if item.stage >= 0 and not item.is_discretionary:
            row = rows.setdefault(case.items[item.stage].id, [])
            if item.id not in row:
                row.append(item.id)
    return rows
