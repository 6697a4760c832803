"""Find cases by key, title or declared value; only those that the person may see."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select, tuple_
from sqlalchemy.orm import Session

from cases import catalogue
from cases.cmmn.lifecycle import State
from cases.persistence import rights
from cases.persistence.instances import CaseInstanceRow
from cases.persistence.people import FamilyRow
from cases.persistence.search import CaseFieldRow
from cases.policy.access import Actor, Permission, condition
from cases.queries import paging

PAGE = 50


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One row of the list; `zone` is where its app lives."""

    key: str
    title: str
    family_title: str
    state: str
    opened_at: datetime
    changed_at: datetime
    closed_at: datetime | None
    zone: str


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the list; `next` is the key of the page after it, None at the end."""

    lines: tuple[CaseLine, ...]
    next: str | None


def find(session: Session, actor: Actor, text: str = "", after: str | None = None) -> Page:
    """The cases that a text finds, the latest first: all of them where it is empty."""
    query = (
        select(
            CaseInstanceRow.id,
            CaseInstanceRow.business_key,
            CaseInstanceRow.title,
            CaseInstanceRow.state,
            CaseInstanceRow.opened_at,
            CaseInstanceRow.changed_at,
            CaseInstanceRow.closed_at,
            CaseInstanceRow.family,
            CaseInstanceRow.deployment_id,
            FamilyRow.title.label("family_title"),
        )
        .outerjoin(FamilyRow, FamilyRow.key == CaseInstanceRow.family)
        .where(rights.visible(condition(actor, Permission.VIEW_CASE), {"family": CaseInstanceRow.family}))
        .order_by(CaseInstanceRow.opened_at.desc(), CaseInstanceRow.id.desc())
        .limit(PAGE + 1)
    )
    if text.strip():
        query = query.where(_matches(text.strip()))
    start = paging.read(after, 1)
    if start is not None:
        query = query.where(tuple_(CaseInstanceRow.opened_at, CaseInstanceRow.id) < start)
    rows = session.execute(query).all()
    lines = tuple(
        CaseLine(
            key=row.business_key,
            title=row.title,
            family_title=row.family_title or row.family,
            state=State(row.state).name.lower(),
            opened_at=row.opened_at,
            changed_at=row.changed_at,
            closed_at=row.closed_at,
            zone=catalogue.case_app(session, row.deployment_id).zone,
        )
        for row in rows[:PAGE]
    )
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return Page(lines, paging.write(last.opened_at, last.id) if last else None)


def _matches(text: str) -> ColumnElement[bool]:
    fields = select(CaseFieldRow.case_id).where(CaseFieldRow.text == text)
    return or_(
        CaseInstanceRow.business_key == text,
        CaseInstanceRow.business_key.startswith(text.upper(), autoescape=True),
        CaseInstanceRow.title.icontains(text, autoescape=True),
        CaseInstanceRow.id.in_(fields),
    )
