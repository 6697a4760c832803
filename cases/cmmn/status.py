"""What people call a case, and where its business stands (cmmn-semantics 4.7, `businessStatus`)."""

from cases.cmmn import effects, evaluation
from cases.cmmn.agenda import Run
from cases.cmmn.controlmodel import Value
from cases.cmmn.evaluation import NotComputed
from cases.cmmn.events import CaseDescribed
from cases.cmmn.instance import CASE, ItemState


def describe(run: Run, name: str | None, business_key: str | None, business_status: str | None) -> None:
    """From now on the case is called so; nothing happens where it is already."""
    state = run.state
    if (name, business_key, business_status) == (state.name, state.given_key, state.business_status):
        return
    run.record(CaseDescribed(run.seq(), run.wave, name, business_key, business_status))
    run.effects.append(effects.CaseDescribed(CASE, name, business_key, business_status))


def move_to(run: Run, item: ItemState, status: Value | None) -> None:
    """The business of the case stands where this stage or milestone says, if it says anything."""
    if status is None:
        return
    try:
        found = evaluation.value_of(run, status, evaluation.names_at(run, item))
    except NotComputed as error:
        run.incident(item.iid, "businessStatus", f"{run.plan_item(item.iid).id}: {error.message}")
        return
    state = run.state
    describe(run, state.name, state.given_key, None if found is None else str(found))
