"""Writes of a made-up command, and rows that stand around a case."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from cases.cmmn.casefile import CaseFile
from cases.cmmn.instance import CaseState, ItemState
from cases.cmmn.lifecycle import State
from cases.persistence import codec
from cases.persistence.tasks import NO_DUE_DATE
from cases.persistence.writes import CaseBirth, CaseWrite, JournalWrite, NewJob, NewTask, Writes
from cases.policy.chain import GENESIS

NOW = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)


def state_of(case_id: int, items: int = 3, values: dict[str, object] | None = None) -> CaseState:
    """An engine state with so many items."""
    file = CaseFile({"claim": {"net": Decimal("12.50")}} if values is None else values)
    states = [ItemState(iid, iid, 0 if iid else -1, 0, State.ACTIVE) for iid in range(items)]
    return CaseState(case_id, f"K-{case_id}", 7, states, file=file)


def writes_for(state: CaseState, *, version: int = 1, now: datetime = NOW) -> Writes:
    """What a command that left this state writes; the first one opens the case."""
    packed = codec.pack_state(state)
    return Writes(
        case=CaseWrite(
            id=state.case_id,
            version=version,
            seq=state.seq,
            head=f"{version:064}",
            state=int(State.ACTIVE),
            suspended=False,
            title="A case",
            changed_at=now,
            closed_at=None,
            doc=packed.doc,
        ),
        journal=journal_write(version, now=now),
        family="claims",
        birth=birth_of(state) if version == 1 else None,
        values=dict(packed.values),
    )


def journal_write(version: int, *, now: datetime = NOW, key: str | None = None) -> JournalWrite:
    return JournalWrite(
        at=now,
        actor_id=0,
        actor="system",
        via="test",
        command="Note",
        command_key=key,
        commitment="c" * 64,
        body=codec.pack(["body"]),
        salt=b"salt",
        prev=GENESIS if version == 1 else f"{version - 1:064}",
        hash=f"{version:064}",
    )


def birth_of(state: CaseState) -> CaseBirth:
    return CaseBirth(family="claims", deployment_id=1, definition="claims", business_key=state.business_key)


def task(plan_item: int, *, queue: int = 1, due: datetime = NO_DUE_DATE, eyes: Sequence[str] = ()) -> NewTask:
    return NewTask(
        plan_item=plan_item,
        definition=f"T{plan_item}",
        name=f"Task {plan_item}",
        form=None,
        queue_id=queue,
        priority=3,
        due_at=due,
        four_eyes=tuple(eyes),
        amount=Decimal("5000.00"),
        sla=None,
        ladder=None,
    )


def job(plan_item: int, *, after: timedelta = timedelta(), kind: str = "timer") -> NewJob:
    return NewJob(
        kind=kind,
        plan_item=plan_item,
        mode="tx",
        lane="timer",
        run_at=NOW + after,
        max_attempts=3,
        payload=codec.pack({"fire_no": 1}),
        idem_key=f"key-{plan_item}",
    )
