"""What may be erased, and what of a case is left then: how its plan went, without what it was about."""

from datetime import datetime

import msgspec

from cases.cmmn.instance import CaseState, ItemState
from cases.cmmn.lifecycle import FINAL, State
from cases.errors import Conflict


def must_be_erasable(state: State, hold_until: datetime | None, now: datetime) -> None:
    """Raises Conflict for a case that goes on (`NOT_ENDED`), or is held (`HELD`): a hold beats an erasure."""
    if state not in FINAL:
        raise Conflict("Only a case that has ended can be erased.", "NOT_ENDED")
    if hold_until is not None and hold_until > now:
        raise Conflict("The case is held, and nothing of it may be erased.", "HELD")


def bare(state: CaseState) -> CaseState:
    """The state without any data: no case file, no memory of events, no text of a fault."""
    return CaseState(
        case_id=state.case_id,
        business_key=state.business_key,
        seq=state.seq,
        # Of items that no model foresaw the definition stays: without it the plan cannot be read.
        adhoc=[msgspec.structs.replace(one, name=one.id, description="") for one in state.adhoc],
        items=[_bare_item(item) for item in state.items],
    )


def _bare_item(item: ItemState) -> ItemState:
    return ItemState(
        iid=item.iid,
        number=item.number,
        parent=item.parent,
        index=item.index,
        state=item.state,
        required=item.required,
        before=item.before,
        directly=item.directly,
        entered_by=item.entered_by,
        exited_by=item.exited_by,
    )
