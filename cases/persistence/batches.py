"""One wish over many tasks or incidents, and what became of each."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Integer, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from cases.persistence.base import Base, Instant, Json, Key
from cases.persistence.instances import CaseInstanceRow


class BatchRow(Base):
    """What somebody asked for many at once: `waiting`, `running` or `done`.

    `asked` holds the arguments of the `kind`. `undo_of` is unique: a batch is undone once at most.
    """

    __tablename__ = "batch"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(10))
    by_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    asked: Mapped[Any | None] = mapped_column(Json)
    note: Mapped[str] = mapped_column(Text, server_default="")
    total: Mapped[int] = mapped_column(Integer)
    undo_of: Mapped[int | None] = mapped_column(ForeignKey("batch.id"), unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class BatchItemRow(Base):
    """One task or incident of a batch: `waiting`, `done`, `refused` (with code and message) or `failed`.

    `seen` is what the person who asked saw; `before` what was found and changed, for the undo.
    """

    __tablename__ = "batch_item"
    batch_id: Mapped[int] = mapped_column(ForeignKey("batch.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    case_id: Mapped[int | None] = mapped_column(Key, ForeignKey("case_instance.id"), index=True)
    task_id: Mapped[int | None] = mapped_column(Key)
    incident_id: Mapped[int | None] = mapped_column(Integer)
    seen: Mapped[Any | None] = mapped_column(Json)
    before: Mapped[Any | None] = mapped_column(Json)
    state: Mapped[str] = mapped_column(String(10), server_default="waiting")
    code: Mapped[str] = mapped_column(String(60), server_default="")
    message: Mapped[str] = mapped_column(Text, server_default="")
    done_at: Mapped[datetime | None] = mapped_column(Instant)


def families_of(session: Session, batch_id: int) -> tuple[str, ...]:
    """The families of the cases that a batch is about."""
    wanted = (
        select(CaseInstanceRow.family)
        .join(BatchItemRow, BatchItemRow.case_id == CaseInstanceRow.id)
        .where(BatchItemRow.batch_id == batch_id)
        .distinct()
    )
    return tuple(session.scalars(wanted))
