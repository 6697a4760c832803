"""Which plan item and criterion of a version of a model is which of another one (8.3)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from cases.cmmn.controlmodel import Criterion, FileOnPart, OnPart
from cases.cmmn.events import Moved
from cases.cmmn.instance import CASE
from cases.cmmn.metamodel import CaseDefinition, EventListener, PlanItem, PlanItemDefinition
from cases.cmmn.migration_plan import Plan
from cases.cmmn.workmodel import Task

NOWHERE = -1


@dataclass(slots=True)
class Matching:
    """`items`: number in the old definition -> number in the new one, NOWHERE for none.

    `unknown` are names of the plan that mean nothing, or several things, with the version that was asked.
    """

    old: CaseDefinition
    new: CaseDefinition
    items: list[int]
    criteria: list[Moved] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def match(
    old: CaseDefinition, new: CaseDefinition, plan: Plan, history: frozenset[int] = frozenset()
) -> Matching:
    """By the plan; else by id in the stage that the own one became, by definition, by name and kind there.

    Items that no model foresaw stand at the end of the old definition and are matched by whoever moves them,
    but for those of `history`: they belonged to an earlier version, and may come back.
    """
    found = Matching(old, new, [NOWHERE] * len(old.items))
    found.items[CASE] = CASE
    said = dict(_said(found, plan))
    taken = set(said.values())
    foreseen = len(old.items) - old.adhoc
    for item in old.items[1:]:
        if item.number >= foreseen and item.number not in history:
            continue
        if item.number in said:
            found.items[item.number] = said[item.number]
            continue
        stage = found.items[item.stage]
        if stage != NOWHERE:
            number = _by_itself(found, item, stage, taken)
            found.items[item.number] = number
            if number != NOWHERE:
                taken.add(number)
    found.criteria = [row for item in old.items for row in _criteria(found, item, plan)]
    return found


def named(definition: CaseDefinition, name: str) -> list[int]:
    """The numbers of the plan items that a name means: an id, with those of stages before it if need be."""
    *above, id_ = name.split("/")
    found = [item.number for item in definition.items if item.id == id_ and item.number != CASE]
    return [number for number in found if _is_below(definition, number, above)]


def not_one(version: str, count: int, name: str) -> str:
    """That a name does not mean one item of the old or new version."""
    return f"the {version} version has {f'{count} items' if count else 'no item'} {name}"


def kind_of(definition: PlanItemDefinition) -> tuple[str, str]:
    """What sort of thing this is: two that differ in it are not the same work."""
    detail = definition.kind if isinstance(definition, EventListener | Task) else ""
    return type(definition).__name__, detail


def path_of(definition: CaseDefinition, number: int) -> str:
    """The name by which a plan item is found, whatever else has its id."""
    item = definition.items[number]
    if len(named(definition, item.id)) <= 1:
        return item.id
    stage = "" if item.stage <= CASE else f"{path_of(definition, item.stage)}/"
    return f"{stage}{item.id}"


def _is_below(definition: CaseDefinition, number: int, above: list[str]) -> bool:
    for id_ in reversed(above):
        number = definition.items[number].stage
        if number <= CASE or definition.items[number].id != id_:
            return False
    return True


def _said(found: Matching, plan: Plan) -> Iterator[tuple[int, int]]:
    for source, target in plan.map.items():
        numbers, targets = named(found.old, source), named(found.new, target)
        if not numbers:
            found.unknown.append(f"the old version has no item {source}")
        if len(targets) != 1:
            found.unknown.append(not_one("new", len(targets), target))
        elif len(numbers) > 1:
            found.unknown.append(not_one("old", len(numbers), source))
        elif numbers:
            yield numbers[0], targets[0]


def _by_itself(found: Matching, item: PlanItem, stage: int, taken: set[int]) -> int:
    """The item of the new stage that this one became, unless another one did."""
    free = [one for one in found.new.items[1:] if one.stage == stage and one.number not in taken]
    same = [one for one in free if one.id == item.id]
    if same:
        return same[0].number
    siblings = {one.id for one in found.old.items if one.stage == item.stage}
    others = [one for one in free if one.id not in siblings]
    kind = kind_of(item.definition)
    by_definition = [one for one in others if one.definition.id == item.definition.id]
    by_name = [one for one in others if item.name and one.name == item.name]
    for candidates in (by_definition, by_name):
        like = [one for one in candidates if kind_of(one.definition) == kind]
        if len(like) == 1:
            return like[0].number
    return NOWHERE


def _criteria(found: Matching, item: PlanItem, plan: Plan) -> Iterator[Moved]:
    """Memory follows a criterion of the same id, else the one that hears the same (M-09)."""
    number = found.items[item.number]
    if number == NOWHERE:
        return
    new = found.new.items[number]
    taken: set[int] = set()
    for old, others in ((one, new.entry if one.is_entry else new.exit) for one in (*item.entry, *item.exit)):
        wanted = plan.carry_memory.get(old.id)
        same = [one for one in others if one.id == (wanted or old.id)]
        if not same and wanted is None:
            same = [one for one in others if _parts(found, plan, old, one) == list(range(len(_ons(old))))]
        free = [one for one in same if one.number not in taken]
        if free:
            taken.add(free[0].number)
            yield _moved(found, plan, old, free[0], is_said=wanted is not None)


def _moved(found: Matching, plan: Plan, old: Criterion, new: Criterion, *, is_said: bool) -> Moved:
    parts = _parts(found, plan, old, new)
    if is_said and all(place == NOWHERE for place in parts) and len(_ons(old)) == len(_ons(new)):
        parts = list(range(len(parts)))
    return Moved(old.number, new.number, parts, _condition(old) == _condition(new))


def _ons(criterion: Criterion) -> tuple[OnPart, ...]:
    return criterion.sentry.on_parts


def _parts(found: Matching, plan: Plan, old: Criterion, new: Criterion) -> list[int]:
    """For each on-part of the new criterion the place of the old one whose source and event it has."""
    heard = [_heard(part, found.items, plan.map_file) for part in _ons(old)]
    asked = [_heard(part, None, {}) for part in _ons(new)]
    return [heard.index(one) if one in heard else NOWHERE for one in asked]


def _heard(part: OnPart, items: list[int] | None, files: Mapping[str, str]) -> tuple[object, ...]:
    if isinstance(part, FileOnPart):
        path = ".".join(part.path)
        return "file", files.get(path, path), part.event
    source = part.source if items is None else items[part.source]
    return "item", source, part.event, part.exit_criterion


def _condition(criterion: Criterion) -> tuple[object, ...]:
    held = criterion.sentry.if_part
    return criterion.sentry.trigger_mode, None if held is None else (held.condition.text, held.context)
