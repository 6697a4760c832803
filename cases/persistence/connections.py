"""Services as this installation reaches them, their secrets (encrypted), and addresses that may be called."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from cases.persistence.base import Base, Instant, Json


class ConnectionRow(Base):
    """A service: where it is. `state` is `active`, `off` or `sandbox`."""

    __tablename__ = "connection"
    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    title: Mapped[str] = mapped_column(Text, server_default="")
    base_url: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(20), server_default="active")
    options: Mapped[Any | None] = mapped_column(Json)
    changed_at: Mapped[datetime] = mapped_column(Instant)
    changed_by: Mapped[int] = mapped_column(Integer, server_default="0")


class SecretRow(Base):
    """A secret of an owner such as `connection:pay` or `endpoint:claims`; while one rotates there are two."""

    __tablename__ = "secret"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    owner: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(120))
    ciphertext: Mapped[bytes] = mapped_column(LargeBinary)
    key_id: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (Index("ix_secret_owner_name", "owner", "name"),)


class AllowedTargetRow(Base):
    """An address that may be called though the guard would refuse it, and why."""

    __tablename__ = "allowed_target"
    host: Mapped[str] = mapped_column(String(255), primary_key=True)
    port: Mapped[int] = mapped_column(Integer, primary_key=True)
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)
    by: Mapped[int] = mapped_column(Integer, server_default="0")
