"""Why an item stands where it stands: criteria, rules, completion, suspension, time, planning, failure.

Everything is asked of the functions that the engine decides with, on a draft of the case that nobody keeps.
"""

from collections.abc import Iterable, Iterator
from typing import Literal

from cases.cmmn import casefile, evaluation, rules
from cases.cmmn.agenda import Run
from cases.cmmn.controlmodel import (
    Criterion,
    FileOnPart,
    IfPart,
    OnPart,
    PlanItemOnPart,
    RepetitionRule,
    Rule,
)
from cases.cmmn.evaluation import NotComputed
from cases.cmmn.exits import may_exit
from cases.cmmn.explanation import (
    Condition,
    Part,
    RuleTold,
    Told,
)
from cases.cmmn.instance import CASE, ItemState, Memory, Seed
from cases.cmmn.lifecycle import FINAL, State, Transition
from cases.cmmn.metamodel import (
    TimerEventListener,
)
from cases.cmmn.views import Surroundings
from cases.cmmn.wiring import Ear
from cases.feel import Expression

Holder = ItemState | Seed
_STILL = {
    Transition.CREATE: frozenset[State](),
    Transition.ENABLE: frozenset({State.AVAILABLE}),
    Transition.START: frozenset({State.AVAILABLE}),
    Transition.MANUAL_START: frozenset({State.AVAILABLE, State.ENABLED, State.DISABLED}),
    Transition.OCCUR: frozenset({State.AVAILABLE, State.UNAVAILABLE}),
}
"""From which states an event that comes once may still come; any other may come as long as the item lives."""


def criteria(run: Run, holder: Holder, *, kinds: Iterable[Literal["entry", "exit"]]) -> tuple[Told, ...]:
    """The criteria of an instance, or the entry criteria of a seed, each as it stands now."""
    plan_item = run.definition.items[holder.number]
    found: list[Told] = []
    for kind in kinds:
        found += [
            _criterion(run, one, holder) for one in (plan_item.entry if kind == "entry" else plan_item.exit)
        ]
    return tuple(found)


def condition(
    run: Run, id_: str, expression: Expression, own: Surroundings, context: casefile.Path | None
) -> Condition:
    """A condition with its value and what it read; one that cannot be computed counts as false."""
    names = evaluation.with_context(own, context)
    try:
        value, error = evaluation.truth(run, expression, names), ""
    except NotComputed as no:
        value, error = False, no.message
    read = {
        ".".join(path): casefile.read_or_null(run.state.file.values, path)
        for path in _paths_read(expression, own, context)
    }
    return Condition(id_, expression.text, value, read, error)


def _paths_read(
    expression: Expression, own: Surroundings, context: casefile.Path | None
) -> list[casefile.Path]:
    """The paths of the case file that an expression reads; `context` is one of them."""
    found = set()
    for name in expression.names:
        path = (name,) if isinstance(name, str) else tuple(name)
        if path[0] == "context":
            path = (*(context or ()), *path[1:])
        elif path[0] in own or path[0] == "case":
            continue
        found.add(path)
    return sorted(found)


def rules_of(run: Run, holder: Holder) -> tuple[RuleTold, ...]:
    """The rules of an item, as the engine would answer them now."""
    plan_item = run.definition.items[holder.number]
    found: list[RuleTold] = []
    if plan_item.required is not None:
        is_required = holder.required if isinstance(holder, ItemState) else _requires(run, holder)
        found.append(RuleTold("required", is_required, _of_rule(run, plan_item.required, holder)))
    if plan_item.manual is not None and isinstance(holder, ItemState):
        by_hand = rules.starts_by_hand(run, holder)
        found.append(RuleTold("manual", by_hand, _of_rule(run, plan_item.manual, holder)))
    if plan_item.repetition is not None:
        rule = plan_item.repetition
        again = rules.repeats(run, holder, holder.parent)
        found.append(RuleTold("repetition", again, _of_rule(run, rule, holder), rule.max_instances))
    available = getattr(plan_item.definition, "available_condition", None)
    if isinstance(available, Expression):
        told = condition(run, plan_item.id, available, evaluation.names_at(run, holder), None)
        found.append(RuleTold("available", told.value, told))
    return tuple(found)


def remembered(run: Run, item: ItemState) -> Iterator[tuple[Told, Criterion]]:
    plan_item = run.plan_item(item.iid)
    waits = item.before is State.AVAILABLE
    for one in (*(plan_item.entry if waits else ()), *plan_item.exit):
        if one.number in item.memory:
            yield _criterion(run, one, item), one


def _criterion(run: Run, criterion: Criterion, holder: Holder) -> Told:
    memory = holder.memory.get(criterion.number)
    held = None
    if criterion.sentry.if_part is not None:
        held = _if_part(run, criterion.id, criterion.sentry.if_part, holder, memory)
    parts = tuple(
        _part(run, criterion, place, holder, 0 if memory is None else memory.occurred[place])
        for place in range(len(criterion.sentry.on_parts))
    )
    return Told(
        criterion.id,
        criterion.name,
        criterion.is_entry,
        parts,
        held,
        _is_eligible(run, criterion, holder),
        criterion.number in holder.spent,
        criterion.sentry.trigger_mode,
        memory is not None and memory.holds,
    )


def _is_eligible(run: Run, criterion: Criterion, holder: Holder) -> bool:
    if isinstance(holder, Seed):
        return run.item(holder.parent).state is State.ACTIVE
    return holder.state is State.AVAILABLE if criterion.is_entry else may_exit(run, holder)


def _if_part(run: Run, id_: str, held: IfPart, holder: Holder, memory: Memory | None) -> Condition:
    own = evaluation.names_at(run, holder, memory)
    return condition(run, id_, held.condition, own, held.context)


def _part(run: Run, criterion: Criterion, place: int, holder: Holder, seq: int) -> Part:
    part = criterion.sentry.on_parts[place]
    told = told_of(run, part)
    if isinstance(part, FileOnPart):
        return with_seq(told, seq, may_come=True)
    ear = next(
        one
        for one in run.wiring.on_item[part.source, part.event]
        if one.criterion == criterion.number and one.part == place
    )
    near = holder.iid if isinstance(holder, ItemState) else holder.parent
    return with_seq(told, seq, may_come=may_come(run, ear, part, run.ancestor(near, ear.scope)))


def may_come(run: Run, ear: Ear, part: PlanItemOnPart, scope: int) -> bool:
    """Whether an instance of the source lives in scope, or may yet be made, that can bring the event."""
    items = run.state.items
    still = _STILL.get(part.event)
    around = (*run.wiring.containers[part.source], part.source)
    chain = around[around.index(ear.scope) + 1 :] if ear.scope in around else (part.source,)
    places = [max(scope, CASE)]
    if not chain:  # the source is what is around both
        return (
            scope >= 0 and items[scope].state not in FINAL and (still is None or items[scope].state in still)
        )
    for number in chain:
        if run.definition.items[number].is_discretionary:
            return True
        if any(seed.parent in places for seed in run.state.seeds.get(number, ())):
            return True
        inner = [items[iid] for iid in run.live.get(number, ()) if items[iid].parent in places]
        if number == part.source:
            return any(_may_bring(run, one, still) for one in inner)
        if any(one.state is not State.ACTIVE or _repeats(run, number) for one in inner):
            return True
        places = [one.iid for one in inner]
    return False


def _may_bring(run: Run, item: ItemState, still: frozenset[State] | None) -> bool:
    state = item.before if item.state is State.SUSPENDED else item.state
    return still is None or state in still or _repeats(run, item.number)


def _repeats(run: Run, number: int) -> bool:
    definition = run.definition.items[number]
    return definition.repetition is not None or isinstance(definition.definition, TimerEventListener)


def told_of(run: Run, part: OnPart) -> Part:
    if isinstance(part, FileOnPart):
        return Part(part.id, str(part.event), path=".".join(part.path))
    source = run.definition.items[part.source]
    return Part(part.id, str(part.event), source.id, source.name, "", part.exit_criterion or "")


def with_seq(part: Part, seq: int, *, may_come: bool) -> Part:
    return Part(part.id, part.event, part.source, part.name, part.path, part.exit_criterion, seq, may_come)


def _of_rule(run: Run, rule: Rule | RepetitionRule, holder: Holder) -> Condition | None:
    if rule.condition is None:
        return None
    return condition(run, rule.id, rule.condition, evaluation.names_at(run, holder), rule.context)


def _requires(run: Run, seed: Seed) -> bool:
    return rules.is_required(run, seed.number, seed.parent, seed.next_index)
