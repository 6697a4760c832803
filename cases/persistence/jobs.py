"""Everything that is due later, what went wrong with it, and the processes that do it."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, SmallInteger, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from cases.persistence.base import Base, Instant, Json, Key


class JobRow(Base):
    """Something to be done at `run_at`. Timers, service steps, retries and deliveries are all jobs.

    `mode` is `tx` (done within one transaction) or `lease` (it leaves the database); `state` is `ready`,
    `leased`, `waiting` (for an answer from outside) or `dead` (given up, with an open incident). Of `prio`
    the smaller is the more urgent. `token` counts leases and fences late writers off; `idem_key` is what the
    outside knows the effect by, the same at every attempt. Work of a `topic` waits for a program that comes
    and takes it: then `owner` has it until `lease_until`, and it is still `waiting`.
    """

    __tablename__ = "job"
    id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(40))
    case_id: Mapped[int | None] = mapped_column(Key, ForeignKey("case_instance.id"))
    plan_item: Mapped[int | None] = mapped_column(Integer)
    mode: Mapped[str] = mapped_column(String(10))
    lane: Mapped[str] = mapped_column(String(40), server_default="default")
    prio: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    run_at: Mapped[datetime] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(String(10), server_default="ready")
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    max_attempts: Mapped[int] = mapped_column(Integer, server_default="8")
    crash_count: Mapped[int] = mapped_column(Integer, server_default="0")
    owner: Mapped[str | None] = mapped_column(String(120))
    token: Mapped[int] = mapped_column(BigInteger, server_default="0")
    lease_until: Mapped[datetime | None] = mapped_column(Instant)
    dedup_key: Mapped[str | None] = mapped_column(String(300))
    idem_key: Mapped[str | None] = mapped_column(String(300))
    connection: Mapped[str | None] = mapped_column(String(120))
    payload: Mapped[bytes | None] = mapped_column(LargeBinary)
    last_error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)
    topic: Mapped[str | None] = mapped_column(String(200))

    __table_args__ = (
        Index(
            "job_topic",
            "topic",
            "prio",
            "id",
            postgresql_where=text("state = 'waiting' AND topic IS NOT NULL"),
            sqlite_where=text("state = 'waiting' AND topic IS NOT NULL"),
        ),
        Index(
            "job_ready",
            "mode",
            "prio",
            "run_at",
            "id",
            postgresql_where=text("state = 'ready'"),
            sqlite_where=text("state = 'ready'"),
        ),
        Index(
            "job_due",
            "run_at",
            "id",
            postgresql_where=text("state = 'ready'"),
            sqlite_where=text("state = 'ready'"),
        ),
        Index(
            "job_leased",
            "lease_until",
            postgresql_where=text("state = 'leased'"),
            sqlite_where=text("state = 'leased'"),
        ),
        Index(
            "job_dedup",
            "dedup_key",
            unique=True,
            postgresql_where=text("dedup_key IS NOT NULL"),
            sqlite_where=text("dedup_key IS NOT NULL"),
        ),
        Index(
            "job_of_case",
            "case_id",
            "plan_item",
            postgresql_where=text("case_id IS NOT NULL"),
            sqlite_where=text("case_id IS NOT NULL"),
        ),
        {
            "sqlite_autoincrement": True,
            "postgresql_with": {"fillfactor": 70, "autovacuum_vacuum_scale_factor": 0.01},
        },
    )


class IncidentRow(Base):
    """Something that waits for a person, `open` or `resolved`. A dead job has exactly one open incident."""

    __tablename__ = "incident"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    job_id: Mapped[int | None] = mapped_column(Key)
    case_id: Mapped[int | None] = mapped_column(Key, ForeignKey("case_instance.id"), index=True)
    family: Mapped[str | None] = mapped_column(String(120))
    plan_item: Mapped[int | None] = mapped_column(Integer)
    definition: Mapped[str | None] = mapped_column(String(200))
    connection: Mapped[str | None] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(40))
    code: Mapped[str] = mapped_column(String(120), server_default="")
    message: Mapped[str] = mapped_column(Text, server_default="")
    fingerprint: Mapped[str | None] = mapped_column(String(120), index=True)
    details: Mapped[Any | None] = mapped_column(Json)
    state: Mapped[str] = mapped_column(String(20), server_default="open")
    opened_at: Mapped[datetime] = mapped_column(Instant)
    resolved_at: Mapped[datetime | None] = mapped_column(Instant)
    resolved_by: Mapped[int | None] = mapped_column(Integer)
    resolution: Mapped[str | None] = mapped_column(String(40))
    reason: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        Index(
            "incident_open_of_job",
            "job_id",
            unique=True,
            postgresql_where=text("state = 'open' AND job_id IS NOT NULL"),
            sqlite_where=text("state = 'open' AND job_id IS NOT NULL"),
        ),
        Index(
            "incident_open",
            "opened_at",
            "id",
            postgresql_where=text("state = 'open'"),
            sqlite_where=text("state = 'open'"),
        ),
    )


class SubscriptionRow(Base):
    """A listener that waits for something from outside: `kind` says what, `subject` names it."""

    __tablename__ = "subscription"
    case_id: Mapped[int] = mapped_column(
        Key, ForeignKey("case_instance.id", ondelete="CASCADE"), primary_key=True
    )
    plan_item: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(Text)

    __table_args__ = (Index("subscription_of_subject", "kind", "subject", "case_id"),)


class WorkerRow(Base):
    """A process that does jobs: when it last beat, and the batch it has in hand."""

    __tablename__ = "worker"
    id: Mapped[str] = mapped_column(String(120), primary_key=True)
    host: Mapped[str] = mapped_column(String(200))
    pid: Mapped[int] = mapped_column(Integer)
    started_at: Mapped[datetime] = mapped_column(Instant)
    beat_at: Mapped[datetime] = mapped_column(Instant)
    tick_at: Mapped[datetime | None] = mapped_column(Instant)
    current_batch: Mapped[Any | None] = mapped_column(Json)
