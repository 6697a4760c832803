"""Find cases by key, title or declared value; only those that the person may see."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Row, Select, select, true, tuple_
from sqlalchemy.orm import Session, defer

from cases import catalogue
from cases.cmmn.lifecycle import State
from cases.persistence import rights
from cases.persistence.instances import CaseInstanceRow
from cases.persistence.people import FamilyRow
from cases.persistence.search import CaseSearchRow, found_by
from cases.persistence.tasks import HumanTaskRow, TaskRowState
from cases.policy.access import Actor, Permission, condition
from cases.queries import case_waits, paging
from cases.queries.case_waits import Standing

PAGE = 50
OPEN, DONE, STOPPED, PAUSED, OVERDUE = "open", "done", "stopped", "paused", "overdue"
SHOWS = (OPEN, OVERDUE, PAUSED, DONE, STOPPED)
"""What a list can be narrowed to."""

_STATES = {
    OPEN: (State.ACTIVE, State.FAILED, State.SUSPENDED),
    PAUSED: (State.SUSPENDED,),
    DONE: (State.COMPLETED, State.CLOSED),
    STOPPED: (State.TERMINATED,),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to see: one of `SHOWS`, or all; `now` decides what is overdue."""

    show: str = ""
    now: datetime | None = None


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
    standing: Standing


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the list; `next` is the key of the page after it, None at the end."""

    lines: tuple[CaseLine, ...]
    next: str | None


def find(
    session: Session,
    actor: Actor,
    text: str = "",
    after: str | None = None,
    wish: Wish | None = None,
) -> Page:
    """The cases that a text finds, the latest first: all of them where it is empty.

    Each word of the text begins a word of the case; where nothing is found so, a part of its words does.
    """
    query = _visible(actor, wish or Wish())
    start = paging.read(after, 1)
    if start is not None:
        query = query.where(tuple_(CaseInstanceRow.opened_at, CaseInstanceRow.id) < start)
    rows: list[Row[CaseInstanceRow, str]] = []
    for where in _matches(session, text.strip()):
        rows = list(session.execute(query.where(where)).all())
        if rows:
            break
    lines = _lines(session, actor, rows[:PAGE])
    last = rows[PAGE - 1][0] if len(rows) > PAGE else None
    return Page(lines, paging.write(last.opened_at, last.id) if last else None)


def _visible(actor: Actor, wish: Wish) -> Select[CaseInstanceRow, str]:
    query = (
        select(CaseInstanceRow, FamilyRow.title)
        .outerjoin(FamilyRow, FamilyRow.key == CaseInstanceRow.family)
        .where(rights.visible(condition(actor, Permission.VIEW_CASE), {"family": CaseInstanceRow.family}))
        .order_by(CaseInstanceRow.opened_at.desc(), CaseInstanceRow.id.desc())
        .options(defer(CaseInstanceRow.doc))
        .limit(PAGE + 1)
    )
    if wish.show in _STATES:
        query = query.where(CaseInstanceRow.state.in_(_STATES[wish.show]))
    if wish.show == OVERDUE:
        late = select(HumanTaskRow.case_id).where(
            HumanTaskRow.state == TaskRowState.OPEN, HumanTaskRow.due_at < wish.now
        )
        query = query.where(CaseInstanceRow.id.in_(late))
    return query


def _matches(session: Session, text: str) -> Iterator[ColumnElement[bool]]:
    """What a text asks of a case, the strictest first."""
    if not text:
        yield true()
        return
    part = CaseInstanceRow.id.in_(
        select(CaseSearchRow.case_id).where(CaseSearchRow.words.icontains(text, autoescape=True))
    )
    found = found_by(session, text)
    if found is not None and not set(text) & set("%_\\"):
        yield CaseInstanceRow.id.in_(found)
    yield part


def _lines(session: Session, actor: Actor, rows: Sequence[Row[CaseInstanceRow, str]]) -> tuple[CaseLine, ...]:
    standings = case_waits.of_cases(session, actor, [case_waits.asked(row) for row, _ in rows])
    return tuple(
        CaseLine(
            key=row.business_key,
            title=row.title,
            family_title=title or row.family,
            state=State(row.state).name.lower(),
            opened_at=row.opened_at,
            changed_at=row.changed_at,
            closed_at=row.closed_at,
            zone=catalogue.case_app(session, row.deployment_id).zone,
            standing=standings[row.id],
        )
        for row, title in rows
    )
