"""Why an item of a plan stands where it stands, from the engine's own explanation, with nothing hidden in it.

What an explanation is made of is looked at piece by piece: an event of a hidden item, a condition that reads
hidden data, a child that somebody may not see is left out, with its value. What would move the item is found
by trying the whole case, so its answer depends on all that there is: only who sees everything is told.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from cases.cmmn import explain, explanation
from cases.cmmn.choices import By, Choice
from cases.cmmn.controlmodel import Criterion
from cases.cmmn.explanation import Explanation
from cases.cmmn.instance import CASE, instant_of
from cases.cmmn.lifecycle import FINAL
from cases.cmmn.metamodel import PlanItem, TimerEventListener
from cases.errors import NotFound
from cases.feel import Expression
from cases.policy.access import Actor
from cases.queries import plan_offers, sight, why
from cases.queries.plan_nodes import kind_of
from cases.queries.plan_offers import Offer
from cases.queries.sight import Sight
from cases.queries.why import Cause

_RULES = ("required", "manual", "repetition")
_MOST = 20
"""So many instances are explained, the latest; of one that repeats more often the list of the plan tells."""


@dataclass(frozen=True, slots=True)
class Part:
    """One event that a criterion waits for: whether it has come, and whether it still may."""

    name: str
    event: str
    has_come: bool
    may_come: bool


@dataclass(frozen=True, slots=True)
class Told:
    """One criterion. `holds` is None where its condition is hidden, or it has none; `read` are its values."""

    cause: Cause
    is_entry: bool
    parts: tuple[Part, ...]
    hidden_parts: int
    holds: bool | None
    read: tuple[tuple[str, object], ...]
    is_spent: bool


@dataclass(frozen=True, slots=True)
class Right:
    """Something that may be done with the item now: a command, for whom, and whether that is who looks."""

    command: str
    roles: tuple[str, ...]
    is_mine: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One step of what would move the item: the command by name, of what, with which answer, by whom."""

    command: str
    name: str
    by: By
    roles: tuple[str, ...]
    answer: Mapping[str, object]
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """One instance (`item` -1: there is none) and all that may be said of it."""

    item: int
    index: int
    name: str
    state: str
    reason: explanation.Reason
    holder: str
    due: datetime | None
    code: str
    outstanding: str
    rules: Mapping[str, bool]
    criteria: tuple[Told, ...]
    blocks: tuple[tuple[str, str], ...]
    by_hand: bool
    offers: tuple[Offer, ...]
    rights: tuple[Right, ...]
    goal: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class ItemWhy:
    """A plan item, and each of its instances, the latest first."""

    key: str
    title: str
    zone: str
    number: int
    name: str
    kind: str
    standings: tuple[Standing, ...]
    sees_all: bool


def load(session: Session, key: str, number: int, actor: Actor, now: datetime) -> ItemWhy:
    """All about one item of the plan (0: the case). Raises NotFound, also where it is hidden."""
    seen = sight.of_key(session, key, actor)
    items = seen.case.program.definition.items
    if not 0 <= number < len(items) or (number and not seen.sees_item(items[number])):
        raise NotFound("There is no such item.")
    told = tuple(_standing(seen, one, now) for one in _explained(seen, number, now))
    return ItemWhy(
        key=seen.key,
        title=seen.title,
        zone=seen.app.zone,
        number=number,
        name=told[0].name if told else items[number].name,
        kind=kind_of(items[number]) if number else "plan",
        standings=told,
        sees_all=seen.sees_all,
    )


def _explained(seen: Sight, number: int, now: datetime) -> list[Explanation]:
    case = seen.case
    here = [one.iid for one in case.items() if one.number == number and (one.iid or number == CASE)]
    if case.case_state in FINAL:
        here = here[-1:]
    found = [_explain(seen, iid, now) for iid in reversed(here[-_MOST:])]
    places = [parent for one, parent in explain.absent(case) if one == number]
    if found and case.case_state in FINAL:
        return found
    return found + [_explain_absent(seen, number, parent, now) for parent in places[:1]]


def _explain(seen: Sight, iid: int, now: datetime) -> Explanation:
    """With what would move it, where this person sees all that this depends on."""
    return explain.explain(seen.case, iid, now) if seen.sees_all else explain.facts(seen.case, iid, now)


def _explain_absent(seen: Sight, number: int, parent: int, now: datetime) -> Explanation:
    told = explain.explain_absent if seen.sees_all else explain.absent_facts
    return told(seen.case, number, parent, now)


def _standing(seen: Sight, told: Explanation, now: datetime) -> Standing:
    item = seen.case.program.definition.items[told.number]
    recipe = told.recipe if seen.sees_all else None
    offers = plan_offers.of(seen, now) if told.planning else ()
    return Standing(
        item=told.item,
        index=told.index,
        name=seen.name_of(told.item) if told.item > 0 else item.name,
        state="unavailable" if told.state is None else told.state.name.lower(),
        reason=told.reason,
        holder=_holder(seen, told),
        due=_due(seen, item, told),
        code=told.failure.code if told.failure else "",
        outstanding=told.outstanding,
        rules=dict(_rules(seen, item, told)),
        criteria=tuple(_criteria(seen, item, told)),
        blocks=tuple(_blocks(seen, told)),
        by_hand=told.matrix is not None and told.matrix.may_complete_by_hand and seen.sees_all,
        offers=tuple(one for one in offers if _is_of(seen, one, told)),
        rights=tuple(_rights(seen, told)),
        goal=recipe.goal if recipe and recipe.is_complete else "",
        steps=tuple(_step(seen, one) for one in recipe.steps) if recipe else (),
    )


def _holder(seen: Sight, told: Explanation) -> str:
    """What is around it and paused; a stage that is not hidden, since what is in it is not."""
    if told.suspension is None or told.suspension.item == told.item:
        return ""
    if told.suspension.item == CASE:
        return seen.case.program.definition.items[CASE].name
    return seen.name_of(told.suspension.item)


def _due(seen: Sight, item: PlanItem, told: Explanation) -> datetime | None:
    timer = item.definition
    if told.timer is None or not told.timer.due or not isinstance(timer, TimerEventListener):
        return None
    expression = timer.expression.expression
    is_seen = expression is None or seen.sees_expression(expression)
    return instant_of(told.timer.due) if is_seen else None


def _rules(seen: Sight, item: PlanItem, told: Explanation) -> Iterator[tuple[str, bool]]:
    """The rules whose conditions this person may see, or that have none."""
    conditions = {
        "required": item.required.condition if item.required else None,
        "manual": item.manual.condition if item.manual else None,
        "repetition": item.repetition.condition if item.repetition else None,
    }
    for rule in told.rules:
        if rule.kind not in _RULES:
            continue
        condition = conditions[rule.kind]
        if condition is None or seen.sees_expression(condition):
            yield rule.kind, rule.value


def _criteria(seen: Sight, item: PlanItem, told: Explanation) -> Iterator[Told]:
    known = {one.id: one for one in (*item.entry, *item.exit)}
    for one in told.criteria:
        if one.id in known and (one.is_eligible or one.is_entry):
            yield _criterion(seen, known[one.id], one)


def _criterion(seen: Sight, criterion: Criterion, told: explanation.Told) -> Told:
    cause = why.cause(seen, criterion)
    parts = [
        Part(words.name, words.event, part.seq > 0, part.may_come)
        for words, part in zip(cause.parts, told.parts, strict=True)
        if words.name
    ]
    condition = criterion.sentry.if_part.condition if criterion.sentry.if_part else None
    is_told = told.condition is not None and condition is not None and seen.sees_expression(condition)
    held = told.condition if is_told else None
    return Told(
        cause=cause,
        is_entry=told.is_entry,
        parts=tuple(parts),
        hidden_parts=len(told.parts) - len(parts),
        holds=None if held is None else held.value or told.was_true,
        read=() if held is None or condition is None else tuple(_read(seen, condition, held)),
        is_spent=told.is_spent and (is_told or condition is None),
    )


def _read(seen: Sight, condition: Expression, held: explanation.Condition) -> Iterator[tuple[str, object]]:
    """What the condition has read, by titles; names that are none of the case file are left out."""
    roots = seen.case.file()
    for path, value in held.read.items():
        names = tuple(path.split("."))
        is_known = names[0] in roots or seen.glossary.item(names[0]) is not None
        if is_known and seen.sees(*names) and seen.sees_expression(condition):
            subject = seen.glossary.subject(names, value)
            title = f"{subject.title} ({subject.owner})" if subject.owner else subject.title
            yield title, subject.value


def _blocks(seen: Sight, told: Explanation) -> Iterator[tuple[str, str]]:
    for child in told.matrix.blocking if told.matrix else ():
        if seen.sees_item(seen.case.plan_item(child.item)):
            yield seen.name_of(child.item), child.blocks


def _is_of(seen: Sight, offer: Offer, told: Explanation) -> bool:
    """Whether it is an offer of this item: the table's names are those of what is planned."""
    definition = seen.case.program.definition
    return any(one.id == offer.id and told.number in one.items for one in definition.discretionary)


def _rights(seen: Sight, told: Explanation) -> Iterator[Right]:
    for right in told.rights:
        mine = not right.roles or bool(set(right.roles) & seen.roles)
        titles = tuple(sorted(seen.role_title(role) for role in right.roles))
        yield Right(right.command, titles, mine)


def _step(seen: Sight, choice: Choice) -> Step:
    definition = seen.case.program.definition
    number = definition.by_id.get(choice.definition)
    offer = next((one.name for one in definition.discretionary if one.id == choice.definition), "")
    name = definition.items[number].name if number is not None else offer or choice.definition
    answer = getattr(choice.command, "answer", None) or getattr(choice.command, "outputs", None) or {}
    return Step(
        command=type(choice.command).__name__,
        name=name,
        by=choice.by,
        roles=tuple(sorted(seen.role_title(role) for role in choice.roles)),
        answer=answer if isinstance(answer, Mapping) else {},
        at=choice.at,
    )
