"""Circuit breakers and token buckets of connections, shared by all processes."""

from datetime import datetime

from sqlalchemy import Double, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from cases.persistence.base import Base, Instant


class BreakerRow(Base):
    """Whether a connection is called at all: `closed`, `open`, or `half` while one probe is out."""

    __tablename__ = "breaker"
    connector: Mapped[str] = mapped_column(String(120), primary_key=True)
    state: Mapped[str] = mapped_column(String(20), server_default="closed")
    failures: Mapped[int] = mapped_column(Integer, server_default="0")
    opened_at: Mapped[datetime | None] = mapped_column(Instant)
    probe_owner: Mapped[str | None] = mapped_column(String(120))
    probe_until: Mapped[datetime | None] = mapped_column(Instant)


class BucketRow(Base):
    """How many calls a connection may take now."""

    __tablename__ = "bucket"
    connector: Mapped[str] = mapped_column(String(120), primary_key=True)
    tokens: Mapped[float] = mapped_column(Double)
    refilled_at: Mapped[datetime] = mapped_column(Instant)
