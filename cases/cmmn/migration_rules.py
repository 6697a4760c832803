"""What must hold for a case to move to another version of its model: the rules M-01 to M-14 and M-19 (8.3).

Each names what is wrong with its number, so that a plan is mended in one go; all that apply are listed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from cases.cmmn import casefile
from cases.cmmn.agenda import Run
from cases.cmmn.filemodel import FileItem
from cases.cmmn.instance import CASE, ItemState
from cases.cmmn.lifecycle import FINAL, State
from cases.cmmn.matching import NOWHERE, Matching, kind_of, named, not_one, path_of
from cases.cmmn.metamodel import PlanItemDefinition, Program, Stage, TimerEventListener
from cases.cmmn.migration_plan import END, Plan
from cases.cmmn.workmodel import CaseTask, DecisionTask, HumanTask, ProcessTask, ServiceTask, Task

EVERY = "*"
"""In the place of an item of `Plan.timers`: all that are not named."""

_WAITING = frozenset({State.AVAILABLE, State.ENABLED, State.DISABLED, State.UNAVAILABLE})
_UNDER_WAY = frozenset({State.ACTIVE, State.FAILED})


@dataclass(slots=True)
class Move:
    """A case that is about to move. `ending` are the live instances that the move ends, parents first."""

    run: Run
    target: Program
    plan: Plan
    matching: Matching
    ending: dict[int, str] = field(default_factory=dict)

    def staying(self) -> Iterator[ItemState]:
        """The live instances that go on, but the case itself."""
        for item in self.run.state.items[1:]:
            if item.state not in FINAL and item.iid not in self.ending:
                yield item

    def image(self, item: ItemState) -> int:
        """The number of its plan item in the new version."""
        return self.matching.items[item.number]


def unknown_names(move: Move) -> list[str]:
    """Names in the plan that mean nothing, or too much, where one thing is meant."""
    plan, old, new = move.plan, move.matching.old, move.matching.new
    found = list(move.matching.unknown)
    found += [f"the old version has no item {name}" for name in plan.end if not named(old, name)]
    for name in (*(one.item for one in plan.start), *plan.available, *plan.waiting):
        count = len(named(new, name))
        if count != 1:
            found.append(not_one("new", count, name))
    for name in (*(one for one in plan.timers if one != EVERY), *plan.drop_draft, *plan.unassign):
        if not named(new, name):
            found.append(f"the new version has no item {name}")
    criteria = {one.id for one in old.criteria}, {one.id for one in new.criteria}
    for source, target in plan.carry_memory.items():
        if source not in criteria[0]:
            found.append(f"the old version has no criterion {source}")
        if target not in criteria[1]:
            found.append(f"the new version has no criterion {target}")
    return found


def problems(move: Move) -> list[str]:
    """Why the case may not move so, each with the number of the rule; none where it may."""
    return [
        *_of_the_model(move),
        *_of_places(move),
        *_of_work(move),
        *_of_timers(move),
        *_of_criteria(move),
        *_of_the_file(move),
        *_of_roles(move),
    ]


def warnings(move: Move) -> list[str]:
    """What one should know, though nothing is ended for it."""
    found = []
    for item in move.target.definition.items:
        rule = item.repetition
        if rule is None or rule.max_instances is None:
            continue
        live = [one for one in move.staying() if move.image(one) == item.number]
        for parent in sorted({one.parent for one in live}):
            count = sum(1 for one in live if one.parent == parent)
            if count > rule.max_instances:
                found.append(f"M-11: {item.id} has {count} live instances, and may have {rule.max_instances}")
    carried = {row.old: row for row in move.matching.criteria}
    for one in (move.run.item(CASE), *move.staying()):
        for number in one.memory:
            criterion = move.matching.old.criteria[number]
            row = carried.get(number)
            if row is None or NOWHERE in row.parts:
                found.append(
                    f"M-09: {criterion.id} of {_name(move, one)} forgets what the new one does not hear"
                )
    return found


def broken(run: Run) -> list[str]:
    """What does not hold of a case that has moved, and always must (M-19, cmmn-semantics 10)."""
    found = []
    items = run.state.items
    places: set[tuple[int, int, int]] = set()
    for item in items[1:]:
        plan_item = run.definition.items[item.number]
        parent = items[item.parent]
        place = (item.number, item.parent, item.index)
        if place in places:
            found.append(f"M-19: {plan_item.id} {item.index} is there twice")
        places.add(place)
        if item.state in FINAL:
            continue
        if plan_item.stage != parent.number:
            found.append(f"M-19: {plan_item.id} is not in its stage")
        if parent.state in (State.TERMINATED, State.CLOSED):
            found.append(f"M-19: {plan_item.id} lives in a stage that has ended (I-05)")
        if parent.state is State.COMPLETED and item.state not in (State.DISABLED, State.FAILED):
            found.append(f"M-19: {plan_item.id} lives in a stage that is complete (I-06)")
        if parent.state is State.SUSPENDED and item.state in (*_WAITING, State.ACTIVE):
            found.append(f"M-19: {plan_item.id} goes on in a suspended stage (I-04)")
        if item.state in (State.AVAILABLE, State.ENABLED, State.ACTIVE) and parent.state in _WAITING:
            found.append(f"M-19: {plan_item.id} lives in a stage that has not begun (I-03)")
    return found


def callee(definition: PlanItemDefinition) -> str | None:
    """What a task calls, as the model says it; None for what calls nothing."""
    match definition:
        case CaseTask():
            return definition.case.text
        case ProcessTask():
            return definition.process.text
        case DecisionTask():
            return definition.decision if definition.reference is None else definition.reference.text
        case ServiceTask():
            return f"{definition.connection}.{definition.operation}"
    return None


def timer_text(timer: TimerEventListener) -> tuple[object, ...]:
    """What decides when a timer fires."""
    anchor = None if timer.anchor is None else timer.anchor.text
    return timer.expression.text, anchor, timer.follows


def _of_the_model(move: Move) -> Iterator[str]:
    old, new = move.matching.old, move.target.definition
    if move.run.program.family != move.target.family:
        yield f"M-01: the new version is of the family {move.target.family}, not {move.run.program.family}"
    if old.id != new.id and not move.plan.allow_key_change:
        yield f"M-01: the new version is a case {new.id}, not {old.id} (allow_key_change)"
    if old.profile != new.profile:
        yield "M-01: the new version follows the rules of another product"


def _of_places(move: Move) -> Iterator[str]:
    """Every live instance and seed has a place, of the same kind, in the image of its stage."""
    for item in move.staying():
        number, name = move.image(item), _name(move, item)
        if number == NOWHERE:
            yield f"M-03: {name} is {item.state.word}, and the new version has no place for it: map or end it"
            continue
        new = move.target.definition.items
        if number < len(new):
            stage = new[number].stage
            if stage != move.image(move.run.item(item.parent)):
                yield f"M-05: {name} would change its stage: end it, and start {new[number].id}"
            yield from _of_kind(move, item, new[number].definition)
    for number, seeds in move.run.state.seeds.items():
        is_ended = any(number in named(move.matching.old, name) for name in move.plan.end)
        is_lost = move.matching.items[number] == NOWHERE and not is_ended
        if is_lost and move.plan.missing != END and any(seed.parent not in move.ending for seed in seeds):
            name = path_of(move.matching.old, number)
            yield f"M-03: {name} may repeat, and the new version has no place for it: map or end it"


def _of_kind(move: Move, item: ItemState, new: PlanItemDefinition) -> Iterator[str]:
    old = move.run.plan_item(item.iid).definition
    if kind_of(old) == kind_of(new):
        return
    state = item.before if item.state is State.SUSPENDED else item.state
    may_widen = isinstance(old, Task) and isinstance(new, Task | HumanTask) and state in _WAITING
    if not may_widen:
        yield f"M-04: {_name(move, item)} is a {_words(old)}, and would be a {_words(new)}"


def _of_work(move: Move) -> Iterator[str]:
    """What was called goes on: it cannot become a call of something else (M-06)."""
    for item in move.staying():
        state = item.before if item.state is State.SUSPENDED else item.state
        number = move.image(item)
        if state not in _UNDER_WAY or not 0 <= number < len(move.target.definition.items):
            continue
        old = callee(move.run.plan_item(item.iid).definition)
        new = callee(move.target.definition.items[number].definition)
        if old != new and old is not None and new is not None:
            yield f"M-06: {_name(move, item)} has called {old}, and the new version calls {new}: end it"
        is_step = isinstance(move.run.plan_item(item.iid).definition, ServiceTask)
        if is_step and move.target.definition.items[number].id != move.run.plan_item(item.iid).id:
            yield f"M-06: {_name(move, item)} is being carried out under this name: end it"


def _of_timers(move: Move) -> Iterator[str]:
    for item in move.staying():
        number = move.image(item)
        if item.timer is None or not item.timer.due or not 0 <= number < len(move.target.definition.items):
            continue
        old = move.run.plan_item(item.iid).definition
        new = move.target.definition.items[number].definition
        if not isinstance(old, TimerEventListener) or not isinstance(new, TimerEventListener):
            continue
        if timer_text(old) != timer_text(new) and way_of(move.plan, move.matching, number) is None:
            yield f"M-08: {_name(move, item)} is armed by {old.expression.text}: keep it, or say from when"


def way_of(plan: Plan, matching: Matching, number: int) -> str | None:
    """What the plan says of the timer of this number in the new version."""
    said = [way for name, way in plan.timers.items() if name != EVERY and number in named(matching.new, name)]
    return said[0] if said else plan.timers.get(EVERY)


def _of_criteria(move: Move) -> Iterator[str]:
    carried = {
        (move.matching.old.criteria[row.old].id, move.matching.new.criteria[row.new].id)
        for row in move.matching.criteria
    }
    for pair in move.plan.carry_memory.items():
        if pair not in carried:
            yield f"M-09: {pair[0]} and {pair[1]} are not criteria of one and the same item"


def _of_the_file(move: Move) -> Iterator[str]:
    old, new = _declared(move.matching.old.file.by_id), _declared(move.target.definition.file.by_id)
    plan, values = move.plan, move.run.state.file.values
    said = (*plan.map_file, *plan.discard_file, *plan.keep_file)
    for path, item in old.items():
        key = casefile.key(path)
        if not casefile.holds(values, path) or any(key == one or key.startswith(f"{one}.") for one in said):
            continue
        if path not in new:
            if not any(path[:length] in old and path[:length] not in new for length in range(1, len(path))):
                yield f"M-12: the new version has no {key}: map, discard or keep it"
        elif item.multiplicity.is_many and not new[path].multiplicity.is_many:
            value = casefile.read(values, path)
            if isinstance(value, list) and len(value) > 1 and key not in plan.pick:
                yield f"M-13: {key} holds {len(value)} values, and may hold one: pick it"


def _of_roles(move: Move) -> Iterator[str]:
    if move.run.state.team is None:
        return
    declared = {role.name for role in move.target.definition.roles}
    held = {role for roles in move.run.state.team.values() for role in roles}
    foreseen = {role.name for role in move.matching.old.roles}
    for role in sorted(held & foreseen - declared):
        if role not in move.plan.map_role:
            yield f"M-14: the new version has no role {role}, and members of the team hold it: map it"
    for role in sorted(set(move.plan.map_role.values()) - declared - {""}):
        yield f"M-14: the new version has no role {role}"


def _declared(items: Mapping[str, FileItem]) -> dict[tuple[str, ...], FileItem]:
    return {item.path: item for item in items.values()}


def _name(move: Move, item: ItemState) -> str:
    return path_of(move.matching.old, item.number)


def _words(definition: PlanItemDefinition) -> str:
    kind, detail = kind_of(definition)
    return "Stage" if isinstance(definition, Stage) else f"{kind} ({detail})" if detail else kind
