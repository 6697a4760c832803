"""Human tasks, the queues they wait in, and the indexes that carry the inbox and the supervisors' board."""

from datetime import UTC, datetime
from decimal import Decimal
from enum import IntEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, SmallInteger, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from cases.persistence.base import Base, Exact, Instant, Json, Key

NO_DUE_DATE = datetime(9999, 1, 1, tzinfo=UTC)
"""Stored for a task that is never due, so that the order by due date, and its index, know no NULL."""


class TaskRowState(IntEnum):
    """Where a task stands, as stored; never renumber. An open one is claimed when it has an assignee."""

    OPEN = 2
    PAUSED = 3
    COMPLETED = 4
    CANCELLED = 5


class QueueRow(Base):
    """A set of roles that tasks are offered to. `key` is the set, sorted: `claims.auto:adjuster|director`."""

    __tablename__ = "queue"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    family: Mapped[str] = mapped_column(String(120))


class QueueMemberRow(Base):
    """A role looks into a queue. A person's queues are those of their roles."""

    __tablename__ = "queue_member"
    family: Mapped[str] = mapped_column(String(120), primary_key=True)
    role: Mapped[str] = mapped_column(String(120), primary_key=True)
    queue_id: Mapped[int] = mapped_column(ForeignKey("queue.id"), primary_key=True, index=True)


class HumanTaskRow(Base):
    """One task of one plan item instance. It stays when it is over: the indexes of the inbox leave it out.

    `definition` is the plan item's id; `four_eyes` the plan items whose doers may not do this one; `amount`
    what one's authority must cover; `completed_by` who did it; of `priority` the smaller is more urgent.
    `due_text` is what its due date was worked out from, since `created_at`. From `warn_at` on it is at risk;
    `rung` is how many rungs of its ladder were climbed, `climbed` when each of them was, as ISO 8601. Work
    began at `begun_at`, by `begun_by`; `paused_by` is who paused it by hand. `facts` are the values of its
    inputs, and once it is over what it knew of its own.
    """

    __tablename__ = "human_task"
    id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    case_id: Mapped[int] = mapped_column(Key, ForeignKey("case_instance.id"), index=True)
    family: Mapped[str] = mapped_column(String(120))
    plan_item: Mapped[int] = mapped_column(Integer)
    definition: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(Text)
    state: Mapped[int] = mapped_column(SmallInteger)
    form: Mapped[str | None] = mapped_column(String(200))
    version: Mapped[int] = mapped_column(Integer)
    draft: Mapped[bytes | None] = mapped_column(LargeBinary)
    assignee_id: Mapped[int | None] = mapped_column(Integer)
    # No foreign key: PostgreSQL would lock the queue's row in each transaction that fills it, many at a time.
    queue_id: Mapped[int | None] = mapped_column(Integer)
    priority: Mapped[int] = mapped_column(SmallInteger)
    due_at: Mapped[datetime] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)
    claimed_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    completed_by: Mapped[int | None] = mapped_column(Integer)
    ended_why: Mapped[str | None] = mapped_column(Text)
    four_eyes: Mapped[Any | None] = mapped_column(Json)
    amount: Mapped[Decimal | None] = mapped_column(Exact)
    sla: Mapped[str | None] = mapped_column(String(120))
    ladder: Mapped[str | None] = mapped_column(String(120))
    warn_at: Mapped[datetime | None] = mapped_column(Instant)
    rung: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    due_text: Mapped[str | None] = mapped_column(Text)
    climbed: Mapped[Any | None] = mapped_column(Json)
    description: Mapped[str | None] = mapped_column(Text)
    category: Mapped[str | None] = mapped_column(Text)
    owner_id: Mapped[int | None] = mapped_column(Integer)
    claimed_by: Mapped[int | None] = mapped_column(Integer)
    begun_at: Mapped[datetime | None] = mapped_column(Instant)
    begun_by: Mapped[int | None] = mapped_column(Integer)
    paused_by: Mapped[int | None] = mapped_column(Integer)
    facts: Mapped[Any | None] = mapped_column(Json)

    __table_args__ = (
        Index(
            "task_mine",
            "assignee_id",
            "due_at",
            "priority",
            "id",
            # Not sought by: a person's load is counted without a look at any row.
            # SQLite asks for the state though the index has no other.
            "family",
            "warn_at",
            "state",
            postgresql_where=text("state = 2 AND assignee_id IS NOT NULL"),
            sqlite_where=text("state = 2 AND assignee_id IS NOT NULL"),
        ),
        Index(
            "task_queue",
            "queue_id",
            "due_at",
            "priority",
            "id",
            postgresql_where=text("state = 2 AND assignee_id IS NULL"),
            sqlite_where=text("state = 2 AND assignee_id IS NULL"),
        ),
        Index(
            "task_due",
            "family",
            "due_at",
            "priority",
            "id",
            "state",
            postgresql_where=text("state = 2"),
            sqlite_where=text("state = 2"),
        ),
        Index(
            "task_risk",
            "family",
            "warn_at",
            "due_at",
            "priority",
            "id",
            "state",
            postgresql_where=text("state = 2 AND warn_at IS NOT NULL"),
            sqlite_where=text("state = 2 AND warn_at IS NOT NULL"),
        ),
        {
            "sqlite_autoincrement": True,
            "postgresql_with": {
                "fillfactor": 90,
                "autovacuum_vacuum_scale_factor": 0.02,
                "autovacuum_vacuum_insert_scale_factor": 0.02,
            },
        },
    )
