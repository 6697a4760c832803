"""Optional work: what the planning tables of a case offer somebody now, and why the rest is not offered."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cases.cmmn import planning, rules
from cases.cmmn.agenda import Run
from cases.cmmn.controlmodel import Rule
from cases.cmmn.instance import CASE
from cases.cmmn.lifecycle import State
from cases.cmmn.metamodel import Discretionary, Stage
from cases.policy.access import Permission
from cases.queries import conditions
from cases.queries.sight import Sight
from cases.queries.why import Cause

_GOING_ON = frozenset({State.ACTIVE, State.FAILED})


class Barred(StrEnum):
    """Why something is not offered."""

    RIGHTS = "rights"  # the person may look at the case, and no more
    TEAM = "team"  # the case has a team, and the person is not in it
    ROLES = "roles"  # it is for others
    LATER = "later"  # what offers it is not at work
    CONDITION = "condition"


@dataclass(frozen=True, slots=True)
class Bar:
    """One thing in the way. `roles` are those that it is for, `cause` is the condition that does not hold."""

    kind: Barred
    roles: tuple[str, ...] = ()
    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that may be planned: from whose table, what that adds, and what is in the way.

    `item` is the instance that holds the table, -1 where there is none; `holder` is empty for the case.
    """

    item: int
    id: str
    name: str
    holder: str
    adds: tuple[str, ...]
    bars: tuple[Bar, ...]

    @property
    def is_open(self) -> bool:
        """Whether this person may plan it now."""
        return not self.bars


def of(seen: Sight, now: datetime) -> tuple[Offer, ...]:
    """All that is not hidden from this person, what they may plan first; nothing where the case has ended."""
    if seen.state not in _GOING_ON:
        return ()
    run = Run(seen.case, now)
    found = [
        _offer(seen, run, one, item)
        for one in seen.case.program.definition.discretionary
        if _is_seen(seen, one)
        for item in _holders(run, one)
    ]
    return tuple(sorted(found, key=lambda offer: not offer.is_open))


def roles_of(seen: Sight) -> frozenset[str] | None:
    """The case roles of who looks; those in the family where the case has no team, None for the house."""
    if seen.actor.kind == "system":
        return None
    team = seen.case.state.team
    return seen.roles if team is None else frozenset(team.get(seen.actor.name, ()))


def _is_seen(seen: Sight, offer: Discretionary) -> bool:
    items = seen.case.program.definition.items
    return all(seen.sees_item(items[number]) for number in (*offer.items, offer.holder) if number)


def _holders(run: Run, offer: Discretionary) -> list[int]:
    if offer.holder == CASE:
        return [CASE]
    return list(run.live.get(offer.holder, ())) or [-1]


def _offer(seen: Sight, run: Run, offer: Discretionary, item: int) -> Offer:
    items = seen.case.program.definition.items
    holder = ""
    if offer.holder != CASE:
        holder = seen.name_of(item) if item >= 0 else items[offer.holder].name
    adds = tuple(items[number].name for number in offer.items)
    is_more = len(adds) > 1 or any(isinstance(items[number].definition, Stage) for number in offer.items)
    return Offer(
        item=item,
        id=offer.id,
        name=offer.name,
        holder=holder,
        adds=_inside(seen, offer) if is_more else (),
        bars=tuple(_bars(seen, run, offer, item)),
    )


def _inside(seen: Sight, offer: Discretionary) -> tuple[str, ...]:
    """What comes with it: the items of a fragment, and those within a stage."""
    items = seen.case.program.definition.items
    found: list[str] = []
    for number in offer.items:
        definition = items[number].definition
        inner = definition.items if isinstance(definition, Stage) else ()
        if len(offer.items) > 1:
            found.append(items[number].name)
        # What is optional in a stage, or was added to one of it, does not come with it.
        comes = [kid for kid in inner if not items[kid].is_discretionary]
        found += [items[kid].name for kid in comes if seen.sees_item(items[kid])]
    return tuple(found)


def _bars(seen: Sight, run: Run, offer: Discretionary, item: int) -> Iterator[Bar]:
    if not seen.may(Permission.ACT_ON_CASE):
        yield Bar(Barred.TEAM if seen.is_outside else Barred.RIGHTS)
        return
    held = roles_of(seen)
    for wanted in offer.roles:
        if held is not None and held.isdisjoint(wanted):
            yield Bar(Barred.ROLES, tuple(sorted(seen.role_title(role) for role in wanted)))
    if item < 0 or not planning.takes_plans(run, run.item(item)):
        yield Bar(Barred.LATER)
        return
    for rule in offer.rules:
        if not rules.applies(run, rule, run.item(item)):
            yield Bar(Barred.CONDITION, cause=_cause(seen, rule))


def _cause(seen: Sight, rule: Rule) -> Cause | None:
    """The condition in words; None where it reads what this person may not see."""
    if rule.condition is None or not seen.sees_expression(rule.condition):
        return None
    said = conditions.tell(rule.condition, seen.glossary, seen.case.file())
    return Cause(rule.id, is_entry=True, parts=(), condition=rule.condition.text, said=said)
