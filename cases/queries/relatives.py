"""The cases that a case has called, and the one that called it, as far as somebody may see them."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.cmmn.lifecycle import State
from cases.errors import NotFound
from cases.persistence import rights
from cases.persistence.instances import CHILD, CaseInstanceRow, CaseLinkRow
from cases.policy import access
from cases.policy.access import Permission
from cases.queries import sight
from cases.queries.sight import Sight


@dataclass(frozen=True, slots=True)
class Relative:
    """Another case: `task` is how the task is called that leads from the one to the other."""

    key: str
    title: str
    state: str
    task: str
    number: int


def called_by(session: Session, seen: Sight) -> Relative | None:
    """The case whose task called this one; None where there is none, or its task is hidden."""
    link = session.execute(
        select(CaseLinkRow.case_id, CaseLinkRow.plan_item)
        .where(CaseLinkRow.other_id == seen.id, CaseLinkRow.kind == CHILD)
        .order_by(CaseLinkRow.at.desc())
        .limit(1)
    ).one_or_none()
    if link is None or link.plan_item is None:
        return None
    try:
        caller = sight.of_id(session, link.case_id, seen.actor)
    except NotFound:
        return None
    item = caller.case.plan_item(link.plan_item)
    if not caller.sees_item(item):
        return None
    state = caller.state.name.lower()
    return Relative(caller.key, caller.title, state, caller.name_of(link.plan_item), item.number)


def calls_of(session: Session, seen: Sight) -> Mapping[int, Relative]:
    """The cases that were called, each by the instance of its task, the oldest first."""
    rows = session.execute(
        select(
            CaseLinkRow.plan_item, CaseInstanceRow.business_key, CaseInstanceRow.title, CaseInstanceRow.state
        )
        .join(CaseInstanceRow, CaseInstanceRow.id == CaseLinkRow.other_id)
        .where(CaseLinkRow.case_id == seen.id, CaseLinkRow.kind == CHILD)
        .where(rights.cases(access.condition(seen.actor, Permission.VIEW_CASE)))
        .order_by(CaseLinkRow.at, CaseLinkRow.other_id)
    ).all()
    found: dict[int, Relative] = {}
    for row in rows:
        item = seen.case.plan_item(row.plan_item)
        if seen.sees_item(item):
            state = State(row.state).name.lower()
            name = seen.name_of(row.plan_item)
            found[row.plan_item] = Relative(row.business_key, row.title, state, name, item.number)
    return found
