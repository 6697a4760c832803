"""Who there is: families, users, the roles they may have in a family, and who has which."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from cases.persistence.base import Base, Exact, Instant, Json


class FamilyRow(Base):
    """A case family: what is owned, permitted, kept and counted together."""

    __tablename__ = "family"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    title: Mapped[str] = mapped_column(Text)
    owner: Mapped[str] = mapped_column(Text, server_default="")


class UserRow(Base):
    """Somebody who signs in, by `name` in lower case. The id 0 is the system's, and no person's."""

    __tablename__ = "user"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    display: Mapped[str] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)
    password_hash: Mapped[str | None] = mapped_column(Text)
    password_at: Mapped[datetime | None] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(String(20), server_default="active")
    locale: Mapped[str | None] = mapped_column(String(20))
    zone: Mapped[str | None] = mapped_column(String(60))
    preferences: Mapped[Any | None] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(Instant)
    changed_at: Mapped[datetime | None] = mapped_column(Instant)


class RoleRow(Base):
    """A role of one family, as its case app declares it: `policy.access.RoleRule`, stored."""

    __tablename__ = "role"
    family: Mapped[str] = mapped_column(String(120), primary_key=True)
    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    title: Mapped[str] = mapped_column(Text, server_default="")
    read_only: Mapped[bool] = mapped_column(default=False)
    external: Mapped[bool] = mapped_column(default=False)
    supervisor: Mapped[bool] = mapped_column(default=False)
    operator: Mapped[bool] = mapped_column(default=False)
    administrator: Mapped[bool] = mapped_column(default=False)
    authority: Mapped[Decimal | None] = mapped_column(Exact)


class MembershipRow(Base):
    """Somebody has a role in a family."""

    __tablename__ = "membership"
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    family: Mapped[str] = mapped_column(String(120), primary_key=True)
    role: Mapped[str] = mapped_column(String(120), primary_key=True)
    granted_at: Mapped[datetime] = mapped_column(Instant)
    granted_by: Mapped[int] = mapped_column(Integer, server_default="0")
    until: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        ForeignKeyConstraint(["family", "role"], ["role.family", "role.name"], ondelete="CASCADE"),
        Index("ix_membership_family_role", "family", "role"),
    )
