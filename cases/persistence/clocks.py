"""SLA clocks: what runs now."""

from datetime import datetime

from sqlalchemy import Double, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from cases.persistence.base import Base, Instant, Key


class SlaClockRow(Base):
    """A clock of a case (`plan_item` -1) or of a plan item instance: `running`, `paused`, `met`, `missed`."""

    __tablename__ = "sla_clock"
    case_id: Mapped[int] = mapped_column(Key, ForeignKey("case_instance.id"), primary_key=True)
    plan_item: Mapped[int] = mapped_column(Integer, primary_key=True)
    sla: Mapped[str] = mapped_column(String(120), primary_key=True)
    state: Mapped[str] = mapped_column(String(20))
    started_at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    paused_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    used_seconds: Mapped[float] = mapped_column(Double, server_default="0")
    rung: Mapped[int] = mapped_column(Integer, server_default="0")

    __table_args__ = (Index("ix_sla_clock_state_due_at", "state", "due_at"), {"sqlite_with_rowid": False})
