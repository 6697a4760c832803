"""The overview of a case: the stages and milestones that its model shows to people, in its order."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cases.cmmn import evaluation
from cases.cmmn.agenda import Run
from cases.cmmn.evaluation import NotComputed
from cases.cmmn.instance import CASE, CaseInstance, ItemState
from cases.cmmn.lifecycle import FINAL, State
from cases.cmmn.metamodel import Milestone, PlanItem, Stage


@dataclass(frozen=True, slots=True)
class Shown:
    """A stage or milestone of the overview: whether it is under way, whether it is over."""

    name: str
    is_current: bool
    has_ended: bool


def of(case: CaseInstance, now: datetime) -> list[Shown]:
    """What the overview shows now: an instance that was, or else what may still come."""
    run = Run(case, now)
    found = sorted(_candidates(case), key=_order)
    return [shown for item in found for shown in _shown(run, case, item)]


def _candidates(case: CaseInstance) -> Iterator[PlanItem]:
    for item in case.program.definition.items:
        if item.number != CASE and isinstance(item.definition, Stage | Milestone):
            yield item


def _order(item: PlanItem) -> tuple[int, int, int]:
    assert isinstance(item.definition, Stage | Milestone)  # noqa: S101 - chosen by _candidates
    place = item.definition.overview
    has_none = place is None or place.order is None
    return (int(has_none), 0 if place is None or place.order is None else place.order, item.number)


def _shown(run: Run, case: CaseInstance, item: PlanItem) -> Iterator[Shown]:
    instances = [one for one in case.items() if one.number == item.number and one.iid != CASE]
    latest = instances[-1] if instances else None
    if latest is None and case.case_state in FINAL:
        return  # it will never be there
    if not _is_shown(run, item, latest):
        return
    name = item.name if latest is None else case.name_of(latest.iid)
    has_ended = latest is not None and latest.state in (State.COMPLETED, State.TERMINATED)
    yield Shown(name, latest is not None and latest.state is State.ACTIVE, has_ended)


def _is_shown(run: Run, item: PlanItem, instance: ItemState | None) -> bool:
    """By its model: always, never, or where a condition holds; one that cannot be computed does not."""
    assert isinstance(item.definition, Stage | Milestone)  # noqa: S101 - chosen by _candidates
    place = item.definition.overview
    if place is None:
        return isinstance(item.definition, Stage)
    if place.shown is None:
        return True
    own: evaluation.Names = {} if instance is None else evaluation.names_at(run, instance)
    try:
        return evaluation.value_of(run, place.shown, own) in (True, "true")
    except NotComputed:
        return False
