"""How far a task with several approvals has come, and by whom: each approval is a task of its own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.cmmn.workmodel import HumanTask
from cases.feel.errors import FeelError
from cases.persistence.tasks import HumanTaskRow, TaskRowState
from cases.queries import sight
from cases.queries.sight import Sight


@dataclass(frozen=True, slots=True)
class Approvals:
    """So many are given of so many that are needed, by these people."""

    given: int
    needed: int
    by: tuple[str, ...]


def of_task(session: Session, seen: Sight, row: HumanTaskRow) -> Approvals | None:
    """The approvals of an open task of this case; None where one person decides alone."""
    if needed(seen, row) is None:
        return None
    rows = session.execute(
        select(HumanTaskRow)
        .where(HumanTaskRow.case_id == seen.id, HumanTaskRow.definition == row.definition)
        .order_by(HumanTaskRow.ended_at, HumanTaskRow.id)
    ).scalars()
    found = list(rows)
    users = {one.completed_by for one in found if one.completed_by is not None}
    return among(seen, row, found, sight.names_of(session, users))


def among(
    seen: Sight, row: HumanTaskRow, rows: Iterable[HumanTaskRow], names: Mapping[int, str]
) -> Approvals | None:
    """The same from the tasks of the case that are at hand: those of the same run of their stage count."""
    whole = needed(seen, row)
    if whole is None:
        return None
    run = _run(seen, row)
    done = [
        one
        for one in rows
        if one.definition == row.definition
        and one.state == TaskRowState.COMPLETED
        and _run(seen, one) == run
        and one.completed_by is not None
    ]
    by = tuple(dict.fromkeys(names.get(one.completed_by or 0, "") for one in done))
    return Approvals(len(done), whole, tuple(name for name in by if name))


def needed(seen: Sight, row: HumanTaskRow) -> int | None:
    """How many approvals a task is one of; None where its model asks for no more than one."""
    definition = seen.case.plan_item(row.plan_item).definition
    if not isinstance(definition, HumanTask) or definition.approvals is None:
        return None
    value: object = definition.approvals.text
    if definition.approvals.expression is not None:
        if not seen.sees_expression(definition.approvals.expression):
            return None
        try:
            value = definition.approvals.expression.evaluate(seen.case.file())
        except FeelError:
            return None
    count = int(value) if isinstance(value, int | Decimal) or str(value).isdigit() else 0  # type: ignore[call-overload]
    return count if count > 1 else None


def _run(seen: Sight, row: HumanTaskRow) -> int:
    return seen.case.state.items[row.plan_item].parent
