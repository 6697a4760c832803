"""Who may take a task, as one pure question: for one person and one task, or for many of both.

The door that hands a task over and the page that offers people to choose from ask the same function.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from cases.cmmn.instance import CASE, CaseInstance
from cases.policy import assignment, separation
from cases.policy.access import Actor
from cases.policy.separation import Deed, Place


class Bar(StrEnum):
    """What is in the way of a person; the codes of refusals."""

    ROLE = "unfit"
    FOUR_EYES = "four_eyes"
    AUTHORITY = "authority"


@dataclass(frozen=True, slots=True)
class Offer:
    """What a task asks of whoever takes it. Equal offers have the same answer for everybody.

    `candidates` are the roles that it is offered to; `barred` those who may not, because of what they
    completed before; `amount` what one's authority must cover.
    """

    family: str
    candidates: frozenset[str]
    barred: frozenset[int] = frozenset()
    amount: Decimal | None = None


def bar(person: Actor, offer: Offer) -> Bar | None:
    """What keeps this person from a task; None where nothing does."""
    if not assignment.has_authority(person, offer.family, offer.candidates, None):
        return Bar.ROLE
    if person.user_id in offer.barred:
        return Bar.FOUR_EYES
    if not assignment.has_authority(person, offer.family, offer.candidates, offer.amount):
        return Bar.AUTHORITY
    return None


def barred(four_eyes: Sequence[str], deeds: Iterable[Deed], place: Place) -> frozenset[int]:
    """Those who completed what a task names under four eyes (`separation.in_the_way`)."""
    done = list(deeds)
    people = {deed.user_id for deed in done} | {deed.on_behalf_of for deed in done} - {None}
    return frozenset(
        person
        for person in people
        if person is not None and separation.in_the_way(person, four_eyes, done, place)
    )


def place_of(case: CaseInstance, item: int) -> Place:
    """The stage that a plan item instance stands in, and which run of it."""
    parent = max(case.state.items[item].parent, CASE)
    return Place(case.plan_item(parent).id, parent)
