"""What keeps a person from an open task, said before they try it."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.cmmn.instance import CASE
from cases.persistence.tasks import HumanTaskRow, TaskRowState
from cases.policy import eligibility
from cases.policy.eligibility import Bar, Offer
from cases.policy.separation import Deed, Place
from cases.queries import why
from cases.queries.sight import Sight


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Why somebody may not do a task: what they did before, or what their authority falls short of."""

    bar: Bar
    done: tuple[str, ...] = ()
    amount: Decimal | None = None


def of_task(session: Session, seen: Sight, row: HumanTaskRow, queue: str | None) -> Hindrance | None:
    """What keeps this person from an open task (`policy.eligibility`); None where nothing does."""
    if row.state != TaskRowState.OPEN:
        return None
    deeds = _deeds(session, seen, row.four_eyes or ())
    barred = eligibility.barred(row.four_eyes or (), deeds, _place(seen, row.plan_item))
    offer = Offer(row.family, frozenset(why.roles_of(queue)), barred, row.amount)
    bar = eligibility.bar(seen.actor, offer)
    if bar is None:
        return None
    definition = seen.case.program.definition
    own = {deed.item for deed in deeds if deed.user_id == seen.actor.user_id}
    done = tuple(sorted(item.name for item in map(definition.item, own) if seen.sees_item(item)))
    return Hindrance(bar, done, row.amount)


def _deeds(session: Session, seen: Sight, items: Collection[str]) -> list[Deed]:
    if not items:
        return []
    rows = session.execute(
        select(HumanTaskRow.definition, HumanTaskRow.completed_by, HumanTaskRow.plan_item)
        .where(HumanTaskRow.case_id == seen.id, HumanTaskRow.state == TaskRowState.COMPLETED)
        .where(HumanTaskRow.definition.in_(items), HumanTaskRow.completed_by.is_not(None))
        .order_by(HumanTaskRow.id)
    )
    return [Deed(definition, user or 0, _place(seen, item)) for definition, user, item in rows]


def _place(seen: Sight, item: int) -> Place:
    parent = max(seen.case.state.items[item].parent, CASE)
    return Place(seen.case.plan_item(parent).id, parent)
