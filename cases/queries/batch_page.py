"""What became of one wish over many tasks: how far it is, and of each task the result with its reason."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from cases.errors import NotFound
from cases.persistence.batches import BatchItemRow, BatchRow, families_of
from cases.persistence.instances import CaseInstanceRow
from cases.persistence.tasks import HumanTaskRow
from cases.policy.access import Actor, Permission, may
from cases.queries import sight

PAGE = 100
KINDS = ("reassign", "undo")
_HIDDEN = ("gone",)
_MOST_REASONS = 6


@dataclass(frozen=True, slots=True)
class Item:
    """One task of the batch. What is not this reader's to see has no name and no address.

    `was` and `to` are who had it and who was to have it, empty for the group.
    """

    position: int
    task_id: int | None
    name: str
    case_key: str
    state: str
    code: str
    message: str
    was: str
    to: str


@dataclass(frozen=True, slots=True)
class BatchPage:
    """The page. `done`, `refused`, `waiting` are numbers of tasks, `items` those of the part shown.

    `reasons` are the most frequent of those why something was refused, with how many it was said of.
    """

    id: int
    kind: str
    state: str
    by: str
    to: str
    note: str
    total: int
    done: int
    refused: int
    waiting: int
    created_at: datetime
    ended_at: datetime | None
    undo_of: int | None
    undone_by: int | None
    may_undo: bool
    part: str
    reasons: tuple[tuple[str, int], ...]
    items: tuple[Item, ...]
    next: int | None


def load(session: Session, batch_id: int, actor: Actor, part: str = "", after: int = 0) -> BatchPage:
    """The batch; `part` is `done` or `refused`, by itself what was refused if something was.

    Raises NotFound, also where it is not this person's to see: it is theirs who asked, and theirs who hand
    out the work of all its families.
    """
    row = session.get(BatchRow, batch_id)
    if row is None or row.kind not in KINDS or not _sees(session, row, actor):
        raise NotFound("There is no such batch.")
    counted = session.execute(
        select(BatchItemRow.state, func.count())
        .where(BatchItemRow.batch_id == batch_id)
        .group_by(BatchItemRow.state)
    )
    counts: dict[str, int] = {state: count for state, count in counted}  # noqa: C416 - rows are no pairs
    refused = counts.get("refused", 0) + counts.get("failed", 0)
    if part not in ("done", "refused"):
        part = "refused" if refused else "done"
    to = (row.asked or {}).get("to")
    names = _Names(session)
    items = _items(session, row, part, after)
    undone_by = session.scalar(select(BatchRow.id).where(BatchRow.undo_of == batch_id))
    is_open = row.kind == "reassign" and row.state == "done" and undone_by is None
    lines = [_item(one, row, actor, to, names) for one in items[:PAGE]]
    return BatchPage(
        id=row.id,
        kind=row.kind,
        state=row.state,
        by=names.of(row.by_id),
        to=names.of(to),
        note=row.note,
        total=row.total,
        done=counts.get("done", 0),
        refused=refused,
        waiting=counts.get("waiting", 0),
        created_at=row.created_at,
        ended_at=row.ended_at,
        undo_of=row.undo_of,
        undone_by=undone_by,
        may_undo=is_open and counts.get("done", 0) > 0,
        part=part,
        reasons=_reasons(session, batch_id),
        items=tuple(lines),
        next=lines[-1].position if len(items) > PAGE else None,
    )


class _Names:
    """How people are called, each looked up once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[int, str] = {}

    def of(self, user_id: int | None) -> str:
        if user_id is None:
            return ""
        if user_id not in self._known:
            self._known |= {user_id: "", **sight.names_of(self._session, {user_id})}
        return self._known[user_id]


def _sees(session: Session, row: BatchRow, actor: Actor) -> bool:
    if row.by_id == actor.user_id:
        return True
    families = families_of(session, row.id)
    return bool(families) and all(
        may(actor, Permission.ASSIGN_TASK, {"family": family}) for family in families
    )


def _reasons(session: Session, batch_id: int) -> tuple[tuple[str, int], ...]:
    rows = session.execute(
        select(BatchItemRow.message, func.count())
        .where(BatchItemRow.batch_id == batch_id, BatchItemRow.state.in_(("refused", "failed")))
        .group_by(BatchItemRow.message)
        .order_by(func.count().desc(), BatchItemRow.message)
        .limit(_MOST_REASONS)
    )
    return tuple((message, count) for message, count in rows)


def _items(session: Session, row: BatchRow, part: str, after: int) -> list[Row[*tuple[Any, ...]]]:
    """A page of items, and one more. `Any`: columns of several types, read by their names."""
    states = ("done",) if part == "done" else ("refused", "failed")
    found = session.execute(
        select(
            BatchItemRow.position,
            BatchItemRow.task_id,
            BatchItemRow.state,
            BatchItemRow.code,
            BatchItemRow.message,
            BatchItemRow.seen,
            BatchItemRow.before,
            HumanTaskRow.name,
            HumanTaskRow.family,
            CaseInstanceRow.business_key,
        )
        .outerjoin(HumanTaskRow, HumanTaskRow.id == BatchItemRow.task_id)
        .outerjoin(CaseInstanceRow, CaseInstanceRow.id == HumanTaskRow.case_id)
        .where(
            BatchItemRow.batch_id == row.id,
            BatchItemRow.state.in_(states),
            BatchItemRow.position > after,
        )
        .order_by(BatchItemRow.position)
        .limit(PAGE + 1)
    )
    return list(found)


def _item(one: Row[*tuple[Any, ...]], batch: BatchRow, actor: Actor, to: int | None, names: _Names) -> Item:
    """`Any`: a row of `_items`."""
    is_seen = (
        one.family is not None
        and one.code not in _HIDDEN
        and may(actor, Permission.VIEW_TASK, {"family": one.family})
    )
    seen = one.seen or {}
    before = (one.before or {}).get("assignee", seen.get("assignee"))
    return Item(
        position=one.position,
        task_id=one.task_id if is_seen else None,
        name=one.name if is_seen else "",
        case_key=one.business_key if is_seen else "",
        state=one.state,
        code=one.code,
        message=one.message,
        was=names.of(before),
        to=names.of(seen.get("back") if batch.kind == "undo" else to),
    )
