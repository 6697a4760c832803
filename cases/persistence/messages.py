"""Messages in: where they arrive, what arrived, which waiting step one answers, and answers given once."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    CHAR,
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from cases.persistence.base import Base, Instant, Json, Key


class EndpointRow(Base):
    """An address for messages in; `intake` names what the case app does with them."""

    __tablename__ = "endpoint"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    family: Mapped[str] = mapped_column(String(120))
    app_key: Mapped[str] = mapped_column(String(120))
    intake: Mapped[str] = mapped_column(String(120))
    state: Mapped[str] = mapped_column(String(20), server_default="active")


class InboxRow(Base):
    """A message that came in: `new`, `parked`, `done` or `rejected` (then without its body)."""

    __tablename__ = "inbox"
    id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    endpoint_id: Mapped[int | None] = mapped_column(ForeignKey("endpoint.id"), index=True)
    msg_id: Mapped[str | None] = mapped_column(String(300))
    corr: Mapped[str | None] = mapped_column(String(120), index=True)
    seq: Mapped[int | None] = mapped_column(BigInteger)
    received_at: Mapped[datetime] = mapped_column(Instant)
    sha256: Mapped[str] = mapped_column(CHAR(64))
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    code: Mapped[str | None] = mapped_column(String(120))
    status: Mapped[int | None] = mapped_column(SmallInteger)
    answer: Mapped[Any | None] = mapped_column(Json)
    case_id: Mapped[int | None] = mapped_column(Key, index=True)
    state: Mapped[str] = mapped_column(String(20))

    __table_args__ = (
        Index(
            "inbox_once",
            "endpoint_id",
            "msg_id",
            unique=True,
            postgresql_where=text("state <> 'rejected'"),
            sqlite_where=text("state <> 'rejected'"),
        ),
    )


class CorrelationRow(Base):
    """A step that waits for an answer, by an id nobody can guess. Of the token only its hash is kept."""

    __tablename__ = "correlation"
    corr_id: Mapped[str] = mapped_column(String(120), primary_key=True)
    case_id: Mapped[int] = mapped_column(Key, ForeignKey("case_instance.id"))
    plan_item: Mapped[int] = mapped_column(Integer)
    job_id: Mapped[int | None] = mapped_column(Key)
    token: Mapped[str] = mapped_column(CHAR(64), unique=True)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
    reply_to: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(20))

    __table_args__ = (Index("ix_correlation_case_id_plan_item", "case_id", "plan_item"),)


class IdempotencyRow(Base):
    """The answer once given to a request with a key: `running` or `done`."""

    __tablename__ = "idempotency"
    scope: Mapped[str] = mapped_column(String(120), primary_key=True)
    key: Mapped[str] = mapped_column(String(300), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(CHAR(64))
    state: Mapped[str] = mapped_column(String(20))
    status: Mapped[int | None] = mapped_column(SmallInteger)
    response: Mapped[bytes | None] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
