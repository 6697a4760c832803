"""Many running cases move to another version of their app: each in a transaction of its own, with a result.

What is done is done once, whatever ends the process: whoever goes on with the batch takes what still waits.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import msgspec
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from cases import catalogue
from cases.cmmn import migration_plan
from cases.cmmn.lifecycle import FINAL
from cases.cmmn.migration_plan import Plan
from cases.errors import CaseError, Conflict, Invalid, NotAllowed, NotFound, Problem
from cases.persistence.base import Transaction
from cases.persistence.batches import BatchItemRow, BatchRow
from cases.persistence.definitions import DeploymentRow
from cases.persistence.instances import CaseInstanceRow
from cases.persistence.writes import Pinned
from cases.policy.access import SYSTEM, Actor, Permission, may
from cases.services import execution, identity, upgrades
from cases.services.upgrades import Upgrade

LOGGER = logging.getLogger("casewright.upgrades")
KIND = "upgrade"
VIA = "upgrade"
FAULT = "fault"

DONE, REFUSED, FAILED, WAITING = "done", "refused", "failed", "waiting"

Told = Callable[["Result"], None]
"""Hears of each case as soon as it is decided."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one case of a batch."""

    place: int
    total: int
    business_key: str
    state: str
    message: str


def ask(session: Session, app_key: str, wanted: str, plan: Plan, actor: Actor, now: datetime) -> int:
    """Write the wish down, with an item for each case of the app that has not ended and is elsewhere.

    Cases that were called by others move with their callers, where the plan names them. Raises NotFound,
    NotAllowed, Invalid where there is nothing to move.
    """
    if actor.user_id == SYSTEM.user_id:
        raise Invalid([Problem("NOBODY", "A batch belongs to a person: say who asks for it.", "by")])
    target, found = _meant(session, app_key, wanted, plan, actor)
    asked = {"deployment": target, "plan": msgspec.to_builtins(plan)}
    batch = BatchRow(
        kind=KIND,
        state="running",
        by_id=actor.user_id,
        asked=asked,
        note=f"{app_key} to {wanted}",
        total=len(found),
        created_at=now,
    )
    session.add(batch)
    session.flush()
    session.add_all(
        BatchItemRow(batch_id=batch.id, position=place, case_id=case_id)
        for place, (case_id, _, _) in enumerate(found, start=1)
    )
    session.flush()
    return batch.id


def run(transaction: Transaction, batch_id: int, now: datetime, told: Told) -> None:
    """Move every case that still waits, one after the other. Raises NotFound for a batch of another kind."""
    with transaction() as session:
        batch = session.get(BatchRow, batch_id)
        if batch is None or batch.kind != KIND:
            raise NotFound(f"There is no upgrade {batch_id}.")
        places = list(
            session.scalars(
                select(BatchItemRow.position)
                .where(BatchItemRow.batch_id == batch_id, BatchItemRow.state == WAITING)
                .order_by(BatchItemRow.position)
            )
        )
    for place in places:
        result = execution.retrying(transaction, partial(_one, place=(batch_id, place), now=now))
        if result is not None:
            told(result)
    execution.retrying(transaction, partial(_end, batch_id=batch_id, now=now))


def outcome(session: Session, batch_id: int) -> dict[str, int]:
    """How many cases of the batch are done, refused, failed or still wait."""
    rows = session.execute(
        select(BatchItemRow.state, func.count())
        .where(BatchItemRow.batch_id == batch_id)
        .group_by(BatchItemRow.state)
        .order_by(BatchItemRow.state)
    )
    return {row.state: int(row[1]) for row in rows}


def trials(
    transaction: Transaction, app_key: str, wanted: str, plan: Plan, actor: Actor, now: datetime
) -> Iterator[tuple[str, str]]:
    """What a batch would do, case by case: the key, and what would happen or forbids it; nothing is kept."""
    with transaction() as session:
        target, items = _meant(session, app_key, wanted, plan, actor)
    for case_id, key, definition in items:
        upgrade = Upgrade(to=Pinned(target, definition), plan=plan)
        try:
            with transaction() as session:
                report = upgrades.foresee(session, case_id, upgrade, actor, VIA, now)
        except CaseError as refused:
            told = _words(refused)
        else:
            told = "; ".join(report.changes) or "nothing changes"
        yield key, told


def _meant(
    session: Session, app_key: str, wanted: str, plan: Plan, actor: Actor
) -> tuple[int, list[tuple[int, str, str]]]:
    """The deployment, and the cases that are to go there: number, key and definition of each."""
    newest = catalogue.latest(session, app_key)
    if not may(actor, Permission.ADMINISTER, {"family": newest.app.family}):
        raise NotAllowed("You may not move cases of this family to another version.")
    target = upgrades.deployment_of(session, newest.deployment_id, wanted)
    row = CaseInstanceRow
    rows = session.execute(
        select(row.id, row.business_key, row.definition)
        .join(DeploymentRow, DeploymentRow.id == row.deployment_id)
        .where(
            DeploymentRow.app_key == app_key,
            row.deployment_id != target,
            row.state.not_in([int(state) for state in FINAL]),
            row.definition.not_in(sorted(plan.children)),
        )
        .order_by(row.id)
    )
    found = [(case_id, key, definition) for case_id, key, definition in rows]
    if not found:
        raise Invalid([Problem("NOTHING", f"No running case of {app_key} is on another version.", "app")])
    return target, found


def _one(session: Session, place: tuple[int, int], now: datetime) -> Result | None:
    """Move one case, and write down what came of it; a refusal or a fault undoes nothing but itself."""
    item = session.scalars(
        select(BatchItemRow)
        .where(
            BatchItemRow.batch_id == place[0],
            BatchItemRow.position == place[1],
            BatchItemRow.state == WAITING,
        )
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if item is None:
        return None
    batch = session.get_one(BatchRow, item.batch_id)
    row = session.get_one(CaseInstanceRow, item.case_id)
    key, definition = row.business_key, row.definition
    actor = identity.actor_in_force(session, batch.by_id, now)
    asked = batch.asked or {}
    upgrade = Upgrade(to=Pinned(asked["deployment"], definition), plan=migration_plan.read(asked["plan"]))
    item.done_at = now
    try:
        with session.begin_nested():
            report = upgrades.migrate(session, row.id, upgrade, actor, VIA, now)
    except CaseError as refused:
        item.state, item.code, item.message = REFUSED, _code(refused), _words(refused)
    except DBAPIError:
        raise
    except Exception:
        LOGGER.exception("batch_item_raised", extra={"fields": {"batch": place[0], "position": place[1]}})
        item.state, item.code = FAILED, FAULT
        item.message = "It could not be moved: an error of ours. Nothing about it was changed."
    else:
        item.state, item.code, item.message = DONE, "", "; ".join(report.changes)
    session.flush()
    return Result(place[1], batch.total, key, item.state, item.message)


def _end(session: Session, batch_id: int, now: datetime) -> None:
    batch = session.get_one(BatchRow, batch_id, with_for_update=True)
    waits = select(BatchItemRow.position).where(
        BatchItemRow.batch_id == batch_id, BatchItemRow.state == WAITING
    )
    if session.scalar(waits.limit(1)) is None and batch.state != DONE:
        batch.state, batch.ended_at = DONE, now


def _words(refused: CaseError) -> str:
    if isinstance(refused, Invalid):
        return "; ".join(problem.message for problem in refused.problems)
    return str(refused)


def _code(refused: CaseError) -> str:
    return (refused.code if isinstance(refused, Conflict) else type(refused).__name__)[:60]
