"""What is to be told to subscribers, in order."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from cases.persistence.base import Base, Instant, Key


class OutboxRow(Base):
    """One event for one subscriber, kept until it is delivered; its delivery is a job."""

    __tablename__ = "outbox"
    id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    job_id: Mapped[int] = mapped_column(Key, index=True)
    subscription_id: Mapped[int] = mapped_column(Integer)
    case_id: Mapped[int | None] = mapped_column(Key, ForeignKey("case_instance.id"), index=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    msg_id: Mapped[str] = mapped_column(String(120), unique=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        Index("outbox_order", "subscription_id", "case_id", "seq"),
        {"postgresql_with": {"fillfactor": 70, "autovacuum_vacuum_scale_factor": 0.01}},
    )
